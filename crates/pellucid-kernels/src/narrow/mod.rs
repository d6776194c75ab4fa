//! One sample, or four, through layers of a few units: the number of units is known to the compiler, so that each row
//! of W is a register or two without a mask, nothing is decided within a loop, and the activation is applied to the
//! sums while they are still in registers.
//!
//! A layer of a single unit has its weights side by side: there the number that is known is that of its inputs.
//!
//! Most of a small network's step was once what lay around the arithmetic: slices made, lengths compared, structures
//! filled. So [`Layers`] are those from one of the network's layers to its output, the operands of all of them are looked
//! at once a pass, and a kernel finds its own by the layer's index.

use crate::layer::arrays::LayerArrays;
use crate::layer::layout::{LayerLayout, StackLayout};
use crate::simd::Isa;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{HalfOf, Vector, VectorOf};
use std::marker::PhantomData;

pub use backward::Steps;
pub use batch_cursor::BatchCursor;
pub use fused_steps::{Below, FusedSteps};

/// The most units: two registers of f64 with AVX-512, four with AVX2.
const MOST: usize = 16;
/// Registers that many units take at most.
const REGISTERS: usize = 4;

/// Calls `$body` with `$N` the constant that `$width` is, one of [`is_known_width`].
macro_rules! with_known_width {
    ($width:expr, $N:ident => $body:expr) => {
        with_known_width!($width, $N => $body, 1 2 3 4 5 6 7 8 9 10 12 16)
    };
    ($width:expr, $N:ident => $body:expr, $($known:literal)+) => {
        match $width {
            $($known => { const $N: usize = $known; $body })*
            width => panic!("no kernel is compiled for rows of {width} numbers"),
        }
    };
}

/// Calls `$body` with `$V` the [best register](best_register) for rows of `$N` numbers.
macro_rules! with_best_register {
    ($I:ident, $T:ident, $N:ident, $V:ident => $body:expr) => {
        match $crate::narrow::best_register::<$I, $T>($N) {
            $crate::narrow::Best::Half => {
                type $V<I, T> = $crate::simd::vector::HalfOf<I, T>;
                $body
            }
            $crate::narrow::Best::Whole => {
                type $V<I, T> = $crate::simd::vector::VectorOf<I, T>;
                $body
            }
            $crate::narrow::Best::WholeAndHalf => {
                type $V<I, T> = $crate::simd::vector::WholeAndHalfOf<I, T>;
                $body
            }
        }
    };
}

// After the macros, which they use.
mod backward;
mod batch_cursor;
mod forward;
mod fused_steps;
mod output_kernel;

/// Whether kernels are compiled for rows of this width.
#[inline(always)]
fn is_known_width(width: usize) -> bool {
    matches!(width, 1..=10 | 12 | MOST)
}

/// Whether kernels are compiled for a layer of this shape.
#[inline(always)]
pub(crate) fn is_known(fan_in: usize, fan_out: usize) -> bool {
    is_known_width(if fan_out == 1 { fan_in } else { fan_out })
}

/// Whether this many samples are worked on here.
#[inline(always)]
pub fn is_few(rows: usize) -> bool {
    rows == 1 || rows == 4
}

/// The index of the first layer from which on all are of a few units; that after the last where none is.
pub fn first_of(layout: &StackLayout) -> usize {
    let layers = layout.layers();
    let many = layers
        .iter()
        .rposition(|layer| !is_known(layer.fan_in, layer.fan_out));
    many.map_or(0, |last| last + 1)
}

/// A kernel for a layer of known shape: what it works on, and the layer's index.
type Kernel<L> = fn(&mut L, usize);

/// Registers that hold N numbers, the last one partly filled.
type Row<V> = [V; REGISTERS];

/// # Safety
/// N numbers must be there.
#[inline(always)]
unsafe fn load<T: Scalar, V: Vector<T>, const N: usize>(from: *const T) -> Row<V> {
    let mut row = [V::splat(T::ZERO); REGISTERS];
    for (c, register) in row.iter_mut().enumerate() {
        let at = c * V::LANES;
        // SAFETY: as the caller vouches.
        unsafe {
            if at + V::LANES <= N {
                *register = V::load(from.add(at));
            } else if at < N {
                *register = V::load_first(from.add(at), N - at);
            }
        }
    }
    row
}

/// # Safety
/// R rows of N numbers must be there.
#[inline(always)]
unsafe fn load_rows<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(from: *const T) -> [Row<V>; R] {
    let mut rows = [[V::splat(T::ZERO); REGISTERS]; R];
    for (row, registers) in rows.iter_mut().enumerate() {
        // SAFETY: as the caller vouches.
        *registers = unsafe { load::<T, V, N>(from.add(row * N)) };
    }
    rows
}

