//! Buffers that begin on a cache line, so that no register of a row crosses two lines.

use crate::simd::scalar::Scalar;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// Minimum size in bytes of a buffer that asks for large pages.
const LARGE: usize = 4 << 20;

/// The alignment of a buffer of `bytes` bytes: a cache line, or, above the size of a page, the next power of two. On
/// some processors a sum of address bits decides which lines can be in the first-level cache at the same time. Without
/// this alignment the speed would depend on where the system places the buffer: one run took 31 ms in one process and
/// 47 ms in the next.
fn alignment_of(bytes: usize) -> usize {
    const PAGE: usize = 4096;
    const MOST: usize = 2 << 20;
    if bytes <= PAGE {
        LINE
    } else {
        bytes.next_power_of_two().min(MOST)
    }
}

/// Asks the system to back a buffer that is still empty by large pages, where it has them. The buffers of a network of
/// two million weights span more 4 KiB pages than the TLB holds, and a step waits for the misses.
fn ask_for_large_pages<T>(buffer: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let spare = buffer.spare_capacity_mut();
        let (start, length) = (spare.as_mut_ptr() as usize, size_of_val(spare));
        let first = start.next_multiple_of(PAGE);
        if length >= LARGE {
            // SAFETY: the pages lie within memory that this buffer owns. The advice does not change what can be read
            // there, whether the system follows or refuses it.
            unsafe {
                libc::madvise(
                    first as *mut libc::c_void,
                    start + length - first,
                    libc::MADV_HUGEPAGE,
                );
            }
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = buffer;
}

/// A slice of numbers on the heap whose first element lies at the start of a cache line.
#[derive(Debug)]
pub struct Aligned<T> {
    /// The first of `length` numbers within `buffer`, which never changes after its creation. A step of a small network
    /// dereferences such a slice a dozen times, so the pointer is stored and not computed.
    first: NonNull<T>,
    length: usize,
    #[expect(dead_code, reason = "owns the memory that `first` points to")]
    buffer: Vec<T>,
}

// SAFETY: the pointer leads into memory that this buffer owns, as the pointer of a vector does. `&self` only reads
// through it and `&mut self` only writes through it.
unsafe impl<T: Send> Send for Aligned<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Aligned<T> {}

impl<T> Default for Aligned<T> {
    fn default() -> Self {
        Self {
            first: NonNull::dangling(),
            length: 0,
            buffer: Vec::new(),
        }
    }
}

impl<T: Clone> Aligned<T> {
    /// `length` copies of `value`.
    fn filled(value: &T, length: usize) -> Self {
        let alignment = alignment_of(length * size_of::<T>());
        let spare = alignment / size_of::<T>();
        let mut buffer: Vec<T> = Vec::with_capacity(length + spare);
        ask_for_large_pages(&mut buffer);
        // `align_offset` may find no offset; then the buffer is unaligned and works all the same.
        let start = buffer.as_ptr().align_offset(alignment);
        let start = if start <= spare { start } else { 0 };
        buffer.resize(start + length, value.clone());
        Self {
            first: NonNull::from(&mut buffer[start..]).cast(),
            length,
            buffer,
        }
    }

    /// A copy of `values`.
    pub fn from_slice(values: &[T]) -> Self {
        match values.first() {
            None => Self::default(),
            Some(any) => {
                let mut aligned = Self::filled(any, values.len());
                aligned.clone_from_slice(values);
                aligned
            }
        }
    }
}

impl<T: Scalar> Aligned<T> {
    /// The first `length` numbers, of unspecified value. Keeps the buffer where it is long enough, and replaces it by
    /// zeros otherwise.
    pub fn ensure_length(&mut self, length: usize) -> &mut [T] {
        if self.length < length {
            *self = Self::zeros(length);
        }
        &mut self[..length]
    }

    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        if length == 0 {
            Self::from_slice(&[])
        } else {
            Self::filled(&T::ZERO, length)
        }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: `first` and `length` are set only where the buffer is created, which holds `length` numbers from
        // `first` on.
        unsafe { std::slice::from_raw_parts(self.first.as_ptr(), self.length) }
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts_mut(self.first.as_ptr(), self.length) }
    }
}

impl<T: Clone> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        Self::from_slice(self)
    }
}

impl<T: PartialEq> PartialEq for Aligned<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_begin_on_a_cache_line_and_so_do_their_clones() {
        for length in [0, 1, 7, 16, 1000, 2 * LARGE / size_of::<f32>() + 5] {
            let mut aligned = Aligned::<f32>::zeros(length);
            aligned
                .iter_mut()
                .enumerate()
                .for_each(|(j, value)| *value = j as f32);
            let clone = aligned.clone();
            assert_eq!((aligned.len(), &*aligned), (length, &*clone));
            if length > 0 {
                assert_eq!(
                    (
                        aligned.as_ptr().align_offset(LINE),
                        clone.as_ptr().align_offset(LINE)
                    ),
                    (0, 0)
                );
            }
        }
    }
}
