//! The rows of a table whose answers are known, read for a model some at a time.

use crate::arguments::Reading;
use crate::source::{self, CHUNK_ROWS, Chunks};
use crate::terminal;
use anyhow::Result;
use pellucid_data::preparation::{Counts, Preparation, rows_with_target};
use pellucid_data::training::Answers;
use pellucid_data::{ColumnKind, Table};
use std::path::Path;

/// What is known of the rows of a table beside what was made of them.
pub(crate) struct ScoredRows {
    pub(crate) answers: Answers,
    pub(crate) rows: usize,
    /// What was assumed in reading them.
    pub(crate) notes: Vec<String>,
    /// What was unusual in them.
    pub(crate) warnings: Vec<String>,
}

impl ScoredRows {
    /// Reads the table, and gives `take` some rows at a time. Rows without a target are left out where `drops` says so. Notes
    /// and warnings go to standard error.
    pub(crate) fn read(
        data: &Path,
        reading: &Reading,
        drops: bool,
        preparation: &Preparation,
        mut take: impl FnMut(&Table, &[u32]) -> Result<Counts>,
    ) -> Result<Self> {
        let target = preparation.target();
        let expected = expected_with_target(preparation);
        let options = source::options_for(reading, preparation.reading());
        let mut chunks = Chunks::open(data, &options, &expected, CHUNK_ROWS)?;
        let mut met = Counts::default();
        let extra_columns = preparation.unknown_columns(&chunks.names());
        let mut answers = Answers::default();
        let (mut rows, mut left_out) = (0, 0);
        for chunk in chunks.by_ref() {
            let chunk = preparation.reading().read(chunk?)?;
            let scored = match drops {
                true => rows_with_target(&chunk, &target.columns())?,
                false => all_rows(&chunk),
            };
            left_out += chunk.rows() - scored.len();
            answers.append(target, &chunk, &scored)?;
            met.merge(take(&chunk, &scored)?);
            rows += scored.len();
        }
        met.extra_columns = extra_columns;
        let mut warnings = met.warnings();
        warnings.extend(match left_out {
            0 => None,
            1 => Some("1 row has no target and is left out".to_owned()),
            more => Some(format!("{more} rows have no target and are left out")),
        });
        let notes = chunks.notes();
        terminal::notes("note", &notes);
        terminal::notes("warning", &warnings);
        Ok(Self {
            answers,
            rows,
            notes,
            warnings,
        })
    }
}

/// The columns of a table that a model needs where the answers are known, and the kinds to read them as.
pub(crate) fn expected_with_target(preparation: &Preparation) -> Vec<(String, ColumnKind)> {
    let of_target = preparation.target().expected_columns();
    preparation
        .reading()
        .expected([preparation.expected_columns(), of_target].concat())
}

pub(crate) fn all_rows(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}
