//! Parquet: flat columns of numbers, booleans, strings, dates and times; other columns are left out.

use super::super::cell::{Cell, boolean};
use super::super::columns::{Categories, ColumnKind, Table, Values};
use super::super::error::{no_rows, unsupported};
use super::super::format::{Contents, Expected, Format, NamedRows, ReadOptions, RowReader, RowWriter};
use super::super::kept::{KeptCells, KeptColumn, ParquetCells, Texts};
use super::super::names::check_names;
use super::super::parquet_type::Meaning;
use super::super::source::OpenSource;
use super::super::typed::TypedColumn;
use super::super::typed_value::Value;
use crate::files::{FileError, OutputFile};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnDescPtr, ColumnDescriptor, Type, TypePtr};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Parquet files. Each written chunk is a row group, in which numbers are doubles and words strings.
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
            Some(TypedColumn::exact(name, (*meaning)?.kind(), position))
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

/// The rows of a file, in pieces.
struct ParquetRows {
    file: Box<dyn FileReader>,
    path: PathBuf,
    /// What each column holds; none of one that cannot be a feature.
    meanings: Vec<Option<Meaning>>,
    notes: Vec<String>,
    /// The names of the others.
    left_out: Vec<String>,
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
        let path = source.path.clone();
        let file: Box<dyn FileReader> = match source.seekable.take() {
            Some(file) => Box::new(guarded(&path, || SerializedFileReader::new(file))?),
            None => {
                let bytes = bytes::Bytes::from(source.into_bytes()?);
                Box::new(guarded(&path, || SerializedFileReader::new(bytes))?)
            }
        };
        check_ranges(file.metadata(), &path)?;
        let metadata = file.metadata().file_metadata();
        let columns = metadata.schema_descr().columns();
        let (mut notes, mut left_out) = (Vec::new(), Vec::<String>::new());
        let mut meanings = Vec::new();
        for column in columns {
            meanings.push(match Meaning::of(column) {
                Ok(meaning) => Some(meaning),
                Err(found) => {
                    // Its parts, if it has several, are columns of the file.
                    let name = column.path().parts().first().map_or("", String::as_str);
                    let note = format!("column {name:?} is left out: it is {found}");
                    if !left_out.iter().any(|other| other == name) {
                        left_out.push(name.to_owned());
                        notes.push(note);
                    }
                    None
                }
            });
        }
        // Those that cannot be features can be repeated, if they have a value a row.
        let name = |column: &ColumnDescPtr| match column.path().parts() {
            [name] if column.max_rep_level() == 0 => name.clone(),
            _ => String::new(),
        };
        let names: Vec<String> = columns.iter().map(name).collect();
        let read: Vec<String> = names.iter().filter(|name| !name.is_empty()).cloned().collect();
        check_names(&path, &read)?;
        if metadata.num_rows() <= 0 {
            return Err(no_rows(&path));
        }
        if meanings.iter().all(Option::is_none) {
            let problem = format!("no column of the table can be read; {}", notes.join("; "));
            return Err(FileError::contents(&path, problem));
        }
        let rows = ParquetRows {
            file,
            path,
            meanings,
            notes,
            left_out,
            next_group: 0,
            group: Vec::new(),
            left: 0,
            row: 0,
        };
        Ok((names, rows))
    }
}

