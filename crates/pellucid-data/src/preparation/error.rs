//! How errors of preparation name their place.

use crate::error::DataError;
use crate::table::Table;

/// An error with its place.
pub(super) fn problem(place: impl Into<String>, problem: impl Into<String>) -> DataError {
    DataError::Preparation {
        place: place.into(),
        problem: problem.into(),
    }
}

/// ``adult.csv, column `age`, data row 7``: rows count from 1, a header is none.
pub(super) fn at(table: &Table, column: &str, row: Option<u32>) -> String {
    let row = row.map_or_else(String::new, |row| {
        format!(", data row {}", table.first_row + u64::from(row) + 1)
    });
    format!("{}, column `{column}`{row}", table.source)
}

/// `a`, `b`, `c`: at most 12 names.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let more = names.len().saturating_sub(MOST);
    let mut list = names
        .take(MOST)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        list += &format!(" and {more} more");
    }
    list
}
