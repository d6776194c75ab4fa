//! The rows of a table whose answers are known, read for a model some at a time.

use crate::arguments::Reading;
use crate::source::{self, CHUNK_ROWS, Chunks};
use crate::terminal;
use anyhow::Result;
use pellucid_data::Table;
use pellucid_data::preparation::{Counts, Preparation};
use pellucid_data::training::ScoredRows;
use std::path::Path;

/// Reads the table, and gives `take` some rows at a time. Rows without a target are left out where `drops` says so. What is
/// known of the rows, and what was assumed in reading them; notes and warnings go to standard error.
pub(crate) fn read_scored(
    data: &Path,
    reading: &Reading,
    drops: bool,
    preparation: &Preparation,
    take: impl FnMut(&Table, &[u32]) -> Result<Counts>,
) -> Result<(ScoredRows, Vec<String>)> {
    let options = source::options_for(reading, preparation.reading());
    let mut chunks = Chunks::open(data, &options, &preparation.expected_with_target(), CHUNK_ROWS)?;
    let columns = chunks.names();
    let each = chunks.by_ref().map(|chunk| Ok(chunk?));
    let scored = ScoredRows::read(each, &columns, preparation, drops, take)?;
    let notes = chunks.notes();
    terminal::notes("note", &notes);
    terminal::notes("warning", &scored.warnings);
    Ok((scored, notes))
}

pub(crate) fn all_rows(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}
