//! Layers whose inputs, or whose δ, hold many zeros: a zero adds nothing. Four fifths of MNIST's pixels are zero, and half
//! of what ReLU lets through, in either direction.
//!
//! A single row is compressed into a list. Several rows become masks of 64 columns, a bit each that is set where the
//! input is not zero. Forward, a block of 64 rows of W stays in the first cache while every sample of the batch adds
//! what it needs of it to its sums, which are in registers. Backward, the masks are transposed, and each row of the
//! gradient is summed in registers over the samples that have something to say about it.

mod blocks;

pub use blocks::NonZeroBlocks;
use list::List;
pub use list::is_short;

use super::product::To;
use super::transpose::Transpose;
use super::{Destination, Input, Shape};
use crate::aligned::Aligned;
use crate::simd::Isa;
use crate::simd::Task;
use crate::simd::bytes::{CHUNK, whole_chunk};
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf};
use crate::thread_pool;

/// The rows of a transposed mask.
const GROUP: usize = 64;
/// Registers of a wide panel.
const WIDE: usize = 8;
/// Sums that a single row's panel of one register is split into, so that they need not wait for one another.
const SPLITS: usize = 4;
/// The most shards of the input's columns.
const MOST_SHARDS: usize = 4;
/// Units of a part of the way forward, where it is divided by them: a whole number of panels.
const UNITS_OF_A_PART: usize = 128;

/// Where the non-zero inputs of a batch are: found in the forward pass, used again in the backward pass.
#[derive(Debug, Clone, Default)]
pub struct NonZeros<T> {
    single: List<T>,
    shards: Vec<Shard<T>>,
    /// Room for each part's block of the right operand, whose rows then lie side by side.
    blocks: [Aligned<T>; MOST_SHARDS],
    /// Numbers with the rows of the batch side by side, made in the backward pass.
    turned: Aligned<T>,
}

/// The part of a batch that lies in some of the columns.
#[derive(Debug, Clone, Default)]
struct Shard<T> {
    /// The first column, and the one after the last.
    columns: (usize, usize),
    /// Which columns of a chunk are not zero, [chunk][row].
    by_row: Vec<u64>,
    /// Which rows of a group are not zero, [group][column]; made in the backward pass.
    by_column: Vec<u64>,
    /// This shard's part of z, unless it is the first.
    sums: Aligned<T>,
}

/// What the inputs are read from.
trait Source<T>: Copy + Send + Sync {
    /// Which of the `width` numbers from `at` on are not zero, a bit each; 1 ≤ `width` ≤ 64.
    fn non_zero_bits<I: Isa>(self, at: usize, width: usize) -> u64;
    /// Number `at`.
    ///
    /// # Safety
    /// It must be there.
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
        let mut room = [0; CHUNK];
        I::non_zero_bits(whole_chunk(&self.bytes[at..at + width], &mut room))
    }
    #[inline(always)]
    unsafe fn value(self, at: usize) -> T {
        // SAFETY: as the caller vouches.
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
        // SAFETY: as the caller vouches.
        unsafe { *self.0.get_unchecked(at) }
    }
}

/// Features from which on, and units from which on, a batch of numbers is searched for zeros.
const LEAST_FEATURES: usize = 64;
const LEAST_UNITS: usize = 8;
/// Rows, and inputs and units, from which on what passes between two layers is searched for zeros: below, the sums would be
/// stored and loaded again more often than it pays, or there are other kernels.
const LEAST_ROWS_BETWEEN: usize = 64;
const LEAST_WIDTH_BETWEEN: usize = 256;

/// Whether an input is worked on here. That depends on the numbers: bytes always are, others where half of a few rows'
/// are zero.
#[inline(always)]
pub(crate) fn pays<I: Isa, T: Scalar>(shape: Shape, input: Input<'_, T>) -> bool {
    match input {
        Input::Bytes { .. } => true,
        Input::Dense(_) if shape.fan_in < LEAST_FEATURES || shape.fan_out < LEAST_UNITS => false,
        Input::Dense(x) => share_of_non_zeros::<I, T>(shape.rows, shape.fan_in, x) <= 0.5,
    }
}

