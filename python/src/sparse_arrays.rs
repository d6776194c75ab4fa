//! Sparse matrices in NumPy arrays, as the engine reads them: by rows.

use crate::arrays::{Number, has_elements, slice};
use numpy::PyReadonlyArray1;
use pellucid::SparseRows;
use pyo3::Borrowed;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Rows of a sparse matrix. One that was stored by rows lends its arrays; one by columns is copied.
pub(crate) struct SparseArrays<'py, T: Number> {
    stored: Stored<'py, T>,
    starts: Vec<usize>,
    width: usize,
}

enum Stored<'py, T: Number> {
    Lent(PyReadonlyArray1<'py, T>, PyReadonlyArray1<'py, u32>),
    Copied(Vec<T>, Vec<u32>),
}

impl<'py, T: Number> FromPyObject<'_, 'py> for SparseArrays<'py, T> {
    type Error = PyErr;

    /// From the values, the indices, where each line of the matrix starts in them, the number of columns, and, where the
    /// lines are columns, the number of rows.
    fn extract(of: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        type Parts<'py, T> = (
            PyReadonlyArray1<'py, T>,
            IndexArray<'py>,
            IndexArray<'py>,
            usize,
            Option<usize>,
        );
        let (values, indices, starts, width, rows): Parts<'py, T> = of.extract()?;
        let starts = starts.to_positions()?;
        let Some(rows) = rows else {
            let stored = match indices {
                IndexArray::Short(columns) => Stored::Lent(values, columns),
                IndexArray::Long(columns) => {
                    Stored::Copied(slice(&values, "values")?.to_vec(), narrowed(&columns)?)
                }
            };
            return Ok(Self {
                stored,
                starts,
                width,
            });
        };
        let values = slice(&values, "values")?;
        let (values, columns, starts) = match indices {
            IndexArray::Short(of) => by_rows(values, slice(&of, "indices")?, &starts, rows)?,
            IndexArray::Long(of) => by_rows(values, &narrowed(&of)?, &starts, rows)?,
        };
        let stored = Stored::Copied(values, columns);
        Ok(Self {
            stored,
            starts,
            width,
        })
    }
}

impl<T: Number> SparseArrays<'_, T> {
    /// The rows, checked.
    pub(crate) fn rows(&self) -> PyResult<SparseRows<'_, T>> {
        let (values, columns) = match &self.stored {
            Stored::Lent(values, columns) => (slice(values, "values")?, slice(columns, "indices")?),
            Stored::Copied(values, columns) => (&values[..], &columns[..]),
        };
        // The arrays of a matrix in SciPy may be longer than its numbers.
        let stored = *self.starts.last().ok_or_else(misfit)?;
        let (Some(values), Some(columns)) = (values.get(..stored), columns.get(..stored)) else {
            return Err(misfit());
        };
        SparseRows::new(values, columns, &self.starts, self.width).ok_or_else(misfit)
    }
}

/// The integers of a sparse matrix.
enum IndexArray<'py> {
    Short(PyReadonlyArray1<'py, u32>),
    Long(PyReadonlyArray1<'py, i64>),
}

impl<'py> FromPyObject<'_, 'py> for IndexArray<'py> {
    type Error = PyErr;

    fn extract(of: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match has_elements::<u32>(of)? {
            true => Ok(Self::Short(of.extract()?)),
            false => Ok(Self::Long(of.extract()?)),
        }
    }
}

impl IndexArray<'_> {
    fn to_positions(&self) -> PyResult<Vec<usize>> {
        match self {
            Self::Short(array) => Ok(slice(array, "starts")?
                .iter()
                .map(|&start| start as usize)
                .collect()),
            Self::Long(array) => {
                let starts = slice(array, "starts")?.iter();
                starts
                    .map(|&start| usize::try_from(start).map_err(|_| misfit()))
                    .collect()
            }
        }
    }
}

fn narrowed(indices: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<u32>> {
    let indices = slice(indices, "indices")?.iter();
    indices
        .map(|&index| u32::try_from(index).map_err(|_| misfit()))
        .collect()
}

/// The values, the columns and the starts of rows, from a matrix by columns: each row's columns rise.
fn by_rows<T: Number>(
    values: &[T],
    rows_of: &[u32],
    column_starts: &[usize],
    rows: usize,
) -> PyResult<(Vec<T>, Vec<u32>, Vec<usize>)> {
    let stored = *column_starts.last().ok_or_else(misfit)?;
    let (Some(values), Some(rows_of)) = (values.get(..stored), rows_of.get(..stored)) else {
        return Err(misfit());
    };
    let is_wide = u32::try_from(column_starts.len()).is_err() || u32::try_from(stored).is_err();
    if is_wide
        || column_starts[0] != 0
        || !column_starts.is_sorted()
        || rows_of.iter().any(|&row| row as usize >= rows)
    {
        return Err(misfit());
    }
    // The number of columns that begin at each number, and where the next number of each row goes: loops over the numbers of
    // one column after another would be too short for the processor to foresee their ends.
    let mut begins = vec![0_u32; stored + 1];
    for &start in &column_starts[1..] {
        begins[start] += 1;
    }
    let mut places = vec![0_u32; rows + 1];
    for &row in rows_of {
        places[row as usize + 1] += 1;
    }
    for row in 0..rows {
        places[row + 1] += places[row];
    }
    let starts = places.iter().map(|&place| place as usize).collect();
    let (mut by_row, mut columns) = (vec![T::ZERO; stored], vec![0; stored]);
    let mut column = 0;
    for ((&row, &value), &begin) in rows_of.iter().zip(values).zip(&begins) {
        column += begin;
        let place = &mut places[row as usize];
        let at = *place as usize;
        *place += 1;
        by_row[at] = value;
        columns[at] = column;
    }
    Ok((by_row, columns, starts))
}

fn misfit() -> PyErr {
    PyValueError::new_err("the indices of a sparse matrix do not fit its shape")
}
