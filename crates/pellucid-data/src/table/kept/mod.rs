//! Columns that are repeated in the output exactly as the source holds them.

#[cfg_attr(target_family = "wasm", path = "no_parquet_cells.rs")]
mod parquet_cells;

use super::cell::{Cell, number_text};
use super::columns::{Column, ColumnKind, Table, Values};
use super::words::Words;
pub(super) use parquet_cells::ParquetCells;

/// Rows of a column as the source holds them: the text of delimited text, the typed values of Parquet.
///
/// [`TableChunks::take_kept`](super::TableChunks::take_kept) reads them, [`TableWriter::write_beside`](super::TableWriter::write_beside)
/// writes them.
#[derive(Debug, Clone)]
pub struct KeptColumn {
    pub(super) name: String,
    pub(super) cells: KeptCells,
}

/// The rows of a kept column.
#[derive(Debug, Clone)]
pub(super) enum KeptCells {
    /// Of a source of text.
    Text(Texts),
    /// Of a Parquet file.
    Parquet(ParquetCells),
    /// Of other sources, which have the values of a table alone.
    Values(Values),
}

impl KeptColumn {
    /// A column of a table that was read whole.
    pub fn from_table(table: &Table, name: &str) -> Option<KeptColumn> {
        table.column(name).map(|Column { name, values }| KeptColumn {
            name: name.clone(),
            cells: KeptCells::Values(values.clone()),
        })
    }

    /// The same; where this is text, and the table read it as numbers, those, as a file of typed columns has them.
    #[must_use]
    pub fn or_numbers_of(self, table: &Table) -> KeptColumn {
        match (&self.cells, table.column(&self.name)) {
            (KeptCells::Text(_), Some(column)) if column.values.kind() == ColumnKind::Number => KeptColumn {
                cells: KeptCells::Values(column.values.clone()),
                ..self
            },
            _ => self,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rows as text; a missing value is an empty one.
    pub(super) fn texts(&self) -> Texts {
        match &self.cells {
            KeptCells::Text(texts) => texts.clone(),
            KeptCells::Parquet(cells) => cells.texts(),
            KeptCells::Values(values) => {
                let mut texts = Texts::default();
                for row in 0..values.len() {
                    texts.push_cell(Cell::from_row(values, row));
                }
                texts
            }
        }
    }
}

/// Texts of many rows in one piece of memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    text: String,
    /// Where the text of each row ends.
    ends: Vec<usize>,
}

impl Texts {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn push_cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Missing => self.push(""),
            Cell::Number(number) => self.push(&number_text(number)),
            Cell::Integer(number) => self.push(&number.to_string()),
            Cell::Boolean(value) => self.push(if value { "true" } else { "false" }),
            Cell::Text(text) => self.push(text),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.text[start..self.ends[row]]
    }
}

/// A kept column that is being read. The first cell decides which kind it is.
#[derive(Debug, Default)]
pub(super) enum KeptRows {
    #[default]
    None,
    Text(Texts),
    Parquet(ParquetCells),
    /// Numbers, NaN where one is missing.
    Numbers(Vec<f64>),
    Words(Words),
}

impl KeptRows {
    /// Appends a row of a source that holds text, as it is there.
    pub(super) fn push_text(&mut self, text: &str) {
        if let KeptRows::None = self {
            *self = KeptRows::Text(Texts::default());
        }
        if let KeptRows::Text(texts) = self {
            texts.push(text);
        }
    }

    /// The rows so far, if they are of a Parquet file; `new` begins them.
    pub(super) fn parquet(&mut self, new: impl FnOnce() -> ParquetCells) -> Option<&mut ParquetCells> {
        if let KeptRows::None = self {
            *self = KeptRows::Parquet(new());
        }
        match self {
            KeptRows::Parquet(cells) => Some(cells),
            _ => None,
        }
    }

    /// Appends a row of another source, whose cells have no other form.
    pub(super) fn push(&mut self, cell: Cell<'_>) {
        if let KeptRows::None = self {
            *self = KeptRows::Numbers(Vec::new());
        }
        if let (KeptRows::Numbers(numbers), Cell::Text(_) | Cell::Boolean(_) | Cell::Integer(_)) =
            (&*self, cell)
        {
            *self = KeptRows::Words(Words::from_numbers(numbers));
        }
        match (self, cell) {
            (KeptRows::Numbers(numbers), Cell::Number(number)) => numbers.push(number),
            (KeptRows::Numbers(numbers), _) => numbers.push(f64::NAN),
            (KeptRows::Words(words), cell) => words.push_cell(cell),
            _ => (),
        }
    }

    pub(super) fn finish(self, name: String) -> KeptColumn {
        let cells = match self {
            KeptRows::None => KeptCells::Text(Texts::default()),
            KeptRows::Text(texts) => KeptCells::Text(texts),
            KeptRows::Parquet(cells) => KeptCells::Parquet(cells),
            KeptRows::Numbers(numbers) => KeptCells::Values(Values::Numbers(numbers)),
            KeptRows::Words(words) => KeptCells::Values(Values::Categories(words.finish())),
        };
        KeptColumn { name, cells }
    }
}

#[cfg(test)]
mod tests;
