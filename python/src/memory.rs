//! The memory of the engine: a limit of what large arrays take, and copies of what Python holds, asked for before they are used.

use crate::table_data::refused;
use pellucid::allocation::ReportingAllocator;
use pyo3::exceptions::{PyMemoryError, PyValueError};
use pyo3::prelude::*;
use std::path::PathBuf;

/// Where memory is refused, Rust ends the process or returns an error, as without it.
#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator::new(|_| {});

/// Keeps at most so many bytes of the large arrays of the engine in memory. What tables, and the numbers made of them, need beyond it
/// lies in temporary files in a folder, by default `/var/tmp` if that is on a disk, and is read from there as it is needed. The folder
/// can be chosen once. It is for tables in files, which the engine reads itself: arrays and frames of Python stay where they are.
///
/// # Errors
/// `ValueError` where it cannot be done.
#[pyfunction]
#[pyo3(signature = (size, temp_directory = None))]
pub(crate) fn limit_memory(size: u64, temp_directory: Option<PathBuf>) -> PyResult<()> {
    if size == 0 {
        return Err(PyValueError::new_err(
            "size is 0; a number of bytes is expected, such as 512_000_000",
        ));
    }
    refused(pellucid_data::limit_memory(Some(size), temp_directory.as_deref()))
}

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
