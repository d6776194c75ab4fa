//! The scales of the features in both passes.
//!
//! (x∘s)·W is x·(diag(s)·W): the kernels multiply the features, of whatever kind, with scaled weights. Of those the backward
//! pass computes G = xᵀδ, from which ∂L/∂s = Σⱼ W∘G over the units j, and ∂L/∂W = diag(s)·G, summed over the members that
//! share W.

use crate::scalar::Scalar;

/// Each row of the weights, (fan_in, fan_out), times its scale.
#[inline(never)]
pub(super) fn scale_rows<T: Scalar>(weights: &[T], scales: &[T], to: &mut [T]) {
    let fan_out = weights.len() / scales.len();
    let rows = weights.chunks_exact(fan_out).zip(to.chunks_exact_mut(fan_out));
    for ((row, to), &scale) in rows.zip(scales) {
        for (&weight, to) in row.iter().zip(to) {
            *to = weight * scale;
        }
    }
}

/// What the gradients of weights and scales follow from.
pub(super) struct OfScaled<'a, T> {
    /// The weights, (fan_in, fan_out).
    pub(super) weights: &'a [T],
    /// The scales, (fan_in).
    pub(super) scales: &'a [T],
    /// The gradient G of the scaled weights, (fan_in, fan_out).
    pub(super) of_scaled: &'a [T],
}

impl<T: Scalar> OfScaled<'_, T> {
    /// Writes ∂L/∂s to `to_scales`, and writes ∂L/∂W to `to_weights`, or adds it.
    #[inline(never)]
    pub(super) fn differentiate(&self, to_weights: &mut [T], to_scales: &mut [T], adds: bool) {
        let fan_out = self.weights.len() / self.scales.len();
        let rows = self.weights.chunks_exact(fan_out);
        let rows = rows.zip(self.of_scaled.chunks_exact(fan_out));
        let to = to_weights.chunks_exact_mut(fan_out).zip(to_scales);
        for (((row, derivatives), &scale), (to_row, to_scale)) in rows.zip(self.scales).zip(to) {
            let mut sum = T::ZERO;
            for ((&weight, &derivative), to) in row.iter().zip(derivatives).zip(to_row) {
                sum += weight * derivative;
                let of_weight = derivative * scale;
                *to = if adds { *to + of_weight } else { of_weight };
            }
            *to_scale = sum;
        }
    }
}
