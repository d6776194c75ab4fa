//! What the values of a Parquet column mean.

use super::cell::Cell;
use super::columns::ColumnKind;
use super::type_text::{
    MOST_DECIMALS, date, decimal, decimal_of_bytes, float16, hexadecimal, old_timestamp, time, timestamp,
};
use super::typed_value::Value;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::data_type::Int96;
use parquet::schema::types::ColumnDescriptor;

/// The meaning of the values of a column. Dates and times become text, as in ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Boolean,
    Signed,
    Unsigned,
    Real,
    Text,
    Date,
    /// Units since midnight: the digits of a second after the point.
    Time(usize),
    /// Units since 1970: the digits of a second after the point, and whether they are in UTC.
    Timestamp(usize, bool),
    /// Whole numbers, or their big-endian bytes, of units of this power of a tenth.
    Decimal(usize),
    HalfPrecision,
    Uuid,
}

/// More bytes than the decimal numbers of any program have; the time for their digits grows with the square.
const MOST_DECIMAL_BYTES: usize = 64;

impl Meaning {
    /// The meaning of a column, or what it holds that cannot be a feature.
    pub(super) fn of(column: &ColumnDescriptor) -> Result<Meaning, &'static str> {
        if column.path().parts().len() > 1 || column.max_rep_level() > 0 || column.max_def_level() > 1 {
            return Err("nested (a list, map or struct)");
        }
        match column.logical_type_ref() {
            Some(logical) => Meaning::of_logical(logical, column),
            None => Meaning::of_converted(column),
        }
    }

    fn of_logical(logical: &LogicalType, column: &ColumnDescriptor) -> Result<Meaning, &'static str> {
        Ok(match logical {
            LogicalType::String | LogicalType::Enum | LogicalType::Json => Meaning::Text,
            LogicalType::Integer(integer) if integer.is_signed => Meaning::Signed,
            LogicalType::Integer(_) => Meaning::Unsigned,
            LogicalType::Decimal(decimal) => Meaning::Decimal(scale(decimal.scale)?),
            LogicalType::Date => Meaning::Date,
            LogicalType::Time(time) => Meaning::Time(digits(&time.unit)),
            LogicalType::Timestamp(time) => Meaning::Timestamp(digits(&time.unit), time.is_adjusted_to_u_t_c),
            LogicalType::Uuid => Meaning::Uuid,
            LogicalType::Float16 => Meaning::HalfPrecision,
            LogicalType::Unknown => Meaning::of_physical(column.physical_type())?,
            LogicalType::Bson => return Err("BSON documents"),
            LogicalType::Geometry(_) | LogicalType::Geography(_) => return Err("shapes of a map"),
            _ => return Err("of a type that is not a number, a date or a word"),
        })
    }

    fn of_converted(column: &ColumnDescriptor) -> Result<Meaning, &'static str> {
        use ConvertedType as Type;
        Ok(match column.converted_type() {
            Type::UTF8 | Type::ENUM | Type::JSON => Meaning::Text,
            Type::INT_8 | Type::INT_16 | Type::INT_32 | Type::INT_64 => Meaning::Signed,
            Type::UINT_8 | Type::UINT_16 | Type::UINT_32 | Type::UINT_64 => Meaning::Unsigned,
            Type::DECIMAL => Meaning::Decimal(scale(column.type_scale())?),
            Type::DATE => Meaning::Date,
            Type::TIME_MILLIS => Meaning::Time(3),
            Type::TIME_MICROS => Meaning::Time(6),
            Type::TIMESTAMP_MILLIS => Meaning::Timestamp(3, true),
            Type::TIMESTAMP_MICROS => Meaning::Timestamp(6, true),
            Type::NONE => Meaning::of_physical(column.physical_type())?,
            Type::BSON => return Err("BSON documents"),
            Type::INTERVAL => return Err("intervals of months, days and milliseconds"),
            _ => return Err("nested (a list, map or struct)"),
        })
    }

    fn of_physical(physical: Physical) -> Result<Meaning, &'static str> {
        Ok(match physical {
            Physical::BOOLEAN => Meaning::Boolean,
            Physical::INT32 | Physical::INT64 => Meaning::Signed,
            Physical::INT96 => Meaning::Timestamp(9, false),
            Physical::FLOAT | Physical::DOUBLE => Meaning::Real,
            // Some programs write strings so.
            Physical::BYTE_ARRAY => Meaning::Text,
            Physical::FIXED_LEN_BYTE_ARRAY => return Err("binary data"),
        })
    }

    pub(super) fn kind(self) -> ColumnKind {
        match self {
            Meaning::Boolean => ColumnKind::Boolean,
            Meaning::Signed | Meaning::Unsigned | Meaning::Real => ColumnKind::Number,
            Meaning::Decimal(_) | Meaning::HalfPrecision => ColumnKind::Number,
            Meaning::Text | Meaning::Date | Meaning::Time(_) | Meaning::Timestamp(..) | Meaning::Uuid => {
                ColumnKind::Category
            }
        }
    }

    pub(super) fn of_int32(self, value: i32) -> Value<'static> {
        match self {
            Meaning::Unsigned => Value::Cell(Cell::Number(f64::from(value.cast_unsigned()))),
            _ => self.of_int64(value.into()),
        }
    }

    pub(super) fn of_int64(self, value: i64) -> Value<'static> {
        Value::Text(match self {
            Meaning::Unsigned => return Value::Cell(Cell::from_integer(value.cast_unsigned().into())),
            Meaning::Decimal(scale) => decimal(value.into(), scale),
            Meaning::Date => date(value),
            Meaning::Time(digits) => time(value.into(), digits),
            Meaning::Timestamp(digits, is_utc) => timestamp(value.into(), digits, is_utc),
            _ => return Value::Cell(Cell::from_integer(value.into())),
        })
    }

    /// A day of the Julian calendar and the nanoseconds of it.
    pub(super) fn of_int96(value: &Int96) -> Value<'_> {
        Value::Text(old_timestamp(value.data()))
    }

    pub(super) fn of_bytes(self, bytes: &[u8]) -> Value<'_> {
        match (self, bytes) {
            (Meaning::Decimal(scale), _) if bytes.len() <= MOST_DECIMAL_BYTES => {
                Value::Text(decimal_of_bytes(bytes, scale))
            }
            (Meaning::HalfPrecision, &[low, high]) => {
                Value::Cell(Cell::Number(float16(u16::from_le_bytes([low, high]))))
            }
            (Meaning::Text, _) => match std::str::from_utf8(bytes) {
                Ok(text) => Value::Cell(Cell::Text(text)),
                Err(_) => Value::Text(hexadecimal(bytes)),
            },
            (Meaning::Uuid, [_, ..]) if bytes.len() == 16 => {
                let digits = hexadecimal(bytes);
                let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
                Value::Text(parts.join("-"))
            }
            _ => Value::Text(hexadecimal(bytes)),
        }
    }
}

