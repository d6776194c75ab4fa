//! Writes a scene as an SVG document, or as a part of a page with a light and a dark theme.

use std::fmt::Write;

use crate::palette::{Color, Stroke};
use crate::png;
use crate::scene::{Anchor, Area, Mark, Point, Raster, Scene, Text};
use crate::typeface::FAMILIES;

/// The document counts in tenths of a pixel: whole numbers are shorter, and fine enough.
const UNITS_PER_PIXEL: f64 = 10.0;

/// A document of its own.
pub(crate) fn document(scene: &Scene) -> String {
    let mut text = opening(scene, true);
    Writer {
        text: &mut text,
        inks: None,
    }
    .marks(&scene.marks, None);
    text.push_str("</svg>\n");
    text
}

/// A part of a page whose style sheet defines the colours. The two scenes show one picture in two themes, and differ in
/// colours only.
pub(crate) fn part(light: &Scene, dark: &Scene, inks: &mut Inks) -> String {
    let mut text = opening(light, false);
    let inks = Some(inks);
    Writer {
        text: &mut text,
        inks,
    }
    .marks(&light.marks, Some(&dark.marks));
    text.push_str("</svg>\n");
    text
}

/// The colours of a page, each with its counterpart in the dark theme.
#[derive(Debug, Default)]
pub(crate) struct Inks {
    pairs: Vec<(Color, Color)>,
}

impl Inks {
    fn index(&mut self, pair: (Color, Color)) -> usize {
        let found = self.pairs.iter().position(|known| *known == pair);
        found.unwrap_or_else(|| {
            self.pairs.push(pair);
            self.pairs.len() - 1
        })
    }

    /// The variables of one theme.
    pub(crate) fn variables(&self, dark: bool) -> String {
        let mut text = String::new();
        for (index, pair) in self.pairs.iter().enumerate() {
            let color = hex(if dark { pair.1 } else { pair.0 });
            let _ = write!(text, "--i{index}:{color};");
        }
        text
    }

    /// Filled (`f`) and stroked (`s`) with each.
    pub(crate) fn classes(&self) -> String {
        let mut text = String::new();
        for index in 0..self.pairs.len() {
            let _ = writeln!(
                text,
                ".f{index}{{fill:var(--i{index})}}.s{index}{{stroke:var(--i{index})}}"
            );
        }
        text
    }
}

fn opening(scene: &Scene, is_document: bool) -> String {
    let title = escape(&scene.title);
    let namespace = if is_document {
        " xmlns=\"http://www.w3.org/2000/svg\""
    } else {
        ""
    };
    format!(
        "<svg{namespace} width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n<desc>{}</desc>\n",
        scene.width,
        scene.height,
        units(f64::from(scene.width)),
        units(f64::from(scene.height)),
        escape(&scene.description),
    )
}

fn units(pixels: f64) -> i64 {
    (pixels * UNITS_PER_PIXEL).round() as i64
}

fn hex(Color(r, g, b): Color) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}

/// `text` escaped for an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

struct Writer<'a> {
    text: &'a mut String,
    inks: Option<&'a mut Inks>,
}

