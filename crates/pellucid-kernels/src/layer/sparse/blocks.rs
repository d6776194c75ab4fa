//! Finds the non-zero inputs of several future rows at once: one row at a time, each search would wait for the step
//! before it.

use super::list::{self, List, PackedEntries};
use crate::simd::Isa;
use crate::simd::scalar::Scalar;

/// Rows scanned together: their inputs stay in the first-level cache until their turn.
const ROWS: usize = 16;

/// Bytes of a cache line.
const LINE: usize = 64;

/// The non-zero inputs of a block of rows of bytes.
#[derive(Debug, Clone, Default)]
pub struct NonZeroBlocks<T> {
    list: List<T>,
    /// The index of each row's first entry, and the end of the last row.
    bounds: [usize; ROWS + 1],
    /// The first row of the block, and the number of its rows.
    first: usize,
    rows: usize,
}

impl<T: Scalar> NonZeroBlocks<T> {
    /// z = x·W + b of row `row` of `bytes`, which are (rows, fan_in).
    ///
    /// # Panics
    /// If there is no such row, or if an operand is too short.
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
            self.scan::<I>(row, bytes, fan_in);
        }
        // Prefetches a row of the next block: no other code reads ahead while steps run, so the hardware prefetcher
        // would not detect the pattern.
        let next = bytes.as_ptr().wrapping_add((row + ROWS) * fan_in);
        for line in (0..fan_in).step_by(LINE) {
            I::prefetch(next.wrapping_add(line));
        }
        list::affine::<I, T, _>(self.entries(row, values), weights, bias, z);
    }

    /// W ← W − rate·xᵀδ for row `row`, which must be the row of the last [`affine`](Self::affine).
    ///
    /// # Panics
    /// If that was another row, or if there are fewer weights than then.
    #[inline(always)]
    pub fn update_weights<I: Isa>(
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
    fn entries<'a>(&'a self, row: usize, values: &'a [T; 256]) -> PackedEntries<'a, T> {
        let index = row - self.first;
        self.list
            .bytes(self.bounds[index]..self.bounds[index + 1], values)
    }

    #[inline(always)]
    fn scan<I: Isa>(&mut self, row: usize, bytes: &[u8], fan_in: usize) {
        self.list.length = 0;
        (self.first, self.rows) = (row, 0);
        for bytes in bytes[row * fan_in..].chunks_exact(fan_in).take(ROWS) {
            self.list.add_bytes::<I>(bytes);
            self.rows += 1;
            self.bounds[self.rows] = self.list.length;
        }
    }
}
