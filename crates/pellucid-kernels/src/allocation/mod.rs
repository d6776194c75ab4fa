//! The system's allocator for programs that end with a message of their own where there is no memory left, and that may use more
//! than there is.
//!
//! The standard library aborts a process whose allocation fails, unless the caller asks for the error (`try_reserve`).
//! Most callers do not, in this project and in those that it depends on.
//!
//! A table and its prepared rows may be larger than memory. Once what is large takes more than [a limit](limit_memory), further
//! large allocations lie in files without names, of which the system keeps in memory what is in use. Whoever uses them does not
//! notice, and computes the same bits.

#[cfg(target_os = "linux")]
mod files;
#[cfg(not(target_os = "linux"))]
#[path = "no_files.rs"]
mod files;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// From so many bytes on, an allocation is large: it counts, and may lie in a file.
const LARGE: usize = 1 << 20;

/// The bytes of large allocations in memory.
static IN_MEMORY: AtomicUsize = AtomicUsize::new(0);

/// The most bytes of large allocations in memory.
static LIMIT: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Keeps at most so many bytes of large allocations, those of 1 MiB and more, in memory; further ones lie in files in `folder`. The
/// process needs a [`ReportingAllocator`]. The folder can be chosen once.
///
/// # Errors
/// No file can be made in the folder, another one is chosen already, or the system is not Linux.
pub fn limit_memory(bytes: usize, folder: &Path) -> io::Result<()> {
    files::choose_folder(folder)?;
    LIMIT.store(bytes, Ordering::Relaxed);
    Ok(())
}

/// The most bytes of large allocations in memory, where they are limited.
pub fn memory_limit() -> Option<usize> {
    Some(LIMIT.load(Ordering::Relaxed)).filter(|&limit| limit < usize::MAX)
}

/// How an array is going to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Here and there: what lies around what is read is not needed.
    Anywhere,
    /// One number after the other.
    InOrder,
    /// Soon, all of it.
    Soon,
}

/// Tells the system how an array is going to be read, where it lies in a file.
pub fn expect_reading<T>(values: &[T], reading: Reading) {
    files::advise(values.as_ptr().addr(), size_of_val(values), reading);
}

/// The bytes of allocations that lie in files.
pub fn bytes_in_files() -> usize {
    files::bytes()
}

/// Why the last allocation that failed did, where it was to lie in a file.
pub fn last_file_error() -> Option<io::Error> {
    files::last_error()
}

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

/// Whether a new allocation is to lie in a file.
fn belongs_in_file(bytes: usize, align: usize) -> bool {
    /// The alignment of every mapping.
    const PAGE: usize = 4096;
    bytes >= LARGE && align <= PAGE && exceeds_limit(bytes)
}

fn exceeds_limit(more: usize) -> bool {
    let limit = LIMIT.load(Ordering::Relaxed);
    IN_MEMORY.load(Ordering::Relaxed).saturating_add(more) > limit
}

/// Counts an allocation in memory that the system granted.
fn counted(pointer: *mut u8, bytes: usize) -> *mut u8 {
    if pointer.is_null() {
        files::forget_error();
    } else if bytes >= LARGE {
        IN_MEMORY.fetch_add(bytes, Ordering::Relaxed);
    }
    pointer
}

fn discount(bytes: usize) {
    if bytes >= LARGE {
        IN_MEMORY.fetch_sub(bytes, Ordering::Relaxed);
    }
}

