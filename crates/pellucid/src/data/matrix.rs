//! Defines the matrix type: rows of equal length in one row-major buffer.

use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// A row-major matrix that owns its numbers. In a data set, each row is a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix<T> {
    rows: usize,
    columns: usize,
    values: Vec<T>,
}

impl<T> Matrix<T> {
    /// A matrix from its numbers, row after row.
    ///
    /// # Errors
    /// [`Error::Shape`] when `values` does not hold `rows * columns` numbers.
    pub fn new(rows: usize, columns: usize, values: Vec<T>) -> Result<Self> {
        Self::named(["a matrix", "numbers"], rows, columns, values)
    }

    /// The same with the names, in errors, of the matrix and of what it holds.
    pub(super) fn named(
        [what, unit]: [&str; 2],
        rows: usize,
        columns: usize,
        values: Vec<T>,
    ) -> Result<Self> {
        if rows.checked_mul(columns) != Some(values.len()) {
            let found = format!("{} {unit}", values.len());
            return Err(Error::shape(
                format!("{what}'s buffer"),
                found,
                format!("{rows} x {columns}"),
            ));
        }
        Ok(Self {
            rows,
            columns,
            values,
        })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All numbers, row after row.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Row `row`.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[T] {
        &self.values[row * self.columns..][..self.columns]
    }
}

impl<T: Scalar> Matrix<T> {
    /// A matrix from rows of f64, rounded to `T`. `what` names the matrix in errors.
    ///
    /// # Errors
    /// [`Error::Shape`] for rows of unequal length, [`Error::NonFiniteInput`] for a NaN or an infinity.
    pub fn from_rows(what: &str, rows: &[Vec<f64>]) -> Result<Self> {
        let columns = rows.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(rows.len() * columns);
        for (r, row) in rows.iter().enumerate() {
            if row.len() != columns {
                let (what, found) = (format!("row {} of {what}", r + 1), row.len());
                let expected = format!("{columns}, as in row 1,");
                return Err(Error::shape(what, format!("{found} numbers"), expected));
            }
            for (c, &value) in row.iter().enumerate() {
                if !value.is_finite() {
                    let place = format!("row {}, column {} of {what}", r + 1, c + 1);
                    return Err(Error::NonFiniteInput { place, value });
                }
                values.push(T::from_f64(value));
            }
        }
        Self::new(rows.len(), columns, values)
    }

    /// The rows as f64.
    pub fn to_rows(&self) -> Vec<Vec<f64>> {
        (0..self.rows)
            .map(|r| self.row(r).iter().map(|v| v.to_f64()).collect())
            .collect()
    }
}
