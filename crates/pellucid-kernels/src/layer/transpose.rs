//! Transposes matrices into the order in which a product reads them.

use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf};
use crate::simd::{Isa, Task};

/// Maximum number of lanes of a register.
const MAX_LANES: usize = 16;

/// `to` (columns, rows) ← `from` (rows, columns), both row-major.
#[inline(always)]
pub(crate) fn transpose<I: Isa, T: Scalar>(from: &[T], (rows, columns): (usize, usize), to: &mut [T]) {
    assert!(
        from.len() >= rows * columns && to.len() >= rows * columns,
        "a matrix is too short to be transposed"
    );
    // SAFETY: both slices hold rows·columns numbers, and `to` is borrowed mutably.
    let task = unsafe { Transpose::new((from.as_ptr(), columns), (rows, columns), (to.as_mut_ptr(), rows)) };
    I::call(task);
}

/// [`transpose`] of a part of a matrix into a part of another: beside each pointer stands how many numbers its rows are
/// apart.
pub(crate) struct Transpose<T> {
    from: (*const T, usize),
    shape: (usize, usize),
    to: (*mut T, usize),
}

// SAFETY: the caller of `new` guarantees that all it reaches is valid, and that no other thread accesses the
// destination while it runs.
unsafe impl<T: Sync> Send for Transpose<T> {}

impl<T> Transpose<T> {
    /// # Safety
    /// Everything that the shape and the strides reach must be valid for reading from `from` on, and for writing from
    /// `to` on, as long as this value lives, and no other thread may access the destination in that time.
    pub(crate) unsafe fn new(from: (*const T, usize), shape: (usize, usize), to: (*mut T, usize)) -> Self {
        Self { from, shape, to }
    }
}

impl<T: Scalar> Task for Transpose<T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let lanes = VectorOf::<I, T>::LANES;
        let (rows, columns) = self.shape;
        for row in (0..rows).step_by(lanes) {
            let height = (rows - row).min(lanes);
            for column in (0..columns).step_by(lanes) {
                let width = (columns - column).min(lanes);
                // SAFETY: the tile lies within the shape.
                unsafe {
                    if height == lanes && width == lanes {
                        self.tile::<I, false>((row, column), (lanes, lanes));
                    } else {
                        self.tile::<I, true>((row, column), (height, width));
                    }
                }
            }
        }
    }
}

impl<T: Scalar> Transpose<T> {
    /// Transposes a tile of as many rows and columns as a register has lanes, or of the first `height` rows and `width`
    /// columns. Each round interleaves the rows of the first half with those of the second, which rotates the bits of
    /// (row, column) by one place; after as many rounds as an index has bits, rows are columns.
    ///
    /// # Safety
    /// The tile must lie within the shape.
    #[inline(always)]
    unsafe fn tile<I: Isa, const MASKED: bool>(
        &self,
        (row, column): (usize, usize),
        (height, width): (usize, usize),
    ) {
        let lanes = VectorOf::<I, T>::LANES;
        let mut tile = [VectorOf::<I, T>::splat(T::ZERO); MAX_LANES];
        for (i, register) in tile.iter_mut().enumerate().take(lanes) {
            // SAFETY: guaranteed by the callers of this function and of `new`.
            unsafe {
                let from = self.from.0.add((row + i) * self.from.1 + column);
                if !MASKED {
                    *register = VectorOf::<I, T>::load(from);
                } else if i < height {
                    *register = VectorOf::<I, T>::load_first(from, width);
                }
            }
        }
        let mut left = lanes;
        while left > 1 {
            let before = tile;
            for i in 0..lanes / 2 {
                (tile[2 * i], tile[2 * i + 1]) = before[i].interleave(before[i + lanes / 2]);
            }
            left /= 2;
        }
        for (j, register) in tile.into_iter().enumerate().take(lanes) {
            // SAFETY: as above.
            unsafe {
                let to = self.to.0.add((column + j) * self.to.1 + row);
                if !MASKED {
                    register.store(to);
                } else if j < width {
                    register.store_first(to, height);
                }
            }
        }
    }
}
