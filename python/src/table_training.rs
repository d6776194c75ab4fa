//! A training on a table without Python's lock, by the code of `pellucid train`.

use crate::checkpoint::{self, Told};
use crate::run::threads_of;
use crate::table_data::{TableData, refused};
use crate::table_model::TableModel;
use crate::table_request::request_of;
use crate::watch::{EachRecord, Watch};
use numpy::PyReadonlyArray1;
use pellucid::EndedBy;
use pellucid::inspection::diagnosis::Finding;
use pellucid::training::observe::AnyObserver;
use pellucid_data::checkpoint::{CheckpointSettings, Identity};
use pellucid_data::model_file::Model;
use pellucid_data::training::{Plan, TrainingRequest};
use pellucid_data::{ReadOptions, Result, Table};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::json;
use std::time::Instant;

/// What [`train_table`] returns, a dict.
#[derive(IntoPyObject)]
pub(crate) struct TrainedTable {
    model: TableModel,
    /// The columns of the table by name, without targets.
    columns: Vec<String>,
    /// What the table chose, a sentence each.
    choices: Vec<String>,
    /// What the diagnosis of the training found: JSON.
    findings: String,
    /// The exception that ended the training, if one did.
    raised: Option<PyErr>,
    /// Whether Ctrl-C ended the training.
    interrupted: bool,
    /// What a user should know of the files of checkpoints, a sentence each.
    of_checkpoints: Vec<String>,
}

/// What is trained on, and with what weights.
struct Tables<'a> {
    data: &'a TableData,
    /// The name and the weights of the rows, where they are no column of the table.
    weights: Option<(String, Vec<f64>)>,
    validation: Option<&'a TableData>,
    validation_weights: Option<Vec<f64>>,
}

/// A model, and what a user may want to know of its training.
struct Finished {
    model: Model,
    columns: Vec<String>,
    choices: Vec<String>,
    findings: Vec<Finding>,
    interrupted: bool,
}

/// Trains on a table without Python's lock. `parameters` are those of the request, JSON. `weights` are the name of a column of
/// weights and its numbers, one a row, `validation_weights` those of the rows of `validation`. `chosen` is called with a
/// sentence for each choice that the parameters leave to the table, `recorded` after each recorded epoch with its record, JSON.
/// `checkpoint` are the settings of a checkpoint, JSON. `diagnosed` says whether the training is.
#[pyfunction]
#[pyo3(signature = (
    data, parameters, threads, *, weights=None, validation=None, validation_weights=None, chosen=None, recorded=None,
    reported=None, checkpoint=None, diagnosed=true
))]
#[expect(
    clippy::too_many_arguments,
    reason = "they are named where it is called, in Python"
)]
pub(crate) fn train_table(
    py: Python<'_>,
    data: &TableData,
    parameters: &str,
    threads: usize,
    weights: Option<(String, PyReadonlyArray1<'_, f64>)>,
    validation: Option<&TableData>,
    validation_weights: Option<PyReadonlyArray1<'_, f64>>,
    chosen: Option<Py<PyAny>>,
    recorded: Option<Py<PyAny>>,
    reported: Option<Py<PyAny>>,
    checkpoint: Option<&str>,
    diagnosed: bool,
) -> PyResult<TrainedTable> {
    let checkpoint = checkpoint.map(checkpoint::settings).transpose()?;
    let told = Told::default();
    let request = request_of(parameters)?;
    let tables = Tables {
        data,
        weights: weights.map(|(name, weights)| (name, weights.as_array().to_vec())),
        validation,
        validation_weights: validation_weights.map(|weights| weights.as_array().to_vec()),
    };
    let mut recorded = recorded.map(EachRecord::new);
    let mut watch = Watch::new(u64::MAX, None, reported).telling(&told.interrupted);
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
            tables,
            request,
            threads,
            choices,
            &mut (&mut recorded, &mut watch),
            (checkpoint, &told),
            diagnosed,
        )
    });
    if let Some(failed) = failed {
        return Err(failed);
    }
    let Some(finished) = refused(trained)? else {
        return Err(PyValueError::new_err("the training was not begun"));
    };
    Ok(TrainedTable {
        model: TableModel::new(finished.model),
        columns: finished.columns,
        choices: finished.choices,
        findings: json!(finished.findings).to_string(),
        raised: watch.raised.or(recorded.and_then(|recorded| recorded.raised)),
        interrupted: finished.interrupted,
        of_checkpoints: told.sentences(),
    })
}

