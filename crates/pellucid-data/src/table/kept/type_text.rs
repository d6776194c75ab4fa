//! Texts of the values of Parquet's types.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::schema::types::Type;

/// What the integers or bytes of a column stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Themselves.
    Plain,
    /// Integers without a sign.
    Unsigned,
    /// Integers divided by a power of ten: the number of decimals.
    Decimal(usize),
    /// Days since 1970.
    Date,
    /// Units since midnight: the digits of a second after the point.
    Time(usize),
    /// Units since 1970: the digits of a second after the point, and whether they are in UTC.
    Timestamp(usize, bool),
    Uuid,
    Float16,
}

impl Meaning {
    pub(super) fn of(kind: &Type) -> Meaning {
        let info = kind.get_basic_info();
        let digits = |unit: &TimeUnit| match unit {
            TimeUnit::MILLIS => 3,
            TimeUnit::MICROS => 6,
            TimeUnit::NANOS => 9,
        };
        match info.logical_type_ref() {
            Some(LogicalType::Integer(integer)) if !integer.is_signed => return Meaning::Unsigned,
            Some(LogicalType::Decimal(decimal)) => return Meaning::Decimal(decimal.scale.max(0) as usize),
            Some(LogicalType::Date) => return Meaning::Date,
            Some(LogicalType::Time(time)) => return Meaning::Time(digits(&time.unit)),
            Some(LogicalType::Timestamp(of)) => {
                return Meaning::Timestamp(digits(&of.unit), of.is_adjusted_to_u_t_c);
            }
            Some(LogicalType::Uuid) => return Meaning::Uuid,
            Some(LogicalType::Float16) => return Meaning::Float16,
            Some(_) => return Meaning::Plain,
            None => (),
        }
        match info.converted_type() {
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Meaning::Unsigned,
            ConvertedType::DECIMAL => match kind {
                Type::PrimitiveType { scale, .. } => Meaning::Decimal((*scale).max(0) as usize),
                Type::GroupType { .. } => Meaning::Plain,
            },
            ConvertedType::DATE => Meaning::Date,
            ConvertedType::TIME_MILLIS => Meaning::Time(3),
            ConvertedType::TIME_MICROS => Meaning::Time(6),
            ConvertedType::TIMESTAMP_MILLIS => Meaning::Timestamp(3, true),
            ConvertedType::TIMESTAMP_MICROS => Meaning::Timestamp(6, true),
            _ => Meaning::Plain,
        }
    }

    /// The text of an integer with a sign.
    pub(super) fn integer(self, value: i64) -> String {
        match self {
            Meaning::Decimal(scale) => with_point(value < 0, value.unsigned_abs().to_string(), scale),
            Meaning::Date => date(value),
            Meaning::Time(digits) => time(value.into(), digits),
            Meaning::Timestamp(digits, is_utc) => timestamp(value.into(), digits, is_utc),
            _ => value.to_string(),
        }
    }

