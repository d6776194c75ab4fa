//! First layers whose inputs are bytes: four fifths of MNIST's are zero, and a zero adds nothing.

use super::isa::Isa;
use super::vector::{Vector, VectorOf};
use super::{Destination, Shape};
use crate::scalar::Scalar;

/// The non-zero bytes of a batch, row after row: found in the forward pass, used again in the backward pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct NonZeros {
    /// For each of them, the column it is in.
    columns: Vec<u32>,
    /// The byte itself.
    bytes: Vec<u8>,
    /// Where each row's end.
    row_ends: Vec<usize>,
    /// The same, sorted by column, for each group of rows; made when first wanted.
    groups: Vec<ByColumn>,
    is_sorted: bool,
}

/// Rows that are worked on together, few enough that a panel of their sums stays in the first cache.
const GROUP: usize = 64;

/// The non-zero bytes of a group of rows, column after column.
#[derive(Debug, Clone, Default)]
struct ByColumn {
    rows: Vec<u32>,
    bytes: Vec<u8>,
    /// Where each column's begin; one more for the end of the last.
    starts: Vec<u32>,
}

/// The bytes that are looked at together.
pub(super) const CHUNK: usize = 64;

impl NonZeros {
    /// Finds the non-zero bytes of `shape.rows` rows.
    #[inline(always)]
    pub(super) fn gather<I: Isa>(&mut self, shape: Shape, bytes: &[u8]) {
        // Room for whole chunks beyond the last, as they are written whole.
        let most = shape.rows * shape.fan_in + CHUNK;
        if self.columns.len() < most {
            self.columns.resize(most, 0);
            self.bytes.resize(most, 0);
        }
        self.row_ends.clear();
        self.is_sorted = false;
        let mut found = 0;
        for row in bytes.chunks_exact(shape.fan_in).take(shape.rows) {
            let mut column = 0;
            for chunk in row.chunks(CHUNK) {
                let (columns, bytes) = (
                    &mut self.columns[found..][..CHUNK],
                    &mut self.bytes[found..][..CHUNK],
                );
                if let (Some(columns), Some(bytes)) = (columns.first_chunk_mut(), bytes.first_chunk_mut()) {
                    found += I::compress_non_zeros(chunk, column, columns, bytes);
                }
                column += CHUNK as u32;
            }
            self.row_ends.push(found);
        }
    }

    #[inline(always)]
    fn row(&self, row: usize) -> (&[u32], &[u8]) {
        let start = if row == 0 { 0 } else { self.row_ends[row - 1] };
        let end = self.row_ends[row];
        (&self.columns[start..end], &self.bytes[start..end])
    }

    /// Sorts what was gathered by column, group by group, the rows of a column in order.
    #[inline(always)]
    fn sort_by_column(&mut self, fan_in: usize) {
        if self.is_sorted {
            return;
        }
        self.is_sorted = true;
        let groups = self.row_ends.len().div_ceil(GROUP);
        if self.groups.len() < groups {
            self.groups.resize_with(groups, ByColumn::default);
        }
        let mut from = 0;
        for (group, ends) in self.groups.iter_mut().zip(self.row_ends.chunks(GROUP)) {
            let first_row = from;
            from += ends.len();
            let start = if first_row == 0 {
                0
            } else {
                self.row_ends[first_row - 1]
            };
            group.sort(fan_in, first_row, start, ends, &self.columns, &self.bytes);
        }
    }

    fn sorted_groups(&self) -> &[ByColumn] {
        &self.groups[..self.row_ends.len().div_ceil(GROUP)]
    }
}

impl ByColumn {
    /// Sorts the entries `start..` of rows `first_row..`, whose entries end at `ends`: counts, then places.
    #[inline(always)]
    fn sort(
        &mut self,
        fan_in: usize,
        first_row: usize,
        start: usize,
        ends: &[usize],
        columns: &[u32],
        bytes: &[u8],
    ) {
        let end = ends.last().copied().unwrap_or(start);
        self.starts.clear();
        self.starts.resize(fan_in + 1, 0);
        for &column in &columns[start..end] {
            self.starts[column as usize + 1] += 1;
        }
        for column in 0..fan_in {
            self.starts[column + 1] += self.starts[column];
        }
        if self.rows.len() < end - start {
            self.rows.resize(end - start, 0);
            self.bytes.resize(end - start, 0);
        }
        // Each column's start moves to its end as it is filled, and back afterwards.
        let mut from = start;
        for (row, &end) in ends.iter().enumerate() {
            for (&column, &byte) in columns[from..end].iter().zip(&bytes[from..end]) {
                let place = self.starts[column as usize] as usize;
                self.rows[place] = (first_row + row) as u32;
                self.bytes[place] = byte;
                self.starts[column as usize] += 1;
            }
            from = end;
        }
        self.starts.copy_within(..fan_in, 1);
        self.starts[0] = 0;
    }

