//! Values of a Parquet column with their type, as the file holds them.

use super::Texts;
use crate::table::parquet_type::Meaning;
use parquet::basic::{Repetition, Type as Physical};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::{ColumnDescriptor, TypePtr};

/// Rows of a column.
#[derive(Debug, Clone)]
pub(in crate::table) struct ParquetCells {
    /// The type of the column, which the output has as well.
    kind: TypePtr,
    /// What its values stand for, unless nothing is known of that.
    meaning: Option<Meaning>,
    /// Whether each row has a value; of a column that needs one in each, empty.
    present: Vec<i16>,
    /// The level of a row with a value.
    top: i16,
    rows: usize,
    values: Stored,
}

#[derive(Debug, Clone)]
enum Stored {
    Booleans(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl ParquetCells {
    /// No rows yet. `None` for a column of lists, a row of which is many values.
    pub(in crate::table) fn new(column: &ColumnDescriptor) -> Option<ParquetCells> {
        let values = match column.physical_type() {
            Physical::BOOLEAN => Stored::Booleans(Vec::new()),
            Physical::INT32 => Stored::Int32(Vec::new()),
            Physical::INT64 => Stored::Int64(Vec::new()),
            Physical::INT96 => Stored::Int96(Vec::new()),
            Physical::FLOAT => Stored::Floats(Vec::new()),
            Physical::DOUBLE => Stored::Doubles(Vec::new()),
            Physical::BYTE_ARRAY => Stored::Bytes(Vec::new()),
            Physical::FIXED_LEN_BYTE_ARRAY => Stored::Fixed(Vec::new()),
        };
        let is_flat = column.max_rep_level() == 0 && column.path().parts().len() == 1;
        is_flat.then(|| ParquetCells {
            kind: column.self_type_ptr(),
            meaning: Meaning::of(column).ok(),
            present: Vec::new(),
            top: column.max_def_level(),
            rows: 0,
            values,
        })
    }

    /// Reads `count` further rows.
    pub(in crate::table) fn read(&mut self, reader: &mut ColumnReader, count: usize) -> Result<()> {
        let end = self.rows + count;
        while self.rows < end {
            let left = end - self.rows;
            let levels = Some(&mut self.present);
            macro_rules! read {
                ($($reader:ident, $stored:ident;)*) => {
                    match (&mut *reader, &mut self.values) {
                        $((ColumnReader::$reader(reader), Stored::$stored(values)) => {
                            reader.read_records(left, levels, None, values)
                        })*
                        _ => return Err(ParquetError::General("a column changes its type".into())),
                    }
                };
            }
            let (rows, ..) = read! {
                BoolColumnReader, Booleans;
                Int32ColumnReader, Int32;
                Int64ColumnReader, Int64;
                Int96ColumnReader, Int96;
                FloatColumnReader, Floats;
                DoubleColumnReader, Doubles;
                ByteArrayColumnReader, Bytes;
                FixedLenByteArrayColumnReader, Fixed;
            }?;
            if rows == 0 {
                let problem = format!("a column ends after row {}", self.rows);
                return Err(ParquetError::EOF(problem));
            }
            self.rows += rows;
        }
        Ok(())
    }

    pub(in crate::table) fn kind(&self) -> &TypePtr {
        &self.kind
    }

    /// Writes all rows as the next column of a group.
    pub(in crate::table) fn write<W: std::io::Write + Send>(
        &self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<()> {
        let Some(mut writer) = group.next_column()? else {
            return Ok(());
        };
        let is_required = self.kind.get_basic_info().repetition() == Repetition::REQUIRED;
        let levels = (!is_required).then_some(&self.present[..]);
        macro_rules! write {
            ($type:ident, $values:expr) => {
                writer
                    .typed::<parquet::data_type::$type>()
                    .write_batch($values, levels, None)
            };
        }
        match &self.values {
            Stored::Booleans(values) => write!(BoolType, values),
            Stored::Int32(values) => write!(Int32Type, values),
            Stored::Int64(values) => write!(Int64Type, values),
            Stored::Int96(values) => write!(Int96Type, values),
            Stored::Floats(values) => write!(FloatType, values),
            Stored::Doubles(values) => write!(DoubleType, values),
            Stored::Bytes(values) => write!(ByteArrayType, values),
            Stored::Fixed(values) => write!(FixedLenByteArrayType, values),
        }?;
        writer.close()
    }

    /// The rows as text: numbers with all their digits, dates and times as ISO 8601 writes them.
    pub(super) fn texts(&self) -> Texts {
        let meaning = self.meaning;
        let integer = |value: i64| match meaning {
            Some(meaning) => meaning.of_int64(value).into_text(),
            None => value.to_string(),
        };
        let bytes = |bytes: &[u8]| meaning.unwrap_or(Meaning::Text).of_bytes(bytes).into_text();
        match &self.values {
            Stored::Booleans(values) => self.texts_of(values, ToString::to_string),
            Stored::Int32(values) => self.texts_of(values, |&value| match meaning {
                Some(meaning) => meaning.of_int32(value).into_text(),
                None => value.to_string(),
            }),
            Stored::Int64(values) => self.texts_of(values, |&value| integer(value)),
            Stored::Int96(values) => self.texts_of(values, |value| Meaning::of_int96(value).into_text()),
            Stored::Floats(values) => self.texts_of(values, ToString::to_string),
            Stored::Doubles(values) => self.texts_of(values, ToString::to_string),
            Stored::Bytes(values) => self.texts_of(values, |value| bytes(value.data())),
            Stored::Fixed(values) => self.texts_of(values, |value| bytes(value.data())),
        }
    }

    fn texts_of<T>(&self, values: &[T], text: impl Fn(&T) -> String) -> Texts {
        let mut texts = Texts::default();
        let mut values = values.iter();
        for row in 0..self.rows {
            let is_present = self.present.get(row).is_none_or(|&level| level == self.top);
            match is_present.then(|| values.next()).flatten() {
                Some(value) => texts.push(&text(value)),
                None => texts.push(""),
            }
        }
        texts
    }
}
