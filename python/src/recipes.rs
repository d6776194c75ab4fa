//! Recipes from Python: read, and run as the command runs them.

use crate::run::{read, refusal, threads_of};
use crate::watch::{Listener, Watch};
use pellucid::descriptor::Choice;
use pellucid::evaluation::metrics::Meters;
use pellucid::inspection::layer_statistics::LayerStatisticsRecorder;
use pellucid::model::init::Init;
use pellucid::optimization::averaging::Average;
use pellucid::session::record::{MetricsRecord, RunRecord};
use pellucid::training::early_stopping::{EarlyStopping, EndedBy, HeldOut, StopRules, TimeLimit};
use pellucid::training::observe::{History, Observer};
use pellucid::{Activation, Loss, Normalisation, Optimizer, Schedule};
use pellucid::{Experiment, Precision, Recipe, Scalar, Timing};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// A recipe as JSON: from TOML, which `origin` names in errors, or a built-in one of that name.
#[pyfunction]
pub(crate) fn read_recipe(toml: Option<&str>, origin: &str) -> PyResult<String> {
    let recipe = match toml {
        Some(text) => Recipe::from_toml(text, origin),
        None => Recipe::built_in(origin),
    };
    let recipe = recipe.map_err(|error| refusal(&error))?;
    serde_json::to_string(&recipe).map_err(|error| refusal(&error))
}

/// The names of the built-in recipes.
#[pyfunction]
pub(crate) fn built_in_recipes() -> Vec<&'static str> {
    pellucid::recipe::BUILT_IN
        .iter()
        .map(|recipe| recipe.name)
        .collect()
}

/// The names that a recipe accepts for a kind of choice, such as `"activation"` or `"optimizer"`; aliases included.
#[pyfunction]
pub(crate) fn names(kind: &str) -> PyResult<Vec<&'static str>> {
    Ok(match kind {
        "activation" => Activation::names(),
        "loss" => Loss::names(),
        "optimizer" => Optimizer::names(),
        "schedule" => Schedule::names(),
        "init" => Init::names(),
        "average" => Average::names(),
        "normalisation" => Normalisation::names(),
        _ => {
            return Err(PyValueError::new_err(format!(
                "there are no names of kind {kind:?}"
            )));
        }
    })
}

/// Runs a recipe without Python's lock, and tells its record as JSON: the one of `pellucid run --json`. `data` is the folder
/// that its files are in; `told` is called some 10 times a second with how far it is.
#[pyfunction]
#[pyo3(signature = (recipe, data, threads, told=None))]
pub(crate) fn run_recipe(
    py: Python<'_>,
    recipe: &str,
    data: Option<PathBuf>,
    threads: usize,
    told: Option<Py<PyAny>>,
) -> PyResult<(String, Option<PyErr>)> {
    let recipe = read(recipe)?;
    let listener = told.map(Listener::new);
    let (record, raised) = py
        .detach(|| match recipe.train.precision {
            Precision::F32 => run::<f32>(recipe, data.as_deref(), threads, listener),
            Precision::F64 => run::<f64>(recipe, data.as_deref(), threads, listener),
        })
        .map_err(PyValueError::new_err)?;
    Ok((record, raised))
}

fn run<T: Scalar>(
    recipe: Recipe,
    data: Option<&Path>,
    threads: usize,
    listener: Option<Listener>,
) -> Result<(String, Option<PyErr>), String> {
    let told = |error: &dyn Error| error.to_string();
    let started = Instant::now();
    let samples = pellucid_data::load::<T>(&recipe, data, &mut |_| {}).map_err(|error| told(&error))?;
    let validation = samples.validation;
    let threads = threads_of(threads);
    let mut experiment = Experiment::new(recipe.clone(), samples.training, samples.test, threads)
        .map_err(|error| told(&error))?;
    let meters = Meters::new(&recipe.log.metrics, experiment.training());
    let mut history = History::new(recipe.log_every(), recipe.log.count_from, meters, |_| {});
    let rules = StopRules::of(&recipe);
    let validation_loss = Mutex::new(None);
    let mut stopping = (!rules.are_none() || validation.is_some()).then(|| {
        let of_training = match validation {
            Some(_) => Vec::new(),
            None => rules.with_metrics(&[]),
        };
        let held_out = validation.as_ref().map(|data| HeldOut {
            data,
            loss: recipe.logged_loss(),
            metrics: rules.with_metrics(&recipe.log.metrics),
            threads,
        });
        let meters = Meters::new(&of_training, experiment.training());
        EarlyStopping::new(rules, meters, held_out, |epoch| {
            if let Ok(mut told) = validation_loss.lock() {
                *told = epoch.validation.as_ref().map(|found| found.loss);
            }
            ControlFlow::Continue(())
        })
    });
    let limit = recipe.train.max_seconds;
    let mut time = limit.map(|seconds| TimeLimit::new(seconds, || started.elapsed().as_secs_f64()));
    let mut watch = Watch::new(u64::MAX, None).telling(listener, Some(&validation_loss));
    let mut layer_statistics =
        LayerStatisticsRecorder::new(&recipe, experiment.initial(), experiment.training())
            .map_err(|error| told(&error))?;
    let training_started = Instant::now();
    let mut observers: Vec<&mut dyn Observer<T>> = vec![&mut history, &mut layer_statistics];
    observers.extend(stopping.as_mut().map(|stopping| stopping as &mut dyn Observer<T>));
    observers.extend(time.as_mut().map(|time| time as &mut dyn Observer<T>));
    // Last, so that it tells what the others have found of the epoch.
    observers.push(&mut watch);
    let ending = experiment
        .run(observers.as_mut_slice())
        .map_err(|error| told(&error))?;
    if watch.raised.is_none() {
        watch.raised = watch.tell(0.0).err();
    }
    let training_seconds = training_started.elapsed().as_secs_f64();
    let rule = stopping.as_ref().and_then(EarlyStopping::ended_by);
    let ended_by = EndedBy::of(ending, rule, time.as_ref().is_some_and(TimeLimit::is_over));
    if let Some(stopping) = &stopping {
        experiment.keep_best(stopping);
    }
    let findings = experiment
        .diagnose(layer_statistics.entries(), stopping.as_ref(), None)
        .map_err(|error| told(&error))?;
    let metrics = MetricsRecord {
        validation: validation.as_ref().map(|rows| experiment.evaluate_on(rows)),
        ..experiment.evaluate()
    };
    let timing = Timing {
        training_seconds,
        elapsed_seconds: started.elapsed().as_secs_f64(),
    };
    let record = experiment.record(&history, stopping.as_ref(), ended_by, metrics, timing);
    let record = serde_json::to_string(&RunRecord { findings, ..record }).map_err(|error| told(&error))?;
    Ok((record, watch.raised))
}
