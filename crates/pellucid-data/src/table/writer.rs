//! Tables to files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use super::{Categories, Column, ColumnKind, Table, Values};
use crate::error::{DataError, Result};
use crate::replace_file::{OutputFile, OutputStream};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Text with this byte between cells.
    Delimited(u8),
    /// Parquet.
    Parquet,
}

impl TableFormat {
    /// The format that a file's name asks for: `.parquet`, `.tsv`; everything else is CSV.
    pub fn of_path(path: &Path) -> TableFormat {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("parquet") => TableFormat::Parquet,
            Some("tsv") => TableFormat::Delimited(b'\t'),
            _ => TableFormat::Delimited(b','),
        }
    }
}

/// Writes a table, chunk after chunk. The file takes its place when the last is written; dropped before, it leaves what was
/// there.
///
/// Numbers are written with as many digits as it takes to read the same number again. A missing value is an empty cell,
/// in Parquet null. Each chunk becomes a row group of Parquet, where numbers are doubles and words strings.
///
/// ```
/// use pellucid_data::{Column, OutputFile, Table, TableFormat, TableWriter, Values};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("predictions.csv");
/// let chunk = |values: Vec<f64>| Table {
///     first_row: 0,
///     source: "predictions".into(),
///     columns: vec![Column { name: "price".into(), values: Values::Numbers(values) }],
/// };
/// let mut writer = TableWriter::new(OutputFile::prepare(&path)?, TableFormat::of_path(&path));
/// writer.write(&chunk(vec![0.1, 2.0]))?;
/// writer.write(&chunk(vec![f64::NAN, -3.0]))?;
/// writer.finish()?;
/// assert_eq!(std::fs::read_to_string(&path)?, "price\n0.1\n2\n\"\"\n-3\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TableWriter {
    path: PathBuf,
    state: State,
    /// Names and kinds of the first chunk.
    columns: Option<Vec<(String, ColumnKind)>>,
}

enum State {
    Delimited(Box<csv::Writer<OutputStream>>),
    /// Parquet needs the columns before it begins.
    Unopened(OutputStream),
    Parquet(Box<SerializedFileWriter<OutputStream>>),
    /// An error has taken the file.
    Failed,
}

impl TableWriter {
    /// Begins to write to `output`.
    pub fn new(output: OutputFile, format: TableFormat) -> TableWriter {
        let path = output.path().to_path_buf();
        let stream = output.into_stream();
        let state = match format {
            TableFormat::Delimited(delimiter) => State::Delimited(Box::new(
                csv::WriterBuilder::new().delimiter(delimiter).from_writer(stream),
            )),
            TableFormat::Parquet => State::Unopened(stream),
        };
        TableWriter {
            path,
            state,
            columns: None,
        }
    }

    /// Appends the rows of a table with the columns of the first.
    ///
    /// # Errors
    ///
    /// Where the columns' names or kinds are others than those of the first, or the disk is full or fails.
    pub fn write(&mut self, table: &Table) -> Result<()> {
        let columns: Vec<(String, ColumnKind)> = table
            .columns
            .iter()
            .map(|column| (column.name.clone(), column.values.kind()))
            .collect();
        let is_first = self.columns.is_none();
        let expected = self.columns.get_or_insert_with(|| columns.clone());
        if *expected != columns {
            return Err(DataError::OtherColumns {
                path: self.path.clone(),
                expected: list(expected),
                found: list(&columns),
            });
        }
        if let State::Unopened(_) = self.state
            && let State::Unopened(stream) = std::mem::replace(&mut self.state, State::Failed)
        {
            let writer = open_parquet(stream, &columns).map_err(|error| self.failed(&error))?;
            self.state = State::Parquet(Box::new(writer));
        }
        match &mut self.state {
            State::Delimited(writer) => {
                write_delimited(writer, table, is_first).map_err(|error| match error.kind() {
                    csv::ErrorKind::Io(error) => text_failed(&self.path, error),
                    _ => self.failed(&error),
                })
            }
            State::Parquet(writer) => write_row_group(writer, table).map_err(|error| self.failed(&error)),
            State::Unopened(_) | State::Failed => Err(self.failed(&"it could not be opened")),
        }
    }

