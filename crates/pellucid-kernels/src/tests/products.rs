//! Tests products by the matrix-product crate, around the sizes at which they are divided into parts.

use super::*;

/// The rows of an output that are compared with their twin: a few, or all of them where there are at most 70.
fn some_rows(rows: usize) -> Vec<usize> {
    if rows <= 70 {
        (0..rows).collect()
    } else {
        vec![0, 1, 7, rows / 2, rows - 2, rows - 1]
    }
}

/// Compares some rows of a kernel's result with their definition.
fn check_some_rows<T: Scalar>(kernel: Kernel, case: &Case<T>, found: &[T]) {
    let Shape {
        rows,
        fan_in,
        fan_out,
        ..
    } = case.shape;
    let (height, width) = match kernel {
        Kernel::Affine => (rows, fan_out),
        Kernel::WeightGradient => (fan_in, fan_out),
        _ => (rows, fan_in),
    };
    let before = case.before(kernel);
    for row in some_rows(height) {
        let mut sums = vec![Sum::default(); width];
        match kernel {
            Kernel::Affine => {
                for (sum, bias) in sums.iter_mut().zip(case.bias.iter().flatten()) {
                    sum.add(bias.to_f64());
                }
                for (x, weights) in case.x[row * fan_in..][..fan_in]
                    .iter()
                    .zip(case.weights.chunks_exact(fan_out))
                {
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        sum.add(x.to_f64() * weight.to_f64());
                    }
                }
            }
            Kernel::WeightGradient => {
                for (x, delta) in case.x.chunks_exact(fan_in).zip(case.delta.chunks_exact(fan_out)) {
                    for (sum, delta) in sums.iter_mut().zip(delta) {
                        sum.add(x[row].to_f64() * delta.to_f64());
                    }
                }
                if let Some(rate) = case.rate {
                    sums = stepped(&sums, &before[row * fan_out..][..fan_out], rate);
                }
            }
            _ => {
                let delta = &case.delta[row * fan_out..][..fan_out];
                for (sum, weights) in sums.iter_mut().zip(case.weights.chunks_exact(fan_out)) {
                    for (delta, weight) in delta.iter().zip(weights) {
                        sum.add(delta.to_f64() * weight.to_f64());
                    }
                }
            }
        }
        assert_is_twin(
            &found[row * width..][..width],
            &sums,
            kernel,
            case,
            &format!("row {row}"),
        );
    }
}

/// Checks a product on one thread, and that more threads give the same bits.
fn check_on_threads<T: Scalar>(kernel: Kernel, case: &Case<T>) {
    assert!(
        product::is_profitable(case.shape),
        "{:?} selects other kernels",
        case.shape
    );
    let one = best(Call { kernel, case });
    check_some_rows(kernel, case, &one);
    for threads in [2, 3, 8] {
        let case = case.clone().on_threads(threads);
        let found = best(Call { kernel, case: &case });
        assert!(
            bits(&found) == bits(&one),
            "{kernel:?} {:?} on {threads} threads",
            case.shape
        );
    }
}

fn check_product<T: Scalar>(shape: (usize, usize, usize), seed: u32) {
    let case = Case::<T>::new(shape, Numbers::Ordinary, seed);
    check_on_threads(Kernel::Affine, &case);
    check_on_threads(Kernel::InputDelta, &case);
    check_on_threads(Kernel::WeightGradient, &case);
    check_on_threads(Kernel::WeightGradient, &case.stepping(0.05));
}

fn sizes_around_two_parts<T: Scalar>() {
    // 2²⁴ multiply-adds with 256 columns are two parts; one less of either is a single part.
    for (seed, shape) in [
        (64, 1024, 256),
        (64, 1024, 255),
        (64, 1023, 256),
        (65, 1025, 257),
        (61, 1031, 271),
        (67, 263, 1033),
        (1029, 131, 127),
    ]
    .into_iter()
    .enumerate()
    {
        check_product::<T>(shape, seed as u32);
    }
}

#[test]
fn products_around_two_parts_in_double_precision() {
    sizes_around_two_parts::<f64>();
}

#[test]
fn products_around_two_parts_in_single_precision() {
    sizes_around_two_parts::<f32>();
}

#[test]
fn products_of_three_and_four_parts() {
    check_product::<f32>((521, 1031, 1033), 1);
    check_product::<f64>((1049, 1361, 389), 2);
}

fn smallest_sizes<T: Scalar>() {
    for (seed, shape) in [
        (8, 128, 128),
        (9, 127, 129),
        (131_072, 1, 1),
        (1024, 128, 1),
        (1024, 1, 128),
        (1031, 1, 131),
        (1031, 131, 1),
        (517, 17, 15),
        (517, 15, 17),
        (33, 65, 63),
    ]
    .into_iter()
    .enumerate()
    {
        check_product::<T>(shape, seed as u32);
    }
}

#[test]
fn the_smallest_products_and_those_of_one_column() {
    smallest_sizes::<f64>();
    smallest_sizes::<f32>();
}

#[test]
fn the_shape_selects_the_matrix_product_crate() {
    let is_profitable = |shape| product::is_profitable(Case::<f32>::new(shape, Numbers::Ordinary, 0).shape);
    assert!(is_profitable((8, 128, 128)));
    assert!(!is_profitable((8, 128, 127)) && !is_profitable((8, 127, 128)) && !is_profitable((7, 256, 256)));
}

#[derive(Clone, Copy)]
struct Transposing<'a, T> {
    from: &'a [T],
    shape: (usize, usize),
    offset: usize,
}

impl<T: Scalar> Task for Transposing<'_, T> {
    type Output = Vec<T>;
    #[inline(always)]
    fn run<I: Isa>(self) -> Vec<T> {
        let (rows, columns) = self.shape;
        let mut from = Placed::new(self.from, self.offset);
        let mut to = Placed::empty(rows * columns, self.offset);
        transpose::transpose::<I, T>(from.with_excess(), (rows, columns), to.with_excess());
        to.into_result()
    }
}

fn transposed_is_naive<T: Scalar>() {
    let sizes = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 23, 24, 31, 64, 65, 129];
    for rows in sizes {
        for columns in sizes {
            let from: Vec<T> = numbers(
                rows * columns,
                Numbers::Special,
                &mut RandomState::new((rows + columns) as u32),
            );
            let naive: Vec<T> = (0..rows * columns)
                .map(|at| from[at % rows * columns + at / rows])
                .collect();
            for offset in [0, 1] {
                let shape = (rows, columns);
                let from = &from[..];
                for (on, to) in on_every_isa(Transposing { from, shape, offset }) {
                    assert!(bits(&to) == bits(&naive), "{rows} rows, {columns} columns, {on}");
                }
            }
        }
    }
}

#[test]
fn matrices_are_transposed_number_by_number() {
    transposed_is_naive::<f64>();
    transposed_is_naive::<f32>();
}
