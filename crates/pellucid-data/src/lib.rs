//! Files to numbers.
//!
//! - [`read_idx`] reads one IDX file, [`read_mnist`] a folder with the four of MNIST, [`read_idx_pair`] images
//!   with the labels beside them.
//! - [`read_cached_mnist`] reads MNIST from the user's cache and downloads it first where it is not there.
//! - [`load`] makes the samples that a recipe asks for.
//! - [`preparation`] makes numbers for a network of a [`Table`]: fitted once, saved with the model.
//! - [`read_table`] reads a table of text, Parquet, NumPy or IDX, [`TableChunks`] one too large for memory, and
//!   [`TableWriter`] writes one. [`describe`] says what is in it. [`load_builtin`] gives one that comes with the program.
//! - [`Model`](model_file::Model) is a trained model in one file.
//! - [`training`] makes a model of a table, [`tuning`] looks for the settings that make the best.
//! - [`OutputFile`] replaces a file by a new one in one step, and finds out before the work begins whether it can.
//!
//! Whatever a file holds, reading it never panics: each error names the file, what was found and what was
//! expected.

mod builtin;
mod cache_folder;
mod download;
mod error;
mod fetch;
mod idx;
mod load;
mod mnist;
pub mod model_file;
pub mod preparation;
mod replace_file;
mod table;
pub mod training;
pub mod tuning;

pub use builtin::{BUILTINS, Builtin, load_builtin};
pub use cache_folder::cache_folder;
pub use error::{DataError, Place, Result};
pub use fetch::{Progress, cached_mnist, read_cached_mnist};
pub use idx::{ElementType, IdxArray, parse_idx, read_idx};
pub use load::{Samples, load};
pub use mnist::{CLASSES, Mnist, read_idx_pair, read_mnist};
pub use replace_file::OutputFile;
pub use table::{
    Categories, Column, ColumnKind, ColumnSummary, Note, NumberSummary, ReadOptions, Table, TableChunks,
    TableFormat, TableSource, TableWriter, Values, WordCount, describe, read_table,
};
