//! The cells of a column whose kind follows from them.

use super::cell::Cell;
use super::columns::{Categories, Column, Values};
use super::words::Words;

/// A column that is made cell by cell. The first cell that is not missing decides on its kind; where others are of another
/// kind, all are words.
///
/// ```
/// use pellucid_data::{CellColumn, Values};
/// let mut column = CellColumn::default();
/// column.push_missing();
/// column.push_number(1.5);
/// column.push_whole(2);
/// let column = column.finish("size");
/// assert!(matches!(column.values, Values::Numbers(sizes) if sizes[0].is_nan() && sizes[1..] == [1.5, 2.0]));
/// ```
#[derive(Debug, Default)]
pub struct CellColumn {
    cells: Cells,
    rows: usize,
}

impl CellColumn {
    /// Appends a missing value.
    pub fn push_missing(&mut self) {
        self.push(Cell::Missing);
    }

    /// Appends a number.
    pub fn push_number(&mut self, number: f64) {
        self.push(Cell::Number(number));
    }

    /// Appends a whole number, exactly.
    pub fn push_whole(&mut self, number: i128) {
        self.push(Cell::from_integer(number));
    }

    /// Appends false or true.
    pub fn push_boolean(&mut self, boolean: bool) {
        self.push(Cell::Boolean(boolean));
    }

    /// Appends a text, read as a cell of text is: an empty one, `?` and, unless `keeps_na_words`, `NA` and the like are missing
    /// values.
    pub fn push_text(&mut self, text: &str, keeps_na_words: bool) {
        self.push(Cell::from_text(text.trim(), keeps_na_words));
    }

    fn push(&mut self, cell: Cell<'_>) {
        self.cells.push(cell, self.rows);
        self.rows += 1;
    }

    /// The number of cells.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The column, with a name.
    pub fn finish(self, name: impl Into<String>) -> Column {
        Column::new(name, self.cells.finish(self.rows))
    }
}

/// The cells so far.
#[derive(Debug, Default)]
pub(super) enum Cells {
    #[default]
    Missing,
    Numbers(Vec<f64>),
    Booleans(Vec<u32>),
    Words(Words),
}

impl Cells {
    /// Appends a cell after `rows` others.
    pub(super) fn push(&mut self, cell: Cell<'_>, rows: usize) {
        match (&*self, cell) {
            (_, Cell::Missing) => {}
            (Cells::Missing, Cell::Number(_)) => *self = Cells::Numbers(vec![f64::NAN; rows]),
            (Cells::Missing, Cell::Boolean(_)) => *self = Cells::Booleans(vec![Categories::MISSING; rows]),
            (Cells::Missing, _) => *self = Cells::Words(Words::from_numbers(&vec![f64::NAN; rows])),
            (Cells::Numbers(numbers), Cell::Text(_) | Cell::Boolean(_) | Cell::Integer(_)) => {
                *self = Cells::Words(Words::from_numbers(numbers));
            }
            (Cells::Booleans(codes), Cell::Text(_) | Cell::Number(_) | Cell::Integer(_)) => {
                let mut words = Words::default();
                for &code in codes {
                    match code {
                        Categories::MISSING => words.push_missing(),
                        code => words.push_cell(Cell::Boolean(code == 1)),
                    }
                }
                *self = Cells::Words(words);
            }
            _ => {}
        }
        match (self, cell) {
            (Cells::Missing, _) => {}
            (Cells::Numbers(numbers), Cell::Number(number)) => numbers.push(number),
            (Cells::Numbers(numbers), _) => numbers.push(f64::NAN),
            (Cells::Booleans(codes), Cell::Boolean(value)) => codes.push(u32::from(value)),
            (Cells::Booleans(codes), _) => codes.push(Categories::MISSING),
            (Cells::Words(words), cell) => words.push_cell(cell),
        }
    }

    pub(super) fn finish(self, rows: usize) -> Values {
        match self {
            Cells::Missing => Values::Numbers(vec![f64::NAN; rows]),
            Cells::Numbers(numbers) => Values::Numbers(numbers),
            Cells::Booleans(codes) => Values::from_codes_of_booleans(codes),
            Cells::Words(words) => Values::Categories(words.finish()),
        }
    }
}