/// Whether numbers that go from one layer to another, `width` a row, are worked on here: `shape` is that of the layer whose
/// weights they are multiplied with. Large layers alone, and where three eighths of a few rows are zero: the kernels here do
/// three quarters as many multiply-adds a second as the matrix-product crate, which packs its operands besides.
#[inline(always)]
pub(crate) fn pays_between<I: Isa, T: Scalar>(shape: Shape, numbers: &[T], width: usize) -> bool {
    shape.rows >= LEAST_ROWS_BETWEEN
        && shape.fan_in.min(shape.fan_out) >= LEAST_WIDTH_BETWEEN
        && share_of_non_zeros::<I, T>(shape.rows, width, numbers) <= 0.625
}

/// How many of the numbers in a few of the rows are not zero.
#[inline(always)]
fn share_of_non_zeros<I: Isa, T: Scalar>(rows: usize, width: usize, numbers: &[T]) -> f64 {
    let looked_at = rows.min(4);
    let mut non_zeros = 0;
    for look in 0..looked_at {
        let row = look * rows / looked_at;
        for column in (0..width).step_by(CHUNK) {
            let count = (width - column).min(CHUNK);
            non_zeros += Numbers(numbers)
                .non_zero_bits::<I>(row * width + column, count)
                .count_ones();
        }
    }
    f64::from(non_zeros) / (looked_at * width) as f64
}

/// Whether the inputs become a list.
#[inline(always)]
fn is_listed(shape: Shape) -> bool {
    shape.rows == 1 && is_short(shape.fan_in)
}

/// How many shards a batch has: by its shape alone.
fn shard_count(shape: Shape) -> usize {
    let work = shape.rows * shape.fan_in * shape.fan_out;
    let wanted = match work {
        0..1_000_000 => 1,
        1_000_000..64_000_000 => 2,
        _ => MOST_SHARDS,
    };
    wanted.min(shape.fan_in.div_ceil(CHUNK))
}

/// The right operand of a product, (fan_in, fan_out) row-major.
#[derive(Clone, Copy)]
struct Right<'a, T> {
    values: &'a [T],
    /// Whether they are given the other way round, (fan_out, fan_in).
    is_transposed: bool,
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
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let inputs = match input {
        Input::Bytes { bytes, .. } => bytes.len(),
        Input::Dense(x) => x.len(),
    };
    assert!(
        inputs >= rows * fan_in
            && weights.len() >= fan_in * fan_out
            && z.len() >= rows * fan_out
            && bias.is_none_or(|bias| bias.len() >= fan_out),
        "a product's operands are too short"
    );
    if is_listed(shape) {
        non_zeros.single.gather::<I>(fan_in, input);
        return non_zeros
            .single
            .affine::<I>(input, weights, bias, &mut z[..fan_out]);
    }
    let right = Right {
        values: weights,
        is_transposed: false,
    };
    match input {
        Input::Bytes { bytes, values } => {
            affine_of_several::<I, T, _>(shape, Bytes { bytes, values }, non_zeros, right, bias, z);
        }
        Input::Dense(x) => affine_of_several::<I, T, _>(shape, Numbers(x), non_zeros, right, bias, z),
    }
}

/// ∂L/∂x = δ·Wᵀ, for a δ that is worked on [here](pays_between).
#[inline(always)]
pub(crate) fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    non_zeros: &mut NonZeros<T>,
    weights: &[T],
    to: &mut [T],
) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    assert!(
        delta.len() >= rows * fan_out && weights.len() >= fan_in * fan_out && to.len() >= rows * fan_in,
        "a product's operands are too short"
    );
    let shape = Shape {
        fan_in: fan_out,
        fan_out: fan_in,
        ..shape
    };
    let right = Right {
        values: weights,
        is_transposed: true,
    };
    affine_of_several::<I, T, _>(shape, Numbers(delta), non_zeros, right, None, to);
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
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let (step, to) = match to {
        Destination::Gradient(gradient) => (None, gradient),
        Destination::Step { parameters, rate } => (Some(-rate), parameters),
    };
    assert!(
        delta.len() >= rows * fan_out && to.len() >= fan_in * fan_out,
        "a product's operands are too short"
    );
    if is_listed(shape) {
        return non_zeros
            .single
            .weight_gradient::<I>(input, &delta[..fan_out], step, to);
    }
    match input {
        Input::Bytes { bytes, values } => {
            let source = Bytes { bytes, values };
            gradient_of_several::<I, T, _>(shape, (source, (fan_in, 1)), non_zeros, delta, step, to);
        }
        Input::Dense(x) => {
            let mut turned = std::mem::take(&mut non_zeros.turned);
            let (source, strides) = if fan_out < LEAST_WIDTH_BETWEEN {
                (Numbers(x), (fan_in, 1))
            } else {
                turn::<I, T>(shape, x, &non_zeros.shards, turned.with_room(rows * fan_in));
                (Numbers(&turned[..rows * fan_in]), (1, rows))
            };
            gradient_of_several::<I, T, _>(shape, (source, strides), non_zeros, delta, step, to);
            non_zeros.turned = turned;
        }
    }
}

