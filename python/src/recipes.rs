//! Recipes for Python: reads them, and runs them like the command.

use crate::arrays::Refused;
use crate::run::{read, threads_of};
use crate::watch::Watch;
use pellucid::descriptor::Choice;
use pellucid::model::init::Init;
use pellucid::optimization::averaging::Average;
use pellucid::{Activation, Loss, Normalisation, Optimizer, Schedule};
use pellucid::{Recipe, Scalar, Session, with_precision};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A recipe as JSON: from TOML, which `origin` names in errors, or a built-in one of that name.
#[pyfunction]
pub(crate) fn read_recipe(toml: Option<&str>, origin: &str) -> PyResult<String> {
    let recipe = match toml {
        Some(text) => Recipe::from_toml(text, origin),
        None => Recipe::built_in(origin),
    };
    serde_json::to_string(&recipe.refused()?).refused()
}

/// Refuses a recipe, JSON, that cannot be used whatever the data.
#[pyfunction]
pub(crate) fn check_recipe(recipe: &str) -> PyResult<()> {
    read(recipe)?.validate().refused()
}

/// The names of the built-in recipes.
#[pyfunction]
pub(crate) fn built_in_recipes() -> Vec<&'static str> {
    pellucid::recipe::BUILT_IN
        .iter()
        .map(|recipe| recipe.name)
        .collect()
}

/// An activation as an expression of `z`, for exports; the syntax is the descriptor's.
#[pyfunction]
pub(crate) fn activation_expression(name: &str) -> PyResult<&'static str> {
    let found = Activation::all()
        .iter()
        .find(|activation| activation.name() == name);
    found
        .map(|activation| activation.descriptor().expression)
        .ok_or_else(|| PyValueError::new_err(format!("there is no activation {name:?}")))
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

/// Runs a recipe without Python's lock. Returns its record as JSON, the one of `pellucid run --json`. `data` is the folder
/// of its files; `reported` is called about 10 times per second with the progress.
#[pyfunction]
#[pyo3(signature = (recipe, data, threads, reported=None))]
pub(crate) fn run_recipe(
    py: Python<'_>,
    recipe: &str,
    data: Option<PathBuf>,
    threads: usize,
    reported: Option<Py<PyAny>>,
) -> PyResult<(String, Option<PyErr>)> {
    let recipe = read(recipe)?;
    let found = py.detach(|| {
        with_precision!(recipe.train.precision, T => run::<T>(recipe, data.as_deref(), threads, reported))
            .map_err(|error| error.to_string())
    });
    found.refused()
}

fn run<T: Scalar>(
    recipe: Recipe,
    data: Option<&Path>,
    threads: usize,
    reported: Option<Py<PyAny>>,
) -> Result<(String, Option<PyErr>), Box<dyn Error>> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let split = pellucid_data::load::<T>(&recipe, data, &mut |_| {})?;
    pellucid_data::check_memory(&recipe, split.training.rows(), split.validation.is_some())?;
    let session = Session::new(recipe, split, threads_of(threads))?;
    let session = session.with_clock(&clock).diagnosed(&[])?;
    let mut watch = Watch::new(u64::MAX, None, reported);
    let finished = session.run(&mut watch)?;
    if watch.raised.is_none() {
        watch.raised = watch.report(0.0).err();
    }
    let record = finished.record(finished.evaluate(), clock());
    Ok((serde_json::to_string(&record)?, watch.raised))
}
