//! The arrays that a pass computes for one layer.

use super::Scratch;
use crate::aligned::Aligned;
use crate::normalisation::{Normalisation, Normalised};
use crate::simd::scalar::Scalar;

/// The arrays of one layer, each (batch, fan_out), row-major.
#[derive(Debug, Clone)]
pub struct LayerArrays<T> {
    /// The pre-activations z, (rows, fan_out).
    pub z: Aligned<T>,
    /// The activations a = f(z), (rows, fan_out).
    pub activation: Aligned<T>,
    /// δ = ∂L/∂z, (rows, fan_out).
    pub delta: Aligned<T>,
    /// ∂L/∂a, kept only by a workspace that records it.
    pub upstream: Aligned<T>,
    /// The dropout factor of each activation, 0 or 1/(1 − rate); only where there is dropout.
    pub mask: Aligned<T>,
    /// The activations times these factors; only where there is dropout.
    pub dropped: Aligned<T>,
    /// The state of the normalisation; only for a normalised layer, whose z is the normalised pre-activations.
    pub normalised: Option<Box<Normalised<T>>>,
    /// The arrays of parametric activations; only for a layer that has them.
    pub parametric: Option<Box<Parametric<T>>>,
    /// What the layer's kernels keep from forward to backward.
    pub scratch: Scratch<T>,
}

/// The arrays of a layer with parametric activations a = z + α·(f(z) − z).
#[derive(Debug, Clone)]
pub struct Parametric<T> {
    /// f(z), (rows, fan_out).
    pub function: Aligned<T>,
    /// ∂L/∂a, (rows, fan_out), of the last backward pass.
    pub outer: Aligned<T>,
    /// ∂L/∂α, (fan_out), of the last backward pass.
    pub derivatives: Aligned<T>,
}

impl<T: Scalar> LayerArrays<T> {
    /// The arrays of a layer of `fan_out` units for batches of up to `capacity` rows, without the arrays that only some
    /// passes have.
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
            parametric: None,
            scratch: Scratch::default(),
        }
    }

    /// The same for a layer of `fan_out` units with parametric activations.
    #[must_use]
    pub fn parametric(mut self, fan_out: usize) -> Self {
        let length = self.z.len();
        self.parametric = Some(Box::new(Parametric {
            function: Aligned::zeros(length),
            outer: Aligned::zeros(length),
            derivatives: Aligned::zeros(fan_out),
        }));
        self
    }

    /// The input of the next layer, (rows, fan_out).
    #[inline(always)]
    pub fn output(&self) -> &[T] {
        if self.dropped.is_empty() {
            &self.activation
        } else {
            &self.dropped
        }
    }
}
