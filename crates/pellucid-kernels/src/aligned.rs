//! Buffers that begin on a cache line, so that a register of a row does not lie on two.

use crate::simd::scalar::Scalar;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// Bytes from which on a buffer asks for large pages.
const LARGE: usize = 4 << 20;

/// What a buffer of so many bytes is aligned to: a cache line; the power of two that it fits into, where it is larger than a
/// page. Which lines of it can be in the first cache at once depends, on some processors, on a sum of address bits, and so,
/// for a buffer that lies anywhere, on where the system happens to put it: a run took 31 ms in one process and 47 ms in
/// the next.
fn alignment_of(bytes: usize) -> usize {
    const PAGE: usize = 4096;
    const MOST: usize = 2 << 20;
    if bytes <= PAGE {
        LINE
    } else {
        bytes.next_power_of_two().min(MOST)
    }
}

/// Asks the system to back a buffer that is still empty by large pages, where it has them: the tables of a network of
/// two million weights are more pages of 4 KiB than the processor remembers, and a step waits for them.
fn ask_for_large_pages<T>(buffer: &mut Vec<T>) {
    #[cfg(target_os = "linux")]
    {
        const PAGE: usize = 4096;
        let room = buffer.spare_capacity_mut();
        let (start, length) = (room.as_mut_ptr() as usize, size_of_val(room));
        let first = start.next_multiple_of(PAGE);
        if length >= LARGE {
            // SAFETY: the pages lie within memory that this buffer owns, and the advice changes nothing that can be
            // read there. Its refusal, too, changes nothing.
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

/// A slice of numbers on the heap whose first lies at the start of a cache line.
#[derive(Debug)]
pub struct Aligned<T> {
    /// The first of `length` numbers within `buffer`, which is never changed after it is made: a step of a small network
    /// comes by here a dozen times, and finds the place without arithmetic.
    first: NonNull<T>,
    length: usize,
    #[expect(dead_code, reason = "it owns what `first` points to")]
    buffer: Vec<T>,
}

// SAFETY: the pointer leads into memory that this buffer owns, as a vector's does, and is used through `&self` for reading
// and `&mut self` for writing alone.
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
    /// `length` numbers, the same.
    fn filled(value: &T, length: usize) -> Self {
        let alignment = alignment_of(length * size_of::<T>());
        let spare = alignment / size_of::<T>();
        let mut buffer: Vec<T> = Vec::with_capacity(length + spare);
        ask_for_large_pages(&mut buffer);
        // Not found where the machine cannot tell: then the buffer works all the same.
        let start = buffer.as_ptr().align_offset(alignment);
        let start = if start <= spare { start } else { 0 };
        buffer.resize(start + length, value.clone());
        Self {
            first: NonNull::from(&mut buffer[start..]).cast(),
            length,
            buffer,
        }
    }

    /// The same numbers.
    pub fn of(values: &[T]) -> Self {
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
    /// At least `length` numbers, whatever they are: the same buffer where it is long enough.
    pub fn with_room(&mut self, length: usize) -> &mut [T] {
        if self.length < length {
            *self = Self::zeros(length);
        }
        &mut self[..length]
    }

    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        if length == 0 {
            Self::of(&[])
        } else {
            Self::filled(&T::ZERO, length)
        }
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: `first` and `length` are only set where the buffer is made, which has `length` numbers from there on.
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
        Self::of(self)
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
