//! A column whose kind is found out while it is read.

use std::collections::HashMap;
use std::path::Path;

use super::cell::{boolean, is_missing, meant_as_number, number};
use super::{Categories, Values};
use crate::error::{DataError, Place, Result};

/// Words as they come, each distinct one held once.
#[derive(Debug, Default)]
pub(super) struct Words {
    codes: HashMap<Box<str>, u32>,
    rows: Vec<u32>,
}

impl Words {
    /// Appends a row; returns whether the word is new.
    pub(super) fn push(&mut self, word: &str) -> bool {
        let (code, new) = self.code(word);
        self.rows.push(code);
        new
    }

    pub(super) fn push_missing(&mut self) {
        self.rows.push(Categories::MISSING);
    }

    fn code(&mut self, word: &str) -> (u32, bool) {
        if let Some(&code) = self.codes.get(word) {
            return (code, false);
        }
        let code = self.codes.len() as u32;
        self.codes.insert(word.into(), code);
        (code, true)
    }

    /// The words sorted.
    pub(super) fn finish(mut self) -> Categories {
        let mut names: Vec<(Box<str>, u32)> = self.codes.drain().collect();
        names.sort_unstable();
        let mut sorted = vec![0; names.len()];
        for (rank, &(_, code)) in names.iter().enumerate() {
            sorted[code as usize] = rank as u32;
        }
        self.rows.shrink_to_fit();
        recode(&mut self.rows, &sorted);
        Categories {
            names: names.into_iter().map(|(name, _)| name.into()).collect(),
            codes: self.rows,
        }
    }
}

fn recode(rows: &mut [u32], new_codes: &[u32]) {
    for code in rows.iter_mut().filter(|code| **code != Categories::MISSING) {
        *code = new_codes[*code as usize];
    }
}

/// The number's shortest text is the one that was read.
const SHORTEST: u8 = 254;
/// The text that was read is kept.
const VERBATIM: u8 = 255;

/// A number's text in one byte: the decimals it is written with, or one of the above.
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
        // So few digits survive the way through binary.
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
    /// So far numbers. Their texts can be had again, should a word follow.
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

    /// Puts a row of a word in front of the others.
    pub(super) fn push_front(&mut self, word: &str) {
        let words = self.words();
        let (code, new) = words.code(word);
        words.rows.insert(0, code);
        if new {
            self.note(word, || 1);
        }
    }

    /// Takes note of what a new word looks like.
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

    /// The column as words, made so if need be.
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

    /// The values, once the kind is known.
    pub(super) fn finish(self, path: &Path, name: &str) -> Result<Values> {
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
            return Err(DataError::UnusableCell {
                path: path.to_path_buf(),
                place: Place::Line(odd.line),
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column(cells: &[&str]) -> Result<Values> {
        let mut column = InferredColumn::new();
        for (row, cell) in cells.iter().enumerate() {
            column.push(cell, || row as u64 + 1);
        }
        column.finish(Path::new("t.csv"), "x")
    }

    fn words_of(values: Values) -> Vec<String> {
        let (Values::Categories(words) | Values::Booleans(words)) = values else {
            panic!("numbers")
        };
        (0..words.codes.len())
            .map(|row| words.get(row).unwrap_or("").to_owned())
            .collect()
    }

    #[test]
    fn kinds() {
        assert_eq!(
            column(&["1", "2.5", "-3e2"]).unwrap(),
            Values::Numbers(vec![1.0, 2.5, -300.0])
        );
        assert_eq!(column(&["0", "1"]).unwrap(), Values::Numbers(vec![0.0, 1.0]));
        let Values::Booleans(answers) = column(&["yes", "NO", "?", "Yes"]).unwrap() else {
            panic!()
        };
        assert_eq!(answers.names, ["NO", "Yes"]);
        assert_eq!(answers.codes, [1, 0, Categories::MISSING, 1]);
        assert!(matches!(column(&["yes", "true"]).unwrap(), Values::Categories(_)));
        assert!(matches!(column(&["f", "m"]).unwrap(), Values::Categories(_)));
        assert!(
            matches!(column(&["", "NA"]).unwrap(), Values::Numbers(all) if all.iter().all(|x| x.is_nan()))
        );
    }

    #[test]
    fn odd_numbers_are_errors_and_words_make_categories() {
        for (odd, advice) in [("1,234", "separators"), ("inf", "finite"), ("1e999", "too large")] {
            let message = column(&["1", "2", odd]).unwrap_err().to_string();
            assert!(message.contains("t.csv: line 3, column \"x\""), "{message}");
            assert!(message.contains(odd) && message.contains(advice), "{message}");
        }
        assert_eq!(
            words_of(column(&["1", "1,234", "many"]).unwrap()),
            ["1", "1,234", "many"]
        );
    }

    proptest! {
        #[test]
        fn a_word_at_the_end_leaves_the_texts_of_numbers_as_they_were(
            cells in proptest::collection::vec("-?[0-9]{1,9}(\\.[0-9]{0,12})?(e-?[0-9])?|[+]?\\.[0-9]{1,3}", 1..20),
        ) {
            let mut texts: Vec<&str> = cells.iter().map(String::as_str).collect();
            texts.push("word");
            prop_assert_eq!(words_of(column(&texts).unwrap()), texts);
        }

        #[test]
        fn so_do_the_texts_of_any_doubles(values in proptest::collection::vec(any::<f64>(), 1..20)) {
            let mut texts: Vec<String> = values.iter().filter(|x| x.is_finite()).map(|x| format!("{x:?}")).collect();
            texts.push("word".into());
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(words_of(column(&texts).unwrap()), texts);
        }
    }
}
