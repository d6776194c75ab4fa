//! The arrays of one layer in a pass.

use super::Scratch;
use super::aligned::Aligned;
use crate::model::network::Layer;
use crate::normalisation::Normalised;
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
    /// Only of a layer whose sums are normalised; z is then what normalisation has made of them.
    pub(crate) normalised: Option<Box<Normalised<T>>>,
    /// What the layer's kernels keep between forward and backward.
    pub(crate) scratch: Scratch<T>,
}

impl<T: Scalar> LayerArrays<T> {
    /// The arrays of a layer for batches of up to `capacity` rows, without those that not every pass has.
    pub(crate) fn of(layer: &Layer, capacity: usize) -> Self {
        let length = layer.fan_out * capacity;
        Self {
            z: Aligned::zeros(length),
            activation: Aligned::zeros(length),
            delta: Aligned::zeros(length),
            upstream: Aligned::default(),
            mask: Aligned::default(),
            dropped: Aligned::default(),
            normalised: layer
                .normalisation()
                .map(|kind| Box::new(Normalised::new(kind, layer.fan_out, capacity))),
            scratch: Scratch::default(),
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
