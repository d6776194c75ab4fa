//! Numbers to features: scaled, clipped, put in the place of their quantiles, or encoded by bins.

use super::builder::Builder;
use super::normal_quantile::normal_quantile;
use super::quantiles::rank;
use super::{Function, Operator, Test, Value};
use pellucid_data::preparation::NumberTransform;

/// Where the smooth clip of robust scaling tends to.
const CLIP_LIMIT: f64 = 3.0;

/// Numbers of one width each, with the transform that makes features of each of them.
pub(super) struct Scaled<'a> {
    pub(super) value: Value,
    pub(super) transforms: Vec<&'a NumberTransform>,
}

/// The features of some numbers, and the places of those of each.
pub(super) struct ScaledFeatures {
    pub(super) value: Value,
    pub(super) places: Vec<Vec<usize>>,
}

/// The features of one number.
pub(super) fn scale_one(builder: &mut Builder, transform: &NumberTransform, value: Value) -> Value {
    let transforms = vec![transform];
    let features = scale(builder, &Scaled { value, transforms });
    builder.take(features.value, features.places.concat())
}

/// The features of numbers.
pub(super) fn scale(builder: &mut Builder, numbers: &Scaled<'_>) -> ScaledFeatures {
    let Scaled { value, transforms } = numbers;
    let per =
        |number: fn(&NumberTransform) -> f64| transforms.iter().map(|one| number(one)).collect::<Vec<_>>();
    let mut places = vec![Vec::new(); transforms.len()];
    let mut blocks = Vec::new();
    let mut width = 0;
    let medians = builder.like(*value, per(|one| one.median));
    let filled = builder.select(Test::Missing(*value), medians, *value);

    let binned = |one: &NumberTransform| !one.edges.is_empty();
    let plain: Vec<usize> = (0..transforms.len())
        .filter(|&at| !binned(transforms[at]))
        .collect();
    if !plain.is_empty() {
        let own: Vec<&NumberTransform> = plain.iter().map(|&at| transforms[at]).collect();
        let x = builder.take(filled, plain.clone());
        let scaled = scale_plain(builder, &own, x);
        for (place, &at) in plain.iter().enumerate() {
            places[at].push(width + place);
        }
        width += plain.len();
        blocks.push(scaled);
    }
    let bins: Vec<(usize, [f64; 4], bool)> = transforms
        .iter()
        .enumerate()
        .flat_map(|(at, one)| bins(one).into_iter().map(move |bin| (at, bin, one.marks_missing)))
        .collect();
    if !bins.is_empty() {
        for (place, (at, ..)) in bins.iter().enumerate() {
            places[*at].push(width + place);
        }
        width += bins.len();
        blocks.push(encode(builder, *value, filled, &bins));
    }
    let marked: Vec<usize> = (0..transforms.len())
        .filter(|&at| transforms[at].marks_missing)
        .collect();
    if !marked.is_empty() {
        let x = builder.take(*value, marked.clone());
        for (place, &at) in marked.iter().enumerate() {
            places[at].push(width + place);
        }
        blocks.push(builder.select_numbers(Test::Missing(x), 1.0, 0.0));
    }
    // A column whose training rows are all equal has no bins, and may have no feature.
    let value = match blocks.is_empty() {
        true => builder.take(*value, Vec::new()),
        false => builder.join(blocks),
    };
    ScaledFeatures { value, places }
}

