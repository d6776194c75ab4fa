//! Paints a scene as an SVG document, through plotters' SVG backend.

use std::convert::Infallible;

use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontFamily, FontTransform,
};
use plotters_svg::SVGBackend;

use crate::ReportError;
use crate::palette::Color;
use crate::scene::{Anchor, Mark, Point, Scene, Text};
use crate::typeface::FAMILIES;

/// The backend takes whole numbers only, so the document counts in tenths of a pixel.
const UNITS_PER_PIXEL: f64 = 10.0;

/// The backend takes a text's size as the height of its line, which it divides by this to get the em.
const LINE_HEIGHT_PER_EM: f64 = 1.24;

/// How far below the point it is given the backend puts the baseline of top-aligned text.
const BASELINE_DROP_IN_EM: f64 = 0.76;

pub(crate) fn paint(scene: &Scene) -> Result<String, ReportError> {
    let size = (
        scene.width * UNITS_PER_PIXEL as u32,
        scene.height * UNITS_PER_PIXEL as u32,
    );
    let mut document = String::new();
    let mut backend = SVGBackend::with_string(&mut document, size);
    let painted = scene
        .marks
        .iter()
        .try_for_each(|mark| paint_mark(&mut backend, mark))
        .and_then(|()| backend.present());
    drop(backend);
    painted.map_err(|error| ReportError::Painting {
        format: "SVG",
        title: scene.title.clone(),
        reason: error.to_string(),
    })?;
    Ok(finish(&document, scene, size))
}

fn units(pixels: f64) -> i32 {
    (pixels * UNITS_PER_PIXEL).round() as i32
}

fn at((x, y): Point) -> (i32, i32) {
    (units(x), units(y))
}

type Painted = Result<(), DrawingErrorKind<std::io::Error>>;

fn paint_mark(backend: &mut SVGBackend<'_>, mark: &Mark) -> Painted {
    match mark {
        Mark::Rectangle {
            top_left,
            bottom_right,
            color,
        } => backend.draw_rect(at(*top_left), at(*bottom_right), &backend_color(*color), true),
        Mark::Line {
            from,
            to,
            color,
            width,
        } => backend.draw_line(
            at(*from),
            at(*to),
            &Pen {
                color: *color,
                width: *width,
            },
        ),
        Mark::Polyline {
            points, color, width, ..
        } => {
            let mut corners: Vec<(i32, i32)> = points.iter().copied().map(at).collect();
            corners.dedup();
            backend.draw_path(
                corners,
                &Pen {
                    color: *color,
                    width: *width,
                },
            )
        }
        Mark::Area {
            corners,
            color,
            opacity,
        } => backend.fill_polygon(
            corners.iter().copied().map(at),
            &BackendColor {
                alpha: *opacity,
                ..backend_color(*color)
            },
        ),
        Mark::Dot {
            center,
            radius,
            color,
        } => backend.draw_circle(
            at(*center),
            units(*radius).unsigned_abs(),
            &backend_color(*color),
            true,
        ),
        Mark::Text(text) => {
            let lift = BASELINE_DROP_IN_EM * text.size;
            let (x, y) = text.baseline;
            backend.draw_text(
                &text.text,
                text,
                at(if text.upwards {
                    (x - lift, y)
                } else {
                    (x, y - lift)
                }),
            )
        }
    }
}

fn backend_color(Color(r, g, b): Color) -> BackendColor {
    BackendColor {
        alpha: 1.0,
        rgb: (r, g, b),
    }
}

struct Pen {
    color: Color,
    width: f64,
}

impl BackendStyle for Pen {
    fn color(&self) -> BackendColor {
        backend_color(self.color)
    }

    fn stroke_width(&self) -> u32 {
        units(self.width).unsigned_abs()
    }
}

impl BackendTextStyle for Text {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        backend_color(self.color)
    }

    fn size(&self) -> f64 {
        self.size * UNITS_PER_PIXEL * LINE_HEIGHT_PER_EM
    }

    fn transform(&self) -> FontTransform {
        if self.upwards {
            FontTransform::Rotate270
        } else {
            FontTransform::None
        }
    }

    fn anchor(&self) -> Pos {
        let across = match self.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        Pos::new(across, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILIES)
    }

    fn layout_box(&self, _: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        Ok(((0, 0), (0, 0)))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        _: &str,
        _: (i32, i32),
        _: F,
    ) -> Result<Result<(), E>, Infallible> {
        // An SVG viewer sets the text itself.
        Ok(Ok(()))
    }
}

/// Adds what the backend has no words for: the natural size, a title and description for readers who do not see the
/// picture, and dashes. Drops what says nothing.
fn finish(document: &str, scene: &Scene, (width, height): (u32, u32)) -> String {
    let title = escape(&scene.title);
    let mut finished = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<desc>{}</desc>\n",
        scene.width,
        scene.height,
        escape(&scene.description),
    );
    let mut dashes = scene.marks.iter().filter_map(|mark| match mark {
        Mark::Polyline { dashes, .. } => Some(*dashes),
        _ => None,
    });
    // The backend writes one tag a line, beginning with the root element, and polylines in the order of the marks.
    for line in document.lines().skip(1) {
        let line = line.replacen(" opacity=\"1\"", "", 1);
        match line.strip_prefix("<polyline ") {
            Some(attributes) => {
                finished.push_str("<polyline stroke-linejoin=\"round\" ");
                if let Some(dashes) = dashes.next().filter(|dashes| !dashes.is_empty()) {
                    let lengths: Vec<String> = dashes.iter().map(|dash| units(*dash).to_string()).collect();
                    finished.push_str(&format!("stroke-dasharray=\"{}\" ", lengths.join(" ")));
                }
                finished.push_str(&attributes.replacen(" \"/>", "\"/>", 1));
            }
            None => finished.push_str(&line.replacen(" \"/>", "\"/>", 1)),
        }
        finished.push('\n');
    }
    finished
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
