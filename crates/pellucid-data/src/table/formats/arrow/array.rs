//! The buffers of a batch, and the values in them.

use super::kind::{Field, Kind, Views};
use crate::files::{Budget, FileError};
use crate::table::cell::Cell;
use crate::table::type_text::{date, decimal_of_bytes, float16, time, timestamp};
use crate::table::typed_value::Value;
use polars_arrow_format::ipc::planus;
use polars_arrow_format::ipc::{BufferRef, CompressionType, FieldNodeRef, RecordBatchRef};
use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) enum Damage {
    Contents(String),
    /// It unpacks to more than it may.
    File(FileError),
}

impl From<&str> for Damage {
    fn from(reason: &str) -> Damage {
        Damage::Contents(reason.to_owned())
    }
}

impl From<planus::Error> for Damage {
    fn from(error: planus::Error) -> Damage {
        Damage::Contents(error.to_string())
    }
}

impl From<FileError> for Damage {
    fn from(error: FileError) -> Damage {
        Damage::File(error)
    }
}

impl Damage {
    /// The error of the file at `path`.
    pub(super) fn of(self, path: &Path) -> FileError {
        match self {
            Damage::Contents(reason) => FileError::damaged(path, "Arrow", reason),
            Damage::File(error) => error,
        }
    }
}

/// The buffers of a batch, in the order of its columns and their parts.
pub(super) struct Buffers<'a> {
    pub(super) rows: usize,
    body: &'a [u8],
    nodes: planus::vectors::Iter<'a, FieldNodeRef<'a>>,
    buffers: planus::vectors::Iter<'a, BufferRef<'a>>,
    views: Option<planus::vectors::Iter<'a, i64>>,
    packed: Option<CompressionType>,
    budget: &'a Budget,
}

/// The values of a column in a batch.
pub(super) struct Array<'a> {
    kind: Kind,
    rows: usize,
    /// A bit a row; empty where every row has a value.
    present: Cow<'a, [u8]>,
    values: Vec<Cow<'a, [u8]>>,
    /// Whether they are indices of values in a dictionary.
    is_index: bool,
}

const CUT_OFF: &str = "a column ends before its rows do";

impl<'a> Buffers<'a> {
    pub(super) fn new(batch: RecordBatchRef<'a>, body: &'a [u8], budget: &'a Budget) -> Result<Self, Damage> {
        let missing = "a batch has no buffers";
        Ok(Buffers {
            rows: count(batch.length()?)?,
            body,
            nodes: batch.nodes()?.ok_or(missing)?.into_iter(),
            buffers: batch.buffers()?.ok_or(missing)?.into_iter(),
            views: batch.variadic_buffer_counts()?.map(IntoIterator::into_iter),
            packed: batch.compression()?.map(|packed| packed.codec()).transpose()?,
            budget,
        })
    }

