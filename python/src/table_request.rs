//! The parameters of an estimator for tables as the request of a training.

use pellucid::recipe::Recipe;
use pellucid_data::Separators;
use pellucid_data::preparation::ColumnChoice;
use pellucid_data::training::{Effort, Preset, TrainingRequest};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Parameters by name that are not taken yet.
struct Parameters(Map<String, Value>);

impl Parameters {
    /// The value of a parameter; `None` where it is not given.
    fn take<V: DeserializeOwned>(&mut self, name: &str) -> PyResult<Option<V>> {
        let Some(value) = self.0.remove(name).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let text = value.to_string();
        let wrong = |error| PyValueError::new_err(format!("{name} = {text} cannot be used: {error}"));
        serde_json::from_value(value).map(Some).map_err(wrong)
    }

    fn take_or_default<V: DeserializeOwned + Default>(&mut self, name: &str) -> PyResult<V> {
        Ok(self.take(name)?.unwrap_or_default())
    }
}

/// The request that JSON describes: a parameter by its name, those that are absent or null chosen by the table.
pub(crate) fn request_of(parameters: &str) -> PyResult<TrainingRequest> {
    let parameters: Map<String, Value> =
        serde_json::from_str(parameters).map_err(|error| PyValueError::new_err(error.to_string()))?;
    let mut of = Parameters(parameters);
    let recipe: Option<Recipe> = of.take("recipe")?;
    let request = TrainingRequest {
        recipe,
        preset: of
            .take("preset")?
            .map(|name: String| named("preset", &name, &Preset::ALL, Preset::name))
            .transpose()?,
        effort: of
            .take("effort")?
            .map(|name: String| named("effort", &name, &Effort::ALL, Effort::name))
            .transpose()?,
        set: of.take_or_default("set")?,
        unset: of.take_or_default("unset")?,
        columns: ColumnChoice {
            target: of.take_or_default("target")?,
            only: of.take_or_default("only")?,
            drop: of.take_or_default("drop")?,
            categorical: of.take_or_default("categorical")?,
            numeric: of.take_or_default("numeric")?,
            date: of.take_or_default("date")?,
            text: of.take_or_default("text")?,
            id: of.take("id")?,
            weight: of.take("weight")?,
            group: of.take("group")?,
            time: of.take("time")?,
        },
        missing: of.take_or_default("na")?,
        keep_na_words: of.take_or_default("keep_na_words")?,
        separators: Separators {
            decimal: of.take("decimal")?,
            thousands: of.take("thousands")?,
        },
        date_features: of.take_or_default("date_features")?,
        task: of.take("task")?,
        drop_missing_target: of.take_or_default("drop_missing_target")?,
        scale: of.take("scale")?,
        bins: of.take("bins")?,
        unseen: of.take("unseen")?,
        class_weight: of.take("class_weight")?,
        validation: of.take("validation")?,
        hidden: of.take("hidden")?,
        activation: of.take("activation")?,
        normalisation: of.take("normalisation")?,
        optimizer: of.take("optimizer")?,
        learning_rate: of.take("learning_rate")?,
        batch_size: of.take("batch_size")?,
        epochs: of.take("epochs")?,
        patience: of.take("patience")?,
        monitor: of.take("monitor")?,
        min_delta: of.take("min_delta")?,
        stop_at: of.take("stop_at")?,
        max_seconds: of.take("max_seconds")?,
        metrics: of.take("metrics")?,
        l2: of.take("l2")?,
        dropout: of.take("dropout")?,
        precision: of.take("precision")?,
        seed: of.take("random_state")?,
        ensemble: of.take("ensemble")?,
        refit: of.take_or_default("refit")?,
        calibrate: of.take("calibrate")?,
        tune_threshold: of.take("tune_threshold")?,
        target_transform: of.take("target_transform")?,
        clamp_predictions: of.take_or_default("clamp_predictions")?,
        ..TrainingRequest::default()
    };
    match of.0.keys().next() {
        Some(name) => Err(PyValueError::new_err(format!("there is no parameter {name}"))),
        None => Ok(request),
    }
}

/// The one of `all` with this name.
fn named<V: Copy>(parameter: &str, name: &str, all: &[V], name_of: fn(V) -> &'static str) -> PyResult<V> {
    let found = all.iter().find(|one| name_of(**one) == name.replace('_', "-"));
    found.copied().ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|one| format!("`{}`", name_of(*one))).collect();
        let expected = names.join(", ");
        let message = format!(
            "{parameter} = {name:?} cannot be used: unknown variant `{name}`, expected one of {expected}"
        );
        PyValueError::new_err(message)
    })
}