    /// The rows in which a column is not zero, and its bytes there.
    #[inline(always)]
    fn column(&self, column: usize) -> (&[u32], &[u8]) {
        let (start, end) = (self.starts[column] as usize, self.starts[column + 1] as usize);
        (&self.rows[start..end], &self.bytes[start..end])
    }
}

/// [`Isa::compress_non_zeros`] from the bits alone.
#[inline(always)]
pub(super) fn compress_by_bits<I: Isa>(
    chunk: &[u8],
    first_column: u32,
    columns: &mut [u32; CHUNK],
    bytes: &mut [u8; CHUNK],
) -> usize {
    let mut padded = [0; CHUNK];
    let chunk = match chunk.first_chunk::<CHUNK>() {
        Some(whole) => whole,
        None => {
            padded[..chunk.len()].copy_from_slice(chunk);
            &padded
        }
    };
    let mut bits = I::non_zero_bits(chunk);
    let mut found = 0;
    while bits != 0 {
        let at = bits.trailing_zeros();
        columns[found] = first_column + at;
        bytes[found] = chunk[at as usize];
        found += 1;
        bits &= bits - 1;
    }
    found
}

/// Calls `$with::<C, MASKED>(column)` for panels of eight, then single registers, the last one masked.
macro_rules! panels {
    ($n:expr, $lanes:expr, |$column:ident, $count:ident| $wide:expr, $single:expr, $masked:expr) => {{
        let (n, lanes) = ($n, $lanes);
        let mut $column = 0;
        while $column < n {
            if $column + WIDE * lanes <= n {
                $wide;
                $column += WIDE * lanes;
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

/// Registers of a wide panel.
const WIDE: usize = 8;
/// Sums that a panel of one register is split into, so that they need not wait for one another.
const SPLITS: usize = 4;

/// One matrix of rows of n numbers, read in panels.
#[derive(Clone, Copy)]
struct Rows<'a, T> {
    values: &'a [T],
    n: usize,
}

impl<T: Scalar> Rows<'_, T> {
    /// C registers of row `row` from `column` on, or the first `count` numbers of one.
    #[inline(always)]
    fn load<I: Isa, const C: usize, const MASKED: bool>(
        self,
        row: usize,
        column: usize,
        count: usize,
    ) -> [VectorOf<I, T>; C] {
        let lanes = VectorOf::<I, T>::LANES;
        let width = if MASKED { count } else { C * lanes };
        let numbers = &self.values[row * self.n + column..][..width];
        let mut registers = [VectorOf::<I, T>::splat(T::ZERO); C];
        for (c, register) in registers.iter_mut().enumerate() {
            // SAFETY: the slice has the numbers that are read.
            *register = unsafe {
                if MASKED {
                    VectorOf::<I, T>::load_first(numbers.as_ptr(), count)
                } else {
                    VectorOf::<I, T>::load(numbers.as_ptr().add(c * lanes))
                }
            };
        }
        registers
    }
}

/// Writes C registers, or the first `count` numbers of one, to the front of `to`.
#[inline(always)]
fn store<I: Isa, T: Scalar, const C: usize, const MASKED: bool>(
    registers: [VectorOf<I, T>; C],
    to: &mut [T],
    count: usize,
) {
    let lanes = VectorOf::<I, T>::LANES;
    let to = &mut to[..if MASKED { count } else { C * lanes }];
    for (c, register) in registers.into_iter().enumerate() {
        // SAFETY: the slice has the numbers that are written.
        unsafe {
            if MASKED {
                register.store_first(to.as_mut_ptr(), count);
            } else {
                register.store(to.as_mut_ptr().add(c * lanes));
            }
        }
    }
}

#[inline(always)]
pub(super) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    non_zeros: &mut NonZeros,
    values: &[T; 256],
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    let n = shape.fan_out;
    let weights = Rows { values: weights, n };
    let bias = bias.map(|values| Rows { values, n });
    let is_wide = n >= WIDE * VectorOf::<I, T>::LANES;
    if is_wide && shape.rows >= LEAST_ROWS_TO_SORT {
        non_zeros.sort_by_column(shape.fan_in);
    }
    let non_zeros = &*non_zeros;
    panels!(
        n,
        VectorOf::<I, T>::LANES,
        |column, count| if non_zeros.is_sorted {
            affine_by_column::<I, T, WIDE>(shape, non_zeros, values, weights, bias, z, column)
        } else {
            affine_panel::<I, T, WIDE, 1, false>(shape, non_zeros, values, weights, bias, z, column, 0)
        },
        affine_panel::<I, T, 1, SPLITS, false>(shape, non_zeros, values, weights, bias, z, column, 0),
        affine_panel::<I, T, 1, SPLITS, true>(shape, non_zeros, values, weights, bias, z, column, count)
    );
}

#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "a panel is told by its matrices and where it lies in them"
)]
fn affine_panel<I: Isa, T: Scalar, const C: usize, const S: usize, const MASKED: bool>(
    shape: Shape,
    non_zeros: &NonZeros,
    values: &[T; 256],
    weights: Rows<'_, T>,
    bias: Option<Rows<'_, T>>,
    z: &mut [T],
    column: usize,
    count: usize,
) {
    let zero = VectorOf::<I, T>::splat(T::ZERO);
    for row in 0..shape.rows {
        let (columns, bytes) = non_zeros.row(row);
        let mut sums = [[zero; C]; S];
        if let Some(bias) = bias {
            sums[0] = bias.load::<I, C, MASKED>(0, column, count);
        }
        let panel = PanelOfWeights {
            values,
            weights,
            column,
            count,
        };
        let (columns, columns_left) = columns.as_chunks::<S>();
        let (bytes, bytes_left) = bytes.as_chunks::<S>();
        for (columns, bytes) in columns.iter().zip(bytes) {
            for s in 0..S {
                panel.add::<I, C, MASKED>(&mut sums[s], columns[s], bytes[s]);
            }
        }
        for (&of, &byte) in columns_left.iter().zip(bytes_left) {
            panel.add::<I, C, MASKED>(&mut sums[0], of, byte);
        }
        let mut total = sums[0];
        for sums in &sums[1..] {
            for c in 0..C {
                total[c] = total[c].add(sums[c]);
            }
        }
        store::<I, T, C, MASKED>(total, &mut z[row * shape.fan_out + column..], count);
    }
}

