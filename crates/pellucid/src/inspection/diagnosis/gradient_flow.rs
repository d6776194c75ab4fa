//! Detects gradients that vanish or explode from the output down.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity, short};
use crate::inspection::layer_statistics::LayerSummary;

/// The least part of the output's δ that should reach the first layer. Four or five sigmoid layers of the usual initial
/// weights come below it, since each passes on a quarter at most; two or three, which learn, stay above (Glorot & Bengio
/// 2010, section 4; Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen*, 1991).
const LEAST: f64 = 1e-3;
/// The most. Initialisers keep it near 1 whatever the depth (He et al. 2015, section 2.2); at a hundred a step that suits
/// one end of the network ruins the other (Pascanu, Mikolov & Bengio, *On the difficulty of training recurrent neural
/// networks*, 2013).
const MOST: f64 = 100.0;

/// The layer of the least δ, and its ratio to the output's.
fn least(layers: &[LayerSummary]) -> Option<(usize, f64)> {
    let (output, hidden) = layers.split_last()?;
    let parts = hidden.iter().map(|layer| layer.delta_rms / output.delta_rms);
    parts
        .enumerate()
        .filter(|(_, part)| part.is_finite())
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The layer of the largest δ, and its ratio to the output's.
fn largest(layers: &[LayerSummary]) -> Option<(usize, f64)> {
    let (output, hidden) = layers.split_last()?;
    let parts = hidden.iter().map(|layer| layer.delta_rms / output.delta_rms);
    parts
        .enumerate()
        .filter(|(_, part)| !part.is_nan())
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Over the whole training, by the median epoch: a gradient that vanishes only at first does no harm.
pub(super) fn vanishing(facts: &Facts<'_>) -> Vec<Finding> {
    let trained = facts.layer_statistics.get(1..).unwrap_or_default();
    let mut found: Vec<(usize, f64)> = trained.iter().filter_map(|entry| least(&entry.layers)).collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    let Some(&(layer, part)) = found.get(found.len() / 2) else {
        return Vec::new();
    };
    if part >= LEAST {
        return Vec::new();
    }
    vec![Finding {
        kind: FindingKind::VanishingGradients,
        layer: Some(layer + 1),
        severity: Severity::Fault,
        seen: format!(
            "only {} of the size of the output's gradient reaches {} (median of {} sampled epochs)",
            short(part),
            facts.layer_name(layer),
            found.len()
        ),
        why: "each layer multiplies the gradient by its derivative and its weights; where that is below 1, the lower layers \
              hardly change, and only the upper layers learn"
            .into(),
        try_this: "relu or tanh in place of sigmoid, with init.method = \"he_normal\" or \"xavier_normal\"; fewer layers; \
                   or normalised layers (network.normalisation = \"batch\")"
            .into(),
    }]
}

/// In the initial network.
pub(super) fn exploding(facts: &Facts<'_>) -> Vec<Finding> {
    let layers: Vec<LayerSummary> = match facts.initial {
        Some(network) => network.layers.iter().map(|layer| layer.summary).collect(),
        None => return Vec::new(),
    };
    let Some((layer, factor)) = largest(&layers).filter(|&(_, factor)| factor > MOST) else {
        return Vec::new();
    };
    let weights = layers.iter().map(|layer| layer.weight_rms).fold(0.0, f64::max);
    vec![Finding {
        kind: FindingKind::ExplodingGradients,
        layer: Some(layer + 1),
        severity: Severity::Fault,
        seen: format!(
            "before training the gradient at {} is {} times that at the output; weights have sizes of up to {}",
            facts.layer_name(layer),
            short(factor),
            short(weights)
        ),
        why: "each layer multiplies the gradient by its weights, so a step that suits the upper layers is far too large for \
              the lower ones"
            .into(),
        try_this: "smaller initial weights, such as init.method = \"he_normal\" (\"xavier_normal\" without relu); \
                   train.clip_norm = 1; or normalised layers"
            .into(),
    }]
}
