//! The transform of one column, of any kind.

use super::category::{CategoryTransform, MOST_NAMES};
use super::choice::ChosenColumns;
use super::counts::ColumnCounts;
use super::date::DateTransform;
use super::error::at;
use super::large_integer::{distance, large_integers, merged, origin};
use super::limit_values::limit_note;
use super::number::{NumberFit, NumberTransform};
use super::row_index::is_row_index;
use super::spelling::{as_numbers, booleans, case_variants, spellings};
use super::words::{Words, finite, mean_truths, numbers, truth};
use crate::error::{Result, problem};
use crate::table::{Categories, Column, ColumnKind, Table, Values, is_code, is_number_marker};
use pellucid::Scalar;
use pellucid::recipe::{Scale, Unseen};
use serde::{Deserialize, Serialize};

/// Makes the features of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Transform {
    /// Of numbers: one feature, or one for each bin, and one for missing values.
    Number(NumberTransform),
    /// Of words: one feature a name.
    Category(CategoryTransform),
    /// Of whole numbers that doubles do not hold: as a number, the distance from one of them.
    LargeInteger {
        /// The number from which the distance is counted: the smallest of the training rows.
        origin: i64,
        /// The transform of the distance.
        number: NumberTransform,
    },
    /// Of two words: as a number, 0 and 1, which robust scaling makes −1 and 1.
    Boolean {
        /// The words for 0 and 1.
        names: [String; 2],
        /// The transform of the number.
        number: NumberTransform,
    },
    /// Of dates, as seconds since 1970: several features, and one for missing values.
    Date(DateTransform),
}

/// The treatment of unusual values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handling {
    /// Of words that training rows do not have.
    pub(super) unseen: Unseen,
    /// Whether a number that is too large once scaled becomes an infinity.
    pub(super) keeps_too_large: bool,
}

impl Transform {
    /// The kind of the column.
    pub fn kind(&self) -> ColumnKind {
        match self {
            Transform::Number(_) | Transform::Date(_) => ColumnKind::Number,
            // Text holds every digit.
            Transform::Category(_) | Transform::LargeInteger { .. } => ColumnKind::Category,
            Transform::Boolean { .. } => ColumnKind::Boolean,
        }
    }

    pub(super) fn feature_names(&self, column: &str) -> Vec<String> {
        match self {
            Transform::Category(category) => category.feature_names(column),
            Transform::Date(date) => date.feature_names(column),
            Transform::Number(number) | Transform::LargeInteger { number, .. } => {
                number.feature_names(column)
            }
            Transform::Boolean { names, number } => {
                let mut of_number = number.feature_names(column);
                if !mean_truths(names) {
                    // Which of two words is 1 does not show in the name of the column.
                    of_number[0] = format!("{column}={}", names[1]);
                }
                of_number
            }
        }
    }

    /// How many features it makes.
    pub fn width(&self) -> usize {
        match self {
            Transform::Category(category) => category.width(),
            Transform::Date(date) => date.width(),
            Transform::Number(number)
            | Transform::LargeInteger { number, .. }
            | Transform::Boolean { number, .. } => number.width(),
        }
    }

    /// The edges of the bins of a number, if it has any.
    pub fn edges(&self) -> Option<&[f64]> {
        match self {
            Transform::Number(number) | Transform::LargeInteger { number, .. } => {
                (!number.edges.is_empty()).then_some(number.edges.as_slice())
            }
            Transform::Category(_) | Transform::Boolean { .. } | Transform::Date(_) => None,
        }
    }

    /// Whether its parts make sense together, as those of a file of one's own making may not.
    pub(super) fn is_consistent(&self) -> bool {
        match self {
            Transform::Category(_) => true,
            Transform::Date(date) => date.is_consistent(),
            Transform::Number(number) | Transform::LargeInteger { number, .. } => number.is_consistent(),
            // Which is one feature.
            Transform::Boolean { number, .. } => number.edges.is_empty(),
        }
    }

