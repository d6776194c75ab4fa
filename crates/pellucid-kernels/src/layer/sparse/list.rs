//! The list of non-zero inputs of a row, and the products with it.

use super::{Input, Numbers, SPLITS, Source, WIDE};
use crate::simd::Isa;
use crate::simd::bytes::CHUNK;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf, add_row, load, store};
use std::ops::Range;

/// Whether a row of this length can be listed: a column and a byte share 32 bits.
#[inline(always)]
pub fn is_listable(fan_in: usize) -> bool {
    fan_in <= 1 << 24
}

/// The non-zero inputs of one row, or of several.
#[derive(Debug, Clone, Default)]
pub(crate) struct List<T> {
    /// For bytes: the column in the upper 24 bits and the byte in the lower 8. For numbers: the column.
    entries: Vec<u32>,
    /// For numbers: the number in the column.
    values: Vec<T>,
    /// The number of entries.
    pub(super) length: usize,
}

impl<T: Scalar> List<T> {
    /// Replaces the list by the non-zero inputs of a row.
    #[inline(always)]
    pub(crate) fn gather<I: Isa>(&mut self, fan_in: usize, input: Input<'_, T>) {
        match input {
            Input::Bytes { bytes, .. } => {
                self.length = 0;
                self.add_bytes::<I>(&bytes[..fan_in]);
            }
            Input::Dense(x) => self.gather_numbers::<I>(&x[..fan_in]),
            // Its row is a list already.
            Input::Sparse(_) => {}
        }
    }

    /// Adds the non-zero inputs of a row of bytes, which must be [listable](is_listable).
    #[inline(always)]
    pub(crate) fn add_bytes<I: Isa>(&mut self, row: &[u8]) {
        // Space for a whole chunk beyond the last one, because chunks are written whole.
        let most = self.length + row.len() + CHUNK;
        if self.entries.len() < most {
            self.entries.resize(most, 0);
        }
        let mut found = self.length;
        let (chunks, last) = row.as_chunks::<CHUNK>();
        for (index, chunk) in chunks.iter().enumerate() {
            if let Some(entries) = self.entries[found..].first_chunk_mut() {
                found += I::pack_non_zeros(chunk, (index * CHUNK) as u32, entries);
            }
        }
        if let (false, Some(entries)) = (last.is_empty(), self.entries[found..].first_chunk_mut()) {
            found += I::pack_non_zeros(last, (chunks.len() * CHUNK) as u32, entries);
        }
        self.length = found;
    }

    #[inline(always)]
    fn gather_numbers<I: Isa>(&mut self, row: &[T]) {
        if self.values.len() < row.len() {
            self.entries.resize(row.len(), 0);
            self.values.resize(row.len(), T::ZERO);
        }
        let mut found = 0;
        for start in (0..row.len()).step_by(CHUNK) {
            let width = (row.len() - start).min(CHUNK);
            let mut bits = Numbers(row).non_zero_bits::<I>(start, width);
            while bits != 0 {
                let column = start + bits.trailing_zeros() as usize;
                self.entries[found] = column as u32;
                self.values[found] = row[column];
                found += 1;
                bits &= bits - 1;
            }
        }
        self.length = found;
    }

    /// A range of the [added](Self::add_bytes) entries, with the numbers that the bytes stand for.
    #[inline(always)]
    pub(crate) fn bytes<'a>(&'a self, range: Range<usize>, values: &'a [T; 256]) -> PackedEntries<'a, T> {
        PackedEntries {
            entries: &self.entries[range],
            values,
        }
    }

