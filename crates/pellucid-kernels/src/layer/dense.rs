//! Products too small for the matrix-product crate: tiles of four rows by two registers, without packing.

use super::transpose::transpose;
use super::{Destination, Shape};
use crate::aligned::Aligned;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{Vector, VectorOf};
use crate::simd::{Isa, Task};

/// The left matrix of a product: A(p, k) = `values[p * row + k * step]`.
#[derive(Clone, Copy)]
struct Left<'a, T> {
    values: &'a [T],
    row: usize,
    step: usize,
}

/// How a product is stored.
#[derive(Clone, Copy)]
enum Finish<'a, T> {
    /// Stored, with the bias added to each row.
    Store { bias: Option<&'a [T]> },
    /// Multiplied by the factor and added to the output.
    Add { factor: T },
}

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
    let left = Left {
        values: x,
        row: shape.fan_in,
        step: 1,
    };
    multiply::<I, T>(
        (shape.rows, shape.fan_in, shape.fan_out),
        left,
        weights,
        Finish::Store { bias },
        z,
    );
}

#[inline(always)]
pub(crate) fn weight_gradient<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    let left = Left {
        values: x,
        row: 1,
        step: shape.fan_in,
    };
    let (finish, to) = match to {
        Destination::Gradient(gradient) => (Finish::Store { bias: None }, gradient),
        Destination::Step { parameters, rate } => (Finish::Add { factor: -rate }, parameters),
    };
    if shape.fan_out == 1 {
        // Transposed, (δᵀx)ᵀ, because the weights of a single unit are contiguous.
        let left = Left {
            values: delta,
            row: 0,
            step: 1,
        };
        multiply::<I, T>((1, shape.rows, shape.fan_in), left, x, finish, to);
        return;
    }
    multiply::<I, T>((shape.fan_in, shape.rows, shape.fan_out), left, delta, finish, to);
}

#[inline(always)]
pub(crate) fn bias_gradient<I: Isa, T: Scalar>(shape: Shape, delta: &[T], to: Destination<'_, T>) {
    // A product with a single row of ones; its step of 0 reads the same one again.
    let left = Left {
        values: &[T::ONE],
        row: 0,
        step: 0,
    };
    let (finish, to) = match to {
        Destination::Gradient(gradient) => (Finish::Store { bias: None }, gradient),
        Destination::Step { parameters, rate } => (Finish::Add { factor: -rate }, parameters),
    };
    multiply::<I, T>((1, shape.rows, shape.fan_out), left, delta, finish, to);
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
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let left = Left {
        values: delta,
        row: fan_out,
        step: 1,
    };
    let finish = Finish::Store { bias: None };
    if fan_out == 1 {
        multiply::<I, T>((rows, 1, fan_in), left, weights, finish, to);
    } else if rows >= ROWS {
        let transposed = transposed.ensure_length(fan_in * fan_out);
        transpose::<I, T>(weights, (fan_in, fan_out), transposed);
        multiply::<I, T>((rows, fan_out, fan_in), left, transposed, finish, to);
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
    while at + lanes <= length {
        // SAFETY: at + lanes is within both slices.
        unsafe {
            accumulators =
                VectorOf::<I, T>::load(a.add(at)).mul_add(VectorOf::<I, T>::load(b.add(at)), accumulators)
        };
        at += lanes;
    }
    if at < length {
        let left = length - at;
        // SAFETY: `left` < lanes numbers are left in both slices.
        unsafe {
            let (a, b) = (
                VectorOf::<I, T>::load_first(a.add(at), left),
                VectorOf::<I, T>::load_first(b.add(at), left),
            );
            accumulators = a.mul_add(b, accumulators);
        }
    }
    accumulators.sum()
}

/// `to` ← A·B as `finish` says, with A (p, depth), B (depth, n) and `to` (p, n); B and `to` are row-major.
#[inline(always)]
fn multiply<I: Isa, T: Scalar>(
    sizes: (usize, usize, usize),
    left: Left<'_, T>,
    right: &[T],
    finish: Finish<'_, T>,
    to: &mut [T],
) {
    if I::INLINES_PRODUCTS {
        multiply_here::<I, T>(sizes, left, right, finish, to);
    } else {
        I::call(Multiply {
            sizes,
            left,
            right,
            finish,
            to,
        });
    }
}

/// [`multiply_here`] as a function that its callers share.
struct Multiply<'a, T> {
    sizes: (usize, usize, usize),
    left: Left<'a, T>,
    right: &'a [T],
    finish: Finish<'a, T>,
    to: &'a mut [T],
}
impl<T: Scalar> Task for Multiply<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        multiply_here::<I, T>(self.sizes, self.left, self.right, self.finish, self.to);
    }
}

