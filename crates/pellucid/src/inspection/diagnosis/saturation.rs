//! Detects units that are saturated: at the flat ends of their activation function.

use super::facts::{Facts, FeatureFacts, NetworkFacts};
use super::finding::{Finding, FindingKind, Severity, percent, short};
use crate::activation::Activation;
use crate::inspection::layer_statistics::largest_derivative_of_bounded;

/// Inputs beyond this are not scaled: the usual initialisers assume inputs of a size of about 1
/// (LeCun et al., *Efficient BackProp*, 1998, section 4.3).
pub(super) const LARGE_INPUT: f64 = 10.0;
/// The share of a layer's units that may be saturated. One in ten after training is common in good networks; where half are,
/// half of the layer no longer learns (Glorot & Bengio, *Understanding the difficulty of training deep
/// feedforward neural networks*, 2010, section 3.1, on a layer that is saturated entirely).
const SHARE: f64 = 0.5;

/// The feature with unscaled values that saturates a layer, counted from 0, if any.
fn unscaled<'a>(facts: &Facts<'a>, index: usize) -> Option<&'a FeatureFacts> {
    let far = facts.data.and_then(|data| data.furthest());
    far.filter(|feature| index == 0 && feature.low.abs().max(feature.high.abs()) > LARGE_INPUT)
}

/// Checks the initial network: any layer whose derivative its loss does not cancel. Also whether unscaled inputs are a cause.
pub(super) fn before(facts: &Facts<'_>) -> (Vec<Finding>, bool) {
    let mut has_unscaled = false;
    let network = facts.initial.into_iter();
    let layers = network.flat_map(|network| network.layers.iter().enumerate());
    let findings = layers
        .filter(|(index, layer)| {
            let is_sole_class = layer.units == 1 && function(facts, *index) == Some(Activation::Softmax);
            layer.summary.saturated_units >= SHARE && !is_sole_class && !is_paired(facts, *index)
        })
        .map(|(index, layer)| {
            let share = layer.summary.saturated_units;
            let (least, most) = layer.pre_activations;
            let far = unscaled(facts, index);
            has_unscaled |= far.is_some();
            let because = far.map_or_else(String::new, |feature| {
                format!(
                    ". Unscaled inputs are the cause: {} ranges from {} to {}",
                    feature.name,
                    short(feature.low),
                    short(feature.high)
                )
            });
            Finding {
                kind: FindingKind::SaturatedUnits,
                layer: Some(index + 1),
                severity: severity(share),
                seen: format!(
                    "before training {} of {} {} saturated on every sampled row; |z| lies between {} and {}",
                    of_units(share, layer.units),
                    facts.layer_name(index),
                    are(layer.units),
                    short(least),
                    short(most)
                ),
                why: format!(
                    "the derivative is nearly 0 there, so almost no gradient passes and nothing is learnt{because}"
                ),
                try_this: match far {
                    Some(_) => "standardise the columns (data.standardise = true; --scale standardize for a table)".into(),
                    None => "start from smaller weights, such as init.method = \"xavier_uniform\"".into(),
                },
            }
        })
        .collect();
    (findings, has_unscaled)
}

/// The share of outputs at an end of their range, and the share of the first loss that remains, above which outputs are
/// stuck rather than certain.
const STUCK: (f64, f64) = (0.95, 0.2);

/// Checks the trained network: hidden layers, and an output layer that is at the ends of its range and wrong. Certain outputs
/// may well be right.
pub(super) fn after(facts: &Facts<'_>) -> Vec<Finding> {
    let Some(network) = facts.trained else {
        return Vec::new();
    };
    let mut findings = of_hidden(facts, network);
    findings.extend(of_output(facts, network));
    findings
}

fn of_output(facts: &Facts<'_>, network: &NetworkFacts) -> Option<Finding> {
    let index = network.layers.len().checked_sub(1)?;
    let layer = &network.layers[index];
    let (first, last) = (facts.epochs.first()?, facts.epochs.last()?);
    let is_wrong = last.training > STUCK.1 * first.training;
    let is_bounded =
        function(facts, index).is_some_and(|function| largest_derivative_of_bounded(function).is_some());
    (is_bounded && layer.summary.flat > STUCK.0 && is_wrong && !is_paired(facts, index)).then(|| Finding {
        kind: FindingKind::SaturatedUnits,
        layer: Some(index + 1),
        severity: Severity::Fault,
        seen: format!(
            "after training {} of the outputs of {} are at an end of their range, and the loss is {}, {} of the first epoch's",
            percent(layer.summary.flat),
            facts.layer_name(index),
            short(last.training),
            percent(last.training / first.training)
        ),
        why: "the derivative is nearly 0 there: wrong outputs stay wrong, because no gradient passes".into(),
        try_this: "a smaller learning rate; a loss that cancels the derivative (binary_cross_entropy with sigmoid, \
                   categorical_cross_entropy with softmax)"
            .into(),
    })
}

fn of_hidden(facts: &Facts<'_>, network: &NetworkFacts) -> Vec<Finding> {
    let hidden = network.layers.len().saturating_sub(1);
    let layers = network.layers[..hidden].iter().enumerate();
    layers
        .filter(|(_, layer)| layer.summary.saturated_units >= SHARE)
        .map(|(index, layer)| Finding {
            kind: FindingKind::SaturatedUnits,
            layer: Some(index + 1),
            severity: severity(layer.summary.saturated_units),
            seen: format!(
                "after training {} of {} {} saturated on every sampled row; |z| is up to {}",
                of_units(layer.summary.saturated_units, layer.units),
                facts.layer_name(index),
                are(layer.units),
                short(layer.pre_activations.1)
            ),
            why: "their derivative is nearly 0: they have stopped learning, and give the same output for every input".into(),
            try_this: "a smaller learning rate, a penalty on large weights (train.l2), or normalised layers \
                       (network.normalisation = \"batch\")"
                .into(),
        })
        .collect()
}

fn severity(share: f64) -> Severity {
    match share < 1.0 {
        true => Severity::Warning,
        false => Severity::Fault,
    }
}

/// `all 4 units`, `3 of 4 units (75%)`.
pub(super) fn of_units(share: f64, units: usize) -> String {
    match (share * units as f64).round() as usize {
        1 if units == 1 => "the only unit".into(),
        count if count == units => format!("all {units} units"),
        count => format!("{count} of {units} units ({})", percent(share)),
    }
}

/// The verb for this many units.
pub(super) fn are(units: usize) -> &'static str {
    if units == 1 { "is" } else { "are" }
}

fn function(facts: &Facts<'_>, index: usize) -> Option<Activation> {
    let architecture = facts.recipe.architecture().ok()?;
    architecture.layers().get(index).map(|layer| layer.activation)
}

/// Whether the loss cancels the output's derivative, so that a saturated output still learns.
fn is_paired(facts: &Facts<'_>, index: usize) -> bool {
    let Ok(architecture) = facts.recipe.architecture() else {
        return false;
    };
    let output = architecture.output_layer().activation;
    index + 1 == architecture.layers().len() && facts.recipe.train.loss.is_paired_with(output)
}