// SAFETY: memory is that of the system's allocator or a mapping of `files`, of the size asked for and, as a page is, aligned. What is
// given back or resized goes to where it came from: `files` knows the addresses of its mappings. The function that is called in
// between must not panic, as its documentation says.
unsafe impl GlobalAlloc for ReportingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let bytes = layout.size();
        let pointer = match belongs_in_file(bytes, layout.align()) {
            true => files::allocate(bytes),
            // SAFETY: the caller keeps the rules of this function.
            false => counted(unsafe { System.alloc(layout) }, bytes),
        };
        self.checked(pointer, bytes)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if layout.size() >= LARGE && files::holds(pointer) {
            // SAFETY: the caller does not use the memory any more.
            return unsafe { files::free(pointer) };
        }
        discount(layout.size());
        // SAFETY: the caller keeps the rules of this function, and the memory is the system allocator's.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let bytes = layout.size();
        let pointer = match belongs_in_file(bytes, layout.align()) {
            true => files::allocate(bytes),
            // SAFETY: the caller keeps the rules of this function.
            false => counted(unsafe { System.alloc_zeroed(layout) }, bytes),
        };
        self.checked(pointer, bytes)
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let before = layout.size();
        let is_in_file = before >= LARGE && files::holds(pointer);
        if is_in_file && size >= LARGE {
            // SAFETY: the memory is of `files`, and the caller uses the new address alone.
            return self.checked(unsafe { files::resize(pointer, size) }, size);
        }
        // What is large and in memory is counted already.
        let counted_before = if before >= LARGE { before } else { 0 };
        let moves_to_file =
            size > before && belongs_in_file(size, layout.align()) && exceeds_limit(size - counted_before);
        if !is_in_file && !moves_to_file {
            // SAFETY: the caller keeps the rules of this function, and the memory is the system allocator's.
            let resized = unsafe { System.realloc(pointer, layout, size) };
            if !resized.is_null() {
                discount(before);
            }
            counted(resized, size);
            return self.checked(resized, size);
        }
        // From memory to a file, or back.
        let moved = match is_in_file {
            // SAFETY: the layout is that of a valid one with another size, which the caller has checked.
            true => unsafe { System.alloc(Layout::from_size_align_unchecked(size, layout.align())) },
            false => files::allocate(size),
        };
        if !moved.is_null() {
            // SAFETY: both are allocations of at least the smaller size, and do not overlap; the old one is given back to where it
            // came from, and the caller uses the new address alone.
            unsafe {
                pointer.copy_to_nonoverlapping(moved, before.min(size));
                self.dealloc(pointer, layout);
            }
        }
        self.checked(moved, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// Limit and counts are those of the process, and tests run side by side.
    fn alone() -> MutexGuard<'static, ()> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
    }

    static REPORTED: AtomicUsize = AtomicUsize::new(0);
    static ALLOCATOR: ReportingAllocator =
        ReportingAllocator::new(|bytes| REPORTED.store(bytes, Ordering::SeqCst));

    #[test]
    fn a_refusal_is_reported_unless_it_is_tried() {
        let _alone = alone();
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
        let _alone = alone();
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

    #[cfg(target_os = "linux")]
    mod in_files {
        use super::*;
        use proptest::prelude::*;
        /// Memory of the allocator beside a vector of the standard library, which is to hold the same bytes.
        struct Twin {
            pointer: *mut u8,
            layout: Layout,
            expected: Vec<u8>,
        }

        impl Twin {
            fn new(bytes: usize, value: u8, is_zeroed: bool) -> Self {
                let layout = Layout::from_size_align(bytes, 64).unwrap();
                // SAFETY: the layout is not empty; the memory is written within its bytes.
                let pointer = unsafe {
                    match is_zeroed {
                        true => ALLOCATOR.alloc_zeroed(layout),
                        false => ALLOCATOR.alloc(layout),
                    }
                };
                assert!(!pointer.is_null() && pointer.addr().is_multiple_of(64));
                let mut twin = Self {
                    pointer,
                    layout,
                    expected: vec![0; bytes],
                };
                if !is_zeroed {
                    twin.fill_from(0, value);
                }
                twin
            }

            /// Writes numbers that begin with `value` to all bytes from `start` on.
            fn fill_from(&mut self, start: usize, value: u8) {
                for at in start..self.expected.len() {
                    let byte = value.wrapping_add((at % 251) as u8);
                    self.expected[at] = byte;
                    // SAFETY: `at` is within the bytes of the memory.
                    unsafe { *self.pointer.add(at) = byte };
                }
            }

            fn resize(&mut self, bytes: usize, value: u8) {
                // SAFETY: the memory is that of the layout, and the old address is not used any more.
                let pointer = unsafe { ALLOCATOR.realloc(self.pointer, self.layout, bytes) };
                assert!(!pointer.is_null());
                (self.pointer, self.layout) = (pointer, Layout::from_size_align(bytes, 64).unwrap());
                let kept = bytes.min(self.expected.len());
                self.expected.resize(bytes, 0);
                self.check(kept);
                self.fill_from(kept, value);
            }

            /// Compares the first bytes.
            fn check(&self, bytes: usize) {
                // SAFETY: the memory has so many bytes, and nothing writes to it meanwhile.
                let found = unsafe { std::slice::from_raw_parts(self.pointer, bytes) };
                assert!(found == &self.expected[..bytes], "{:?}", self.layout);
            }
        }

        impl Drop for Twin {
            fn drop(&mut self) {
                // SAFETY: the memory is that of the layout, and is not used any more.
                unsafe { ALLOCATOR.dealloc(self.pointer, self.layout) };
            }
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(24))]
            #[test]
            fn memory_in_files_holds_what_a_vector_holds(
                steps in prop::collection::vec((0..6_usize, 1..(4 * LARGE), any::<u8>()), 1..24),
                limit in 0..(6 * LARGE),
            ) {
                let _alone = alone();
                let before = (IN_MEMORY.load(Ordering::SeqCst), bytes_in_files());
                limit_memory(limit, &std::env::temp_dir()).unwrap();
                let mut twins: Vec<Twin> = Vec::new();
                for (step, bytes, value) in steps {
                    let at = usize::from(value) % twins.len().max(1);
                    match step {
                        0 | 1 => twins.push(Twin::new(bytes, value, step == 0)),
                        2 if !twins.is_empty() => drop(twins.swap_remove(at)),
                        _ if !twins.is_empty() => twins[at].resize(bytes, value),
                        _ => {}
                    }
                    let of_large = twins.iter().map(|twin| twin.layout.size()).filter(|bytes| *bytes >= LARGE);
                    let in_memory = IN_MEMORY.load(Ordering::SeqCst) - before.0;
                    prop_assert_eq!(of_large.sum::<usize>(), in_memory + bytes_in_files() - before.1);
                    // What only shrinks may stay where it is.
                    prop_assert!(in_memory <= limit);
                }
                for twin in &twins {
                    twin.check(twin.expected.len());
                }
                drop(twins);
                prop_assert_eq!((IN_MEMORY.load(Ordering::SeqCst), bytes_in_files()), before);
                LIMIT.store(usize::MAX, Ordering::SeqCst);
            }
        }

        #[test]
        fn a_file_that_the_system_refuses_is_an_allocation_that_fails() {
            let _alone = alone();
            assert!(limit_memory(0, Path::new("/nowhere/at/all")).is_err());
            limit_memory(0, &std::env::temp_dir()).unwrap();
            let other = limit_memory(0, Path::new("/"));
            assert!(other.is_err(), "another folder");
            // More than a file can have.
            let too_large = Layout::from_size_align(isize::MAX as usize - 4095, 8).unwrap();
            // SAFETY: the layout is not empty, and what is null is not used.
            let refused = tried(|| black_box(unsafe { ALLOCATOR.alloc(too_large) }));
            assert!(refused.is_null() && last_file_error().is_some());
            LIMIT.store(usize::MAX, Ordering::SeqCst);
        }
    }
}
