//! A model of a table: trained, saved, loaded, and asked for predictions and scores, by the code of the command.

use crate::arrays::Refused;
use crate::run::threads_of;
use crate::table_data::{TableData, refused};
use crate::table_request::request_of;
use crate::watch::{EachRecord, Watch};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pellucid::EndedBy;
use pellucid::data::matrix::Matrix;
use pellucid::training::observe::AnyObserver;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{Counts, Predictions, Preparation, TargetPreparation};
use pellucid_data::training::{self, Answers, Plan, Scores, TrainingRequest};
use pellucid_data::{ColumnKind, DataError, ReadOptions, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How many rows of a table are predicted at a time: as many as by the command.
const CHUNK_ROWS: usize = 8192;

/// A trained model of a table.
#[pyclass(frozen, module = "pellucid._engine")]
pub(crate) struct TableModel(Model);

/// What [`train_table`] returns: the model; the columns of the table by name; the exception that ended the training, if one
/// did; and whether Ctrl-C did.
type TrainedTable = (TableModel, Vec<String>, Option<PyErr>, bool);

/// Trains on a table without Python's lock. `parameters` are those of the request, JSON. `chosen` is called with a sentence
/// for each choice that the parameters leave to the table, `recorded` after each recorded epoch with its record, JSON.
#[pyfunction]
#[pyo3(signature = (data, parameters, threads, *, validation=None, chosen=None, recorded=None, reported=None))]
#[expect(
    clippy::too_many_arguments,
    reason = "they are named where it is called, in Python"
)]
pub(crate) fn train_table(
    py: Python<'_>,
    data: &TableData,
    parameters: &str,
    threads: usize,
    validation: Option<&TableData>,
    chosen: Option<Py<PyAny>>,
    recorded: Option<Py<PyAny>>,
    reported: Option<Py<PyAny>>,
) -> PyResult<TrainedTable> {
    let request = request_of(parameters)?;
    let mut recorded = recorded.map(EachRecord::new);
    let mut watch = Watch::new(u64::MAX, None, reported);
    let mut failed = None;
    let trained = py.detach(|| {
        let choices = |sentences: &[String]| {
            let Some(chosen) = &chosen else { return true };
            let told = Python::attach(|py| {
                sentences
                    .iter()
                    .try_for_each(|choice| chosen.call1(py, (choice,)).map(drop))
            });
            failed = told.err();
            failed.is_none()
        };
        train(
            data,
            validation,
            request,
            threads,
            choices,
            &mut (&mut recorded, &mut watch),
        )
    });
    if let Some(failed) = failed {
        return Err(failed);
    }
    let Some((model, names, interrupted)) = refused(trained)? else {
        return Err(PyValueError::new_err("the training was not begun"));
    };
    let raised = watch.raised.or(recorded.and_then(|recorded| recorded.raised));
    Ok((TableModel(model), names, raised, interrupted))
}

/// Trains, unless `choices`, which is called with the choices that the table made, answers false.
fn train(
    data: &TableData,
    validation: Option<&TableData>,
    mut request: TrainingRequest,
    threads: usize,
    choices: impl FnOnce(&[String]) -> bool,
    observer: &mut impl AnyObserver,
) -> Result<Option<(Model, Vec<String>, bool)>> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let recipe = request.recipe.as_ref();
    let names_target = recipe.is_some_and(|recipe| recipe.data.table.is_some());
    let seed = request
        .seed
        .or(recipe.map(|recipe| recipe.train.seed))
        .unwrap_or(0);
    let options = ReadOptions {
        separators: request.separators(),
        keep_na_words: request.keeps_na_words(),
        ..ReadOptions::default()
    };
    let table = data.read(&options, seed)?;
    if request.columns.target.is_empty() && !names_target && data.is_built_in() {
        let last = table.columns.last().map(|column| column.name.clone());
        request.columns.target.extend(last);
    }
    let table = request.read(table)?;
    let held_out = match validation {
        None => None,
        Some(data) => {
            request.validation = Some(0.0);
            request.has_validation_table = true;
            let options = ReadOptions {
                separators: request.reading.separators(),
                keep_na_words: request.reading.keep_na_words,
                ..ReadOptions::default()
            };
            Some(request.reading.read(data.read(&options, seed)?)?)
        }
    };
    let plan = Plan::new(&table, &request)?;
    let targets = plan.columns().targets.clone();
    let names = table.columns.iter().map(|column| column.name.clone());
    let names = names.filter(|name| !targets.contains(name)).collect();
    if !choices(plan.choices()) {
        return Ok(None);
    }
    let threads = threads_of(threads);
    let trained = match plan.members() {
        1 => {
            let session = plan.session(held_out.as_ref(), threads)?.with_clock(&clock);
            let mut trained = session.run(observer)?;
            plan.refit(&mut trained, threads, observer)?;
            trained
        }
        _ => plan.train_ensemble(threads, Some(&clock), (observer, &mut ()), |_, _| ())?,
    };
    let interrupted = trained.summary.ended_by == EndedBy::Interrupt;
    Ok(Some((trained.into_model(), names, interrupted)))
}

