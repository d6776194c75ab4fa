//! Buffers that begin on a cache line, so that a register of a row does not lie on two.

use crate::scalar::Scalar;
use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

/// A slice of numbers on the heap whose first lies at the start of a cache line.
#[derive(Debug)]
pub(crate) struct Aligned<T> {
    buffer: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Clone> Aligned<T> {
    /// `length` numbers, the same.
    fn filled(value: &T, length: usize) -> Self {
        let spare = LINE / size_of::<T>();
        let buffer = vec![value.clone(); length + spare];
        // Not found where the machine cannot tell: then the buffer works all the same.
        let start = buffer.as_ptr().align_offset(LINE);
        Self {
            start: if start <= spare { start } else { 0 },
            buffer,
            length,
        }
    }

    /// The same numbers.
    pub(crate) fn of(values: &[T]) -> Self {
        match values.first() {
            None => Self {
                buffer: Vec::new(),
                start: 0,
                length: 0,
            },
            Some(any) => {
                let mut aligned = Self::filled(any, values.len());
                aligned.clone_from_slice(values);
                aligned
            }
        }
    }
}

impl<T: Scalar> Aligned<T> {
    /// `length` zeros.
    pub(crate) fn zeros(length: usize) -> Self {
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
        &self.buffer[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.length]
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
        for length in [0, 1, 7, 16, 1000] {
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