impl Writer<'_> {
    fn marks(&mut self, marks: &[Mark], dark: Option<&[Mark]>) {
        for (index, mark) in marks.iter().enumerate() {
            self.mark(mark, dark.and_then(|dark| dark.get(index)));
        }
    }

    /// `dark` is the same mark in the other theme.
    fn mark(&mut self, mark: &Mark, dark: Option<&Mark>) {
        let ink = |mark: &Mark| match mark {
            Mark::Rectangle { color, .. }
            | Mark::Line { color, .. }
            | Mark::Polyline {
                stroke: Stroke { color, .. },
                ..
            }
            | Mark::Polygon { color, .. }
            | Mark::Dot { color, .. }
            | Mark::Text(Text { color, .. }) => Some(*color),
            Mark::Image { .. } | Mark::Noted { .. } => None,
        };
        let colors = ink(mark).map(|light| (light, dark.and_then(ink).unwrap_or(light)));
        match mark {
            Mark::Rectangle { area, .. } => {
                let (place, fill) = (place(*area), self.paint("fill", colors));
                self.line(&format!("<rect {place} {fill}/>"));
            }
            Mark::Line { ends: [from, to], .. } => {
                let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(units);
                let (stroke, width) = (self.paint("stroke", colors), units(1.0));
                self.line(&format!(
                    "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {stroke} stroke-width=\"{width}\"/>"
                ));
            }
            Mark::Polyline { points, stroke } => {
                let mut dash = String::new();
                if !stroke.dashes.is_empty() {
                    let lengths = stroke.dashes.iter().map(|dash| units(*dash).to_string());
                    let lengths: Vec<String> = lengths.collect();
                    dash = format!(" stroke-dasharray=\"{}\"", lengths.join(" "));
                }
                let (corners, width) = (corners(points), units(stroke.width));
                let stroke = self.paint("stroke", colors);
                self.line(&format!(
                    "<polyline points=\"{corners}\" fill=\"none\" {stroke} stroke-width=\"{width}\" \
                     stroke-linejoin=\"round\"{dash}/>"
                ));
            }
            Mark::Polygon { points, opacity, .. } => {
                let (corners, fill) = (corners(points), self.paint("fill", colors));
                let thin = match *opacity < 1.0 {
                    true => format!(" fill-opacity=\"{opacity}\""),
                    false => String::new(),
                };
                self.line(&format!("<polygon points=\"{corners}\" {fill}{thin}/>"));
            }
            Mark::Dot { center, radius, .. } => {
                let (x, y, radius) = (units(center.0), units(center.1), units(*radius));
                let fill = self.paint("fill", colors);
                self.line(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" {fill}/>"));
            }
            Mark::Text(text) => self.words(text, colors),
            Mark::Image { area, raster } => self.image(&place(*area), raster, dark),
            Mark::Noted { note, marks } => {
                self.line(&format!("<g><title>{}</title>", escape(note)));
                let dark_marks = dark.and_then(|mark| match mark {
                    Mark::Noted { marks, .. } => Some(&marks[..]),
                    _ => None,
                });
                self.marks(marks, dark_marks);
                self.line("</g>");
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn paint(&mut self, what: &str, colors: Option<(Color, Color)>) -> String {
        let Some(pair) = colors else { return String::new() };
        match &mut self.inks {
            Some(inks) => format!("class=\"{}{}\"", &what[..1], inks.index(pair)),
            None => format!("{what}=\"{}\"", hex(pair.0)),
        }
    }

    fn words(&mut self, text: &Text, colors: Option<(Color, Color)>) {
        let (x, y) = (units(text.baseline.0), units(text.baseline.1));
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = if text.upwards {
            format!(" transform=\"rotate(270, {x}, {y})\"")
        } else {
            String::new()
        };
        // The page's style sheet names the typeface once.
        let family = match self.inks {
            Some(_) => String::new(),
            None => format!(" font-family=\"{FAMILIES}\""),
        };
        let (size, fill, words) = (units(text.size), self.paint("fill", colors), escape(&text.text));
        self.line(&format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\"{family} font-size=\"{size}\" {fill}{turn}>{words}</text>"
        ));
    }

    fn image(&mut self, place: &str, raster: &Raster, dark: Option<&Mark>) {
        let dark = match dark {
            Some(Mark::Image { raster: other, .. }) if other != raster => Some(other),
            _ => None,
        };
        let light_class = dark.map_or("", |_| " class=\"in-light\"");
        let dark = dark.map(|dark| (dark, " class=\"in-dark\""));
        for (raster, class) in std::iter::once((raster, light_class)).chain(dark) {
            let rendering = if raster.smooth { "auto" } else { "pixelated" };
            let data = base64(&png::encode_raster(raster));
            self.line(&format!(
                "<image {place} preserveAspectRatio=\"none\" style=\"image-rendering:{rendering}\"{class} \
                 href=\"data:image/png;base64,{data}\"/>"
            ));
        }
    }
}

fn place([top_left, bottom_right]: Area) -> String {
    let [left, top, right, bottom] = [top_left.0, top_left.1, bottom_right.0, bottom_right.1].map(units);
    let (width, height) = ((right - left).max(0), (bottom - top).max(0));
    format!("x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"")
}

fn corners(points: &[Point]) -> String {
    let mut corners: Vec<(i64, i64)> = points.iter().map(|(x, y)| (units(*x), units(*y))).collect();
    corners.dedup();
    let texts: Vec<String> = corners.iter().map(|(x, y)| format!("{x},{y}")).collect();
    texts.join(" ")
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| {
            bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_meets_the_test_vectors_of_its_standard() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
