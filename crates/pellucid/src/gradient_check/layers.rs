//! The engine's own gradient, layer by layer, some of its entries where there are many.

use super::parts::ParameterPart;
use super::{GradientReport, OwnPass, TOLERANCE, compare};
use crate::kernels::Input;
use crate::network::Network;
use crate::numpy_random::RandomState;
use crate::pass::Objective;

/// How much is checked, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckSettings {
    /// The most entries of each layer's weights, and of its biases, that are checked; drawn where there are more.
    pub samples: usize,
    /// The relative error from which an entry counts as wrong.
    pub tolerance: f64,
    /// The seed of what is drawn.
    pub seed: u32,
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self {
            samples: 200,
            tolerance: TOLERANCE,
            seed: 0,
        }
    }
}

/// One part of the network, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerCheck {
    /// Which.
    pub part: ParameterPart,
    /// The entries that were checked.
    pub report: GradientReport,
}

/// Checks the engine's own backward pass on a batch, part by part. `targets` are (rows, outputs).
///
/// # Panics
/// When the batch does not have the network's shape.
pub fn check_layers(
    network: &Network<f64>,
    input: Input<'_, f64>,
    targets: &[f64],
    objective: Objective,
    settings: CheckSettings,
) -> Vec<LayerCheck> {
    let mut pass = OwnPass::new(network, input, targets, objective);
    let gradient = pass.gradient();
    let mut generator = RandomState::new(settings.seed);
    let parts = ParameterPart::all(network.architecture());
    let picked: Vec<Vec<usize>> = parts
        .iter()
        .map(|part| {
            let count = part.range.len();
            if count <= settings.samples {
                return part.range.clone().collect();
            }
            let mut drawn: Vec<usize> = generator.permutation(count)[..settings.samples]
                .iter()
                .map(|&at| part.range.start + at as usize)
                .collect();
            drawn.sort_unstable();
            drawn
        })
        .collect();
    // All at once: what is small is told from rounding by the largest slope of the whole gradient.
    let loss = |parameters: &[f64]| pass.loss(parameters);
    let all = compare(
        network.parameters(),
        &gradient,
        &picked.concat(),
        settings.tolerance,
        loss,
    );
    let mut entries = all.entries.into_iter();
    parts
        .into_iter()
        .zip(picked)
        .map(|(part, picked)| LayerCheck {
            part,
            report: GradientReport {
                entries: entries.by_ref().take(picked.len()).collect(),
                tolerance: settings.tolerance,
            },
        })
        .collect()
}
