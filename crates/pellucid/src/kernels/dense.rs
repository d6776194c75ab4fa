//! Plain loops for layers too small for a matrix product: of constant width up to 16 units, in blocks beyond.

use super::isa::Isa;
use super::{Destination, Shape, mul_add};
use crate::scalar::Scalar;

/// Calls `$kernel::<I, T, N>` with the constant N that equals `$width`, or `$otherwise` beyond 16.
macro_rules! of_width {
    ($width:expr, $kernel:ident, $arguments:tt, $otherwise:expr) => {
        of_width!(@ $width, $kernel, $arguments, $otherwise, 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@ $width:expr, $kernel:ident, $arguments:tt, $otherwise:expr, $($n:literal)*) => {
        match $width {
            $($n => of_width!(! $kernel, $n, $arguments),)*
            _ => $otherwise,
        }
    };
    (! $kernel:ident, $n:literal, ($($argument:expr),*)) => { $kernel::<I, T, $n>($($argument),*) };
}
pub(super) use of_width;

/// Units handled at once in a wide layer: a few vector registers of sums.
pub(super) const BLOCK: usize = 64;

#[inline(always)]
pub(super) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    x: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    of_width!(
        shape.fan_out,
        affine_narrow,
        (shape, x, weights, bias, z),
        affine_wide::<I, T>(shape, x, weights, bias, z)
    );
}

#[inline(always)]
fn affine_narrow<I: Isa, T: Scalar, const N: usize>(
    shape: Shape,
    x: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    let (weights, _) = weights.as_chunks::<N>();
    let (z, _) = z.as_chunks_mut::<N>();
    let start = bias
        .and_then(|bias| bias.first_chunk::<N>())
        .copied()
        .unwrap_or([T::ZERO; N]);
    for (x, z) in x.chunks_exact(shape.fan_in).zip(z) {
        let mut sums = start;
        for (&x, weights) in x.iter().zip(weights) {
            for j in 0..N {
                sums[j] = mul_add::<I, T>(x, weights[j], sums[j]);
            }
        }
        *z = sums;
    }
}

#[inline(always)]
fn affine_wide<I: Isa, T: Scalar>(shape: Shape, x: &[T], weights: &[T], bias: Option<&[T]>, z: &mut [T]) {
    let n = shape.fan_out;
    for (x, z) in x.chunks_exact(shape.fan_in).zip(z.chunks_exact_mut(n)) {
        match bias {
            Some(bias) => z.copy_from_slice(bias),
            None => z.fill(T::ZERO),
        }
        let (blocks, rest) = z.as_chunks_mut::<BLOCK>();
        let rest_at = blocks.len() * BLOCK;
        for (b, block) in blocks.iter_mut().enumerate() {
            let mut sums = *block;
            for (&x, weights) in x.iter().zip(weights.chunks_exact(n)) {
                let weights = &weights[b * BLOCK..][..BLOCK];
                for j in 0..BLOCK {
                    sums[j] = mul_add::<I, T>(x, weights[j], sums[j]);
                }
            }
            *block = sums;
        }
        if !rest.is_empty() {
            for (&x, weights) in x.iter().zip(weights.chunks_exact(n)) {
                add_scaled::<I, T>(x, &weights[rest_at..], rest);
            }
        }
    }
}

/// to ← to + factor·of.
#[inline(always)]
pub(super) fn add_scaled<I: Isa, T: Scalar>(factor: T, of: &[T], to: &mut [T]) {
    for (to, &of) in to.iter_mut().zip(of) {
        *to = mul_add::<I, T>(factor, of, *to);
    }
}

#[inline(always)]
pub(super) fn weight_gradient<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    let (factor, to) = match to {
        Destination::Gradient(gradient) => {
            gradient.fill(T::ZERO);
            (T::ONE, gradient)
        }
        Destination::Step { parameters, rate } => (-rate, parameters),
    };
    of_width!(
        shape.fan_out,
        add_outer_narrow,
        (shape, x, delta, factor, to),
        add_outer_wide::<I, T>(shape, x, delta, factor, to)
    );
}

