//! The formats that a page refuses, because their libraries are larger than the engine.

use super::super::format::{Contents, Expected, Format, ReadOptions, RowWriter};
use super::super::kept::KeptColumn;
use super::super::source::OpenSource;
use crate::files::{FileError, OutputFile};
use std::path::Path;

/// Parquet, as far as it is recognised.
pub(super) struct Parquet;
/// Arrow, as far as it is recognised.
pub(super) struct Arrow;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "Parquet"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        prefix.starts_with(b"PAR1")
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Contents, FileError> {
        Err(refused(&source.path, self.name()))
    }
}

impl Format for Arrow {
    fn name(&self) -> &'static str {
        "Arrow"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        prefix.starts_with(b"ARROW1") || (prefix.starts_with(&[0xff; 4]) && prefix.len() > 8)
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Contents, FileError> {
        Err(refused(&source.path, self.name()))
    }
}

/// A page writes no table.
pub(super) fn parquet_writer(
    output: OutputFile,
    _: &[KeptColumn],
    _: &Expected,
) -> Result<Box<dyn RowWriter>, FileError> {
    Err(refused(output.path(), Parquet.name()))
}

fn refused(path: &Path, format: &str) -> FileError {
    FileError::contents(
        path,
        format!("a page has no {format}; save it as CSV, or use the command"),
    )
}
