//! Values of a Parquet column with their type, as the file holds them.

use super::Texts;
use crate::table::parquet_file::{ColumnReader, Fault, Stored};
use crate::table::parquet_type::Meaning;
use parquet::basic::Repetition;
use parquet::errors::ParquetError;
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

impl ParquetCells {
    /// No rows yet of a column with one value a row.
    pub(in crate::table) fn new(column: &ColumnDescriptor) -> ParquetCells {
        ParquetCells {
            kind: column.self_type_ptr(),
            meaning: Meaning::of(column).ok(),
            present: Vec::new(),
            top: column.max_def_level(),
            rows: 0,
            values: Stored::of(column.physical_type()),
        }
    }

    /// Reads `count` further rows.
    pub(in crate::table) fn read(&mut self, reader: &mut ColumnReader, count: usize) -> Result<(), Fault> {
        let end = self.rows + count;
        while self.rows < end {
            match reader.read(end - self.rows, &mut self.present, &mut self.values)? {
                0 => return Err("a column ends before its rows do".into()),
                rows => self.rows += rows,
            }
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
    ) -> Result<(), ParquetError> {
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
