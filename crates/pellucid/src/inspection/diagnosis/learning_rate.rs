//! Detects learning rates that are too high or too low.

use super::facts::{Facts, range};
use super::finding::{Finding, FindingKind, Severity, percent, short};

/// The number of epochs of a window: a run may oscillate in one part and be calm in another.
const WINDOW: usize = 32;
/// The least number of rises, and of falls, of an oscillation: many runs have one or two.
const LEAST_UPS: usize = 3;
/// A change counts where the loss rises or falls by this part of itself from one epoch to the next …
const CHANGE: f64 = 0.1;
/// … and by this part of the first epoch's loss: near the minimum, noise may be many times the remaining loss.
const CHANGE_OF_FIRST: f64 = 0.03;
/// The same where steps are noisy because of batches, dropout or noise: dropout of one half and batch normalisation change
/// the losses of healthy trainings on some hundred rows by 3% to 7% of the first.
const CHANGE_OF_FIRST_IN_NOISE: f64 = 0.1;
/// The share of a window's epochs in which the loss may rise: where every sixth step raises it, the rate exceeds the largest
/// stable rate of the steepest direction, which is twice the best one (LeCun et al., *Efficient BackProp*, 1998, section 5.1).
const UPS: f64 = 0.15;

/// Losses that oscillate. The least history is 7 epochs: three rises and three falls.
pub(super) fn oscillation(facts: &Facts<'_>) -> Option<Finding> {
    let first = facts.epochs.first()?;
    let of_first = match is_noisy(facts) {
        true => CHANGE_OF_FIRST_IN_NOISE,
        false => CHANGE_OF_FIRST,
    };
    let changes: Vec<f64> = facts
        .epochs
        .windows(2)
        .take_while(|pair| pair[1].epoch == pair[0].epoch + 1)
        .map(|pair| {
            let (before, after) = (pair[0].loss, pair[1].loss);
            let least = (CHANGE * before.abs().min(after.abs())).max(of_first * first.loss.abs());
            let change = after - before;
            if change.abs() > least { change } else { 0.0 }
        })
        .collect();
    let rises = |window: &[f64]| window.iter().filter(|&&change| change > 0.0).count();
    let oscillates = |window: &[f64]| {
        let ups = rises(window);
        let downs = window.iter().filter(|&&change| change < 0.0).count();
        ups >= LEAST_UPS && downs >= LEAST_UPS && ups as f64 > UPS * window.len() as f64
    };
    let length = WINDOW.min(changes.len()).max(1);
    let start = changes.windows(length).position(oscillates)?;
    let window = &changes[start..start + length];
    let ups = rises(window);
    let rise = window.iter().filter(|&&change| change > 0.0).sum::<f64>() / ups as f64;
    let losses = &facts.epochs[start..=start + length];
    let (low, high) = range(losses.iter().map(|epoch| epoch.loss));
    Some(FindingKind::Oscillation.found(
        Severity::Fault,
        format!(
            "in epochs {} to {} the loss rises {ups} times, by {} on average, and falls again, between {} and {}",
            losses[0].epoch,
            losses[length].epoch,
            short(rise),
            short(low),
            short(high)
        ),
        "the steps are so large that they overshoot the minimum",
        format!("{}; `pellucid find-rate` finds one", facts.lower_rate()),
    ))
}

/// Whether two epochs with the same parameters could have different losses.
fn is_noisy(facts: &Facts<'_>) -> bool {
    let train = &facts.recipe.train;
    let rows = facts.data.map_or(usize::MAX, |data| data.rows);
    let hidden = facts.recipe.network.layers.len().saturating_sub(2);
    train.batch_size.rows_per_batch(rows) < rows
        || train.input_noise > 0.0
        || train.dropout.of_hidden(hidden).iter().any(|&rate| rate > 0.0)
}

/// A step that moves the weights of a layer by this part of their size is too large: about 1e-3 is usual.
const LARGE_STEP: f64 = 0.05;
/// The share of the first loss above which steps that large made little progress.
const LITTLE_PROGRESS: f64 = 0.2;

