//! What stands in the place of the matrix-product crate in WebAssembly, where no instruction set uses it: the plain loops.

use super::dense;
use super::{Destination, Shape};
use crate::aligned::Aligned;
use crate::simd::Isa;
use crate::simd::scalar::Scalar;

/// Whether the crate would be faster: it is not there.
#[inline(always)]
pub(crate) fn is_profitable(_: Shape) -> bool {
    false
}

#[inline(always)]
pub(crate) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    x: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    dense::affine::<I, T>(shape, x, weights, bias, z);
}

#[inline(always)]
pub(crate) fn weight_gradient<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    dense::weight_gradient::<I, T>(shape, x, delta, to);
}

#[inline(always)]
pub(crate) fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    to: &mut [T],
    scratch: &mut Aligned<T>,
) {
    dense::input_delta::<I, T>(shape, delta, weights, to, scratch);
}
