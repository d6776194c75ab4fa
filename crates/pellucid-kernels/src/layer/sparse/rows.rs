//! Rows of a sparse matrix as the input of a layer, and the products with them.

use super::list::{self, SeparateEntries};
use super::{MAX_SHARDS, Shape};
use crate::simd::scalar::Scalar;
use crate::simd::{Isa, Task};
use crate::thread_pool;

/// The stored numbers of rows, row after row, as in a CSR matrix. A column that a row stores twice counts with the sum.
#[derive(Debug, Clone, Copy)]
pub struct SparseRows<'a, T> {
    values: &'a [T],
    columns: &'a [u32],
    starts: &'a [usize],
    width: usize,
}

impl<'a, T> SparseRows<'a, T> {
    /// Rows of `width` columns: row i stores `values[starts[i]..starts[i + 1]]` in the columns at the same positions. `None`
    /// where a column is not below `width`, or where the starts do not rise from 0 or more to the number of values or less.
    pub fn new(values: &'a [T], columns: &'a [u32], starts: &'a [usize], width: usize) -> Option<Self> {
        let rises = starts.is_sorted() && starts.last().is_some_and(|&end| end <= values.len());
        let fits = columns.len() == values.len() && columns.iter().all(|&column| (column as usize) < width);
        (rises && fits).then_some(Self {
            values,
            columns,
            starts,
            width,
        })
    }

    /// The number of rows.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    #[inline(always)]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Some of the rows, from `first` on.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn range(&self, first: usize, end: usize) -> Self {
        Self {
            starts: &self.starts[first..=end],
            ..*self
        }
    }

    /// The columns that a row stores, and the number in each.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn stored(&self, row: usize) -> (&'a [u32], &'a [T]) {
        let SeparateEntries { columns, values } = self.row(row);
        (columns, values)
    }

    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> SeparateEntries<'a, T> {
        let stored = self.starts[row]..self.starts[row + 1];
        SeparateEntries {
            columns: &self.columns[stored.clone()],
            values: &self.values[stored],
        }
    }
}

impl<T: Scalar> SparseRows<'_, T> {
    /// All numbers, (rows, width), zeros included.
    pub fn to_vec(self) -> Vec<T> {
        let mut numbers = vec![T::ZERO; self.rows() * self.width];
        for (row, numbers) in numbers.chunks_exact_mut(self.width.max(1)).enumerate() {
            let SeparateEntries { columns, values } = self.row(row);
            for (&column, &value) in columns.iter().zip(values) {
                numbers[column as usize] += value;
            }
        }
        numbers
    }
}

/// z = x·W + b. The rows are independent of each other, so the bits do not depend on their parts.
#[inline(always)]
pub(super) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    x: SparseRows<'_, T>,
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    let (rows, _, fan_out) = shape.sizes();
    let parts = shape.threads.get().min(MAX_SHARDS).min(rows);
    let rows_per_part = rows.div_ceil(parts.max(1)).max(1);
    let parts = z[..rows * fan_out].chunks_mut(rows_per_part * fan_out);
    let parts = parts.enumerate().map(|(index, z)| Affine {
        x,
        first: index * rows_per_part,
        weights,
        bias,
        fan_out,
        z,
    });
    thread_pool::for_each_of::<MAX_SHARDS, _>(shape.threads, parts, |part| I::call(part));
}

/// z of some rows.
struct Affine<'a, T> {
    x: SparseRows<'a, T>,
    first: usize,
    weights: &'a [T],
    bias: Option<&'a [T]>,
    fan_out: usize,
    z: &'a mut [T],
}

impl<T: Scalar> Task for Affine<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        for (row, z) in self.z.chunks_exact_mut(self.fan_out).enumerate() {
            list::affine::<I, T, _>(self.x.row(self.first + row), self.weights, self.bias, z);
        }
    }
}

/// ∂L/∂W = xᵀδ; a step touches only the rows of W whose input is stored.
#[inline(always)]
pub(super) fn weight_gradient<I: Isa, T: Scalar>(
    shape: Shape,
    x: SparseRows<'_, T>,
    delta: &[T],
    step: Option<T>,
    to: &mut [T],
) {
    let (rows, fan_in, fan_out) = shape.sizes();
    if step.is_none() {
        to[..fan_in * fan_out].fill(T::ZERO);
    }
    let factor = step.unwrap_or(T::ONE);
    for (row, delta) in delta.chunks_exact(fan_out).take(rows).enumerate() {
        list::weight_gradient::<I, T, _>(x.row(row), delta, Some(factor), to);
    }
}