/// Steps so large that units of these layers, counted from 1, stopped learning in the training.
pub(super) fn too_high(facts: &Facts<'_>, stopped: &[usize]) -> Option<Finding> {
    let (first, last) = (facts.epochs.first()?.loss, facts.epochs.last()?.loss);
    let of_layer = |&layer: &usize| (largest_step(facts, layer - 1), layer);
    let largest = stopped.iter().map(of_layer).max_by(|a, b| a.0.total_cmp(&b.0));
    let (step, layer) = largest.filter(|(step, _)| *step >= LARGE_STEP)?;
    if !facts.recipe.train.optimizer.takes_steps() || last <= LITTLE_PROGRESS * first {
        return None;
    }
    let rate = facts.recipe.train.learning_rate;
    let finding = FindingKind::LearningRateTooHigh.found(
        Severity::Fault,
        format!(
            "one step moved the weights of {} by {} of their size; units of it that learned at first no longer do, and the loss \
             is {}, after {} in the first epoch",
            facts.layer_name(layer - 1),
            percent(step),
            short(last),
            short(first)
        ),
        "steps of about 1e-3 of the weights' size are usual; larger ones take units to where their function is flat",
        format!(
            "a learning rate of {} or less in place of {}; `pellucid find-rate` finds one",
            short(rate * (0.03 / step).min(0.1)),
            short(rate)
        ),
    );
    Some(finding.in_layer(layer - 1))
}

/// The largest step of a layer, counted from 0, relative to the size of its weights. Of gradient descent the first step is
/// known from the gradient.
pub(super) fn largest_step(facts: &Facts<'_>, index: usize) -> f64 {
    let layers = facts
        .layer_statistics
        .iter()
        .filter_map(|entry| entry.layers.get(index));
    let measured = layers.filter_map(|layer| layer.update_ratio).fold(0.0, f64::max);
    let train = &facts.recipe.train;
    let initial = facts
        .layer_statistics
        .first()
        .and_then(|entry| entry.layers.get(index));
    match (initial, train.optimizer.name()) {
        (Some(layer), "sgd") if layer.weight_rms > 0.0 => {
            measured.max(train.learning_rate * layer.gradient_rms / layer.weight_rms)
        }
        _ => measured,
    }
}

/// How far the weights of a layer must have been able to move in the whole run, relative to their size: less cannot change
/// the network's outputs much.
const TRAVEL: f64 = 0.01;
/// The relative fall of the loss that is still no progress.
const FALL: f64 = 0.01;
/// The least number of epochs: with one, its loss would be compared with itself.
const LEAST_EPOCHS: usize = 2;

/// Weights that hardly moved and a loss that hardly fell, where a larger step would have lowered it.
pub(super) fn too_low(facts: &Facts<'_>) -> Option<Finding> {
    if facts.epochs.len() < LEAST_EPOCHS {
        return None;
    }
    let (begin, last) = (facts.layer_statistics.first()?, facts.layer_statistics.last()?);
    let (first, end) = (facts.epochs.first()?.loss, facts.epochs.last()?.loss);
    let layers = facts.layer_statistics.iter().flat_map(|entry| &entry.layers);
    let ratio = layers.filter_map(|layer| layer.update_ratio).fold(0.0, f64::max);
    let travel = ratio * last.updates as f64;
    let fall = (first - end) / first.abs();
    // The fall that the gradient predicts for weights that move by as much as their size.
    let promises = begin
        .layers
        .iter()
        .map(|layer| layer.gradient_rms * layer.weight_rms);
    let is_flat = promises.fold(0.0, f64::max) < 1e-6 * first.abs();
    let train = &facts.recipe.train;
    let takes_steps = train.optimizer.takes_steps();
    if !takes_steps || is_flat || last.updates == 0 || !(travel < TRAVEL && fall < FALL) {
        return None;
    }
    Some(FindingKind::LossStuck.found(
        Severity::Fault,
        format!(
            "in {} steps the loss went from {} to {}; one step moves the weights by {} of their size at most, all steps \
             together by {}",
            last.updates,
            short(first),
            short(end),
            short(ratio),
            short(travel)
        ),
        "steps of about 1e-3 of the weights' size are usual; these are too small to make progress",
        format!(
            "a learning rate of {} or more in place of {}; `pellucid find-rate` finds one",
            short(train.learning_rate * (1e-3 / ratio.max(1e-12)).clamp(10.0, 1e6)),
            short(train.learning_rate)
        ),
    ))
}
