//! The preparation of a table: the columns of a row to features.

use super::builder::Builder;
use super::dates::date_parts;
use super::normal_quantile::normal_quantile;
use super::quantiles::rank;
use super::{
    Function, Inputs, NO_WORD, NumberColumn, Operator, Precision, REFUSED_WORD, Step, Test, Value, WordColumn,
};
use crate::error::{ExportError, Result};
use pellucid::recipe::Unseen;
use pellucid_data::preparation::{
    CategoryTransform, NumberTransform, Preparation, Transform, words_of_truths,
};

/// Where the smooth clip of robust scaling tends to.
const CLIP_LIMIT: f64 = 3.0;

/// The features of a row, and whether the model refuses it.
pub(super) struct Prepared {
    pub(super) inputs: Inputs,
    /// In double precision.
    pub(super) features: Value,
    /// The smallest code of a word, where words may be refused.
    pub(super) smallest_code: Option<Value>,
}

/// Numbers of one width each, with the transform that makes features of each of them.
struct Scaled<'a> {
    value: Value,
    transforms: Vec<&'a NumberTransform>,
}

/// Adds the steps that make features of the columns of a table.
pub(super) fn prepare(
    builder: &mut Builder,
    form: &'static str,
    preparation: &Preparation,
) -> Result<Prepared> {
    let columns = preparation.columns();
    let unseen = preparation.settings().unseen;
    let missing = &preparation.reading().missing;
    let (mut numbers, mut words) = (Vec::new(), Vec::new());
    for column in columns {
        let name = column.name.clone();
        match &column.transform {
            Transform::Number(_) => numbers.push(NumberColumn { name, is_date: false }),
            Transform::Date(_) => numbers.push(NumberColumn { name, is_date: true }),
            Transform::Category(category) => words.push(category_codes(name, category, unseen, missing)),
            Transform::Boolean { names, .. } => words.push(boolean_codes(name, names, unseen, missing)),
            Transform::LargeInteger { .. } => {
                return Err(ExportError::Inexpressible {
                    form,
                    part: format!("column `{name}`, whole numbers that doubles do not hold"),
                    advice: "train without it, or subtract the smallest of them".into(),
                });
            }
        }
    }
    let raw = (!numbers.is_empty()).then(|| {
        let value = builder.add(Step::Numbers, numbers.len(), Precision::Double);
        without_markers(builder, value, missing)
    });
    let codes: Vec<Value> = (0..words.len())
        .map(|column| builder.add(Step::Word(column), 1, Precision::Double))
        .collect();

    // Columns that are numbers as they stand take their steps together; a place for each feature says where it went.
    let (mut blocks, mut places) = (Vec::new(), vec![Vec::new(); columns.len()]);
    let mut add_block = |builder: &Builder, block: Value| {
        let start: usize = blocks.iter().map(|&block| builder.width(block)).sum();
        blocks.push(block);
        start
    };
    let (mut number, mut word) = (0, 0);
    let (mut plain, mut owners) = (Vec::new(), Vec::new());
    for (at, column) in columns.iter().enumerate() {
        match &column.transform {
            Transform::Number(transform) => {
                plain.push((number, transform));
                owners.push(at);
                number += 1;
            }
            Transform::Date(date) => {
                let raw = raw.unwrap_or_default();
                let seconds = builder.take(raw, vec![number]);
                number += 1;
                let features = date_parts(builder, date, seconds);
                let start = add_block(builder, features);
                places[at] = (start..start + builder.width(features)).collect();
            }
            Transform::Category(_) => {
                let (code, width) = (codes[word], column.transform.width());
                word += 1;
                let numbers = builder.like(code, (0..width).map(|number| number as f64).collect());
                let features = builder.select_numbers(Test::Equal(code, numbers), 1.0, 0.0);
                let start = add_block(builder, features);
                places[at] = (start..start + width).collect();
            }
            Transform::Boolean { number, .. } => {
                let code = codes[word];
                word += 1;
                let zero = builder.like(code, vec![0.0]);
                let unknown = builder.like(code, vec![f64::NAN]);
                let value = builder.select(Test::Less(code, zero), unknown, code);
                let scaled = Scaled {
                    value,
                    transforms: vec![number],
                };
                let features = scale(builder, &scaled);
                let start = add_block(builder, features.value);
                places[at] = features.places[0].iter().map(|place| start + place).collect();
            }
            Transform::LargeInteger { .. } => {}
        }
    }
    if let Some(raw) = raw.filter(|_| !plain.is_empty()) {
        let value = builder.take(raw, plain.iter().map(|(place, _)| *place).collect());
        let transforms = plain.iter().map(|(_, transform)| *transform).collect();
        let features = scale(builder, &Scaled { value, transforms });
        let start = add_block(builder, features.value);
        for (owner, of_column) in owners.iter().zip(features.places) {
            places[*owner] = of_column.iter().map(|place| start + place).collect();
        }
    }
    let all = builder.join(blocks);
    let features = builder.take(all, places.concat());
    let smallest_code = (unseen == Unseen::Error && !codes.is_empty()).then(|| {
        let all = builder.join(codes);
        let negative = builder.apply(Function::Negative, all);
        let largest = builder.largest(negative);
        builder.apply(Function::Negative, largest)
    });
    let inputs = Inputs::Table { numbers, words };
    Ok(Prepared {
        inputs,
        features,
        smallest_code,
    })
}

