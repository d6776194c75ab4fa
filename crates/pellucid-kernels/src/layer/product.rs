//! Large products, computed by the matrix-product crate.

use super::transpose::transpose;
use super::{Destination, Shape};
use crate::aligned::Aligned;
use crate::simd::Isa;
use crate::simd::scalar::Scalar;
use crate::thread_pool;
use std::num::NonZeroUsize;

/// Number of multiply-adds below which the call and its packing cost more than they save.
const MIN_WORK: usize = 128 * 1024;
/// Minimum number of multiply-adds of a part of a product.
const MIN_WORK_PER_PART: usize = 8 * 1024 * 1024;
/// Minimum number of columns of a part.
const MIN_COLUMNS_PER_PART: usize = 128;
/// Number of multiply-adds from which on a product has four parts.
const LARGE_WORK: usize = 512 * 1024 * 1024;
const MAX_PARTS: usize = 4;
/// Minimum number of rows: with fewer, a product reads each weight too few times for packing to pay.
const MIN_ROWS: usize = 8;

/// Whether this kernel is faster than the plain loops for a layer of this shape.
#[inline(always)]
pub(crate) fn is_profitable(shape: Shape) -> bool {
    shape.rows >= MIN_ROWS && shape.rows * shape.fan_in * shape.fan_out >= MIN_WORK
}

/// A matrix as the product reads it: its numbers, and the strides between columns and between rows.
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

/// The number of parts of a product: a function of its shape alone, so that the bits do not depend on the threads.
fn part_count((m, k, n): (usize, usize, usize)) -> usize {
    let work = m * k * n;
    let wanted = if work >= LARGE_WORK {
        MAX_PARTS
    } else if work >= 2 * MIN_WORK_PER_PART {
        2
    } else {
        1
    };
    wanted.min(n / MIN_COLUMNS_PER_PART).max(1)
}

/// A pointer to the output, of which each thread writes columns of its own.
#[derive(Clone, Copy)]
pub(crate) struct SharedOutput<T>(pub(super) *mut T);
// SAFETY: every thread that writes through it writes only the columns assigned to it.
unsafe impl<T> Send for SharedOutput<T> {}

/// A range of columns of a product, and a buffer for the part of the right operand that is transposed first.
struct Part<'a, T> {
    columns: (usize, usize),
    to: SharedOutput<T>,
    transposed: &'a mut [T],
}

/// How a product is combined with the output.
#[derive(Clone, Copy)]
struct Finish<T> {
    keep: bool,
    factor: T,
}

/// `to` ← `keep`·`to` + `factor`·left·right, with left (m, k), right (k, n) and `to` (m, n), row-major. A right operand
/// that is given transposed is first brought into row-major order, part by part, in `scratch`: that is faster than
/// letting the product's own packing read across its rows.
fn multiply<I: Isa, T: Scalar>(
    threads: NonZeroUsize,
    (m, k, n): (usize, usize, usize),
    left: View<'_, T>,
    right: View<'_, T>,
    finish: Finish<T>,
    to: &mut [T],
    scratch: &mut Aligned<T>,
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
    let transposes = right.row_stride == 1 && n > 1;
    let count = part_count((m, k, n));
    let mut parts: [Option<Part<'_, T>>; MAX_PARTS] = [const { None }; MAX_PARTS];
    let mut rest = scratch.ensure_length(if transposes { k * n } else { 0 });
    let to = SharedOutput(to.as_mut_ptr());
    for (index, part) in parts[..count].iter_mut().enumerate() {
        let boundary = |index: usize| (index * n / count).next_multiple_of(16).min(n);
        let columns = (boundary(index), boundary(index + 1));
        let length = if transposes {
            k * (columns.1 - columns.0)
        } else {
            0
        };
        let (transposed, after) = rest.split_at_mut(length);
        rest = after;
        *part = Some(Part {
            columns,
            to,
            transposed,
        });
    }
    thread_pool::for_each(threads, &mut parts[..count], |part| {
        let Some(Part {
            columns: (start, end),
            to,
            transposed,
        }) = part
        else {
            return;
        };
        let width = *end - *start;
        let first = *start * right.column_stride as usize;
        let (mut from, mut column_stride, mut row_stride) = (
            right.values.get(first..).unwrap_or_default().as_ptr(),
            right.column_stride,
            right.row_stride,
        );
        if transposes {
            transpose::<I, T>(&right.values[first..], (width, k), transposed);
            (from, column_stride, row_stride) = (transposed.as_ptr(), 1, width as isize);
        }
        // SAFETY: the assertion above bounds every element that the strides reach within its slice, or `transposed`
        // holds (k, width); `to` is borrowed mutably, so it overlaps neither operand, and only this part writes its
        // columns; T is f32 or f64 (`Scalar` is sealed), which `gemm` supports.
        unsafe {
            gemm::gemm(
                m,
                width,
                k,
                to.0.add(*start),
                1,
                n as isize,
                finish.keep,
                left.values.as_ptr(),
                left.column_stride,
                left.row_stride,
                from,
                column_stride,
                row_stride,
                T::ONE,
                finish.factor,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    });
}

pub(crate) fn affine<I: Isa, T: Scalar>(
    shape: Shape,
    x: &[T],
    weights: &[T],
    bias: Option<&[T]>,
    z: &mut [T],
) {
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
    let finish = Finish {
        keep: bias.is_some(),
        factor: T::ONE,
    };
    multiply::<I, T>(
        shape.threads,
        (rows, fan_in, fan_out),
        left,
        right,
        finish,
        z,
        &mut Aligned::default(),
    );
}

pub(crate) fn weight_gradient<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let (finish, to) = match to {
        Destination::Gradient(gradient) => (
            Finish {
                keep: false,
                factor: T::ONE,
            },
            gradient,
        ),
        Destination::Step { parameters, rate } => (
            Finish {
                keep: true,
                factor: -rate,
            },
            parameters,
        ),
    };
    let (left, right) = (transposed(x, fan_in), row_major(delta, fan_out));
    multiply::<I, T>(
        shape.threads,
        (fan_in, rows, fan_out),
        left,
        right,
        finish,
        to,
        &mut Aligned::default(),
    );
}

pub(crate) fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    to: &mut [T],
    scratch: &mut Aligned<T>,
) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = shape;
    let (left, right) = (row_major(delta, fan_out), transposed(weights, fan_out));
    let finish = Finish {
        keep: false,
        factor: T::ONE,
    };
    multiply::<I, T>(
        shape.threads,
        (rows, fan_out, fan_in),
        left,
        right,
        finish,
        to,
        scratch,
    );
}
