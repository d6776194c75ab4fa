//! Facts about a network and its training, by name.

use crate::inspect;
use crate::score_text::count;
use pellucid::model::network::Architecture;
use pellucid::recipe::BatchSize;
use pellucid::session::Summary;
use pellucid::{Precision, Recipe};
use serde_json::{Value, json};
use std::num::NonZeroUsize;

pub(super) fn facts(
    recipe: &Recipe,
    architecture: &Architecture,
    summary: &Summary,
    in_seconds: f64,
    on_threads: NonZeroUsize,
) -> Vec<(String, String)> {
    let train = &recipe.train;
    let written = json!(recipe);
    let mut facts: Vec<(&str, String)> = vec![
        ("Network", inspect::shape(architecture)),
        ("Parameters", count(architecture.trained_count())),
        ("First weights", words(&written["init"]["method"])),
        ("Loss", words(&written["train"]["loss"])),
        ("Optimizer", optimizer(recipe, &written["train"]["schedule"])),
        (
            "Rows of a step",
            match train.batch_size {
                BatchSize::Full => "all".into(),
                BatchSize::Rows(rows) => count(rows),
            },
        ),
    ];
    facts.extend(regularisation(&written["train"]).map(|text| ("Against overfitting", text)));
    let best = match summary.best_epoch {
        Some(epoch) => format!("; the weights of epoch {} are kept", count(epoch as usize)),
        None => String::new(),
    };
    facts.push(("Epochs", format!("{}{best}", count(summary.epochs as usize))));
    facts.push(("Ended because", summary.ended_by.sentence(recipe)));
    facts.push((
        "Training time",
        format!("{} on {}", seconds(in_seconds), threads(on_threads)),
    ));
    facts.push((
        "Precision",
        match train.precision {
            Precision::F32 => "single (f32)".into(),
            Precision::F64 => "double (f64)".into(),
        },
    ));
    facts.push(("Seed", train.seed.to_string()));
    facts
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        0.0..10.0 => format!("{seconds:.2} s"),
        10.0..120.0 => format!("{seconds:.0} s"),
        _ => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
    }
}

fn threads(threads: NonZeroUsize) -> String {
    match threads.get() {
        1 => "1 thread".into(),
        many => format!("{many} threads"),
    }
}

fn optimizer(recipe: &Recipe, schedule: &Value) -> String {
    let train = &recipe.train;
    let mut text = train.optimizer.title().to_string();
    if train.learning_rate > 0.0 {
        text += &format!(", learning rate {}", train.learning_rate);
    }
    match words(schedule) {
        schedule if schedule.is_empty() || schedule == "constant" => {}
        schedule => text += &format!(", {schedule}"),
    }
    text
}

/// What keeps the weights from learning their rows by heart.
fn regularisation(train: &Value) -> Option<String> {
    let keys = [
        "l1",
        "l2",
        "dropout",
        "input_noise",
        "max_norm",
        "label_smoothing",
    ];
    let texts: Vec<String> = keys
        .iter()
        .filter(|key| !train[**key].is_null())
        .map(|key| format!("{} {}", key.replace('_', " "), words(&train[*key])))
        .collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// A recipe's value as words.
fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace('_', " "),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(keys) => {
            let name = keys.get("name").map(words).unwrap_or_default();
            let rest = keys.iter().filter(|(key, _)| *key != "name");
            let rest: Vec<String> = rest
                .map(|(key, value)| format!("{} {}", key.replace('_', " "), words(value)))
                .collect();
            match rest.is_empty() {
                true => name,
                false => format!("{name} ({})", rest.join(", ")),
            }
        }
        other => other.to_string(),
    }
}
