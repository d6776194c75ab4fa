//! The limit of what the large arrays of the engine take in memory.

use crate::table_data::refused;
use pellucid::allocation::ReportingAllocator;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;

/// Where memory is refused, Rust ends the process or returns an error, as without it.
#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator::new(|_| {});

/// Keeps at most so many bytes of the large arrays of the engine in memory. What tables, and the numbers made of them, need beyond it
/// lies in temporary files in a folder, by default `/var/tmp` if that is on a disk, and is read from there as it is needed. The folder
/// can be chosen once. A process that is forked shares these arrays. It is for tables in files, which the engine reads itself: arrays and frames of Python stay where they are.
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
