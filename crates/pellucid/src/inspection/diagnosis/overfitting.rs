//! Detects overfitting.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity, short};
use crate::training::observe::EpochRecord;

/// The relative rise of the held-out rows' loss from its best: less is what waiting for a better epoch (`patience`) costs
/// in trainings that end well (Prechelt, *Early Stopping — But When?*, 1998, has 5% as the threshold to
/// stop at, and shows curves that rise by a half and fall again).
const RISE: f64 = 0.5;
/// The part to which the training loss must have fallen meanwhile.
const FALL: f64 = 0.5;
/// One in so many epochs is among the last ones, whose mean is compared.
const LAST: usize = 10;

/// A loss of held-out rows that rises while that of training rows falls. The least history is 2 epochs with held-out rows,
/// since one is its own best.
pub(super) fn find(facts: &Facts<'_>) -> Option<Finding> {
    let epochs = facts.epochs.iter();
    let validated: Vec<(&EpochRecord, f64)> = epochs
        .filter_map(|epoch| Some((epoch, epoch.validation_loss()?)))
        .collect();
    let &(best, lowest) = validated.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let last = &validated[validated.len() - (validated.len() / LAST).max(1)..];
    let mean = |of: fn(&(&EpochRecord, f64)) -> f64| last.iter().map(of).sum::<f64>() / last.len() as f64;
    let (validation, training) = (mean(|epoch| epoch.1), mean(|epoch| epoch.0.loss));
    let rose = validation > (1.0 + RISE) * lowest;
    let fell = training < FALL * best.loss;
    if !rose || !fell || lowest < 0.0 {
        return None;
    }
    let kept = match facts.best_epoch {
        Some(epoch) => format!(" (the weights of epoch {epoch} were kept)"),
        None => String::new(),
    };
    Some(FindingKind::Overfitting.found(
        Severity::Warning,
        format!(
            "the loss of held-out rows was lowest, {}, in epoch {}, and is {} at the end, while that of training rows fell \
             from {} to {}{kept}",
            short(lowest),
            best.epoch,
            short(validation),
            short(best.loss),
            short(training)
        ),
        "the network memorises the training rows, and what it learns does not hold for others",
        "fewer units, train.l2, train.dropout, more rows; train.patience, which ends the run in time",
    ))
}
