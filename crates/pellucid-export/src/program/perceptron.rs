//! Networks that are layers of units and nothing else.

use super::{Activated, Program, Step};
use pellucid::Activation;

/// A layer: a = f(x·W + b).
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlainLayer {
    /// W, (fan_in, fan_out): an index of [`Program::arrays`].
    pub(crate) weights: usize,
    /// b, (fan_out): an index of [`Program::arrays`].
    pub(crate) bias: Option<usize>,
    pub(crate) activation: Activation,
}

impl Program {
    /// The layers of one network from the features to the outputs; `None` if it has anything else than layers and activations, or
    /// if there are several networks. Scales of the features and batch normalisation are part of the weights.
    pub(crate) fn plain_layers(&self) -> Option<Vec<PlainLayer>> {
        let mut layers = Vec::new();
        let mut at = self.features;
        for Activated {
            activation, of, to, ..
        } in &self.activations
        {
            match self.steps[*of].step {
                Step::Dense { input, weights, bias } if input == at => layers.push(PlainLayer {
                    weights,
                    bias,
                    activation: *activation,
                }),
                _ => return None,
            }
            at = *to;
        }
        (at == self.outputs).then_some(layers)
    }
}