/// Lays the numbers of each column side by side, `to` (fan_in, rows). Where the rows are a power of two apart they would
/// fall on the same lines of the cache, and each panel of the gradient would fetch them anew.
#[inline(always)]
fn turn<I: Isa, T: Scalar>(shape: Shape, x: &[T], shards: &[Shard<T>], to: &mut [T]) {
    let Shape {
        rows,
        fan_in,
        threads,
        ..
    } = shape;
    assert!(x.len() >= rows * fan_in, "a product's operands are too short");
    let mut rest = to;
    let mut parts = [const { None }; MOST_SHARDS];
    for (part, shard) in parts.iter_mut().zip(shards) {
        let (start, end) = shard.columns;
        let (to, after) = rest.split_at_mut((end - start) * rows);
        // SAFETY: x is (rows, fan_in), the shard's columns are below fan_in, and `to` has room for them.
        *part = Some(unsafe {
            let from = (x.as_ptr().add(start), fan_in);
            Transpose::new(from, (rows, end - start), (to.as_mut_ptr(), rows))
        });
        rest = after;
    }
    thread_pool::for_each(threads, &mut parts[..shards.len()], |part| {
        if let Some(part) = part.take() {
            I::call(part);
        }
    });
}

/// Calls `$wide` for panels of [`WIDE`] registers, `$pair` for those of two, `$single` for one, `$masked` for a last one
/// partly filled.
macro_rules! panels {
    ($n:expr, $lanes:expr, |$column:ident, $count:ident| $wide:expr, $pair:expr, $single:expr, $masked:expr) => {{
        let (n, lanes) = ($n, $lanes);
        let mut $column = 0;
        while $column < n {
            if $column + WIDE * lanes <= n {
                $wide;
                $column += WIDE * lanes;
            } else if $column + 2 * lanes <= n {
                $pair;
                $column += 2 * lanes;
            } else if $column + lanes <= n {
                $single;
                $column += lanes;
            } else {
                let $count = n - $column;
                $masked;
                $column = n;
            }
        }
    }};
}

// After the macro, which it uses.
pub(crate) mod list;

/// C registers from `from` on, or the first `count` numbers of one.
///
/// # Safety
/// They must be there.
#[inline(always)]
unsafe fn load<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    from: *const T,
    count: usize,
) -> [VectorOf<I, T>; C] {
    let mut registers = [VectorOf::<I, T>::splat(T::ZERO); C];
    for (c, register) in registers.iter_mut().enumerate() {
        // SAFETY: as the caller vouches.
        *register = unsafe {
            if MASKED {
                VectorOf::<I, T>::load_first(from, count)
            } else {
                VectorOf::<I, T>::load(from.add(c * VectorOf::<I, T>::LANES))
            }
        };
    }
    registers
}

/// Writes C registers, or the first `count` numbers of one, from `to` on.
///
/// # Safety
/// There must be room for them.
#[inline(always)]
unsafe fn store<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    registers: [VectorOf<I, T>; C],
    to: *mut T,
    count: usize,
) {
    for (c, register) in registers.into_iter().enumerate() {
        // SAFETY: as the caller vouches.
        unsafe {
            if MASKED {
                register.store_first(to, count);
            } else {
                register.store(to.add(c * VectorOf::<I, T>::LANES));
            }
        }
    }
}