/// Trains, unless `choices`, which is called with the choices that the table made, answers false.
fn train(
    tables: Tables<'_>,
    mut request: TrainingRequest,
    threads: usize,
    choices: impl FnOnce(&[String]) -> bool,
    observer: &mut impl AnyObserver,
    (checkpoint, told): (Option<CheckpointSettings>, &Told),
    diagnosed: bool,
) -> Result<Option<Finished>> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let is_weighted = tables.weights.is_some();
    let (table, columns) = training_table(tables.data, tables.weights, &mut request)?;
    let held_out = match tables.validation {
        None => None,
        Some(data) => {
            let weights = tables.validation_weights;
            Some(held_out_table(data, is_weighted, weights, &mut request)?)
        }
    };
    let plan = Plan::new(&table, &request)?;
    let targets = plan.columns().targets.clone();
    let columns = columns.into_iter().filter(|name| !targets.contains(name));
    let columns = columns.collect();
    if !choices(plan.choices()) {
        return Ok(None);
    }
    let identify = || Identity::of_table(&plan, held_out.as_ref(), None, true);
    let keeper = checkpoint.map(|settings| checkpoint::keeper(settings, identify, told));
    let observer = &mut (observer, keeper.transpose()?);
    let threads = threads_of(threads);
    let trained = match plan.members() {
        1 => {
            let mut session = plan.session(held_out.as_ref(), threads)?.with_clock(&clock);
            if diagnosed {
                session = session.diagnosed()?;
            }
            let mut trained = session.run(observer)?;
            plan.refit(&mut trained, threads, observer)?;
            trained
        }
        _ => plan.train_ensemble(threads, Some(&clock), (observer, &mut ()), |_, _| ())?,
    };
    Ok(Some(Finished {
        columns,
        choices: plan.choices().to_vec(),
        findings: trained.summary.findings.clone(),
        interrupted: trained.summary.ended_by == EndedBy::Interrupt,
        model: trained.into_model(),
    }))
}

/// The table to train on, and the names of the columns that are of the data.
pub(crate) fn training_table(
    data: &TableData,
    weights: Option<(String, Vec<f64>)>,
    request: &mut TrainingRequest,
) -> Result<(Table, Vec<String>)> {
    let recipe = request.recipe.as_ref();
    let names_target = recipe.is_some_and(|recipe| recipe.data.table.is_some());
    let options = ReadOptions {
        separators: request.separators(),
        keep_na_words: request.keeps_na_words(),
        ..ReadOptions::default()
    };
    let mut table = data.read(&options, seed_of(request))?;
    if request.columns.target.is_empty() && !names_target && data.is_built_in() {
        let last = table.columns.last().map(|column| column.name.clone());
        request.columns.target.extend(last);
    }
    let columns = table.columns.len();
    if let Some((name, weights)) = weights {
        table = request.weigh(table, &name, weights)?;
    }
    let table = request.read(table)?;
    let of_data = table.columns.iter().take(columns);
    let of_data = of_data.map(|column| column.name.clone()).collect();
    Ok((table, of_data))
}

/// The rows to stop by, which are a table of their own. Where the rows of the training have weights that are no column of
/// theirs, these have `weights`, or count for 1 each.
fn held_out_table(
    data: &TableData,
    is_weighted: bool,
    weights: Option<Vec<f64>>,
    request: &mut TrainingRequest,
) -> Result<Table> {
    request.validation = Some(0.0);
    request.has_validation_table = true;
    let options = ReadOptions {
        separators: request.reading.separators(),
        keep_na_words: request.reading.keep_na_words,
        ..ReadOptions::default()
    };
    let table = data.read(&options, seed_of(request))?;
    let table = match is_weighted {
        true => {
            let weights = weights.unwrap_or_else(|| vec![1.0; table.rows()]);
            request.weigh_held_out(table, weights)?
        }
        false => table,
    };
    request.reading.read(table)
}

/// The seed of a training.
pub(crate) fn seed_of(request: &TrainingRequest) -> u32 {
    let recipe = request.recipe.as_ref();
    let of_recipe = recipe.map(|recipe| recipe.train.seed);
    request.seed.or(of_recipe).unwrap_or(0)
}
