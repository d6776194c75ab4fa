//! First layers whose inputs are bytes: four fifths of MNIST's are zero, and a zero adds nothing.

use super::dense::{BLOCK, add_scaled, of_width};
use super::isa::Isa;
use super::{Destination, Shape, mul_add};
use crate::scalar::Scalar;

/// The non-zero inputs of a batch, row after row: found in the forward pass, used again in the backward pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct NonZeros<T> {
    entries: Vec<NonZero<T>>,
    /// Where each row's entries end.
    row_ends: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct NonZero<T> {
    column: u32,
    value: T,
}

impl<T: Scalar> NonZeros<T> {
    /// Finds the non-zero bytes of `shape.rows` rows.
    #[inline(always)]
    pub(super) fn gather(&mut self, shape: Shape, bytes: &[u8], values: &[T; 256]) {
        self.entries.clear();
        self.row_ends.clear();
        for row in bytes.chunks_exact(shape.fan_in).take(shape.rows) {
            self.entries.reserve(row.len());
            let (words, rest) = row.as_chunks::<8>();
            for (w, word) in words.iter().enumerate() {
                let mut left = u64::from_le_bytes(*word);
                while left != 0 {
                    let byte = left.trailing_zeros() / 8;
                    let column = (w * 8) as u32 + byte;
                    let value = values[usize::from(word[byte as usize])];
                    self.entries.push(NonZero { column, value });
                    left &= !(0xff << (byte * 8));
                }
            }
            for (b, &byte) in rest.iter().enumerate() {
                if byte != 0 {
                    let column = (words.len() * 8 + b) as u32;
                    self.entries.push(NonZero {
                        column,
                        value: values[usize::from(byte)],
                    });
                }
            }
            self.row_ends.push(self.entries.len());
        }
    }

    #[inline(always)]
    fn rows(&self) -> impl Iterator<Item = &[NonZero<T>]> {
        let mut start = 0;
        self.row_ends.iter().map(move |&end| {
            let row = &self.entries[start..end];
            start = end;
            row
        })
    }
}

#[inline(always)]
pub(super) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    non_zeros: &NonZeros<T>,
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    of_width!(
        shape.fan_out,
        affine_narrow,
        (non_zeros, weights, bias, z),
        affine_wide::<I, T>(shape, non_zeros, weights, bias, z)
    );
}

#[inline(always)]
fn affine_narrow<I: Isa, T: Scalar, const N: usize>(
    non_zeros: &NonZeros<T>,
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
    for (row, z) in non_zeros.rows().zip(z) {
        let mut sums = start;
        for entry in row {
            let weights = &weights[entry.column as usize];
            for j in 0..N {
                sums[j] = mul_add::<I, T>(entry.value, weights[j], sums[j]);
            }
        }
        *z = sums;
    }
}

#[inline(always)]
fn affine_wide<I: Isa, T: Scalar>(
    shape: Shape,
    non_zeros: &NonZeros<T>,
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    let n = shape.fan_out;
    for (row, z) in non_zeros.rows().zip(z.chunks_exact_mut(n)) {
        match bias {
            Some(bias) => z.copy_from_slice(bias),
            None => z.fill(T::ZERO),
        }
        let (blocks, rest) = z.as_chunks_mut::<BLOCK>();
        let rest_at = blocks.len() * BLOCK;
        for (b, block) in blocks.iter_mut().enumerate() {
            let mut sums = *block;
            for entry in row {
                let weights = &weights[entry.column as usize * n + b * BLOCK..][..BLOCK];
                for j in 0..BLOCK {
                    sums[j] = mul_add::<I, T>(entry.value, weights[j], sums[j]);
                }
            }
            *block = sums;
        }
        if !rest.is_empty() {
            for entry in row {
                let weights = &weights[entry.column as usize * n..][rest_at..n];
                add_scaled::<I, T>(entry.value, weights, rest);
            }
        }
    }
}

#[inline(always)]
pub(super) fn weight_gradient<I: Isa, T: Scalar>(
    shape: Shape,
    non_zeros: &NonZeros<T>,
    delta: &[T],
    to: Destination<'_, T>,
) {
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
        (non_zeros, delta, factor, to),
        add_outer_wide::<I, T>(shape, non_zeros, delta, factor, to)
    );
}

#[inline(always)]
fn add_outer_narrow<I: Isa, T: Scalar, const N: usize>(
    non_zeros: &NonZeros<T>,
    delta: &[T],
    factor: T,
    to: &mut [T],
) {
    let (delta, _) = delta.as_chunks::<N>();
    let (to, _) = to.as_chunks_mut::<N>();
    for (row, delta) in non_zeros.rows().zip(delta) {
        let scaled = delta.map(|d| d * factor);
        for entry in row {
            let to = &mut to[entry.column as usize];
            for j in 0..N {
                to[j] = mul_add::<I, T>(entry.value, scaled[j], to[j]);
            }
        }
    }
}

#[inline(always)]
fn add_outer_wide<I: Isa, T: Scalar>(
    shape: Shape,
    non_zeros: &NonZeros<T>,
    delta: &[T],
    factor: T,
    to: &mut [T],
) {
    let n = shape.fan_out;
    for (row, delta) in non_zeros.rows().zip(delta.chunks_exact(n)) {
        for entry in row {
            add_scaled::<I, T>(
                factor * entry.value,
                delta,
                &mut to[entry.column as usize * n..][..n],
            );
        }
    }
}
