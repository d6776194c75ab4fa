//! Names of columns: taken from a first row, numbered, checked, and searched for.

use super::date_order::DateOrder;
use super::limits::{MOST_NAME_BYTES, MOST_SHOWN_BYTES, check_count};
use super::markers::is_missing;
use super::number_format::is_written_number;
use crate::files::FileError;
use pellucid::recipe::shortened;
use std::path::Path;

/// Whether a first row may be names: words, of which the first may be empty, as above row numbers. Names that occur
/// twice are refused later.
pub(super) fn may_be_names(row: &[String]) -> bool {
    row.iter().enumerate().all(|(index, cell)| {
        let nameless = cell.is_empty() && index == 0 && row.len() > 1;
        let is_value = || is_written_number(cell) || DateOrder::is_date(cell);
        nameless || (!is_missing(cell) && !is_value())
    })
}

/// `c1`, `c2`, …
pub(super) fn numbered_names(columns: usize) -> Vec<String> {
    (1..=columns).map(|column| format!("c{column}")).collect()
}

/// The names of a first row; a column without one is called by its number.
pub(super) fn names_of(path: &Path, row: &[String]) -> Result<Vec<String>, FileError> {
    let numbered = numbered_names(row.len()).into_iter();
    let name = |(cell, numbered): (&String, String)| if cell.is_empty() { numbered } else { cell.clone() };
    let names: Vec<String> = row.iter().zip(numbered).map(name).collect();
    check_count(path, names.len())?;
    check_names(path, &names)?;
    Ok(names)
}

/// Refuses names that occur twice or are too long.
pub(super) fn check_names(path: &Path, names: &[String]) -> Result<(), FileError> {
    let mut seen = std::collections::HashMap::new();
    for (name, second) in names.iter().zip(1..) {
        if name.len() > MOST_NAME_BYTES {
            let (shown, length) = (shortened(name, MOST_SHOWN_BYTES), name.len());
            let problem = format!(
                "column {second} (counted from 1) has a name of {length} bytes, which begins with {shown:?}; at most \
                 {MOST_NAME_BYTES} are read"
            );
            return Err(FileError::contents(path, problem));
        }
        if let Some(first) = seen.insert(name, second) {
            let name = shortened(name, MOST_SHOWN_BYTES);
            let problem = format!(
                "columns {first} and {second} (counted from 1) are both called {name:?}; rename one of them"
            );
            return Err(FileError::contents(path, problem));
        }
    }
    Ok(())
}
