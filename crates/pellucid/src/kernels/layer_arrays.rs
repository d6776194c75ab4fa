//! The arrays of one layer in a pass.

use super::aligned::Aligned;
use crate::scalar::Scalar;

/// What a pass computes of one layer, each (batch, fan_out), row after row.
#[derive(Debug, Clone)]
pub(crate) struct LayerArrays<T> {
    pub(crate) z: Aligned<T>,
    pub(crate) activation: Aligned<T>,
    pub(crate) delta: Aligned<T>,
    /// ∂L/∂a, kept only by a workspace that records.
    pub(crate) upstream: Aligned<T>,
    /// Dropout's factor for each activation, 0 or 1/(1 − rate), and the activations times these; only where there is
    /// dropout.
    pub(crate) mask: Aligned<T>,
    pub(crate) dropped: Aligned<T>,
}

impl<T: Scalar> LayerArrays<T> {
    /// Arrays of `length` numbers, (batch, fan_out), without those that not every pass has.
    pub(crate) fn zeros(length: usize) -> Self {
        Self {
            z: Aligned::zeros(length),
            activation: Aligned::zeros(length),
            delta: Aligned::zeros(length),
            upstream: Aligned::default(),
            mask: Aligned::default(),
            dropped: Aligned::default(),
        }
    }

    /// What the next layer gets, (rows, fan_out).
    #[inline(always)]
    pub(crate) fn output(&self) -> &[T] {
        if self.dropped.is_empty() {
            &self.activation
        } else {
            &self.dropped
        }
    }
}
