//! Measures and outlines text in the embedded typeface (DejaVu Sans).

use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder, Transform};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The typefaces for an SVG viewer: the measured one, others as wide, then any.
pub(crate) const FAMILIES: &str = "'DejaVu Sans', Verdana, Geneva, 'Segoe UI', Helvetica, Arial, sans-serif";

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(dejavu::sans::regular(), 0).expect("the embedded typeface is well formed"));

/// Width in pixels of a line of text whose em is `size` pixels high.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let units: f64 = text.chars().map(advance).sum();
    units * size / f64::from(FACE.units_per_em())
}

fn glyph(character: char) -> GlyphId {
    FACE.glyph_index(character).unwrap_or_default()
}

/// The width of a character, in units of the typeface's own grid.
fn advance(character: char) -> f64 {
    f64::from(FACE.glyph_hor_advance(glyph(character)).unwrap_or(0))
}

/// The outline of a line of text, starting at the origin of the baseline, y downwards; `None` if it is empty.
pub(crate) fn outline(text: &str, size: f64) -> Option<Path> {
    let mut pen = Pen {
        path: PathBuilder::new(),
        x: 0.0,
    };
    let mut x = 0.0;
    for character in text.chars() {
        pen.x = x as f32;
        FACE.outline_glyph(glyph(character), &mut pen);
        x += advance(character);
    }
    let scale = (size / f64::from(FACE.units_per_em())) as f32;
    pen.path.finish()?.transform(Transform::from_scale(scale, -scale))
}

struct Pen {
    path: PathBuilder,
    x: f32,
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x + x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x + x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.x + x1, y1, self.x + x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path
            .cubic_to(self.x + x1, y1, self.x + x2, y2, self.x + x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
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

    #[test]
    fn outline_is_about_as_wide_as_measured() {
        let bounds = outline("epoch 400k", 20.0).unwrap().bounds();
        let measured = width("epoch 400k", 20.0);
        assert!(
            (f64::from(bounds.width()) - measured).abs() < 4.0,
            "{bounds:?}, measured {measured}"
        );
        assert!(bounds.top() < 0.0, "capitals rise above the baseline");
        assert!(outline(" ", 20.0).is_none());
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
