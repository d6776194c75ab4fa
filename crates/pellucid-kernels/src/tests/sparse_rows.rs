//! Tests the products with rows of a sparse matrix against their definition, in double precision.

use super::*;
use crate::layer::SparseRows;

struct Rows<T> {
    values: Vec<T>,
    columns: Vec<u32>,
    starts: Vec<usize>,
}

/// Up to a third of the columns of each row are stored, some of them twice, in any order.
fn rows_of<T: Scalar>(shape: Shape, generator: &mut RandomState) -> Rows<T> {
    let mut rows = Rows {
        values: Vec::new(),
        columns: Vec::new(),
        starts: vec![0],
    };
    for _ in 0..shape.rows {
        let stored = (generator.random_sample() * (shape.fan_in as f64 / 3.0 + 1.0)) as usize;
        for _ in 0..stored {
            let column = (generator.random_sample() * shape.fan_in as f64) as u32;
            rows.columns.push(column);
            rows.values.push(T::from_f64(generator.uniform(-2.0, 2.0)));
        }
        rows.starts.push(rows.values.len());
    }
    rows
}

/// z and the gradient, which is added to the weights where there is a step.
#[derive(Clone, Copy)]
struct Products<'a, T> {
    shape: Shape,
    x: SparseRows<'a, T>,
    weights: &'a [T],
    bias: Option<&'a [T]>,
    delta: &'a [T],
    step: Option<T>,
}

impl<T: Scalar> Task for Products<'_, T> {
    type Output = (Vec<T>, Vec<T>);
    #[inline(always)]
    fn run<I: Isa>(self) -> (Vec<T>, Vec<T>) {
        let scratch = &mut Scratch::default();
        let mut z = vec![T::from_f64(7.0); self.shape.rows * self.shape.fan_out];
        let input = Input::Sparse(self.x);
        affine::<I, T>(
            self.shape,
            (input, Origin::Data),
            self.weights,
            self.bias,
            &mut z,
            scratch,
        );
        let mut numbers = self.weights.to_vec();
        let to = Destination {
            numbers: &mut numbers,
            step: self.step,
        };
        weight_gradient::<I, T>(self.shape, input, scratch, self.delta, to);
        (z, numbers)
    }
}

fn close<T: Scalar>(found: T, (expected, magnitude): (f64, f64), terms: usize) -> bool {
    (found.to_f64() - expected).abs() <= (terms as f64 + 4.0) * epsilon::<T>() * (magnitude + 1e-30)
}

fn products_equal_their_definition<T: Scalar>() {
    let generator = &mut RandomState::new(5);
    for (rows, fan_in, fan_out) in [
        (1, 1, 1),
        (1, 300, 5),
        (2, 9, 3),
        (7, 64, 17),
        (33, 1000, 40),
        (300, 500, 129),
    ] {
        for has_step in [false, true] {
            let mut shape = Shape {
                rows,
                fan_in,
                fan_out,
                threads: NonZeroUsize::MIN,
            };
            let Rows {
                values,
                columns,
                starts,
            } = rows_of::<T>(shape, generator);
            let x = SparseRows::new(&values, &columns, &starts, fan_in).expect("the rows fit");
            let weights: Vec<T> = numbers(fan_in * fan_out, Numbers::Ordinary, generator);
            let delta: Vec<T> = numbers(rows * fan_out, Numbers::Ordinary, generator);
            let bias: Vec<T> = numbers(fan_out, Numbers::Ordinary, generator);
            let bias = has_step.then_some(&bias[..]);
            let step = has_step.then(|| T::from_f64(-0.3));
            let products = |shape| Products {
                shape,
                x,
                weights: &weights,
                bias,
                delta: &delta,
                step,
            };
            let alone = on_every_isa(products(shape));
            shape.threads = NonZeroUsize::new(3).expect("3 is not 0");
            let together = on_every_isa(products(shape));
            let dense: Vec<f64> = x.to_vec().iter().map(|x| x.to_f64()).collect();
            for ((isa, (z, to)), (_, on_threads)) in alone.into_iter().zip(together) {
                let place = format!("{isa}, {rows} × {fan_in} × {fan_out}, step {has_step}");
                assert_eq!(bits(&z), bits(&on_threads.0), "{place}: threads change bits");
                assert_eq!(bits(&to), bits(&on_threads.1), "{place}: threads change bits");
                for (at, &found) in z.iter().enumerate() {
                    let (row, unit) = (at / fan_out, at % fan_out);
                    let first = bias.map_or(0.0, |bias| bias[unit].to_f64());
                    let terms =
                        (0..fan_in).map(|j| dense[row * fan_in + j] * weights[j * fan_out + unit].to_f64());
                    let sums = sum_and_magnitude(first, terms, &values, &starts, row);
                    assert!(
                        close(found, sums, fan_in),
                        "{place}: z[{row}, {unit}] = {found:?}, not {}",
                        sums.0
                    );
                }
                for (at, &found) in to.iter().enumerate() {
                    let (column, unit) = (at / fan_out, at % fan_out);
                    let factor = step.map_or(1.0, |step| step.to_f64());
                    let first = if has_step { weights[at].to_f64() } else { 0.0 };
                    let terms = (0..rows).map(|row| {
                        factor * dense[row * fan_in + column] * delta[row * fan_out + unit].to_f64()
                    });
                    let (sum, magnitude) = terms.fold((first, first.abs()), |(sum, magnitude), term| {
                        (sum + term, magnitude + term.abs())
                    });
                    assert!(
                        close(found, (sum, magnitude + 8.0), rows),
                        "{place}: W[{column}, {unit}] = {found:?}, not {sum}"
                    );
                }
            }
        }
    }
}

/// The sum and a bound of the sum of magnitudes. Numbers of a column that is stored twice may cancel in the dense row.
fn sum_and_magnitude<T: Scalar>(
    first: f64,
    terms: impl Iterator<Item = f64>,
    values: &[T],
    starts: &[usize],
    row: usize,
) -> (f64, f64) {
    let stored = &values[starts[row]..starts[row + 1]];
    let magnitude: f64 = stored.iter().map(|value| 2.0 * value.to_f64().abs()).sum();
    (first + terms.sum::<f64>(), first.abs() + magnitude)
}

#[test]
fn products_with_sparse_rows_equal_their_definition() {
    products_equal_their_definition::<f32>();
    products_equal_their_definition::<f64>();
}

#[test]
fn rows_that_do_not_fit_their_shape_are_refused() {
    let values = [1.0, 2.0];
    assert!(SparseRows::new(&values, &[0, 2], &[0, 1, 2], 3).is_some());
    assert!(
        SparseRows::new(&values, &[0, 3], &[0, 1, 2], 3).is_none(),
        "column"
    );
    assert!(SparseRows::new(&values, &[0], &[0, 1], 3).is_none(), "columns");
    assert!(SparseRows::new(&values, &[0, 2], &[0, 3], 3).is_none(), "end");
    assert!(SparseRows::new(&values, &[0, 2], &[1, 0], 3).is_none(), "order");
    assert!(SparseRows::new(&values, &[0, 2], &[], 3).is_none(), "no start");
}
