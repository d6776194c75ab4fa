//! Tables, files and trained models around the engine.
//!
//! - [`read_table`] reads a table of text, Parquet, NumPy or IDX, [`TableChunks`] one too large for memory, and
//!   [`TableWriter`] writes one. [`describe`] describes its columns. [`load_builtin`] returns a built-in table.
//! - [`preparation`] makes a network's numbers of a [`Table`]: fitted once, saved with the model.
//! - [`Model`](model_file::Model) is a trained model in one file.
//! - [`calibration`] finds out on held-out rows how sure and how exact a trained network is.
//! - [`training`] makes a model of a table, [`tuning`] searches for the settings that give the best.
//! - [`importance`] says which columns of a table matter to a model, and which to one prediction.
//! - [`load`] makes the samples that a recipe names; [`change_recipe`] changes its settings.
//! - [`read_idx`] reads one IDX file, [`read_mnist`] a folder with the four of MNIST, [`read_idx_pair`] images
//!   with the labels beside them. [`read_cached_mnist`] reads MNIST from the user's cache, and downloads it first if it is
//!   not there.
//! - [`side_by_side()`] runs trainings on several threads.
//! - [`read_small_text`] reads a recipe or another small file, and no other.
//! - [`OutputFile`] replaces a file by a new one in one step, and checks before the work begins whether it can.
//!
//! Whatever a file holds, reading it never panics: each error names the file, what was found and what was expected.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]
// A page reads fewer formats, and some parts serve those alone.
#![cfg_attr(target_family = "wasm", allow(dead_code, unreachable_code, unused_imports))]

pub mod calibration;
pub mod checkpoint;
mod error;
mod files;
pub mod importance;
mod memory;
pub mod model_file;
pub mod preparation;
mod recipe_changes;
mod recipe_data;
mod side_by_side;
mod table;
pub mod training;
pub mod tuning;

pub use error::{DataError, Result};
#[cfg(unix)]
pub use files::watch_interruptions;
pub use files::{
    CLASSES, DownloadProgress, FileError, IdxArray, MaxExpansion, Mnist, OutputFile, cache_folder, parse_idx,
    read_cached_mnist, read_idx, read_idx_pair, read_mnist, read_small_text, remove_unfinished_outputs,
    write_together,
};
pub use memory::{check_memory, data_in_files, limit_memory};
pub use recipe_changes::change_recipe;
pub use recipe_data::load;
pub use side_by_side::side_by_side;
#[cfg(not(target_family = "wasm"))]
pub use table::table_files;
pub use table::{
    BUILTINS, Builtin, Categories, CellColumn, Column, ColumnKind, ColumnNote, ColumnSummary, DateOrder,
    Delimiter, KeptColumn, NoDateOrder, NoFormat, NumberFormat, NumberSpellings, NumberSummary, Ragged,
    ReadOptions, Separators, Table, TableChunks, TableSource, TableWriter, TextEncoding, Values, WordCount,
    comment_character, csv_bytes, describe, load_builtin, read_table,
};
