//! Lists of values in source text.

/// Values in lines of a moderate length.
pub(super) fn wrapped(values: &[String]) -> String {
    let mut text = String::new();
    let mut length = 0;
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push(',');
            length += 1;
            if length > 100 {
                text.push_str("\n    ");
                length = 0;
            } else {
                text.push(' ');
            }
        }
        text.push_str(value);
        length += value.len() + 1;
    }
    text
}
