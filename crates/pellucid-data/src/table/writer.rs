//! Writes tables in chunks of rows.

use super::columns::{ColumnKind, Table};
use super::error::TableError;
use super::format::{Format, RowWriter};
use super::formats;
use crate::files::{FileError, OutputFile, OutputStream};
use std::path::{Path, PathBuf};

/// Writes a table, chunk after chunk, in the format that the file's extension names: `.parquet`, `.tsv`, otherwise CSV.
/// The file takes its place after the last chunk; dropped before, the writer leaves what was there.
///
/// Numbers are written with as many digits as it takes to read the same number again. A missing value is an empty cell,
/// in Parquet null.
///
/// ```
/// use pellucid_data::{Column, OutputFile, Table, TableWriter, Values};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("predictions.csv");
/// let chunk = |values: Vec<f64>| Table {
///     first_row: 0,
///     source: "predictions".into(),
///     columns: vec![Column { name: "price".into(), values: Values::Numbers(values) }],
/// };
/// let mut writer = TableWriter::new(OutputFile::prepare(&path)?);
/// writer.write(&chunk(vec![0.1, 2.0]))?;
/// writer.write(&chunk(vec![f64::NAN, -3.0]))?;
/// writer.finish()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "price\n0.1\n2\n\"\"\n-3\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TableWriter {
    path: PathBuf,
    format: &'static dyn Format,
    /// Names and kinds of the first chunk.
    columns: Vec<(String, ColumnKind)>,
    state: State,
}

enum State {
    /// No chunk is written yet.
    Unopened(OutputStream),
    Open(Box<dyn RowWriter>),
    /// The first chunk could not be written.
    Failed,
}

impl TableWriter {
    /// Begins to write to `output`.
    pub fn new(output: OutputFile) -> TableWriter {
        let path = output.path().to_path_buf();
        TableWriter {
            format: formats::for_path(&path),
            path,
            columns: Vec::new(),
            state: State::Unopened(output.into_stream()),
        }
    }

    /// Appends the rows of a table with the columns of the first.
    ///
    /// # Errors
    ///
    /// The columns' names or kinds are others than those of the first table, or the disk is full or fails.
    pub fn write(&mut self, table: &Table) -> Result<(), TableError> {
        let columns = table
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.values.kind()));
        let columns: Vec<_> = columns.collect();
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Unopened(output) => {
                self.state = State::Open(self.format.writer(output, &columns)?);
                self.columns.clone_from(&columns);
            }
            state => self.state = state,
        }
        if !matches!(self.state, State::Failed) && self.columns != columns {
            let (expected, found) = (list(&self.columns), list(&columns));
            let reason = format!("expected the columns {expected}, as before, found {found}");
            return Err(FileError::from_write(&self.path, reason).into());
        }
        match &mut self.state {
            State::Open(writer) => Ok(writer.write(table)?),
            State::Unopened(_) | State::Failed => Err(failed(&self.path)),
        }
    }

    /// Writes what is left, waits until all is on disk, and puts the file in its place.
    ///
    /// # Errors
    ///
    /// The disk is full or fails; the previous contents are then unchanged.
    pub fn finish(self) -> Result<(), TableError> {
        match self.state {
            State::Open(writer) => Ok(writer.finish()?),
            State::Unopened(output) => Ok(output.commit()?),
            State::Failed => Err(failed(&self.path)),
        }
    }
}

fn failed(path: &Path) -> TableError {
    FileError::from_write(path, "an earlier chunk could not be written").into()
}

fn list(columns: &[(String, ColumnKind)]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name} ({kind})"))
        .collect();
    columns.join(", ")
}
