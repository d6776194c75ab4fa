//! Rows with the model's own predictions, by which an export is verified.

use crate::calibration::{Spans, spans};
use crate::error::Result;
use crate::program::{NO_CLASS, Program};
use crate::quantization::Quantization;
use pellucid::data::dataset::Features;
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate;
use pellucid::recipe::Unseen;
use pellucid::{Network, Scalar};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{NumberTransform, Predictions, Preparation, Transform};
use pellucid_data::training::predict_where_possible;
use pellucid_data::{Categories, Column, Table, Values};
use std::num::NonZeroUsize;

/// The class of a row whose two largest probabilities are so near that rounding decides: it is not compared.
pub(crate) const UNDECIDED: i64 = -2;
/// Probabilities as near as this are decided by rounding.
const NEAR: f64 = 1e-4;
/// The made rows with numbers far beyond all training rows.
const BEYOND: [usize; 3] = [4, 5, 6];
/// Rows of a user's table, and the most cells that all rows have together.
const MOST_ROWS: usize = 1000;
const MOST_CELLS: usize = 100_000;
/// Rows that are made of the preparation, with numbers between the smallest and the largest.
const MADE_ROWS: usize = 40;

/// Rows, and the predictions of the model for them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct GoldenRows {
    /// The numbers of each row, in the order of the columns of numbers; or features.
    pub(crate) numbers: Vec<Vec<f64>>,
    /// The words of each row, in the order of the columns of words.
    pub(crate) words: Vec<Vec<Option<String>>>,
    /// The probabilities or numbers of each row.
    pub(crate) expected: Vec<Vec<f64>>,
    /// The index of the class, or of the class of each target, of each row; empty for numbers.
    pub(crate) classes: Vec<Vec<i64>>,
    /// Whether each row is of usual numbers, and has an answer.
    pub(crate) is_usual: Vec<bool>,
    /// The spans of the network's numbers on usual rows, for layers in integers.
    pub(crate) spans: Option<Spans>,
}

impl GoldenRows {
    pub(crate) fn len(&self) -> usize {
        self.expected.len()
    }

    /// Rows that are made of what the model knows of its columns: usual, missing, unseen and extreme values; and evenly spaced
    /// ones of a table, if there is one.
    pub(crate) fn of(
        model: &Model,
        program: &Program,
        data: Option<&Table>,
        quantize: Option<Quantization>,
    ) -> Result<Self> {
        let Some(preparation) = &model.preparation else {
            return Self::of_arrays(model, program);
        };
        let mut golden = Self::default();
        let near = quantize.map_or(NEAR, |quantize| 2.0 * quantize.tolerance());
        let made = made_table(preparation);
        let of_made = golden.add(model, preparation, &made, None, near)?;
        golden
            .is_usual
            .iter_mut()
            .zip(0..)
            .for_each(|(is_usual, row)| *is_usual &= !BEYOND.contains(&row));
        let usual = |rows: Vec<u32>, golden: &Self, first: usize| {
            let rows = rows.into_iter().zip(&golden.is_usual[first..]);
            rows.filter_map(|(row, is_usual)| is_usual.then_some(row))
                .collect()
        };
        let mut tables = vec![(&made, usual(of_made, &golden, 0))];
        let read;
        if let Some(data) = data {
            read = preparation.reading().read(data.clone())?;
            let columns = preparation.columns().len().max(1);
            let most = MOST_ROWS.min(MOST_CELLS / columns).max(1);
            let first = golden.len();
            let of_data = golden.add(model, preparation, &read, Some(most), near)?;
            tables.push((&read, usual(of_data, &golden, first)));
        }
        if quantize.is_some() {
            golden.spans = Some(spans(model, preparation, &tables)?);
        }
        Ok(golden)
    }

    fn add(
        &mut self,
        model: &Model,
        preparation: &Preparation,
        table: &Table,
        most: Option<usize>,
        near: f64,
    ) -> Result<Vec<u32>> {
        let rows = table.rows();
        let count = most.map_or(rows, |most| most.min(rows));
        let rows: Vec<u32> = (0..count).map(|at| (at * rows / count.max(1)) as u32).collect();
        let (predictions, ..) =
            predict_where_possible(&model.networks(), preparation, table, &rows, NonZeroUsize::MIN)?;
        let values = predictions.values();
        for (at, &row) in rows.iter().enumerate() {
            let (mut numbers, mut words) = (Vec::new(), Vec::new());
            for feature in preparation.columns() {
                let column = table.column(&feature.name);
                match feature.transform {
                    Transform::Number(_) | Transform::Date(_) | Transform::LargeInteger { .. } => {
                        numbers.push(column.map_or(f64::NAN, |column| number(column, row)));
                    }
                    Transform::Category(_) | Transform::Boolean { .. } => {
                        words.push(column.and_then(|column| word(column, row)));
                    }
                }
            }
            self.numbers.push(numbers);
            self.words.push(words);
            self.expected.push(values.row(at).to_vec());
            self.is_usual
                .push(values.row(at).iter().all(|number| number.is_finite()));
            if let Some(classes) = classes(&predictions, at, preparation.target().threshold(), near) {
                self.classes.push(classes);
            }
        }
        Ok(rows)
    }