/// # Safety
/// There must be room for N numbers.
#[inline(always)]
unsafe fn store<T: Scalar, V: Vector<T>, const N: usize>(row: Row<V>, to: *mut T) {
    for (c, register) in row.into_iter().enumerate() {
        let at = c * V::LANES;
        // SAFETY: as the caller vouches.
        unsafe {
            if at + V::LANES <= N {
                register.store(to.add(at));
            } else if at < N {
                register.store_first(to.add(at), N - at);
            }
        }
    }
}

/// factor·row + sums.
#[inline(always)]
fn add_product<T: Scalar, V: Vector<T>, const N: usize>(factor: V, row: Row<V>, mut sums: Row<V>) -> Row<V> {
    for c in 0..REGISTERS {
        if c * V::LANES < N {
            sums[c] = factor.mul_add(row[c], sums[c]);
        }
    }
    sums
}

/// Σ aⱼ bⱼ + Σ sⱼ, a part of it in each lane.
#[inline(always)]
fn products<T: Scalar, V: Vector<T>, const N: usize>(a: Row<V>, b: Row<V>, summands: V) -> V {
    let mut sums = a[0].mul_add(b[0], summands);
    for c in 1..REGISTERS {
        if c * V::LANES < N {
            sums = a[c].mul_add(b[c], sums);
        }
    }
    sums
}

/// The register that rows of this many numbers are best worked on in.
#[derive(Clone, Copy)]
enum Best {
    Half,
    Whole,
    WholeAndHalf,
}

/// A few numbers are better off in half registers, as what goes through them is quicker; but each is as much work as a whole
/// one.
#[inline(always)]
const fn best_register<I: Isa, T: Scalar>(width: usize) -> Best {
    let (whole, half) = (VectorOf::<I, T>::LANES, HalfOf::<I, T>::LANES);
    if half < whole && width > whole && width <= whole + half {
        Best::WholeAndHalf
    } else if width <= 12 && width != whole {
        Best::Half
    } else {
        Best::Whole
    }
}

/// The layers of a few units of a network, from one of them to the output, with what a pass over them reads and writes.
pub struct Layers<'a, T> {
    layers: &'a [LayerLayout],
    arrays: &'a mut [LayerArrays<T>],
    first: usize,
    rows: usize,
    /// (rows, fan_in) of the network's first layer; read only where that is one of these.
    input: *const T,
    parameters: *const T,
    lifetimes: PhantomData<&'a T>,
}

impl<'a, T: Scalar> Layers<'a, T> {
    /// The layers from `first` on, at parameters that the caller vouches for as below.
    ///
    /// # Panics
    /// Where there are fewer parameters than the layout has, or arrays or the input are too short for the rows,
    /// or kernels are not compiled for a layer's shape.
    #[inline(always)]
    pub fn new(
        layout: &'a StackLayout,
        first: usize,
        rows: usize,
        input: &'a [T],
        parameters: &'a [T],
        arrays: &'a mut [LayerArrays<T>],
    ) -> Self {
        assert!(
            parameters.len() == layout.parameter_count(),
            "{} parameters are given, the layers have {}",
            parameters.len(),
            layout.parameter_count()
        );
        Self::at(layout, first, rows, input, parameters.as_ptr(), arrays)
    }

    /// [`new`](Self::new), from where the parameters begin. The kernels read and write as many there as the
    /// layout has.
    #[inline(always)]
    fn at(
        layout: &'a StackLayout,
        first: usize,
        rows: usize,
        input: &'a [T],
        parameters: *const T,
        arrays: &'a mut [LayerArrays<T>],
    ) -> Self {
        let layers = layout.layers();
        assert!(
            is_few(rows)
                && layers.len() == arrays.len()
                && (first > 0 || input.len() >= rows * layers[0].fan_in),
            "a layer's operands are too short"
        );
        // All of them, as the layer below the first of these is read too.
        for (layer, of_layer) in layers.iter().zip(&*arrays) {
            let used = rows * layer.fan_out;
            assert!(
                of_layer.z.len() >= used && of_layer.activation.len() >= used && of_layer.delta.len() >= used,
                "a layer's operands are too short"
            );
        }
        Self {
            layers,
            arrays,
            first,
            rows,
            input: input.as_ptr(),
            parameters,
            lifetimes: PhantomData,
        }
    }

    /// What layer `index` is multiplied with, (rows, fan_in).
    ///
    /// # Safety
    /// There must be such a layer.
    #[inline(always)]
    unsafe fn x(&self, index: usize) -> *const T {
        if index == 0 {
            self.input
        } else {
            // SAFETY: there are as many arrays as layers (`at`).
            unsafe { self.arrays.get_unchecked(index - 1) }
                .activation
                .as_ptr()
        }
    }
}
