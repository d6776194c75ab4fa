//! The error function in arithmetic, for forms that have none.
//!
//! For x ≥ 0, erfc(x) = t·e^(−x² + P(t)) with t = 2/(2 + x), where P is smooth: its Chebyshev series has an error below 1e-15.

use super::builder::Builder;
use super::{Function, Operator, Test, Value};
use std::f64::consts::PI;

/// From here on erf is 1 in double precision.
pub(crate) const ERF_IS_ONE_FROM: f64 = 6.0;
/// The centre and half the width of the range of t.
pub(crate) const RANGE_OF_T: [f64; 2] = [0.625, 0.375];
const TERMS: usize = 32;

/// The coefficients of P as a series of Chebyshev polynomials of (t − centre)/half.
pub(crate) fn coefficients() -> [f64; TERMS] {
    let [centre, half] = RANGE_OF_T;
    let node = |index: usize| PI * (index as f64 + 0.5) / TERMS as f64;
    let values: [f64; TERMS] = std::array::from_fn(|index| {
        let t = centre + half * libm::cos(node(index));
        let x = 2.0 / t - 2.0;
        libm::log(libm::erfc(x) / t) + x * x
    });
    std::array::from_fn(|order| {
        let terms = values
            .iter()
            .enumerate()
            .map(|(index, value)| value * libm::cos(order as f64 * node(index)));
        let sum: f64 = terms.sum();
        sum * if order == 0 { 1.0 } else { 2.0 } / TERMS as f64
    })
}

/// erf(z).
pub(super) fn erf(builder: &mut Builder, z: Value) -> Value {
    let [centre, half] = RANGE_OF_T;
    let size = builder.apply(Function::Absolute, z);
    let x = builder.with_number(Operator::Smaller, size, ERF_IS_ONE_FROM);
    let two = builder.like(x, vec![2.0]);
    let sum = builder.combine(Operator::Add, x, two);
    let t = builder.combine(Operator::Divide, two, sum);
    let from_centre = builder.with_number(Operator::Subtract, t, centre);
    let u = builder.with_number(Operator::Divide, from_centre, half);
    let twice = builder.with_number(Operator::Multiply, u, 2.0);
    let coefficients = coefficients();
    // Clenshaw's recurrence.
    let mut last = builder.like(x, vec![coefficients[TERMS - 1]]);
    let mut before = builder.like(x, vec![0.0]);
    for coefficient in coefficients[1..TERMS - 1].iter().rev() {
        let product = builder.combine(Operator::Multiply, twice, last);
        let difference = builder.combine(Operator::Subtract, product, before);
        before = last;
        last = builder.with_number(Operator::Add, difference, *coefficient);
    }
    let product = builder.combine(Operator::Multiply, u, last);
    let difference = builder.combine(Operator::Subtract, product, before);
    let p = builder.with_number(Operator::Add, difference, coefficients[0]);
    let square = builder.combine(Operator::Multiply, x, x);
    let exponent = builder.combine(Operator::Subtract, p, square);
    let exponential = builder.apply(Function::Exponential, exponent);
    let erfc = builder.combine(Operator::Multiply, t, exponential);
    let one = builder.like(x, vec![1.0]);
    let positive = builder.combine(Operator::Subtract, one, erfc);
    let negative = builder.apply(Function::Negative, positive);
    let zero = builder.like(z, vec![0.0]);
    builder.select(Test::Less(z, zero), negative, positive)
}
