//! Facts about a network and its training, by name.

use super::Page;
use crate::inspect;
use crate::pictures::Training;
use crate::score_text::count;
use pellucid::recipe::BatchSize;
use pellucid::{Precision, Recipe};
use serde_json::{Value, json};

pub(super) fn facts(of: &Page<'_>) -> Vec<(&'static str, String)> {
    let Training {
        recipe,
        architecture,
        summary,
        ..
    } = of.training;
    let train = &recipe.train;
    let written = json!(recipe);
    let mut facts = vec![
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
    let threads = match of.threads.get() {
        1 => "1 thread".into(),
        many => format!("{many} threads"),
    };
    let precision = match train.precision {
        Precision::F32 => "single (f32)",
        Precision::F64 => "double (f64)",
    };
    facts.extend([
        ("Epochs", format!("{}{best}", count(summary.epochs as usize))),
        ("Ended because", summary.ended_by.sentence(recipe)),
        ("Training time", format!("{} on {threads}", seconds(of.seconds))),
        ("Precision", precision.into()),
        ("Seed", train.seed.to_string()),
    ]);
    facts
}

pub(super) fn seconds(seconds: f64) -> String {
    match seconds {
        0.0..10.0 => format!("{seconds:.2} s"),
        10.0..120.0 => format!("{seconds:.0} s"),
        _ => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
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
    let keys = "l1 l2 dropout input_noise max_norm label_smoothing".split(' ');
    let texts: Vec<String> = keys
        .filter(|key| !train[*key].is_null())
        .map(|key| format!("{} {}", key.replace('_', " "), words(&train[key])))
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
