//! A column whose kind is determined while it is read.

use super::cell::{boolean, is_code, is_inexact, meant_as_number, number, whole_number};
use super::columns::{Categories, Values};
use super::date_order::{DateOrder, NoDateOrder};
use super::error::unusable_cell;
use super::markers::{is_missing, is_na_word, is_number_marker};
use super::number_format::{NumberFormat, Separators, proven_decimal};
use super::words::{Words, recode};
use crate::files::FileError;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// The form of a number whose shortest text is the one that was read.
const SHORTEST: u8 = 254;
/// The form of a number whose text is kept.
const VERBATIM: u8 = 255;

/// The form of a number's text in one byte: its count of decimals, or one of the above.
fn form_of(text: &str, value: f64) -> u8 {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once('.') {
        Some((_, "")) => return VERBATIM,
        Some((whole, decimals)) => (whole, decimals),
        None => (unsigned, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let plain =
        !whole.is_empty() && (whole == "0" || !whole.starts_with('0')) && digits(whole) && digits(decimals);
    if !plain {
        VERBATIM
    } else if whole.len() + decimals.len() <= 15 {
        // So few digits survive the conversion to binary and back.
        decimals.len() as u8
    } else if value.to_string() == text {
        SHORTEST
    } else {
        VERBATIM
    }
}

/// The text of a number of this form, which is not kept.
fn text_of(value: f64, form: u8) -> String {
    match form {
        SHORTEST => value.to_string(),
        decimals => format!("{value:.*}", usize::from(decimals)),
    }
}

/// A cell that was meant as a number.
#[derive(Debug)]
struct Odd {
    line: u64,
    cell: Box<str>,
    advice: &'static str,
}

/// Texts of one line, in one piece of memory.
#[derive(Debug, Default)]
struct Lines(String);

impl Lines {
    fn push(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator('\n')
    }
}

/// A column of texts that becomes numbers, booleans or categories.
#[derive(Debug, Default)]
pub(super) struct InferredColumn {
    /// The rows so long as they are numbers, and what restores their texts if a word follows.
    numbers: Vec<f64>,
    forms: Vec<u8>,
    verbatim: Lines,
    /// All rows, from the first word on.
    words: Option<Words>,
    has_numbers: bool,
    /// Whether some are whole numbers that begin with a zero, as codes do.
    has_codes: bool,
    /// Whether some are whole numbers that a double does not hold.
    has_inexact: bool,
    /// Whether some are written otherwise than as whole numbers.
    has_fractions: bool,
    has_words: bool,
    odd: Option<Odd>,
    /// Whether `NA` and the like are words if the column is words.
    keeps_na_words: bool,
}

impl InferredColumn {
    pub(super) fn new(keeps_na_words: bool) -> Self {
        Self {
            keeps_na_words,
            ..Self::default()
        }
    }

    /// Appends a row: a trimmed cell on `line` of the file.
    pub(super) fn push(&mut self, cell: &str, line: impl FnOnce() -> u64) {
        if self.words.is_none() {
            if let Some(value) = number(cell) {
                let form = form_of(cell, value);
                if form == VERBATIM {
                    self.has_codes |= is_code(cell);
                    self.has_inexact |= is_inexact(cell);
                    self.has_fractions |= whole_number(cell).is_none();
                    self.verbatim.push(cell);
                }
                self.has_fractions |=
                    (1..SHORTEST).contains(&form) || (form == SHORTEST && value.fract() != 0.0);
                self.numbers.push(value);
                self.forms.push(form);
                self.has_numbers = true;
                return;
            }
            if is_missing(cell) && !(self.keeps_na_words && is_na_word(cell)) {
                self.numbers.push(f64::NAN);
                self.forms.push(SHORTEST);
                return;
            }
        }
        let is_missing = is_missing(cell) && !(self.keeps_na_words && is_na_word(cell));
        let words = self.words();
        if is_missing {
            words.push_missing();
        } else if words.push(cell) {
            self.note(cell, line);
        }
    }

    /// Inserts a row with a word before the others.
    pub(super) fn push_front(&mut self, word: &str) {
        let words = self.words();
        let (code, new) = words.code(word);
        words.rows.insert(0, code);
        if new {
            self.note(word, || 1);
        }
    }

    /// Records what a new word looks like.
    fn note(&mut self, word: &str, line: impl FnOnce() -> u64) {
        if number(word).is_some() {
            self.has_numbers = true;
        } else if let Some(advice) = meant_as_number(word) {
            self.odd.get_or_insert_with(|| Odd {
                line: line(),
                cell: word.into(),
                advice,
            });
        } else {
            self.has_words = true;
        }
    }

    /// The column as words, converted if necessary.
    fn words(&mut self) -> &mut Words {
        self.words.get_or_insert_with(|| {
            let mut words = Words::default();
            let verbatim = std::mem::take(&mut self.verbatim);
            let mut verbatim = verbatim.iter();
            let numbers = std::mem::take(&mut self.numbers).into_iter();
            for (value, form) in numbers.zip(std::mem::take(&mut self.forms)) {
                match form {
                    _ if value.is_nan() => words.push_missing(),
                    VERBATIM => _ = words.push(verbatim.next().unwrap_or_default()),
                    form => _ = words.push(&text_of(value, form)),
                }
            }
            words
        })
    }

    /// Whether there are numbers or dates and nothing else, however they are written.
    pub(super) fn is_numeric(&self) -> bool {
        let Some(words) = &self.words else {
            return self.has_numbers;
        };
        let cells = words.codes.keys().map(|word| &**word);
        let cells = cells.filter(|cell| !is_number_marker(cell));
        NumberFormat::of(cells.clone(), Separators::default(), None).is_ok()
            || !matches!(DateOrder::of(cells), Err(NoDateOrder::Word(_)))
    }

    /// The decimal separator that the cells prove, if all are numbers and one is written so that it is no plain number.
    pub(super) fn proven_decimal(&self) -> Option<char> {
        let words = self.words.as_ref()?;
        proven_decimal(words.codes.keys().map(|word| &**word))
    }

    /// How the numbers are spelled, if few are different, and one is not spelled in the shortest way.
    pub(super) fn spellings(&self) -> Option<Vec<(f64, String)>> {
        const MOST: usize = 20;
        let is_whole = |form: &u8| *form == 0 || *form == SHORTEST;
        if self.forms.iter().all(is_whole) {
            return None;
        }
        let mut verbatim = self.verbatim.iter();
        // The text of a form that is not kept follows from the number.
        let mut counts: BTreeMap<(u64, u8, &str), usize> = BTreeMap::new();
        let mut different = HashSet::new();
        for (number, &form) in self.numbers.iter().zip(&self.forms) {
            let text = match form {
                VERBATIM => verbatim.next().unwrap_or_default(),
                _ => "",
            };
            if number.is_nan() {
                continue;
            }
            let bits = (number + 0.0).to_bits();
            different.insert(bits);
            if different.len() > MOST {
                return None;
            }
            *counts.entry((bits, form, text)).or_default() += 1;
        }
        let most = |bits: u64| {
            let spelled = counts.iter().filter(|((other, ..), _)| *other == bits);
            let ((_, form, text), _) = spelled.max_by_key(|(_, rows)| **rows)?;
            let number = f64::from_bits(bits);
            let text = match *form {
                VERBATIM => (*text).to_owned(),
                form => text_of(number, form),
            };
            Some((number, text))
        };
        let most = different.into_iter().map(most).collect::<Option<Vec<_>>>()?;
        let is_shortest = |(number, text): &(f64, String)| number.to_string() == *text;
        (!most.iter().all(is_shortest)).then_some(most)
    }

    /// Keeps numbers with a point as they are written, where the point may separate thousands: always, or with
    /// `if_unclear` only where each has three decimals.
    pub(super) fn keep_points(&mut self, if_unclear: bool) {
        let mut pointed = self
            .forms
            .iter()
            .zip(&self.numbers)
            .filter(|(form, number)| **form != 0 && !number.is_nan());
        let has_points = pointed.clone().next().is_some();
        if self.words.is_none() && has_points && (!if_unclear || pointed.all(|(form, _)| *form == 3)) {
            self.words();
        }
    }

    /// Whether a word is among the rows.
    pub(super) fn contains(&self, word: &str) -> bool {
        let words = self.words.as_ref();
        words.is_some_and(|words| words.codes.contains_key(word))
    }

    /// Whether a word is there more than once.
    pub(super) fn has_repeats(&self) -> bool {
        self.words.as_ref().is_some_and(|words| {
            let known = words.rows.iter().filter(|&&code| code != Categories::MISSING);
            words.codes.len() < known.count()
        })
    }

    /// The values of all rows.
    pub(super) fn finish(mut self, path: &Path, name: &str) -> Result<Values, FileError> {
        if (self.has_codes || self.has_inexact) && !self.has_fractions {
            self.words();
        }
        let Some(words) = self.words else {
            self.numbers.shrink_to_fit();
            return Ok(Values::Numbers(self.numbers));
        };
        if let Some(odd) = self.odd
            && !self.has_words
            && self.has_numbers
            && !odd.cell.contains(',')
        {
            let place = format!("line {}", odd.line);
            let expected = "a number, as the others of its column are";
            return Err(unusable_cell(path, place, name, &odd.cell, expected, odd.advice));
        }
        Ok(as_booleans(words.finish()))
    }
}

/// Booleans where all words are of one pair that means false and true, each spelled in one way, else categories.
pub(super) fn as_booleans(words: Categories) -> Values {
    let meanings: Option<Vec<_>> = words.names.iter().map(|name| boolean(name)).collect();
    let of_one_pair = |meanings: &Vec<(usize, bool)>| {
        let first = meanings.first();
        first.is_some_and(|(first, _)| meanings.iter().all(|(pair, _)| pair == first))
    };
    let Some(meanings) = meanings.filter(of_one_pair) else {
        return Values::Categories(words);
    };
    // The one that means false first. Further spellings stay distinct, and are reported.
    let mut order: Vec<usize> = (0..meanings.len()).collect();
    order.sort_by_key(|&code| meanings[code].1);
    let twice = |pair: &[usize]| meanings[pair[0]].1 == meanings[pair[1]].1;
    if order.windows(2).any(twice) {
        return Values::Categories(words);
    }
    let mut new_codes = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        new_codes[old] = new as u32;
    }
    let Categories { names, mut codes } = words;
    recode(&mut codes, &new_codes);
    let names = order.into_iter().map(|code| names[code].clone()).collect();
    Values::Booleans(Categories { names, codes })
}

#[cfg(test)]
mod tests;
