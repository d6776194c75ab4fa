//! Writes Parquet: each written chunk is a row group, in which numbers are doubles and words strings.

use super::super::super::cell::boolean;
use super::super::super::columns::{Categories, ColumnKind, Table, Values};
use super::super::super::format::{Expected, RowWriter};
use super::super::super::kept::{KeptCells, KeptColumn, Texts};
use crate::files::{FileError, OutputFile};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use std::path::PathBuf;
use std::sync::Arc;

struct ParquetWriter {
    writer: SerializedFileWriter<OutputFile>,
    path: PathBuf,
    /// The kept columns with their types, which those of every chunk have.
    kept: Vec<TypePtr>,
}

/// Begins to write a file.
pub(in super::super) fn writer(
    output: OutputFile,
    kept: &[KeptColumn],
    columns: &Expected,
) -> Result<Box<dyn RowWriter>, FileError> {
    let path = output.path().to_path_buf();
    let refused = |error| FileError::from_write(&path, error);
    let kept = types_of(kept).map_err(refused)?;
    let writer = open_writer(output, &kept, columns).map_err(refused)?;
    Ok(Box::new(ParquetWriter { writer, path, kept }))
}

impl RowWriter for ParquetWriter {
    fn write(&mut self, kept: &[KeptColumn], table: &Table) -> Result<(), FileError> {
        let types = types_of(kept).map_err(|error| FileError::from_write(&self.path, error))?;
        let mut pairs = types.iter().zip(&self.kept);
        if let Some((found, expected)) = pairs.find(|(found, expected)| !are_alike(found, expected)) {
            let problem = format!(
                "column {:?} of {} is {} there and {} in the rows before, and a column of Parquet has one type; write CSV, or \
                 leave the column out",
                found.name(),
                table.source,
                shown(found),
                shown(expected)
            );
            return Err(FileError::from_write(&self.path, problem));
        }
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
    kept: &[TypePtr],
    columns: &Expected,
) -> Result<SerializedFileWriter<OutputFile>, ParquetError> {
    let columns = columns.iter().map(|(name, kind)| type_of(name, *kind));
    let fields = kept
        .iter()
        .cloned()
        .map(Ok)
        .chain(columns)
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("table").with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .build();
    SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties))
}

/// The types of kept columns.
fn types_of(kept: &[KeptColumn]) -> Result<Vec<TypePtr>, ParquetError> {
    let types = kept.iter().map(|column| match &column.cells {
        KeptCells::Text(_) => type_of(&column.name, ColumnKind::Category),
        KeptCells::Parquet(cells) => Ok(cells.kind().clone()),
        KeptCells::Values(values) => type_of(&column.name, values.kind()),
    });
    types.collect()
}

/// Whether values of both types are written alike.
fn are_alike(one: &Type, other: &Type) -> bool {
    let of = |kind: &Type| {
        let info = kind.get_basic_info();
        (
            kind.get_physical_type(),
            info.repetition(),
            info.logical_type_ref().cloned(),
        )
    };
    of(one) == of(other)
}

/// A type in the format's words.
fn shown(kind: &Type) -> String {
    let repetition = kind.get_basic_info().repetition();
    format!("{repetition} {}", kind.get_physical_type())
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
