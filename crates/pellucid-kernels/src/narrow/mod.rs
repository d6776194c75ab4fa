//! Kernels for narrow layers, on one or four samples: the number of units is a compile-time constant, so each row of W
//! occupies one or two registers without a mask, the loops contain no branch, and the activation is applied to the
//! pre-activations while they are in registers.
//!
//! The weights of a layer with a single unit are contiguous: there the constant is the number of inputs.
//!
//! In a small network's step, code around the arithmetic would take much of the time. So [`Layers`] covers all layers from
//! one of the network's to its output: it checks the lengths of all operands once, and kernels find theirs by index.

use crate::layer::arrays::LayerArrays;
use crate::layer::layout::{LayerLayout, StackLayout};
use crate::simd::Isa;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{HalfOf, Vector, VectorOf};

pub use backward::BackwardPass;
pub use batch_cursor::BatchCursor;
pub use fused_steps::{FusedSteps, LayerBelow};

/// Maximum number of units: two registers of f64 with AVX-512, four with AVX2.
const MAX_UNITS: usize = 16;
/// Maximum number of registers that a row of so many units takes.
const ROW_REGISTERS: usize = 4;

/// Evaluates `$body` with `$N` a constant equal to `$width`, which must satisfy [`is_supported_width`].
macro_rules! with_supported_width {
    ($width:expr, $N:ident => $body:expr) => {
        with_supported_width!($width, $N => $body, 1 2 3 4 5 6 7 8 9 10 12 16)
    };
    ($width:expr, $N:ident => $body:expr, $($known:literal)+) => {
        match $width {
            $($known => { const $N: usize = $known; $body })*
            width => panic!("no kernel is compiled for rows of {width} numbers"),
        }
    };
}

/// Evaluates `$body` with `$V` the [best register type](best_register) for rows of `$N` numbers.
macro_rules! with_best_register {
    ($I:ident, $T:ident, $N:ident, $V:ident => $body:expr) => {
        match $crate::narrow::best_register::<$I, $T>($N) {
            $crate::narrow::RowRegister::Half => {
                type $V<I, T> = $crate::simd::vector::HalfOf<I, T>;
                $body
            }
            $crate::narrow::RowRegister::Whole => {
                type $V<I, T> = $crate::simd::vector::VectorOf<I, T>;
                $body
            }
            $crate::narrow::RowRegister::WholeAndHalf => {
                type $V<I, T> = $crate::simd::vector::WholeAndHalfOf<I, T>;
                $body
            }
        }
    };
}

// These modules use the macros above.
mod backward;
mod batch_cursor;
mod forward;
mod fused_steps;
mod output_kernel;

/// Whether kernels are compiled for rows of this width.
#[inline(always)]
fn is_supported_width(width: usize) -> bool {
    matches!(width, 1..=10 | 12 | MAX_UNITS)
}

/// Whether kernels are compiled for a layer of this shape.
#[inline(always)]
pub(crate) fn supports_shape(fan_in: usize, fan_out: usize) -> bool {
    is_supported_width(if fan_out == 1 { fan_in } else { fan_out })
}

/// Whether the narrow kernels support this number of samples.
#[inline(always)]
pub fn supports_rows(rows: usize) -> bool {
    rows == 1 || rows == 4
}

/// The index of the first layer from which on all layers are narrow; the number of layers where none is.
pub fn first_narrow_layer(layout: &StackLayout) -> usize {
    let layers = layout.layers();
    let last_wide = layers
        .iter()
        .rposition(|layer| !supports_shape(layer.fan_in, layer.fan_out));
    last_wide.map_or(0, |last| last + 1)
}

/// A kernel for a layer of a supported shape: its arguments are the operands and the layer's index.
type Kernel<L> = fn(&mut L, usize);

/// The registers of a row of N numbers, the last one partly filled.
type Row<V> = [V; ROW_REGISTERS];

