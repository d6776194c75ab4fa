//! NumPy arrays as slices for the engine, in place and without a copy.

use crate::numbers::Number;
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArrayDyn};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// Features: an array of shape (rows, columns), or the parts of a sparse matrix by rows.
pub(crate) enum FeatureArrays<'py, T: Number> {
    Dense(PyReadonlyArray2<'py, T>),
    Sparse {
        values: PyReadonlyArray1<'py, T>,
        columns: Indices<'py>,
        starts: Indices<'py>,
        width: usize,
    },
}

/// The integers of a sparse matrix.
pub(crate) enum Indices<'py> {
    Short(PyReadonlyArray1<'py, i32>),
    Long(PyReadonlyArray1<'py, i64>),
}

/// Targets: numbers or booleans (rows, outputs), or the class of each row.
pub(crate) enum TargetArrays<'py, T: Number> {
    Numbers(PyReadonlyArray2<'py, T>),
    Truths(PyReadonlyArray2<'py, bool>),
    Classes(PyReadonlyArray1<'py, u32>, usize),
}

impl<'py, T: Number> FeatureArrays<'py, T> {
    /// `features` is an array, or (values, columns, starts, width).
    pub(crate) fn of(features: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok((values, columns, starts, width)) =
            features.extract::<(Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, usize)>()
        {
            return Ok(Self::Sparse {
                values: extract(&values, "the values of a sparse matrix")?,
                columns: Indices::of(&columns)?,
                starts: Indices::of(&starts)?,
                width,
            });
        }
        Ok(Self::Dense(extract(features, "the features")?))
    }
}

impl<'py> Indices<'py> {
    fn of(array: &Bound<'py, PyAny>) -> PyResult<Self> {
        match array.extract() {
            Ok(short) => Ok(Self::Short(short)),
            Err(_) => Ok(Self::Long(extract(array, "the indices of a sparse matrix")?)),
        }
    }
}

impl<'py, T: Number> TargetArrays<'py, T> {
    /// `targets` is an array of numbers or booleans, or (classes, number of classes).
    pub(crate) fn of(targets: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok((classes, count)) = targets.extract::<(Bound<'py, PyAny>, usize)>() {
            return Ok(Self::Classes(extract(&classes, "the classes")?, count));
        }
        if let Ok(truths) = targets.extract() {
            return Ok(Self::Truths(truths));
        }
        Ok(Self::Numbers(extract(targets, "the targets")?))
    }
}

/// An array of the expected type and number of dimensions.
pub(crate) fn extract<'py, A>(array: &Bound<'py, PyAny>, what: &str) -> PyResult<A>
where
    A: for<'a> FromPyObject<'a, 'py>,
{
    array.extract().map_err(|_| {
        let found = match (array.getattr("dtype"), array.getattr("shape")) {
            (Ok(dtype), Ok(shape)) => format!("an array of {dtype} and shape {shape}"),
            _ => array.get_type().to_string(),
        };
        let wanted = std::any::type_name::<A>().replace("numpy::borrow::", "");
        PyTypeError::new_err(format!("{what} are {found}, but {wanted} was expected"))
    })
}

/// The error for an array that is not C-contiguous.
pub(crate) fn scattered(what: &str) -> PyErr {
    PyValueError::new_err(format!(
        "{what} must be C-contiguous; use numpy.ascontiguousarray"
    ))
}

/// The concatenated numbers of arrays.
pub(crate) fn joined<T: Number>(arrays: &[PyReadonlyArrayDyn<'_, T>]) -> PyResult<Vec<T>> {
    let mut numbers = Vec::with_capacity(arrays.iter().map(|array| array.as_array().len()).sum());
    for array in arrays {
        let array = array.as_array();
        numbers.extend_from_slice(array.to_slice().ok_or_else(|| scattered("parameters"))?);
    }
    Ok(numbers)
}
