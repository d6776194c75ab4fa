//! Detects gradients that vanish or explode from the output down.

use super::facts::Facts;
use super::finding::{Finding, FindingKind, Severity, short};
use crate::inspection::layer_statistics::{LayerStatistics, LayerSummary};

/// The least part of the output's δ that should reach the first layer. Four or five sigmoid layers of the usual initial
/// weights come below it, since each passes on a quarter at most; two or three, which learn, stay above (Glorot & Bengio
/// 2010, section 4; Hochreiter, *Untersuchungen zu dynamischen neuronalen Netzen*, 1991).
const LEAST: f64 = 1e-3;
/// The most. Initialisers keep it near 1 whatever the depth (He et al. 2015, section 2.2); at a hundred a step that suits
/// one end of the network ruins the other (Pascanu, Mikolov & Bengio, *On the difficulty of training recurrent neural
/// networks*, 2013).
const MOST: f64 = 100.0;

/// The hidden layers, and the ratio of their δ to the output's.
fn ratios(layers: &[LayerSummary]) -> impl Iterator<Item = (usize, f64)> {
    let output = layers.last().map_or(f64::NAN, |output| output.delta_rms);
    let hidden = layers.len().saturating_sub(1);
    let ratios = layers[..hidden].iter().map(move |layer| layer.delta_rms / output);
    ratios.enumerate()
}

/// Over the whole training, by the median epoch: a gradient that vanishes only at first does no harm. The least history is
/// 1 sampled epoch.
pub(super) fn vanishing(facts: &Facts<'_>) -> Option<Finding> {
    let by_ratio = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    let trained = facts.layer_statistics.get(1..).unwrap_or_default().iter();
    let least = |entry: &LayerStatistics| {
        let finite = ratios(&entry.layers).filter(|(_, ratio)| ratio.is_finite());
        finite.min_by(by_ratio)
    };
    let mut found: Vec<(usize, f64)> = trained.filter_map(least).collect();
    found.sort_by(by_ratio);
    let &(layer, part) = found.get(found.len() / 2)?;
    if part >= LEAST {
        return None;
    }
    let finding = FindingKind::VanishingGradients.found(
        Severity::Fault,
        format!(
            "only {} of the size of the output's gradient reaches {} (median of {} sampled epochs)",
            short(part),
            facts.layer_name(layer),
            found.len()
        ),
        "each layer multiplies the gradient by its derivative and its weights; where that is below 1, the lower layers hardly \
         change, and only the upper layers learn",
        "relu or tanh in place of sigmoid, with init.method = \"he_normal\" or \"xavier_normal\"; fewer layers; or normalised \
         layers (network.normalisation = \"batch\")",
    );
    Some(finding.in_layer(layer))
}

/// In the initial network.
pub(super) fn exploding(facts: &Facts<'_>) -> Option<Finding> {
    let layers: Vec<LayerSummary> = facts.initial?.layers.iter().map(|layer| layer.summary).collect();
    let numbers = ratios(&layers).filter(|(_, ratio)| !ratio.is_nan());
    let (layer, ratio) = numbers.max_by(|a, b| a.1.total_cmp(&b.1))?;
    if ratio <= MOST {
        return None;
    }
    let weights = layers.iter().map(|layer| layer.weight_rms).fold(0.0, f64::max);
    let finding = FindingKind::ExplodingGradients.found(
        Severity::Fault,
        format!(
            "before training the gradient at {} is {} times that at the output; weights have sizes of up to {}",
            facts.layer_name(layer),
            short(ratio),
            short(weights)
        ),
        "each layer multiplies the gradient by its weights, so a step that suits the upper layers is far too large for the \
         lower ones",
        "smaller initial weights, such as init.method = \"he_normal\" (\"xavier_normal\" without relu); train.clip_norm = 1; or \
         normalised layers",
    );
    Some(finding.in_layer(layer))
}
