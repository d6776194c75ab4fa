//! The rows of a table whose answers are known, read for a model some at a time.

use super::scores::Answers;
use crate::error::DataError;
use crate::preparation::{Counts, Preparation, rows_with_target};
use crate::table::Table;

/// What is known of the rows of a table beside what was made of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRows {
    /// The true answers.
    pub answers: Answers,
    /// The number of rows.
    pub rows: usize,
    /// What was unusual in them, a sentence each.
    pub warnings: Vec<String>,
}

impl ScoredRows {
    /// Reads the chunks of a table with these columns, which hold those of
    /// [`Preparation::expected_with_target`], and gives `take` the rows of each. Rows without a target are left out and
    /// counted where `drops` says so.
    ///
    /// # Errors
    /// A chunk cannot be read; an answer is missing, or no answer of the training rows; `take` fails.
    pub fn read<E: From<DataError>>(
        chunks: impl Iterator<Item = Result<Table, E>>,
        columns: &[String],
        preparation: &Preparation,
        drops: bool,
        mut take: impl FnMut(&Table, &[u32]) -> Result<Counts, E>,
    ) -> Result<Self, E> {
        let target = preparation.target();
        let mut met = Counts::default();
        let mut answers = Answers::default();
        let (mut rows, mut left_out) = (0, 0);
        for chunk in chunks {
            let chunk = preparation.reading().read(chunk?)?;
            let scored = match drops {
                true => rows_with_target(&chunk, &target.columns())?,
                false => (0..chunk.rows() as u32).collect(),
            };
            left_out += chunk.rows() - scored.len();
            answers.append(target, &chunk, &scored)?;
            met.merge(take(&chunk, &scored)?);
            rows += scored.len();
        }
        met.extra_columns = preparation.unknown_columns(columns);
        let mut warnings = met.warnings();
        warnings.extend(match left_out {
            0 => None,
            1 => Some("1 row has no target and is left out".to_owned()),
            more => Some(format!("{more} rows have no target and are left out")),
        });
        Ok(Self {
            answers,
            rows,
            warnings,
        })
    }
}
