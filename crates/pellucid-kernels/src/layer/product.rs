//! Large products, computed by the matrix-product crate.

use super::matrix::{Finish, Matrix};
use super::shared_output::SharedOutput;
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

/// A range of columns of a product, and a buffer for the part of the right operand that is transposed first.
struct Part<'a, T> {
    columns: (usize, usize),
    to: SharedOutput<T>,
    transposed: &'a mut [T],
}

/// `to` ← left·right as `finish` says, with left (m, k), right (k, n) and `to` (m, n), row-major. A right operand that is
/// given transposed is first brought into row-major order, part by part, in `scratch`: that is faster than letting the
/// product's own packing read across its rows.
fn multiply<I: Isa, T: Scalar>(
    threads: NonZeroUsize,
    (m, k, n): (usize, usize, usize),
    (left, right): (Matrix<'_, T>, Matrix<'_, T>),
    finish: Finish<'_, T>,
    to: &mut [T],
    scratch: &mut Aligned<T>,
) {
    assert!(
        left.holds(m, k) && right.holds(k, n) && to.len() >= m * n,
        "a product's operands are too short"
    );
    if let Some(bias) = finish.bias {
        to.chunks_exact_mut(n).for_each(|row| row.copy_from_slice(bias));
    }
    let adds = finish.bias.is_some() || finish.step.is_some();
    let factor = finish.step.unwrap_or(T::ONE);
    let transposes = right.row_stride == 1 && n > 1;
    let count = part_count((m, k, n));
    let mut rest = scratch.ensure_length(if transposes { k * n } else { 0 });
    let to = SharedOutput(to.as_mut_ptr());
    let parts = (0..count).map(|index| {
        let boundary = |index: usize| (index * n / count).next_multiple_of(16).min(n);
        let columns = (boundary(index), boundary(index + 1));
        let length = if transposes {
            k * (columns.1 - columns.0)
        } else {
            0
        };
        let (transposed, after) = std::mem::take(&mut rest).split_at_mut(length);
        rest = after;
        Part {
            columns,
            to,
            transposed,
        }
    });
    thread_pool::for_each_of::<MAX_PARTS, _>(threads, parts, |part| {
        let (start, end) = part.columns;
        let width = end - start;
        let mut right = Matrix {
            values: right
                .values
                .get(start * right.column_stride..)
                .unwrap_or_default(),
            ..right
        };
        if transposes {
            transpose::<I, T>(right.values, (width, k), part.transposed);
            right = Matrix::rows(part.transposed, width);
        }
        // SAFETY: the assertion above bounds every element that the strides reach within its slice, or `transposed`
        // holds (k, width); `to` is borrowed mutably, so it overlaps neither operand, and only this part writes its
        // columns; T is f32 or f64 (`Scalar` is sealed), which `gemm` supports.
        unsafe {
            gemm::gemm(
                m,
                width,
                k,
                part.to.0.add(start),
                1,
                n as isize,
                adds,
                left.values.as_ptr(),
                left.column_stride as isize,
                left.row_stride as isize,
                right.values.as_ptr(),
                right.column_stride as isize,
                right.row_stride as isize,
                T::ONE,
                factor,
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
    let operands = (
        Matrix::rows(x, shape.fan_in),
        Matrix::rows(weights, shape.fan_out),
    );
    let finish = Finish { bias, step: None };
    let scratch = &mut Aligned::default();
    multiply::<I, T>(shape.threads, shape.sizes(), operands, finish, z, scratch);
}

pub(crate) fn weight_gradient<I: Isa, T: Scalar>(shape: Shape, x: &[T], delta: &[T], to: Destination<'_, T>) {
    let (rows, fan_in, fan_out) = shape.sizes();
    let operands = (Matrix::transposed(x, fan_in), Matrix::rows(delta, fan_out));
    let (sizes, finish) = ((fan_in, rows, fan_out), Finish::stepping(to.step));
    let scratch = &mut Aligned::default();
    multiply::<I, T>(shape.threads, sizes, operands, finish, to.numbers, scratch);
}

pub(crate) fn input_delta<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    to: &mut [T],
    scratch: &mut Aligned<T>,
) {
    let (rows, fan_in, fan_out) = shape.sizes();
    let operands = (Matrix::rows(delta, fan_out), Matrix::transposed(weights, fan_out));
    let (sizes, finish) = ((rows, fan_out, fan_in), Finish::stepping(None));
    multiply::<I, T>(shape.threads, sizes, operands, finish, to, scratch);
}
