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

impl<T: Scalar> Matrix<T> {
    /// A matrix from its numbers, row after row.
    ///
    /// # Errors
    /// [`Error::Shape`] when `values` does not hold `rows * columns` numbers.
    pub fn new(rows: usize, columns: usize, values: Vec<T>) -> Result<Self> {
        if rows.checked_mul(columns) != Some(values.len()) {
            return Err(Error::Shape {
                what: "a matrix's buffer".into(),
                found: format!("{} numbers", values.len()),
                expected: format!("{rows} x {columns}"),
                hint: String::new(),
            });
        }
        Ok(Self {
            rows,
            columns,
            values,
        })
    }

    /// A matrix from rows of f64, rounded to `T`. `what` names the matrix in errors.
    ///
    /// # Errors
    /// [`Error::Shape`] for rows of unequal length, [`Error::NonFiniteInput`] for a NaN or an infinity.
    pub fn from_rows(what: &str, rows: &[Vec<f64>]) -> Result<Self> {
        let columns = rows.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(rows.len() * columns);
        for (r, row) in rows.iter().enumerate() {
            if row.len() != columns {
                return Err(Error::Shape {
                    what: format!("row {} of {what}", r + 1),
                    found: format!("{} numbers", row.len()),
                    expected: format!("{columns}, as in row 1,"),
                    hint: String::new(),
                });
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

    /// All numbers, row after row, mutable.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// Row `row`.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[T] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// The rows as f64.
    pub fn to_rows(&self) -> Vec<Vec<f64>> {
        (0..self.rows)
            .map(|r| self.row(r).iter().map(|v| v.to_f64()).collect())
            .collect()
    }
}
