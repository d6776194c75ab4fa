//! The meaning of the text of one cell.

use super::columns::Values;
use super::markers::{is_missing, is_na_word};

/// One cell, as a reader finds it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Missing,
    Number(f64),
    /// A whole number that a double does not hold.
    Integer(i128),
    Boolean(bool),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// The cell of a trimmed text; with `keeps_na_words`, `NA` and the like are no missing values.
    pub(super) fn from_text(text: &'a str, keeps_na_words: bool) -> Cell<'a> {
        if is_missing(text) && !(keeps_na_words && is_na_word(text)) {
            Cell::Missing
        } else {
            Cell::Text(text)
        }
    }

    /// The cell of a whole number.
    pub(super) fn from_integer(number: i128) -> Cell<'a> {
        // The conversion back is slow, and most numbers are small.
        const EXACT: u128 = 1 << 53;
        let double = number as f64;
        if number.unsigned_abs() <= EXACT || double as i128 == number {
            Cell::Number(double)
        } else {
            Cell::Integer(number)
        }
    }

    /// The cell of a row of a column.
    pub(super) fn from_row(values: &'a Values, row: usize) -> Cell<'a> {
        match values {
            Values::Numbers(numbers) if numbers[row].is_nan() => Cell::Missing,
            Values::Numbers(numbers) => Cell::Number(numbers[row]),
            Values::Categories(words) | Values::Booleans(words) => {
                words.get(row).map_or(Cell::Missing, Cell::Text)
            }
        }
    }
}

/// The number that a text stands for, if it is a finite decimal number.
pub(crate) fn number(text: &str) -> Option<f64> {
    // The first byte rules out words without the work of parsing them.
    match text.as_bytes().first()? {
        b'0'..=b'9' | b'+' | b'-' | b'.' => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// A number as text, with all digits where it is whole: the shortest text that is read as 2^63 ends in zeros.
pub(super) struct AllDigits(pub(super) f64);

impl std::fmt::Display for AllDigits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const EXACT: f64 = (1_u64 << 53) as f64;
        match self.0.abs() {
            size if (EXACT..1e38).contains(&size) => (self.0 as i128).fmt(formatter),
            _ => self.0.fmt(formatter),
        }
    }
}

/// A number as text, with all digits where it is whole.
pub(crate) fn number_text(number: f64) -> String {
    AllDigits(number).to_string()
}

/// The whole number that a text of digits, with a minus sign or without, stands for.
pub(crate) fn whole_number(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_whole)
}

/// Whether a text is a whole number that a double does not hold, as most above 2^53 are.
pub(crate) fn is_inexact(text: &str) -> bool {
    whole_number(text).is_some_and(|number| number as f64 as i128 != number)
}

/// Whether a text is a whole number that begins with a zero, as postcodes and other codes do.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Pairs of words for false and true, in small letters.
pub(crate) const FALSE_AND_TRUE: [[&str; 2]; 4] = [["false", "true"], ["no", "yes"], ["f", "t"], ["n", "y"]];

/// Which of the pairs of words for false and true a text belongs to, and whether it means true.
pub(crate) fn boolean(text: &str) -> Option<(usize, bool)> {
    FALSE_AND_TRUE.iter().enumerate().find_map(|(pair, words)| {
        let position = words.iter().position(|word| text.eq_ignore_ascii_case(word))?;
        Some((pair, position == 1))
    })
}

/// Advice about a text that was meant as a number but cannot be read as one; `None` for other texts.
pub(super) fn meant_as_number(text: &str) -> Option<&'static str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if ["inf", "infinity"]
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word))
    {
        return Some("write a finite number, or leave the cell empty where the value is not known");
    }
    if unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && text.parse::<f64>().is_ok_and(f64::is_infinite)
    {
        return Some("it is too large for double precision, which ends at 1.8e308");
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    if whole.contains(',') && whole.split(',').all(digits) && digits(fraction) {
        return Some("write it without thousands separators and with a decimal point, as in 1234.5");
    }
    None
}

#[cfg(test)]
mod tests;
