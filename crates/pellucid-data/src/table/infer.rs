//! A column whose kind is determined while it is read.

use super::cell::{boolean, is_missing, meant_as_number, number};
use super::columns::{Categories, Values};
use super::error::{CellPlace, TableError};
use super::words::{Words, recode};
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

/// A cell that was meant as a number.
#[derive(Debug)]
struct Odd {
    line: u64,
    cell: Box<str>,
    advice: &'static str,
}

#[derive(Debug)]
enum State {
    /// So far numbers. Their texts can be restored if a word follows.
    Numbers {
        values: Vec<f64>,
        forms: Vec<u8>,
        verbatim: Vec<Box<str>>,
    },
    Words(Words),
}

/// A column of texts that becomes numbers, booleans or categories.
#[derive(Debug)]
pub(super) struct InferredColumn {
    state: State,
    has_numbers: bool,
    has_words: bool,
    odd: Option<Odd>,
}

impl InferredColumn {
    pub(super) fn new() -> Self {
        InferredColumn {
            state: State::Numbers {
                values: Vec::new(),
                forms: Vec::new(),
                verbatim: Vec::new(),
            },
            has_numbers: false,
            has_words: false,
            odd: None,
        }
    }

    /// Appends a row: a trimmed cell on `line` of the file.
    pub(super) fn push(&mut self, cell: &str, line: impl FnOnce() -> u64) {
        if let State::Numbers {
            values,
            forms,
            verbatim,
        } = &mut self.state
        {
            if let Some(value) = number(cell) {
                let form = form_of(cell, value);
                if form == VERBATIM {
                    verbatim.push(cell.into());
                }
                values.push(value);
                forms.push(form);
                self.has_numbers = true;
                return;
            }
            if is_missing(cell) {
                values.push(f64::NAN);
                forms.push(SHORTEST);
                return;
            }
        }
        let words = self.words();
        if is_missing(cell) {
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
        if let State::Numbers {
            values,
            forms,
            verbatim,
        } = &mut self.state
        {
            let mut words = Words::default();
            let mut verbatim = std::mem::take(verbatim).into_iter();
            for (value, form) in values.iter().zip(forms) {
                match *form {
                    _ if value.is_nan() => words.push_missing(),
                    VERBATIM => _ = words.push(&verbatim.next().unwrap_or_default()),
                    SHORTEST => _ = words.push(&value.to_string()),
                    decimals => _ = words.push(&format!("{value:.*}", usize::from(decimals))),
                }
            }
            self.state = State::Words(words);
        }
        match &mut self.state {
            State::Words(words) => words,
            State::Numbers { .. } => unreachable!("made words above"),
        }
    }

    /// Whether there are numbers and nothing else.
    pub(super) fn is_numeric(&self) -> bool {
        matches!(self.state, State::Numbers { .. }) && self.has_numbers
    }

    /// Whether a word is among the rows.
    pub(super) fn contains(&self, word: &str) -> bool {
        matches!(&self.state, State::Words(words) if words.codes.contains_key(word))
    }

    /// Whether a word is there more than once.
    pub(super) fn has_repeats(&self) -> bool {
        matches!(&self.state, State::Words(words) if words.codes.len()
            < words.rows.iter().filter(|&&code| code != Categories::MISSING).count())
    }

    /// The values of all rows.
    pub(super) fn finish(self, path: &Path, name: &str) -> Result<Values, TableError> {
        let words = match self.state {
            State::Numbers { mut values, .. } => {
                values.shrink_to_fit();
                return Ok(Values::Numbers(values));
            }
            State::Words(words) => words,
        };
        if let Some(odd) = self.odd
            && !self.has_words
            && (self.has_numbers || odd.cell.contains(','))
        {
            return Err(TableError::Cell {
                path: path.to_path_buf(),
                place: CellPlace::Line(odd.line),
                column: name.into(),
                cell: odd.cell,
                expected: "a number, as the others of its column are",
                advice: odd.advice,
            });
        }
        Ok(as_booleans(words.finish()))
    }
}

/// Booleans where all words are of one pair that means false and true, else categories.
fn as_booleans(words: Categories) -> Values {
    let Some(meanings) = words
        .names
        .iter()
        .map(|name| boolean(name))
        .collect::<Option<Vec<_>>>()
    else {
        return Values::Categories(words);
    };
    if meanings.is_empty() || meanings.iter().any(|(pair, _)| *pair != meanings[0].0) {
        return Values::Categories(words);
    }
    let mut names = Vec::new();
    let mut new_codes = vec![0; meanings.len()];
    for meaning in [false, true] {
        let spellings = meanings
            .iter()
            .enumerate()
            .filter(|(_, (_, means))| *means == meaning);
        for (nth, (code, _)) in spellings.enumerate() {
            if nth == 0 {
                names.push(words.names[code].clone());
            }
            new_codes[code] = names.len() as u32 - 1;
        }
    }
    let mut codes = words.codes;
    recode(&mut codes, &new_codes);
    Values::Booleans(Categories { names, codes })
}

#[cfg(test)]
mod tests;
