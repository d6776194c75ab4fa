//! A column whose kind is known before it is read.

use super::cell::{Cell, boolean, meant_as_number, number};
use super::columns::{Categories, Column, ColumnKind, Values};
use super::error::unusable_cell;
use super::kept::{KeptColumn, KeptRows};
use super::limits::{MOST_CELL_BYTES, MOST_SHOWN_BYTES, too_long};
use super::markers::is_number_marker;
use super::words::Words;
use crate::files::FileError;
use pellucid::recipe::shortened;
use std::path::Path;

#[derive(Debug)]
enum Rows {
    Numbers(Vec<f64>),
    Words(Words),
    Booleans(Vec<u32>),
    Kept(KeptRows),
}

/// A column that is being read.
#[derive(Debug)]
pub(super) struct TypedColumn {
    name: String,
    /// Its position in the source, counted from 0.
    pub(super) position: usize,
    rows: Rows,
    /// Whether numbers become words if one is a whole number that a double does not hold.
    is_exact: bool,
}

impl TypedColumn {
    pub(super) fn new(name: &str, kind: ColumnKind, position: usize) -> Self {
        TypedColumn {
            name: name.to_owned(),
            position,
            is_exact: false,
            rows: match kind {
                ColumnKind::Number => Rows::Numbers(Vec::new()),
                ColumnKind::Category => Rows::Words(Words::default()),
                ColumnKind::Boolean => Rows::Booleans(Vec::new()),
            },
        }
    }

    /// A column of a table that is read whole: whole numbers that doubles would merge are read as words.
    pub(super) fn exact(name: &str, kind: ColumnKind, position: usize) -> Self {
        TypedColumn {
            is_exact: true,
            ..TypedColumn::new(name, kind, position)
        }
    }

    /// A column that is to be repeated as it is.
    pub(super) fn kept(name: &str, position: usize) -> Self {
        TypedColumn {
            name: name.to_owned(),
            position,
            is_exact: false,
            rows: Rows::Kept(KeptRows::default()),
        }
    }

    /// The rows of a column that is to be repeated as it is.
    pub(super) fn kept_rows(&mut self) -> Option<&mut KeptRows> {
        match &mut self.rows {
            Rows::Kept(rows) => Some(rows),
            _ => None,
        }
    }

    /// Appends a row. `place` is the position of the cell, such as `line 7` of the file at `path`.
    pub(super) fn push(
        &mut self,
        cell: Cell<'_>,
        path: &Path,
        place: impl FnOnce() -> String,
    ) -> Result<(), FileError> {
        if let Cell::Text(text) = cell
            && text.len() > MOST_CELL_BYTES
        {
            let name = shortened(&self.name, MOST_SHOWN_BYTES);
            let problem = format!("{}, column {name:?}: {}", place(), too_long(text.len()));
            return Err(FileError::contents(path, problem));
        }
        let unusable = |cell: &dyn ToString, expected, advice| {
            let cell = cell.to_string();
            Err(unusable_cell(path, place(), &self.name, &cell, expected, advice))
        };
        if let (true, Rows::Numbers(numbers), Cell::Integer(_)) = (self.is_exact, &self.rows, cell) {
            self.rows = Rows::Words(Words::from_numbers(numbers));
        }
        match (&mut self.rows, cell) {
            (Rows::Kept(rows), cell) => rows.push(cell),
            (Rows::Numbers(rows), Cell::Missing) => rows.push(f64::NAN),
            (Rows::Numbers(_), Cell::Number(number)) if number.is_infinite() => {
                let advice = "replace it by a finite number or a missing value";
                return unusable(&number, "a finite number", advice);
            }
            (Rows::Numbers(rows), Cell::Number(number)) => rows.push(number),
            (Rows::Numbers(rows), Cell::Integer(number)) => rows.push(number as f64),
            (Rows::Numbers(rows), Cell::Boolean(value)) => rows.push(f64::from(u8::from(value))),
            (Rows::Numbers(rows), Cell::Text(text)) => match number(text) {
                Some(number) => rows.push(number),
                None if is_number_marker(text) => rows.push(f64::NAN),
                None => {
                    let advice = meant_as_number(text)
                        .unwrap_or("correct it, or leave the cell empty where the value is not known");
                    return unusable(&text, "a number", advice);
                }
            },
            (Rows::Words(words), cell) => words.push_cell(cell),
            (Rows::Booleans(rows), Cell::Missing) => rows.push(Categories::MISSING),
            (Rows::Booleans(rows), Cell::Boolean(value)) => rows.push(u32::from(value)),
            (Rows::Booleans(rows), Cell::Number(number)) if number == 0.0 || number == 1.0 => {
                rows.push(u32::from(number == 1.0));
            }
            (Rows::Booleans(_), Cell::Number(cell)) => return unusable(&cell, BOOLEAN, BOOLEANS),
            (Rows::Booleans(_), Cell::Integer(cell)) => return unusable(&cell, BOOLEAN, BOOLEANS),
            (Rows::Booleans(rows), Cell::Text(text)) => match boolean(text) {
                Some((_, meaning)) => rows.push(u32::from(meaning)),
                None => return unusable(&text, BOOLEAN, BOOLEANS),
            },
        }
        Ok(())
    }

    /// The rows so far of a column that is to be repeated.
    pub(super) fn finish_kept(self) -> Option<KeptColumn> {
        match self.rows {
            Rows::Kept(rows) => Some(rows.finish(self.name)),
            _ => None,
        }
    }

    /// The rows so far.
    pub(super) fn finish(self) -> Column {
        let values = match self.rows {
            Rows::Kept(_) => Values::Numbers(Vec::new()),
            Rows::Numbers(rows) => Values::Numbers(rows),
            Rows::Words(words) => Values::Categories(words.finish()),
            Rows::Booleans(codes) => Values::from_codes_of_booleans(codes),
        };
        Column::new(self.name, values)
    }
}

const BOOLEAN: &str = "a boolean";
const BOOLEANS: &str = "write true or false, or leave the cell empty where the value is not known";
