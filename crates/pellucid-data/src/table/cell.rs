//! What the text of one cell means.

/// One cell, as a reader found it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Missing,
    Number(f64),
    Boolean(bool),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// The cell of a text that is already trimmed.
    pub(super) fn of_text(text: &'a str) -> Cell<'a> {
        if is_missing(text) {
            Cell::Missing
        } else {
            Cell::Text(text)
        }
    }
}

/// Whether a trimmed cell stands for a value that is not known.
pub(super) fn is_missing(text: &str) -> bool {
    match text.len() {
        0 => true,
        1 => text == "?",
        2..=4 => ["na", "nan", "n/a", "null"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

/// The number that a text is, where that is a finite decimal number.
pub(super) fn number(text: &str) -> Option<f64> {
    // Words are told apart by their first byte, without the work of parsing them.
    match text.as_bytes().first()? {
        b'0'..=b'9' | b'+' | b'-' | b'.' => text.parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

const FALSE_AND_TRUE: [[&str; 2]; 4] = [["false", "true"], ["no", "yes"], ["f", "t"], ["n", "y"]];

/// Which of the pairs of words for false and true a text belongs to, and whether it means true.
pub(crate) fn boolean(text: &str) -> Option<(usize, bool)> {
    FALSE_AND_TRUE.iter().enumerate().find_map(|(pair, words)| {
        let position = words.iter().position(|word| text.eq_ignore_ascii_case(word))?;
        Some((pair, position == 1))
    })
}

/// What to do about a text that is no number here but was meant as one; `None` for other texts.
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
mod tests {
    use super::*;

    #[test]
    fn missing_values() {
        for text in ["", "?", "NA", "na", "N/A", "n/a", "NaN", "nan", "null", "NULL"] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["0", "-", "none", "nano", "??", "nul", "NAN."] {
            assert!(!is_missing(text), "{text}");
        }
    }

    #[test]
    fn numbers_are_finite_decimals() {
        for (text, value) in [
            ("1", 1.0),
            ("-.5", -0.5),
            ("+2e3", 2000.0),
            ("01", 1.0),
            ("5.", 5.0),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in [
            "", "inf", "-inf", "nan", "1e999", "0x10", "1,5", "1 2", "1_000", "e5", "-", ".",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn texts_meant_as_numbers() {
        for text in [
            "1,234",
            "-1,234.5",
            "0,5",
            "inf",
            "-Infinity",
            "1e999",
            "12,345,678",
        ] {
            assert!(meant_as_number(text).is_some(), "{text}");
        }
        for text in ["1", "a,b", ",", "1,", "word", "12-3", "infinite", "$5", "e999"] {
            assert!(meant_as_number(text).is_none(), "{text}");
        }
    }
}
