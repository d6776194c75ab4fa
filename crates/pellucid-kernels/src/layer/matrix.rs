//! Matrices as a product reads them, and how it stores its result.

/// A matrix: entry (i, j) is `values[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a, T> {
    pub(super) values: &'a [T],
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// Rows of `columns` numbers, one after another.
    #[inline(always)]
    pub(super) fn rows(values: &'a [T], columns: usize) -> Self {
        Self {
            values,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// The transpose of [`rows`](Self::rows).
    #[inline(always)]
    pub(super) fn transposed(values: &'a [T], columns: usize) -> Self {
        Self {
            values,
            row_stride: 1,
            column_stride: columns,
        }
    }

    /// Whether the values have all entries of so many rows and columns.
    #[inline(always)]
    pub(super) fn holds(&self, rows: usize, columns: usize) -> bool {
        let last = rows.saturating_sub(1) * self.row_stride + columns.saturating_sub(1) * self.column_stride;
        rows * columns == 0 || last < self.values.len()
    }
}

/// How a product is stored.
#[derive(Clone, Copy)]
pub(super) struct Finish<'a, T> {
    /// Added to each row of the product.
    pub(super) bias: Option<&'a [T]>,
    /// The factor of the product, which is then added to the output; without it, the product replaces the output. Never
    /// beside a bias.
    pub(super) step: Option<T>,
}

impl<T> Finish<'_, T> {
    /// The product alone.
    pub(super) const STORE: Self = Self {
        bias: None,
        step: None,
    };
}