    /// Writes the features of all rows, which are zeros before, and counts. A number that is too large once scaled is an error,
    /// or becomes an infinity where `handling` keeps the row.
    pub(super) fn write<'a, T: Scalar>(
        &self,
        (table, column): (&Table, &Column),
        rows: &[u32],
        features: impl Iterator<Item = &'a mut [T]>,
        handling: Handling,
        met: &mut ColumnCounts,
    ) -> Result<()> {
        let unseen = handling.unseen;
        let unknown = |at_row: usize, words: &Words<'_>| {
            let found = match words.names.get(words.codes[at_row] as usize) {
                Some(word) => format!("`{word}` is not in any training row"),
                None => "the value is missing, and no training row lacks it".into(),
            };
            let message = format!("{found}; correct it, or let unseen words count as zeros");
            problem(at(table, &column.name, Some(rows[at_row])), message)
        };
        let too_large = |value: f64, row: u32| {
            let message = format!("{value} is too large to compute with, once scaled");
            problem(at(table, &column.name, Some(row)), message)
        };
        let (number, values) = match self {
            Transform::Category(category) => {
                let words = Words::in_rows(column, rows);
                return category
                    .write(&words, features, unseen, met)
                    .map_err(|at_row| unknown(at_row, &words));
            }
            Transform::Number(number) => match &column.values {
                // Without an array of a row's one number for each of hundreds of columns.
                Values::Numbers(values) => {
                    for (&row, features) in rows.iter().zip(features) {
                        let value = finite(table, column, values[row as usize], row)?;
                        let written = number.write(value, features, met);
                        if written.is_none() && !handling.keeps_too_large {
                            return Err(too_large(value, row));
                        }
                    }
                    return Ok(());
                }
                _ => (number, numbers(table, column, rows)?),
            },
            Transform::LargeInteger { origin, number } => {
                let words = Words::in_rows(column, rows);
                let distances: Vec<Option<f64>> =
                    words.names.iter().map(|word| distance(word, *origin)).collect();
                let value = |(&code, &row): (&u32, &u32)| match code {
                    Categories::MISSING => Ok(f64::NAN),
                    code => distances[code as usize].ok_or_else(|| {
                        let word = &words.names[code as usize];
                        let message =
                            format!("found the word `{word}`, but a number is needed here; write a number");
                        problem(at(table, &column.name, Some(row)), message)
                    }),
                };
                (
                    number,
                    words.codes.iter().zip(rows).map(value).collect::<Result<_>>()?,
                )
            }
            Transform::Date(date) => {
                let seconds = numbers(table, column, rows)?;
                for ((&seconds, &row), features) in seconds.iter().zip(rows).zip(features) {
                    let written = date.write(seconds, features, met);
                    if written.is_none() && !handling.keeps_too_large {
                        return Err(too_large(seconds, row));
                    }
                }
                return Ok(());
            }
            Transform::Boolean { names, number } => {
                let words = Words::in_rows(column, rows);
                let truth: Vec<Option<usize>> = words.names.iter().map(|word| truth(names, word)).collect();
                let mut values = Vec::with_capacity(rows.len());
                for (at_row, &code) in words.codes.iter().enumerate() {
                    let known = truth.get(code as usize).copied().flatten();
                    if known.is_none() && code != Categories::MISSING {
                        if unseen == Unseen::Error {
                            return Err(unknown(at_row, &words));
                        }
                        met.add_unseen(&words.names[code as usize]);
                    }
                    values.push(known.map_or(f64::NAN, |truth| truth as f64));
                }
                (number, values)
            }
        };
        for ((&value, &row), features) in values.iter().zip(rows).zip(features) {
            let written = number.write(value, features, met);
            if written.is_none() && !handling.keeps_too_large {
                return Err(too_large(value, row));
            }
        }
        met.missing -= met.unseen; // which are written as if missing
        Ok(())
    }
}

