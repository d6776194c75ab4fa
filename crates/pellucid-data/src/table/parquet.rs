//! Parquet: flat columns of numbers, booleans and strings.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use parquet::basic::{ConvertedType, LogicalType, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::cell::Cell;
use super::header::check_names;
use super::source::Opened;
use super::typed::TypedColumn;
use super::{Column, ColumnKind};
use crate::error::{DataError, Place, Result};

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8192;

pub(super) fn read(opened: Opened) -> Result<Vec<Column>> {
    let mut rows = ParquetRows::open(opened)?;
    let all: Vec<usize> = (0..rows.columns.len()).collect();
    let mut columns: Vec<TypedColumn> = rows
        .columns
        .iter()
        .map(|(name, kind)| TypedColumn::new(name, *kind))
        .collect();
    while rows.append(&mut columns, &all, BATCH_ROWS)? > 0 {}
    Ok(columns.into_iter().map(TypedColumn::finish).collect())
}

/// The rows of a file, some at a time.
pub(super) struct ParquetRows {
    file: Box<dyn FileReader>,
    path: PathBuf,
    /// Names and kinds.
    pub(super) columns: Vec<(String, ColumnKind)>,
    /// Whether the column's integers are unsigned.
    unsigned: Vec<bool>,
    next_group: usize,
    /// The readers of the group that is being read, and how many of its rows are left.
    group: Vec<ColumnReader>,
    left: usize,
    /// Rows read so far.
    row: usize,
}

impl ParquetRows {
    pub(super) fn open(mut opened: Opened) -> Result<ParquetRows> {
        let path = opened.path.clone();
        let file: Box<dyn FileReader> = match opened.seekable.take() {
            Some(file) => Box::new(guarded(&path, || {
                SerializedFileReader::new(file).map_err(|error| damaged(&path, &error))
            })?),
            None => {
                let bytes = bytes::Bytes::from(opened.into_bytes()?);
                Box::new(guarded(&path, || {
                    SerializedFileReader::new(bytes).map_err(|error| damaged(&path, &error))
                })?)
            }
        };
        check_ranges(file.metadata(), &path)?;
        let schema = file.metadata().file_metadata().schema_descr();
        let mut columns = Vec::new();
        let mut unsigned = Vec::new();
        for column in schema.columns() {
            columns.push((column.name().to_owned(), kind_of(column, &path)?));
            unsigned.push(is_unsigned(column));
        }
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        check_names(&path, &names)?;
        if columns.is_empty() || file.metadata().file_metadata().num_rows() <= 0 {
            return Err(DataError::NoRows { path });
        }
        Ok(ParquetRows {
            file,
            path,
            columns,
            unsigned,
            next_group: 0,
            group: Vec::new(),
            left: 0,
            row: 0,
        })
    }

    /// Appends up to `rows` rows of the file's columns `wanted` to `columns`; returns how many, 0 at the end.
    pub(super) fn append(
        &mut self,
        columns: &mut [TypedColumn],
        wanted: &[usize],
        rows: usize,
    ) -> Result<usize> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(0);
            }
            let fail = |error: ParquetError| damaged(&self.path, &error);
            let group = self.file.get_row_group(self.next_group).map_err(fail)?;
            let readers = wanted
                .iter()
                .map(|&column| guarded(&self.path, || group.get_column_reader(column).map_err(fail)));
            self.group = readers.collect::<Result<_>>()?;
            self.left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            self.next_group += 1;
        }
        let count = rows.min(self.left).min(BATCH_ROWS);
        for ((reader, column), &index) in self.group.iter_mut().zip(columns).zip(wanted) {
            let batch = Batch {
                count,
                row: self.row,
                path: &self.path,
                column,
            };
            let unsigned = self.unsigned[index];
            match reader {
                ColumnReader::BoolColumnReader(reader) => batch.read(reader, |&value| Cell::Boolean(value)),
                ColumnReader::Int32ColumnReader(reader) => batch.read(reader, |&value| {
                    let unsigned = unsigned.then_some(f64::from(value.cast_unsigned()));
                    Cell::Number(unsigned.unwrap_or(f64::from(value)))
                }),
                ColumnReader::Int64ColumnReader(reader) => batch.read(reader, |&value| {
                    let unsigned = unsigned.then_some(value.cast_unsigned() as f64);
                    Cell::Number(unsigned.unwrap_or(value as f64))
                }),
                ColumnReader::FloatColumnReader(reader) => {
                    batch.read(reader, |&value| Cell::Number(f64::from(value)))
                }
                ColumnReader::DoubleColumnReader(reader) => batch.read(reader, |&value| Cell::Number(value)),
                ColumnReader::ByteArrayColumnReader(reader) => batch.read(reader, text_of),
                // Refused when the file was opened.
                _ => Ok(()),
            }?;
        }
        self.left -= count;
        self.row += count;
        Ok(count)
    }
}