#[inline(always)]
fn affine_of_several<I: Isa, T: Scalar, S: Source<T>>(
    shape: Shape,
    source: S,
    non_zeros: &mut NonZeros<T>,
    right: Right<'_, T>,
    bias: Option<&[T]>,
    z: &mut [T],
) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        threads,
    } = shape;
    let count = shard_count(shape);
    let NonZeros { shards, blocks, .. } = non_zeros;
    if shards.len() != count {
        shards.resize_with(count, Shard::default);
    }
    let chunks = fan_in.div_ceil(CHUNK);
    for (index, shard) in shards.iter_mut().enumerate() {
        let boundary = |index: usize| (index * chunks / count * CHUNK).min(fan_in);
        shard.columns = (boundary(index), boundary(index + 1));
    }
    let used = rows * fan_out;
    let z = &mut z[..used];
    let work = AffineOfShard {
        shape,
        source,
        right,
        bias,
        units: (0, fan_out),
        z: To(z.as_mut_ptr()),
    };
    if count == 1 {
        shards[0].look::<I, T, S>(shape, source);
        return work.run::<I>(shards, &mut blocks[0]);
    }
    let mut parts: [Option<PartOfAffine<'_, '_, T, S>>; MOST_SHARDS] = [const { None }; MOST_SHARDS];
    let part_count = count.min(fan_out / UNITS_OF_A_PART);
    if part_count > 1 {
        // Each part has units of its own, and needs all that is not zero.
        thread_pool::for_each(threads, shards, |shard| I::call(Look { shape, source, shard }));
        let panels = fan_out.div_ceil(UNITS_OF_A_PART);
        let boundary = |index: usize| (index * panels / part_count * UNITS_OF_A_PART).min(fan_out);
        for (index, (part, block)) in parts.iter_mut().zip(blocks).take(part_count).enumerate() {
            let units = (boundary(index), boundary(index + 1));
            *part = Some(PartOfAffine {
                work: AffineOfShard { units, ..work },
                shards: Shards::Found(shards),
                block,
            });
        }
        thread_pool::for_each(threads, &mut parts[..part_count], |part| {
            if let Some(part) = part.take() {
                I::call(part);
            }
        });
        return;
    }
    for (index, ((part, shard), block)) in parts.iter_mut().zip(&mut *shards).zip(blocks).enumerate() {
        let mut work = work;
        if index > 0 {
            work.z = To(shard.sums.with_room(used).as_mut_ptr());
            work.bias = None;
        }
        *part = Some(PartOfAffine {
            work,
            shards: Shards::Sought(shard),
            block,
        });
    }
    thread_pool::for_each(threads, &mut parts[..count], |part| {
        if let Some(part) = part.take() {
            I::call(part);
        }
    });
    for shard in &shards[1..] {
        for (z, &part) in z.iter_mut().zip(&shard.sums[..used]) {
            *z += part;
        }
    }
}

/// Finds what is not zero in a shard's columns.
struct Look<'b, T, S> {
    shape: Shape,
    source: S,
    shard: &'b mut Shard<T>,
}

impl<T: Scalar, S: Source<T>> Task for Look<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.shard.look::<I, T, S>(self.shape, self.source);
    }
}

/// What some of the inputs contribute to some of the units.
#[derive(Clone, Copy)]
struct AffineOfShard<'a, T, S> {
    shape: Shape,
    source: S,
    right: Right<'a, T>,
    bias: Option<&'a [T]>,
    units: (usize, usize),
    /// (rows, fan_out), of which `units` are written here alone.
    z: To<T>,
}

/// The shards of a part.
enum Shards<'b, T> {
    /// All, in which the non-zeros were found.
    Found(&'b [Shard<T>]),
    /// One, in which they are still to be.
    Sought(&'b mut Shard<T>),
}

struct PartOfAffine<'a, 'b, T, S> {
    work: AffineOfShard<'a, T, S>,
    shards: Shards<'b, T>,
    block: &'b mut Aligned<T>,
}

impl<T: Scalar, S: Source<T>> Task for PartOfAffine<'_, '_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self { work, shards, block } = self;
        let shards = match shards {
            Shards::Found(shards) => shards,
            Shards::Sought(shard) => {
                shard.look::<I, T, S>(work.shape, work.source);
                std::slice::from_ref(shard)
            }
        };
        work.run::<I>(shards, block);
    }
}

