//! Tables: read, described, written, and the built-in ones.

mod builtin;
mod cell;
mod chunks;
mod columns;
mod describe;
mod error;
mod format;
mod formats;
mod infer;
mod kept;
mod names;
mod read;
mod source;
mod typed;
mod words;
mod writer;

pub(crate) use builtin::points_on_tanh;
pub use builtin::{BUILTINS, Builtin, load_builtin};
pub(crate) use cell::{boolean, is_code, whole_number};
pub use chunks::TableChunks;
pub(crate) use columns::word_counts;
pub use columns::{Categories, Column, ColumnKind, Table, Values};
pub use describe::{ColumnNote, ColumnSummary, NumberSummary, WordCount, describe};
pub use format::ReadOptions;
pub use kept::KeptColumn;
pub use read::read_table;
pub use source::TableSource;
pub(crate) use words::Words;
pub use writer::TableWriter;