/// Refuses sizes and places below 0, which the library takes for a mistake of the program.
fn check_ranges(metadata: &ParquetMetaData, path: &Path) -> Result<()> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    for column in columns {
        let start = column.dictionary_page_offset().unwrap_or(0);
        if start.min(column.data_page_offset()).min(column.compressed_size()) < 0 {
            return Err(damaged(
                path,
                &ParquetError::General("a column's place is below 0".into()),
            ));
        }
    }
    Ok(())
}

/// Makes a panic of the library over a damaged file an error.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let panicked = |_| {
        Err(damaged(
            path,
            &ParquetError::General("its contents contradict each other".into()),
        ))
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked)
}

fn text_of(value: &ByteArray) -> Cell<'_> {
    std::str::from_utf8(value.data()).map_or(Cell::Text("\u{fffd}"), Cell::Text)
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
        cell: impl for<'v> Fn(&'v T::T) -> Cell<'v>,
    ) -> Result<()> {
        let (mut levels, mut values) = (Vec::new(), Vec::new());
        // One call ends with the page, if it likes.
        let mut read = 0;
        while read < self.count {
            let (records, _, _) = guarded(self.path, || {
                reader
                    .read_records(self.count - read, Some(&mut levels), None, &mut values)
                    .map_err(|error| damaged(self.path, &error))
            })?;
            if records == 0 {
                return Err(damaged(
                    self.path,
                    &ParquetError::EOF(format!("a column ends after row {}", self.row + read)),
                ));
            }
            read += records;
        }
        // A column that must have values has no levels.
        let present = |row: usize| levels.is_empty() || levels[row] > 0;
        let mut values = values.iter();
        for row in 0..self.count {
            let cell = match present(row).then(|| values.next()).flatten() {
                Some(value) => cell(value),
                None => Cell::Missing,
            };
            self.column
                .push(cell, self.path, || Place::Row((self.row + row + 1) as u64))?;
        }
        Ok(())
    }
}

fn kind_of(column: &ColumnDescriptor, path: &Path) -> Result<ColumnKind> {
    let unsupported = |found: String| DataError::UnsupportedType {
        path: path.to_path_buf(),
        name: column.path().string(),
        found,
        expected: "flat columns of numbers, booleans or strings",
    };
    if column.path().parts().len() > 1 || column.max_rep_level() > 0 || column.max_def_level() > 1 {
        return Err(unsupported("nested (a list, map or struct)".into()));
    }
    let logical = column.logical_type_ref();
    let kind = match column.physical_type() {
        Physical::BOOLEAN => Some(ColumnKind::Boolean),
        Physical::INT32 | Physical::INT64 => match (logical, column.converted_type()) {
            (Some(LogicalType::Integer(_)), _) => Some(ColumnKind::Number),
            (Some(_), _) => None,
            (None, ConvertedType::NONE) => Some(ColumnKind::Number),
            (None, converted) => {
                let name = converted.to_string();
                (name.starts_with("INT_") || name.starts_with("UINT_")).then_some(ColumnKind::Number)
            }
        },
        Physical::FLOAT | Physical::DOUBLE => Some(ColumnKind::Number),
        Physical::BYTE_ARRAY => match (logical, column.converted_type()) {
            (Some(LogicalType::String | LogicalType::Enum), _) => Some(ColumnKind::Category),
            (None, ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::NONE) => {
                Some(ColumnKind::Category)
            }
            _ => None,
        },
        Physical::INT96 | Physical::FIXED_LEN_BYTE_ARRAY => None,
    };
    kind.ok_or_else(|| {
        let name = match (logical, column.converted_type()) {
            (Some(logical), _) => format!("{logical:?}"),
            (None, ConvertedType::NONE) => column.physical_type().to_string(),
            (None, converted) => converted.to_string(),
        };
        unsupported(format!("of the type {name}"))
    })
}

fn is_unsigned(column: &ColumnDescriptor) -> bool {
    match column.logical_type_ref() {
        Some(LogicalType::Integer(integer)) => !integer.is_signed,
        _ => column.converted_type().to_string().starts_with("UINT_"),
    }
}

pub(super) fn damaged(path: &Path, error: &ParquetError) -> DataError {
    DataError::DamagedFile {
        path: path.to_path_buf(),
        format: "Parquet",
        reason: error.to_string(),
    }
}
