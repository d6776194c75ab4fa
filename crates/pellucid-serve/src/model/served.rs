//! A loaded model, ready to answer.

use super::background::Background;
use super::described::{described_columns, described_outputs};
use super::source::ModelSource;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{Counts, Predictions, Preparation};
use pellucid_data::training::{self, PredictionColumns, UnansweredRows};
use pellucid_data::{Column, ColumnKind, DataError, FileError, MaxExpansion, ReadOptions, Table, Values};
use serde_json::Value;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// A model that answers requests.
#[derive(Debug)]
pub(crate) struct ServedModel {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) model: Model,
    pub(crate) preparation: Preparation,
    /// The columns that a row needs, and the kinds to read them as.
    pub(crate) expected: Vec<(String, ColumnKind)>,
    pub(crate) background: Background,
    /// Of each output column without intervals and probabilities, its name and its kind.
    pub(crate) predicted: Vec<(String, ColumnKind)>,
    /// The inputs and the outputs, as the protocol describes them.
    pub(crate) inputs: Value,
    pub(crate) outputs: Value,
    threads: NonZeroUsize,
    /// Whether every column is numbers that are taken as they are.
    pub(crate) is_of_plain_numbers: bool,
    /// Tables for rows of numbers that no request uses at the moment.
    spare: Mutex<Vec<Table>>,
}

/// More than so many tables are not kept.
const MOST_SPARE: usize = 64;
/// Tables of more rows are not kept.
const MOST_SPARE_ROWS: usize = 64;
/// One thread is faster for fewer rows than one batch has.
const ROWS_FOR_ONE_THREAD: usize = 256;
/// What messages call the rows of a request.
pub(crate) const REQUEST: &str = "the request";

impl ServedModel {
    /// Loads a model and lets it answer once, so that the first request waits for nothing.
    pub(crate) fn load(source: &ModelSource, threads: NonZeroUsize) -> Result<Self, DataError> {
        let model = Model::load(&source.file)?;
        let Some(preparation) = model.preparation.clone() else {
            return Err(DataError::File(FileError::Contents {
                path: source.file.clone(),
                problem: "the model was not trained on a table, so no row can be prepared for it; train one with `pellucid \
                          train`"
                    .into(),
            }));
        };
        let expected = preparation.expected_columns();
        let reading = preparation.reading();
        let is_number = |(name, kind): &(String, ColumnKind)| {
            *kind == ColumnKind::Number && !reading.columns.contains_key(name)
        };
        let is_of_plain_numbers = expected.iter().all(is_number) && reading.missing.is_empty();
        let background = match &source.background {
            Some(path) => Background::read(path, &preparation, &options(&preparation, usize::MAX))?,
            None => Background::missing(&preparation),
        };
        let predicted = kinds_of_predictions(&preparation)?;
        let served = Self {
            name: source.name.clone(),
            version: source.version.clone(),
            inputs: described_columns(&preparation),
            outputs: described_outputs(&model, &preparation, &predicted),
            predicted,
            expected,
            background,
            threads,
            is_of_plain_numbers,
            spare: Mutex::default(),
            preparation,
            model,
        };
        // A preparation may refuse missing values, which the background may consist of.
        let _ = served.predict(&served.background.table, &served.background.rows);
        Ok(served)
    }

    /// The predictions for rows of a table with the expected columns.
    pub(crate) fn predict(
        &self,
        table: &Table,
        rows: &[u32],
    ) -> Result<(Predictions, Counts, UnansweredRows), DataError> {
        let threads = match rows.len() <= ROWS_FOR_ONE_THREAD {
            true => NonZeroUsize::MIN,
            false => self.threads,
        };
        training::predict_where_possible(&self.model.networks(), &self.preparation, table, rows, threads)
    }

    /// How tables of requests are read, which may not unpack to more bytes than this.
    pub(crate) fn options(&self, most_bytes: usize) -> ReadOptions {
        options(&self.preparation, most_bytes)
    }

    /// A table for rows of numbers, with the expected columns.
    pub(crate) fn take_number_table(&self) -> Table {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| {
            let column = |(name, _): &(String, ColumnKind)| Column {
                name: name.clone(),
                values: Values::Numbers(Vec::new()),
            };
            Table {
                source: REQUEST.into(),
                first_row: 0,
                columns: self.expected.iter().map(column).collect(),
                notes: Vec::new(),
                left_out: Vec::new(),
                spellings: Vec::new(),
            }
        })
    }

    /// Takes a table of numbers back.
    pub(crate) fn give_number_table(&self, mut table: Table) {
        // All columns were reserved for the same number of rows.
        if let Some(Values::Numbers(numbers)) = table.columns.first().map(|column| &column.values)
            && numbers.capacity() > MOST_SPARE_ROWS
        {
            return;
        }
        table.first_row = 0;
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MOST_SPARE {
            spare.push(table);
        }
    }
}

fn options(preparation: &Preparation, most_bytes: usize) -> ReadOptions {
    let reading = preparation.reading();
    ReadOptions {
        separators: reading.separators(),
        keep_na_words: reading.keep_na_words,
        max_expansion: match u64::try_from(most_bytes) {
            Ok(floor) if most_bytes < usize::MAX => MaxExpansion { ratio: 1, floor },
            _ => MaxExpansion::default(),
        },
        ..ReadOptions::default()
    }
}

/// The names and kinds of the columns of predictions.
fn kinds_of_predictions(preparation: &Preparation) -> Result<Vec<(String, ColumnKind)>, DataError> {
    let target = preparation.target();
    let outputs = pellucid::data::matrix::Matrix::new(1, target.outputs(), vec![0.5f64; target.outputs()])?;
    let columns = PredictionColumns::new(target, false, None, &[]);
    let one_row = Background::missing(preparation).table;
    let table = columns.table(&one_row, target.decode(&outputs)?);
    let columns = table.columns.into_iter();
    Ok(columns
        .map(|column| (column.name, column.values.kind()))
        .collect())
}
