//! NumPy arrays as slices for the engine, in place and without a copy, and the engine's errors for Python.

use crate::memory::with_memory;
use numpy::ndarray::Dimension;
use numpy::{
    Element, PyArrayDescrMethods, PyReadonlyArray, PyReadonlyArrayDyn, PyUntypedArray, PyUntypedArrayMethods,
};
use pellucid::Scalar;
use pyo3::Borrowed;
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::fmt::Display;

/// A number type of NumPy's arrays and of the engine.
pub(crate) trait Number: Scalar + Element + for<'py> FromPyObjectOwned<'py> {}

impl Number for f32 {}
impl Number for f64 {}

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

/// The numbers of an array, row after row.
pub(crate) fn slice<'a, V: Element, D: Dimension>(
    array: &'a PyReadonlyArray<'_, V, D>,
    what: &str,
) -> PyResult<&'a [V]> {
    let message = || format!("{what} must be C-contiguous; use numpy.ascontiguousarray");
    let numbers = array.as_array().to_slice();
    numbers.ok_or_else(|| PyValueError::new_err(message()))
}

/// The concatenated numbers of arrays.
pub(crate) fn joined<T: Number>(arrays: &[Bound<'_, PyAny>], what: &str) -> PyResult<Vec<T>> {
    let arrays = arrays.iter().map(|array| extract(array, what));
    let arrays: Vec<PyReadonlyArrayDyn<'_, T>> = arrays.collect::<PyResult<_>>()?;
    let slices = arrays.iter().map(|array| slice(array, "parameters"));
    let slices: Vec<&[T]> = slices.collect::<PyResult<_>>()?;
    let bytes = slices.iter().map(|slice| size_of_val(*slice)).sum();
    with_memory(bytes, what, || slices.concat())
}

/// A result whose error becomes Python's `ValueError`.
pub(crate) trait Refused<V> {
    fn refused(self) -> PyResult<V>;
}

impl<V, E: Display> Refused<V> for Result<V, E> {
    fn refused(self) -> PyResult<V> {
        self.map_err(|error| PyValueError::new_err(error.to_string()))
    }
}

/// Whether an array has elements of this type.
pub(crate) fn has_elements<V: Element>(array: Borrowed<'_, '_, PyAny>) -> PyResult<bool> {
    let array = array.cast::<PyUntypedArray>()?;
    Ok(array.dtype().is_equiv_to(&V::get_dtype(array.py())))
}
