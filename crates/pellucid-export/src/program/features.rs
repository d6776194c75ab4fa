//! The preparation of a table: the columns of a row to features.

use super::builder::Builder;
use super::dates::date_parts;
use super::scaling::{Scaled, scale};
use super::{
    Function, Inputs, NO_WORD, NumberColumn, Precision, REFUSED_WORD, Step, Test, Value, WordColumn,
};
use crate::error::{ExportError, Result};
use pellucid::recipe::Unseen;
use pellucid_data::preparation::{CategoryTransform, Preparation, Transform, words_of_truths};

/// The features of a row, and whether the model refuses it.
pub(super) struct Prepared {
    pub(super) inputs: Inputs,
    /// In double precision.
    pub(super) features: Value,
    /// The smallest code of a word, where words may be refused.
    pub(super) smallest_code: Option<Value>,
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
