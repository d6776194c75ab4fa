//! Scores of a model on a table that has the targets, as `pellucid evaluate` computes them.

use crate::run::threads_of;
use crate::table_data::{Failure, TableData, refused};
use crate::table_model::{THE_MODEL, TableModel, array};
use numpy::PyArray1;
use pellucid::data::matrix::Matrix;
use pellucid_data::preparation::{Counts, Predictions};
use pellucid_data::training::{Coverages, PredictedRows, ScoredRows, Scores};
use pellucid_data::{DataError, Table};
use pyo3::prelude::*;
use serde_json::json;

/// What [`score_table`] returns, a dict.
#[derive(IntoPyObject)]
pub(crate) struct ScoredTable<'py> {
    /// The scores, the number of rows, and what intervals are worth: JSON, as in the record of the command.
    scores: String,
    /// The true answers: of one target of classes the class of each row, else (rows, targets); those of several targets of
    /// classes are 0 or 1.
    answers: Bound<'py, PyAny>,
    /// The predictions in the same form; of several targets of classes the probabilities of the second.
    predictions: Bound<'py, PyAny>,
    /// What was unusual in the rows, a sentence each.
    warnings: Vec<String>,
}

/// The scores on a table that has the targets. Rows without one are left out where `drops` says so. `coverage` is the level of
/// the intervals that are measured; without it, it is 0.9 where the model keeps enough residuals.
#[pyfunction]
#[pyo3(signature = (model, data, threads, *, drops=false, coverage=None))]
pub(crate) fn score_table<'py>(
    py: Python<'py>,
    model: &TableModel,
    data: &TableData,
    threads: usize,
    drops: bool,
    coverage: Option<f64>,
) -> PyResult<ScoredTable<'py>> {
    let (of, target) = (model.model(), model.preparation()?.target());
    let (scored, predictions, scores) = py.detach(|| {
        let threads = threads_of(threads);
        let mut predicted = PredictedRows::new(of.networks(), model.preparation()?, threads);
        let scored = read_scored(model, data, drops, |table, rows| {
            Ok(predicted.append(table, rows)?)
        })?;
        let predictions = refused(predicted.finish())?;
        let scores = refused(Scores::from_predictions(&predictions, &scored.answers))?;
        Ok::<_, PyErr>((scored, predictions, scores))
    })?;
    let mut record = scores.to_json();
    record["rows"] = json!(scored.rows);
    let judged = (&predictions, &scored.answers);
    let coverages = Coverages::measure(&of.calibrated, target, coverage, THE_MODEL, judged);
    if let Some(coverages) = refused(coverages)? {
        record["interval"] = coverages.to_json();
    }
    if let Some(threshold) = target.threshold() {
        record["threshold"] = json!(threshold);
    }
    let (answers, predictions) = match predictions {
        Predictions::Classes { labels, .. } => {
            let answers = scored.answers.labels().to_vec();
            (
                PyArray1::from_vec(py, answers).into_any(),
                PyArray1::from_vec(py, labels).into_any(),
            )
        }
        Predictions::Labels { .. } | Predictions::Numbers { .. } => {
            let predicted = predictions.values();
            let answers = scored.answers.numbers().to_vec();
            let answers =
                refused(Matrix::new(scored.rows, predicted.columns(), answers).map_err(DataError::from))?;
            (array(py, &answers)?.into_any(), array(py, predicted)?.into_any())
        }
    };
    Ok(ScoredTable {
        scores: record.to_string(),
        answers,
        predictions,
        warnings: scored.warnings,
    })
}

/// Gives `take` the rows of a table that have targets, some at a time; Ctrl-C ends it between two of them. What was assumed in
/// reading them is among the warnings.
pub(crate) fn read_scored(
    model: &TableModel,
    data: &TableData,
    drops: bool,
    take: impl FnMut(&Table, &[u32]) -> Result<Counts, Failure>,
) -> PyResult<ScoredRows> {
    let preparation = model.preparation()?;
    let mut chunks = model.chunks(data, &preparation.expected_with_target(), None)?;
    let columns = chunks.names();
    let each = chunks.by_ref().map(|chunk| {
        Python::attach(|py| py.check_signals())?;
        Ok(chunk.map_err(DataError::from)?)
    });
    let mut scored = ScoredRows::read(each, &columns, preparation, drops, take)?;
    scored.warnings = [chunks.notes(), scored.warnings].concat();
    Ok(scored)
}
