//! Words of a column while it is read, and their codes.

use super::cell::{Cell, number_text};
use super::columns::Categories;
use std::collections::HashMap;

/// The words of a column that is being read, each distinct one held once.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(super) codes: HashMap<Box<str>, u32>,
    pub(super) rows: Vec<u32>,
}

impl Words {
    /// Numbers as words, NaN as missing.
    pub(super) fn from_numbers(numbers: &[f64]) -> Words {
        let mut words = Words::default();
        for number in numbers {
            match number.is_nan() {
                true => words.push_missing(),
                false => _ = words.push(&number_text(*number)),
            }
        }
        words
    }

    /// Appends a row; returns whether the word is new.
    pub(crate) fn push(&mut self, word: &str) -> bool {
        let (code, new) = self.code(word);
        self.rows.push(code);
        new
    }

    /// Appends a row: a cell as text.
    pub(super) fn push_cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Missing => self.push_missing(),
            Cell::Number(number) => _ = self.push(&number_text(number)),
            Cell::Integer(number) => _ = self.push(&number.to_string()),
            Cell::Boolean(value) => _ = self.push(if value { "true" } else { "false" }),
            Cell::Text(text) => _ = self.push(text),
        }
    }

    pub(crate) fn push_missing(&mut self) {
        self.rows.push(Categories::MISSING);
    }

    /// The code of a word, and whether the word is new.
    pub(super) fn code(&mut self, word: &str) -> (u32, bool) {
        if let Some(&code) = self.codes.get(word) {
            return (code, false);
        }
        let code = self.codes.len() as u32;
        self.codes.insert(word.into(), code);
        (code, true)
    }

    /// The words sorted.
    pub(crate) fn finish(mut self) -> Categories {
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

/// Replaces the codes of all rows that are not missing.
pub(super) fn recode(rows: &mut [u32], new_codes: &[u32]) {
    for code in rows.iter_mut().filter(|code| **code != Categories::MISSING) {
        *code = new_codes[*code as usize];
    }
}
