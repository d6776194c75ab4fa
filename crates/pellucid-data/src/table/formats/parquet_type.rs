//! What the values of a Parquet column mean.

use super::super::cell::Cell;
use super::super::columns::ColumnKind;
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
    /// Since midnight, so many units a second.
    Time(i64),
    /// Since 1970, so many units a second.
    Timestamp(i64),
    /// Whole numbers, or their big-endian bytes, of units of this power of a tenth.
    Decimal(u32),
    HalfPrecision,
    Uuid,
}

/// A value as a cell, or as a text of its own.
pub(super) enum Value<'a> {
    Cell(Cell<'a>),
    Text(String),
}

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
            LogicalType::Time(time) => Meaning::Time(units_per_second(&time.unit)),
            LogicalType::Timestamp(time) => Meaning::Timestamp(units_per_second(&time.unit)),
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
            Type::TIME_MILLIS => Meaning::Time(1_000),
            Type::TIME_MICROS => Meaning::Time(1_000_000),
            Type::TIMESTAMP_MILLIS => Meaning::Timestamp(1_000),
            Type::TIMESTAMP_MICROS => Meaning::Timestamp(1_000_000),
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
            Physical::INT96 => Meaning::Timestamp(1_000_000_000),
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
            Meaning::Text | Meaning::Date | Meaning::Time(_) | Meaning::Timestamp(_) | Meaning::Uuid => {
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
            Meaning::Time(units) => time(value, units),
            Meaning::Timestamp(units) => {
                let day = 86_400 * units;
                format!(
                    "{}T{}",
                    date(value.div_euclid(day)),
                    time(value.rem_euclid(day), units)
                )
            }
            _ => return Value::Cell(Cell::from_integer(value.into())),
        })
    }

    /// A day of the Julian calendar and the nanoseconds of it.
    pub(super) fn of_int96(value: &Int96) -> Value<'_> {
        const DAY_OF_1970: i64 = 2_440_588;
        let [low, high, day] = [0, 1, 2].map(|part| value.data()[part]);
        let nanoseconds = i64::from(low) | i64::from(high).wrapping_shl(32);
        let days = i64::from(day) - DAY_OF_1970 + nanoseconds.div_euclid(86_400_000_000_000);
        let rest = nanoseconds.rem_euclid(86_400_000_000_000);
        Value::Text(format!("{}T{}", date(days), time(rest, 1_000_000_000)))
    }

    pub(super) fn of_bytes(self, bytes: &[u8]) -> Value<'_> {
        match (self, bytes) {
            (Meaning::Decimal(scale), _) => match whole(bytes) {
                Some(value) => Value::Text(decimal(value, scale)),
                None => Value::Text(hexadecimal(bytes)),
            },
            (Meaning::HalfPrecision, &[low, high]) => {
                Value::Cell(Cell::Number(half_precision(u16::from_le_bytes([low, high]))))
            }
            (Meaning::Text, _) => match std::str::from_utf8(bytes) {
                Ok(text) => Value::Cell(Cell::Text(text)),
                Err(_) => Value::Text(hexadecimal(bytes)),
            },
            _ => Value::Text(hexadecimal(bytes)),
        }
    }
}

fn units_per_second(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    }
}

fn scale(scale: i32) -> Result<u32, &'static str> {
    u32::try_from(scale).map_err(|_| "decimal numbers of a scale below 0")
}

/// The two's complement of big-endian bytes, if it fits.
fn whole(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first()? >= &0x80 { -1 } else { 0 };
    let spare = bytes.len().saturating_sub(16);
    let fits = bytes[..spare].iter().all(|&byte| byte == sign as u8);
    let shifted = bytes[spare..].iter();
    let value = shifted.fold(sign, |value: i128, &byte| value << 8 | i128::from(byte));
    (fits && (value < 0) == (sign < 0)).then_some(value)
}

/// The digits of a decimal number, exactly.
fn decimal(value: i128, scale: u32) -> String {
    let scale = scale as usize;
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, decimals) = digits.split_at(digits.len() - scale);
    let (sign, point) = (if value < 0 { "-" } else { "" }, if scale > 0 { "." } else { "" });
    format!("{sign}{whole}{point}{decimals}")
}

/// The date of a day since 1970-01-01.
fn date(days: i64) -> String {
    // Counted in eras of 400 years from 0000-03-01, so that leap days are last.
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The time of a day, with as many decimals of a second as are not 0, in threes.
fn time(value: i64, units: i64) -> String {
    let (seconds, part) = (value.div_euclid(units), value.rem_euclid(units));
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if part > 0 {
        let decimals = units.ilog10() as usize;
        text += &format!(".{part:0decimals$}");
        while text.ends_with("000") {
            text.truncate(text.len() - 3);
        }
    }
    text
}

fn half_precision(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>) -> String {
        match value {
            Value::Text(text) => text,
            Value::Cell(Cell::Text(text)) => text.to_owned(),
            Value::Cell(Cell::Number(number)) => number.to_string(),
            Value::Cell(cell) => format!("{cell:?}"),
        }
    }

    #[test]
    fn dates_and_times() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (19_783, "2024-03-01"),
            (-719_528, "0000-01-01"),
        ] {
            assert_eq!(text(Meaning::Date.of_int32(days)), expected);
        }
        let milliseconds = Meaning::Timestamp(1_000);
        assert_eq!(
            text(milliseconds.of_int64(1_709_210_096_500)),
            "2024-02-29T12:34:56.500"
        );
        assert_eq!(text(milliseconds.of_int64(-1_000)), "1969-12-31T23:59:59");
        let nanoseconds = Meaning::Timestamp(1_000_000_000);
        assert_eq!(text(nanoseconds.of_int64(1)), "1970-01-01T00:00:00.000000001");
        assert_eq!(
            text(Meaning::Time(1_000_000).of_int64(45_296_000_100)),
            "12:34:56.000100"
        );
        let mut impala = Int96::new();
        impala.set_data(1_000_000_000, 0, 2_440_589);
        assert_eq!(text(Meaning::of_int96(&impala)), "1970-01-02T00:00:01");
    }

    #[test]
    fn numbers() {
        assert_eq!(text(Meaning::Decimal(2).of_int32(-5)), "-0.05");
        assert_eq!(text(Meaning::Decimal(0).of_int64(12)), "12");
        assert_eq!(text(Meaning::Decimal(2).of_bytes(&[0xff, 0x38])), "-2.00");
        assert_eq!(text(Meaning::Decimal(1).of_bytes(&[0; 20])), "0.0");
        assert_eq!(text(Meaning::Decimal(1).of_bytes(&[1; 20])), "01".repeat(20));
        assert_eq!(
            text(Meaning::HalfPrecision.of_bytes(&0x3555u16.to_le_bytes())),
            "0.333251953125"
        );
        assert_eq!(
            text(Meaning::HalfPrecision.of_bytes(&0xc000u16.to_le_bytes())),
            "-2"
        );
        assert_eq!(text(Meaning::Unsigned.of_int32(-1)), "4294967295");
        assert_eq!(text(Meaning::Text.of_bytes(&[0xff, 0])), "ff00");
    }
}
