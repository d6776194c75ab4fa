//! The arrays of one layer in a pass.

use super::Scratch;
use crate::aligned::Aligned;
use crate::normalisation::{Normalisation, Normalised};
use crate::simd::scalar::Scalar;

/// What a pass computes of one layer, each (batch, fan_out), row after row.
#[derive(Debug, Clone)]
pub struct LayerArrays<T> {
    /// The pre-activations z, (rows, fan_out).
    pub z: Aligned<T>,
    /// The activations a = f(z), (rows, fan_out).
    pub activation: Aligned<T>,
    /// δ = ∂L/∂z, (rows, fan_out).
    pub delta: Aligned<T>,
    /// ∂L/∂a, kept only by a workspace that records.
    pub upstream: Aligned<T>,
    /// Dropout's factor for each activation, 0 or 1/(1 − rate), and the activations times these; only where there is
    /// dropout.
    pub mask: Aligned<T>,
    /// The activations times these factors.
    pub dropped: Aligned<T>,
    /// Only of a layer whose sums are normalised; z is then what normalisation has made of them.
    pub normalised: Option<Box<Normalised<T>>>,
    /// What the layer's kernels keep between forward and backward.
    pub scratch: Scratch<T>,
}

impl<T: Scalar> LayerArrays<T> {
    /// The arrays of a layer of `fan_out` units for batches of up to `capacity` rows, without those that not every pass has.
    pub fn new(fan_out: usize, normalisation: Option<Normalisation>, capacity: usize) -> Self {
        let length = fan_out * capacity;
        Self {
            z: Aligned::zeros(length),
            activation: Aligned::zeros(length),
            delta: Aligned::zeros(length),
            upstream: Aligned::default(),
            mask: Aligned::default(),
            dropped: Aligned::default(),
            normalised: normalisation.map(|kind| Box::new(Normalised::new(kind, fan_out, capacity))),
            scratch: Scratch::default(),
        }
    }

    /// What the next layer gets, (rows, fan_out).
    #[inline(always)]
    pub fn output(&self) -> &[T] {
        if self.dropped.is_empty() {
            &self.activation
        } else {
            &self.dropped
        }
    }
}