/// # Safety
/// `from` must be valid for reading N numbers.
#[inline(always)]
unsafe fn load<T: Scalar, V: Vector<T>, const N: usize>(from: *const T) -> Row<V> {
    let mut row = [V::splat(T::ZERO); ROW_REGISTERS];
    for (c, register) in row.iter_mut().enumerate() {
        let at = c * V::LANES;
        // SAFETY: guaranteed by the caller.
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
/// `from` must be valid for reading R rows of N numbers.
#[inline(always)]
unsafe fn load_rows<T: Scalar, V: Vector<T>, const N: usize, const R: usize>(from: *const T) -> [Row<V>; R] {
    let mut rows = [[V::splat(T::ZERO); ROW_REGISTERS]; R];
    for (row, registers) in rows.iter_mut().enumerate() {
        // SAFETY: guaranteed by the caller.
        *registers = unsafe { load::<T, V, N>(from.add(row * N)) };
    }
    rows
}

/// # Safety
/// `to` must be valid for writing N numbers.
#[inline(always)]
unsafe fn store<T: Scalar, V: Vector<T>, const N: usize>(row: Row<V>, to: *mut T) {
    for (c, register) in row.into_iter().enumerate() {
        let at = c * V::LANES;
        // SAFETY: guaranteed by the caller.
        unsafe {
            if at + V::LANES <= N {
                register.store(to.add(at));
            } else if at < N {
                register.store_first(to.add(at), N - at);
            }
        }
    }
}

/// factor·row + accumulators.
#[inline(always)]
fn add_product<T: Scalar, V: Vector<T>, const N: usize>(
    factor: V,
    row: Row<V>,
    mut accumulators: Row<V>,
) -> Row<V> {
    for c in 0..ROW_REGISTERS {
        if c * V::LANES < N {
            accumulators[c] = factor.mul_add(row[c], accumulators[c]);
        }
    }
    accumulators
}

/// Σ aⱼ bⱼ + Σ sⱼ, with a partial sum in each lane.
#[inline(always)]
fn partial_dot<T: Scalar, V: Vector<T>, const N: usize>(a: Row<V>, b: Row<V>, summands: V) -> V {
    let mut accumulators = a[0].mul_add(b[0], summands);
    for c in 1..ROW_REGISTERS {
        if c * V::LANES < N {
            accumulators = a[c].mul_add(b[c], accumulators);
        }
    }
    accumulators
}

/// The type of register for rows of a given number of numbers.
#[derive(Clone, Copy)]
enum RowRegister {
    Half,
    Whole,
    WholeAndHalf,
}

/// Half registers have lower latency, which suits short rows; but an operation on a half register costs as much
/// throughput as one on a whole register.
#[inline(always)]
const fn best_register<I: Isa, T: Scalar>(width: usize) -> RowRegister {
    let (whole, half) = (VectorOf::<I, T>::LANES, HalfOf::<I, T>::LANES);
    if half < whole && width > whole && width <= whole + half {
        RowRegister::WholeAndHalf
    } else if width <= 12 && width != whole {
        RowRegister::Half
    } else {
        RowRegister::Whole
    }
}

/// The narrow layers of a network, from one of its layers to the output, with what a pass over them reads and writes.
pub struct Layers<'a, T> {
    layers: &'a [LayerLayout],
    arrays: &'a mut [LayerArrays<T>],
    first: usize,
    rows: usize,
    /// (rows, fan_in) of the network's first layer; read only where that layer is one of the narrow ones.
    input: *const T,
    /// The first of `parameter_count` parameters: null until a pass brings them.
    parameters: *const T,
    parameter_count: usize,
}

impl<'a, T: Scalar> Layers<'a, T> {
    /// The layers from `first` on, with their operands.
    ///
    /// # Panics
    /// If arrays or the input are too short for the rows.
    #[inline(always)]
    pub fn new(
        layout: &'a StackLayout,
        first: usize,
        rows: usize,
        input: &'a [T],
        arrays: &'a mut [LayerArrays<T>],
    ) -> Self {
        let layers = layout.layers();
        assert!(
            supports_rows(rows)
                && layers.len() == arrays.len()
                && (first > 0 || input.len() >= rows * layers[0].fan_in),
            "a layer's operands are too short"
        );
        // All layers, because the layer below the first narrow one is read too.
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
            parameters: std::ptr::null(),
            parameter_count: layout.parameter_count(),
        }
    }

    /// Takes the parameters, which must live and be readable as long as the kernels run.
    #[inline(always)]
    fn set_parameters(&mut self, parameters: *const [T]) {
        assert!(
            parameters.len() == self.parameter_count,
            "{} parameters are given, the layers have {}",
            parameters.len(),
            self.parameter_count
        );
        self.parameters = parameters.cast();
    }

    /// The input of layer `index`, (rows, fan_in).
    ///
    /// # Safety
    /// Layer `index` must exist.
    #[inline(always)]
    unsafe fn x(&self, index: usize) -> *const T {
        if index == 0 {
            self.input
        } else {
            // SAFETY: there are as many arrays as layers (checked in `new`).
            unsafe { self.arrays.get_unchecked(index - 1) }
                .activation
                .as_ptr()
        }
    }
}
