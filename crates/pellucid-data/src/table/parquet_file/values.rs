//! The values of a page.

use super::encodings::{ENDS, differences, runs};
use super::fault::Fault;
use super::stored::Stored;
use crate::files::Budget;
use bytes::Bytes;
use parquet::basic::Type as Physical;
use parquet::data_type::{ByteArray, Int96};
use parquet::schema::types::ColumnDescriptor;

/// The memory that a value of bytes takes beside them.
const BYTES_OF_A_VALUE: u64 = 32;

/// `count` values of a page, as the encoding of this number writes them.
pub(super) fn decoded(
    kind: &ColumnDescriptor,
    encoding: i32,
    bytes: &Bytes,
    count: usize,
    budget: &Budget,
) -> Result<Stored, Fault> {
    let width = usize::try_from(kind.type_length()).unwrap_or(0);
    match (encoding, kind.physical_type()) {
        (0, _) => plain(kind, bytes, count),
        (3, Physical::BOOLEAN) => {
            let (length, rest) = bytes.split_first_chunk::<4>().ok_or(ENDS)?;
            let bytes = rest.get(..u32::from_le_bytes(*length) as usize).ok_or(ENDS)?;
            let values = runs(bytes, 1, count)?.into_iter().map(|value| value == 1);
            Ok(Stored::Booleans(values.collect()))
        }
        (5, Physical::INT32) => {
            let (numbers, _) = differences(bytes, count, budget)?;
            Ok(Stored::Int32(
                numbers.into_iter().map(|number| number as i32).collect(),
            ))
        }
        (5, Physical::INT64) => Ok(Stored::Int64(differences(bytes, count, budget)?.0)),
        (6, Physical::BYTE_ARRAY) => {
            let (lengths, start) = differences(bytes, count, budget)?;
            Ok(Stored::Bytes(slices(bytes, start, &lengths, budget)?))
        }
        (7, Physical::BYTE_ARRAY) => Ok(Stored::Bytes(fronts(bytes, count, budget)?)),
        (7, Physical::FIXED_LEN_BYTE_ARRAY) => {
            let values = fronts(bytes, count, budget)?;
            match values.iter().all(|value| value.len() == width) {
                true => Ok(Stored::Fixed(values.into_iter().map(Into::into).collect())),
                false => Err("a value has another length than its column".into()),
            }
        }
        (9, physical) => {
            let width = match physical {
                Physical::INT32 | Physical::FLOAT => 4,
                Physical::INT64 | Physical::DOUBLE => 8,
                Physical::FIXED_LEN_BYTE_ARRAY => width,
                _ => return Err(OTHER_ENCODING.into()),
            };
            plain(kind, &joined(bytes, width, count)?, count)
        }
        _ => Err(OTHER_ENCODING.into()),
    }
}

const OTHER_ENCODING: &str = "values are in an encoding that is not read";

fn plain(kind: &ColumnDescriptor, bytes: &Bytes, count: usize) -> Result<Stored, Fault> {
    let numbers = |width: usize| {
        let needed = count.checked_mul(width).ok_or(ENDS)?;
        bytes.get(..needed).ok_or(ENDS)
    };
    Ok(match kind.physical_type() {
        Physical::BOOLEAN => {
            let bits = bytes.get(..count.div_ceil(8)).ok_or(ENDS)?;
            Stored::Booleans((0..count).map(|at| bits[at / 8] >> (at % 8) & 1 == 1).collect())
        }
        Physical::INT32 => Stored::Int32(each(numbers(4)?, i32::from_le_bytes)),
        Physical::INT64 => Stored::Int64(each(numbers(8)?, i64::from_le_bytes)),
        Physical::FLOAT => Stored::Floats(each(numbers(4)?, f32::from_le_bytes)),
        Physical::DOUBLE => Stored::Doubles(each(numbers(8)?, f64::from_le_bytes)),
        Physical::INT96 => Stored::Int96(each(numbers(12)?, |bytes: [u8; 12]| {
            let mut parts = bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|part| u32::from_le_bytes(*part));
            let mut part = || parts.next().unwrap_or(0);
            let mut value = Int96::new();
            value.set_data(part(), part(), part());
            value
        })),
        Physical::BYTE_ARRAY => {
            let mut values = Vec::new();
            let mut at = 0;
            for _ in 0..count {
                let (length, _) = bytes[at..].split_first_chunk::<4>().ok_or(ENDS)?;
                let start = at + 4;
                let end = start.saturating_add(u32::from_le_bytes(*length) as usize);
                values.push(slice(bytes, start, end)?);
                at = end;
            }
            Stored::Bytes(values)
        }
        Physical::FIXED_LEN_BYTE_ARRAY => {
            let width = usize::try_from(kind.type_length()).unwrap_or(0);
            numbers(width)?;
            let value = |at: usize| Ok(slice(bytes, at * width, (at + 1) * width)?.into());
            Stored::Fixed((0..count).map(value).collect::<Result<_, Fault>>()?)
        }
    })
}

fn each<T, const N: usize>(bytes: &[u8], value: fn([u8; N]) -> T) -> Vec<T> {
    bytes
        .as_chunks::<N>()
        .0
        .iter()
        .map(|bytes| value(*bytes))
        .collect()
}

/// A part of a page, which shares its memory.
fn slice(bytes: &Bytes, start: usize, end: usize) -> Result<ByteArray, Fault> {
    match start <= end && end <= bytes.len() {
        true => Ok(bytes.slice(start..end).into()),
        false => Err(ENDS.into()),
    }
}

/// Values of these lengths, one after the other.
fn slices(
    bytes: &Bytes,
    mut start: usize,
    lengths: &[i64],
    budget: &Budget,
) -> Result<Vec<ByteArray>, Fault> {
    budget.spend(BYTES_OF_A_VALUE * lengths.len() as u64)?;
    let value = |&length: &i64| {
        let end = start.checked_add(length_of(length)?).ok_or(ENDS)?;
        let value = slice(bytes, start, end);
        start = end;
        value
    };
    lengths.iter().map(value).collect()
}

fn length_of(length: i64) -> Result<usize, Fault> {
    // In 32 bits, as the format says.
    usize::try_from(length as i32).map_err(|_| "a value has a length below 0".into())
}

/// Values of which each begins as the one before (DELTA_BYTE_ARRAY).
fn fronts(bytes: &Bytes, count: usize, budget: &Budget) -> Result<Vec<ByteArray>, Fault> {
    let (shared, length) = differences(bytes, count, budget)?;
    let rest = bytes.slice(length..);
    let (lengths, start) = differences(&rest, count, budget)?;
    let ends = slices(&rest, start, &lengths, budget)?;
    let mut values: Vec<ByteArray> = Vec::new();
    for (shared, end) in shared.into_iter().zip(ends) {
        let before = values.last().map_or(&[][..], ByteArray::data);
        let front = before
            .get(..length_of(shared)?)
            .ok_or("a value begins as none before")?;
        let value = if front.is_empty() {
            end
        } else {
            budget.spend((front.len() + end.len()) as u64)?;
            [front, end.data()].concat().into()
        };
        values.push(value);
    }
    Ok(values)
}

/// Values whose first bytes stand together, then the second, and so on, put together again.
fn joined(bytes: &Bytes, width: usize, count: usize) -> Result<Bytes, Fault> {
    let stride = bytes.len() / width.max(1);
    if stride < count || stride * width != bytes.len() {
        return Err(ENDS.into());
    }
    let mut all = Vec::with_capacity(count * width);
    for value in 0..count {
        all.extend((0..width).map(|part| bytes[part * stride + value]));
    }
    Ok(all.into())
}
