//! Measures text in DejaVu Sans.

use std::sync::LazyLock;

/// The typefaces for an SVG viewer: the measured one, others as wide, then any.
pub(crate) const FAMILIES: &str = "'DejaVu Sans', Verdana, Geneva, 'Segoe UI', Helvetica, Arial, sans-serif";

/// The height of an em in units of the typeface's own grid.
pub(crate) const UNITS_PER_EM: f64 = 2048.0;

/// The widths of the typeface's characters, without its 380 kB of outlines, which pages do not need. A line has the first
/// and the last character of a run, in hexadecimal, and the width of each; the first line is that of all others.
const ADVANCES: &str = include_str!("typeface/advances.txt");

/// Characters from the first to the last, and the width of each.
type Run = (u32, u32, u16);

static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| ADVANCES.lines().filter_map(run).collect());

fn run(line: &str) -> Option<Run> {
    let mut parts = line.split(' ');
    let mut number = |radix| u32::from_str_radix(parts.next()?, radix).ok();
    Some((number(16)?, number(16)?, u16::try_from(number(10)?).ok()?))
}

/// Width in pixels of a line of text whose em is `size` pixels high.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let units: f64 = text.chars().map(advance).sum();
    units * size / UNITS_PER_EM
}

/// The width of a character, in units of the typeface's own grid.
pub(crate) fn advance(character: char) -> f64 {
    let code = u32::from(character);
    let (others, runs) = RUNS.split_first().expect("the table has lines");
    let after = runs.partition_point(|&(first, ..)| first <= code);
    let found = runs[..after].last().filter(|&&(_, last, _)| code <= last);
    f64::from(found.unwrap_or(others).2)
}

/// `text` without control characters, which XML forbids or swallows, on one line.
pub(crate) fn printable(text: &str) -> String {
    let allowed = text.replace(['\u{fffe}', '\u{ffff}'], "");
    let spaced = allowed.replace(|c: char| c.is_control() || c.is_whitespace(), " ");
    spaced.trim().to_owned()
}

/// `text` shortened in its middle to at most `space` pixels: names of runs often differ at their ends.
pub(crate) fn ellipsize(text: &str, size: f64, space: f64) -> String {
    if width(text, size) <= space {
        return text.to_owned();
    }
    let shortened = |kept: usize| without_middle(text, kept, "…");
    let (mut fits, mut too_long) = (0, text.chars().count());
    while fits + 1 < too_long {
        let kept = fits.midpoint(too_long);
        if width(&shortened(kept), size) <= space {
            fits = kept;
        } else {
            too_long = kept;
        }
    }
    shortened(fits)
}

/// `text` without its middle: `kept` characters of its two ends around an ellipsis.
pub(crate) fn without_middle(text: &str, kept: usize, ellipsis: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let head: String = characters[..head].iter().collect();
    let tail: String = characters[characters.len() - tail..].iter().collect();
    format!("{head}{ellipsis}{tail}")
}

/// `text` broken between words into at most `most_lines` lines no wider than `space` pixels; what does not fit is
/// shortened.
pub(crate) fn wrap(text: &str, size: f64, space: f64, most_lines: usize) -> Vec<String> {
    let mut lines = lines_of_words(text, |line| width(line, size) <= space);
    if lines.len() > most_lines {
        let rest = lines.split_off(most_lines.saturating_sub(1)).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| ellipsize(line, size, space)).collect()
}

/// The words of a text in lines that fit, but for those of a single word.
pub(crate) fn lines_of_words(text: &str, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (lines.last_mut(), longer.filter(|line| fits(line))) {
            (Some(line), Some(longer)) => *line = longer,
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_grows_with_text_and_size() {
        assert!(width("mm", 10.0) > width("ii", 10.0));
        assert!((width("loss", 20.0) - 2.0 * width("loss", 10.0)).abs() < 1e-9);
    }

    /// `PELLUCID_WRITE_DOCS=1` writes the table.
    #[test]
    fn advances_are_those_of_the_typeface() {
        let face = ttf_parser::Face::parse(dejavu::sans::regular(), 0).unwrap();
        assert_eq!(f64::from(face.units_per_em()), UNITS_PER_EM);
        let of_glyph = |glyph| face.glyph_hor_advance(glyph).unwrap_or(0);
        let others = of_glyph(ttf_parser::GlyphId::default());
        let mut runs = vec![(0, 0, others)];
        for character in '\0'..=char::MAX {
            let Some(glyph) = face.glyph_index(character) else {
                continue;
            };
            let (code, advance) = (u32::from(character), of_glyph(glyph));
            match runs[1..].last_mut() {
                Some((_, last, same)) if *last + 1 == code && *same == advance => *last = code,
                _ => runs.push((code, code, advance)),
            }
        }
        let lines = runs
            .iter()
            .map(|(first, last, advance)| format!("{first:x} {last:x} {advance}\n"));
        let table: String = lines.collect();
        if std::env::var_os("PELLUCID_WRITE_DOCS").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/typeface/advances.txt");
            std::fs::write(path, &table).unwrap();
        }
        assert_eq!(*RUNS, runs, "PELLUCID_WRITE_DOCS=1 writes the table anew");
    }

    #[test]
    fn shortened_text_fits_and_keeps_both_ends() {
        let short = ellipsize("rate=0.1,batch=32,momentum=0.9,seed=42", 12.0, 120.0);
        assert!(width(&short, 12.0) <= 120.0);
        assert!(
            short.starts_with("rate=") && short.ends_with("42") && short.contains('…'),
            "{short}"
        );
        assert_eq!(ellipsize("sgd", 12.0, 120.0), "sgd");
    }

    #[test]
    fn wrapped_lines_fit_and_lose_no_word_while_space_is_left() {
        let text = "the loss of a small network on exclusive or over many epochs";
        let lines = wrap(text, 12.0, 150.0, 9);
        assert!(lines.len() > 1);
        assert_eq!(lines.join(" "), text);
        assert!(lines.iter().all(|line| width(line, 12.0) <= 150.0));
        assert_eq!(wrap(text, 12.0, 150.0, 2).len(), 2);
        assert!(wrap("", 12.0, 150.0, 2).is_empty());
    }

    #[test]
    fn control_characters_are_not_printed() {
        assert_eq!(printable("a\u{0}b\n\u{1b}c\u{ffff}"), "a b  c");
    }
}
