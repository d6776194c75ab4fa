//! Which columns of a table matter, to a model and to single predictions, as `pellucid importance` and
//! `pellucid explain --contributions` compute it.

use crate::arrays::Refused;
use crate::run::threads_of;
use crate::table_data::{TableData, refused};
use crate::table_model::{TableModel, array};
use crate::table_scores::read_scored;
use numpy::{PyArray1, PyArray2, PyArray3, PyArrayMethods};
use pellucid::data::matrix::Matrix;
use pellucid_data::Table;
use pellucid_data::importance::{
    ContributionMethod, ContributionSettings, Contributions, PermutationSettings, PreparedRows,
    background_rows, contributions, permutation_importance,
};
use pellucid_data::training::ScoreFigure;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;
use std::ops::ControlFlow;

/// The exception of a signal handler, such as `KeyboardInterrupt`, which ends a calculation.
#[derive(Default)]
struct Signals(Option<PyErr>);

impl Signals {
    fn go_on(&mut self) -> ControlFlow<()> {
        self.0 = Python::attach(|py| py.check_signals()).err();
        match self.0 {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    fn raise(self) -> PyResult<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// The importance of each column of a table that has the targets: JSON as the command's record, and what was unusual, a
/// sentence each.
#[pyfunction]
#[pyo3(signature = (model, data, threads, *, metric, repeats, seed, drops))]
#[expect(
    clippy::too_many_arguments,
    reason = "they are named where it is called, in Python"
)]
pub(crate) fn table_importance(
    py: Python<'_>,
    model: &TableModel,
    data: &TableData,
    threads: usize,
    metric: Option<&str>,
    repeats: usize,
    seed: u32,
    drops: bool,
) -> PyResult<(String, Vec<String>)> {
    let preparation = model.preparation()?;
    let figure = ScoreFigure::requested(preparation.target(), metric).map_err(|problem| {
        let name = metric.unwrap_or_default();
        PyValueError::new_err(format!("metric = '{name}': {problem}"))
    })?;
    let settings = PermutationSettings {
        repeats,
        seed,
        figure,
    };
    py.detach(|| {
        let mut rows = PreparedRows::new(&model.model().networks(), preparation, threads_of(threads));
        let scored = read_scored(model, data, drops, |table, of_table| {
            Ok(rows.append(table, of_table)?)
        })?;
        let mut signals = Signals::default();
        let found = permutation_importance(&rows, &scored.answers, &settings, &mut |_, _| signals.go_on());
        signals.raise()?;
        let found = found.refused()?;
        let mut record = found.to_json();
        record["rows"] = json!(scored.rows);
        Ok((record.to_string(), [scored.warnings, found.notes()].concat()))
    })
}

/// What [`table_contributions`] returns, a dict.
#[derive(IntoPyObject)]
pub(crate) struct TableContributions<'py> {
    columns: Vec<String>,
    /// The classes, or the targets.
    outputs: Vec<String>,
    /// (rows, columns, outputs)
    values: Bound<'py, PyArray3<f64>>,
    /// (rows, columns, outputs); absent where the values are exact.
    standard_errors: Option<Bound<'py, PyArray3<f64>>>,
    /// (rows, outputs)
    predictions: Bound<'py, PyArray2<f64>>,
    /// The mean over the background, (outputs).
    base: Vec<f64>,
    background_rows: usize,
    /// The orders of the columns that were sampled for each row; absent where the values are exact.
    orders: Option<usize>,
    /// What was unusual in the rows, a sentence each.
    warnings: Vec<String>,
}

/// What each column contributes to the predictions for the rows of a table, compared with `most` rows of `background`, or of
/// the table itself.
#[pyfunction]
#[pyo3(signature = (model, data, threads, *, background, most, rounds, seed))]
#[expect(
    clippy::too_many_arguments,
    reason = "they are named where it is called, in Python"
)]
pub(crate) fn table_contributions<'py>(
    py: Python<'py>,
    model: &TableModel,
    data: &TableData,
    threads: usize,
    background: Option<&TableData>,
    most: usize,
    rounds: usize,
    seed: u32,
) -> PyResult<TableContributions<'py>> {
    let settings = ContributionSettings { rounds, seed };
    let (found, warnings) = py.detach(|| -> PyResult<_> {
        let table = whole(model, data)?;
        let of_background = background.map(|data| whole(model, data)).transpose()?;
        let of_background = of_background.as_ref().unwrap_or(&table);
        let threads = threads_of(threads);
        let mut rows = PreparedRows::new(&model.model().networks(), model.preparation()?, threads);
        let explained: Vec<u32> = (0..table.rows() as u32).collect();
        let met = rows.append(&table, &explained).refused()?;
        let drawn = background_rows(of_background.rows(), most, seed);
        rows.append(of_background, &drawn).refused()?;
        let background: Vec<usize> = (table.rows()..rows.rows()).collect();
        let mut found = Vec::new();
        for row in 0..table.rows() {
            let mut signals = Signals::default();
            let of_row = contributions(&rows, row, &background, &settings, &mut |_, _| signals.go_on());
            signals.raise()?;
            found.extend(of_row.refused()?);
        }
        Ok((found, met.warnings()))
    })?;
    let Some(first) = found.first() else {
        return Err(PyValueError::new_err("there are no rows to explain"));
    };
    let (columns, outputs) = (first.columns.len(), first.outputs.len());
    let values = |of: fn(&Contributions) -> &[f64]| {
        let all: Vec<f64> = found.iter().flat_map(of).copied().collect();
        PyArray1::from_vec(py, all).reshape([found.len(), columns, outputs])
    };
    let orders = match first.method {
        ContributionMethod::Exact => None,
        ContributionMethod::Sampled { orders, .. } => Some(orders),
    };
    let predictions = found.iter().flat_map(|of| &of.prediction).copied().collect();
    let predictions = Matrix::new(found.len(), outputs, predictions).refused()?;
    Ok(TableContributions {
        columns: first.columns.clone(),
        outputs: first.outputs.clone(),
        values: values(|of| of.values.values())?,
        standard_errors: orders.map(|_| values(standard_errors)).transpose()?,
        predictions: array(py, &predictions)?,
        base: first.base.clone(),
        background_rows: first.background_rows,
        orders,
        warnings,
    })
}

fn standard_errors(of: &Contributions) -> &[f64] {
    match &of.method {
        ContributionMethod::Exact => &[],
        ContributionMethod::Sampled { standard_errors, .. } => standard_errors.values(),
    }
}

/// The columns of a table that the model reads, all rows at once.
fn whole(model: &TableModel, data: &TableData) -> PyResult<Table> {
    const ALL: usize = 1 << 30;
    let preparation = model.preparation()?;
    let mut chunks = model.chunks(data, &preparation.expected_columns(), Some(ALL))?;
    let Some(table) = chunks.next() else {
        return Err(PyValueError::new_err("the table has no rows"));
    };
    refused(preparation.reading().read(table.refused()?))
}
