//! What stands in the place of cells of Parquet in a page, which does not read that format.

use super::Texts;

/// Cells of a file that cannot be read.
#[derive(Debug, Clone)]
pub(in crate::table) enum ParquetCells {}

impl ParquetCells {
    /// Their texts.
    pub(super) fn texts(&self) -> Texts {
        match *self {}
    }
}
