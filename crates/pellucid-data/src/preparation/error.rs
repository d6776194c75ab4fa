//! How messages about a table name the place and list words.

use crate::table::Table;

/// ``adult.csv, column `age`, data row 7``: rows count from 1 and a header is not counted.
pub(super) fn at(table: &Table, column: &str, row: Option<u32>) -> String {
    let row = row.map_or_else(String::new, |row| {
        format!(", data row {}", table.first_row + u64::from(row) + 1)
    });
    format!("{}, column `{column}`{row}", table.source)
}

/// `a`, `b`, `c`: at most 12 names.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const MOST: usize = 12;
    let quoted = names.iter().take(MOST).map(|name| format!("`{}`", name.as_ref()));
    let list = quoted.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}
