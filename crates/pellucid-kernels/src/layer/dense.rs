//! Products too small for the matrix-product crate: tiles of four rows by two registers, without packing.

use super::matrix::{Finish, Matrix};
use super::transpose::transpose;
use super::{Destination, Shape};
use crate::aligned::Aligned;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf, add_row, load, store};
use crate::simd::{Isa, Task};

/// Rows of a tile.
const ROWS: usize = 4;
/// Number of partial sums of a single row, which shortens the dependency chain.
const SPLITS: usize = 4;

#[inline(always)]
pub(crate) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    x: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
    if shape.fan_out == 1 {
        // The weights of a single unit are contiguous.
        let bias = bias.and_then(|bias| bias.first()).copied().unwrap_or(T::ZERO);
        for (x, z) in x.chunks_exact(shape.fan_in).zip(z) {
            *z = dot::<I, T>(x, weights) + bias;
        }
        return;
    }
    let finish = Finish { bias, step: None };
    multiply::<I, T>(shape.sizes(), Matrix::rows(x, shape.fan_in), weights, finish, z);
}

#[inline(always)]
pub(crate) fn weight_gradient<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    let (rows, fan_in, fan_out) = shape.sizes();
    let finish = Finish::stepping(to.step);
    if fan_out == 1 {
        // Transposed, (δᵀx)ᵀ, because the weights of a single unit are contiguous.
        multiply::<I, T>((1, rows, fan_in), Matrix::rows(delta, 0), x, finish, to.numbers);
    } else {
        let x = Matrix::transposed(x, fan_in);
        multiply::<I, T>((fan_in, rows, fan_out), x, delta, finish, to.numbers);
    }
}

#[inline(always)]
pub(crate) fn bias_gradient<I: Isa, T: Scalar>(shape: Shape, delta: &[T], to: Destination<'_, T>) {
    // A product with a single row of ones; its strides of 0 read the same one again.
    let ones = Matrix {
        values: &[T::ONE],
        row_stride: 0,
        column_stride: 0,
    };
    let finish = Finish::stepping(to.step);
    multiply::<I, T>((1, shape.rows, shape.fan_out), ones, delta, finish, to.numbers);
}

/// ∂L/∂x = δ·Wᵀ; `transposed` is a scratch buffer.
#[inline(always)]
pub(crate) fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    to: &mut [T],
    transposed: &mut Aligned<T>,
) {
    let (rows, fan_in, fan_out) = shape.sizes();
    let left = Matrix::rows(delta, fan_out);
    if fan_out == 1 {
        multiply::<I, T>((rows, 1, fan_in), left, weights, Finish::stepping(None), to);
    } else if rows >= ROWS {
        let transposed = transposed.ensure_length(fan_in * fan_out);
        transpose::<I, T>(weights, (fan_in, fan_out), transposed);
        multiply::<I, T>(
            (rows, fan_out, fan_in),
            left,
            transposed,
            Finish::stepping(None),
            to,
        );
    } else {
        for (delta, to) in delta.chunks_exact(fan_out).zip(to.chunks_exact_mut(fan_in)) {
            for (weights, to) in weights.chunks_exact(fan_out).zip(to) {
                *to = dot::<I, T>(delta, weights);
            }
        }
    }
}

/// Σ aⱼ bⱼ.
#[inline(always)]
fn dot<I: Isa, T: Scalar>(a: &[T], b: &[T]) -> T {
    let lanes = VectorOf::<I, T>::LANES;
    let length = a.len().min(b.len());
    let (a, b) = (a.as_ptr(), b.as_ptr());
    let mut accumulators = VectorOf::<I, T>::splat(T::ZERO);
    let mut at = 0;
    // SAFETY: each register lies within both slices.
    unsafe {
        while at + lanes <= length {
            let [x] = load::<I, T, 1, false>(a.add(at), lanes);
            let [y] = load::<I, T, 1, false>(b.add(at), lanes);
            accumulators = x.mul_add(y, accumulators);
            at += lanes;
        }
        if at < length {
            let [x] = load::<I, T, 1, true>(a.add(at), length - at);
            let [y] = load::<I, T, 1, true>(b.add(at), length - at);
            accumulators = x.mul_add(y, accumulators);
        }
    }
    accumulators.sum()
}

