//! Memory for copies of what Python holds, asked for before it is used.

use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// Makes a copy of `what` that takes this number of bytes.
///
/// # Errors
/// `MemoryError` where the system does not grant them; without it, the interpreter would end.
pub(crate) fn with_memory<R>(bytes: usize, what: &str, copy: impl FnOnce() -> R) -> PyResult<R> {
    let mut trial: Vec<u8> = Vec::new();
    if trial.try_reserve_exact(bytes).is_err() {
        let mebibytes = bytes.div_ceil(1 << 20);
        return Err(PyMemoryError::new_err(format!(
            "a copy of {what} takes {mebibytes} MiB, which the system does not grant; give fewer rows or columns, or free memory"
        )));
    }
    drop(trial);
    Ok(copy())
}
