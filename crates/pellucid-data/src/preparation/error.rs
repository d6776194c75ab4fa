//! Why a table cannot become numbers, and how messages name the place.

use crate::table::Table;

/// A table that cannot become numbers, or rows that cannot be split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreparationError {
    /// The columns or rows cannot be used.
    #[error("{place}: {problem}")]
    Unusable {
        /// The table, and the column and row of the problem.
        place: String,
        /// What was found, what was expected, what to do.
        problem: String,
    },

    /// The engine refuses the numbers.
    #[error(transparent)]
    Engine(#[from] pellucid::Error),
}

/// An error with its place.
pub(crate) fn problem(place: impl Into<String>, problem: impl Into<String>) -> PreparationError {
    PreparationError::Unusable {
        place: place.into(),
        problem: problem.into(),
    }
}

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