/// What a prediction is: the numbers or probabilities, (rows, columns); of one target of classes the class of each row; and
/// what was unusual in the rows, a sentence each.
type Predicted<'py> = (
    Bound<'py, PyArray2<f64>>,
    Option<Bound<'py, PyArray1<u32>>>,
    Vec<String>,
);

#[pymethods]
impl TableModel {
    /// Reads a model file.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<Self> {
        Self::of_table(refused(Model::load(&path).map_err(DataError::from))?, &path)
    }

    /// The model whose file has these bytes.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let path = Path::new("the model");
        Self::of_table(Model::from_bytes(bytes, path).refused()?, path)
    }

    /// The bytes of the model's file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.0.to_bytes(Path::new("the model")).refused()?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Writes the model's file, whole or not at all.
    fn save(&self, path: PathBuf) -> PyResult<()> {
        self.0.save(path).refused()
    }

    /// The predictions for the rows of a table.
    fn predict<'py>(&self, py: Python<'py>, data: &TableData, threads: usize) -> PyResult<Predicted<'py>> {
        let found = py.detach(|| self.predict_chunks(data, threads_of(threads), None));
        let (predictions, warnings) = found?;
        let array = |values: Matrix<f64>| {
            let shape = [values.rows(), values.columns()];
            PyArray1::from_vec(py, values.values().to_vec()).reshape(shape)
        };
        Ok(match predictions {
            Predictions::Classes {
                labels,
                probabilities,
                ..
            } => (
                array(probabilities)?,
                Some(PyArray1::from_vec(py, labels)),
                warnings,
            ),
            Predictions::Labels { probabilities, .. } => (array(probabilities)?, None, warnings),
            Predictions::Numbers { values, .. } => (array(values)?, None, warnings),
        })
    }

    /// The scores on a table that has the targets: JSON, and what was unusual in its rows.
    fn scores(&self, py: Python<'_>, data: &TableData, threads: usize) -> PyResult<(String, Vec<String>)> {
        let (scores, warnings) = py.detach(|| {
            let mut answers = Answers::default();
            let (predictions, warnings) =
                self.predict_chunks(data, threads_of(threads), Some(&mut answers))?;
            let scores = Scores::from_predictions(&predictions, &answers).refused()?;
            Ok::<_, PyErr>((scores, warnings))
        })?;
        Ok((scores.to_json().to_string(), warnings))
    }

    /// The targets: the name of each, the kind of its values in training, and its classes.
    fn targets(&self) -> PyResult<Vec<(String, String, Vec<String>)>> {
        let target = self.preparation()?.target();
        let kinds = target.kinds().into_iter().map(|kind| kind.to_string());
        let classes: Vec<Vec<String>> = match target {
            TargetPreparation::Labels { labels } => {
                labels.iter().map(|label| label.classes.to_vec()).collect()
            }
            TargetPreparation::Regression { columns } => vec![Vec::new(); columns.len()],
            _ => vec![target.classes().to_vec()],
        };
        let names = target.columns().into_iter().map(str::to_owned);
        Ok(names
            .zip(kinds)
            .zip(classes)
            .map(|((name, kind), classes)| (name, kind, classes))
            .collect())
    }

    /// The columns of the table that features are made of.
    fn columns(&self) -> PyResult<Vec<String>> {
        let columns = self.preparation()?.columns().iter();
        Ok(columns.map(|column| column.name.clone()).collect())
    }

    /// The features of the network by name.
    fn features(&self) -> Vec<String> {
        self.0.feature_names.clone()
    }

    /// The recipe of the training: JSON.
    fn recipe(&self) -> PyResult<String> {
        serde_json::to_string(&self.0.recipe).refused()
    }

    /// The records of the epochs: JSON.
    fn history(&self) -> PyResult<String> {
        serde_json::to_string(&self.0.history).refused()
    }

    /// The scores after the training: JSON.
    fn metrics(&self) -> String {
        self.0.metrics.to_string()
    }

    /// The notes of the training, a sentence each.
    fn notes(&self) -> Vec<String> {
        self.0.warnings.clone()
    }
}

