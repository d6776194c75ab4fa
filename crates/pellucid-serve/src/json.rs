//! JSON that is written number by number.

/// Appends a number; `null` where it is not finite, since JSON has no such number.
pub(crate) fn push_number(json: &mut Vec<u8>, number: f64) {
    match number.is_finite() {
        // Whole numbers need no point.
        true if number.fract() == 0.0 && number.abs() < 1e15 => {
            push_display(json, number as i64);
        }
        true => {
            let written = serde_json::to_writer(&mut *json, &number);
            debug_assert!(written.is_ok(), "memory takes every number");
        }
        false => json.extend_from_slice(b"null"),
    }
}

/// Appends a text with its quotes.
pub(crate) fn push_text(json: &mut Vec<u8>, text: &str) {
    let written = serde_json::to_writer(&mut *json, text);
    debug_assert!(written.is_ok(), "memory takes every text");
}

pub(crate) fn push_display(json: &mut Vec<u8>, value: impl std::fmt::Display) {
    use std::io::Write;
    let written = write!(json, "{value}");
    debug_assert!(written.is_ok(), "memory takes every value");
}

/// Appends items with commas between them.
pub(crate) fn push_list<I: IntoIterator>(
    json: &mut Vec<u8>,
    items: I,
    mut push: impl FnMut(&mut Vec<u8>, I::Item),
) {
    json.push(b'[');
    for (place, item) in items.into_iter().enumerate() {
        if place > 0 {
            json.push(b',');
        }
        push(json, item);
    }
    json.push(b']');
}

#[cfg(test)]
mod tests {
    use super::{push_list, push_number, push_text};

    #[test]
    fn every_number_is_read_as_it_was() {
        let numbers = [
            0.1,
            -0.0,
            1e300,
            5e-324,
            123_456_789_012_345.0,
            1e15,
            f64::NAN,
            f64::INFINITY,
        ];
        let mut json = Vec::new();
        push_list(&mut json, numbers, push_number);
        let read: Vec<Option<f64>> = serde_json::from_slice(&json).unwrap();
        let expected = numbers.map(|number| number.is_finite().then_some(number));
        assert_eq!(read, expected);
    }

    #[test]
    fn text_is_quoted() {
        let mut json = Vec::new();
        push_text(&mut json, "a \"b\"\n");
        assert_eq!(json, br#""a \"b\"\n""#);
    }
}
