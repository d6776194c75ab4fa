//! The arithmetic of a dense layer: z = x·W + b, ∂L/∂W = xᵀδ, ∂L/∂b = Σ δ, ∂L/∂x = δ·Wᵀ.
//!
//! The shape of the work selects the kernel, and callers do not know which: inputs with many zeros use kernels that
//! skip them (`sparse`), large products use the matrix-product crate (`product`), everything else uses tiles without
//! packing (`dense`). Narrow layers have kernels of their own ([`narrow`](crate::narrow)). The choice never depends on
//! the number of threads, so neither do the bits. The tests compare every kernel with a naive twin.

pub mod arrays;
pub(crate) mod dense;
pub mod layout;
mod matrix;
#[cfg_attr(target_family = "wasm", path = "no_product.rs")]
pub(crate) mod product;
mod shared_output;
pub mod sparse;
pub(crate) mod transpose;

use crate::aligned::Aligned;
use crate::simd::Isa;
use crate::simd::scalar::Scalar;
use sparse::NonZeros;
pub use sparse::rows::SparseRows;
use std::num::NonZeroUsize;

/// The input of the first layer: rows of `fan_in` features.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a, T> {
    /// Numbers, (rows, fan_in).
    Dense(&'a [T]),
    /// Bytes, (rows, fan_in), as in images. A zero byte contributes nothing, whatever its weight.
    Bytes {
        /// One byte for each feature.
        bytes: &'a [u8],
        /// The number that each byte stands for; that of byte 0 is 0.
        values: &'a [T; 256],
    },
    /// Rows of a sparse matrix. A number that is not stored contributes nothing, whatever its weight.
    Sparse(SparseRows<'a, T>),
}

impl<T> Input<'_, T> {
    /// The number of rows of `fan_in` features.
    #[inline(always)]
    pub fn rows(&self, fan_in: usize) -> usize {
        let numbers = match self {
            Input::Dense(values) => values.len(),
            Input::Bytes { bytes, .. } => bytes.len(),
            Input::Sparse(rows) => return rows.rows(),
        };
        // A division is a considerable part of the step of a small network.
        if numbers == fan_in { 1 } else { numbers / fan_in }
    }
}

impl<'a, T> Input<'a, T> {
    /// The numbers; empty for bytes and sparse rows.
    #[inline(always)]
    pub fn numbers(self) -> &'a [T] {
        match self {
            Input::Dense(numbers) => numbers,
            Input::Bytes { .. } | Input::Sparse(_) => &[],
        }
    }

    /// The numbers, (rows, fan_in), whatever the input stores.
    pub fn to_vec(self) -> Vec<T>
    where
        T: Scalar,
    {
        match self {
            Input::Dense(numbers) => numbers.to_vec(),
            Input::Bytes { bytes, values } => bytes.iter().map(|&byte| values[usize::from(byte)]).collect(),
            Input::Sparse(rows) => rows.to_vec(),
        }
    }
}

/// The destination of a layer's gradient.
#[derive(Debug)]
pub struct Destination<'a, T> {
    /// The layer's part of the gradient, or its parameters.
    pub numbers: &'a mut [T],
    /// The factor of the gradient that is added to the numbers: −η where they are parameters, which take their step at once.
    /// Without it, the gradient replaces the numbers.
    pub step: Option<T>,
}

/// The shape of a layer and its batch: z is (rows, fan_out), x is (rows, fan_in).
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The samples of the batch.
    pub rows: usize,
    /// The inputs of the layer.
    pub fan_in: usize,
    /// The units of the layer.
    pub fan_out: usize,
    /// Maximum number of threads. The result does not depend on it, to the bit.
    pub threads: NonZeroUsize,
}

impl Shape {
    /// (rows, fan_in, fan_out).
    #[inline(always)]
    fn sizes(self) -> (usize, usize, usize) {
        (self.rows, self.fan_in, self.fan_out)
    }
}

/// The origin of a layer's input, which decides when the kernels search it for zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The data.
    Data,
    /// The activations of the layer below.
    LayerBelow,
}

/// What the kernels of a layer keep from a forward pass for its backward pass, and their buffers.
#[derive(Debug, Clone, Default)]
pub struct Scratch<T> {
    non_zeros: NonZeros<T>,
    /// Whether the last input had enough zeros to skip them.
    skips_zeros: bool,
    non_zeros_of_delta: NonZeros<T>,
    transposed: Aligned<T>,
}

/// z = x·W + b. `scratch` keeps the non-zero inputs for [`weight_gradient`].
#[inline(always)]
pub fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    (input, origin): (Input<'_, T>, Origin),
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
    scratch: &mut Scratch<T>,
) {
    scratch.skips_zeros = match (origin, input) {
        (Origin::LayerBelow, Input::Dense(x)) => {
            sparse::is_profitable_between::<I, T>(shape, x, shape.fan_in)
        }
        _ => sparse::is_profitable::<I, T>(shape, input),
    };
    match input {
        Input::Dense(x) if !scratch.skips_zeros => {
            if I::PACKS_PRODUCTS && product::is_profitable(shape) {
                product::affine::<I, T>(shape, x, weights, bias, z);
            } else {
                dense::affine::<I, T>(shape, x, weights, bias, z);
            }
        }
        _ => sparse::affine::<I, T>(shape, input, &mut scratch.non_zeros, weights, bias, z),
    }
}

/// ∂L/∂W = xᵀδ; `scratch` is the one of [`affine`] on the same input.
#[inline(always)]
pub fn weight_gradient<I: Isa, T: Scalar>(
    shape: Shape,
    input: Input<'_, T>,
    scratch: &mut Scratch<T>,
    delta: &[T],
    to: Destination<'_, T>,
) {
    match input {
        Input::Dense(x) if !scratch.skips_zeros => {
            if I::PACKS_PRODUCTS && product::is_profitable(shape) {
                product::weight_gradient::<I, T>(shape, x, delta, to);
            } else {
                dense::weight_gradient::<I, T>(shape, x, delta, to);
            }
        }
        _ => sparse::weight_gradient::<I, T>(shape, input, &mut scratch.non_zeros, delta, to),
    }
}

/// ∂L/∂b: the sum of δ over the rows.
#[inline(always)]
pub fn bias_gradient<I: Isa, T: Scalar>(shape: Shape, delta: &[T], to: Destination<'_, T>) {
    dense::bias_gradient::<I, T>(shape, delta, to);
}

/// ∂L/∂x = δ·Wᵀ.
#[inline(always)]
pub fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    to: &mut [T],
    scratch: &mut Scratch<T>,
) {
    if sparse::is_profitable_between::<I, T>(shape, delta, shape.fan_out) {
        sparse::input_delta::<I, T>(shape, delta, &mut scratch.non_zeros_of_delta, weights, to);
    } else if I::PACKS_PRODUCTS && product::is_profitable(shape) {
        product::input_delta::<I, T>(shape, delta, weights, to, &mut scratch.transposed);
    } else {
        dense::input_delta::<I, T>(shape, delta, weights, to, &mut scratch.transposed);
    }
}