/// `to` ← A·B as `finish` says, with A (p, depth), B (depth, n) and `to` (p, n); B and `to` are row-major.
#[inline(always)]
fn multiply<I: Isa, T: Scalar>(
    sizes: (usize, usize, usize),
    left: Matrix<'_, T>,
    right: &[T],
    finish: Finish<'_, T>,
    to: &mut [T],
) {
    let product = Product {
        sizes,
        left,
        right,
        finish,
        to,
    };
    if I::INLINES_PRODUCTS {
        product.run::<I>();
    } else {
        I::call(product);
    }
}

/// A product, as a function that its callers share or compiled into its caller.
struct Product<'a, T> {
    sizes: (usize, usize, usize),
    left: Matrix<'a, T>,
    right: &'a [T],
    finish: Finish<'a, T>,
    to: &'a mut [T],
}

impl<T: Scalar> Task for Product<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            sizes: (p, depth, n),
            left,
            right,
            finish,
            to,
        } = self;
        if p == 0 || n == 0 {
            return;
        }
        assert!(
            left.holds(p, depth) && right.len() >= depth * n && to.len() >= p * n,
            "a product's operands are too short"
        );
        assert!(
            finish.bias.is_none_or(|bias| bias.len() >= n),
            "a bias is too short"
        );
        let lanes = VectorOf::<I, T>::LANES;
        let mut column = 0;
        while column < n {
            let panel = Panel {
                left,
                right: &right[column.min(right.len())..],
                depth,
                n,
                column,
                count: n - column,
                finish,
            };
            // SAFETY: the assertions bound every row of A, B, `to` and the bias; a panel covers 2·lanes, lanes or n −
            // column columns from `column` on, all of them below n.
            unsafe {
                if column + 2 * lanes <= n {
                    panel.rows::<I, 2, false>(p, to);
                    column += 2 * lanes;
                } else if column + lanes <= n {
                    panel.rows::<I, 1, false>(p, to);
                    column += lanes;
                } else {
                    panel.rows::<I, 1, true>(p, to);
                    column = n;
                }
            }
        }
    }
}

/// A panel of columns of a product: C registers wide from `column` on; where MASKED, its only register is partly
/// filled.
struct Panel<'a, T> {
    left: Matrix<'a, T>,
    /// B from `column` on.
    right: &'a [T],
    depth: usize,
    n: usize,
    column: usize,
    /// The columns of a partly filled register.
    count: usize,
    finish: Finish<'a, T>,
}

