//! The predictions for a batch of rows as the columns that `pellucid predict` writes.

use crate::run::threads_of;
use crate::table_data::{TableData, refused};
use crate::table_model::{THE_MODEL, TableModel};
use numpy::PyArray1;
use pellucid::data::matrix::Matrix;
use pellucid_data::preparation::{Counts, Predictions, TargetPreparation};
use pellucid_data::training::{PredictionColumns, UnansweredRows, predict_where_possible};
use pellucid_data::{DataError, Table, Values};
use pyo3::prelude::*;
use std::num::NonZeroUsize;

/// A column of predictions: its name; `numbers`, `booleans` or `words`; its numbers, or of each row the place of its word, -1
/// where it has none; and the words.
type PredictedColumn<'py> = (String, &'static str, Bound<'py, PyAny>, Vec<String>);

/// The predictions for the rows of a table as columns, and what was unusual in the rows, a sentence each. Without a table, the
/// columns have no rows. Each number has an interval of the level `coverage` where it is given. No column has one of the names
/// `taken`: such a name begins with `_`. A row whose numbers are too large for the network has missing values.
#[pyfunction]
#[pyo3(signature = (model, data, threads, *, probabilities=false, coverage=None, taken=Vec::new()))]
pub(crate) fn predict_columns<'py>(
    py: Python<'py>,
    model: &TableModel,
    data: Option<&TableData>,
    threads: usize,
    probabilities: bool,
    coverage: Option<f64>,
    taken: Vec<String>,
) -> PyResult<(Vec<PredictedColumn<'py>>, Vec<String>)> {
    let target = model.preparation()?.target();
    let calibrated = &model.model().calibrated;
    let half_widths = coverage.map(|level| calibrated.half_widths(target, level, THE_MODEL));
    let half_widths = refused(half_widths.transpose())?;
    let layout = PredictionColumns::new(target, probabilities, half_widths, &taken);
    let (predictions, warnings) = match data {
        None => (predictions_of(target, 0, Vec::new())?, Vec::new()),
        Some(data) => py.detach(|| predict(model, data, threads_of(threads)))?,
    };
    let columns = layout.table(&nameless(), predictions).columns;
    let columns = columns.into_iter().map(|column| match column.values {
        Values::Numbers(numbers) => {
            let numbers = PyArray1::from_vec(py, numbers).into_any();
            (column.name, "numbers", numbers, Vec::new())
        }
        Values::Booleans(words) => (column.name, "booleans", places(py, words.codes), words.names),
        Values::Categories(words) => (column.name, "words", places(py, words.codes), words.names),
    });
    Ok((columns.collect(), warnings))
}

fn predict(
    model: &TableModel,
    data: &TableData,
    threads: NonZeroUsize,
) -> PyResult<(Predictions, Vec<String>)> {
    let preparation = model.preparation()?;
    let networks = model.model().networks();
    let mut chunks = model.chunks(data, &preparation.expected_columns(), None)?;
    let (mut values, mut rows) = (Vec::new(), 0);
    let (mut met, mut unanswered) = (Counts::default(), UnansweredRows::default());
    for chunk in chunks.by_ref() {
        let chunk = refused(chunk.map_err(DataError::from))?;
        let every: Vec<u32> = (0..chunk.rows() as u32).collect();
        let predicted = predict_where_possible(&networks, preparation, &chunk, &every, threads);
        let (predictions, counts, without) = refused(predicted)?;
        values.extend_from_slice(predictions.values().values());
        rows += every.len();
        met.merge(counts);
        unanswered.merge(without);
        Python::attach(|py| py.check_signals())?;
    }
    let warnings = [
        chunks.notes(),
        met.warnings(),
        unanswered.warning().into_iter().collect(),
    ]
    .concat();
    Ok((predictions_of(preparation.target(), rows, values)?, warnings))
}

/// Predictions of these numbers or probabilities, row after row.
fn predictions_of(target: &TargetPreparation, rows: usize, values: Vec<f64>) -> PyResult<Predictions> {
    let columns = match target {
        TargetPreparation::Labels { .. } | TargetPreparation::Regression { .. } => target.columns().len(),
        _ => target.classes().len(),
    };
    let values = refused(Matrix::new(rows, columns, values).map_err(DataError::from))?;
    Ok(target.predictions(values))
}

/// The table that predictions are made for, of which their columns say nothing.
fn nameless() -> Table {
    Table {
        source: String::new(),
        first_row: 0,
        columns: Vec::new(),
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

/// Places in a list of words; -1 for a missing value, which is the largest of these numbers.
fn places(py: Python<'_>, codes: Vec<u32>) -> Bound<'_, PyAny> {
    let places = codes.into_iter().map(u32::cast_signed);
    PyArray1::from_vec(py, places.collect()).into_any()
}
