//! Rows of text: cells between delimiters.

use std::io::{Cursor, Read};
use std::path::PathBuf;

use csv::{ErrorKind, ReaderBuilder, StringRecord, Terminator};

use super::header::find_delimiter;
use super::source::{Opened, data_error};
use crate::error::{DataError, Result};

/// Stands after the last row: what swallows it is a quote that was never closed.
const END: &str = "\u{1}end of the table\u{1}";

/// The rows of a file, one at a time.
pub(super) struct Rows {
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: StringRecord,
    pub(super) path: PathBuf,
    /// Cells of the first row.
    width: Option<usize>,
}

impl Rows {
    /// `delimiter` is found by looking where it is not given.
    pub(super) fn new(opened: Opened, delimiter: Option<u8>) -> Result<Rows> {
        let path = opened.path.clone();
        if opened.prefix.starts_with(&[0xff, 0xfe]) || opened.prefix.starts_with(&[0xfe, 0xff]) {
            return Err(DataError::NotUtf8 {
                path,
                line: 1,
                column: 1,
            });
        }
        let delimiter = delimiter.unwrap_or_else(|| find_delimiter(&opened.prefix, opened.is_whole));
        let end = Cursor::new(format!("\n{END}\n"));
        let reader: Box<dyn Read + Send> = Box::new(opened.into_reader().chain(end));
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            // A carriage return before it is trimmed with the other white space: so lines are counted right.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(64 * 1024)
            .from_reader(reader);
        Ok(Rows {
            reader,
            record: StringRecord::new(),
            path,
            width: None,
        })
    }

    /// Goes to the next row that is not blank; `false` at the end.
    pub(super) fn advance(&mut self) -> Result<bool> {
        loop {
            let read = self.reader.read_record(&mut self.record);
            if !read.map_err(|error| self.error(error))? {
                return Ok(false);
            }
            let cells = self.record.len();
            let last = &self.record[cells - 1];
            if last.ends_with(END) || last.trim_end().ends_with(END) {
                if cells == 1 && last == END {
                    return Ok(false);
                }
                let inside = last.matches('\n').count() as u64;
                return Err(DataError::UnclosedQuote {
                    path: self.path.clone(),
                    line: self.reader.position().line() - inside,
                });
            }
            // Two quotes and nothing between them are a cell, white space alone is none.
            if cells == 1 && !last.is_empty() && last.trim().is_empty() {
                continue;
            }
            let expected = *self.width.get_or_insert(cells);
            if cells != expected {
                return Err(DataError::RaggedRow {
                    path: self.path.clone(),
                    line: self.line(),
                    found: cells,
                    expected,
                });
            }
            return Ok(true);
        }
    }

    /// The number of cells of the row.
    pub(super) fn len(&self) -> usize {
        self.record.len()
    }

    /// A cell without the white space around it.
    pub(super) fn cell(&self, column: usize) -> &str {
        let cell = &self.record[column];
        let trimmed = cell.trim();
        // A quote after a space is none to the parser.
        if cell.starts_with(' ') && trimmed.len() > 1 {
            let unquoted = trimmed.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
            return unquoted.unwrap_or(trimmed);
        }
        trimmed
    }

    /// The line on which the row begins, counted from 1.
    pub(super) fn line(&self) -> u64 {
        let inside = self.record.as_slice().matches('\n').count() as u64;
        self.reader.position().line() - 1 - inside
    }

    fn error(&self, error: csv::Error) -> DataError {
        let path = self.path.clone();
        match error.into_kind() {
            ErrorKind::Io(error) => data_error(&path, error),
            ErrorKind::Utf8 { pos, err } => DataError::NotUtf8 {
                line: pos.map_or(0, |position| position.line()),
                column: err.field() + 1,
                path,
            },
            other => DataError::DamagedFile {
                path,
                format: "CSV",
                reason: format!("{other:?}"),
            },
        }
    }
}
