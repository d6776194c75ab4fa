//! How the cells of a column write numbers: separators, currency, unit, accounting parentheses.

use super::cell::number;
use super::markers::is_number_marker;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The one pattern of all cells of a column of numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NumberFormat {
    /// The decimal separator.
    pub decimal: char,
    /// What separates thousands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// What stands before each number, such as `$`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// What stands after each number, such as `%` or `kg`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub suffix: String,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self {
            decimal: '.',
            thousands: None,
            prefix: String::new(),
            suffix: String::new(),
        }
    }
}

/// The separators that a user requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Separators {
    /// The decimal separator.
    pub decimal: Option<char>,
    /// The thousands separator.
    pub thousands: Option<char>,
}

/// Why no single pattern fits the cells of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoFormat {
    /// A cell is no number in any pattern.
    Word(String),
    /// All cells are numbers, but these two are of different patterns.
    Mixed([String; 2], &'static str),
    /// A cell does not have the decimal separator that is requested.
    Decimal(String, char),
}

impl fmt::Display for NoFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoFormat::Word(word) => write!(formatter, "`{word}` is not a number"),
            NoFormat::Decimal(cell, decimal) => {
                write!(
                    formatter,
                    "`{cell}` does not have the decimal separator `{decimal}`"
                )
            }
            NoFormat::Mixed([first, second], why) => {
                write!(formatter, "`{first}` and `{second}` {why}")
            }
        }
    }
}

/// Separators of thousands besides the point and the comma.
const GROUPING: [char; 5] = [' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'];

const CURRENCIES: [&str; 38] = [
    "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₴", "₪", "₫", "฿", "₱", "US$", "CA$", "C$", "AU$", "A$", "NZ$",
    "HK$", "S$", "R$", "Fr.", "CHF", "USD", "EUR", "GBP", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN",
    "CZK", "AUD", "CAD", "Rs.",
];

/// The parts of a cell.
struct Parts<'a> {
    is_negative: bool,
    prefix: &'a str,
    /// Digits and separators; it begins with a digit, or with a decimal separator before one, and ends with a digit.
    body: &'a str,
    /// `e` and an integer.
    exponent: &'a str,
    suffix: &'a str,
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn without_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(unsigned) => (true, unsigned.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

impl<'a> Parts<'a> {
    /// The parts of a trimmed cell that may be a number.
    fn of(text: &'a str) -> Option<Parts<'a>> {
        let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let (in_parentheses, text) = (inside.is_some(), inside.unwrap_or(text).trim());
        let (minus, text) = without_sign(text);
        let start = text.find(is_digit)?;
        let before = &text[..start];
        let before = before.strip_suffix(['.', ',']).unwrap_or(before);
        let (prefix, rest) = text.split_at(before.len());
        let (prefix, second_minus) = match prefix.trim_end().strip_suffix(['-', '\u{2212}']) {
            Some(prefix) => (prefix.trim_end(), true),
            None => (prefix.trim_end(), false),
        };
        if !(prefix.is_empty() || CURRENCIES.contains(&prefix)) || minus && second_minus {
            return None;
        }
        let is_body = |c: char| is_digit(c) || c == '.' || c == ',' || GROUPING.contains(&c);
        let end = rest.find(|c| !is_body(c)).unwrap_or(rest.len());
        let body = rest[..end].trim_end_matches(|c| !is_digit(c));
        let (exponent, suffix) = exponent(&rest[body.len()..]);
        // `5.` is a number without decimals.
        let suffix = if suffix == "." { "" } else { suffix.trim() };
        let is_suffix = |c: char| c.is_alphabetic() || "%‰°µ²³/^·. $€£¥₹₽₩₺₴₪₫฿₱".contains(c);
        if suffix.chars().count() > 12 || !suffix.chars().all(is_suffix) {
            return None;
        }
        Some(Parts {
            is_negative: minus || second_minus || in_parentheses,
            prefix,
            body,
            exponent,
            suffix,
        })
    }

    /// Whether there is a currency or a sign such as `%`.
    fn has_sign(&self) -> bool {
        !self.prefix.is_empty()
            || self
                .suffix
                .chars()
                .any(|c| !c.is_alphabetic() && c != ' ' && c != '.')
            || CURRENCIES.contains(&self.suffix)
    }

    /// Whether it may be read with this separator of thousands: groups of three, or of two before the last as in India.
    fn has_groups(&self, decimal: char, thousands: char) -> bool {
        let whole = self.body.split(decimal).next().unwrap_or_default();
        let mut groups = whole.split(thousands);
        let first = groups.next().unwrap_or_default();
        let rest: Vec<&str> = groups.collect();
        let Some((last, middle)) = rest.split_last() else {
            return true;
        };
        let digits = |group: &str| group.chars().all(is_digit);
        (1..=3).contains(&first.len())
            && !first.starts_with('0')
            && digits(first)
            && last.len() == 3
            && digits(last)
            && middle
                .iter()
                .all(|group| (2..=3).contains(&group.len()) && digits(group))
    }
}

/// An exponent at the beginning of a text, and what follows.
fn exponent(text: &str) -> (&str, &str) {
    let Some(rest) = text.strip_prefix(['e', 'E']) else {
        return ("", text);
    };
    let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let digits = unsigned.len() - unsigned.trim_start_matches(is_digit).len();
    match digits {
        0 => ("", text),
        _ => text.split_at(text.len() - unsigned.len() + digits),
    }
}

/// What a cell says of its separators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// Neither a point nor a comma.
    None,
    /// This is the decimal separator.
    Decimal(char),
    /// This may be either: one of it, with three digits after it.
    Either(char),
    /// The separators make no sense.
    Contradiction,
}

impl Parts<'_> {
    fn evidence(&self) -> Evidence {
        let count = |separator: char| self.body.matches(separator).count();
        let other = |separator: char| if separator == '.' { ',' } else { '.' };
        let (points, commas) = (count('.'), count(','));
        let is_grouped = self.body.contains(GROUPING);
        let separator = match (points, commas) {
            (0, 0) => return Evidence::None,
            (_, 0) => '.',
            (0, _) => ',',
            // The last of both is the decimal separator, of which there is one.
            _ => {
                let decimal = self.body.chars().rfind(|c| ['.', ','].contains(c)).unwrap_or('.');
                let fits = count(decimal) == 1 && !is_grouped && self.has_groups(decimal, other(decimal));
                return match fits {
                    true => Evidence::Decimal(decimal),
                    false => Evidence::Contradiction,
                };
            }
        };
        let groups = self.has_groups(other(separator), separator) && self.exponent.is_empty();
        match (count(separator), groups && !is_grouped) {
            (1, true) => Evidence::Either(separator),
            (1, false) => Evidence::Decimal(separator),
            (_, true) => Evidence::Decimal(other(separator)),
            (_, false) => Evidence::Contradiction,
        }
    }
}

