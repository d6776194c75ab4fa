//! Why the contents of a table cannot be used.

use super::limits::MOST_SHOWN_BYTES;
use crate::files::FileError;
use pellucid::recipe::shortened;
use std::fmt::Display;
use std::path::Path;

/// A column or array is of a type that is not read.
pub(super) fn unsupported(path: &Path, name: &str, found: &str, expected: &str) -> FileError {
    let (name, found) = (
        shortened(name, MOST_SHOWN_BYTES),
        shortened(found, 2 * MOST_SHOWN_BYTES),
    );
    let problem = format!("{name:?} is {found}, which is not read; expected {expected}");
    FileError::contents(path, problem)
}

pub(super) fn no_rows(path: &Path) -> FileError {
    let problem = "the table names its columns but has no rows; at least one is needed";
    FileError::contents(path, problem)
}

pub(super) fn empty(path: &Path) -> FileError {
    FileError::contents(path, "the file is empty; a table needs at least one row")
}

/// A cell cannot be used as a value of its column. `place` is its line or row, counted from 1, such as `line 7`.
pub(super) fn unusable_cell(
    path: &Path,
    place: impl Display,
    column: &str,
    cell: &str,
    expected: &str,
    advice: &str,
) -> FileError {
    let [column, cell] = [column, cell].map(|text| shortened(text, MOST_SHOWN_BYTES));
    let problem = format!("{place}, column {column:?}: {cell:?} is not {expected}; {advice}");
    FileError::contents(path, problem)
}

/// The names of columns as a list, of many the first.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let names: Vec<&str> = names.collect();
    let shown = names
        .iter()
        .take(SHOWN)
        .map(|name| shortened(name, MOST_SHOWN_BYTES));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len() {
        ..=SHOWN => shown,
        count => format!("{shown}, … ({count} columns)"),
    }
}

/// The end of a message about a name that is not known, where this one is near.
pub(super) fn did_you_mean(nearest: &str) -> String {
    format!("; did you mean {nearest:?}?")
}