/// The digits of a second after the point.
fn digits(unit: &TimeUnit) -> usize {
    match unit {
        TimeUnit::MILLIS => 3,
        TimeUnit::MICROS => 6,
        TimeUnit::NANOS => 9,
    }
}

fn scale(scale: i32) -> Result<usize, &'static str> {
    let scale = usize::try_from(scale)
        .ok()
        .filter(|&scale| scale <= MOST_DECIMALS);
    scale.ok_or("decimal numbers of a scale below 0, or too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_text() {
        let text = Value::into_text;
        assert_eq!(text(Meaning::Date.of_int32(11_016)), "2000-02-29");
        let utc = Meaning::Timestamp(3, true);
        assert_eq!(text(utc.of_int64(1_709_210_096_500)), "2024-02-29T12:34:56.500Z");
        let mut impala = Int96::new();
        impala.set_data(1_000_000_000, 0, 2_440_589);
        assert_eq!(text(Meaning::of_int96(&impala)), "1970-01-02T00:00:01");
        assert_eq!(text(Meaning::Decimal(2).of_int32(-5)), "-0.05");
        assert_eq!(text(Meaning::Decimal(2).of_bytes(&[0xff, 0x38])), "-2.00");
        let half = 0x3555_u16.to_le_bytes();
        assert_eq!(text(Meaning::HalfPrecision.of_bytes(&half)), "0.333251953125");
        assert_eq!(text(Meaning::Unsigned.of_int32(-1)), "4294967295");
        assert_eq!(
            text(Meaning::Signed.of_int64(9_007_199_254_740_993)),
            "9007199254740993"
        );
        assert_eq!(text(Meaning::Unsigned.of_int64(i64::MIN)), "9223372036854775808");
        assert_eq!(text(Meaning::Text.of_bytes(&[0xff, 0])), "ff00");
        assert_eq!(text(Meaning::Text.of_bytes("naïve".as_bytes())), "naïve");
        assert_eq!(
            text(Meaning::Uuid.of_bytes(&[0x11; 16])),
            "11111111-1111-1111-1111-111111111111"
        );
    }
}
