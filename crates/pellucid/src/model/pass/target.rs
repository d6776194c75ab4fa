//! The destination of a backward pass: a gradient, or the parameters themselves.

use crate::model::network::Layer;
use crate::scalar::Scalar;
use pellucid_kernels::layer::Destination;

/// The destination of the backward pass.
#[derive(Debug)]
pub enum Target<'a, T> {
    /// The gradient, in the layout of the parameters.
    Gradient {
        /// The parameters of the forward pass.
        parameters: &'a [T],
        /// Receives ∂L/∂θ for every parameter θ.
        gradient: &'a mut [T],
    },
    /// The parameters themselves, which take a step of plain gradient descent. No gradient is stored.
    Parameters {
        /// The parameters of the forward pass; the backward pass moves them by one step.
        parameters: &'a mut [T],
        /// The learning rate η of θ ← θ − η·∂L/∂θ.
        rate: T,
    },
}

impl<T: Scalar> Target<'_, T> {
    /// The parameters, as they are now.
    #[inline(always)]
    pub(super) fn parameters(&self) -> &[T] {
        match self {
            Target::Gradient { parameters, .. } => parameters,
            Target::Parameters { parameters, .. } => parameters,
        }
    }

    /// The destinations of the gradients of a layer's weights and of its bias.
    #[inline(always)]
    pub(super) fn of_layer(&mut self, layer: &Layer) -> (Destination<'_, T>, Option<Destination<'_, T>>) {
        let (all, step) = match self {
            Target::Gradient { gradient, .. } => (&mut **gradient, None),
            Target::Parameters { parameters, rate } => (&mut **parameters, Some(-*rate)),
        };
        let to = |numbers| Destination { numbers, step };
        match layer.bias() {
            None => (to(&mut all[layer.weights()]), None),
            // All biases lie behind all weights.
            Some(bias) => {
                let (before, from) = all.split_at_mut(bias.start);
                (
                    to(&mut before[layer.weights()]),
                    Some(to(&mut from[..bias.len()])),
                )
            }
        }
    }
}
