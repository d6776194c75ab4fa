//! A table some rows at a time, its columns known beforehand.

use std::path::{Path, PathBuf};

use super::cell::Cell;
use super::delimited::Rows;
use super::header::{names_of, numbered_names};
use super::parquet::ParquetRows;
use super::read::read_opened;
use super::source::{Format, Opened};
use super::typed::TypedColumn;
use super::{Categories, Column, ColumnKind, ReadOptions, Table, TableSource, Values};
use crate::error::{DataError, Place, Result};

/// The rows of a table in chunks, with no more than one chunk in memory: of delimited text and Parquet, that is. The other
/// formats are read whole first.
///
/// Each chunk has the expected columns in the expected order, whatever others the source has. Categories hold the words of
/// their own chunk. After an error nothing more comes.
pub struct TableChunks {
    source: Rest,
    path: PathBuf,
    /// All columns of the source.
    names: Vec<String>,
    expected: Vec<(String, ColumnKind)>,
    /// Where the expected columns stand in the source.
    positions: Vec<usize>,
    rows: usize,
    /// Rows of the chunks before.
    read_before: u64,
    /// Whether nothing has been read yet.
    fresh: bool,
    done: bool,
}

enum Rest {
    /// `pending`: whether the first row is read, but not yet part of a chunk.
    Delimited {
        rows: Box<Rows>,
        pending: bool,
    },
    Parquet(Box<ParquetRows>),
    /// The whole table, and the next row of it.
    Whole(Table, usize),
}

impl TableChunks {
    /// Opens `source`, of which the columns `expected` are read, up to `rows` rows at a time (at least 1).
    ///
    /// Where `options.header` is not given, text has a first row of names, unless all expected names are `c1`, `c2`, …:
    /// then it has one only if that row holds those names.
    ///
    /// # Errors
    ///
    /// As [`read_table`](super::read_table); and where an expected column is missing. The chunks' errors name the line (in
    /// Parquet, the row), column and cell that cannot be what is expected.
    ///
    /// ```
    /// use pellucid_data::{ColumnKind, ReadOptions, TableChunks};
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("new.csv");
    /// std::fs::write(&path, "id,size\n7,1.5\n8,2.5\n9,?\n")?;
    /// let expected = [("size".to_owned(), ColumnKind::Number)];
    /// let mut sizes = Vec::new();
    /// for chunk in TableChunks::open(&path.into(), &ReadOptions::default(), &expected, 2)? {
    ///     sizes.push(chunk?.rows());
    /// }
    /// assert_eq!(sizes, [2, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(
        source: &TableSource,
        options: &ReadOptions,
        expected: &[(String, ColumnKind)],
        rows: usize,
    ) -> Result<TableChunks> {
        Self::open_as(source, options, expected, rows, false)
    }

    /// As [`open`](Self::open), each chunk with the source's other columns after the expected ones, as words.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with_others(
        source: &TableSource,
        options: &ReadOptions,
        expected: &[(String, ColumnKind)],
        rows: usize,
    ) -> Result<TableChunks> {
        Self::open_as(source, options, expected, rows, true)
    }

    /// All columns of the source by name, in its order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn open_as(
        source: &TableSource,
        options: &ReadOptions,
        expected: &[(String, ColumnKind)],
        rows: usize,
        keeps_others: bool,
    ) -> Result<TableChunks> {
        let opened = Opened::open(source)?;
        let path = opened.path.clone();
        if opened.prefix.is_empty() {
            return Err(DataError::TableEmpty { path });
        }
        let (source, names) = match opened.format {
            Format::Delimited => delimited(opened, options, expected)?,
            Format::Parquet => {
                let rows = ParquetRows::open(opened)?;
                let names = rows.columns.iter().map(|(name, _)| name.clone()).collect();
                (Rest::Parquet(Box::new(rows)), names)
            }
            Format::Npy | Format::Npz | Format::Idx => {
                let table = read_opened(opened, options)?;
                let names = table.columns.iter().map(|column| column.name.clone()).collect();
                (Rest::Whole(table, 0), names)
            }
        };
        let mut expected = expected.to_vec();
        if keeps_others {
            let is_other = |name: &&String| expected.iter().all(|(known, _)| known != *name);
            let others: Vec<String> = names.iter().filter(is_other).cloned().collect();
            expected.extend(others.into_iter().map(|name| (name, ColumnKind::Category)));
        }
        let positions = expected
            .iter()
            .map(|(name, _)| position(&path, name, &names))
            .collect::<Result<_>>()?;
        Ok(TableChunks {
            source,
            path,
            names,
            expected,
            positions,
            rows: rows.max(1),
            read_before: 0,
            fresh: true,
            done: false,
        })
    }

    fn read(&mut self) -> Result<Option<Table>> {
        let mut columns: Vec<TypedColumn> = self
            .expected
            .iter()
            .map(|(name, kind)| TypedColumn::new(name, *kind))
            .collect();
        let path = &self.path;
        let mut count = 0;
        match &mut self.source {
            Rest::Delimited { rows, pending } => {
                while count < self.rows && (std::mem::take(pending) || rows.advance()?) {
                    for (column, &position) in columns.iter_mut().zip(&self.positions) {
                        let cell = Cell::of_text(rows.cell(position));
                        column.push(cell, path, || Place::Line(rows.line()))?;
                    }
                    count += 1;
                }
            }
            Rest::Parquet(rows) => {
                while count < self.rows {
                    match rows.append(&mut columns, &self.positions, self.rows - count)? {
                        0 => break,
                        appended => count += appended,
                    }
                }
            }
            Rest::Whole(table, next) => {
                while count < self.rows && *next < table.rows() {
                    for (column, &position) in columns.iter_mut().zip(&self.positions) {
                        let cell = cell_of(&table.columns[position].values, *next);
                        column.push(cell, path, || Place::Row(*next as u64 + 1))?;
                    }
                    *next += 1;
                    count += 1;
                }
            }
        }
        if count == 0 {
            let path = path.clone();
            return if self.fresh {
                Err(DataError::NoRows { path })
            } else {
                Ok(None)
            };
        }
        self.fresh = false;
        let first_row = self.read_before;
        self.read_before += count as u64;
        Ok(Some(Table {
            first_row,
            source: path.display().to_string(),
            columns: columns
                .into_iter()
                .map(TypedColumn::finish)
                .collect::<Vec<Column>>(),
        }))
    }
}

