//! Parquet: flat columns of numbers, booleans, strings, dates and times; other columns are left out.

mod writer;

pub(super) use writer::writer;

use super::super::cell::Cell;
use super::super::error::{no_rows, unsupported};
use super::super::format::{Contents, Expected, Format, NamedRows, ReadOptions, RowReader};
use super::super::kept::ParquetCells;
use super::super::limits::check_count;
use super::super::names::check_names;
use super::super::parquet_file::{ColumnReader, Fault, Leaf, RowGroup, Source, Stored, leaves};
use super::super::parquet_type::Meaning;
use super::super::source::OpenSource;
use super::super::typed::TypedColumn;
use super::super::typed_value::Value;
use crate::files::{Budget, FileError};
use parquet::schema::types::ColumnDescPtr;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Parquet files.
pub(super) struct Parquet;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "Parquet"
    }

    fn recognises(&self, prefix: &[u8]) -> bool {
        prefix.starts_with(b"PAR1")
    }

    fn read(&self, source: OpenSource, _: &ReadOptions) -> Result<Contents, FileError> {
        let (names, mut rows) = ParquetRows::open(source)?;
        let meanings = names.iter().zip(&rows.meanings).enumerate();
        let columns = meanings.filter_map(|(position, (name, meaning))| {
            let meaning = meaning.as_ref().ok()?;
            Some(TypedColumn::exact(name, meaning.kind(), position))
        });
        let mut columns: Vec<TypedColumn> = columns.collect();
        while rows.append(&mut columns, BATCH_ROWS)? > 0 {}
        let columns = columns.into_iter().map(TypedColumn::finish).collect();
        Ok(Contents {
            columns,
            notes: rows.notes,
            left_out: rows.left_out,
            ..Contents::default()
        })
    }

    fn rows(&self, source: OpenSource, _: &ReadOptions, _: &Expected) -> Result<NamedRows, FileError> {
        let (names, rows) = ParquetRows::open(source)?;
        Ok((names, Box::new(rows)))
    }
}

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8192;
const NESTED: &str = "nested (a list, map or struct)";
const CONTRADICTORY: &str = "of a type that contradicts itself";

/// The rows of a file, in pieces.
struct ParquetRows {
    file: Arc<Source>,
    budget: Arc<Budget>,
    path: PathBuf,
    leaves: Vec<Leaf>,
    /// What each column holds, or what it holds that cannot be a feature.
    meanings: Vec<Result<Meaning, &'static str>>,
    notes: Vec<String>,
    /// The names of those that cannot be a feature.
    left_out: Vec<String>,
    groups: Vec<RowGroup>,
    next_group: usize,
    /// The readers of the group that is being read, and how many of its rows are left.
    group: Vec<ColumnReader>,
    left: usize,
    /// Rows read so far.
    row: usize,
}

impl ParquetRows {
    /// Opens a file; also the names of its columns, empty for those that are left out.
    fn open(mut source: OpenSource) -> Result<(Vec<String>, ParquetRows), FileError> {
        let (path, budget) = (source.path.clone(), Arc::clone(&source.budget));
        let file = match source.seekable.take() {
            Some(file) => Source::of_file(file, &path)?,
            None => Source::of_bytes(source.into_bytes()?, &path),
        };
        let footer = file.footer().map_err(|fault| fault.of(&path))?;
        let damaged = |damage: &'static str| Fault::from(damage).of(&path);
        let leaves = leaves(&footer).map_err(damaged)?;
        check_count(&path, leaves.len())?;
        let is_complete = |group: &RowGroup| group.chunks.len() == leaves.len() && group.rows >= 0;
        if !footer.groups.iter().all(is_complete) {
            return Err(damaged(
                "a group of rows has another number of columns than the table",
            ));
        }
        let (mut notes, mut left_out, mut noted) = (Vec::new(), Vec::new(), HashSet::new());
        let mut meanings = Vec::new();
        for leaf in &leaves {
            let meaning = match (&leaf.kind, leaf.is_nested) {
                (Some(kind), _) => Meaning::of(kind),
                (None, true) => Err(NESTED),
                (None, false) => Err(CONTRADICTORY),
            };
            // Of one that has several parts, each is a column of the file.
            if let Err(found) = meaning
                && noted.insert(&leaf.name)
            {
                notes.push(format!("column {:?} is left out: it is {found}", leaf.name));
                left_out.push(leaf.name.clone());
            }
            meanings.push(meaning);
        }
        // Those that cannot be features can be repeated, if they have a value a row.
        let name = |leaf: &Leaf| leaf.kind.as_ref().map_or_else(String::new, |_| leaf.name.clone());
        let names: Vec<String> = leaves.iter().map(name).collect();
        let read: Vec<String> = names.iter().filter(|name| !name.is_empty()).cloned().collect();
        check_names(&path, &read)?;
        if footer.rows <= 0 {
            return Err(no_rows(&path));
        }
        if meanings.iter().all(Result::is_err) {
            let problem = format!("no column of the table can be read; {}", notes.join("; "));
            return Err(FileError::contents(&path, problem));
        }
        let rows = ParquetRows {
            file: Arc::new(file),
            budget,
            path,
            leaves,
            meanings,
            notes,
            left_out,
            groups: footer.groups,
            next_group: 0,
            group: Vec::new(),
            left: 0,
            row: 0,
        };
        Ok((names, rows))
    }

