//! A column whose rows come from several files.

use super::super::cell::whole_number;
use super::super::columns::{Categories, Column, ColumnKind, Values};
use super::super::infer::as_booleans;
use super::super::markers::is_number_marker;
use super::super::number_format::{NumberFormat, Separators};
use super::super::words::Words;

enum Rows {
    Numbers(Vec<f64>),
    Words(Words),
}

/// A column that grows by the rows of one file after the other.
pub(super) struct JoinedColumn {
    name: String,
    rows: Rows,
    /// The kind of the first rows that are not all missing, and the number of the file that has them.
    kind: Option<(ColumnKind, usize)>,
    is_boolean: bool,
}

/// The kinds of two files that do not go together.
pub(super) struct OtherKind {
    pub(super) found: ColumnKind,
    pub(super) expected: ColumnKind,
    /// The number of the file that has the expected kind.
    pub(super) file: usize,
}

impl JoinedColumn {
    pub(super) fn new(name: &str) -> JoinedColumn {
        JoinedColumn {
            name: name.to_owned(),
            rows: Rows::Numbers(Vec::new()),
            kind: None,
            is_boolean: true,
        }
    }

    /// Appends the rows of a file, of which this is the number. Rows that are all missing go with every kind. Numbers go with
    /// words that are numbers too, such as codes or `1,5`, and become words: in one file they would have been.
    pub(super) fn append(
        &mut self,
        values: Values,
        file: usize,
        separators: Separators,
    ) -> Result<(), OtherKind> {
        let found = values.kind();
        let is_blank = (0..values.len()).all(|row| values.is_missing(row));
        if is_blank {
            let count = values.len();
            match &mut self.rows {
                Rows::Numbers(numbers) => numbers.resize(numbers.len() + count, f64::NAN),
                Rows::Words(words) => (0..count).for_each(|_| words.push_missing()),
            }
            return Ok(());
        }
        let (expected, of_file) = *self.kind.get_or_insert((found, file));
        self.is_boolean &= found == ColumnKind::Boolean;
        let refused = Err(OtherKind {
            found,
            expected,
            file: of_file,
        });
        match values {
            Values::Numbers(new) => match &mut self.rows {
                Rows::Numbers(numbers) => numbers.extend(new),
                Rows::Words(words) => {
                    if !are_numbers(words.codes.keys().map(|word| &**word), separators) {
                        return refused;
                    }
                    add(words, &Words::from_numbers(&new).finish());
                }
            },
            Values::Categories(new) | Values::Booleans(new) => {
                let is_number = expected == ColumnKind::Number;
                if is_number && !are_numbers(new.names.iter().map(String::as_str), separators) {
                    return refused;
                }
                if let Rows::Numbers(numbers) = &self.rows {
                    self.rows = Rows::Words(Words::from_numbers(numbers));
                }
                if let Rows::Words(words) = &mut self.rows {
                    add(words, &new);
                }
            }
        }
        Ok(())
    }

    /// The memory of its rows, without that of the words themselves.
    pub(super) fn bytes(&self) -> usize {
        match &self.rows {
            Rows::Numbers(numbers) => size_of_val(&numbers[..]),
            Rows::Words(words) => size_of_val(&words.rows[..]),
        }
    }

    /// All rows.
    pub(super) fn finish(self) -> Column {
        let values = match self.rows {
            Rows::Numbers(mut numbers) => {
                numbers.shrink_to_fit();
                Values::Numbers(numbers)
            }
            Rows::Words(words) if self.is_boolean => as_booleans(words.finish()),
            Rows::Words(words) => Values::Categories(words.finish()),
        };
        Column::new(self.name, values)
    }
}

/// Whether all words are numbers, in whatever way they are written.
fn are_numbers<'a>(words: impl Iterator<Item = &'a str> + Clone, separators: Separators) -> bool {
    let words = words.filter(|word| !is_number_marker(word));
    words.clone().all(|word| whole_number(word).is_some())
        || NumberFormat::of(words, separators, None).is_ok()
}

fn add(words: &mut Words, new: &Categories) {
    let codes: Vec<u32> = new.names.iter().map(|name| words.code(name).0).collect();
    let known = |&code: &u32| codes.get(code as usize).copied();
    let rows = new.codes.iter();
    words
        .rows
        .extend(rows.map(|code| known(code).unwrap_or(Categories::MISSING)));
}
