//! The weight gradient of several rows, accumulated over the samples that a transposed mask selects.

use super::{GROUP, MAX_SHARDS, NonZeros, Shard, Source, WIDE};
use crate::aligned::Aligned;
use crate::layer::Shape;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf, load, store};
use crate::simd::{Isa, Task};
use crate::thread_pool;

#[inline(always)]
pub(super) fn gradient_of_rows<I: Isa, T: Scalar, S: Source<T>>(
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
    let mut rest = to;
    let parts = shards.iter_mut().zip(blocks).map(|(shard, block)| {
        let length = (shard.columns.1 - shard.columns.0) * shape.fan_out;
        let (to, after) = std::mem::take(&mut rest).split_at_mut(length);
        rest = after;
        PartOfGradient {
            work,
            shard,
            block,
            to,
        }
    });
    thread_pool::for_each_of::<MAX_SHARDS, _>(shape.threads, parts, |part| I::call(part));
}

#[derive(Clone, Copy)]
struct GradientOfShard<'a, T, S> {
    shape: Shape,
    source: S,
    /// The strides between rows, and between columns.
    strides: (usize, usize),
    delta: &'a [T],
    /// −η where the parameters take their step, `None` where the gradient is stored.
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
        let Self {
            work,
            shard,
            block,
            to,
        } = self;
        let Shape { rows, fan_out: n, .. } = work.shape;
        shard.transpose(rows);
        let lanes = VectorOf::<I, T>::LANES;
        if n > WIDE * lanes {
            block.ensure_length(GROUP * WIDE * lanes);
        }
        let (columns, masks) = (shard.columns, &shard.by_column);
        panels!(n, lanes, |column, count, C, MASKED| {
            // SAFETY: the operands have the lengths that the shape requires (checked in `weight_gradient`), `to` has a
            // row for each of the shard's columns, the masks have a bit only where the source has a number, and the
            // columns of a panel lie below n.
            unsafe { work.panel::<I, C, MASKED>(columns, masks, block, to, column, count) }
        });
    }
}

impl<T: Scalar, S: Source<T>> GradientOfShard<'_, T, S> {
    /// # Safety
    /// The operands must have the lengths that the shape requires, the masks must be those of the source, and the
    /// panel's columns, from `column` on, must be below `fan_out`.
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
            // The first group stores; the others add.
            let factor = self.step.or((group > 0).then_some(T::ONE));
            // SAFETY: guaranteed by the caller; a block holds GROUP rows of WIDE registers.
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
                    let mut accumulators = [VectorOf::<I, T>::splat(T::ZERO); C];
                    let first = first_row * row_stride + (start + input) * column_stride;
                    let mut bits = mask;
                    while bits != 0 {
                        let row = bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        let x = VectorOf::<I, T>::splat(self.source.value(first + row * row_stride));
                        let delta = load::<I, T, C, MASKED>(delta.add(row * stride), count);
                        for c in 0..C {
                            accumulators[c] = x.mul_add(delta[c], accumulators[c]);
                        }
                    }
                    let at = to.add(input * n + column);
                    if let Some(factor) = factor {
                        let factor = VectorOf::<I, T>::splat(factor);
                        let old = load::<I, T, C, MASKED>(at, count);
                        for c in 0..C {
                            accumulators[c] = factor.mul_add(accumulators[c], old[c]);
                        }
                    }
                    store::<I, T, C, MASKED>(accumulators, at, count);
                }
            }
        }
    }
}