    /// The values of the next column.
    pub(super) fn array(&mut self, field: &Field) -> Result<Array<'a>, Damage> {
        let node = self
            .nodes
            .next()
            .ok_or("a batch has fewer columns than the schema")?;
        let rows = count(node.length())?;
        let kind = if field.dictionary.is_some() {
            field.index
        } else {
            field.kind
        };
        let (buffers, views) = match kind {
            Kind::Null => (0, Views::No),
            Kind::Text(_) => (3, Views::No),
            Kind::TextView => (2, Views::Yes),
            Kind::Other(buffers, views, _) => (buffers, views),
            _ => (2, Views::No),
        };
        let more = match views {
            Views::No => 0,
            Views::Yes => count(self.views.as_mut().and_then(Iterator::next).ok_or(CUT_OFF)?)?,
        };
        let is_read = !matches!(kind, Kind::Other(..));
        let mut values = Vec::new();
        for _ in 0..buffers + more {
            let buffer = self
                .buffers
                .next()
                .ok_or("a batch has fewer buffers than its columns")?;
            if is_read {
                values.push(self.unpacked(buffer)?);
            }
        }
        if field.dictionary.is_none() {
            for child in &field.children {
                self.array(child)?;
            }
        }
        let mut present = if values.is_empty() {
            Cow::default()
        } else {
            values.remove(0)
        };
        if node.null_count() == 0 {
            present = Cow::default();
        }
        let bits = rows.div_ceil(8);
        let needed = |at: usize, bytes: usize| match values.get(at) {
            Some(values)
                if rows
                    .checked_mul(bytes)
                    .is_some_and(|needed| needed <= values.len()) =>
            {
                Ok(())
            }
            _ => Err(Damage::from(CUT_OFF)),
        };
        match kind {
            _ if !present.is_empty() && present.len() < bits => return Err(CUT_OFF.into()),
            Kind::Null | Kind::Other(..) => {}
            Kind::Boolean if values.first().is_none_or(|values| values.len() < bits) => {
                return Err(CUT_OFF.into());
            }
            Kind::Boolean => {}
            Kind::Integer(size, _) | Kind::Float(size) | Kind::Decimal(size, _) => needed(0, size)?,
            Kind::Date(size) | Kind::Time(size, _) | Kind::Text(size) => needed(0, size)?,
            Kind::Timestamp(..) => needed(0, 8)?,
            Kind::TextView => needed(0, 16)?,
        }
        Ok(Array {
            kind,
            rows,
            present,
            values,
            is_index: field.dictionary.is_some(),
        })
    }

    /// The bytes of a buffer. What they promise to be unpacked is read, and no more.
    fn unpacked(&self, buffer: BufferRef<'_>) -> Result<Cow<'a, [u8]>, Damage> {
        let (start, length) = (count(buffer.offset())?, count(buffer.length())?);
        let end = start.checked_add(length).ok_or(CUT_OFF)?;
        let bytes = self
            .body
            .get(start..end)
            .ok_or("a buffer lies outside its message")?;
        let Some(codec) = self.packed.filter(|_| !bytes.is_empty()) else {
            return Ok(Cow::Borrowed(bytes));
        };
        let (length, packed) = bytes.split_first_chunk::<8>().ok_or(CUT_OFF)?;
        let length = match i64::from_le_bytes(*length) {
            // So short that packing did not pay.
            -1 => return Ok(Cow::Borrowed(packed)),
            length => u64::try_from(length).map_err(|_| Damage::from("a buffer has a length below 0"))?,
        };
        self.budget.spend(length)?;
        let mut unpacked = Vec::new();
        let read = match codec {
            CompressionType::Lz4Frame => lz4_flex::frame::FrameDecoder::new(packed)
                .take(length)
                .read_to_end(&mut unpacked),
            CompressionType::Zstd => zstd::stream::read::Decoder::new(packed)
                .and_then(|decoder| decoder.take(length).read_to_end(&mut unpacked)),
        };
        match read {
            Ok(read) if read as u64 == length => Ok(Cow::Owned(unpacked)),
            Ok(_) => Err("a buffer is shorter than it says".into()),
            Err(error) => Err(Damage::Contents(error.to_string())),
        }
    }
}

/// The values that indices stand for, in one piece or several.
#[derive(Default)]
pub(super) struct Dictionary<'a> {
    /// Each after the number of values up to its end.
    pieces: Vec<(usize, Array<'a>)>,
}

impl<'a> Dictionary<'a> {
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }

    pub(super) fn push(&mut self, piece: Array<'a>) {
        let before = self.pieces.last().map_or(0, |(end, _)| *end);
        self.pieces.push((before.saturating_add(piece.rows), piece));
    }

    fn value(&self, index: usize) -> Result<Value<'_>, Damage> {
        let at = self.pieces.partition_point(|(end, _)| *end <= index);
        let (end, piece) = self
            .pieces
            .get(at)
            .ok_or("an index is beyond the end of its dictionary")?;
        // Values of a dictionary are no indices themselves.
        piece.own_value(piece.rows - (end - index))
    }
}

