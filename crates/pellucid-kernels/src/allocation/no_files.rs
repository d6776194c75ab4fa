//! Memory in files on systems where Pellucid has none: every allocation is in memory.

use super::Reading;
use std::io;
use std::path::Path;
use std::ptr;

pub(super) fn choose_folder(_: &Path) -> io::Result<()> {
    let problem = "memory in files needs Linux";
    Err(io::Error::new(io::ErrorKind::Unsupported, problem))
}

pub(super) fn bytes() -> usize {
    0
}

pub(super) fn last_error() -> Option<io::Error> {
    None
}

pub(super) fn forget_error() {}

pub(super) fn advise(_: usize, _: usize, _: Reading) {}

pub(super) fn holds(_: *mut u8) -> bool {
    false
}

pub(super) fn allocate(_: usize) -> *mut u8 {
    ptr::null_mut()
}

/// # Safety
/// None is needed: there is nothing to resize.
pub(super) unsafe fn resize(_: *mut u8, _: usize) -> *mut u8 {
    ptr::null_mut()
}

/// # Safety
/// None is needed: there is nothing to give back.
pub(super) unsafe fn free(_: *mut u8) {}
