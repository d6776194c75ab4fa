//! The destination of a backward pass: a gradient, or the parameters themselves.

use crate::model::network::Layer;
use crate::scalar::Scalar;
use pellucid_kernels::layer::Destination;
use std::ops::Range;

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

/// One layer's part of a [`Target`].
pub(super) enum LayerTarget<'a, T> {
    Gradient {
        weights: &'a [T],
        weight_gradient: &'a mut [T],
        bias_gradient: Option<&'a mut [T]>,
    },
    Parameters {
        weights: &'a mut [T],
        bias: Option<&'a mut [T]>,
        rate: T,
    },
}

impl<T: Scalar> LayerTarget<'_, T> {
    #[inline(always)]
    pub(super) fn weights(&self) -> &[T] {
        match self {
            LayerTarget::Gradient { weights, .. } => weights,
            LayerTarget::Parameters { weights, .. } => weights,
        }
    }

    /// The destinations of the gradients of the weights and of the bias.
    #[inline(always)]
    pub(super) fn destinations(&mut self) -> (Destination<'_, T>, Option<Destination<'_, T>>) {
        match self {
            LayerTarget::Gradient {
                weight_gradient,
                bias_gradient,
                ..
            } => (
                Destination::Gradient(weight_gradient),
                match bias_gradient {
                    Some(gradient) => Some(Destination::Gradient(gradient)),
                    None => None,
                },
            ),
            LayerTarget::Parameters { weights, bias, rate } => (
                Destination::Step {
                    parameters: weights,
                    rate: *rate,
                },
                match bias {
                    Some(parameters) => Some(Destination::Step {
                        parameters,
                        rate: *rate,
                    }),
                    None => None,
                },
            ),
        }
    }
}

/// Splits two parts off one slice; the first part lies before the second.
#[inline(always)]
fn two_parts<T>(
    all: &mut [T],
    first: Range<usize>,
    second: Option<Range<usize>>,
) -> (&mut [T], Option<&mut [T]>) {
    match second {
        None => (&mut all[first], None),
        Some(second) => {
            let (before, from) = all.split_at_mut(second.start);
            (&mut before[first], Some(&mut from[..second.len()]))
        }
    }
}

impl<T: Scalar> Target<'_, T> {
    #[inline(always)]
    pub(super) fn layer(&mut self, layer: &Layer) -> LayerTarget<'_, T> {
        match self {
            Target::Gradient { parameters, gradient } => {
                let (weight_gradient, bias_gradient) = two_parts(gradient, layer.weights(), layer.bias());
                LayerTarget::Gradient {
                    weights: &parameters[layer.weights()],
                    weight_gradient,
                    bias_gradient,
                }
            }
            Target::Parameters { parameters, rate } => {
                let (weights, bias) = two_parts(parameters, layer.weights(), layer.bias());
                LayerTarget::Parameters {
                    weights,
                    bias,
                    rate: *rate,
                }
            }
        }
    }
}
