//! Detects units that do not learn because their activation function is flat: saturated ones, at the ends of a bounded function,
//! and dead rectifiers.

use super::facts::{Facts, LayerFacts, NetworkFacts};
use super::finding::{Finding, FindingKind, Severity, percent, short};
use super::learning_rate::largest_step;
use crate::activation::Activation;
use crate::inspection::layer_statistics::{LayerStatistics, largest_derivative_of_bounded};

/// The share of a layer's units that may be saturated. One in ten after training is common in good networks; where half are,
/// half of the layer no longer learns (Glorot & Bengio, *Understanding the difficulty of training deep
/// feedforward neural networks*, 2010, section 3.1, on a layer that is saturated entirely).
const SATURATED: f64 = 0.5;
/// The share of a layer's units that may be dead before training: where all inputs are positive, half of the units are, by
/// the signs of their weights.
const DEAD_BEFORE: f64 = 0.75;
/// The share that may be dead after training. In wide layers on small tables a third may be, and the others suffice; learning
/// rates that are too high kill two fifths and more (Karpathy, *CS231n*, on commonly used activation functions).
const DEAD_AFTER: f64 = 0.5;
/// The share of outputs at an end of their range, and the share of the first loss that remains, above which outputs are
/// stuck rather than certain.
const STUCK: (f64, f64) = (0.95, 0.2);

/// Saturated units of the initial network, in any layer whose derivative its loss does not cancel.
pub(super) fn saturated_before(facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, layer) in layers(facts.initial) {
        let share = layer.summary.saturated_units;
        let is_sole_class = layer.units == 1 && function(facts, index) == Some(Activation::Softmax);
        if share < SATURATED || is_sole_class || is_paired(facts, index) {
            continue;
        }
        let (least, most) = layer.pre_activations;
        let seen = format!("|z| lies between {} and {}", short(least), short(most));
        let why = "the derivative is nearly 0 there, so almost no gradient passes and nothing is learnt";
        let (why, try_this) = match facts.unscaled().filter(|_| index == 0) {
            Some(feature) => (
                format!("{why}. Unscaled inputs are the cause: {}", feature.range()),
                "standardise the columns (data.standardise = true; --scale standardize for a table)",
            ),
            None => (
                why.into(),
                "start from smaller weights, such as init.method = \"xavier_uniform\"",
            ),
        };
        let seen = seen_of(facts, ["before", "saturated"], (index, layer), share, &seen);
        let finding = FindingKind::SaturatedUnits.found(severity(share), seen, why, try_this);
        findings.push(finding.in_layer(index));
    }
    findings
}

/// Saturated units of the trained network: of hidden layers, and of an output layer that is at the ends of its range and wrong.
/// Certain outputs may well be right.
pub(super) fn saturated_after(facts: &Facts<'_>) -> Vec<Finding> {
    let output = facts
        .trained
        .map_or(0, |network| network.layers.len().saturating_sub(1));
    let hidden = layers(facts.trained).take(output);
    let saturated = hidden.filter(|(_, layer)| layer.summary.saturated_units >= SATURATED);
    let of_hidden = saturated.map(|(index, layer)| {
        let share = layer.summary.saturated_units;
        let seen = format!("|z| is up to {}", short(layer.pre_activations.1));
        let finding = FindingKind::SaturatedUnits.found(
            severity(share),
            seen_of(facts, ["after", "saturated"], (index, layer), share, &seen),
            "their derivative is nearly 0: they have stopped learning, and give the same output for every input",
            remedy(
                facts,
                index,
                "a smaller learning rate, a penalty on large weights (train.l2), or normalised layers \
                 (network.normalisation = \"batch\")",
            ),
        );
        finding.in_layer(index)
    });
    of_hidden.chain(stuck_outputs(facts)).collect()
}

fn stuck_outputs(facts: &Facts<'_>) -> Option<Finding> {
    let (index, layer) = layers(facts.trained).last()?;
    let (first, last) = (facts.epochs.first()?, facts.epochs.last()?);
    let is_wrong = last.loss > STUCK.1 * first.loss;
    let is_bounded =
        function(facts, index).is_some_and(|function| largest_derivative_of_bounded(function).is_some());
    if !is_bounded || layer.summary.flat <= STUCK.0 || !is_wrong || is_paired(facts, index) {
        return None;
    }
    let finding = FindingKind::SaturatedUnits.found(
        Severity::Fault,
        format!(
            "after training {} of the outputs of {} are at an end of their range, and the loss is {}, {} of the first epoch's",
            percent(layer.summary.flat),
            facts.layer_name(index),
            short(last.loss),
            percent(last.loss / first.loss)
        ),
        "the derivative is nearly 0 there: wrong outputs stay wrong, because no gradient passes",
        "a smaller learning rate; a loss that cancels the derivative (binary_cross_entropy with sigmoid, \
         categorical_cross_entropy with softmax)",
    );
    Some(finding.in_layer(index))
}

