//! What a user should know of a preparation, and is no error.

use std::fmt;

/// What fitting did that a user may not expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Left out: the same value in every training row.
    Constant {
        /// The column.
        column: String,
    },
    /// Left out: no value in any training row.
    Empty {
        /// The column.
        column: String,
    },
    /// Left out: a different word in every training row.
    Identifier {
        /// The column.
        column: String,
    },
    /// Kept, though it only counts the rows.
    RowNumbers {
        /// The column.
        column: String,
    },
    /// Taken for words, though few rows are not numbers.
    MostlyNumbers {
        /// The column.
        column: String,
        /// One that is no number.
        word: String,
        /// How many training rows hold no number.
        rows: usize,
    },
    /// Only the most frequent names have a feature of their own.
    ManyNames {
        /// The column.
        column: String,
        /// How many names there are in training rows.
        names: usize,
        /// How many training rows hold one of the others.
        other_rows: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Constant { column } => write!(f, "column `{column}` is left out: it never changes"),
            Note::Empty { column } => write!(f, "column `{column}` is left out: it holds no values"),
            Note::Identifier { column } => write!(
                f,
                "column `{column}` is left out: each row has a word of its own, as identifiers do; name it among \
                 the only columns to keep it"
            ),
            Note::RowNumbers { column } => write!(
                f,
                "column `{column}` counts the rows; it is used as a feature: drop it if it is none"
            ),
            Note::MostlyNumbers { column, word, rows } => write!(
                f,
                "column `{column}` is taken for words, because of `{word}`; rows without a number: {rows}; correct \
                 them, or empty them where the value is not known"
            ),
            Note::ManyNames {
                column,
                names,
                other_rows,
            } => write!(
                f,
                "column `{column}` has {names} different words; the {} most frequent have a feature each, the others \
                 share one; their rows: {other_rows}",
                super::category::MOST_NAMES
            ),
        }
    }
}

/// What was met while rows were transformed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// For each feature column, in order.
    pub columns: Vec<ColumnCounts>,
    /// Columns that were not in the training table; they are ignored.
    pub extra_columns: Vec<String>,
}

/// What was met in a column, in rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnCounts {
    /// The column.
    pub column: String,
    /// Rows without a value.
    pub missing: usize,
    /// Rows with a word that training rows do not have.
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

    /// A sentence for each thing worth telling: words never seen, numbers far outside, columns ignored.
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
            let names = super::error::listed(self.extra_columns.iter().map(String::as_str));
            warnings.push(format!("columns unknown in training are ignored: {names}"));
        }
        warnings
    }
}
