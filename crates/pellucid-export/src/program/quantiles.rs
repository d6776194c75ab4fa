//! The places of numbers among quantiles.

use super::builder::Builder;
use super::{Operator, Precision, Test, Value};

/// Within this of 0 and 1, a part of the rows is at the ends.
const NEAR_END: f64 = 1e-7 * (1.0 + 1e-6);

/// The part of the training rows below a number, by their evenly spaced quantiles: the mean of the interpolations from below
/// and from above, which differ where quantiles are equal.
pub(super) fn rank(builder: &mut Builder, value: Value, quantiles: &[f64]) -> Value {
    let last = (quantiles.len() - 1) as f64;
    let table = table(builder, quantiles);
    let all = builder.like(value, quantiles.to_vec());
    let reached = builder.select_numbers(Test::AtMost(all, value), 1.0, 0.0);
    let up_to = count(builder, reached, quantiles.len());
    let passed = builder.select_numbers(Test::Less(all, value), 1.0, 0.0);
    let below = count(builder, passed, quantiles.len());
    // Between two quantiles.
    let upper = builder.within(up_to, 1.0, last.max(1.0));
    let upper_place = builder.with_number(Operator::Smaller, upper, last);
    let lower = builder.with_number(Operator::Subtract, upper, 1.0);
    let (low, high) = (builder.look(table, lower), builder.look(table, upper_place));
    let above = builder.combine(Operator::Subtract, value, low);
    let step = builder.combine(Operator::Subtract, high, low);
    let part = builder.combine(Operator::Divide, above, step);
    let between = builder.combine(Operator::Add, lower, part);
    // On quantiles that equal it.
    let sum = builder.combine(Operator::Add, below, up_to);
    let sum = builder.with_number(Operator::Subtract, sum, 1.0);
    let middle = builder.with_number(Operator::Multiply, sum, 0.5);
    let place = builder.select(Test::Equal(below, up_to), between, middle);
    let zero = builder.like(value, vec![0.0]);
    let place = builder.select(Test::Equal(up_to, zero), zero, place);
    let (end, all) = (
        builder.like(value, vec![last]),
        builder.like(value, vec![last + 1.0]),
    );
    let place = builder.select(Test::Equal(below, all), end, place);
    builder.with_number(Operator::Divide, place, last)
}

/// The number below which a part of the training rows lies, by their evenly spaced quantiles.
pub(super) fn quantile_at(builder: &mut Builder, part: Value, quantiles: &[f64]) -> Value {
    let last = (quantiles.len() - 1) as f64;
    let table = table(builder, quantiles);
    let place = builder.with_number(Operator::Multiply, part, last);
    // A number that is none, of a row without an answer, has a place too; `Larger` and `Smaller` may keep a NaN.
    let zero = builder.like(place, vec![0.0]);
    let place = builder.select(Test::Missing(place), zero, place);
    let place = builder.within(place, 0.0, last);
    let below = builder.apply(super::Function::Floor, place);
    let above = builder.with_number(Operator::Add, below, 1.0);
    let above = builder.with_number(Operator::Smaller, above, last);
    let (low, high) = (builder.look(table, below), builder.look(table, above));
    let step = builder.combine(Operator::Subtract, high, low);
    let rest = builder.combine(Operator::Subtract, place, below);
    let rest = builder.combine(Operator::Multiply, step, rest);
    let between = builder.combine(Operator::Add, low, rest);
    let (first, end) = (
        builder.like(part, vec![quantiles[0]]),
        builder.like(part, vec![quantiles[quantiles.len() - 1]]),
    );
    let near_start = builder.like(part, vec![NEAR_END]);
    let near_end = builder.like(part, vec![1.0 - NEAR_END]);
    let number = builder.select(Test::AtMost(part, near_start), first, between);
    builder.select(Test::AtMost(near_end, part), end, number)
}

fn table(builder: &mut Builder, quantiles: &[f64]) -> usize {
    let name = format!("quantiles_{}", builder.arrays.len());
    builder.array(name, quantiles.to_vec(), &[quantiles.len()], Precision::Double)
}

/// The sum of ones and zeros, where a single one may stand for all of them.
fn count(builder: &mut Builder, ones: Value, of: usize) -> Value {
    let sum = builder.sum(ones);
    match builder.width(ones) == of {
        true => sum,
        false => builder.with_number(Operator::Multiply, sum, of as f64),
    }
}