impl<T: Scalar, S: Source<T>> AffineOfShard<'_, T, S> {
    /// z of the units: the bias, or 0, and what the shards' columns contribute.
    #[inline(always)]
    fn run<I: Isa>(self, shards: &[Shard<T>], block: &mut Aligned<T>) {
        let (first, end) = self.units;
        let lanes = VectorOf::<I, T>::LANES;
        if self.right.is_transposed || self.shape.fan_out > WIDE * lanes {
            block.with_room(CHUNK * WIDE * lanes);
        }
        panels!(
            end - first,
            lanes,
            // SAFETY: the operands are as long as the shape says (`affine`, `input_delta`), the masks have a bit only
            // where the source has a number, and the columns of a panel are units of this part.
            |column, count| unsafe { self.panel::<I, WIDE, false>(shards, block, first + column, 0) },
            // SAFETY: as above.
            unsafe { self.panel::<I, 2, false>(shards, block, first + column, 0) },
            // SAFETY: as above.
            unsafe { self.panel::<I, 1, false>(shards, block, first + column, 0) },
            // SAFETY: as above.
            unsafe { self.panel::<I, 1, true>(shards, block, first + column, count) }
        );
    }

    /// # Safety
    /// The operands must be as long as the shape says, the shards' masks those of the source, and the panel's columns, from
    /// `column` on, among the units.
    #[inline(always)]
    unsafe fn panel<I: Isa, const C: usize, const MASKED: bool>(
        self,
        shards: &[Shard<T>],
        block: &mut [T],
        column: usize,
        count: usize,
    ) {
        let Shape {
            rows,
            fan_in,
            fan_out: n,
            ..
        } = self.shape;
        let width = C * VectorOf::<I, T>::LANES;
        let copies = C == WIDE && n > width;
        let z = self.z.0;
        let mut begins = true;
        let last = shards.last().map_or(0, |shard| shard.columns.1);
        for shard in shards {
            let (start, end) = shard.columns;
            for (first, masks) in (start..end).step_by(CHUNK).zip(shard.by_row.chunks_exact(rows)) {
                let inputs = (end - first).min(CHUNK);
                // SAFETY: as the caller vouches; a block has room for CHUNK rows of WIDE registers.
                unsafe {
                    let mut weights = self.right.values.as_ptr();
                    let mut stride = n;
                    if self.right.is_transposed {
                        let from = weights.add(column * fan_in + first);
                        let units = if MASKED { count } else { width };
                        let to = (block.as_mut_ptr(), width);
                        I::call(Transpose::new((from, fan_in), (units, inputs), to));
                        (weights, stride) = (block.as_ptr(), width);
                    } else {
                        weights = weights.add(first * n + column);
                        if copies {
                            // Rows that are a power of two apart fall on the same lines of the cache.
                            for j in 0..inputs {
                                let row = load::<I, T, C, MASKED>(weights.add(j * n), count);
                                store::<I, T, C, MASKED>(row, block.as_mut_ptr().add(j * width), count);
                            }
                            (weights, stride) = (block.as_ptr(), width);
                        }
                    }
                    // While this block is worked on the next one is fetched: its rows lie far apart, so nothing else would.
                    let next = first + CHUNK;
                    let (next, next_stride, next_rows) = if next >= last {
                        (z.cast_const(), 0, 0)
                    } else if self.right.is_transposed {
                        let at = self.right.values.as_ptr().wrapping_add(column * fan_in + next);
                        (at, fan_in, if MASKED { count } else { width })
                    } else {
                        let at = self.right.values.as_ptr().wrapping_add(next * n + column);
                        (at, n, if copies { (last - next).min(CHUNK) } else { 0 })
                    };
                    for (row, &mask) in masks.iter().enumerate() {
                        if row < next_rows {
                            for c in 0..C {
                                let at = row * next_stride + c * VectorOf::<I, T>::LANES;
                                I::prefetch(next.wrapping_add(at));
                            }
                        }
                        if mask == 0 && !begins {
                            continue;
                        }
                        let to = z.add(row * n + column);
                        let mut sums = [VectorOf::<I, T>::splat(T::ZERO); C];
                        if !begins {
                            // The next row's sums: how many inputs this one has is not foreseen, so nothing else would.
                            for c in 0..C {
                                let next = (row + 1) * n + column + c * VectorOf::<I, T>::LANES;
                                I::prefetch(z.wrapping_add(next));
                            }
                            sums = load::<I, T, C, MASKED>(to, count);
                        } else if let Some(bias) = self.bias {
                            sums = load::<I, T, C, MASKED>(bias.as_ptr().add(column), count);
                        }
                        let mut bits = mask;
                        while bits != 0 {
                            let j = bits.trailing_zeros() as usize;
                            bits &= bits - 1;
                            let x = VectorOf::<I, T>::splat(self.source.value(row * fan_in + first + j));
                            let weights = load::<I, T, C, MASKED>(weights.add(j * stride), count);
                            for c in 0..C {
                                sums[c] = x.mul_add(weights[c], sums[c]);
                            }
                        }
                        store::<I, T, C, MASKED>(sums, to, count);
                    }
                }
                begins = false;
            }
        }
    }
}

