//! Values of a column, typed as the file has them.

use parquet::basic::Type as Physical;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use std::ops::Range;

/// The values of a column, of the type that the file has.
#[derive(Debug, Clone)]
pub(in crate::table) enum Stored {
    Booleans(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int96(Vec<Int96>),
    Floats(Vec<f32>),
    Doubles(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl Stored {
    /// No values of a type.
    pub(in crate::table) fn of(physical: Physical) -> Stored {
        match physical {
            Physical::BOOLEAN => Stored::Booleans(Vec::new()),
            Physical::INT32 => Stored::Int32(Vec::new()),
            Physical::INT64 => Stored::Int64(Vec::new()),
            Physical::INT96 => Stored::Int96(Vec::new()),
            Physical::FLOAT => Stored::Floats(Vec::new()),
            Physical::DOUBLE => Stored::Doubles(Vec::new()),
            Physical::BYTE_ARRAY => Stored::Bytes(Vec::new()),
            Physical::FIXED_LEN_BYTE_ARRAY => Stored::Fixed(Vec::new()),
        }
    }

    /// Appends a range of values of the same type; `false` if there are none.
    pub(in crate::table) fn extend(&mut self, other: &Stored, range: Range<usize>) -> bool {
        macro_rules! of_each {
            ($($kind:ident)*) => {
                match (self, other) {
                    $((Stored::$kind(all), Stored::$kind(more)) => match more.get(range) {
                        Some(more) => {
                            all.extend_from_slice(more);
                            true
                        }
                        None => false,
                    },)*
                    _ => false,
                }
            };
        }
        of_each!(Booleans Int32 Int64 Int96 Floats Doubles Bytes Fixed)
    }

    /// Appends values of a dictionary by their positions; `false` if one is not in it.
    pub(in crate::table) fn extend_by(&mut self, dictionary: &Stored, positions: &[u32]) -> bool {
        macro_rules! of_each {
            ($($kind:ident)*) => {
                match (self, dictionary) {
                    $((Stored::$kind(all), Stored::$kind(values)) => positions.iter().all(|&position| {
                        let value = values.get(position as usize);
                        value.map(|value| all.push(value.clone())).is_some()
                    }),)*
                    _ => false,
                }
            };
        }
        of_each!(Booleans Int32 Int64 Int96 Floats Doubles Bytes Fixed)
    }
}