/// Rows from which on it pays to go by the columns of the input: each row of W is then read once a group, and the sums,
/// which are read and written for every non-zero byte, stay in the first cache.
const LEAST_ROWS_TO_SORT: usize = 8;

#[inline(always)]
fn affine_by_column<I: Isa, T: Scalar, const C: usize>(
    shape: Shape,
    non_zeros: &NonZeros,
    values: &[T; 256],
    weights: Rows<'_, T>,
    bias: Option<Rows<'_, T>>,
    z: &mut [T],
    column: usize,
) {
    let n = shape.fan_out;
    let start = match bias {
        Some(bias) => bias.load::<I, C, false>(0, column, 0),
        None => [VectorOf::<I, T>::splat(T::ZERO); C],
    };
    for row in 0..shape.rows {
        store::<I, T, C, false>(start, &mut z[row * n + column..], 0);
    }
    for group in non_zeros.sorted_groups() {
        for input in 0..shape.fan_in {
            let (rows, bytes) = group.column(input);
            if rows.is_empty() {
                continue;
            }
            let weights = weights.load::<I, C, false>(input, column, 0);
            for (&row, &byte) in rows.iter().zip(bytes) {
                let x = VectorOf::<I, T>::splat(values[usize::from(byte)]);
                let mut sums = Rows { values: &*z, n }.load::<I, C, false>(row as usize, column, 0);
                for c in 0..C {
                    sums[c] = x.mul_add(weights[c], sums[c]);
                }
                store::<I, T, C, false>(sums, &mut z[row as usize * n + column..], 0);
            }
        }
    }
}

/// Some columns of W, to be summed over the inputs that are not zero.
#[derive(Clone, Copy)]
struct PanelOfWeights<'a, T> {
    values: &'a [T; 256],
    weights: Rows<'a, T>,
    column: usize,
    count: usize,
}

impl<T: Scalar> PanelOfWeights<'_, T> {
    #[inline(always)]
    fn add<I: Isa, const C: usize, const MASKED: bool>(
        self,
        sums: &mut [VectorOf<I, T>; C],
        of: u32,
        byte: u8,
    ) {
        let x = VectorOf::<I, T>::splat(self.values[usize::from(byte)]);
        let weights = self
            .weights
            .load::<I, C, MASKED>(of as usize, self.column, self.count);
        for c in 0..C {
            sums[c] = x.mul_add(weights[c], sums[c]);
        }
    }
}

