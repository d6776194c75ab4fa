//! The quantile function of the normal distribution. Wichura, *Algorithm AS 241: The Percentage Points of the Normal
//! Distribution*, 1988.

use super::builder::Builder;
use super::{Function, Operator, Test, Value};
use pellucid_data::preparation::NORMAL_QUANTILE_RATIOS;

/// Probabilities as near as this to 0 or 1 are the ends.
const LEAST: f64 = 1e-7;

/// The number below which a standard normal variable lies with each probability.
pub(super) fn normal_quantile(builder: &mut Builder, probability: Value) -> Value {
    let [centre, tail, far_tail] = &NORMAL_QUANTILE_RATIOS;
    let p = builder.within(probability, LEAST, 1.0 - LEAST);
    let from_half = builder.with_number(Operator::Subtract, p, 0.5);
    let square = builder.combine(Operator::Multiply, from_half, from_half);
    let constant = builder.like(p, vec![0.180_625]);
    let r = builder.combine(Operator::Subtract, constant, square);
    let ratio_of_centre = ratio(builder, r, centre);
    let near = builder.combine(Operator::Multiply, from_half, ratio_of_centre);

    let one = builder.like(p, vec![1.0]);
    let other = builder.combine(Operator::Subtract, one, p);
    let smaller = builder.combine(Operator::Smaller, p, other);
    let logarithm = builder.apply(Function::Logarithm, smaller);
    let negative = builder.apply(Function::Negative, logarithm);
    let r = builder.apply(Function::SquareRoot, negative);
    let from_tail = builder.with_number(Operator::Subtract, r, 1.6);
    let size = ratio(builder, from_tail, tail);
    let from_far = builder.with_number(Operator::Subtract, r, 5.0);
    let far_size = ratio(builder, from_far, far_tail);
    let five = builder.like(r, vec![5.0]);
    let size = builder.select(Test::AtMost(r, five), size, far_size);
    let zero = builder.like(p, vec![0.0]);
    let mirrored = builder.apply(Function::Negative, size);
    let signed = builder.select(Test::Less(from_half, zero), mirrored, size);

    let distance = builder.apply(Function::Absolute, from_half);
    let limit = builder.like(p, vec![0.425]);
    builder.select(Test::AtMost(distance, limit), near, signed)
}

/// A polynomial divided by another.
fn ratio(builder: &mut Builder, x: Value, [above, below]: &[[f64; 8]; 2]) -> Value {
    let mut polynomial = |of: &[f64; 8]| {
        let mut sum = builder.like(x, vec![of[7]]);
        for factor in of[..7].iter().rev() {
            let product = builder.combine(Operator::Multiply, sum, x);
            sum = builder.with_number(Operator::Add, product, *factor);
        }
        sum
    };
    let (above, below) = (polynomial(above), polynomial(below));
    builder.combine(Operator::Divide, above, below)
}