/// (x − shift)/divisor, clipped smoothly, or the normal quantiles of ranks.
fn scale_plain(builder: &mut Builder, transforms: &[&NumberTransform], x: Value) -> Value {
    let per =
        |number: fn(&NumberTransform) -> f64| transforms.iter().map(|one| number(one)).collect::<Vec<_>>();
    if transforms.iter().any(|one| !one.quantiles.is_empty()) {
        let scaled: Vec<Value> = (0..transforms.len())
            .map(|at| {
                let own = builder.take(x, vec![at]);
                match transforms[at].quantiles.as_slice() {
                    [] => shifted(builder, &transforms[at..=at], own),
                    quantiles => {
                        let rank = rank(builder, own, quantiles);
                        normal_quantile(builder, rank)
                    }
                }
            })
            .collect();
        return builder.join(scaled);
    }
    let scaled = shifted(builder, transforms, x);
    if transforms.iter().all(|one| !one.clips) {
        return scaled;
    }
    // In this order nothing overflows that the limit of features would not refuse.
    let share = builder.with_number(Operator::Divide, scaled, CLIP_LIMIT);
    let square = builder.combine(Operator::Multiply, share, share);
    let sum = builder.with_number(Operator::Add, square, 1.0);
    let length = builder.apply(Function::SquareRoot, sum);
    let clipped = builder.combine(Operator::Divide, scaled, length);
    match transforms.iter().all(|one| one.clips) {
        true => clipped,
        false => {
            let clips = builder.like(x, per(|one| if one.clips { 1.0 } else { 0.0 }));
            let zero = builder.like(x, vec![0.0]);
            builder.select(Test::Equal(clips, zero), scaled, clipped)
        }
    }
}

fn shifted(builder: &mut Builder, transforms: &[&NumberTransform], x: Value) -> Value {
    let per =
        |number: fn(&NumberTransform) -> f64| transforms.iter().map(|one| number(one)).collect::<Vec<_>>();
    let mut scaled = x;
    if transforms.iter().any(|one| one.shift != 0.0) {
        scaled = builder.with(Operator::Subtract, scaled, per(|one| one.shift));
    }
    if transforms.iter().any(|one| one.divisor != 1.0) {
        scaled = builder.with(Operator::Divide, scaled, per(|one| one.divisor));
    }
    scaled
}

/// The bins of a number: where it begins and ends, below which number its feature is 0, and from which on 1.
fn bins(transform: &NumberTransform) -> Vec<[f64; 4]> {
    let last = transform.edges.len().saturating_sub(2);
    let bin = |(at, edges): (usize, &[f64])| {
        let (low, high) = (edges[0], edges[1]);
        let zero_below = if at > 0 { low } else { f64::NEG_INFINITY };
        let one_from = if at < last { high } else { f64::INFINITY };
        [low, high, zero_below, one_from]
    };
    transform.edges.windows(2).enumerate().map(bin).collect()
}

/// The piecewise-linear encoding: a feature for each bin.
fn encode(builder: &mut Builder, raw: Value, filled: Value, bins: &[(usize, [f64; 4], bool)]) -> Value {
    let owners: Vec<usize> = bins.iter().map(|(at, ..)| *at).collect();
    let per = |number: fn(&[f64; 4]) -> f64| bins.iter().map(|(_, bin, _)| number(bin)).collect::<Vec<_>>();
    let x = builder.take(filled, owners.clone());
    let above = builder.with(Operator::Subtract, x, per(|bin| bin[0]));
    let part = builder.with(Operator::Divide, above, per(|bin| bin[1] - bin[0]));
    let (zero, one) = (builder.like(x, vec![0.0]), builder.like(x, vec![1.0]));
    let upper = builder.like(x, per(|bin| bin[3]));
    let part = builder.select(Test::AtMost(upper, x), one, part);
    let lower = builder.like(x, per(|bin| bin[2]));
    let part = builder.select(Test::Less(x, lower), zero, part);
    if bins.iter().all(|(.., marks)| !marks) {
        return part;
    }
    // A missing number that is marked is encoded as zeros.
    let known = builder.like(
        x,
        bins.iter()
            .map(|(.., marks)| if *marks { f64::NAN } else { 0.0 })
            .collect(),
    );
    let raw = builder.take(raw, owners);
    let marker = builder.select(Test::Missing(raw), known, zero);
    builder.select(Test::Missing(marker), zero, part)
}
