//! What a recipe can choose, as the page offers it: the engine's descriptors.

use pellucid::descriptor::{Choice, Descriptor, Setting, SettingValue};
use pellucid::evaluation::metrics::Metric;
use pellucid::model::init::Init;
use pellucid::{Activation, Loss, Optimizer, Schedule};
use serde_json::{Value, json};
use std::any::Any;
use std::ops::Bound;

/// All descriptors, by kind.
pub fn all() -> Value {
    let metrics = Metric::ALL.iter();
    json!({
        "activation": of::<Activation>(),
        "loss": of::<Loss>(),
        "optimizer": of::<Optimizer>(),
        "schedule": of::<Schedule>(),
        "initialiser": of::<Init>(),
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
    let any: &dyn Any = value;
    let (kind, default) = match (value.number(), value.text().as_str()) {
        (Some(number), _) if any.is::<u64>() || any.is::<usize>() => ("integer", json!(number)),
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