/// Rectifiers of the initial network whose derivative is 0 on every sampled row.
pub(super) fn dead_before(facts: &Facts<'_>) -> Vec<Finding> {
    let try_this = "start from biases of 0 and smaller weights, such as init.method = \"he_normal\"; scale the inputs; or use \
                    leaky_relu";
    dead(facts, facts.initial, "before", DEAD_BEFORE, |_| {
        try_this.to_owned()
    })
}

/// Rectifiers of the trained network whose derivative is 0 on every sampled row.
pub(super) fn dead_after(facts: &Facts<'_>) -> Vec<Finding> {
    let try_this = "a smaller learning rate, init.method = \"he_normal\", scaled inputs; or leaky_relu, whose derivative is \
                    nowhere 0";
    let try_this = |index| remedy(facts, index, try_this);
    dead(facts, facts.trained, "after", DEAD_AFTER, try_this)
}

/// What to change where units of a layer, counted from 0, have stopped learning: the penalty where it has shrunk the weights,
/// the rate where steps were large, otherwise what is usual.
fn remedy(facts: &Facts<'_>, index: usize, usual: &str) -> String {
    /// The penalty is the cause where the weights have this part of their first size.
    const SHRUNK: f64 = 0.5;
    /// Steps that move weights by this part of their size are large.
    const LARGE: f64 = 0.03;
    let size = |entry: Option<&LayerStatistics>| Some(entry?.layers.get(index)?.weight_rms);
    let sizes = size(facts.layer_statistics.first()).zip(size(facts.layer_statistics.last()));
    let l2 = facts.recipe.train.l2;
    match sizes {
        Some((first, last)) if l2 > 0.0 && last < SHRUNK * first => format!(
            "a weaker penalty, such as train.l2 = {} in place of {}: the layer's weights have shrunk to {} of their first size",
            short(l2 / 10.0),
            short(l2),
            percent(last / first)
        ),
        _ if largest_step(facts, index) >= LARGE => {
            format!("{}; `pellucid find-rate` finds one", facts.lower_rate())
        }
        _ => usual.to_owned(),
    }
}

fn dead(
    facts: &Facts<'_>,
    network: Option<&NetworkFacts>,
    when: &str,
    most: f64,
    try_this: impl Fn(usize) -> String,
) -> Vec<Finding> {
    let layers = layers(network).filter(|(_, layer)| layer.summary.dead_units >= most);
    let findings = layers.map(|(index, layer)| {
        let share = layer.summary.dead_units;
        let seen = format!("the mean activation is {}", short(layer.summary.activation_mean));
        let seen = seen_of(facts, [when, "dead"], (index, layer), share, &seen);
        let severity = severity(share);
        let why = match severity {
            Severity::Fault => {
                "their derivative is 0, so no gradient passes: neither they nor the layers below can learn any more"
            }
            Severity::Warning => {
                "their derivative is 0 on every row, so they never change again, and the layer is only as wide as the \
                 remaining units"
            }
        };
        let finding = FindingKind::DeadUnits.found(severity, seen, why, try_this(index));
        finding.in_layer(index)
    });
    findings.collect()
}

fn layers(network: Option<&NetworkFacts>) -> impl Iterator<Item = (usize, &LayerFacts)> {
    let layers = network.map_or(&[][..], |network| &network.layers);
    layers.iter().enumerate()
}

fn severity(share: f64) -> Severity {
    match share < 1.0 {
        true => Severity::Warning,
        false => Severity::Fault,
    }
}

/// `before training all 4 units of layer 1 (relu) are dead on every sampled row; …`, `after training 3 of 4 units (75%) …`.
fn seen_of(
    facts: &Facts<'_>,
    [when, state]: [&str; 2],
    (index, layer): (usize, &LayerFacts),
    share: f64,
    further: &str,
) -> String {
    let units = layer.units;
    let of_units = match (share * units as f64).round() as usize {
        1 if units == 1 => "the only unit".into(),
        count if count == units => format!("all {units} units"),
        count => format!("{count} of {units} units ({})", percent(share)),
    };
    let are = if units == 1 { "is" } else { "are" };
    let name = facts.layer_name(index);
    format!("{when} training {of_units} of {name} {are} {state} on every sampled row; {further}")
}

fn function(facts: &Facts<'_>, index: usize) -> Option<Activation> {
    facts.layer(index).map(|layer| layer.activation)
}

/// Whether the loss cancels the output's derivative, so that a saturated output still learns.
fn is_paired(facts: &Facts<'_>, index: usize) -> bool {
    let is_output = facts.layer(index + 1).is_none();
    let is_paired = |function| facts.recipe.train.loss.is_paired_with(function);
    is_output && function(facts, index).is_some_and(is_paired)
}
