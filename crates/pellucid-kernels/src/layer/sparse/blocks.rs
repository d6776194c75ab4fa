//! The non-zero inputs of some rows to come, found together: one after another, each would wait for the step before it.

use super::list::{self, List, Packed};
use crate::simd::Isa;
use crate::simd::scalar::Scalar;

/// Rows that are looked at together: their inputs stay in the first cache until their turn.
const ROWS: usize = 16;

/// Bytes that the cache fetches together.
const LINE: usize = 64;

/// What is known of some rows of bytes.
#[derive(Debug, Clone, Default)]
pub struct NonZeroBlocks<T> {
    list: List<T>,
    /// Where each row's inputs begin, and where the last one's end.
    bounds: [usize; ROWS + 1],
    /// The first row, and how many there are.
    first: usize,
    rows: usize,
}

impl<T: Scalar> NonZeroBlocks<T> {
    /// z = x·W + b of row `row` of `bytes`, which are (rows, fan_in).
    ///
    /// # Panics
    /// Where there is no such row, or an operand is too short.
    #[inline(always)]
    pub fn affine<I: Isa>(
        &mut self,
        row: usize,
        (bytes, values): (&[u8], &[T; 256]),
        fan_in: usize,
        weights: &[T],
        bias: Option<&[T]>,
        z: &mut [T],
    ) {
        let fan_out = z.len();
        assert!(
            weights.len() >= fan_in * fan_out && bias.is_none_or(|bias| bias.len() >= fan_out),
            "a product's operands are too short"
        );
        if !(self.first..self.first + self.rows).contains(&row) {
            self.look::<I>(row, bytes, fan_in);
        }
        // A row of those that are looked at next: nobody reads on while steps are taken, so the processor would not see.
        let next = bytes.as_ptr().wrapping_add((row + ROWS) * fan_in);
        for line in (0..fan_in).step_by(LINE) {
            I::prefetch(next.wrapping_add(line));
        }
        list::affine::<I, T, _>(self.entries(row, values), weights, bias, z);
    }

    /// W ← W − rate·xᵀδ for row `row`, that of the last [`affine`](Self::affine).
    ///
    /// # Panics
    /// Where that was another row, or there are fewer weights than then.
    #[inline(always)]
    pub fn descend<I: Isa>(
        &self,
        row: usize,
        (values, fan_in): (&[T; 256], usize),
        delta: &[T],
        rate: T,
        weights: &mut [T],
    ) {
        let fan_out = delta.len();
        assert!(
            weights.len() >= fan_in * fan_out,
            "a product's operands are too short"
        );
        list::weight_gradient::<I, T, _>(self.entries(row, values), delta, Some(-rate), weights);
    }

    #[inline(always)]
    fn entries<'a>(&'a self, row: usize, values: &'a [T; 256]) -> Packed<'a, T> {
        let index = row - self.first;
        self.list
            .bytes(self.bounds[index]..self.bounds[index + 1], values)
    }

    #[inline(always)]
    fn look<I: Isa>(&mut self, row: usize, bytes: &[u8], fan_in: usize) {
        self.list.clear();
        (self.first, self.rows) = (row, 0);
        for bytes in bytes[row * fan_in..].chunks_exact(fan_in).take(ROWS) {
            self.list.add_bytes::<I>(bytes);
            self.rows += 1;
            self.bounds[self.rows] = self.list.length();
        }
    }
}
