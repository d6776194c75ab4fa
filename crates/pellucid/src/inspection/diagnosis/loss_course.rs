//! Detects losses that become non-finite or rise.

use super::facts::{Facts, range};
use super::finding::{Finding, FindingKind, Severity, short};
use crate::error::Error;

/// A run that ended because of a number that was not finite.
pub(super) fn not_finite(facts: &Facts<'_>) -> Option<Finding> {
    let (seen, layer) = match facts.failure? {
        Error::NonFiniteLoss {
            loss,
            epoch,
            batch,
            layer,
            origin,
        } => (
            format!("the loss became {loss} in epoch {epoch}, batch {batch}: {origin}"),
            *layer,
        ),
        Error::NonFiniteParameters { epoch, layer, origin } => {
            (format!("after epoch {epoch}, {origin}"), *layer)
        }
        _ => return None,
    };
    let first = match facts.recipe.train.optimizer.takes_steps() {
        true => facts.lower_rate(),
        false => "smaller initial weights".into(),
    };
    let second = match facts.unscaled() {
        Some(feature) => format!(
            "before that scaled inputs (data.standardise = true), because {}",
            feature.range()
        ),
        None => "train.clip_norm = 1".into(),
    };
    let why = "the steps grew from one to the next, until the numbers overflowed";
    let try_this = format!("{first}; {second}");
    Some(Finding {
        layer,
        ..FindingKind::Diverged.found(Severity::Fault, seen, why, try_this)
    })
}

/// The least number of epochs in which the end differs from the beginning.
const EPOCHS: usize = 4;
/// How far the end must lie above the beginning and above the lowest loss, relative to these.
const RISE: f64 = 0.2;

/// A loss that ends higher than it began, comparing the means of the first and the last fifth, so that noise does not count.
pub(super) fn rising(facts: &Facts<'_>) -> Option<Finding> {
    let losses: Vec<f64> = facts.epochs.iter().map(|epoch| epoch.loss).collect();
    if losses.len() < EPOCHS {
        return None;
    }
    let fifth = (losses.len() / 5).max(1);
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let (begin, end) = (mean(&losses[..fifth]), mean(&losses[losses.len() - fifth..]));
    let (lowest, _) = range(losses.iter().copied());
    // Negative losses are custom ones; a relative change of them has no meaning.
    if begin < 0.0 || !(end > (1.0 + RISE) * begin && end > (1.0 + RISE) * lowest) {
        return None;
    }
    let at_lowest = losses.iter().position(|&loss| loss == lowest);
    let epoch = at_lowest.map_or(1, |at| facts.epochs[at].epoch);
    Some(FindingKind::LossRising.found(
        Severity::Fault,
        format!(
            "the loss rose from {} in the first epochs to {} in the last; it was lowest, {}, in epoch {epoch}",
            short(begin),
            short(end),
            short(lowest)
        ),
        "gradient descent raises the loss only where its steps are too large",
        format!("{}; `pellucid find-rate` finds one", facts.lower_rate()),
    ))
}
