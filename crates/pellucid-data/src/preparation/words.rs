//! A column read as the kind that it had in training, whatever kind the reader inferred now.

use super::error::{PreparationError, at, problem};
use crate::table::{Categories, Column, ColumnKind, Table, Values, boolean};
use std::borrow::Cow;
use std::collections::HashMap;

/// The words of some rows: `names[codes[i]]` in the i-th of them, or [`Categories::MISSING`].
pub(super) struct Words<'a> {
    pub(super) names: Cow<'a, [String]>,
    pub(super) codes: Vec<u32>,
}

impl<'a> Words<'a> {
    /// The words of these rows. Numbers become the words that they are written as: 3.0 is `3`.
    pub(super) fn in_rows(column: &'a Column, rows: &[u32]) -> Self {
        match &column.values {
            Values::Categories(words) | Values::Booleans(words) => {
                let known = |code: &u32| (*code as usize) < words.names.len();
                let code = |&row: &u32| Some(words.codes[row as usize]).filter(known);
                let codes = rows.iter().map(|row| code(row).unwrap_or(Categories::MISSING));
                Self {
                    names: Cow::Borrowed(&words.names),
                    codes: codes.collect(),
                }
            }
            Values::Numbers(numbers) => {
                let mut code_of: HashMap<String, u32> = HashMap::new();
                let mut names = Vec::new();
                let mut code = |number: f64| {
                    if number.is_nan() {
                        return Categories::MISSING;
                    }
                    *code_of.entry(number_as_word(number)).or_insert_with_key(|word| {
                        names.push(word.clone());
                        names.len() as u32 - 1
                    })
                };
                let codes = rows.iter().map(|&row| code(numbers[row as usize])).collect();
                Self {
                    names: Cow::Owned(names),
                    codes,
                }
            }
        }
    }

    /// The number of rows with each name.
    pub(super) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.names.len()];
        for &code in self.codes.iter().filter(|&&code| code != Categories::MISSING) {
            counts[code as usize] += 1;
        }
        counts
    }
}

/// 3.0 is `3`, and −0.0 is `0` as well.
fn number_as_word(number: f64) -> String {
    (number + 0.0).to_string()
}

/// A word in the spelling of its kind, so that `1.0` is the class `1` where classes are numbers.
pub(super) fn in_spelling_of(kind: ColumnKind, word: &str) -> Cow<'_, str> {
    match word.trim().parse::<f64>() {
        Ok(number) if kind == ColumnKind::Number => Cow::Owned(number_as_word(number)),
        _ => Cow::Borrowed(word),
    }
}

/// The index of the one of two words, the first of which means false, that a word stands for: itself, or another of the
/// same meaning, as `true` if training rows had `yes`.
pub(super) fn truth(names: &[String], word: &str) -> Option<usize> {
    let meant = || match word {
        "0" => Some(0),
        "1" => Some(1),
        word => boolean(word).map(|(_, truth)| usize::from(truth)),
    };
    names.iter().position(|name| name == word).or_else(meant)
}

/// The kind to read a column as: booleans as words, so that a third word is read, and then treated as the settings say.
pub(super) fn read_as(kind: ColumnKind) -> ColumnKind {
    match kind {
        ColumnKind::Boolean => ColumnKind::Category,
        kind => kind,
    }
}

/// The numbers of some rows, NaN where one is missing. Words must be spelled as numbers.
pub(super) fn numbers(table: &Table, column: &Column, rows: &[u32]) -> Result<Vec<f64>, PreparationError> {
    let read: Vec<Option<f64>> = match &column.values {
        Values::Numbers(_) => Vec::new(),
        Values::Categories(words) | Values::Booleans(words) => words
            .names
            .iter()
            .map(|word| word.trim().parse().ok().filter(|number: &f64| !number.is_nan()))
            .collect(),
    };
    let number = |&row: &u32| {
        let number = match &column.values {
            Values::Numbers(numbers) => numbers[row as usize],
            Values::Categories(words) | Values::Booleans(words) => match words.get(row as usize) {
                None => f64::NAN,
                Some(word) => read[words.codes[row as usize] as usize].ok_or_else(|| {
                    let message =
                        format!("found the word `{word}`, but a number is needed here; write a number");
                    problem(at(table, &column.name, Some(row)), message)
                })?,
            },
        };
        if number.is_infinite() {
            let message = format!("{number} cannot be used; every number must be finite");
            return Err(problem(at(table, &column.name, Some(row)), message));
        }
        Ok(number)
    };
    rows.iter().map(number).collect()
}
