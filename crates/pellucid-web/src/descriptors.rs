//! What a recipe can choose, as the page offers it: the engine's descriptors.

use pellucid::descriptor::{Choice, Descriptor, Setting, SettingValue};
use pellucid::evaluation::metrics::Metric;
use pellucid::model::init::Init;
use pellucid::{Activation, Loss, Optimizer, Schedule};
use serde_json::{Value, json};
use std::ops::Bound;

/// Keys of `[train]` that are numbers and belong to no choice, each with what it does, its default, and its lowest and highest number.
type TrainingKey = (&'static str, &'static str, Option<f64>, f64, Option<f64>);
const TRAINING: [TrainingKey; 11] = [
    (
        "l1",
        "λ of the penalty λ‖W‖₁ on the weights",
        Some(0.0),
        0.0,
        None,
    ),
    (
        "l2",
        "λ of the penalty ½λ‖W‖² on the weights",
        Some(0.0),
        0.0,
        None,
    ),
    (
        "dropout",
        "the dropout rate of hidden units",
        Some(0.0),
        0.0,
        Some(1.0),
    ),
    (
        "input_noise",
        "the standard deviation of noise on the features in training",
        Some(0.0),
        0.0,
        None,
    ),
    (
        "label_smoothing",
        "ε of the smoothed targets (1 − ε)·y + ε/classes",
        Some(0.0),
        0.0,
        Some(1.0),
    ),
    (
        "clip_value",
        "the largest size of each number of the gradient",
        None,
        0.0,
        None,
    ),
    (
        "clip_norm",
        "the largest Euclidean norm of the gradient",
        None,
        0.0,
        None,
    ),
    (
        "max_norm",
        "the largest norm of a unit's incoming weights",
        None,
        0.0,
        None,
    ),
    (
        "accumulate",
        "the batches whose gradients form one step",
        Some(1.0),
        1.0,
        None,
    ),
    (
        "patience",
        "the epochs without improvement that end the run",
        None,
        1.0,
        None,
    ),
    (
        "min_delta",
        "the least improvement that counts",
        Some(0.0),
        0.0,
        None,
    ),
];
const WHOLE_NUMBERS: [&str; 2] = ["accumulate", "patience"];

fn training() -> Value {
    let settings = TRAINING.iter().map(|&(key, summary, default, minimum, maximum)| {
        let kind = if WHOLE_NUMBERS.contains(&key) {
            "integer"
        } else {
            "number"
        };
        let mut setting =
            json!({"name": key, "summary": summary, "kind": kind, "minimum": minimum, "maximum": maximum});
        if let Some(default) = default {
            setting["default"] = json!(default);
        }
        setting
    });
    json!([{"name": "train", "title": "training", "aliases": [], "settings": settings.collect::<Vec<_>>()}])
}

/// All descriptors, by kind.
pub fn all() -> Value {
    let metrics = Metric::ALL.iter();
    json!({
        "activation": of::<Activation>(),
        "loss": of::<Loss>(),
        "optimizer": of::<Optimizer>(),
        "schedule": of::<Schedule>(),
        "initialiser": of::<Init>(),
        "training": training(),
        "metric": metrics.map(|metric| described(&metric.descriptor().common, Vec::new())).collect::<Vec<_>>(),
    })
}

fn of<C: Choice>() -> Vec<Value> {
    let of_choice = |choice: &C| {
        let settings = choice.settings().iter().zip(choice.values());
        let settings = settings.map(|(setting, value)| of_setting(setting, value));
        described(choice.common(), settings.collect())
    };
    C::all().iter().map(of_choice).collect()
}

fn described(descriptor: &Descriptor, settings: Vec<Value>) -> Value {
    json!({
        "name": descriptor.name,
        "aliases": descriptor.aliases,
        "title": descriptor.title,
        "formula": descriptor.formula.plain,
        "latex": descriptor.formula.latex,
        "paper": descriptor.paper,
        "settings": settings,
    })
}

fn of_setting(setting: &Setting, value: &dyn SettingValue) -> Value {
    let (kind, default) = match (value.number(), value.text().as_str()) {
        (Some(number), _) if setting.range.expected.contains("whole number") => ("integer", json!(number)),
        (Some(number), _) => ("number", json!(number)),
        (None, text @ ("true" | "false")) => ("boolean", json!(text == "true")),
        (None, text) => ("choice", json!(text)),
    };
    let bound = |bound: Bound<f64>| match bound {
        Bound::Included(number) | Bound::Excluded(number) if number.is_finite() => Some(number),
        _ => None,
    };
    let mut described = json!({
        "name": setting.key,
        "summary": setting.meaning,
        "kind": kind,
        "minimum": bound(setting.range.low),
        "maximum": bound(setting.range.high),
    });
    if !setting.is_required {
        described["default"] = default;
    }
    described
}