/// Fits a column's transform, unless the column is left out; also what the user should know of it.
pub(super) fn fit_column(
    table: &Table,
    position: usize,
    rows: &[u32],
    chosen: &ChosenColumns,
    is_named: bool,
    fit: &NumberFit,
) -> Result<(Option<Transform>, Option<String>)> {
    let column = &table.columns[position];
    /// More words than this, none of them twice, are identifiers and not categories.
    const FEW_ROWS: usize = 20;
    let name = &column.name;
    let left_out = |why: &str| Ok((None, Some(format!("column `{name}` is left out: {why}"))));
    let constant = "it never changes";
    let too_large = || {
        let message = "the numbers are too large to compute with; divide them by a power of ten, or read a number that \
                       stands for a missing value as one, with --na";
        problem(at(table, name, None), message)
    };
    let number = |values: &[f64]| NumberTransform::fit(values, fit).ok_or_else(too_large);
    let of_words = |values: &[f64]| NumberTransform::of_words(values, fit).ok_or_else(too_large);
    let missing = rows.iter().filter(|&&row| column.values.is_missing(row as usize));
    let missing = missing.count();
    if missing == rows.len() {
        return left_out("it holds no values");
    }
    if let Values::Numbers(_) = column.values {
        let values = numbers(table, column, rows)?;
        if values.iter().all(|&value| value == values[0]) {
            return left_out(constant);
        }
        if chosen.reading.is_date(name) {
            let date = DateTransform::fit(&values, &chosen.date_features, fit);
            return match date {
                Some(date) => Ok((Some(Transform::Date(date)), None)),
                None => left_out(constant),
            };
        }
        if !is_named && is_row_index(table, position, rows) {
            return left_out("it is a row index; name it with --numeric or --only to keep it");
        }
        let mut numbered = rows.iter().zip(&values);
        let counts_rows = rows.len() > FEW_ROWS
            && numbered.all(|(&row, value)| value - f64::from(row) == values[0] - f64::from(rows[0]));
        let note = counts_rows.then(|| {
            format!("column `{name}` counts the rows; it is used as a feature: drop it if it should not be")
        });
        let fitted = number(&values)?;
        return Ok((
            Some(Transform::Number(fitted)),
            note.or(limit_note(name, &values)),
        ));
    }
    let words = Words::in_rows(column, rows);
    if let (Values::Booleans(_), [falsehood, truth]) = (&column.values, &*words.names)
        && words.counts().iter().all(|&rows| rows > 0)
    {
        let names = [falsehood.clone(), truth.clone()];
        let values = words.codes.iter().map(|&code| match code {
            Categories::MISSING => f64::NAN,
            code => f64::from(code),
        });
        let number = of_words(&values.collect::<Vec<_>>())?;
        return Ok((Some(Transform::Boolean { names, number }), None));
    }
    if let Some(integers) = large_integers(&words) {
        return fit_large_integers(table, column, &words, &integers, number);
    }
    let variants = case_variants(&words);
    if !variants.is_empty()
        && let Some(names) = booleans(&words)
    {
        let number = of_words(&as_numbers(&words))?;
        let note = format!(
            "column `{name}`: words that differ in case only are the same: {}",
            spellings(&variants)
        );
        return Ok((Some(Transform::Boolean { names, number }), Some(note)));
    }
    let (category, names, other_rows) = CategoryTransform::fit(&words);
    if names == 1 && missing == 0 {
        return left_out(constant);
    }
    let differ_in_case = || {
        let groups = spellings(&variants);
        format!("column `{name}`: words that differ in case only count as different words: {groups}")
    };
    if let [falsehood, truth] = &category.names[..]
        && fit.scale == Scale::Robust
    {
        // RealMLP has one number for two words, −1 and 1 (Holzmüller, Grinsztajn & Steinwart 2024, section 3).
        let names = [falsehood.clone(), truth.clone()];
        let value = |word: &String| {
            names
                .iter()
                .position(|name| name == word)
                .map_or(f64::NAN, |at| at as f64)
        };
        let of_names: Vec<f64> = words.names.iter().map(value).collect();
        let value = |&code: &u32| of_names.get(code as usize).copied().unwrap_or(f64::NAN);
        let number = of_words(&words.codes.iter().map(value).collect::<Vec<_>>())?;
        let differ_in_case = (!variants.is_empty()).then(differ_in_case);
        return Ok((Some(Transform::Boolean { names, number }), differ_in_case));
    }
    let mostly_numbers = mostly_numbers(name, &words);
    if mostly_numbers.is_none() && names + missing == rows.len() && names > FEW_ROWS && !is_named {
        return left_out(
            "each row has a different word, as identifiers do; name it with --categorical or --only to keep it",
        );
    }
    let many_names = || {
        format!(
            "column `{name}` has {names} different words; the {MOST_NAMES} most frequent have a feature each, the others \
             share one; their rows: {other_rows}"
        )
    };
    let codes = codes(name, &words);
    let spelling = codes.or_else(|| (!variants.is_empty()).then(differ_in_case));
    let notes = [mostly_numbers, category.other.then(many_names), spelling];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok((Some(Transform::Category(category)), note))
}

