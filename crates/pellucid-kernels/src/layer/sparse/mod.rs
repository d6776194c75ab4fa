//! Products that skip zeros, for layers whose inputs or whose δ contain many of them. Four fifths of MNIST's pixels are
//! zero, and ReLU makes half of the activations and of the δ zero.
//!
//! A single row is compressed into a list. Several rows become masks of 64 columns, with one bit for each column, set
//! where the input is not zero. In the forward pass, a block of 64 rows of W stays in the first-level cache while every
//! sample of the batch adds the rows it needs to its accumulators, which are in registers. In the backward pass, the
//! masks are transposed, and each row of the gradient is accumulated in registers over the samples whose input is not
//! zero.

mod bits;
mod blocks;
pub(crate) mod rows;

use backward::gradient_of_rows;
use bits::transpose_bits;
pub use blocks::NonZeroBlocks;
use forward::affine_of_rows;
use list::List;
pub use list::is_listable;

use super::matrix::Matrix;
use super::transpose::Transpose;
use super::{Destination, Input, Shape};
use crate::aligned::Aligned;
use crate::simd::Isa;
use crate::simd::bytes::{CHUNK, whole_chunk};
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf};
use crate::thread_pool;

/// Rows of a transposed mask.
const GROUP: usize = 64;
/// Registers of a wide panel.
const WIDE: usize = 8;
/// Number of partial sums of a single row's panel of one register, which shortens the dependency chain.
const SPLITS: usize = 4;
/// Maximum number of shards of the input's columns.
const MAX_SHARDS: usize = 4;
/// Units of a part of the forward pass, where it is divided by units: a whole number of panels.
const UNITS_PER_PART: usize = 128;

/// The positions of the non-zero inputs of a batch: found in the forward pass, used again in the backward pass.
#[derive(Debug, Clone, Default)]
pub struct NonZeros<T> {
    single: List<T>,
    shards: Vec<Shard<T>>,
    /// A buffer for each part's block of the right operand, which makes its rows contiguous.
    blocks: [Aligned<T>; MAX_SHARDS],
    /// The input, transposed: each column is contiguous. Filled in the backward pass.
    transposed: Aligned<T>,
}

/// A shard: the part of a batch in a range of columns.
#[derive(Debug, Clone, Default)]
struct Shard<T> {
    /// The first column, and the one after the last.
    columns: (usize, usize),
    /// The non-zero columns of a chunk, [chunk][row].
    by_row: Vec<u64>,
    /// The non-zero rows of a group, [group][column]; filled in the backward pass.
    by_column: Vec<u64>,
    /// This shard's contribution to z, unless it is the first shard.
    partial_z: Aligned<T>,
}

/// The source of the inputs.
trait Source<T>: Copy + Send + Sync {
    /// One bit for each of the `width` numbers from `at` on, set where the number is not zero; 1 ≤ `width` ≤ 64.
    fn non_zero_bits<I: Isa>(self, at: usize, width: usize) -> u64;
    /// Number `at`.
    ///
    /// # Safety
    /// Number `at` must exist.
    unsafe fn value(self, at: usize) -> T;
}

#[derive(Clone, Copy)]
struct Bytes<'a, T> {
    bytes: &'a [u8],
    values: &'a [T; 256],
}

impl<T: Scalar> Source<T> for Bytes<'_, T> {
    #[inline(always)]
    fn non_zero_bits<I: Isa>(self, at: usize, width: usize) -> u64 {
        let mut buffer = [0; CHUNK];
        I::non_zero_bits(whole_chunk(&self.bytes[at..at + width], &mut buffer))
    }
    #[inline(always)]
    unsafe fn value(self, at: usize) -> T {
        // SAFETY: guaranteed by the caller.
        self.values[usize::from(unsafe { *self.bytes.get_unchecked(at) })]
    }
}

#[derive(Clone, Copy)]
struct Numbers<'a, T>(&'a [T]);