#[inline(always)]
pub(super) fn weight_gradient<I: Isa, T: Scalar>(
    shape: Shape,
    non_zeros: &mut NonZeros,
    values: &[T; 256],
    delta: &[T],
    to: Destination<'_, T>,
) {
    let n = shape.fan_out;
    let (step, to) = match to {
        Destination::Gradient(gradient) => (None, gradient),
        Destination::Step { parameters, rate } => (Some(-rate), parameters),
    };
    let delta = Rows { values: delta, n };
    if shape.rows == 1 {
        if step.is_none() {
            to.fill(T::ZERO);
        }
        let factor = step.unwrap_or(T::ONE);
        let (columns, bytes) = non_zeros.row(0);
        let single = Single {
            columns,
            bytes,
            values,
            delta,
            factor,
        };
        panels!(
            n,
            VectorOf::<I, T>::LANES,
            |column, count| single.add::<I, WIDE, false>(to, column, 0),
            single.add::<I, 1, false>(to, column, 0),
            single.add::<I, 1, true>(to, column, count)
        );
        return;
    }
    non_zeros.sort_by_column(shape.fan_in);
    let several = Several {
        groups: non_zeros.sorted_groups(),
        fan_in: shape.fan_in,
        values,
        delta,
        step,
    };
    panels!(
        n,
        VectorOf::<I, T>::LANES,
        |column, count| several.write::<I, WIDE, false>(to, column, 0),
        several.write::<I, 1, false>(to, column, 0),
        several.write::<I, 1, true>(to, column, count)
    );
}

/// The gradient of a single sample: only the rows of W whose input is not zero are touched.
struct Single<'a, T> {
    columns: &'a [u32],
    bytes: &'a [u8],
    values: &'a [T; 256],
    delta: Rows<'a, T>,
    factor: T,
}

impl<T: Scalar> Single<'_, T> {
    #[inline(always)]
    fn add<I: Isa, const C: usize, const MASKED: bool>(&self, to: &mut [T], column: usize, count: usize) {
        let factor = VectorOf::<I, T>::splat(self.factor);
        let mut scaled = self.delta.load::<I, C, MASKED>(0, column, count);
        for scaled in &mut scaled {
            *scaled = scaled.mul(factor);
        }
        for (&of, &byte) in self.columns.iter().zip(self.bytes) {
            let x = VectorOf::<I, T>::splat(self.values[usize::from(byte)]);
            let at = of as usize * self.delta.n + column;
            let old = Rows {
                values: &*to,
                n: self.delta.n,
            }
            .load::<I, C, MASKED>(of as usize, column, count);
            let mut new = old;
            for c in 0..C {
                new[c] = x.mul_add(scaled[c], old[c]);
            }
            store::<I, T, C, MASKED>(new, &mut to[at..], count);
        }
    }
}

/// The gradient of several samples: each row of W is summed in registers over the samples whose input is not zero.
struct Several<'a, T> {
    groups: &'a [ByColumn],
    fan_in: usize,
    values: &'a [T; 256],
    delta: Rows<'a, T>,
    /// −η where the parameters take their step, nothing where the gradient is stored.
    step: Option<T>,
}

impl<T: Scalar> Several<'_, T> {
    #[inline(always)]
    fn write<I: Isa, const C: usize, const MASKED: bool>(&self, to: &mut [T], column: usize, count: usize) {
        for (index, group) in self.groups.iter().enumerate() {
            // What the first group stores, the others add to.
            let factor = self.step.or((index > 0).then_some(T::ONE));
            for input in 0..self.fan_in {
                let (rows, bytes) = group.column(input);
                if rows.is_empty() && factor.is_some() {
                    continue;
                }
                let mut sums = [VectorOf::<I, T>::splat(T::ZERO); C];
                for (&row, &byte) in rows.iter().zip(bytes) {
                    let x = VectorOf::<I, T>::splat(self.values[usize::from(byte)]);
                    let delta = self.delta.load::<I, C, MASKED>(row as usize, column, count);
                    for c in 0..C {
                        sums[c] = x.mul_add(delta[c], sums[c]);
                    }
                }
                if let Some(factor) = factor {
                    let factor = VectorOf::<I, T>::splat(factor);
                    let all = Rows {
                        values: &*to,
                        n: self.delta.n,
                    };
                    let old = all.load::<I, C, MASKED>(input, column, count);
                    for c in 0..C {
                        sums[c] = factor.mul_add(sums[c], old[c]);
                    }
                }
                store::<I, T, C, MASKED>(sums, &mut to[input * self.delta.n + column..], count);
            }
        }
    }
}
