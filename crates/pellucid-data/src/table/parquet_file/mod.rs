//! Reads the parts of Parquet files: the description at their end, and the values of columns, page by page.
//!
//! The `parquet` crate, which writes them, is not used for that: it reserves the memory that a file promises, and panics where
//! parts of a file contradict each other. Here every size is checked against the bytes that are there.

mod codec;
mod column;
mod compact;
mod encodings;
mod fault;
mod footer;
mod schema;
mod source;
mod stored;
mod values;

pub(super) use column::ColumnReader;
pub(super) use fault::Fault;
pub(super) use footer::RowGroup;
pub(super) use schema::{Leaf, leaves};
pub(super) use source::Source;
pub(super) use stored::Stored;
