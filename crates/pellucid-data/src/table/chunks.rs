//! Reads a table in chunks of rows, with columns that are known beforehand.

use super::columns::{ColumnKind, Table};
use super::error::{did_you_mean, listed, no_rows};
use super::format::{ReadOptions, RowReader, WholeTable};
use super::formats;
use super::kept::KeptColumn;
#[cfg(not(target_family = "wasm"))]
use super::parts::Parts;
use super::source::{OpenSource, TableSource};
use super::typed::TypedColumn;
use crate::files::FileError;
use pellucid::descriptor::nearest;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The rows of a table in chunks. Of delimited text and Parquet, only one chunk is in memory; the other formats are read
/// whole first. The files of a folder or of a pattern follow each other; where columns are kept, a chunk ends with its file.
///
/// Each chunk has the expected columns in the expected order, whatever others the source has. Categories hold the words of
/// their own chunk. The first error ends the chunks.
pub struct TableChunks {
    reader: Box<dyn RowReader>,
    path: PathBuf,
    /// The names of all columns of the source, empty for one that is left out.
    names: Vec<String>,
    /// Name, kind and position in the source of each column of a chunk.
    columns: Vec<(String, ColumnKind, usize)>,
    /// Name and position of each column that is repeated as it is, and its rows in the last chunk.
    kept: Vec<(String, usize)>,
    last_kept: Vec<KeptColumn>,
    rows: usize,
    /// Rows of the chunks before.
    read_before: u64,
    done: bool,
}

impl TableChunks {
    /// Opens `source`, of which the columns `expected` are read, up to `rows` rows at a time (at least 1).
    ///
    /// If `options.header` is not given, text has a first row of names, unless all expected names are `c1`, `c2`, …:
    /// then it has one only if that row holds those names.
    ///
    /// # Errors
    ///
    /// As [`read_table`](super::read_table()); an expected column is missing. The errors of chunks name the line (in
    /// Parquet, the row), column and cell that is not what is expected.
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
    ) -> Result<TableChunks, FileError> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(parts) = Parts::of(source)? {
            let (names, reader) = parts.rows(options, expected)?;
            return Self::of_reader(PathBuf::from(source.to_string()), names, reader, expected, rows);
        }
        let source = OpenSource::open(source, options.max_expansion)?;
        let path = source.path.clone();
        let (names, reader) = formats::recognise(&source.prefix).rows(source, options, expected)?;
        Self::of_reader(path, names, reader, expected, rows)
    }

    /// The rows of a table in memory, of which the columns `expected` are read as these kinds, up to `rows` rows at a time.
    ///
    /// # Errors
    ///
    /// An expected column is missing.
    pub fn of_table(
        table: Table,
        expected: &[(String, ColumnKind)],
        rows: usize,
    ) -> Result<TableChunks, FileError> {
        let (path, names) = (PathBuf::from(&table.source), table.names());
        Self::of_reader(path, names, Box::new(WholeTable::new(table)), expected, rows)
    }

    fn of_reader(
        path: PathBuf,
        names: Vec<String>,
        reader: Box<dyn RowReader>,
        expected: &[(String, ColumnKind)],
        rows: usize,
    ) -> Result<TableChunks, FileError> {
        let positions = positions(&names);
        let expected = expected.iter();
        let columns = expected
            .map(|(name, kind)| Ok((name.clone(), *kind, position(&path, name, &names, &positions)?)));
        Ok(TableChunks {
            reader,
            columns: columns.collect::<Result<_, FileError>>()?,
            path,
            names,
            kept: Vec::new(),
            last_kept: Vec::new(),
            rows: rows.max(1),
            read_before: 0,
            done: false,
        })
    }

    /// The same; besides, these columns of the source are read as it holds them: see [`TableChunks::take_kept`].
    ///
    /// # Errors
    ///
    /// The source has no such column.
    pub fn keeping(mut self, names: &[String]) -> Result<TableChunks, FileError> {
        let positions = positions(&self.names);
        let kept = names.iter();
        let kept = kept.map(|name| Ok((name.clone(), position(&self.path, name, &self.names, &positions)?)));
        self.kept = kept.collect::<Result<_, FileError>>()?;
        Ok(self)
    }

    /// The kept columns of the last chunk, in the order of [`TableChunks::keeping`].
    pub fn take_kept(&mut self) -> Vec<KeptColumn> {
        std::mem::take(&mut self.last_kept)
    }

    /// The names of all columns of the source that can be read, in its order.
    pub fn names(&self) -> Vec<String> {
        let names = self.names.iter().filter(|name| !name.is_empty());
        names.cloned().collect()
    }

    /// What was assumed in reading the chunks so far, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        self.reader.notes()
    }

    fn read(&mut self) -> Result<Option<Table>, FileError> {
        let columns = self.columns.iter();
        let mut columns: Vec<TypedColumn> = columns
            .map(|(name, kind, position)| TypedColumn::new(name, *kind, *position))
            .chain(
                self.kept
                    .iter()
                    .map(|(name, position)| TypedColumn::kept(name, *position)),
            )
            .collect();
        let mut count = 0;
        while count < self.rows {
            match self.reader.append(&mut columns, self.rows - count)? {
                // Columns that are repeated as they are may be of another type in the next file.
                0 if self.reader.has_another_file() && (count == 0 || self.kept.is_empty()) => {}
                0 => break,
                appended => count += appended,
            }
        }
        if count == 0 {
            return match self.read_before {
                0 => Err(no_rows(&self.path)),
                _ => Ok(None),
            };
        }
        let kept = columns.split_off(self.columns.len());
        self.last_kept = kept.into_iter().filter_map(TypedColumn::finish_kept).collect();
        let first_row = self.read_before;
        self.read_before += count as u64;
        Ok(Some(Table {
            first_row,
            source: self.path.display().to_string(),
            columns: columns.into_iter().map(TypedColumn::finish).collect(),
            notes: Vec::new(),
            left_out: Vec::new(),
            spellings: Vec::new(),
        }))
    }
}

impl Iterator for TableChunks {
    type Item = Result<Table, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let chunk = self.read().transpose();
        self.done = !matches!(chunk, Some(Ok(_)));
        chunk
    }
}

/// The positions of names, of several that are alike the first.
fn positions(names: &[String]) -> HashMap<&str, usize> {
    let numbered = names.iter().enumerate();
    numbered
        .rev()
        .map(|(position, name)| (name.as_str(), position))
        .collect()
}

fn position(
    path: &Path,
    name: &str,
    names: &[String],
    positions: &HashMap<&str, usize>,
) -> Result<usize, FileError> {
    positions.get(name).copied().ok_or_else(|| {
        let names = names.iter().map(String::as_str).filter(|name| !name.is_empty());
        let near = nearest(name, names.clone()).map(did_you_mean);
        let (near, found) = (near.unwrap_or_default(), listed(names));
        let problem = format!("there is no column {name:?}, which is needed{near}; the table has {found}");
        FileError::contents(path, problem)
    })
}
