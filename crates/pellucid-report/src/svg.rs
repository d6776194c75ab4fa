//! Writes a picture as an SVG document, or as a part of a page with a light and a dark theme.

use crate::layout::Canvas;
use crate::mark::{Anchor, Area, Mark, Point, Raster, Text};
use crate::palette::{Color, Theme};
use crate::raster_pixels::encode_raster;
use crate::typeface::FAMILIES;

/// The document counts in tenths of a pixel: whole numbers are shorter, and fine enough.
const UNITS_PER_PIXEL: f64 = 10.0;

/// A document of its own.
pub(crate) fn document(picture: &Canvas) -> String {
    let mut writer = Writer {
        text: opening(picture, " xmlns=\"http://www.w3.org/2000/svg\""),
        inks: None,
    };
    writer.marks(&picture.marks, &picture.marks);
    writer.text + "</svg>\n"
}

/// A part of a page whose style sheet defines the colours. Both show one picture, each in its theme, and differ in
/// colours only.
pub(crate) fn part(light: &Canvas, dark: &Canvas, inks: &mut Inks) -> String {
    let mut writer = Writer {
        text: opening(light, ""),
        inks: Some(inks),
    };
    writer.marks(&light.marks, &dark.marks);
    writer.text + "</svg>\n"
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
    pub(crate) fn variables(&self, theme: Theme) -> String {
        let pairs = self.pairs.iter().enumerate();
        let variables = pairs.map(|(index, (light, dark))| {
            let color = hex(theme.choose(*light, *dark));
            format!("--i{index}:{color};")
        });
        variables.collect()
    }

    /// Filled (`f`) and stroked (`s`) with each.
    pub(crate) fn classes(&self) -> String {
        let indices = 0..self.pairs.len();
        let classes = indices.map(|i| format!(".f{i}{{fill:var(--i{i})}}.s{i}{{stroke:var(--i{i})}}\n"));
        classes.collect()
    }
}

fn opening(picture: &Canvas, namespace: &str) -> String {
    let title = escape(&picture.title);
    format!(
        "<svg{namespace} width=\"{}\" height=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}</title>\n<desc>{}</desc>\n",
        picture.width,
        picture.height,
        units(f64::from(picture.width)),
        units(f64::from(picture.height)),
        escape(&picture.description),
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
    text: String,
    inks: Option<&'a mut Inks>,
}

impl Writer<'_> {
    /// `dark` are the same marks in the other theme.
    fn marks(&mut self, marks: &[Mark], dark: &[Mark]) {
        for (mark, dark) in marks.iter().zip(dark) {
            self.mark(mark, dark);
        }
    }

    fn mark(&mut self, mark: &Mark, dark: &Mark) {
        let paint = self.paint(mark, dark);
        let line = match mark {
            Mark::Rectangle { area, .. } => format!("<rect {} {paint}/>", place(*area)),
            Mark::Line { ends: [from, to], .. } => {
                let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(units);
                let width = units(1.0);
                format!(
                    "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {paint} stroke-width=\"{width}\"/>"
                )
            }
            Mark::Polyline { points, stroke } => {
                let lengths = stroke.dashes.iter().map(|dash| units(*dash).to_string());
                let dash = match lengths.collect::<Vec<_>>() {
                    lengths if lengths.is_empty() => String::new(),
                    lengths => format!(" stroke-dasharray=\"{}\"", lengths.join(" ")),
                };
                let (corners, width) = (corners(points), units(stroke.width));
                format!(
                    "<polyline points=\"{corners}\" fill=\"none\" {paint} stroke-width=\"{width}\" \
                     stroke-linejoin=\"round\"{dash}/>"
                )
            }
            Mark::Polygon { points, opacity, .. } => {
                let thin = match *opacity < 1.0 {
                    true => format!(" fill-opacity=\"{opacity}\""),
                    false => String::new(),
                };
                format!("<polygon points=\"{}\" {paint}{thin}/>", corners(points))
            }
            Mark::Dot { center, radius, .. } => {
                let [x, y, radius] = [center.0, center.1, *radius].map(units);
                format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" {paint}/>")
            }
            Mark::Text(text) => self.words(text, &paint),
            Mark::Image { area, raster } => match dark {
                Mark::Image { raster: other, .. } if other != raster => {
                    let light = image(*area, raster, " class=\"in-light\"");
                    format!("{light}\n{}", image(*area, other, " class=\"in-dark\""))
                }
                _ => image(*area, raster, ""),
            },
            Mark::Noted { note, marks } => {
                self.line(&format!("<g><title>{}</title>", escape(note)));
                if let Mark::Noted { marks: dark, .. } = dark {
                    self.marks(marks, dark);
                }
                "</g>".to_owned()
            }
        };
        self.line(&line);
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The attribute with a mark's colour.
    fn paint(&mut self, mark: &Mark, dark: &Mark) -> String {
        let Some((what, color)) = ink(mark) else {
            return String::new();
        };
        let dark = ink(dark).map_or(color, |ink| ink.1);
        match &mut self.inks {
            Some(inks) => format!("class=\"{}{}\"", &what[..1], inks.index((color, dark))),
            None => format!("{what}=\"{}\"", hex(color)),
        }
    }

    fn words(&self, text: &Text, paint: &str) -> String {
        let [x, y, size] = [text.baseline.0, text.baseline.1, text.size].map(units);
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let turn = match text.upwards {
            true => format!(" transform=\"rotate(270, {x}, {y})\""),
            false => String::new(),
        };
        // The page's style sheet names the typeface once.
        let family = match self.inks {
            Some(_) => String::new(),
            None => format!(" font-family=\"{FAMILIES}\""),
        };
        let words = escape(&text.text);
        format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\"{family} font-size=\"{size}\" {paint}{turn}>{words}</text>"
        )
    }
}

/// Whether a mark is filled or a stroke, and its colour.
fn ink(mark: &Mark) -> Option<(&'static str, Color)> {
    match mark {
        Mark::Line { color, .. } => Some(("stroke", *color)),
        Mark::Polyline { stroke, .. } => Some(("stroke", stroke.color)),
        Mark::Rectangle { color, .. }
        | Mark::Polygon { color, .. }
        | Mark::Dot { color, .. }
        | Mark::Text(Text { color, .. }) => Some(("fill", *color)),
        Mark::Image { .. } | Mark::Noted { .. } => None,
    }
}

fn image(area: Area, raster: &Raster, class: &str) -> String {
    let rendering = if raster.smooth { "auto" } else { "pixelated" };
    let (place, data) = (place(area), base64(&encode_raster(raster)));
    format!(
        "<image {place} preserveAspectRatio=\"none\" style=\"image-rendering:{rendering}\"{class} \
         href=\"data:image/png;base64,{data}\"/>"
    )
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