    /// Rows of features for a model that was trained on arrays.
    fn of_arrays(model: &Model, program: &Program) -> Result<Self> {
        let width = program.feature_count().unwrap_or_default();
        let count = MADE_ROWS.min(MOST_CELLS / width.max(1)).max(2);
        let mut random = Random(1);
        let mut rows: Vec<Vec<f64>> = (0..count)
            .map(|_| {
                (0..width)
                    .map(|_| f64::from((4.0 * random.next() - 2.0) as f32))
                    .collect()
            })
            .collect();
        rows[0].fill(0.0);
        let outputs = match &model.network {
            AnyNetwork::F32(_) => {
                let networks = model.networks().into_iter().filter_map(|network| match network {
                    AnyNetwork::F32(network) => Some(network),
                    AnyNetwork::F64(_) => None,
                });
                mean_outputs(&networks.collect::<Vec<_>>(), &rows)?
            }
            AnyNetwork::F64(_) => {
                let networks = model.networks().into_iter().filter_map(|network| match network {
                    AnyNetwork::F64(network) => Some(network),
                    AnyNetwork::F32(_) => None,
                });
                mean_outputs(&networks.collect::<Vec<_>>(), &rows)?
            }
        };
        let width = model.network.architecture().output_width();
        let mut golden = Self {
            words: vec![Vec::new(); count],
            numbers: rows,
            ..Self::default()
        };
        for outputs in outputs.chunks_exact(width) {
            let probabilities = match (outputs, model.classes.len()) {
                ([second], 2) => vec![1.0 - second, *second],
                _ => outputs.to_vec(),
            };
            if !model.classes.is_empty() {
                let class = largest(&probabilities);
                golden
                    .classes
                    .push(vec![decided(&probabilities, None, class, NEAR)]);
            }
            golden.expected.push(probabilities);
        }
        Ok(golden)
    }
}

fn mean_outputs<T: Scalar>(networks: &[&Network<T>], rows: &[Vec<f64>]) -> Result<Vec<f64>> {
    let numbers = rows.iter().flatten().map(|&number| T::from_f64(number)).collect();
    let features = Features::Dense(Matrix::new(rows.len(), rows[0].len(), numbers)?);
    let mut mean: Vec<f64> = Vec::new();
    for network in networks {
        let outputs = evaluate::predict(network, &features, rows.len(), NonZeroUsize::MIN);
        mean.resize(outputs.len(), 0.0);
        let share = 1.0 / networks.len() as f64;
        mean.iter_mut()
            .zip(outputs)
            .for_each(|(mean, output)| *mean += share * output.to_f64());
    }
    Ok(mean)
}

fn largest(probabilities: &[f64]) -> i64 {
    let best = (1..probabilities.len()).fold(0, |best, at| {
        if probabilities[at] > probabilities[best] {
            at
        } else {
            best
        }
    });
    best as i64
}

/// The class of a row, or [`UNDECIDED`].
fn decided(probabilities: &[f64], threshold: Option<f64>, class: i64, near: f64) -> i64 {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let margin = match (threshold, probabilities) {
        (Some(threshold), [_, second]) => (second - threshold).abs(),
        _ => sorted[0] - sorted.get(1).copied().unwrap_or(f64::INFINITY),
    };
    if margin.abs() < near { UNDECIDED } else { class }
}

fn classes(predictions: &Predictions, row: usize, threshold: Option<f64>, near: f64) -> Option<Vec<i64>> {
    match predictions {
        Predictions::Classes {
            labels,
            probabilities,
            ..
        } => Some(vec![match labels[row] {
            Categories::MISSING => NO_CLASS,
            label => decided(probabilities.row(row), threshold, label.into(), near),
        }]),
        Predictions::Labels { probabilities, .. } => {
            let class = |&p: &f64| match p {
                p if p.is_nan() => NO_CLASS,
                p => decided(&[1.0 - p, p], Some(0.5), i64::from(p > 0.5), near),
            };
            Some(probabilities.row(row).iter().map(class).collect())
        }
        Predictions::Numbers { .. } => None,
    }
}

fn number(column: &Column, row: u32) -> f64 {
    match &column.values {
        Values::Numbers(numbers) => numbers[row as usize],
        Values::Categories(words) | Values::Booleans(words) => {
            let word = words.get(row as usize).and_then(|word| word.trim().parse().ok());
            word.unwrap_or(f64::NAN)
        }
    }
}

fn word(column: &Column, row: u32) -> Option<String> {
    match &column.values {
        Values::Numbers(numbers) if numbers[row as usize].is_nan() => None,
        Values::Numbers(numbers) => Some((numbers[row as usize] + 0.0).to_string()),
        Values::Categories(words) | Values::Booleans(words) => words.get(row as usize).map(str::to_owned),
    }
}