impl RowReader for ParquetRows {
    fn append(&mut self, columns: &mut [TypedColumn], rows: usize) -> Result<usize, FileError> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(0);
            }
            let group = self.file.get_row_group(self.next_group);
            let group = group.map_err(|error| damaged(&self.path, error))?;
            let readers = columns
                .iter()
                .map(|column| guarded(&self.path, || group.get_column_reader(column.position)));
            self.group = readers.collect::<Result<_, _>>()?;
            self.left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            self.next_group += 1;
        }
        let count = rows.min(self.left).min(BATCH_ROWS);
        for (reader, column) in self.group.iter_mut().zip(columns) {
            let schema = self.file.metadata().file_metadata().schema_descr();
            let kind = schema.column(column.position);
            if column.kept_rows().is_some() {
                read_kept(&kind, reader, column, count, &self.path)?;
                continue;
            }
            let Some(meaning) = self.meanings[column.position] else {
                let found = Meaning::of(&kind).err().unwrap_or_default();
                let expected = "numbers, booleans, strings, dates or times";
                return Err(unsupported(&self.path, kind.name(), found, expected));
            };
            let batch = Batch {
                count,
                row: self.row,
                path: &self.path,
                column,
            };
            match reader {
                ColumnReader::BoolColumnReader(reader) => {
                    batch.read(reader, |&value| Value::Cell(Cell::Boolean(value)))
                }
                ColumnReader::Int32ColumnReader(reader) => {
                    batch.read(reader, |&value| meaning.of_int32(value))
                }
                ColumnReader::Int64ColumnReader(reader) => {
                    batch.read(reader, |&value| meaning.of_int64(value))
                }
                ColumnReader::Int96ColumnReader(reader) => batch.read(reader, Meaning::of_int96),
                ColumnReader::FloatColumnReader(reader) => {
                    batch.read(reader, |&value| Value::Cell(Cell::Number(f64::from(value))))
                }
                ColumnReader::DoubleColumnReader(reader) => {
                    batch.read(reader, |&value| Value::Cell(Cell::Number(value)))
                }
                ColumnReader::ByteArrayColumnReader(reader) => {
                    batch.read(reader, |value| meaning.of_bytes(value.data()))
                }
                ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                    batch.read(reader, |value| meaning.of_bytes(value.data()))
                }
            }?;
        }
        self.left -= count;
        self.row += count;
        Ok(count)
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }
}

/// Appends rows to a column that is to be repeated as it is.
fn read_kept(
    kind: &ColumnDescriptor,
    reader: &mut ColumnReader,
    column: &mut TypedColumn,
    count: usize,
    path: &Path,
) -> Result<(), FileError> {
    let Some(new) = ParquetCells::new(kind) else {
        let expected = "one value a row, to be repeated beside the predictions";
        return Err(unsupported(
            path,
            &kind.path().string(),
            "nested (a list, map or struct)",
            expected,
        ));
    };
    match column.kept_rows().and_then(|rows| rows.parquet(|| new)) {
        Some(rows) => guarded(path, || rows.read(reader, count)),
        None => Ok(()),
    }
}

/// Refuses negative sizes and offsets, at which the library panics.
fn check_ranges(metadata: &ParquetMetaData, path: &Path) -> Result<(), FileError> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    for column in columns {
        let start = column.dictionary_page_offset().unwrap_or(0);
        if start.min(column.data_page_offset()).min(column.compressed_size()) < 0 {
            return Err(damaged(path, "a column's offset is below 0"));
        }
    }
    Ok(())
}

/// Calls the library; its errors, and its panics over a damaged file, become errors of the file.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, FileError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| damaged(path, error)),
        Err(_) => Err(damaged(path, "its contents contradict each other")),
    }
}

/// Rows of one column that are being read.
struct Batch<'a> {
    count: usize,
    row: usize,
    path: &'a Path,
    column: &'a mut TypedColumn,
}

impl Batch<'_> {
    fn read<T: DataType>(
        self,
        reader: &mut ColumnReaderImpl<T>,
        value_of: impl for<'v> Fn(&'v T::T) -> Value<'v>,
    ) -> Result<(), FileError> {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        // One call may end with the page.
        let mut read = 0;
        while read < self.count {
            let (records, _, _) = guarded(self.path, || {
                reader.read_records(self.count - read, Some(&mut levels), None, &mut values)
            })?;
            if records == 0 {
                let error = ParquetError::EOF(format!("a column ends after row {}", self.row + read));
                return Err(damaged(self.path, error));
            }
            read += records;
        }
        // A column that must have values has no levels.
        let present = |row: usize| levels.is_empty() || levels[row] > 0;
        let mut values = values.iter();
        for row in 0..self.count {
            let value = present(row).then(|| values.next()).flatten().map(&value_of);
            let cell = value.as_ref().map_or(Cell::Missing, Value::as_cell);
            let place = || format!("row {}", self.row + row + 1);
            self.column.push(cell, self.path, place)?;
        }
        Ok(())
    }
}

fn damaged(path: &Path, reason: impl Display) -> FileError {
    FileError::damaged(path, Parquet.name(), reason)
}

struct ParquetWriter {
    writer: SerializedFileWriter<OutputFile>,
    path: PathBuf,
}