impl NumberFormat {
    /// Whether the cells are written as programs write numbers.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The pattern of all these cells, which are trimmed and not missing. Where a comma or a point may be either, the
    /// requested separators decide, then other cells, then `usual_decimal`, the decimal separator of other columns; with
    /// nothing to decide, a comma separates thousands and a point decimals.
    ///
    /// # Errors
    /// No one pattern fits.
    pub fn of<'a>(
        cells: impl Iterator<Item = &'a str> + Clone,
        requested: Separators,
        usual_decimal: Option<char>,
    ) -> Result<NumberFormat, NoFormat> {
        let mut first: Option<(&str, Parts<'_>)> = None;
        let mut decimal: Option<(&str, char)> = requested.decimal.map(|decimal| ("", decimal));
        let (mut either, mut grouping, mut long) = (None, None, None);
        let mut is_thousands = [false; 2];
        // Reported only if no cell is a word.
        let mut mixed = None;
        for cell in cells.clone() {
            let word = || NoFormat::Word(cell.to_owned());
            let parts = Parts::of(cell).ok_or_else(word)?;
            let different = |other: &str, why| NoFormat::Mixed([other.to_owned(), cell.to_owned()], why);
            match parts.evidence() {
                Evidence::Contradiction => return Err(word()),
                Evidence::None => {}
                Evidence::Either(separator) => either = either.or(Some((cell, separator))),
                Evidence::Decimal(found) => match decimal {
                    Some((other, known)) if known != found && !other.is_empty() => {
                        mixed.get_or_insert_with(|| different(other, "have different decimal separators"));
                    }
                    Some((_, known)) if known != found => {
                        mixed.get_or_insert_with(|| NoFormat::Decimal(cell.to_owned(), known));
                    }
                    Some(_) => {}
                    None => decimal = Some((cell, found)),
                },
            }
            is_thousands[0] |= parts.body.matches(['.', ',']).count() > 1;
            if let Some(found) = parts.body.chars().find(|c| GROUPING.contains(c)) {
                grouping = Some(found);
            }
            let whole = parts.body.split(['.', ',']).next().unwrap_or_default();
            if whole.len() > 3 && !whole.contains(GROUPING) {
                long = Some(cell);
            }
            match &first {
                None => first = Some((cell, parts)),
                Some((other, known)) if (known.prefix, known.suffix) != (parts.prefix, parts.suffix) => {
                    // Letters after a number, as in `1a` and `2b`, are more often words than units.
                    if !known.has_sign() && !parts.has_sign() {
                        return Err(word());
                    }
                    mixed.get_or_insert_with(|| different(other, "do not have the same currency or unit"));
                }
                Some(_) => {}
            }
        }
        if let Some(mixed) = mixed {
            return Err(mixed);
        }
        let Some((_, parts)) = first else {
            return Err(NoFormat::Word(String::new()));
        };
        let (prefix, suffix) = (parts.prefix.to_owned(), parts.suffix.to_owned());
        let decimal = match (decimal, either) {
            (Some((_, decimal)), _) => decimal,
            (None, _) if requested.thousands == Some('.') => ',',
            (None, _) if requested.thousands == Some(',') => '.',
            (None, Some(_)) if usual_decimal.is_some() => usual_decimal.unwrap_or('.'),
            (None, _) => '.',
        };
        let other = if decimal == '.' { ',' } else { '.' };
        is_thousands[1] = either.is_some_and(|(_, separator)| separator == other);
        let thousands = match requested.thousands.or(grouping) {
            Some(thousands) => Some(thousands),
            None => (is_thousands[0] || is_thousands[1]).then_some(other),
        };
        if let (Some((cell, separator)), Some(long), None) = (either, long, requested.thousands)
            && separator == other
            && !is_thousands[0]
        {
            return Err(NoFormat::Mixed(
                [cell.to_owned(), long.to_owned()],
                "do not separate thousands in the same way",
            ));
        }
        let format = NumberFormat {
            decimal,
            thousands: thousands.filter(|&thousands| thousands != decimal),
            prefix,
            suffix,
        };
        for cell in cells {
            if format.parse(cell).is_none() {
                return Err(NoFormat::Word(cell.to_owned()));
            }
        }
        Ok(format)
    }

    /// The number that a trimmed cell of this pattern stands for, if it is finite.
    pub fn parse(&self, cell: &str) -> Option<f64> {
        if self.is_plain()
            && let Some(number) = number(cell)
        {
            return Some(number);
        }
        let parts = Parts::of(cell)?;
        if parts.prefix != self.prefix || parts.suffix != self.suffix {
            return None;
        }
        let thousands = self.thousands.filter(|&thousands| parts.body.contains(thousands));
        if thousands.is_some_and(|thousands| !parts.has_groups(self.decimal, thousands)) {
            return None;
        }
        let (whole, fraction) = match parts.body.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, fraction),
            None => (parts.body, ""),
        };
        let mut digits = String::with_capacity(cell.len() + 1);
        if parts.is_negative {
            digits.push('-');
        }
        digits.extend(whole.chars().filter(|&c| Some(c) != thousands));
        digits.push('.');
        digits.push_str(fraction);
        if digits
            .bytes()
            .any(|byte| !byte.is_ascii_digit() && byte != b'-' && byte != b'.')
        {
            return None;
        }
        digits.push_str(parts.exponent);
        digits.parse().ok().filter(|number: &f64| number.is_finite())
    }
}

/// Whether a trimmed cell is a number, or written as one: with a currency, a sign such as `%`, or separators. A unit may be
/// the rest of a name, as in `1stFloor`.
pub(crate) fn is_written_number(cell: &str) -> bool {
    number(cell).is_some()
        || Parts::of(cell).is_some_and(|parts| {
            parts.evidence() != Evidence::Contradiction && (parts.suffix.is_empty() || parts.has_sign())
        })
}

/// The decimal separator that cells prove: that of some cell where no other reading is possible, and all are numbers.
pub(crate) fn proven_decimal<'a>(cells: impl Iterator<Item = &'a str>) -> Option<char> {
    let mut proven = None;
    for cell in cells.filter(|cell| !is_number_marker(cell)) {
        match Parts::of(cell)?.evidence() {
            Evidence::Contradiction => return None,
            Evidence::Decimal(found) if proven.is_some_and(|known| known != found) => return None,
            Evidence::Decimal(found) => proven = Some(found),
            Evidence::None | Evidence::Either(_) => {}
        }
    }
    proven
}

#[cfg(test)]
mod tests;