#[inline(always)]
fn gradient_of_several<I: Isa, T: Scalar, S: Source<T>>(
    shape: Shape,
    (source, strides): (S, (usize, usize)),
    non_zeros: &mut NonZeros<T>,
    delta: &[T],
    step: Option<T>,
    to: &mut [T],
) {
    let work = GradientOfShard {
        shape,
        source,
        strides,
        delta,
        step,
    };
    let NonZeros { shards, blocks, .. } = non_zeros;
    if let [only] = &mut shards[..] {
        return work.run::<I>(only, &mut blocks[0], to);
    }
    let mut parts: [Option<PartOfGradient<'_, '_, T, S>>; MOST_SHARDS] = [const { None }; MOST_SHARDS];
    let (mut rest, count) = (to, shards.len());
    for ((part, shard), block) in parts.iter_mut().zip(shards).zip(blocks) {
        let (to, after) = rest.split_at_mut((shard.columns.1 - shard.columns.0) * shape.fan_out);
        *part = Some(PartOfGradient {
            work,
            shard,
            block,
            to,
        });
        rest = after;
    }
    thread_pool::for_each(shape.threads, &mut parts[..count], |part| {
        if let Some(part) = part.take() {
            I::call(part);
        }
    });
}

#[derive(Clone, Copy)]
struct GradientOfShard<'a, T, S> {
    shape: Shape,
    source: S,
    /// How far apart in it rows are, and columns.
    strides: (usize, usize),
    delta: &'a [T],
    /// −η where the parameters take their step, nothing where the gradient is stored.
    step: Option<T>,
}

struct PartOfGradient<'a, 'b, T, S> {
    work: GradientOfShard<'a, T, S>,
    shard: &'b mut Shard<T>,
    block: &'b mut Aligned<T>,
    to: &'b mut [T],
}

impl<T: Scalar, S: Source<T>> Task for PartOfGradient<'_, '_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.work.run::<I>(self.shard, self.block, self.to);
    }
}

