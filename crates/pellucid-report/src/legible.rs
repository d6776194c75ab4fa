//! Text of users' data as it may be shown: a name of a column may have characters that a terminal obeys.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with an escape, such as `\u{1b}`, for each character that a terminal obeys (control characters, among them the
/// one that begins its commands) or that changes the order or hides the place of others: marks and overrides of the direction
/// of text, separators of lines, the byte order mark. Line feeds are escaped too.
///
/// ```
/// use pellucid_report::legible;
/// assert_eq!(legible("income"), "income");
/// assert_eq!(legible("\u{1b}[31mred\n"), "\\u{1b}[31mred\\n");
/// ```
pub fn legible(text: &str) -> Cow<'_, str> {
    match text.contains(is_obeyed) {
        true => Cow::Owned(escaped(text, |_| false)),
        false => Cow::Borrowed(text),
    }
}

/// The same for text of several lines, whose line feeds stay.
pub fn legible_lines(text: &str) -> Cow<'_, str> {
    match text.contains(|c| is_obeyed(c) && c != '\n') {
        true => Cow::Owned(escaped(text, |c| c == '\n')),
        false => Cow::Borrowed(text),
    }
}

fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' if !is_kept(c) => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            c if is_obeyed(c) && !is_kept(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped_and_all_else_stays() {
        for code in (0..0x20)
            .chain(0x7f..0xa0)
            .chain(0x202a..=0x202e)
            .chain(0x2066..=0x2069)
        {
            let c = char::from_u32(code).unwrap();
            let shown = legible_lines(&format!("a{c}b")).into_owned();
            assert_eq!(shown.contains(c), c == '\n', "{code:x}");
            assert!(
                legible(&format!("a{c}b")).chars().all(|c| !is_obeyed(c)),
                "{code:x}"
            );
        }
        for text in ["", "Größe", "年齢", "a b", "η·∂L/∂w", "👩‍🔬"] {
            assert!(matches!(legible(text), Cow::Borrowed(same) if same == text));
        }
    }
}
