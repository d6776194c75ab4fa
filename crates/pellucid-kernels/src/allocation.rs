//! The system's allocator for programs that end with a message of their own where there is no memory left.
//!
//! The standard library aborts a process whose allocation fails, unless the caller asks for the error (`try_reserve`).
//! Most callers do not, in this project and in those that it depends on.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static IS_TRIED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`, in which an allocation that fails is an error of its own and no reason to end the process.
pub fn tried<R>(work: impl FnOnce() -> R) -> R {
    let before = IS_TRIED.replace(true);
    let done = work();
    IS_TRIED.set(before);
    done
}

/// The system's allocator, which calls a function where an allocation fails, unless it is [`tried`].
///
/// The function is given the number of bytes. It may end the process; if it returns, the allocation fails. It must not panic,
/// and must not rely on memory.
///
/// ```standalone_crate
/// use pellucid_kernels::allocation::{ReportingAllocator, tried};
///
/// #[global_allocator]
/// static ALLOCATOR: ReportingAllocator = ReportingAllocator::new(|_| std::process::exit(1));
///
/// fn main() {
///     let mut numbers: Vec<u64> = Vec::new();
///     assert!(tried(|| numbers.try_reserve_exact(usize::MAX / 32)).is_err());
/// }
/// ```
#[derive(Debug)]
pub struct ReportingAllocator {
    report: fn(usize),
}

impl ReportingAllocator {
    /// An allocator that calls `report`.
    pub const fn new(report: fn(usize)) -> Self {
        Self { report }
    }

    fn checked(&self, pointer: *mut u8, bytes: usize) -> *mut u8 {
        if pointer.is_null() && !IS_TRIED.get() {
            (self.report)(bytes);
        }
        pointer
    }
}

// SAFETY: every call goes to the system's allocator with the same arguments, and its answer is returned unchanged. The function
// that is called in between must not panic, as its documentation says.
unsafe impl GlobalAlloc for ReportingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the rules of this function.
        self.checked(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the rules of this function.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the rules of this function.
        self.checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the rules of this function.
        self.checked(unsafe { System.realloc(pointer, layout, size) }, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static REPORTED: AtomicUsize = AtomicUsize::new(0);
    static ALLOCATOR: ReportingAllocator =
        ReportingAllocator::new(|bytes| REPORTED.store(bytes, Ordering::SeqCst));

    #[test]
    fn a_refusal_is_reported_unless_it_is_tried() {
        // More than a machine has addresses for.
        let bytes = isize::MAX as usize - 7;
        let too_large = Layout::from_size_align(bytes, 8).unwrap();
        // SAFETY: the layout is not empty, and what is null is not used.
        let tried = tried(|| black_box(unsafe { ALLOCATOR.alloc(too_large) }));
        assert!(tried.is_null());
        assert_eq!(REPORTED.load(Ordering::SeqCst), 0);
        // SAFETY: as above.
        let plain = black_box(unsafe { ALLOCATOR.alloc_zeroed(too_large) });
        assert!(plain.is_null());
        assert_eq!(REPORTED.load(Ordering::SeqCst), bytes);
    }

    #[test]
    fn what_the_system_grants_is_used_as_any_memory() {
        let layout = Layout::from_size_align(64, 8).unwrap();
        // SAFETY: the layout is not empty; the memory is written within its 64 bytes, grown, read and given back once, with
        // the layout that it has then.
        unsafe {
            let pointer = ALLOCATOR.alloc(layout);
            assert!(!pointer.is_null());
            pointer.write_bytes(7, 64);
            let pointer = ALLOCATOR.realloc(pointer, layout, 1 << 20);
            assert_eq!(*pointer.add(63), 7);
            ALLOCATOR.dealloc(pointer, Layout::from_size_align(1 << 20, 8).unwrap());
        }
    }
}
