//! Notes of a preparation: what a user should know that is not an error.

use super::category::MOST_NAMES;
use std::fmt;

/// A column that fitting treated in a way that a user may not expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreparationNote {
    /// The column, left out: the same value in every training row.
    Constant(String),
    /// The column, left out: no value in any training row.
    Empty(String),
    /// The column, left out: a different word in every training row.
    Identifier(String),
    /// The column, kept, though it only counts the rows.
    RowNumbers(String),
    /// A column of words, though only few rows are not numbers.
    MostlyNumbers {
        /// The column.
        column: String,
        /// A word that is not a number.
        word: String,
        /// The number of training rows without a number.
        rows: usize,
    },
    /// A column of which only the most frequent names have a feature each.
    ManyNames {
        /// The column.
        column: String,
        /// The number of names in training rows.
        names: usize,
        /// The number of training rows with one of the others.
        other_rows: usize,
    },
}

impl fmt::Display for PreparationNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(column) => write!(f, "column `{column}` is left out: it never changes"),
            Self::Empty(column) => write!(f, "column `{column}` is left out: it holds no values"),
            Self::Identifier(column) => write!(
                f,
                "column `{column}` is left out: each row has a different word, as identifiers do; name it among the \
                 only columns to keep it"
            ),
            Self::RowNumbers(column) => write!(
                f,
                "column `{column}` counts the rows; it is used as a feature: drop it if it should not be"
            ),
            Self::MostlyNumbers { column, word, rows } => write!(
                f,
                "column `{column}` is read as words, because of `{word}`; rows without a number: {rows}; correct them, \
                 or empty them where the value is not known"
            ),
            Self::ManyNames {
                column,
                names,
                other_rows,
            } => write!(
                f,
                "column `{column}` has {names} different words; the {MOST_NAMES} most frequent have a feature each, the \
                 others share one; their rows: {other_rows}"
            ),
        }
    }
}