impl<T: Scalar> Source<T> for Numbers<'_, T> {
    #[inline(always)]
    fn non_zero_bits<I: Isa>(self, at: usize, width: usize) -> u64 {
        let lanes = VectorOf::<I, T>::LANES;
        let numbers = &self.0[at..at + width];
        let mut bits = 0;
        let mut column = 0;
        while column < width {
            let left = (width - column).min(lanes);
            // SAFETY: `left` numbers are left in the slice.
            let register = unsafe {
                let from = numbers.as_ptr().add(column);
                if left == lanes {
                    VectorOf::<I, T>::load(from)
                } else {
                    VectorOf::<I, T>::load_first(from, left)
                }
            };
            bits |= register.non_zero_bits() << column;
            column += lanes;
        }
        bits
    }
    #[inline(always)]
    unsafe fn value(self, at: usize) -> T {
        // SAFETY: guaranteed by the caller.
        unsafe { *self.0.get_unchecked(at) }
    }
}

/// Minimum number of features and of units of a layer whose batches of numbers are searched for zeros.
const MIN_FEATURES: usize = 64;
const MIN_UNITS: usize = 8;
/// Minimum number of rows, and of inputs and units, for the search for zeros between two layers: below, the
/// accumulators would be stored and loaded too often, or other kernels are faster.
const MIN_ROWS_BETWEEN: usize = 64;
const MIN_WIDTH_BETWEEN: usize = 256;

/// Whether these kernels compute the product with an input. That depends on the numbers: always for bytes, otherwise
/// where half of a few sampled rows are zero.
#[inline(always)]
pub(crate) fn is_profitable<I: Isa, T: Scalar>(shape: Shape, input: Input<'_, T>) -> bool {
    match input {
        Input::Bytes { .. } | Input::Sparse(_) => true,
        Input::Dense(_) if shape.fan_in < MIN_FEATURES || shape.fan_out < MIN_UNITS => false,
        Input::Dense(x) => non_zero_fraction::<I, T>(shape.rows, shape.fan_in, x) <= 0.5,
    }
}

/// Whether these kernels compute the product with numbers that pass between two layers, `width` in each row; `shape` is
/// the shape of the layer whose weights they are multiplied with. Only for large layers, and where three eighths of a
/// few sampled rows are zero: these kernels reach three quarters of the multiply-adds per second of the matrix-product
/// crate, which packs its operands besides.
#[inline(always)]
pub(crate) fn is_profitable_between<I: Isa, T: Scalar>(shape: Shape, numbers: &[T], width: usize) -> bool {
    shape.rows >= MIN_ROWS_BETWEEN
        && shape.fan_in.min(shape.fan_out) >= MIN_WIDTH_BETWEEN
        && non_zero_fraction::<I, T>(shape.rows, width, numbers) <= 0.625
}

/// The fraction of numbers that are not zero in a few sampled rows.
#[inline(always)]
fn non_zero_fraction<I: Isa, T: Scalar>(rows: usize, width: usize, numbers: &[T]) -> f64 {
    let sampled = rows.min(4);
    let mut non_zeros = 0;
    for sample in 0..sampled {
        let row = sample * rows / sampled;
        for column in (0..width).step_by(CHUNK) {
            let count = (width - column).min(CHUNK);
            non_zeros += Numbers(numbers)
                .non_zero_bits::<I>(row * width + column, count)
                .count_ones();
        }
    }
    f64::from(non_zeros) / (sampled * width) as f64
}

/// Whether the inputs become a list.
#[inline(always)]
fn uses_list(shape: Shape) -> bool {
    shape.rows == 1 && is_listable(shape.fan_in)
}

/// The number of shards of a batch: a function of its shape alone.
fn shard_count(shape: Shape) -> usize {
    let work = shape.rows * shape.fan_in * shape.fan_out;
    let wanted = match work {
        0..1_000_000 => 1,
        1_000_000..64_000_000 => 2,
        _ => MAX_SHARDS,
    };
    wanted.min(shape.fan_in.div_ceil(CHUNK))
}