impl<T: Scalar> Panel<'_, T> {
    /// # Safety
    /// `p` rows of A and `to`, `depth` rows of B, and the panel's columns must exist.
    #[inline(always)]
    unsafe fn rows<I: Isa, const C: usize, const MASKED: bool>(&self, p: usize, to: &mut [T]) {
        let tiled = p - p % ROWS;
        // SAFETY: the caller guarantees the rows below `p`.
        unsafe {
            let mut row = 0;
            while row < tiled {
                let mut accumulators = self.tile::<I, C, MASKED>(row);
                // Reads all rows before it writes one: narrow rows lie within one register of each other.
                for (r, accumulators) in accumulators.iter_mut().enumerate() {
                    self.finish::<I, C, MASKED>(
                        accumulators,
                        to.as_ptr().add((row + r) * self.n + self.column),
                    );
                }
                for (r, accumulators) in accumulators.into_iter().enumerate() {
                    store::<I, T, C, MASKED>(
                        accumulators,
                        to.as_mut_ptr().add((row + r) * self.n + self.column),
                        self.count,
                    );
                }
                row += ROWS;
            }
            while row < p {
                let mut accumulators = self.single::<I, C, MASKED>(row);
                self.finish::<I, C, MASKED>(&mut accumulators, to.as_ptr().add(row * self.n + self.column));
                store::<I, T, C, MASKED>(
                    accumulators,
                    to.as_mut_ptr().add(row * self.n + self.column),
                    self.count,
                );
                row += 1;
            }
        }
    }

    /// # Safety
    /// Rows `row..row + ROWS` of A and all rows of B must exist.
    #[inline(always)]
    unsafe fn tile<I: Isa, const C: usize, const MASKED: bool>(
        &self,
        row: usize,
    ) -> [[VectorOf<I, T>; C]; ROWS] {
        let mut accumulators = [[VectorOf::<I, T>::splat(T::ZERO); C]; ROWS];
        // SAFETY: k < depth and row + r < p, guaranteed by the caller.
        unsafe {
            let left = self.left.values.as_ptr().add(row * self.left.row_stride);
            for k in 0..self.depth {
                let right = load::<I, T, C, MASKED>(self.right.as_ptr().add(k * self.n), self.count);
                for (r, accumulators) in accumulators.iter_mut().enumerate() {
                    let x = VectorOf::<I, T>::splat(
                        *left.add(r * self.left.row_stride + k * self.left.column_stride),
                    );
                    for c in 0..C {
                        accumulators[c] = x.mul_add(right[c], accumulators[c]);
                    }
                }
            }
        }
        accumulators
    }

    /// One row, its sum over k in [`SPLITS`] parts.
    ///
    /// # Safety
    /// Row `row` of A and all rows of B must exist.
    #[inline(always)]
    unsafe fn single<I: Isa, const C: usize, const MASKED: bool>(&self, row: usize) -> [VectorOf<I, T>; C] {
        let mut accumulators = [[VectorOf::<I, T>::splat(T::ZERO); C]; SPLITS];
        // SAFETY: k < depth, guaranteed by the caller.
        unsafe {
            let left = self.left.values.as_ptr().add(row * self.left.row_stride);
            let right = self.right.as_ptr();
            let mut k = 0;
            while k + SPLITS <= self.depth {
                for accumulators in &mut accumulators {
                    let x = *left.add(k * self.left.column_stride);
                    add_row::<I, T, C, MASKED>(right.add(k * self.n), x, accumulators, self.count);
                    k += 1;
                }
            }
            while k < self.depth {
                let x = *left.add(k * self.left.column_stride);
                add_row::<I, T, C, MASKED>(right.add(k * self.n), x, &mut accumulators[0], self.count);
                k += 1;
            }
        }
        let mut total = accumulators[0];
        for c in 0..C {
            total[c] = accumulators[0][c]
                .add(accumulators[1][c])
                .add(accumulators[2][c].add(accumulators[3][c]));
        }
        total
    }

    /// Turns the accumulators into the values to store.
    ///
    /// # Safety
    /// `to` must be valid for the panel's columns.
    #[inline(always)]
    unsafe fn finish<I: Isa, const C: usize, const MASKED: bool>(
        &self,
        accumulators: &mut [VectorOf<I, T>; C],
        to: *const T,
    ) {
        // SAFETY: guaranteed by the caller; a bias has all n columns.
        unsafe {
            if let Some(bias) = self.finish.bias {
                let bias = load::<I, T, C, MASKED>(bias.as_ptr().add(self.column), self.count);
                for c in 0..C {
                    accumulators[c] = accumulators[c].add(bias[c]);
                }
            }
            if let Some(step) = self.finish.step {
                let step = VectorOf::<I, T>::splat(step);
                let old = load::<I, T, C, MASKED>(to, self.count);
                for c in 0..C {
                    accumulators[c] = step.mul_add(accumulators[c], old[c]);
                }
            }
        }
    }
}