/// Numbers between 0 and 1, the same each time. Knuth's constants of a linear congruential generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The cells of a column of made rows.
enum Cells {
    Numbers(Vec<f64>),
    Words(Vec<Option<String>>),
}

/// A second of the year 2001, where the preparation does not say which dates are usual.
const USUAL_SECOND: f64 = 1e9;

/// Rows of usual values; of the smallest and the largest; with each column missing, unseen, and far beyond all training rows.
fn made_table(preparation: &Preparation) -> Table {
    /// Columns that take a turn of their own in being missing.
    const MOST_TURNS: usize = 30;
    let mut random = Random(7);
    let refuses = preparation.settings().unseen == Unseen::Error;
    let turns = preparation.columns().len().min(MOST_TURNS);
    let made = preparation.columns().iter().enumerate().map(|(at, feature)| {
        let cells = match &feature.transform {
            Transform::Number(number) | Transform::LargeInteger { number, .. } => {
                Cells::Numbers(made_numbers(number, at, turns, &mut random))
            }
            Transform::Date(_) => {
                let year = 365.25 * 86_400.0;
                let spread = NumberTransform {
                    median: USUAL_SECOND,
                    minimum: USUAL_SECOND - 40.0 * year,
                    maximum: USUAL_SECOND + 40.0 * year,
                    shift: 0.0,
                    divisor: 1.0,
                    clips: false,
                    quantiles: Vec::new(),
                    edges: Vec::new(),
                    marks_missing: false,
                };
                Cells::Numbers(made_numbers(&spread, at, turns, &mut random))
            }
            Transform::Category(category) => {
                let may_be_missing = !refuses || category.missing;
                Cells::Words(made_words(
                    &category.names,
                    at,
                    turns,
                    may_be_missing,
                    !refuses,
                    &mut random,
                ))
            }
            Transform::Boolean { names, .. } => {
                Cells::Words(made_words(names, at, turns, true, !refuses, &mut random))
            }
        };
        Column {
            name: feature.name.clone(),
            values: match cells {
                Cells::Numbers(numbers) => Values::Numbers(numbers),
                Cells::Words(words) => Values::Categories(categories(&words)),
            },
        }
    });
    Table {
        first_row: 0,
        source: "rows made of the preparation".into(),
        columns: made.collect(),
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

fn made_numbers(of: &NumberTransform, column: usize, turns: usize, random: &mut Random) -> Vec<f64> {
    let NumberTransform {
        median,
        minimum,
        maximum,
        ..
    } = *of;
    let range = maximum - minimum;
    let mut numbers = vec![
        median,
        minimum,
        maximum,
        f64::NAN,
        minimum - 10.0 * range,
        maximum + 10.0 * range,
    ];
    // Far beyond every training row, one column at a time, so that only its own row has no answer.
    numbers.push(if column == 0 { 1e30 } else { median });
    numbers.extend(
        of.edges
            .iter()
            .chain(&of.quantiles)
            .take(3)
            .copied()
            .chain([median; 3])
            .take(3),
    );
    numbers.extend((0..turns).map(|turn| if turn == column { f64::NAN } else { median }));
    numbers.extend((0..MADE_ROWS).map(|_| minimum + range * random.next()));
    numbers
        .into_iter()
        .map(|number| if number.is_infinite() { median } else { number })
        .collect()
}

fn made_words(
    names: &[String],
    column: usize,
    turns: usize,
    may_be_missing: bool,
    may_be_unseen: bool,
    random: &mut Random,
) -> Vec<Option<String>> {
    let usual = names.first().cloned();
    let missing = if may_be_missing { None } else { usual.clone() };
    let unseen = if may_be_unseen {
        Some("a word of no training row".to_owned())
    } else {
        usual.clone()
    };
    let last = names.last().cloned();
    let mut words = vec![
        usual.clone(),
        usual.clone(),
        last.clone(),
        missing.clone(),
        unseen.clone(),
        last.clone(),
    ];
    words.push(usual.clone());
    words.extend([usual.clone(), last.clone(), usual.clone()]);
    words.extend((0..turns).map(|turn| {
        if turn == column {
            missing.clone()
        } else {
            usual.clone()
        }
    }));
    words.extend((0..MADE_ROWS).map(|_| {
        let at = (random.next() * (names.len() + 1) as f64) as usize;
        names.get(at).cloned().or_else(|| unseen.clone())
    }));
    words
}

fn categories(words: &[Option<String>]) -> Categories {
    let mut names: Vec<String> = words.iter().flatten().cloned().collect();
    names.sort();
    names.dedup();
    let code = |word: &Option<String>| match word {
        None => Categories::MISSING,
        Some(word) => names
            .binary_search(word)
            .map_or(Categories::MISSING, |at| at as u32),
    };
    let codes = words.iter().map(code).collect();
    Categories { names, codes }
}