/// Begins to write a file.
pub(super) fn writer(
    output: OutputFile,
    kept: &[KeptColumn],
    columns: &Expected,
) -> Result<Box<dyn RowWriter>, FileError> {
    let path = output.path().to_path_buf();
    let writer = open_writer(output, kept, columns).map_err(|error| FileError::from_write(&path, error))?;
    Ok(Box::new(ParquetWriter { writer, path }))
}

impl RowWriter for ParquetWriter {
    fn write(&mut self, kept: &[KeptColumn], table: &Table) -> Result<(), FileError> {
        write_row_group(&mut self.writer, kept, table)
            .map_err(|error| FileError::from_write(&self.path, error))
    }

    fn finish(self: Box<Self>) -> Result<(), FileError> {
        let output = self.writer.into_inner();
        output
            .map_err(|error| FileError::from_write(&self.path, error))?
            .commit()
    }
}

fn open_writer(
    output: OutputFile,
    kept: &[KeptColumn],
    columns: &Expected,
) -> Result<SerializedFileWriter<OutputFile>, ParquetError> {
    let kept = kept.iter().map(|column| match &column.cells {
        KeptCells::Text(_) => type_of(&column.name, ColumnKind::Category),
        KeptCells::Parquet(cells) => Ok(cells.kind().clone()),
        KeptCells::Values(values) => type_of(&column.name, values.kind()),
    });
    let columns = columns.iter().map(|(name, kind)| type_of(name, *kind));
    let fields = kept.chain(columns).collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties))
}

/// The type of a written column.
fn type_of(name: &str, kind: ColumnKind) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match kind {
        ColumnKind::Number => (Physical::DOUBLE, None),
        ColumnKind::Category => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Boolean => (Physical::BOOLEAN, None),
    };
    let built = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build();
    built.map(Arc::new)
}

type Group<'a> = SerializedRowGroupWriter<'a, OutputFile>;

fn write_row_group(
    writer: &mut SerializedFileWriter<OutputFile>,
    kept: &[KeptColumn],
    table: &Table,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for column in kept {
        match &column.cells {
            KeptCells::Text(texts) => write_texts(&mut group, texts)?,
            KeptCells::Parquet(cells) => cells.write(&mut group)?,
            KeptCells::Values(values) => write_values(&mut group, values)?,
        }
    }
    for column in &table.columns {
        write_values(&mut group, &column.values)?;
    }
    group.close().map(|_| ())
}

fn write_texts(group: &mut Group<'_>, texts: &Texts) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Ok(());
    };
    let all = || (0..texts.len()).map(|row| texts.get(row));
    let levels: Vec<i16> = all().map(|text| i16::from(!text.is_empty())).collect();
    let known: Vec<ByteArray> = all()
        .filter(|text| !text.is_empty())
        .map(ByteArray::from)
        .collect();
    writer
        .typed::<ByteArrayType>()
        .write_batch(&known, Some(&levels), None)?;
    writer.close()
}

fn write_values(group: &mut Group<'_>, values: &Values) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Ok(());
    };
    let levels = (0..values.len()).map(|row| i16::from(!values.is_missing(row)));
    let levels: Vec<i16> = levels.collect();
    let levels = Some(&levels[..]);
    match values {
        Values::Numbers(values) => {
            let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
            writer.typed::<DoubleType>().write_batch(&known, levels, None)?;
        }
        Values::Booleans(words) => {
            let known: Vec<bool> = known_codes(words).map(|code| means_true(words, code)).collect();
            writer.typed::<BoolType>().write_batch(&known, levels, None)?;
        }
        Values::Categories(words) => {
            let names: Vec<ByteArray> = words.names.iter().map(|name| name.as_str().into()).collect();
            let known: Vec<ByteArray> = known_codes(words).map(|code| names[code].clone()).collect();
            writer
                .typed::<ByteArrayType>()
                .write_batch(&known, levels, None)?;
        }
    }
    writer.close()
}

fn known_codes(words: &Categories) -> impl Iterator<Item = usize> {
    let known = words.codes.iter().filter(|&&code| code != Categories::MISSING);
    known.map(|&code| code as usize)
}

/// Whether a boolean column's word means true.
fn means_true(words: &Categories, code: usize) -> bool {
    boolean(&words.names[code]).map_or(code == 1, |(_, meaning)| meaning)
}

#[cfg(test)]
mod tests;