    /// The reader of a column in the next group of rows.
    fn column_reader(&self, column: usize) -> Result<ColumnReader, FileError> {
        let chunk = &self.groups[self.next_group].chunks[column];
        let kind = self.kind(column)?;
        ColumnReader::new(&self.file, &self.budget, kind, chunk).map_err(|fault| fault.of(&self.path))
    }

    /// What a column holds that has one value a row.
    fn kind(&self, column: usize) -> Result<&ColumnDescPtr, FileError> {
        let leaf = &self.leaves[column];
        leaf.kind.as_ref().ok_or_else(|| {
            let found = if leaf.is_nested { NESTED } else { CONTRADICTORY };
            unsupported(&self.path, &leaf.name, found, "a column with one value a row")
        })
    }
}

impl RowReader for ParquetRows {
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize) -> Result<usize, FileError> {
        while self.left == 0 {
            let Some(group) = self.groups.get(self.next_group) else {
                return Ok(0);
            };
            self.left = usize::try_from(group.rows).unwrap_or(0);
            let readers = columns.iter().map(|column| self.column_reader(column.position));
            self.group = readers.collect::<Result<_, _>>()?;
            self.next_group += 1;
        }
        let count = rows.min(self.left).min(BATCH_ROWS);
        if columns.is_empty() {
            // Nothing shows whether the rows are there.
            self.budget.spend_cells(count, 0)?;
        }
        for (at, column) in columns.iter_mut().enumerate() {
            let position = column.position;
            if let Some(kept) = column.kept_rows() {
                let kind = self.kind(position)?;
                if let Some(cells) = kept.parquet(|| ParquetCells::new(kind)) {
                    let read = cells.read(&mut self.group[at], count);
                    read.map_err(|fault| fault.of(&self.path))?;
                }
                continue;
            }
            let meaning = self.meanings[position].map_err(|found| {
                let expected = "numbers, booleans, strings, dates or times";
                unsupported(&self.path, &self.leaves[position].name, found, expected)
            })?;
            let kind = Arc::clone(self.kind(position)?);
            let batch = Batch {
                count,
                row: self.row,
                path: &self.path,
                budget: &self.budget,
                column,
            };
            batch.read(&kind, &mut self.group[at], meaning)?;
        }
        self.left -= count;
        self.row += count;
        Ok(count)
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Rows of one column that are being read.
struct Batch<'a> {
    count: usize,
    row: usize,
    path: &'a Path,
    budget: &'a Budget,
    column: &'a mut TypedColumn,
}

impl Batch<'_> {
    fn read(
        self,
        kind: &ColumnDescPtr,
        reader: &mut ColumnReader,
        meaning: Meaning,
    ) -> Result<(), FileError> {
        let (mut levels, mut values) = (Vec::new(), Stored::of(kind.physical_type()));
        // One call may end with the page.
        let mut read = 0;
        while read < self.count {
            let rows = reader.read(self.count - read, &mut levels, &mut values);
            match rows.map_err(|fault| fault.of(self.path))? {
                0 => return Err(Fault::from("a column ends before its rows do").of(self.path)),
                rows => read += rows,
            }
        }
        match &values {
            Stored::Booleans(values) => {
                self.push(&levels, values, |&value| Value::Cell(Cell::Boolean(value)))
            }
            Stored::Int32(values) => self.push(&levels, values, |&value| meaning.of_int32(value)),
            Stored::Int64(values) => self.push(&levels, values, |&value| meaning.of_int64(value)),
            Stored::Int96(values) => self.push(&levels, values, Meaning::of_int96),
            Stored::Floats(values) => self.push(&levels, values, |&value| {
                Value::Cell(Cell::Number(f64::from(value)))
            }),
            Stored::Doubles(values) => self.push(&levels, values, |&value| Value::Cell(Cell::Number(value))),
            Stored::Bytes(values) => {
                self.spend(values.iter().map(|value| value.len()).sum())?;
                self.push(&levels, values, |value| meaning.of_bytes(value.data()))
            }
            Stored::Fixed(values) => {
                self.spend(values.iter().map(|value| value.len()).sum())?;
                self.push(&levels, values, |value| meaning.of_bytes(value.data()))
            }
        }
    }

    fn spend(&self, text: usize) -> Result<(), FileError> {
        self.budget.spend_cells(0, text)
    }

    /// `levels` is empty where each row has a value.
    fn push<'v, T>(
        self,
        levels: &[i16],
        values: &'v [T],
        value_of: impl Fn(&'v T) -> Value<'v>,
    ) -> Result<(), FileError> {
        let mut values = values.iter();
        for row in 0..self.count {
            let is_present = levels.get(row).is_none_or(|&level| level > 0);
            let value = is_present.then(|| values.next()).flatten().map(&value_of);
            let cell = value.as_ref().map_or(Cell::Missing, Value::as_cell);
            let place = || format!("row {}", self.row + row + 1);
            self.column.push(cell, self.path, place)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
