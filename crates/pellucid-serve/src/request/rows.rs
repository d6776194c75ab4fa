//! The rows of a request, some at a time.

use crate::failure::{Failure, FailureKind};
use crate::model::ServedModel;
use pellucid_data::{Table, TableChunks, Values};

/// As many rows are predicted at a time, as by `pellucid predict`.
const ROWS_AT_A_TIME: usize = 8192;

/// The rows of a request.
pub(crate) enum Rows {
    /// Of plain numbers, in the order of the training table's columns, row after row.
    Numbers(Vec<f64>),
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
            Self::Numbers(numbers) => {
                let width = model.expected.len();
                if numbers.len() / width > most {
                    return Err(too_many());
                }
                let mut table = model.take_number_table();
                let done = numbers.chunks(ROWS_AT_A_TIME * width).try_for_each(|chunk| {
                    fill(&mut table, chunk);
                    let rows: Vec<u32> = (0..(chunk.len() / width) as u32).collect();
                    take(&table, &rows)?;
                    table.first_row += rows.len() as u64;
                    Ok(())
                });
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

/// Puts the numbers of rows, one row after the other, in the place of those of a table's columns.
fn fill(table: &mut Table, numbers: &[f64]) {
    /// The numbers of so many rows stay in a core's cache while they are put into columns.
    const ROWS: usize = 32;
    let width = table.columns.len();
    for column in &mut table.columns {
        if let Values::Numbers(values) = &mut column.values {
            values.clear();
            values.reserve(numbers.len() / width);
        }
    }
    for rows in numbers.chunks(ROWS * width) {
        for (place, column) in table.columns.iter_mut().enumerate() {
            if let Values::Numbers(values) = &mut column.values {
                values.extend(rows[place..].iter().step_by(width));
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
