//! Counts of unusual values in transformed rows.

use super::error::listed;

/// Unusual values in transformed rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Of each feature column with unusual values, in order.
    pub columns: Vec<ColumnCounts>,
    /// Columns that were not in the training table; they are ignored.
    pub extra_columns: Vec<String>,
}

/// Unusual values of a column, in rows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnCounts {
    /// The column.
    pub column: String,
    /// Its place among the feature columns, counted from 0.
    pub position: usize,
    /// Rows without a value.
    pub missing: usize,
    /// Rows with a word that no training row has.
    pub unseen: usize,
    /// The first such word.
    pub first_unseen: Option<String>,
    /// Rows with a number that lies outside the training rows' range by more than that range.
    pub outside: usize,
}

impl ColumnCounts {
    /// Whether nothing unusual was met.
    pub(super) fn is_empty(&self) -> bool {
        self.missing + self.unseen + self.outside == 0
    }

    /// Adds the counts of further rows of the column.
    pub(super) fn merge(&mut self, further: ColumnCounts) {
        self.missing += further.missing;
        self.unseen += further.unseen;
        self.outside += further.outside;
        self.first_unseen = self.first_unseen.take().or(further.first_unseen);
    }

    /// Counts a row with a word that no training row has.
    pub(super) fn add_unseen(&mut self, word: &str) {
        self.unseen += 1;
        self.first_unseen.get_or_insert_with(|| word.to_owned());
    }
}

impl Counts {
    /// Adds the counts of further rows of the same columns.
    pub fn merge(&mut self, further: Counts) {
        if self.extra_columns.is_empty() {
            self.extra_columns = further.extra_columns;
        }
        for more in further.columns {
            match self
                .columns
                .binary_search_by_key(&more.position, |counts| counts.position)
            {
                Ok(at) => self.columns[at].merge(more),
                Err(at) => self.columns.insert(at, more),
            }
        }
    }

    /// A sentence for each kind of unusual value: unseen words, numbers far outside, columns ignored.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for counts in &self.columns {
            let column = &counts.column;
            if let Some(word) = &counts.first_unseen {
                let (met, rows) = ("words that are not in the training rows, first", counts.unseen);
                warnings.push(format!("column `{column}`: {met} `{word}`; rows: {rows}"));
            }
            if counts.outside > 0 {
                let (met, rows) = ("numbers far outside the training rows' range", counts.outside);
                warnings.push(format!("column `{column}`: {met}; rows: {rows}"));
            }
        }
        if !self.extra_columns.is_empty() {
            let names = listed(&self.extra_columns);
            warnings.push(format!("columns unknown in training are ignored: {names}"));
        }
        warnings
    }
}