impl TableModel {
    fn of_table(model: Model, path: &Path) -> PyResult<Self> {
        if model.preparation.is_none() {
            let message = format!("{}: the model was not trained on a table", path.display());
            return Err(PyValueError::new_err(message));
        }
        Ok(Self(model))
    }

    fn preparation(&self) -> PyResult<&Preparation> {
        let preparation = self.0.preparation.as_ref();
        preparation.ok_or_else(|| PyValueError::new_err("the model was not trained on a table"))
    }

    /// The predictions for all rows, some rows at a time, and what was unusual; `answers` receives the true ones.
    fn predict_chunks(
        &self,
        data: &TableData,
        threads: NonZeroUsize,
        mut answers: Option<&mut Answers>,
    ) -> PyResult<(Predictions, Vec<String>)> {
        let preparation = self.preparation()?;
        let (target, reading) = (preparation.target(), preparation.reading());
        let options = ReadOptions {
            separators: reading.separators(),
            keep_na_words: reading.keep_na_words,
            ..ReadOptions::default()
        };
        let expected: Vec<(String, ColumnKind)> = match answers {
            None => preparation.expected_columns(),
            Some(_) => reading.expected([preparation.expected_columns(), target.expected_columns()].concat()),
        };
        let chunks = data.chunks(&options, &expected, CHUNK_ROWS);
        let mut chunks = refused(chunks.map_err(DataError::from))?;
        let extra_columns = preparation.unknown_columns(&chunks.names());
        let (mut met, mut outputs, mut all_labels, mut rows) = (Counts::default(), Vec::new(), Vec::new(), 0);
        let mut shape = None;
        for chunk in chunks.by_ref() {
            let mut chunk = chunk.refused()?;
            let every: Vec<u32> = (0..chunk.rows() as u32).collect();
            if let Some(answers) = answers.as_deref_mut() {
                chunk = reading.read(chunk).refused()?;
                answers.append(target, &chunk, &every).refused()?;
            }
            let found = training::predict(&self.0.networks(), preparation, &chunk, &every, threads);
            let (mut predictions, counts) = found.refused()?;
            met.merge(counts);
            rows += every.len();
            outputs.extend_from_slice(numbers_of(&mut predictions).values());
            if let Predictions::Classes { labels, .. } = &mut predictions {
                all_labels.append(labels);
            }
            shape = Some(predictions);
            Python::attach(|py| py.check_signals())?;
        }
        met.extra_columns = extra_columns;
        let warnings = [chunks.notes(), met.warnings()].concat();
        let mut predictions = shape.ok_or_else(|| PyValueError::new_err("the table has no rows"))?;
        let numbers = numbers_of(&mut predictions);
        *numbers = Matrix::new(rows, numbers.columns(), outputs).refused()?;
        if let Predictions::Classes { labels, .. } = &mut predictions {
            *labels = all_labels;
        }
        Ok((predictions, warnings))
    }
}

/// The probabilities or numbers of predictions.
fn numbers_of(predictions: &mut Predictions) -> &mut Matrix<f64> {
    match predictions {
        Predictions::Classes { probabilities, .. } | Predictions::Labels { probabilities, .. } => {
            probabilities
        }
        Predictions::Numbers { values, .. } => values,
    }
}