/// [`multiply`], compiled into its caller.
#[inline(always)]
fn multiply_here<I: Isa, T: Scalar>(
    (p, depth, n): (usize, usize, usize),
    left: Left<'_, T>,
    right: &[T],
    finish: Finish<'_, T>,
    to: &mut [T],
) {
    if p == 0 || n == 0 {
        return;
    }
    let last_of_left = (p - 1) * left.row + depth.saturating_sub(1) * left.step;
    let bias_is_short = matches!(finish, Finish::Store { bias: Some(bias) } if bias.len() < n);
    assert!(
        (depth == 0 || last_of_left < left.values.len()) && right.len() >= depth * n && to.len() >= p * n,
        "a product's operands are too short"
    );
    assert!(!bias_is_short, "a bias is too short");
    let lanes = VectorOf::<I, T>::LANES;
    let mut column = 0;
    while column < n {
        let panel = Panel {
            left,
            right: &right[column.min(right.len())..],
            depth,
            n,
            column,
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

/// A panel of columns of a product: C registers wide from `column` on; where MASKED, its only register is partly
/// filled.
struct Panel<'a, T> {
    left: Left<'a, T>,
    /// B from `column` on.
    right: &'a [T],
    depth: usize,
    n: usize,
    column: usize,
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
                    self.store::<I, C, MASKED>(
                        accumulators,
                        to.as_mut_ptr().add((row + r) * self.n + self.column),
                    );
                }
                row += ROWS;
            }
            while row < p {
                let mut accumulators = self.single::<I, C, MASKED>(row);
                self.finish::<I, C, MASKED>(&mut accumulators, to.as_ptr().add(row * self.n + self.column));
                self.store::<I, C, MASKED>(accumulators, to.as_mut_ptr().add(row * self.n + self.column));
                row += 1;
            }
        }
    }

    /// # Safety
    /// `from` must be valid for reading the panel's columns.
    #[inline(always)]
    unsafe fn load<I: Isa, const C: usize, const MASKED: bool>(&self, from: *const T) -> [VectorOf<I, T>; C] {
        let mut registers = [VectorOf::<I, T>::splat(T::ZERO); C];
        for (c, register) in registers.iter_mut().enumerate() {
            // SAFETY: guaranteed by the caller.
            *register = unsafe {
                if MASKED {
                    VectorOf::<I, T>::load_first(from, self.n - self.column)
                } else {
                    VectorOf::<I, T>::load(from.add(c * VectorOf::<I, T>::LANES))
                }
            };
        }
        registers
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
            let left = self.left.values.as_ptr().add(row * self.left.row);
            for k in 0..self.depth {
                let right = self.load::<I, C, MASKED>(self.right.as_ptr().add(k * self.n));
                for (r, accumulators) in accumulators.iter_mut().enumerate() {
                    let x = VectorOf::<I, T>::splat(*left.add(r * self.left.row + k * self.left.step));
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
            let mut k = 0;
            while k + SPLITS <= self.depth {
                for (s, accumulators) in accumulators.iter_mut().enumerate() {
                    self.add::<I, C, MASKED>(row, k + s, accumulators);
                }
                k += SPLITS;
            }
            while k < self.depth {
                self.add::<I, C, MASKED>(row, k, &mut accumulators[0]);
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

    /// Adds A(row, k)·B(k) to the accumulators.
    ///
    /// # Safety
    /// Row `row` of A and row `k` of B must exist.
    #[inline(always)]
    unsafe fn add<I: Isa, const C: usize, const MASKED: bool>(
        &self,
        row: usize,
        k: usize,
        accumulators: &mut [VectorOf<I, T>; C],
    ) {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let right = self.load::<I, C, MASKED>(self.right.as_ptr().add(k * self.n));
            let left = self
                .left
                .values
                .as_ptr()
                .add(row * self.left.row + k * self.left.step);
            let x = VectorOf::<I, T>::splat(*left);
            for c in 0..C {
                accumulators[c] = x.mul_add(right[c], accumulators[c]);
            }
        }
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
            match self.finish {
                Finish::Store { bias: None } => {}
                Finish::Store { bias: Some(bias) } => {
                    let bias = self.load::<I, C, MASKED>(bias.as_ptr().add(self.column));
                    for c in 0..C {
                        accumulators[c] = accumulators[c].add(bias[c]);
                    }
                }
                Finish::Add { factor } => {
                    let factor = VectorOf::<I, T>::splat(factor);
                    let old = self.load::<I, C, MASKED>(to);
                    for c in 0..C {
                        accumulators[c] = factor.mul_add(accumulators[c], old[c]);
                    }
                }
            }
        }
    }

    /// # Safety
    /// `to` must be valid for the panel's columns.
    #[inline(always)]
    unsafe fn store<I: Isa, const C: usize, const MASKED: bool>(
        &self,
        finished: [VectorOf<I, T>; C],
        to: *mut T,
    ) {
        for (c, finished) in finished.into_iter().enumerate() {
            // SAFETY: guaranteed by the caller.
            unsafe {
                if MASKED {
                    finished.store_first(to, self.n - self.column);
                } else {
                    finished.store(to.add(c * VectorOf::<I, T>::LANES));
                }
            }
        }
    }
}
