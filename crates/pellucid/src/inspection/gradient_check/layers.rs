//! Checks the engine's own gradient layer by layer, a sample of its entries where there are many.

use super::parts::ParameterPart;
use super::{GradientReport, OwnPass, TOLERANCE, compare};
use crate::model::network::Network;
use crate::model::pass::Objective;
use crate::numpy_random::RandomState;
use pellucid_kernels::layer::Input;

/// How many entries are checked, and how exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckSettings {
    /// The most entries of each part that are checked; drawn at random where there are more.
    pub samples: usize,
    /// The relative error from which an entry counts as wrong.
    pub tolerance: f64,
    /// The seed of the random draws.
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
    /// The part of the parameters.
    pub part: ParameterPart,
    /// The entries that were checked.
    pub report: GradientReport,
}

/// The standard deviation by which parameters are moved off a kink.
const NUDGE: f64 = 1e-3;

/// Checks the engine's own backward pass on a batch, part by part. `targets` are (rows, outputs).
///
/// Where several rows have a kink at once, as when all weights are 0, the derivatives on the two sides of a parameter do not
/// determine those of each row: such entries are checked at parameters that are moved by about 1/1000.
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
    let mut generator = RandomState::new(settings.seed);
    let parts = ParameterPart::all(network.architecture());
    let picked: Vec<Vec<usize>> = parts
        .iter()
        .map(|part| {
            let count = part.range.len();
            if count <= settings.samples {
                return part.range.clone().collect();
            }
            let mut drawn = generator.permutation(count);
            drawn.truncate(settings.samples);
            drawn.sort_unstable();
            drawn.into_iter().map(|at| part.range.start + at).collect()
        })
        .collect();
    let tolerance = settings.tolerance;
    // All entries at once: the largest derivative of the whole gradient separates small ones from rounding.
    let mut entries_of = |parameters: &[f64], indices: &[usize]| {
        let gradient = pass.gradient(parameters);
        let loss = |parameters: &[f64]| pass.loss(parameters);
        compare(parameters, &gradient, indices, tolerance, loss).entries
    };
    let indices = picked.concat();
    let mut entries = entries_of(network.parameters(), &indices);
    let undecided: Vec<usize> = (0..entries.len())
        .filter(|&at| entries[at].at_kink && entries[at].relative_error > tolerance)
        .collect();
    if !undecided.is_empty() {
        let mut nudged = network.parameters().to_vec();
        for parameter in &mut nudged[..network.architecture().trained_count()] {
            *parameter += NUDGE * generator.standard_normal();
        }
        let indices: Vec<usize> = undecided.iter().map(|&at| indices[at]).collect();
        for (at, mut entry) in undecided.into_iter().zip(entries_of(&nudged, &indices)) {
            entry.at_kink = true;
            entries[at] = entry;
        }
    }
    let mut entries = entries.into_iter();
    parts
        .into_iter()
        .zip(picked)
        .map(|(part, picked)| LayerCheck {
            part,
            report: GradientReport {
                entries: entries.by_ref().take(picked.len()).collect(),
                tolerance,
            },
        })
        .collect()
}
