//! The interface of a table format. Each format implements it in a file of its own in `formats`.

use super::cell::Cell;
use super::columns::{Column, ColumnKind, NumberSpellings, Table};
use super::encoding::TextEncoding;
use super::kept::KeptColumn;
use super::number_format::Separators;
use super::source::OpenSource;
use super::typed::TypedColumn;
use crate::files::{FileError, MaxExpansion};
use std::path::Path;
use std::str::FromStr;

/// What is known of a table of text before it is read; the rest is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// What separates cells.
    pub delimiter: Option<Delimiter>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// The separators of numbers.
    pub separators: Separators,
    /// Whether `NA`, `null` and the like are words in columns of words, and not missing values.
    pub keep_na_words: bool,
    /// The encoding.
    pub encoding: Option<TextEncoding>,
    /// Lines that begin with this byte are left out.
    pub comment: Option<u8>,
    /// The number of lines before the first row.
    pub skip_rows: Option<u64>,
    /// The treatment of rows with fewer cells than the first.
    pub ragged: Ragged,
    /// How much more than its size the file may unpack to. It holds for every format.
    pub max_expansion: MaxExpansion,
}

/// What separates the cells of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// A byte.
    Byte(u8),
    /// One or more blanks or tabs.
    Blanks,
}

impl FromStr for Delimiter {
    type Err = String;

    /// Reads one character, `tab`, or `blanks`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tab" | "\\t" | "\t" => Ok(Self::Byte(b'\t')),
            "blanks" => Ok(Self::Blanks),
            _ => character(text).map(Self::Byte).ok_or_else(|| {
                "expected one character that is no letter, digit or quote, such as ; or |, or `tab` or `blanks`".to_owned()
            }),
        }
    }
}

/// The character with which lines begin that are left out, from a text.
///
/// # Errors
/// In words: the text is not one character, or it is a letter, a digit or a quote.
pub fn comment_character(text: &str) -> Result<u8, String> {
    character(text)
        .ok_or_else(|| "expected one character that is no letter, digit or quote, such as #".to_owned())
}

fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"' => Some(*byte),
        _ => None,
    }
}

/// The treatment of rows with fewer cells than the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ragged {
    /// An error.
    #[default]
    Error,
    /// The cells that are not there are missing values.
    Pad,
}

/// The columns that a reader of chunks expects: name and kind.
pub(super) type Expected = [(String, ColumnKind)];

/// The names of all columns of an open table, and its rows.
pub(super) type NamedRows = (Vec<String>, Box<dyn RowReader>);

/// What a source holds.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) columns: Vec<Column>,
    /// What was assumed in reading it.
    pub(super) notes: Vec<String>,
    /// The names of columns that cannot be read.
    pub(super) left_out: Vec<String>,
    pub(super) spellings: Vec<NumberSpellings>,
}

impl From<Vec<Column>> for Contents {
    fn from(columns: Vec<Column>) -> Contents {
        Contents {
            columns,
            ..Contents::default()
        }
    }
}

impl Contents {
    /// The table of a source of this name.
    pub(super) fn into_table(self, name: impl Into<String>) -> Table {
        Table {
            source: name.into(),
            first_row: 0,
            columns: self.columns,
            notes: self.notes,
            left_out: self.left_out,
            spellings: self.spellings,
        }
    }
}

/// A format of files that hold one table.
pub(super) trait Format: Sync {
    /// Its name in messages and in `docs/tables.md`.
    fn name(&self) -> &'static str;

    /// Whether a file that begins with these bytes, at least one, is of this format.
    fn recognises(&self, prefix: &[u8]) -> bool;

    /// Reads all columns, of the kinds that the file says or shows.
    fn read(&self, source: OpenSource, options: &ReadOptions) -> Result<Contents, FileError>;

    /// Reads rows in pieces. A format that cannot reads all rows first.
    fn rows(&self, source: OpenSource, options: &ReadOptions, _: &Expected) -> Result<NamedRows, FileError> {
        let name = source.path.display().to_string();
        let table = self.read(source, options)?.into_table(name);
        Ok((table.names(), Box::new(WholeTable::new(table))))
    }
}

/// The rows of an open table, in pieces.
pub(super) trait RowReader {
    /// Appends up to `rows` rows to `columns`; returns the number appended, 0 at the end.
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize) -> Result<usize, FileError>;

    /// Whether there are rows of another file after [`append`](Self::append) returned 0.
    fn has_another_file(&self) -> bool {
        false
    }

    /// What was assumed in reading, as far as it is known.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A table that is being written.
pub(super) trait RowWriter {
    /// Appends rows: of kept columns, and of the table's beside them. The columns are always the same.
    fn write(&mut self, kept: &[KeptColumn], table: &Table) -> Result<(), FileError>;

    /// Completes the file and puts it in place.
    fn finish(self: Box<Self>) -> Result<(), FileError>;
}

/// A table that was read whole.
pub(super) struct WholeTable {
    table: Table,
    next: usize,
}

impl WholeTable {
    pub(super) fn new(table: Table) -> WholeTable {
        WholeTable { table, next: 0 }
    }
}

impl RowReader for WholeTable {
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize) -> Result<usize, FileError> {
        let appended = self.next..self.table.rows().min(self.next + rows);
        self.next = appended.end;
        for row in appended.clone() {
            for column in columns.iter_mut() {
                let cell = Cell::from_row(&self.table.columns[column.position].values, row);
                column.push(cell, Path::new(&self.table.source), || format!("row {}", row + 1))?;
            }
        }
        Ok(appended.len())
    }

    fn notes(&self) -> Vec<String> {
        self.table.notes.clone()
    }
}
