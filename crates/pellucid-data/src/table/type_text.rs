//! Texts of typed values: decimal numbers, dates, times and bytes.

use super::date_order::CivilDate;

/// More digits after the point than any format has.
pub(super) const MOST_DECIMALS: usize = 100;

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The number of this many decimals in the bytes of an integer in two's complement, the highest first.
pub(super) fn decimal_of_bytes(bytes: &[u8], scale: usize) -> String {
    let is_negative = bytes.first().is_some_and(|&byte| byte >= 0x80);
    with_point(is_negative, magnitude(bytes, is_negative), scale)
}

/// An integer divided by a power of ten, exactly.
pub(super) fn decimal(value: i128, scale: usize) -> String {
    with_point(value < 0, value.unsigned_abs().to_string(), scale)
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

/// A day, counted from 1970-01-01.
pub(super) fn date(day: i64) -> String {
    CivilDate::from_days(day).to_string()
}

/// A time of day, in units of a second with this many digits after the point.
pub(super) fn time(units: i128, digits: usize) -> String {
    let unit = 10_i128.pow(digits as u32);
    let (seconds, part) = (units.div_euclid(unit), units.rem_euclid(unit));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let part = match part {
        0 => String::new(),
        part => format!(".{part:0digits$}"),
    };
    format!("{hours:02}:{minutes:02}:{seconds:02}{part}")
}

/// A moment, in units of a second with this many digits after the point, counted from 1970.
pub(super) fn timestamp(units: i128, digits: usize, is_utc: bool) -> String {
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
pub(super) fn float16(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_written() {
        assert_eq!(decimal(150, 2), "1.50");
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal_of_bytes(&(-12_345_i128).to_be_bytes(), 2), "-123.45");
        let largest = "1".repeat(38);
        let bytes = largest.parse::<i128>().unwrap().to_be_bytes();
        assert_eq!(decimal_of_bytes(&bytes, 0), largest);
        assert_eq!(decimal_of_bytes(&[0], 2), "0.00");
        assert_eq!(decimal_of_bytes(&[0x40; 20], 0).len(), 48);
    }

    #[test]
    fn dates_and_times_are_iso() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(19_782), "2024-02-29");
        assert_eq!(time(3_661_005, 3), "01:01:01.005");
        assert_eq!(
            timestamp(1_700_000_000_000_000_001, 9, true),
            "2023-11-14T22:13:20.000000001Z"
        );
        assert_eq!(timestamp(-1, 3, false), "1969-12-31T23:59:59.999");
        assert_eq!(old_timestamp(&[1, 0, 2_440_588]), "1970-01-01T00:00:00.000000001");
    }

    #[test]
    fn floats_of_16_bits() {
        for (bits, number) in [(0x3c00_u16, 1.0), (0xc100, -2.5), (1, 2_f64.powi(-24))] {
            assert_eq!(float16(bits), number);
        }
    }
}