/// z = x·W + b.
#[inline(always)]
pub(crate) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    input: Input<'_, T>,
    non_zeros: &mut NonZeros<T>,
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    let (rows, fan_in, fan_out) = shape.sizes();
    let inputs = match input {
        Input::Bytes { bytes, .. } => bytes.len(),
        Input::Dense(x) => x.len(),
        Input::Sparse(x) if x.width() == fan_in => x.rows() * fan_in,
        Input::Sparse(_) => 0,
    };
    assert!(
        inputs >= rows * fan_in
            && weights.len() >= fan_in * fan_out
            && z.len() >= rows * fan_out
            && bias.is_none_or(|bias| bias.len() >= fan_out),
        "a product's operands are too short"
    );
    if uses_list(shape) {
        non_zeros.single.gather::<I>(fan_in, input);
        return non_zeros
            .single
            .affine::<I>(input, weights, bias, &mut z[..fan_out]);
    }
    let right = Matrix::rows(weights, fan_out);
    match input {
        Input::Bytes { bytes, values } => {
            affine_of_rows::<I, T, _>(shape, Bytes { bytes, values }, non_zeros, right, bias, z);
        }
        Input::Dense(x) => affine_of_rows::<I, T, _>(shape, Numbers(x), non_zeros, right, bias, z),
        Input::Sparse(x) => rows::affine::<I, T>(shape, x, weights, bias, z),
    }
}

/// ∂L/∂x = δ·Wᵀ, for a δ that is worth [searching for zeros](is_profitable_between).
#[inline(always)]
pub(crate) fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    non_zeros: &mut NonZeros<T>,
    weights: &[T],
    to: &mut [T],
) {
    let (rows, fan_in, fan_out) = shape.sizes();
    assert!(
        delta.len() >= rows * fan_out && weights.len() >= fan_in * fan_out && to.len() >= rows * fan_in,
        "a product's operands are too short"
    );
    let shape = Shape {
        fan_in: fan_out,
        fan_out: fan_in,
        ..shape
    };
    let weights = Matrix::transposed(weights, fan_out);
    affine_of_rows::<I, T, _>(shape, Numbers(delta), non_zeros, weights, None, to);
}

/// ∂L/∂W = xᵀδ, for the input of the last [`affine`].
#[inline(always)]
pub(crate) fn weight_gradient<I: Isa, T: Scalar>(
    shape: Shape,
    input: Input<'_, T>,
    non_zeros: &mut NonZeros<T>,
    delta: &[T],
    to: Destination<'_, T>,
) {
    let (rows, fan_in, fan_out) = shape.sizes();
    let Destination { numbers: to, step } = to;
    let fits = match input {
        Input::Sparse(x) => x.width() == fan_in && x.rows() >= rows,
        // The lists and masks are those of the last forward pass.
        Input::Bytes { .. } | Input::Dense(_) => true,
    };
    assert!(
        fits && delta.len() >= rows * fan_out && to.len() >= fan_in * fan_out,
        "a product's operands are too short"
    );
    if uses_list(shape) {
        return non_zeros
            .single
            .weight_gradient::<I>(input, &delta[..fan_out], step, to);
    }
    match input {
        Input::Bytes { bytes, values } => {
            let source = Bytes { bytes, values };
            gradient_of_rows::<I, T, _>(shape, (source, (fan_in, 1)), non_zeros, delta, step, to);
        }
        Input::Dense(x) => {
            let mut transposed = std::mem::take(&mut non_zeros.transposed);
            let (source, strides) = if fan_out < MIN_WIDTH_BETWEEN {
                (Numbers(x), (fan_in, 1))
            } else {
                transpose_input::<I, T>(
                    shape,
                    x,
                    &non_zeros.shards,
                    transposed.ensure_length(rows * fan_in),
                );
                (Numbers(&transposed[..rows * fan_in]), (1, rows))
            };
            gradient_of_rows::<I, T, _>(shape, (source, strides), non_zeros, delta, step, to);
            non_zeros.transposed = transposed;
        }
        Input::Sparse(x) => rows::weight_gradient::<I, T>(shape, x, delta, step, to),
    }
}

