//! The rows that contributions compare a prediction with.

use pellucid_data::importance::background_rows;
use pellucid_data::preparation::Preparation;
use pellucid_data::{
    BUILTINS, Column, DataError, ReadOptions, Table, TableChunks, TableSource, Values, load_builtin,
};
use std::path::Path;

/// Rows like those of the training, or else one whose values are all missing.
#[derive(Debug)]
pub(crate) struct Background {
    pub(crate) table: Table,
    pub(crate) rows: Vec<u32>,
    /// What the rows are, for those who read contributions.
    pub(crate) description: String,
}

/// As many rows are drawn: enough for a mean, few enough to answer while a slider is moved.
const MOST_ROWS: usize = 32;
/// They are drawn from as many rows at the beginning of the table.
const DRAWN_FROM: usize = 8192;

impl Background {
    /// Rows of a table, or of a built-in set.
    pub(crate) fn read(
        path: &Path,
        preparation: &Preparation,
        options: &ReadOptions,
    ) -> Result<Self, DataError> {
        let expected = preparation.expected_columns();
        let built_in = path.to_str().filter(|_| !path.exists());
        let built_in = built_in.and_then(|name| BUILTINS.iter().find(|set| set.name == name));
        let mut chunks = match built_in {
            Some(set) => TableChunks::of_table(load_builtin(set.name, 0)?, &expected, DRAWN_FROM)?,
            None => TableChunks::open(&TableSource::from(path), options, &expected, DRAWN_FROM)?,
        };
        let Some(table) = chunks.next().transpose()? else {
            return Ok(Self::missing(preparation));
        };
        let rows = background_rows(table.rows(), MOST_ROWS, 0);
        Ok(Self {
            description: format!("{} rows of the background table", rows.len()),
            table,
            rows,
        })
    }

    /// One row whose values are all missing.
    pub(crate) fn missing(preparation: &Preparation) -> Self {
        let column = |(name, _)| Column {
            name,
            values: Values::Numbers(vec![f64::NAN]),
        };
        let columns = preparation.expected_columns().into_iter().map(column);
        Self {
            table: Table {
                source: "the row of missing values".into(),
                first_row: 0,
                columns: columns.collect(),
                notes: Vec::new(),
                left_out: Vec::new(),
                spellings: Vec::new(),
            },
            rows: vec![0],
            description: "a row whose values are all missing".into(),
        }
    }
}