    /// The text of bytes: those of text itself, of others hexadecimal digits.
    pub(super) fn bytes(self, bytes: &[u8]) -> String {
        match self {
            Meaning::Decimal(scale) => {
                let is_negative = bytes.first().is_some_and(|&byte| byte >= 0x80);
                with_point(is_negative, magnitude(bytes, is_negative), scale)
            }
            Meaning::Uuid if bytes.len() == 16 => {
                let digits = hexadecimal(bytes);
                let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
                parts.join("-")
            }
            Meaning::Float16 => match *bytes {
                [low, high] => float16(u16::from_le_bytes([low, high])).to_string(),
                _ => hexadecimal(bytes),
            },
            _ => {
                std::str::from_utf8(bytes).map_or_else(|_| format!("0x{}", hexadecimal(bytes)), str::to_owned)
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The decimal digits of an integer's magnitude, from its bytes in two's complement, the highest first.
fn magnitude(bytes: &[u8], is_negative: bool) -> String {
    let mut bytes = bytes.to_vec();
    if is_negative {
        bytes.iter_mut().for_each(|byte| *byte = !*byte);
        for byte in bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
    let mut digits = Vec::new();
    while bytes.iter().any(|&byte| byte != 0) {
        let mut rest = 0_u32;
        for byte in &mut bytes {
            let value = rest * 256 + u32::from(*byte);
            (*byte, rest) = ((value / 10) as u8, value % 10);
        }
        digits.push(char::from(b'0' + rest as u8));
    }
    if digits.is_empty() {
        digits.push('0');
    }
    digits.into_iter().rev().collect()
}

/// Digits with a decimal point before the last `scale` of them.
fn with_point(is_negative: bool, digits: String, scale: usize) -> String {
    let sign = if is_negative { "-" } else { "" };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, decimals) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{decimals}")
}

/// A day, counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn date(day: i64) -> String {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// A time of day, in units of a second with this many digits after the point.
fn time(units: i128, digits: usize) -> String {
    let unit = 10_i128.pow(digits as u32);
    let (seconds, part) = (units.div_euclid(unit), units.rem_euclid(unit));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let part = match part {
        0 => String::new(),
        part => format!(".{part:0digits$}"),
    };
    format!("{hours:02}:{minutes:02}:{seconds:02}{part}")
}

fn timestamp(units: i128, digits: usize, is_utc: bool) -> String {
    let of_day = 86_400 * 10_i128.pow(digits as u32);
    let day = date(units.div_euclid(of_day) as i64);
    let time = time(units.rem_euclid(of_day), digits);
    format!("{day}T{time}{}", if is_utc { "Z" } else { "" })
}

/// A timestamp of 96 bits: nanoseconds of a day, and the day by its Julian number.
pub(super) fn old_timestamp(words: &[u32]) -> String {
    let [low, high, day] = *words else {
        return String::new();
    };
    let nanoseconds = i128::from(low) + (i128::from(high) << 32);
    let day = i128::from(day) - 2_440_588;
    timestamp(day * 86_400_000_000_000 + nanoseconds, 9, false)
}

/// The number of a float of 16 bits.
fn float16(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_written() {
        let decimal = Meaning::Decimal(2);
        assert_eq!(decimal.integer(150), "1.50");
        assert_eq!(decimal.integer(-5), "-0.05");
        assert_eq!(decimal.bytes(&(-12_345_i128).to_be_bytes()), "-123.45");
        let largest = "1".repeat(38);
        let bytes = largest.parse::<i128>().unwrap().to_be_bytes();
        assert_eq!(Meaning::Decimal(0).bytes(&bytes), largest);
        assert_eq!(decimal.bytes(&[0]), "0.00");
        assert_eq!(Meaning::Plain.integer(9_007_199_254_740_993), "9007199254740993");
    }

    #[test]
    fn dates_and_times_are_iso() {
        assert_eq!(Meaning::Date.integer(0), "1970-01-01");
        assert_eq!(Meaning::Date.integer(-1), "1969-12-31");
        assert_eq!(Meaning::Date.integer(19_782), "2024-02-29");
        assert_eq!(Meaning::Time(3).integer(3_661_005), "01:01:01.005");
        let (of_nanoseconds, of_local) = (Meaning::Timestamp(9, true), Meaning::Timestamp(3, false));
        assert_eq!(
            of_nanoseconds.integer(1_700_000_000_000_000_001),
            "2023-11-14T22:13:20.000000001Z"
        );
        assert_eq!(of_local.integer(-1), "1969-12-31T23:59:59.999");
        assert_eq!(old_timestamp(&[1, 0, 2_440_588]), "1970-01-01T00:00:00.000000001");
    }

    #[test]
    fn bytes_are_text_or_digits() {
        assert_eq!(Meaning::Plain.bytes("naïve".as_bytes()), "naïve");
        assert_eq!(Meaning::Plain.bytes(&[0xff, 0]), "0xff00");
        assert_eq!(
            Meaning::Uuid.bytes(&[0x11; 16]),
            "11111111-1111-1111-1111-111111111111"
        );
        for (bits, number) in [(0x3c00_u16, 1.0), (0xc100, -2.5), (1, 5.960_464_5e-8)] {
            assert_eq!(float16(bits), number);
        }
    }
}
