//! Detects losses that become non-finite or rise.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity, short};
use super::saturation::LARGE_INPUT;
use crate::error::Error;
use crate::training::early_stopping::EpochLosses;

/// A run that ended because of a number that was not finite.
pub(super) fn not_finite(facts: &Facts<'_>) -> Vec<Finding> {
    let (seen, layer) = match facts.failure {
        Some(Error::NonFiniteLoss {
            loss,
            epoch,
            batch,
            layer,
            origin,
        }) => (
            format!("the loss became {loss} in epoch {epoch}, batch {batch}: {origin}"),
            *layer,
        ),
        Some(Error::NonFiniteParameters { epoch, layer, origin }) => {
            (format!("after epoch {epoch}, {origin}"), *layer)
        }
        _ => return Vec::new(),
    };
    let far = facts.data.and_then(|data| data.furthest());
    let far = far.filter(|feature| feature.low.abs().max(feature.high.abs()) > LARGE_INPUT);
    let rate = facts.recipe.train.learning_rate;
    let mut try_this = match facts.recipe.train.optimizer.takes_steps() {
        true => format!(
            "a learning rate of {} or less in place of {}",
            short(rate / 10.0),
            short(rate)
        ),
        false => "smaller initial weights".into(),
    };
    match far {
        Some(feature) => try_this.push_str(&format!(
            "; before that scaled inputs (data.standardise = true), because {} ranges from {} to {}",
            feature.name,
            short(feature.low),
            short(feature.high)
        )),
        None => try_this.push_str("; train.clip_norm = 1"),
    }
    vec![Finding {
        kind: FindingKind::Diverged,
        layer,
        severity: Severity::Fault,
        seen,
        why: "the steps grew from one to the next, until the numbers overflowed".into(),
        try_this,
    }]
}

/// The least number of epochs in which the end differs from the beginning.
const EPOCHS: usize = 4;
/// How far the end must lie above the beginning and above the lowest loss, relative to these.
const RISE: f64 = 0.2;

/// A loss that ends higher than it began, comparing the means of the first and the last fifth, so that noise does not count.
pub(super) fn rising(facts: &Facts<'_>) -> Vec<Finding> {
    let losses: Vec<f64> = facts.epochs.iter().map(|epoch| epoch.training).collect();
    if losses.len() < EPOCHS {
        return Vec::new();
    }
    let fifth = (losses.len() / 5).max(1);
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let (begin, end) = (mean(&losses[..fifth]), mean(&losses[losses.len() - fifth..]));
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    // Negative losses are custom ones; a relative change of them has no meaning.
    if begin < 0.0 || !(end > (1.0 + RISE) * begin && end > (1.0 + RISE) * lowest) {
        return Vec::new();
    }
    let at = |loss: f64| facts.epochs.iter().find(|epoch| epoch.training == loss);
    let epoch = at(lowest).map_or(1, |epoch: &EpochLosses| epoch.epoch);
    let rate = facts.recipe.train.learning_rate;
    vec![Finding {
        kind: FindingKind::LossRising,
        layer: None,
        severity: Severity::Fault,
        seen: format!(
            "the loss rose from {} in the first epochs to {} in the last; it was lowest, {}, in epoch {epoch}",
            short(begin),
            short(end),
            short(lowest)
        ),
        why: "gradient descent raises the loss only where its steps are too large".into(),
        try_this: format!(
            "a learning rate of {} or less in place of {}; `pellucid find-rate` finds one",
            short(rate / 10.0),
            short(rate)
        ),
    }]
}
