//! Detects rectifier units whose derivative is 0 on every sampled row.

use super::facts::{Facts, LayerFacts};
use super::finding::{Finding, FindingKind, Severity};
use super::saturation::{are, of_units};

/// The share of a layer's units that may be dead before training: where all inputs are positive, half of the units are, by
/// the signs of their weights.
const SHARE_BEFORE: f64 = 0.75;
/// The share that may be dead after training. In wide layers on small tables a third may be, and the others suffice; learning
/// rates that are too high kill two fifths and more (Karpathy, *CS231n*, on commonly used activation functions).
const SHARE_AFTER: f64 = 0.5;

/// Checks the initial network.
pub(super) fn before(facts: &Facts<'_>) -> Vec<Finding> {
    let layers = facts.initial.map_or(&[][..], |network| &network.layers);
    find(facts, layers, "before", SHARE_BEFORE)
}

/// Checks the trained network.
pub(super) fn after(facts: &Facts<'_>) -> Vec<Finding> {
    let layers = facts.trained.map_or(&[][..], |network| &network.layers);
    find(facts, layers, "after", SHARE_AFTER)
}

fn find(facts: &Facts<'_>, layers: &[LayerFacts], when: &str, share: f64) -> Vec<Finding> {
    let layers = layers.iter().enumerate();
    layers
        .filter(|(_, layer)| layer.summary.dead_units >= share)
        .map(|(index, layer)| {
            let all = layer.summary.dead_units >= 1.0;
            Finding {
                kind: FindingKind::DeadUnits,
                layer: Some(index + 1),
                severity: if all { Severity::Fault } else { Severity::Warning },
                seen: format!(
                    "{when} training {} of {} {} dead on every sampled row; the mean activation is {}",
                    of_units(layer.summary.dead_units, layer.units),
                    facts.layer_name(index),
                    are(layer.units),
                    super::finding::short(layer.summary.activation_mean)
                ),
                why: match all {
                    true => "their derivative is 0, so no gradient passes: neither they nor the layers below can learn any more"
                        .into(),
                    false => "their derivative is 0 on every row, so they never change again, and the layer is only as wide as the \
                              remaining units"
                        .into(),
                },
                try_this: match when {
                    "before" => "start from biases of 0 and smaller weights, such as init.method = \"he_normal\"; scale \
                                 the inputs; or use leaky_relu"
                        .into(),
                    _ => "a smaller learning rate, init.method = \"he_normal\", scaled inputs; or leaky_relu, whose derivative \
                          is nowhere 0"
                        .into(),
                },
            }
        })
        .collect()
}
