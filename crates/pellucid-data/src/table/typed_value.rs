//! One value of a source whose columns have types.

use super::cell::{Cell, number_text};

/// A value as a cell, or as a text of its own.
pub(super) enum Value<'a> {
    Cell(Cell<'a>),
    Text(String),
}

impl Value<'_> {
    /// The value as a cell.
    pub(super) fn as_cell(&self) -> Cell<'_> {
        match self {
            Value::Cell(cell) => *cell,
            Value::Text(text) => Cell::Text(text),
        }
    }

    /// The value as a file of text has it.
    pub(super) fn into_text(self) -> String {
        match self {
            Value::Text(text) => text,
            Value::Cell(Cell::Missing) => String::new(),
            Value::Cell(Cell::Number(number)) => number_text(number),
            Value::Cell(Cell::Integer(number)) => number.to_string(),
            Value::Cell(Cell::Boolean(value)) => value.to_string(),
            Value::Cell(Cell::Text(text)) => text.to_owned(),
        }
    }
}