impl<T: Scalar, S: Source<T>> GradientOfShard<'_, T, S> {
    /// The gradient of the shard's rows of W, which `to` holds.
    #[inline(always)]
    fn run<I: Isa>(self, shard: &mut Shard<T>, block: &mut Aligned<T>, to: &mut [T]) {
        let Shape { rows, fan_out: n, .. } = self.shape;
        shard.transpose(rows);
        let Shard {
            columns: (start, end),
            by_column,
            ..
        } = shard;
        let lanes = VectorOf::<I, T>::LANES;
        if n > WIDE * lanes {
            block.with_room(GROUP * WIDE * lanes);
        }
        let columns = (*start, *end);
        panels!(
            n,
            lanes,
            // SAFETY: the operands are as long as the shape says (`weight_gradient`), `to` has a row for each of the
            // shard's columns, the masks have a bit only where the source has a number, and the columns of a panel
            // lie below n.
            |column, count| unsafe { self.panel::<I, WIDE, false>(columns, by_column, block, to, column, 0) },
            // SAFETY: as above.
            unsafe { self.panel::<I, 2, false>(columns, by_column, block, to, column, 0) },
            // SAFETY: as above.
            unsafe { self.panel::<I, 1, false>(columns, by_column, block, to, column, 0) },
            // SAFETY: as above.
            unsafe { self.panel::<I, 1, true>(columns, by_column, block, to, column, count) }
        );
    }

    /// # Safety
    /// The operands must be as long as the shape says, the masks those of the source, and the panel's columns, from
    /// `column` on, below `fan_out`.
    #[inline(always)]
    unsafe fn panel<I: Isa, const C: usize, const MASKED: bool>(
        self,
        (start, end): (usize, usize),
        by_column: &[u64],
        block: &mut [T],
        to: &mut [T],
        column: usize,
        count: usize,
    ) {
        let Shape { rows, fan_out: n, .. } = self.shape;
        let (row_stride, column_stride) = self.strides;
        let width = C * VectorOf::<I, T>::LANES;
        let copies = C == WIDE && n > width;
        let to = to.as_mut_ptr();
        for (group, masks) in by_column.chunks_exact(end - start).enumerate() {
            let first_row = group * GROUP;
            // What the first group stores, the others add to.
            let factor = self.step.or((group > 0).then_some(T::ONE));
            // SAFETY: as the caller vouches; a block has room for GROUP rows of WIDE registers.
            unsafe {
                let mut delta = self.delta.as_ptr().add(first_row * n + column);
                let mut stride = n;
                if copies {
                    for row in 0..(rows - first_row).min(GROUP) {
                        let numbers = load::<I, T, C, MASKED>(delta.add(row * n), count);
                        store::<I, T, C, MASKED>(numbers, block.as_mut_ptr().add(row * width), count);
                    }
                    (delta, stride) = (block.as_ptr(), width);
                }
                for (input, &mask) in masks.iter().enumerate() {
                    if mask == 0 && factor.is_some() {
                        continue;
                    }
                    let mut sums = [VectorOf::<I, T>::splat(T::ZERO); C];
                    let first = first_row * row_stride + (start + input) * column_stride;
                    let mut bits = mask;
                    while bits != 0 {
                        let row = bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        let x = VectorOf::<I, T>::splat(self.source.value(first + row * row_stride));
                        let delta = load::<I, T, C, MASKED>(delta.add(row * stride), count);
                        for c in 0..C {
                            sums[c] = x.mul_add(delta[c], sums[c]);
                        }
                    }
                    let at = to.add(input * n + column);
                    if let Some(factor) = factor {
                        let factor = VectorOf::<I, T>::splat(factor);
                        let old = load::<I, T, C, MASKED>(at, count);
                        for c in 0..C {
                            sums[c] = factor.mul_add(sums[c], old[c]);
                        }
                    }
                    store::<I, T, C, MASKED>(sums, at, count);
                }
            }
        }
    }
}

impl<T> Shard<T> {
    /// Makes `by_row`.
    #[inline(always)]
    fn look<I: Isa, U, S: Source<U>>(&mut self, shape: Shape, source: S) {
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

    /// Makes `by_column` of `by_row`.
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

/// Transposes 64 x 64 bits: bit j of word i becomes bit i of word j. (Warren, *Hacker's Delight*, 2nd ed., §7-3.)
#[inline(always)]
fn transpose_bits(words: &mut [u64; 64]) {
    let mut distance = 32;
    let mut low = u64::MAX >> 32;
    while distance != 0 {
        // Swaps the high bits of the first word with the low bits of the word `distance` further, in blocks.
        for block in (0..64).step_by(2 * distance) {
            for at in block..block + distance {
                let swapped = ((words[at] >> distance) ^ words[at + distance]) & low;
                words[at] ^= swapped << distance;
                words[at + distance] ^= swapped;
            }
        }
        distance /= 2;
        low ^= low << distance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_transposed(words in proptest::collection::vec(any::<u64>(), 64)) {
            let words: [u64; 64] = words.try_into().unwrap();
            let mut transposed = words;
            transpose_bits(&mut transposed);
            for (i, &word) in words.iter().enumerate() {
                for (j, &column) in transposed.iter().enumerate() {
                    prop_assert_eq!(word >> j & 1, column >> i & 1);
                }
            }
        }
    }
}
