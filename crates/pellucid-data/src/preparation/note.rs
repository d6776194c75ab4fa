//! Notes of a preparation: what a user should know that is not an error.

use super::category::MOST_NAMES;
use super::error::listed;
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

/// Unusual values in transformed rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// For each feature column, in order.
    pub columns: Vec<ColumnCounts>,
    /// Columns that were not in the training table; they are ignored.
    pub extra_columns: Vec<String>,
}

/// Unusual values of a column, in rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnCounts {
    /// The column.
    pub column: String,
    /// Rows without a value.
    pub missing: usize,
    /// Rows with a word that no training row has.
    pub unseen: usize,
    /// The first such word.
    pub first_unseen: Option<String>,
    /// Rows with a number that lies outside the training rows' range by more than that range.
    pub outside: usize,
}

impl Counts {
    /// Adds the counts of further rows of the same columns.
    pub fn merge(&mut self, further: Counts) {
        if self.columns.is_empty() {
            *self = further;
            return;
        }
        for (sum, more) in self.columns.iter_mut().zip(further.columns) {
            sum.missing += more.missing;
            sum.unseen += more.unseen;
            sum.outside += more.outside;
            sum.first_unseen = sum.first_unseen.take().or(more.first_unseen);
        }
    }

    /// A sentence for each kind of unusual value: unseen words, numbers far outside, columns ignored.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for counts in &self.columns {
            let column = &counts.column;
            if let Some(word) = &counts.first_unseen {
                let rows = counts.unseen;
                warnings.push(format!(
                    "column `{column}`: words that are not in the training rows, first `{word}`; rows: {rows}"
                ));
            }
            if counts.outside > 0 {
                let rows = counts.outside;
                warnings.push(format!(
                    "column `{column}`: numbers far outside the training rows' range; rows: {rows}"
                ));
            }
        }
        if !self.extra_columns.is_empty() {
            let names = listed(&self.extra_columns);
            warnings.push(format!("columns unknown in training are ignored: {names}"));
        }
        warnings
    }
}