impl Iterator for TableChunks {
    type Item = Result<Table>;

    fn next(&mut self) -> Option<Result<Table>> {
        if self.done {
            return None;
        }
        let chunk = self.read().transpose();
        self.done = !matches!(chunk, Some(Ok(_)));
        chunk
    }
}

/// The rows of a text, and the names of its columns.
fn delimited(
    opened: Opened,
    options: &ReadOptions,
    expected: &[(String, ColumnKind)],
) -> Result<(Rest, Vec<String>)> {
    let path = opened.path.clone();
    let mut rows = Box::new(Rows::new(opened, options.delimiter)?);
    if !rows.advance()? {
        return Err(DataError::TableEmpty { path });
    }
    let first: Vec<String> = (0..rows.len())
        .map(|column| rows.cell(column).to_owned())
        .collect();
    let header = options.header.unwrap_or_else(|| {
        let is_number = |name: &str| {
            name.strip_prefix('c')
                .is_some_and(|number| number.parse::<usize>().is_ok())
        };
        let names_say_nothing = expected.iter().all(|(name, _)| is_number(name));
        !names_say_nothing || expected.iter().all(|(name, _)| first.contains(name))
    });
    let names = if header {
        names_of(&path, &first)?
    } else {
        numbered_names(first.len())
    };
    Ok((
        Rest::Delimited {
            rows,
            pending: !header,
        },
        names,
    ))
}

fn position(path: &Path, name: &str, names: &[String]) -> Result<usize> {
    let position = names.iter().position(|other| other == name);
    position.ok_or_else(|| DataError::NoColumn {
        path: path.to_path_buf(),
        name: name.to_owned(),
        found: names.to_vec(),
    })
}

fn cell_of(values: &Values, row: usize) -> Cell<'_> {
    match values {
        Values::Numbers(numbers) if numbers[row].is_nan() => Cell::Missing,
        Values::Numbers(numbers) => Cell::Number(numbers[row]),
        Values::Categories(words) | Values::Booleans(words) => {
            debug_assert!(words.codes[row] == Categories::MISSING || words.get(row).is_some());
            words.get(row).map_or(Cell::Missing, Cell::Text)
        }
    }
}
