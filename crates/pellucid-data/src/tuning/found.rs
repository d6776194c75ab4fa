//! What a search found.

use super::space::Space;
use super::trial::{Outcome, Trial};
use pellucid::evaluation::metrics::{Better, Metric};
use serde_json::{Value, json};
use std::cmp::Ordering;

/// The trials of a search, done or interrupted.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What was varied.
    pub space: Space,
    /// What trials are judged by.
    pub metric: Metric,
    /// The trials in the order of their numbers, of each the highest rung.
    pub trials: Vec<Trial>,
    /// Whether it was stopped before its last trial.
    pub stopped: bool,
}

impl Found {
    /// The trials, the best first: those of higher rungs before others, then by score, then by validation loss, then by
    /// number.
    pub fn ranking(&self) -> Vec<&Trial> {
        let mut ranking: Vec<&Trial> = self.trials.iter().collect();
        ranking.sort_by(|a, b| compare(self.metric, a, b));
        ranking
    }

    /// The best, unless all failed.
    pub fn best(&self) -> Option<&Trial> {
        self.ranking()
            .first()
            .copied()
            .filter(|best| best.score().is_some())
    }

    /// For machines: the trials, the best first.
    pub fn to_json(&self) -> Value {
        let of = |trial: &&Trial| {
            let settings = trial.settings.iter();
            let settings: serde_json::Map<String, Value> = settings
                .map(|setting| (setting.key.clone(), json!(setting.value)))
                .collect();
            let mut told = json!({
                "trial": trial.trial,
                "rung": trial.rung,
                "epochs": trial.epochs,
                "settings": settings,
            });
            match &trial.outcome {
                Outcome::Trained {
                    score,
                    deviation,
                    loss,
                    best_epoch,
                } => {
                    told["score"] = json!(score);
                    told["deviation"] = json!(deviation);
                    told["loss"] = json!(loss);
                    told["best_epoch"] = json!(best_epoch);
                }
                Outcome::Failed(message) => told["failed"] = json!(message),
            }
            told
        };
        self.ranking().iter().map(of).collect()
    }
}

/// The better first.
pub(super) fn compare(metric: Metric, a: &Trial, b: &Trial) -> Ordering {
    let better = metric.better().unwrap_or(Better::Higher);
    let by_value = |a: f64, b: f64, better: Better| match (a.is_nan(), b.is_nan()) {
        (false, false) if better.is(a, b, 0.0) => Ordering::Less,
        (false, false) if better.is(b, a, 0.0) => Ordering::Greater,
        (a, b) => a.cmp(&b),
    };
    let by_outcome = match (&a.outcome, &b.outcome) {
        (
            Outcome::Trained { score, loss, .. },
            Outcome::Trained {
                score: other,
                loss: other_loss,
                ..
            },
        ) => {
            let [loss, other_loss] = [loss, other_loss].map(|loss| loss.unwrap_or(f64::NAN));
            by_value(*score, *other, better).then(by_value(loss, other_loss, Better::Lower))
        }
        (Outcome::Trained { .. }, Outcome::Failed(_)) => Ordering::Less,
        (Outcome::Failed(_), Outcome::Trained { .. }) => Ordering::Greater,
        (Outcome::Failed(_), Outcome::Failed(_)) => Ordering::Equal,
    };
    b.rung.cmp(&a.rung).then(by_outcome).then(a.trial.cmp(&b.trial))
}
