//! The rows of a request, some at a time.

use crate::failure::{Failure, FailureKind};
use crate::model::ServedModel;
use pellucid_data::{Table, TableChunks};

/// As many rows are predicted at a time, as by `pellucid predict`.
const ROWS_AT_A_TIME: usize = 8192;

/// The rows of a request.
pub(crate) enum Rows {
    /// Of plain numbers, all in one table that the model takes back.
    Numbers(Table),
    /// Of any kind.
    Chunks(Box<TableChunks>),
}

impl Rows {
    /// The rows of a table of any columns.
    pub(crate) fn of_table(table: Table, model: &ServedModel) -> Result<Self, Failure> {
        let chunks = TableChunks::of_table(table, &model.expected, ROWS_AT_A_TIME)?;
        Ok(Self::Chunks(Box::new(chunks)))
    }

    pub(crate) fn of_source(
        source: &pellucid_data::TableSource,
        model: &ServedModel,
        most_bytes: usize,
    ) -> Result<Self, Failure> {
        let options = model.options(most_bytes);
        let chunks = TableChunks::open(source, &options, &model.expected, ROWS_AT_A_TIME)?;
        Ok(Self::Chunks(Box::new(chunks)))
    }

    /// Hands every chunk, and which of its rows to predict, to a function. What was assumed in reading them is returned.
    pub(crate) fn for_each(
        self,
        model: &ServedModel,
        most: usize,
        mut take: impl FnMut(&Table, &[u32]) -> Result<(), Failure>,
    ) -> Result<Vec<String>, Failure> {
        let too_many = || {
            let message = format!("the request has more than {most} rows; send fewer at a time");
            Failure::new(FailureKind::TooLarge, message)
        };
        match self {
            Self::Numbers(table) => {
                let count = table.rows();
                let done = match count > most {
                    true => Err(too_many()),
                    false => (0..count).step_by(ROWS_AT_A_TIME).try_for_each(|first| {
                        let end = (first + ROWS_AT_A_TIME).min(count);
                        let rows: Vec<u32> = (first as u32..end as u32).collect();
                        take(&table, &rows)
                    }),
                };
                model.give_number_table(table);
                done.map(|()| Vec::new())
            }
            Self::Chunks(mut chunks) => {
                let mut count = 0;
                for chunk in chunks.by_ref() {
                    let chunk = chunk?;
                    count += chunk.rows();
                    if count > most {
                        return Err(too_many());
                    }
                    let rows: Vec<u32> = (0..chunk.rows() as u32).collect();
                    take(&chunk, &rows)?;
                }
                Ok(chunks.notes())
            }
        }
    }
}

/// Refuses columns that the training table did not have.
pub(crate) fn check_known(names: &[String], model: &ServedModel) -> Result<(), Failure> {
    let unknown = model.preparation.unknown_columns(names);
    let Some(first) = unknown.first() else {
        return Ok(());
    };
    let known = model.expected.iter().map(|(name, _)| name.as_str());
    let near = pellucid::descriptor::nearest(first, known.clone());
    let near = near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean {near:?}?"));
    const SHOWN: usize = 20;
    let shown: Vec<&str> = known.clone().take(SHOWN).collect();
    let more = if known.count() > SHOWN { ", …" } else { "" };
    Err(Failure::wrong(format!(
        "there is no column {:?} in the training data{near} Its columns are {}{more}",
        pellucid::recipe::shortened(first, 100),
        shown.join(", ")
    )))
}
