//! What a table may have at most, so that no file exhausts the memory, and no message repeats a whole file.

use crate::files::FileError;
use std::path::Path;

/// The most columns.
pub(super) const MOST_COLUMNS: usize = 1 << 20;
/// The most bytes of a name of a column.
pub(super) const MOST_NAME_BYTES: usize = 10_000;
/// The most bytes of a cell of text.
pub(super) const MOST_CELL_BYTES: usize = 1 << 20;
/// The most bytes of a row of text.
pub(super) const MOST_ROW_BYTES: u64 = 16 << 20;
/// The most bytes of a cell or of a name in a message.
pub(super) const MOST_SHOWN_BYTES: usize = 100;

/// Refuses more columns than a table may have.
pub(super) fn check_count(path: &Path, columns: usize) -> Result<(), FileError> {
    match columns > MOST_COLUMNS {
        true => Err(FileError::contents(
            path,
            format!("the table has {columns} columns; at most {MOST_COLUMNS} are read"),
        )),
        false => Ok(()),
    }
}

/// The problem of a cell that is too long, after its place.
pub(super) fn too_long(bytes: usize) -> String {
    format!(
        "the cell has {bytes} bytes; at most {MOST_CELL_BYTES} are read, and a longer one is mostly a quote that is \
             not closed"
    )
}
