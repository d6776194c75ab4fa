//! Tables: read, described, written, and the built-in ones.

mod archive;
mod builtin;
mod cell;
mod cells;
mod chunks;
mod columns;
mod date_order;
mod describe;
mod digest;
mod digits;
mod encoding;
mod error;
mod foreign;
mod format;
mod formats;
mod infer;
mod kept;
mod limits;
mod made_columns;
mod markers;
#[cfg(not(target_family = "wasm"))]
mod measured;
mod names;
mod number_format;
#[cfg(not(target_family = "wasm"))]
mod parquet_file;
#[cfg(not(target_family = "wasm"))]
mod parquet_type;
#[cfg(not(target_family = "wasm"))]
mod parts;
mod read;
mod source;
mod type_text;
mod typed;
mod typed_value;
mod words;
mod writer;
mod zip_archive;

pub(crate) use builtin::points_on_tanh;
pub use builtin::{BUILTINS, Builtin, load_builtin};
pub(crate) use cell::{FALSE_AND_TRUE, boolean, is_code, is_inexact, number, number_text, whole_number};
pub use cells::CellColumn;
pub use chunks::TableChunks;
pub(crate) use columns::word_counts;
pub use columns::{Categories, Column, ColumnKind, NumberSpellings, Table, Values};
pub(crate) use date_order::CivilDate;
pub use date_order::{DateOrder, NoDateOrder};
pub use describe::{ColumnNote, ColumnSummary, NumberSummary, WordCount, describe};
pub use encoding::TextEncoding;
pub use format::{Delimiter, Ragged, ReadOptions, comment_character};
pub use kept::KeptColumn;
pub(crate) use markers::is_number_marker;
pub(crate) use number_format::is_written_number;
pub(crate) use number_format::proven_decimal;
pub use number_format::{NoFormat, NumberFormat, Separators};
#[cfg(not(target_family = "wasm"))]
pub use parts::table_files;
pub use read::read_table;
pub use source::TableSource;
pub(crate) use words::Words;
pub use writer::{TableWriter, csv_bytes};