    /// Writes what is left, waits until all is on disk, and puts the file in its place.
    ///
    /// # Errors
    ///
    /// Where the disk is full or fails; what was there before is then unchanged.
    pub fn finish(self) -> Result<()> {
        let failed = |error: &dyn ToString| failed(&self.path, error);
        match self.state {
            State::Delimited(writer) => writer
                .into_inner()
                .map_err(|error| text_failed(&self.path, error.error()))?
                .commit(),
            State::Parquet(writer) => writer.into_inner().map_err(|error| failed(&error))?.commit(),
            State::Unopened(stream) => stream.commit(),
            State::Failed => Err(failed(&"an earlier chunk could not be written")),
        }
    }

    fn failed(&self, error: &dyn ToString) -> DataError {
        failed(&self.path, error)
    }
}

fn text_failed(path: &Path, error: &std::io::Error) -> DataError {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => DataError::ReaderGone {
            path: path.to_path_buf(),
        },
        _ => failed(path, error),
    }
}

fn failed(path: &Path, error: &dyn ToString) -> DataError {
    DataError::Output {
        path: path.to_path_buf(),
        reason: error.to_string(),
    }
}

fn list(columns: &[(String, ColumnKind)]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name} ({})", format!("{kind:?}").to_lowercase()))
        .collect();
    columns.join(", ")
}

fn write_delimited(writer: &mut csv::Writer<OutputStream>, table: &Table, header: bool) -> csv::Result<()> {
    if header {
        writer.write_record(table.columns.iter().map(|column| &column.name))?;
    }
    let mut number = Vec::new();
    for row in 0..table.rows() {
        for column in &table.columns {
            match &column.values {
                Values::Numbers(values) if values[row].is_nan() => writer.write_field("")?,
                Values::Numbers(values) => {
                    number.clear();
                    write!(number, "{}", values[row])?;
                    writer.write_field(&number)?;
                }
                Values::Categories(words) | Values::Booleans(words) => {
                    writer.write_field(words.get(row).unwrap_or(""))?;
                }
            }
        }
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(())
}

fn open_parquet(
    stream: OutputStream,
    columns: &[(String, ColumnKind)],
) -> Result<SerializedFileWriter<OutputStream>, ParquetError> {
    let fields = columns
        .iter()
        .map(|(name, kind)| {
            let (physical, logical) = match kind {
                ColumnKind::Number => (Physical::DOUBLE, None),
                ColumnKind::Category => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
                ColumnKind::Boolean => (Physical::BOOLEAN, None),
            };
            Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical)
                .build()
                .map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    SerializedFileWriter::new(stream, Arc::new(schema), Arc::new(properties))
}

fn write_row_group(
    writer: &mut SerializedFileWriter<OutputStream>,
    table: &Table,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for column in &table.columns {
        let Some(mut writer) = group.next_column()? else {
            break;
        };
        let levels: Vec<i16> = (0..table.rows())
            .map(|row| i16::from(!column.values.is_missing(row)))
            .collect();
        match &column.values {
            Values::Numbers(values) => {
                let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
                writer
                    .typed::<DoubleType>()
                    .write_batch(&known, Some(&levels), None)?;
            }
            Values::Booleans(words) => {
                let known: Vec<bool> = known_codes(words).map(|code| means_true(column, code)).collect();
                writer
                    .typed::<BoolType>()
                    .write_batch(&known, Some(&levels), None)?;
            }
            Values::Categories(words) => {
                let names: Vec<ByteArray> = words.names.iter().map(|name| name.as_str().into()).collect();
                let known: Vec<ByteArray> = known_codes(words).map(|code| names[code].clone()).collect();
                writer
                    .typed::<ByteArrayType>()
                    .write_batch(&known, Some(&levels), None)?;
            }
        }
        writer.close()?;
    }
    group.close().map(|_| ())
}

fn known_codes(words: &Categories) -> impl Iterator<Item = usize> {
    let known = words.codes.iter().filter(|&&code| code != Categories::MISSING);
    known.map(|&code| code as usize)
}

/// Of a boolean column's word.
fn means_true(column: &Column, code: usize) -> bool {
    match &column.values {
        Values::Booleans(words) => {
            super::cell::boolean(&words.names[code]).map_or(code == 1, |(_, meaning)| meaning)
        }
        _ => false,
    }
}
