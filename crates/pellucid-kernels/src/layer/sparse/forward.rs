//! The forward pass of several rows: each row adds the rows of W that its mask selects, block by block.

use super::{MAX_SHARDS, NonZeros, Shard, Source, UNITS_PER_PART, WIDE, shard_count};
use crate::aligned::Aligned;
use crate::layer::Shape;
use crate::layer::matrix::Matrix;
use crate::layer::shared_output::SharedOutput;
use crate::layer::transpose::Transpose;
use crate::simd::bytes::CHUNK;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf, load, store};
use crate::simd::{Isa, Task};
use crate::thread_pool;

#[inline(always)]
pub(super) fn affine_of_rows<I: Isa, T: Scalar, S: Source<T>>(
    shape: Shape,
    source: S,
    non_zeros: &mut NonZeros<T>,
    right: Matrix<'_, T>,
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
        z: SharedOutput(z.as_mut_ptr()),
    };
    let part_count = count.min(fan_out / UNITS_PER_PART);
    if part_count > 1 {
        // Each part has units of its own, and needs the masks of all shards.
        thread_pool::for_each(threads, shards, |shard| I::call(Scan { shape, source, shard }));
        let panels = fan_out.div_ceil(UNITS_PER_PART);
        let boundary = |index: usize| (index * panels / part_count * UNITS_PER_PART).min(fan_out);
        let parts = blocks
            .iter_mut()
            .take(part_count)
            .enumerate()
            .map(|(index, block)| {
                let units = (boundary(index), boundary(index + 1));
                PartOfAffine {
                    work: AffineOfShard { units, ..work },
                    shards: Shards::Scanned(shards),
                    block,
                }
            });
        thread_pool::for_each_of::<MAX_SHARDS, _>(threads, parts, |part| I::call(part));
        return;
    }
    let parts = shards
        .iter_mut()
        .zip(blocks)
        .enumerate()
        .map(|(index, (shard, block))| {
            let mut work = work;
            if index > 0 {
                work.z = SharedOutput(shard.partial_z.ensure_length(used).as_mut_ptr());
                work.bias = None;
            }
            PartOfAffine {
                work,
                shards: Shards::Unscanned(shard),
                block,
            }
        });
    thread_pool::for_each_of::<MAX_SHARDS, _>(threads, parts, |part| I::call(part));
    for shard in &shards[1..] {
        for (z, &part) in z.iter_mut().zip(&shard.partial_z[..used]) {
            *z += part;
        }
    }
}

/// Finds the non-zero inputs in a shard's columns.
struct Scan<'b, T, S> {
    shape: Shape,
    source: S,
    shard: &'b mut Shard<T>,
}

impl<T: Scalar, S: Source<T>> Task for Scan<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.shard.scan::<I, T, S>(self.shape, self.source);
    }
}

/// The contribution of some of the inputs to some of the units.
#[derive(Clone, Copy)]
struct AffineOfShard<'a, T, S> {
    shape: Shape,
    source: S,
    right: Matrix<'a, T>,
    bias: Option<&'a [T]>,
    units: (usize, usize),
    /// (rows, fan_out), of which only this part writes `units`.
    z: SharedOutput<T>,
}

/// The shards of a part.
enum Shards<'b, T> {
    /// All shards, with their masks.
    Scanned(&'b [Shard<T>]),
    /// One shard, whose masks are still to be computed.
    Unscanned(&'b mut Shard<T>),
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
            Shards::Scanned(shards) => shards,
            Shards::Unscanned(shard) => {
                shard.scan::<I, T, S>(work.shape, work.source);
                std::slice::from_ref(shard)
            }
        };
        let (first, end) = work.units;
        let lanes = VectorOf::<I, T>::LANES;
        if work.right.is_transposed() || work.shape.fan_out > WIDE * lanes {
            block.ensure_length(CHUNK * WIDE * lanes);
        }
        panels!(end - first, lanes, |column, count, C, MASKED| {
            // SAFETY: the operands have the lengths that the shape requires (checked in `affine` and `input_delta`), the
            // masks have a bit only where the source has a number, and the columns of a panel are units of this part.
            unsafe { work.panel::<I, C, MASKED>(shards, block, first + column, count) }
        });
    }
}

impl<T: Scalar, S: Source<T>> AffineOfShard<'_, T, S> {
    /// # Safety
    /// The operands must have the lengths that the shape requires, the shards' masks must be those of the source, and
    /// the panel's columns, from `column` on, must be among the units.
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
                // SAFETY: guaranteed by the caller; a block holds CHUNK rows of WIDE registers.
                unsafe {
                    let mut weights = self.right.values.as_ptr();
                    let mut stride = n;
                    if self.right.is_transposed() {
                        let from = weights.add(column * fan_in + first);
                        let units = if MASKED { count } else { width };
                        let to = (block.as_mut_ptr(), width);
                        I::call(Transpose::new((from, fan_in), (units, inputs), to));
                        (weights, stride) = (block.as_ptr(), width);
                    } else {
                        weights = weights.add(first * n + column);
                        if copies {
                            // Rows that are a power of two apart map to the same cache lines.
                            for j in 0..inputs {
                                let row = load::<I, T, C, MASKED>(weights.add(j * n), count);
                                store::<I, T, C, MASKED>(row, block.as_mut_ptr().add(j * width), count);
                            }
                            (weights, stride) = (block.as_ptr(), width);
                        }
                    }
                    // Prefetches the next block while this one is in use: its rows lie far apart, so the hardware
                    // prefetcher does not fetch them.
                    let next = first + CHUNK;
                    let (next, next_stride, next_rows) = if next >= last {
                        (z.cast_const(), 0, 0)
                    } else if self.right.is_transposed() {
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
                        let mut accumulators = [VectorOf::<I, T>::splat(T::ZERO); C];
                        if !begins {
                            // Prefetches the next row's accumulators: the number of inputs of this row is
                            // unpredictable, so the hardware prefetcher does not fetch them.
                            for c in 0..C {
                                let next = (row + 1) * n + column + c * VectorOf::<I, T>::LANES;
                                I::prefetch(z.wrapping_add(next));
                            }
                            accumulators = load::<I, T, C, MASKED>(to, count);
                        } else if let Some(bias) = self.bias {
                            accumulators = load::<I, T, C, MASKED>(bias.as_ptr().add(column), count);
                        }
                        let mut bits = mask;
                        while bits != 0 {
                            let j = bits.trailing_zeros() as usize;
                            bits &= bits - 1;
                            let x = VectorOf::<I, T>::splat(self.source.value(row * fan_in + first + j));
                            let weights = load::<I, T, C, MASKED>(weights.add(j * stride), count);
                            for c in 0..C {
                                accumulators[c] = x.mul_add(weights[c], accumulators[c]);
                            }
                        }
                        store::<I, T, C, MASKED>(accumulators, to, count);
                    }
                }
                begins = false;
            }
        }
    }
}
