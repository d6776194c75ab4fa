//! The scales of the features in both passes.
//!
//! (x∘s)·W is x·(diag(s)·W): the kernels multiply the features, of whatever kind, with scaled weights. Of those the backward
//! pass computes G = xᵀδ, from which ∂L/∂s = Σⱼ W∘G over the units j, and ∂L/∂W = diag(s)·G.

use crate::scalar::Scalar;
use std::ops::Range;

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

/// Turns the gradient of the scaled weights, which the range `weights` of the gradient has, into those of the weights and of
/// the scales.
#[inline(never)]
pub(super) fn differentiate<T: Scalar>(
    weights: Range<usize>,
    scales: Range<usize>,
    parameters: &[T],
    gradient: &mut [T],
) {
    let fan_out = weights.len() / scales.len();
    let (before, from) = gradient.split_at_mut(scales.start);
    let rows = parameters[weights.clone()].chunks_exact(fan_out);
    let rows = rows.zip(before[weights].chunks_exact_mut(fan_out));
    for (((row, derivatives), &scale), of_scale) in rows.zip(&parameters[scales]).zip(from) {
        let mut sum = T::ZERO;
        for (&weight, derivative) in row.iter().zip(derivatives) {
            sum += weight * *derivative;
            *derivative *= scale;
        }
        *of_scale = sum;
    }
}
