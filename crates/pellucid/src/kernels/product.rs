//! Large products, by the matrix-product crate.

use super::{Destination, Shape};
use crate::scalar::Scalar;

/// Below this many multiply-adds the call and its packing cost more than they save.
const LEAST_WORK: usize = 64 * 1024;
/// Below this many multiply-adds a second thread costs more than it saves.
const LEAST_WORK_FOR_THREADS: usize = 4 * 1024 * 1024;
/// A product with fewer rows reads each weight too few times for packing to pay.
const LEAST_ROWS: usize = 8;

/// Whether a layer of this shape is better done here than by the plain loops.
#[inline(always)]
pub(super) fn pays(shape: Shape) -> bool {
    shape.rows >= LEAST_ROWS && shape.rows * shape.fan_in * shape.fan_out >= LEAST_WORK
}

/// A matrix as the product reads it: its numbers, and the distance between columns and between rows.
struct View<'a, T> {
    values: &'a [T],
    column_stride: isize,
    row_stride: isize,
}

fn row_major<T>(values: &[T], columns: usize) -> View<'_, T> {
    View {
        values,
        column_stride: 1,
        row_stride: columns as isize,
    }
}

fn transposed<T>(values: &[T], columns: usize) -> View<'_, T> {
    View {
        values,
        column_stride: columns as isize,
        row_stride: 1,
    }
}

/// `to` ← `keep`·`to` + `factor`·left·right, with left (m, k), right (k, n) and `to` (m, n), row-major.
fn multiply<T: Scalar>(
    shape: Shape,
    (m, k, n): (usize, usize, usize),
    left: View<'_, T>,
    right: View<'_, T>,
    keep: bool,
    factor: T,
    to: &mut [T],
) {
    let enough = |view: &View<'_, T>, rows: usize, columns: usize| {
        let last = |count: usize, stride: isize| count.saturating_sub(1) * stride as usize;
        rows * columns == 0
            || last(rows, view.row_stride) + last(columns, view.column_stride) < view.values.len()
    };
    assert!(
        enough(&left, m, k) && enough(&right, k, n) && to.len() >= m * n,
        "a product's operands are too short"
    );
    let work = m * k * n;
    let parallelism = if shape.threads.get() > 1 && work >= LEAST_WORK_FOR_THREADS {
        gemm::Parallelism::Rayon(shape.threads.get())
    } else {
        gemm::Parallelism::None
    };
    // SAFETY: the assertion above bounds every element that the strides reach within its slice; `to` is borrowed
    // mutably, so it overlaps neither operand; T is f32 or f64 (`Scalar` is sealed), which `gemm` supports.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            to.as_mut_ptr(),
            1,
            n as isize,
            keep,
            left.values.as_ptr(),
            left.column_stride,
            left.row_stride,
            right.values.as_ptr(),
            right.column_stride,
            right.row_stride,
            T::ONE,
            factor,
            false,
            false,
            false,
            parallelism,
        );
    }
}

pub(super) fn affine<T: Scalar>(shape: Shape, x: &[T], weights: &[T], bias: Option<&[T]>, z: &mut [T]) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    if let Some(bias) = bias {
        z.chunks_exact_mut(fan_out)
            .for_each(|row| row.copy_from_slice(bias));
    }
    let (left, right) = (row_major(x, fan_in), row_major(weights, fan_out));
    multiply(
        shape,
        (rows, fan_in, fan_out),
        left,
        right,
        bias.is_some(),
        T::ONE,
        z,
    );
}

pub(super) fn weight_gradient<T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let (keep, factor, to) = match to {
        Destination::Gradient(gradient) => (false, T::ONE, gradient),
        Destination::Step { parameters, rate } => (true, -rate, parameters),
    };
    let (left, right) = (transposed(x, fan_in), row_major(delta, fan_out));
    multiply(shape, (fan_in, rows, fan_out), left, right, keep, factor, to);
}

pub(super) fn input_delta<T: Scalar>(shape: Shape, delta: &[T], weights: &[T], to: &mut [T]) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let (left, right) = (row_major(delta, fan_out), transposed(weights, fan_out));
    multiply(shape, (rows, fan_out, fan_in), left, right, false, T::ONE, to);
}