/// Transposes the input: `to` is (fan_in, rows). Where rows are a power of two apart, the numbers of a column would map
/// to the same cache lines, and each panel of the gradient would fetch them again.
#[inline(always)]
fn transpose_input<I: Isa, T: Scalar>(shape: Shape, x: &[T], shards: &[Shard<T>], to: &mut [T]) {
    let (rows, fan_in, _) = shape.sizes();
    assert!(x.len() >= rows * fan_in, "a product's operands are too short");
    let mut rest = to;
    let parts = shards.iter().map(|shard| {
        let (start, end) = shard.columns;
        let (to, after) = std::mem::take(&mut rest).split_at_mut((end - start) * rows);
        rest = after;
        // SAFETY: x is (rows, fan_in), the shard's columns are below fan_in, and `to` holds rows numbers for each of
        // them.
        unsafe {
            let from = (x.as_ptr().add(start), fan_in);
            Transpose::new(from, (rows, end - start), (to.as_mut_ptr(), rows))
        }
    });
    thread_pool::for_each_of::<MAX_SHARDS, _>(shape.threads, parts, |part| I::call(part));
}

/// Evaluates `$panel` for each panel of columns: C registers from `$column` on, [`WIDE`] of them, two or one; where MASKED,
/// the last columns, `$count` of them, which fill only a part of a register.
macro_rules! panels {
    ($n:expr, $lanes:expr, |$column:ident, $count:ident, $C:ident, $MASKED:ident| $panel:expr) => {{
        let (n, lanes) = ($n, $lanes);
        let mut $column = 0;
        while $column < n {
            if $column + WIDE * lanes <= n {
                panels!($C = WIDE, $MASKED = false, $count = 0, $panel);
                $column += WIDE * lanes;
            } else if $column + 2 * lanes <= n {
                panels!($C = 2, $MASKED = false, $count = 0, $panel);
                $column += 2 * lanes;
            } else if $column + lanes <= n {
                panels!($C = 1, $MASKED = false, $count = 0, $panel);
                $column += lanes;
            } else {
                panels!($C = 1, $MASKED = true, $count = n - $column, $panel);
                $column = n;
            }
        }
    }};
    ($C:ident = $registers:expr, $MASKED:ident = $masked:literal, $count:ident = $left:expr, $panel:expr) => {{
        const $C: usize = $registers;
        const $MASKED: bool = $masked;
        let $count = $left;
        $panel
    }};
}

// These modules use the macro above.
mod backward;
mod forward;
pub(crate) mod list;

impl<T> Shard<T> {
    /// Fills `by_row`.
    #[inline(always)]
    fn scan<I: Isa, U, S: Source<U>>(&mut self, shape: Shape, source: S) {
        let (start, end) = self.columns;
        self.by_row.clear();
        for first in (start..end).step_by(CHUNK) {
            let width = (end - first).min(CHUNK);
            for row in 0..shape.rows {
                let bits = source.non_zero_bits::<I>(row * shape.fan_in + first, width);
                self.by_row.push(bits);
            }
        }
    }

    /// Fills `by_column` from `by_row`.
    #[inline(always)]
    fn transpose(&mut self, rows: usize) {
        let (start, end) = self.columns;
        let width = end - start;
        self.by_column.clear();
        self.by_column.resize(rows.div_ceil(GROUP) * width, 0);
        for (chunk, masks) in self.by_row.chunks_exact(rows).enumerate() {
            for (group, masks) in masks.chunks(GROUP).enumerate() {
                let mut bits = [0; GROUP];
                bits[..masks.len()].copy_from_slice(masks);
                transpose_bits(&mut bits);
                let to = &mut self.by_column[group * width..][..width];
                let to = &mut to[chunk * CHUNK..];
                let count = to.len().min(CHUNK);
                to[..count].copy_from_slice(&bits[..count]);
            }
        }
    }
}
