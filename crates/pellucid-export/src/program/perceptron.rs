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

    /// The same program with one layer in the place of all, for a form that computes all layers in a function: from the features
    /// to the pre-activations of the last one.
    pub(crate) fn with_joined_layers(&self) -> Self {
        let mut joined = self.clone();
        let (Some(last), Some(Activated { of: first, .. })) =
            (self.activations.last(), self.activations.first())
        else {
            return joined;
        };
        let Step::Dense { weights, .. } = self.steps[*first].step else {
            return joined;
        };
        for computed in &mut joined.steps[self.features + 1..last.of] {
            computed.step = Step::Constant(vec![0.0]);
            computed.width = 1;
        }
        joined.steps[last.of].step = Step::Dense {
            input: self.features,
            weights,
            bias: None,
        };
        joined
    }
}