impl Array<'_> {
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The value of a row below [`rows`](Self::rows), which is in one of the pieces of a dictionary if there is one.
    pub(super) fn value<'v>(
        &'v self,
        row: usize,
        dictionary: &'v Dictionary<'_>,
    ) -> Result<Value<'v>, Damage> {
        if !self.is_index {
            return self.own_value(row);
        }
        if !self.is_present(row) {
            return Ok(Value::Cell(Cell::Missing));
        }
        let index = usize::try_from(self.integer(row, self.size())).unwrap_or(usize::MAX);
        dictionary.value(index)
    }

    fn is_present(&self, row: usize) -> bool {
        self.present.is_empty() || bit(&self.present, row)
    }

    /// The value of a row that is no index.
    fn own_value(&self, row: usize) -> Result<Value<'_>, Damage> {
        let missing = Value::Cell(Cell::Missing);
        if !self.is_present(row) {
            return Ok(missing);
        }
        Ok(match self.kind {
            Kind::Boolean => Value::Cell(Cell::Boolean(bit(&self.values[0], row))),
            Kind::Integer(size, _) => Value::Cell(Cell::from_integer(self.integer(row, size))),
            Kind::Float(size) => Value::Cell(Cell::Number(self.float(row, size))),
            Kind::Decimal(size, scale) => {
                let mut bytes = self.bytes(row, size).to_vec();
                bytes.reverse();
                Value::Text(decimal_of_bytes(&bytes, scale))
            }
            Kind::Date(4) => Value::Text(date(self.integer(row, 4) as i64)),
            Kind::Date(size) => Value::Text(date(self.integer(row, size).div_euclid(86_400_000) as i64)),
            Kind::Time(size, digits) => Value::Text(time(self.integer(row, size), digits)),
            Kind::Timestamp(digits, is_utc) => Value::Text(timestamp(self.integer(row, 8), digits, is_utc)),
            Kind::Text(_) | Kind::TextView => {
                let text = self.text(row).ok_or("a text lies outside its column")?;
                Value::Cell(Cell::Text(
                    std::str::from_utf8(text).map_err(|_| Damage::from("a text is not UTF-8"))?,
                ))
            }
            Kind::Null | Kind::Other(..) => missing,
        })
    }

    /// Bytes of an integer.
    fn size(&self) -> usize {
        match self.kind {
            Kind::Integer(size, _) => size,
            _ => 8,
        }
    }

    fn bytes(&self, row: usize, size: usize) -> &[u8] {
        &self.values[0][row * size..][..size]
    }

    fn integer(&self, row: usize, size: usize) -> i128 {
        let bytes = self.bytes(row, size);
        let mut all = [0; 16];
        if !matches!(self.kind, Kind::Integer(_, false)) && bytes[size - 1] >= 0x80 {
            all = [0xff; 16];
        }
        all[..size].copy_from_slice(bytes);
        i128::from_le_bytes(all)
    }

    fn float(&self, row: usize, size: usize) -> f64 {
        match *self.bytes(row, size) {
            [a, b] => float16(u16::from_le_bytes([a, b])),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).into(),
            [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            _ => f64::NAN,
        }
    }

    fn text(&self, row: usize) -> Option<&[u8]> {
        let number = |bytes: &[u8]| usize::try_from(i32::from_le_bytes(bytes.try_into().ok()?)).ok();
        if self.kind == Kind::TextView {
            let view = self.bytes(row, 16);
            return match number(&view[..4])? {
                length @ ..=12 => view.get(4..4 + length),
                length => {
                    let (piece, start) = (number(&view[8..12])?, number(&view[12..])?);
                    self.values
                        .get(piece.checked_add(1)?)?
                        .get(start..start.checked_add(length)?)
                }
            };
        }
        let Kind::Text(size) = self.kind else { return None };
        let offset = |row: usize| {
            let bytes = self.values[0].get(row * size..(row + 1) * size)?;
            match size {
                4 => number(bytes),
                _ => usize::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok(),
            }
        };
        self.values.get(1)?.get(offset(row)?..offset(row + 1)?)
    }
}

fn bit(bits: &[u8], at: usize) -> bool {
    bits[at / 8] >> (at % 8) & 1 == 1
}

fn count(number: i64) -> Result<usize, Damage> {
    usize::try_from(number).map_err(|_| "a count is below 0".into())
}
