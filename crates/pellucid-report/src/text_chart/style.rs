//! Describes what a terminal can show.

use crate::typeface::{printable, without_middle};

/// The size of a chart in characters, and the characters it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// Columns of the terminal.
    pub width: usize,
    /// Rows between the axes of a chart.
    pub height: usize,
    /// Whether Braille dots, box-drawing characters and shades can be shown; ASCII otherwise.
    pub unicode: bool,
    /// Whether curves and cells are coloured, by ANSI escape sequences for 256 colours.
    pub color: bool,
}

impl Default for TextStyle {
    /// 80 columns, 16 rows, Unicode without colours.
    fn default() -> Self {
        Self {
            width: 80,
            height: 16,
            unicode: true,
            color: false,
        }
    }
}

/// Nearest to Okabe's and Ito's colours among those legible on a black and on a white background.
const SERIES: [u8; 8] = [33, 208, 36, 170, 178, 75, 203, 245];

/// The letter of a curve: a to z, A to Z.
pub(super) fn letter(series: usize) -> char {
    let letters = ('a'..='z').chain('A'..='Z');
    letters.cycle().nth(series % 52).unwrap_or('?')
}

impl TextStyle {
    /// `text` in the colour of its series, if it has one.
    pub(super) fn paint(&self, series: Option<usize>, text: &str) -> String {
        match series.filter(|_| self.color && !text.is_empty()) {
            Some(series) => format!("\u{1b}[38;5;{}m{text}\u{1b}[0m", SERIES[series % SERIES.len()]),
            None => text.to_owned(),
        }
    }

    /// A name or a title, on one line of at most `most` characters.
    pub(super) fn line(&self, text: &str, most: usize) -> String {
        self.cut(&self.spelled(&printable(text)), most)
    }

    /// `text` with its middle left out if it is longer than `most` characters.
    pub(super) fn cut(&self, text: &str, most: usize) -> String {
        if text.chars().count() <= most {
            return text.to_owned();
        }
        let ellipsis = if self.unicode { "…" } else { "..." };
        without_middle(text, most.saturating_sub(ellipsis.chars().count()), ellipsis)
    }

    /// `text` in ASCII, for a terminal without Unicode: `5×10⁻⁷` is `5e-7`.
    pub(super) fn spelled(&self, text: &str) -> String {
        if self.unicode {
            return text.to_owned();
        }
        let mut spelled = String::with_capacity(text.len());
        let plain = text.replace("×10", "e");
        let mut raised = false;
        for character in plain.chars() {
            let exponent = match character {
                '⁻' => Some('-'),
                '¹' => Some('1'),
                '²' => Some('2'),
                '³' => Some('3'),
                '⁰'..='⁹' => char::from_digit(character as u32 - '⁰' as u32, 10),
                _ => None,
            };
            // `10⁻²` without a factor is `1e-2`.
            if exponent.is_some() && !raised && spelled.ends_with("10") {
                spelled.truncate(spelled.len() - 2);
                spelled.push_str("1e");
            }
            raised = exponent.is_some();
            match (exponent, character) {
                (Some(digit), _) => spelled.push(digit),
                (None, '−' | '–') => spelled.push('-'),
                (None, '…') => spelled.push_str("..."),
                (None, character) if character.is_ascii() => spelled.push(character),
                (None, _) => spelled.push('?'),
            }
        }
        spelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spelled_in_ascii_where_they_must_be() {
        let style = TextStyle {
            unicode: false,
            ..TextStyle::default()
        };
        for (text, spelled) in [
            ("10⁻²", "1e-2"),
            ("10⁰", "1e0"),
            ("5×10⁻¹²", "5e-12"),
            ("−0.5", "-0.5"),
            ("café…", "caf?..."),
            ("100", "100"),
        ] {
            assert_eq!(style.spelled(text), spelled);
        }
        assert_eq!(TextStyle::default().spelled("10⁻²"), "10⁻²");
    }

    #[test]
    fn what_is_cut_keeps_both_ends() {
        let style = TextStyle::default();
        assert_eq!(style.cut("abcdefghij", 5), "ab…ij");
        let ascii = TextStyle {
            unicode: false,
            ..style
        };
        assert_eq!(ascii.cut("abcdefghij", 6), "ab...j");
        assert_eq!((letter(0), letter(26), letter(51)), ('a', 'A', 'Z'));
    }
}
