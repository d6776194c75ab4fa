//! The interface of a table format. Each format implements it in a file of its own in `formats`.

use super::cell::Cell;
use super::columns::{Column, ColumnKind, Table, Values};
use super::error::{CellPlace, TableError};
use super::source::OpenSource;
use super::typed::TypedColumn;
use crate::files::{FileError, OutputStream};
use std::path::PathBuf;

/// What is known of a table of text before it is read; the rest is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// The byte between cells.
    pub delimiter: Option<u8>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
}

/// The columns that a reader of chunks expects: name and kind.
pub(super) type Expected = [(String, ColumnKind)];

/// A format of files that hold one table.
pub(super) trait Format: Sync {
    /// Its name in messages and in `docs/tables.md`.
    fn name(&self) -> &'static str;

    /// Whether a file that begins with these bytes, at least one, is of this format.
    fn recognises(&self, prefix: &[u8]) -> bool;

    /// Reads all columns, of the kinds that the file says or shows.
    fn read(&self, source: OpenSource, options: &ReadOptions) -> Result<Vec<Column>, TableError>;

    /// Reads rows in pieces. A format that cannot reads all rows first.
    fn rows(
        &self,
        source: OpenSource,
        options: &ReadOptions,
        _expected: &Expected,
    ) -> Result<Box<dyn RowReader>, TableError> {
        let path = source.path.clone();
        let table = Table::new(path.display().to_string(), self.read(source, options)?);
        let (names, next) = (table.names(), 0);
        Ok(Box::new(WholeTable {
            path,
            table,
            names,
            next,
        }))
    }

    /// The extensions of files that are written in this format; none if it is only read.
    fn extensions(&self) -> &'static [&'static str] {
        &[]
    }

    /// Begins to write a table with these columns. Called only where there are extensions.
    fn writer(&self, output: OutputStream, _columns: &Expected) -> Result<Box<dyn RowWriter>, FileError> {
        Err(FileError::from_write(
            output.path(),
            format!("{} is not written", self.name()),
        ))
    }
}

/// The rows of an open table, in pieces.
pub(super) trait RowReader {
    /// The names of all columns.
    fn names(&self) -> &[String];

    /// Appends up to `rows` rows of the columns at the positions `wanted` to `columns`; returns the number appended, 0 at
    /// the end.
    fn append(
        &mut self,
        columns: &mut [TypedColumn],
        wanted: &[usize],
        rows: usize,
    ) -> Result<usize, TableError>;
}

/// A table that is being written.
pub(super) trait RowWriter {
    /// Appends rows. The columns are those given to [`Format::writer`].
    fn write(&mut self, table: &Table) -> Result<(), FileError>;

    /// Completes the file and puts it in place.
    fn finish(self: Box<Self>) -> Result<(), FileError>;
}

/// A table that was read whole.
struct WholeTable {
    path: PathBuf,
    table: Table,
    names: Vec<String>,
    next: usize,
}

impl RowReader for WholeTable {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn append(
        &mut self,
        columns: &mut [TypedColumn],
        wanted: &[usize],
        rows: usize,
    ) -> Result<usize, TableError> {
        let end = self.table.rows().min(self.next + rows);
        let appended = self.next..end;
        for row in appended.clone() {
            for (column, &position) in columns.iter_mut().zip(wanted) {
                let cell = cell(&self.table.columns[position].values, row);
                column.push(cell, &self.path, || CellPlace::Row(row as u64 + 1))?;
            }
        }
        self.next = end;
        Ok(appended.len())
    }
}

fn cell(values: &Values, row: usize) -> Cell<'_> {
    match values {
        Values::Numbers(numbers) if numbers[row].is_nan() => Cell::Missing,
        Values::Numbers(numbers) => Cell::Number(numbers[row]),
        Values::Categories(words) | Values::Booleans(words) => {
            words.get(row).map_or(Cell::Missing, Cell::Text)
        }
    }
}
