//! A column read as the kind that it had in training, whatever kind the reader inferred now.

use super::error::at;
use crate::error::{Result, problem};
use crate::table::{
    self, Categories, Column, ColumnKind, FALSE_AND_TRUE, Table, Values, boolean, is_number_marker,
    number_text, word_counts,
};
use std::borrow::Cow;

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
                let mut words = table::Words::default();
                for &row in rows {
                    match numbers[row as usize] {
                        missing if missing.is_nan() => words.push_missing(),
                        number => _ = words.push(&number_as_word(number)),
                    }
                }
                let Categories { names, codes } = words.finish();
                Self {
                    names: Cow::Owned(names),
                    codes,
                }
            }
        }
    }

    /// The number of rows with each name.
    pub(super) fn counts(&self) -> Vec<usize> {
        word_counts(&self.codes, self.names.len())
    }
}

/// 3.0 is `3`, and −0.0 is `0` as well.
pub(super) fn number_as_word(number: f64) -> String {
    number_text(number + 0.0)
}

/// A word in the spelling of its kind, so that `1.0` is the class `1` where classes are numbers.
pub(super) fn in_spelling_of(kind: ColumnKind, word: &str) -> Cow<'_, str> {
    match word.trim().parse::<f64>() {
        Ok(number) if kind == ColumnKind::Number => Cow::Owned(number_as_word(number)),
        _ => Cow::Borrowed(word),
    }
}

/// Whether a word means false, 0, or true, 1.
fn meaning(word: &str) -> Option<usize> {
    match word {
        "0" => Some(0),
        "1" => Some(1),
        word => boolean(word).map(|(_, truth)| usize::from(truth)),
    }
}

/// Whether the first of two words means false, and the second true.
pub(super) fn mean_truths(names: &[String]) -> bool {
    names.iter().map(|name| meaning(name)).eq([Some(0), Some(1)])
}

/// The index of the one of two words that a word stands for: itself or, where they [mean truths](mean_truths), another of the
/// same meaning, as `true` if training rows had `yes`.
pub(super) fn truth(names: &[String], word: &str) -> Option<usize> {
    let meant = || meaning(word).filter(|_| mean_truths(names));
    names.iter().position(|name| name == word).or_else(meant)
}

/// The words that stand for each of two words: itself and, where the first means false and the second true, those of the
/// same meaning in every mixture of small letters and capitals.
///
/// ```
/// use pellucid_data::preparation::words_of_truths;
/// let [no, yes] = words_of_truths(&["no".into(), "yes".into()]);
/// assert!(no.contains(&"0".to_owned()) && yes.contains(&"True".to_owned()));
/// assert_eq!(words_of_truths(&["left".into(), "right".into()]), [["left"], ["right"]]);
/// ```
pub fn words_of_truths(names: &[String; 2]) -> [Vec<String>; 2] {
    let same_meaning = |truth: usize| {
        let spelled = FALSE_AND_TRUE
            .iter()
            .flat_map(move |pair| capitalisations(pair[truth]));
        spelled.chain([truth.to_string()])
    };
    [0, 1].map(|truth| {
        let others = mean_truths(names)
            .then(|| same_meaning(truth))
            .into_iter()
            .flatten();
        let others = others.filter(|word| !names.contains(word));
        std::iter::once(names[truth].clone()).chain(others).collect()
    })
}

/// A word of ASCII letters in every mixture of small letters and capitals.
fn capitalisations(word: &str) -> Vec<String> {
    word.chars().fold(vec![String::new()], |beginnings, letter| {
        let extended = |beginning: &String| {
            [letter.to_ascii_lowercase(), letter.to_ascii_uppercase()]
                .map(|letter| format!("{beginning}{letter}"))
        };
        beginnings.iter().flat_map(extended).collect()
    })
}

/// The kind to read a column as: booleans as words, so that a third word is read, and then treated as the settings say.
pub(super) fn read_as(kind: ColumnKind) -> ColumnKind {
    match kind {
        ColumnKind::Boolean => ColumnKind::Category,
        kind => kind,
    }
}

/// The numbers of some rows, NaN where one is missing. Words must be spelled as numbers.
pub(super) fn numbers(table: &Table, column: &Column, rows: &[u32]) -> Result<Vec<f64>> {
    let wrong = |row: u32, message| problem(at(table, &column.name, Some(row)), message);
    let read = |word: &String| match is_number_marker(word) {
        true => Some(f64::NAN),
        false => word.trim().parse().ok().filter(|number: &f64| !number.is_nan()),
    };
    let of_words: Vec<Option<f64>> = match &column.values {
        Values::Numbers(_) => Vec::new(),
        Values::Categories(words) | Values::Booleans(words) => words.names.iter().map(read).collect(),
    };
    let number = |&row: &u32| {
        let number = match &column.values {
            Values::Numbers(numbers) => numbers[row as usize],
            Values::Categories(words) | Values::Booleans(words) => match words.get(row as usize) {
                None => f64::NAN,
                Some(word) => of_words[words.codes[row as usize] as usize].ok_or_else(|| {
                    let found =
                        format!("found the word `{word}`, but a number is needed here; write a number");
                    wrong(row, found)
                })?,
            },
        };
        finite(table, column, number, row)
    };
    rows.iter().map(number).collect()
}

/// A number of a row; NaN where it is missing.
pub(super) fn finite(table: &Table, column: &Column, number: f64, row: u32) -> Result<f64> {
    match number.is_infinite() {
        true => {
            let message = format!("{number} cannot be used; every number must be finite");
            Err(problem(at(table, &column.name, Some(row)), message))
        }
        false => Ok(number),
    }
}