    #[inline(always)]
    fn numbers(&self) -> SeparateEntries<'_, T> {
        SeparateEntries {
            columns: &self.entries[..self.length],
            values: &self.values[..self.length],
        }
    }

    /// z = x·W + b, from the entries [gathered](Self::gather) from this input.
    ///
    /// # Panics
    /// If W has fewer rows than the input has columns, or if an operand is too short for the units in z.
    #[inline(always)]
    pub(crate) fn affine<I: Isa>(&self, input: Input<'_, T>, weights: &[T], bias: Option<&[T]>, z: &mut [T]) {
        match input {
            Input::Bytes { values, .. } => {
                affine::<I, T, _>(self.bytes(0..self.length, values), weights, bias, z)
            }
            Input::Dense(_) => affine::<I, T, _>(self.numbers(), weights, bias, z),
            Input::Sparse(rows) => affine::<I, T, _>(rows.row(0), weights, bias, z),
        }
    }

    /// ∂L/∂W = xᵀδ, from the gathered entries; a step touches only the rows of W whose input is not zero.
    #[inline(always)]
    pub(crate) fn weight_gradient<I: Isa>(
        &self,
        input: Input<'_, T>,
        delta: &[T],
        step: Option<T>,
        to: &mut [T],
    ) {
        match input {
            Input::Bytes { values, .. } => {
                weight_gradient::<I, T, _>(self.bytes(0..self.length, values), delta, step, to);
            }
            Input::Dense(_) => weight_gradient::<I, T, _>(self.numbers(), delta, step, to),
            Input::Sparse(rows) => weight_gradient::<I, T, _>(rows.row(0), delta, step, to),
        }
    }
}

/// Non-zero inputs of a row: the columns, and the number in each.
pub(crate) trait Entries<T>: Copy {
    /// The number of entries.
    fn count(self) -> usize;
    /// S entries from `at` on.
    ///
    /// # Safety
    /// They must exist.
    unsafe fn read<const S: usize>(self, at: usize) -> [(usize, T); S];
}

/// Columns and numbers in separate arrays.
#[derive(Clone, Copy)]
pub(super) struct SeparateEntries<'a, T> {
    pub(super) columns: &'a [u32],
    pub(super) values: &'a [T],
}

impl<T: Scalar> Entries<T> for SeparateEntries<'_, T> {
    #[inline(always)]
    fn count(self) -> usize {
        self.columns.len().min(self.values.len())
    }
    #[inline(always)]
    unsafe fn read<const S: usize>(self, at: usize) -> [(usize, T); S] {
        let mut some = [(0, T::ZERO); S];
        for (s, (column, value)) in some.iter_mut().enumerate() {
            // SAFETY: guaranteed by the caller.
            unsafe {
                *column = *self.columns.get_unchecked(at + s) as usize;
                *value = *self.values.get_unchecked(at + s);
            }
        }
        some
    }
}

/// Columns with a byte each, and the numbers that the bytes stand for. The number of loads limits the speed of a narrow
/// layer, so a column and its byte are one load, and so are two such pairs.
#[derive(Clone, Copy)]
pub(crate) struct PackedEntries<'a, T> {
    entries: &'a [u32],
    values: &'a [T; 256],
}

impl<T: Scalar> PackedEntries<'_, T> {
    #[inline(always)]
    fn entry(self, entry: u32) -> (usize, T) {
        ((entry >> 8) as usize, self.values[(entry & 0xff) as usize])
    }
}

impl<T: Scalar> Entries<T> for PackedEntries<'_, T> {
    #[inline(always)]
    fn count(self) -> usize {
        self.entries.len()
    }
    #[inline(always)]
    unsafe fn read<const S: usize>(self, at: usize) -> [(usize, T); S] {
        let mut some = [(0, T::ZERO); S];
        // SAFETY: guaranteed by the caller.
        let from = unsafe { self.entries.as_ptr().add(at) };
        let (pairs, last) = some.as_chunks_mut::<2>();
        for (index, pair) in pairs.iter_mut().enumerate() {
            // SAFETY: the pair lies within the S entries.
            let both = u64::from_le(unsafe { from.add(2 * index).cast::<u64>().read_unaligned() });
            *pair = [self.entry(both as u32), self.entry((both >> 32) as u32)];
        }
        for entry in last {
            // SAFETY: this is the last of the S entries.
            *entry = self.entry(unsafe { *from.add(S - 1) });
        }
        some
    }
}

/// z = x·W + b for the units of z. W must have a row for each column, and a number for each unit.
#[inline(always)]
pub(crate) fn affine<I: Isa, T: Scalar, E: Entries<T>>(
    entries: E,
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    panels!(z.len(), VectorOf::<I, T>::LANES, |column, count, C, MASKED| {
        const S: usize = if C == WIDE { 1 } else { SPLITS };
        // SAFETY: `weights` are (fan_in, n) and every column is below fan_in; bias and z have n numbers; the columns of a
        // panel lie below n.
        unsafe { panel::<I, T, E, C, S, MASKED>(entries, weights, bias, z, column, count) }
    });
}

