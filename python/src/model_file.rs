//! Model files, in the format of the command line.

use crate::arrays::Refused;
use crate::run::{Parameters, network, read};
use numpy::ToPyArray;
use pellucid::training::observe::EpochRecord;
use pellucid::with_precision;
use pellucid_data::model_file::{AnyNetwork, Model};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Writes a model atomically. `losses` are those of its epochs, `metrics` is JSON.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of the file; Python names them in the call"
)]
pub(crate) fn save_model(
    path: PathBuf,
    recipe: &str,
    parameters: Parameters<'_>,
    classes: Vec<String>,
    feature_names: Vec<String>,
    losses: Vec<f64>,
    metrics: &str,
    warnings: Vec<String>,
) -> PyResult<()> {
    let recipe = read(recipe)?;
    let network: AnyNetwork =
        with_precision!(recipe.train.precision, T => network::<T>(&recipe, &parameters)?.into());
    let model = Model {
        classes,
        feature_names,
        history: epochs_of(losses),
        metrics: serde_json::from_str(metrics).refused()?,
        warnings,
        ..Model::new(network, recipe, None)
    };
    model.save(path).refused()
}

/// The records of epochs with these losses.
pub(crate) fn epochs_of(losses: Vec<f64>) -> Vec<EpochRecord> {
    let epochs = losses.into_iter().zip(1..).map(|(loss, epoch)| EpochRecord {
        epoch,
        loss,
        ..EpochRecord::default()
    });
    epochs.collect()
}

/// The contents of a model file: (recipe, parameters, classes, names of features, losses, metrics, whether it has a
/// preparation), recipe and metrics as JSON.
type Contents<'py> = (
    String,
    Bound<'py, PyAny>,
    Vec<String>,
    Vec<String>,
    Vec<f64>,
    String,
    bool,
);

/// Reads a model file.
#[pyfunction]
pub(crate) fn load_model(py: Python<'_>, path: PathBuf) -> PyResult<Contents<'_>> {
    let model = Model::load(path).refused()?;
    let architecture = model.network.architecture();
    let special = match (model.networks().len(), architecture.member_count()) {
        (1, 1) if architecture.embedded_parts().is_empty() => None,
        (1, 1) => Some("its features are embedded".to_owned()),
        (1, members) => Some(format!("it has {members} members")),
        (networks, _) => Some(format!("it is the mean of {networks} networks")),
    };
    // The estimators of tables have no attributes for parameters.
    if let Some(special) = special.filter(|_| model.preparation.is_none()) {
        return Err(PyValueError::new_err(format!(
            "no estimator has attributes for this model, because {special}; predict with the command"
        )));
    }
    let parameters = match &model.network {
        AnyNetwork::F32(network) => network.parameters().to_pyarray(py).into_any(),
        AnyNetwork::F64(network) => network.parameters().to_pyarray(py).into_any(),
    };
    Ok((
        serde_json::to_string(&model.recipe).refused()?,
        parameters,
        model.classes,
        model.feature_names,
        model.history.iter().map(|epoch| epoch.loss).collect(),
        model.metrics.to_string(),
        model.preparation.is_some(),
    ))
}
