//! The result of a search: its trials and their ranking.

use super::space::Space;
use super::trial::{Trial, TrialOutcome};
use pellucid::evaluation::metrics::{Better, Metric};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// The trials of a search, done or interrupted.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchResult {
    /// The varied settings.
    pub space: Space,
    /// The metric that ranks the trials.
    pub metric: Metric,
    /// The trials in the order of their numbers, of each the highest rung.
    pub trials: Vec<Trial>,
    /// Whether it was stopped before its last trial.
    pub stopped: bool,
}

impl SearchResult {
    /// The trials, the best first: those of higher rungs before others, then by score, then by validation loss, then by
    /// number.
    pub fn ranking(&self) -> Vec<&Trial> {
        let mut ranking: Vec<&Trial> = self.trials.iter().collect();
        ranking.sort_by(|a, b| compare(self.metric, a, b));
        ranking
    }

    /// The best, unless all failed.
    pub fn best(&self) -> Option<&Trial> {
        let best = self.ranking().first().copied();
        best.filter(|best| best.score().is_some())
    }

    /// The trials as JSON, the best first.
    pub fn to_json(&self) -> Value {
        let record = |trial: &&Trial| {
            let settings = trial.settings.iter();
            let settings: serde_json::Map<String, Value> = settings
                .map(|setting| (setting.key.clone(), json!(setting.value)))
                .collect();
            let mut line = json!({
                "trial": trial.trial,
                "rung": trial.rung,
                "epochs": trial.epochs,
                "settings": settings,
            });
            match &trial.outcome {
                TrialOutcome::Trained {
                    score,
                    deviation,
                    loss,
                    best_epoch,
                } => {
                    line["score"] = json!(score);
                    line["deviation"] = json!(deviation);
                    line["loss"] = json!(loss);
                    line["best_epoch"] = json!(best_epoch);
                }
                TrialOutcome::Failed(message) => line["failed"] = json!(message),
            }
            line
        };
        self.ranking().iter().map(record).collect()
    }
}

/// Orders trials, the better first.
pub(super) fn compare(metric: Metric, a: &Trial, b: &Trial) -> Ordering {
    let better = metric.better().unwrap_or(Better::Higher);
    let by_value = |a: Option<f64>, b: Option<f64>, better: Better| {
        let number = |value: Option<f64>| value.filter(|value| !value.is_nan());
        match (number(a), number(b)) {
            (Some(a), Some(b)) if better.is(a, b, 0.0) => Ordering::Less,
            (Some(a), Some(b)) if better.is(b, a, 0.0) => Ordering::Greater,
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    };
    let has_failed = |trial: &Trial| trial.score().is_none();
    (b.rung.cmp(&a.rung))
        .then(has_failed(a).cmp(&has_failed(b)))
        .then(by_value(a.score(), b.score(), better))
        .then(by_value(a.loss(), b.loss(), Better::Lower))
        .then(a.trial.cmp(&b.trial))
}