/// # Safety
/// Every row of the weights, the bias and z must have the panel's columns, from `column` on.
#[inline(always)]
unsafe fn panel<I: Isa, T: Scalar, E: Entries<T>, const C: usize, const S: usize, const MASKED: bool>(
    entries: E,
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
    column: usize,
    count: usize,
) {
    let n = z.len();
    let mut accumulators = [[VectorOf::<I, T>::splat(T::ZERO); C]; S];
    // SAFETY: guaranteed by the caller; all entries are below their count.
    unsafe {
        let weights = weights.as_ptr().add(column);
        if let Some(bias) = bias {
            accumulators[0] = load::<I, T, C, MASKED>(bias.as_ptr().add(column), count);
        }
        let mut at = 0;
        while at + S <= entries.count() {
            for ((of, x), accumulators) in entries.read::<S>(at).into_iter().zip(&mut accumulators) {
                add_row::<I, T, C, MASKED>(weights.add(of * n), x, accumulators, count);
            }
            at += S;
        }
        while at < entries.count() {
            let [(of, x)] = entries.read::<1>(at);
            add_row::<I, T, C, MASKED>(weights.add(of * n), x, &mut accumulators[0], count);
            at += 1;
        }
        let mut total = accumulators[0];
        for accumulators in &accumulators[1..] {
            for c in 0..C {
                total[c] = total[c].add(accumulators[c]);
            }
        }
        store::<I, T, C, MASKED>(total, z.as_mut_ptr().add(column), count);
    }
}

/// ∂L/∂W = xᵀδ for the units of δ; where there is a step, W ← W + step·xᵀδ, which touches only the rows of W whose
/// input is not zero. W must have a row for each column, and a number for each unit.
#[inline(always)]
pub(crate) fn weight_gradient<I: Isa, T: Scalar, E: Entries<T>>(
    entries: E,
    delta: &[T],
    step: Option<T>,
    to: &mut [T],
) {
    if step.is_none() {
        to.fill(T::ZERO);
    }
    let factor = step.unwrap_or(T::ONE);
    panels!(
        delta.len(),
        VectorOf::<I, T>::LANES,
        |column, count, C, MASKED| {
            // SAFETY: `to` is (fan_in, n) and every column is below fan_in; δ has n numbers; the columns of a panel lie below n.
            unsafe { gradient_panel::<I, T, E, C, MASKED>(entries, delta, factor, to, column, count) }
        }
    );
}

/// # Safety
/// Every row of `to`, and δ, must have the panel's columns, from `column` on.
#[inline(always)]
unsafe fn gradient_panel<I: Isa, T: Scalar, E: Entries<T>, const C: usize, const MASKED: bool>(
    entries: E,
    delta: &[T],
    factor: T,
    to: &mut [T],
    column: usize,
    count: usize,
) {
    let n = delta.len();
    // SAFETY: guaranteed by the caller; all entries are below their count.
    unsafe {
        let to = to.as_mut_ptr().add(column);
        let factor = VectorOf::<I, T>::splat(factor);
        let mut scaled = load::<I, T, C, MASKED>(delta.as_ptr().add(column), count);
        for scaled in &mut scaled {
            *scaled = scaled.mul(factor);
        }
        let mut at = 0;
        while at + 2 <= entries.count() {
            for (of, x) in entries.read::<2>(at) {
                move_row::<I, T, C, MASKED>(to.add(of * n), x, scaled, count);
            }
            at += 2;
        }
        if at < entries.count() {
            let [(of, x)] = entries.read::<1>(at);
            move_row::<I, T, C, MASKED>(to.add(of * n), x, scaled, count);
        }
    }
}

/// row ← row + x·scaled.
///
/// # Safety
/// The panel's numbers must exist.
#[inline(always)]
unsafe fn move_row<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    at: *mut T,
    x: T,
    scaled: [VectorOf<I, T>; C],
    count: usize,
) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        let mut row = load::<I, T, C, MASKED>(at, count);
        let x = VectorOf::<I, T>::splat(x);
        for c in 0..C {
            row[c] = x.mul_add(scaled[c], row[c]);
        }
        store::<I, T, C, MASKED>(row, at, count);
    }
}
