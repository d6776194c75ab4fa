//! Matrices as a product reads them, and how it stores its result.

/// A matrix: entry (i, j) is `values[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy)]
pub(in crate::layer) struct Matrix<'a, T> {
    pub(in crate::layer) values: &'a [T],
    pub(in crate::layer) row_stride: usize,
    pub(in crate::layer) column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Rows of `columns` numbers, one after another.
    #[inline(always)]
    pub(in crate::layer) fn rows(values: &'a [T], columns: usize) -> Self {
        Self {
            values,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The transpose of [`rows`](Self::rows).
    #[inline(always)]
    pub(in crate::layer) fn transposed(values: &'a [T], columns: usize) -> Self {
        Self {
            values,
            row_stride: 1,
            column_stride: columns,
        }
    }

    /// Whether it is the transpose of several columns.
    #[inline(always)]
    pub(in crate::layer) fn is_transposed(&self) -> bool {
        self.column_stride != 1
    }

    /// Whether the values have all entries of so many rows and columns.
    #[inline(always)]
    pub(in crate::layer) fn holds(&self, rows: usize, columns: usize) -> bool {
        let last = rows.saturating_sub(1) * self.row_stride + columns.saturating_sub(1) * self.column_stride;
        rows * columns == 0 || last < self.values.len()
    }
}

/// How a product is stored.
#[derive(Clone, Copy)]
pub(in crate::layer) struct Finish<'a, T> {
    /// Added to each row of the product.
    pub(in crate::layer) bias: Option<&'a [T]>,
    /// The factor of the product, which is then added to the output; without it, the product replaces the output. Never
    /// beside a bias.
    pub(in crate::layer) step: Option<T>,
}

impl<T> Finish<'_, T> {
    /// A product without a bias.
    #[inline(always)]
    pub(in crate::layer) fn stepping(step: Option<T>) -> Self {
        Self { bias: None, step }
    }
}
