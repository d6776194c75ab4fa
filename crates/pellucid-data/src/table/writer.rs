//! Writes tables in chunks of rows.

use super::columns::{ColumnKind, Table};
use super::format::RowWriter;
use super::formats::{self, Formulas};
use super::kept::KeptColumn;
use crate::files::{FileError, OutputFile};
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
///     notes: Vec::new(),
///     left_out: Vec::new(),
///     spellings: Vec::new(),
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
    /// Names of the kept columns of the first chunk.
    kept: Vec<String>,
    /// Names and kinds of its other columns.
    columns: Vec<(String, ColumnKind)>,
    /// The output until the first chunk, and then what writes to it; neither if that chunk could not be written.
    output: Option<OutputFile>,
    writer: Option<Box<dyn RowWriter>>,
    formulas: Formulas,
}

impl TableWriter {
    /// Begins to write to `output`.
    pub fn new(output: OutputFile) -> TableWriter {
        TableWriter {
            path: output.path().to_path_buf(),
            kept: Vec::new(),
            columns: Vec::new(),
            output: Some(output),
            writer: None,
            formulas: Formulas::default(),
        }
    }

    /// The same, safe to open in a spreadsheet: in text, a cell or a name that begins with `=`, `+`, `-`, `@`, a tab or a
    /// carriage return, and is no number, gets an apostrophe before it.
    #[must_use]
    pub fn safe_for_spreadsheets(self) -> Self {
        Self {
            formulas: Formulas::Quoted,
            ..self
        }
    }

    /// Appends the rows of a table with the columns of the first.
    ///
    /// # Errors
    ///
    /// The columns' names or kinds are others than those of the first table, or the disk is full or fails.
    pub fn write(&mut self, table: &Table) -> Result<(), FileError> {
        self.write_beside(&[], table)
    }

    /// The same, with columns of a source before those of the table, written as the source holds them: as its text, or in
    /// Parquet with the type that they have in a Parquet source. An empty text is null in Parquet.
    ///
    /// # Errors
    ///
    /// As [`TableWriter::write`].
    pub fn write_beside(&mut self, kept: &[KeptColumn], table: &Table) -> Result<(), FileError> {
        let columns = table.columns.iter();
        let columns: Vec<_> = columns
            .map(|column| (column.name.clone(), column.values.kind()))
            .collect();
        if let Some(output) = self.output.take() {
            self.writer = Some(formats::writer(output, kept, &columns, self.formulas)?);
            self.kept = kept.iter().map(|kept| kept.name.clone()).collect();
            self.columns.clone_from(&columns);
        }
        let writer = self.writer.as_mut().ok_or_else(|| failed(&self.path))?;
        let same_kept = kept.iter().map(|kept| &kept.name).eq(&self.kept);
        if self.columns != columns || !same_kept {
            let (expected, found) = (list(&self.columns), list(&columns));
            let reason = format!("expected the columns {expected}, as before, found {found}");
            return Err(FileError::from_write(&self.path, reason));
        }
        writer.write(kept, table)
    }

    /// Writes what is left, waits until all is on disk, and puts the file in its place.
    ///
    /// # Errors
    ///
    /// The disk is full or fails; the previous contents are then unchanged.
    pub fn finish(self) -> Result<(), FileError> {
        match (self.output, self.writer) {
            (Some(output), _) => output.commit(),
            (None, Some(writer)) => writer.finish(),
            (None, None) => Err(failed(&self.path)),
        }
    }
}

/// A table as CSV in memory, as [`TableWriter`] writes it to a file.
///
/// ```
/// use pellucid_data::{csv_bytes, load_builtin};
/// let csv = csv_bytes(&load_builtin("iris", 0)?);
/// assert!(csv.starts_with(b"sepal_length,sepal_width,petal_length,petal_width,species\n5.1,3.5,"));
/// # Ok::<(), pellucid_data::FileError>(())
/// ```
pub fn csv_bytes(table: &Table) -> Vec<u8> {
    formats::csv_of(table)
}

fn failed(path: &Path) -> FileError {
    FileError::from_write(path, "an earlier chunk could not be written")
}

fn list(columns: &[(String, ColumnKind)]) -> String {
    let columns = columns.iter().map(|(name, kind)| format!("{name} ({kind})"));
    columns.collect::<Vec<_>>().join(", ")
}