/// to ← to + factor·xᵀδ.
#[inline(always)]
fn add_outer_narrow<I: Isa, T: Scalar, const N: usize>(
    shape: Shape,
    x: &[T],
    delta: &[T],
    factor: T,
    to: &mut [T],
) {
    let (delta, _) = delta.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    if let [delta] = delta {
        let scaled = delta.map(|d| d * factor);
        for (&x, to) in x.iter().zip(to) {
            for j in 0..N {
                to[j] = mul_add::<I, T>(x, scaled[j], to[j]);
            }
        }
        return;
    }
    for (i, to) in to.iter_mut().enumerate() {
        let mut sums = [T::ZERO; N];
        for (x, delta) in x.chunks_exact(shape.fan_in).zip(delta) {
            for j in 0..N {
                sums[j] = mul_add::<I, T>(x[i], delta[j], sums[j]);
            }
        }
        for j in 0..N {
            to[j] = mul_add::<I, T>(factor, sums[j], to[j]);
        }
    }
}

#[inline(always)]
fn add_outer_wide<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], factor: T, to: &mut [T]) {
    let n = shape.fan_out;
    for (x, delta) in x.chunks_exact(shape.fan_in).zip(delta.chunks_exact(n)) {
        for (&x, to) in x.iter().zip(to.chunks_exact_mut(n)) {
            add_scaled::<I, T>(factor * x, delta, to);
        }
    }
}

#[inline(always)]
pub(super) fn bias_gradient<I: Isa, T: Scalar>(shape: Shape, delta: &[T], to: Destination<'_, T>) {
    let (factor, to) = match to {
        Destination::Gradient(gradient) => {
            gradient.fill(T::ZERO);
            (T::ONE, gradient)
        }
        Destination::Step { parameters, rate } => (-rate, parameters),
    };
    for delta in delta.chunks_exact(shape.fan_out) {
        add_scaled::<I, T>(factor, delta, to);
    }
}

#[inline(always)]
pub(super) fn input_delta<I: Isa, T: Scalar>(shape: Shape, delta: &[T], weights: &[T], to: &mut [T]) {
    of_width!(
        shape.fan_out,
        input_delta_narrow,
        (shape, delta, weights, to),
        input_delta_wide::<I, T>(shape, delta, weights, to)
    );
}

#[inline(always)]
fn input_delta_narrow<I: Isa, T: Scalar, const N: usize>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    to: &mut [T],
) {
    let (weights, _) = weights.as_chunks::<N>();
    let (delta, _) = delta.as_chunks::<N>();
    for (delta, to) in delta.iter().zip(to.chunks_exact_mut(shape.fan_in)) {
        for (weights, to) in weights.iter().zip(to) {
            let mut sum = delta[0] * weights[0];
            for j in 1..N {
                sum = mul_add::<I, T>(delta[j], weights[j], sum);
            }
            *to = sum;
        }
    }
}

#[inline(always)]
fn input_delta_wide<I: Isa, T: Scalar>(shape: Shape, delta: &[T], weights: &[T], to: &mut [T]) {
    let n = shape.fan_out;
    for (delta, to) in delta.chunks_exact(n).zip(to.chunks_exact_mut(shape.fan_in)) {
        for (weights, to) in weights.chunks_exact(n).zip(to) {
            *to = dot::<I, T>(delta, weights);
        }
    }
}

/// Σ aⱼ bⱼ, in 16 sums side by side that are added up in a fixed order.
#[inline(always)]
fn dot<I: Isa, T: Scalar>(a: &[T], b: &[T]) -> T {
    const LANES: usize = 16;
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [T::ZERO; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for j in 0..LANES {
            sums[j] = mul_add::<I, T>(a[j], b[j], sums[j]);
        }
    }
    for (j, (&a, &b)) in a_rest.iter().zip(b_rest).enumerate() {
        sums[j] = mul_add::<I, T>(a, b, sums[j]);
    }
    let mut width = LANES / 2;
    while width > 0 {
        for j in 0..width {
            sums[j] += sums[j + width];
        }
        width /= 2;
    }
    sums[0]
}