/// Numbers with NaN in the place of those that stand for a missing value.
fn without_markers(builder: &mut Builder, value: Value, missing: &[String]) -> Value {
    let markers = missing.iter().filter_map(|text| text.parse::<f64>().ok());
    markers
        .filter(|marker| !marker.is_nan())
        .fold(value, |value, marker| {
            let nan = builder.like(value, vec![f64::NAN]);
            let marker = builder.like(value, vec![marker]);
            builder.select(Test::Equal(value, marker), nan, value)
        })
}

fn category_codes(
    name: String,
    category: &CategoryTransform,
    unseen: Unseen,
    markers: &[String],
) -> WordColumn {
    let names = category.names.len();
    let of_other = category.other.then_some(names);
    let of_missing = category.missing.then_some(names + usize::from(category.other));
    let code = |place: Option<usize>| match (place, unseen) {
        (Some(place), _) => place as i64,
        (None, Unseen::Missing) => of_missing.map_or(NO_WORD, |place| place as i64),
        (None, Unseen::Zeros) => NO_WORD,
        (None, Unseen::Error) => REFUSED_WORD,
    };
    with_markers(
        WordColumn {
            name,
            codes: category.names.iter().cloned().zip(0..).collect(),
            missing: code(of_missing),
            other: code(of_other),
        },
        markers,
    )
}

fn boolean_codes(name: String, names: &[String; 2], unseen: Unseen, markers: &[String]) -> WordColumn {
    let [falsehoods, truths] = words_of_truths(names);
    let zeros = falsehoods.into_iter().map(|word| (word, 0));
    with_markers(
        WordColumn {
            name,
            codes: zeros.chain(truths.into_iter().map(|word| (word, 1))).collect(),
            missing: NO_WORD,
            other: match unseen {
                Unseen::Error => REFUSED_WORD,
                Unseen::Zeros | Unseen::Missing => NO_WORD,
            },
        },
        markers,
    )
}

/// The words that stand for a missing value have its code.
fn with_markers(mut column: WordColumn, markers: &[String]) -> WordColumn {
    column.codes.retain(|(word, _)| !markers.contains(word));
    let missing = column.missing;
    column
        .codes
        .extend(markers.iter().map(|word| (word.clone(), missing)));
    column
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

fn scale(builder: &mut Builder, numbers: &Scaled<'_>) -> ScaledFeatures {
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