/// Fits the transform of whole numbers that doubles do not hold.
fn fit_large_integers(
    table: &Table,
    column: &Column,
    words: &Words<'_>,
    integers: &[Option<i128>],
    number: impl Fn(&[f64]) -> Result<NumberTransform>,
) -> Result<(Option<Transform>, Option<String>)> {
    let name = &column.name;
    let origin = origin(integers);
    if let Some(one) = merged(integers, origin) {
        let message = format!(
            "the whole numbers are too large to be told apart in double precision: {one} is the same as another; drop the \
             column, or divide its numbers"
        );
        return Err(problem(at(table, name, None), message));
    }
    let value = |&code: &u32| match integers.get(code as usize).copied().flatten() {
        Some(integer) => integer.saturating_sub(origin.into()) as f64,
        None => f64::NAN,
    };
    let values: Vec<f64> = words.codes.iter().map(value).collect();
    if values.iter().all(|&value| value == values[0]) {
        let note = format!("column `{name}` is left out: it never changes");
        return Ok((None, Some(note)));
    }
    let note = format!(
        "column `{name}` has whole numbers above 2^53, which double precision rounds; the feature is the exact distance \
         from {origin}"
    );
    let number = number(&values)?;
    Ok((Some(Transform::LargeInteger { origin, number }), Some(note)))
}

/// A note about whole numbers that begin with zeros.
fn codes(column: &str, words: &Words<'_>) -> Option<String> {
    let is_number = |name: &&String| name.bytes().all(|byte| byte.is_ascii_digit()) || is_number_marker(name);
    let counted = words.names.iter().zip(words.counts());
    let seen: Vec<&String> = counted
        .filter(|(_, rows)| *rows > 0)
        .map(|(name, _)| name)
        .collect();
    let code = seen.iter().find(|name| is_code(name))?;
    seen.iter().all(is_number).then(|| {
        format!("column `{column}` is a category, because numbers in it begin with a zero, such as `{code}`, as codes do; --numeric \
                 reads it as numbers")
    })
}

/// A note about a few words among numbers, which are more often mistakes than categories.
fn mostly_numbers(column: &str, words: &Words<'_>) -> Option<String> {
    let is_number = |name: &str| name.trim().parse::<f64>().is_ok_and(f64::is_finite);
    let counts = words.counts();
    let counted = words.names.iter().zip(&counts).filter(|(_, rows)| **rows > 0);
    let others: Vec<_> = counted.filter(|(name, _)| !is_number(name)).collect();
    let (word, _) = others.first()?;
    let rows = others.iter().map(|(_, rows)| *rows).sum::<usize>();
    (rows * 10 <= counts.iter().sum()).then(|| {
        format!(
            "column `{column}` is read as words, because of `{word}`; rows without a number: {rows}; correct them, or \
             empty them where the value is not known"
        )
    })
}
