//! Paints a picture as a PNG file, with the embedded typeface.

use tiny_skia::{
    FillRule, FilterQuality, LineJoin, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Rect, StrokeDash,
    Transform,
};

use crate::error::ReportError;
use crate::layout::Canvas;
use crate::mark::{Anchor, Area, Mark, Point, Raster, Text};
use crate::palette::{Color, Stroke};
use crate::raster_pixels::pixels;
use crate::{outline, typeface};

/// Keeps the picture crisp on screens with small pixels, and in print.
const PIXELS_PER_UNIT: u32 = 2;

pub(crate) fn paint(picture: &Canvas) -> Result<Vec<u8>, ReportError> {
    let failure = |reason: String| ReportError::Painting {
        title: picture.title.clone(),
        reason,
    };
    let (width, height) = (picture.width * PIXELS_PER_UNIT, picture.height * PIXELS_PER_UNIT);
    let mut canvas = Pixmap::new(width, height)
        .ok_or_else(|| failure(format!("no memory for {width} by {height} pixels")))?;
    for mark in &picture.marks {
        paint_mark(&mut canvas, mark);
    }
    canvas.encode_png().map_err(|error| failure(error.to_string()))
}

fn zoom() -> Transform {
    Transform::from_scale(PIXELS_PER_UNIT as f32, PIXELS_PER_UNIT as f32)
}

fn ink(Color(r, g, b): Color) -> Paint<'static> {
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.set_color_rgba8(r, g, b, 255);
    paint
}

fn paint_mark(canvas: &mut Pixmap, mark: &Mark) {
    match mark {
        Mark::Rectangle { area, color } => {
            let [(left, top), (right, bottom)] = *area;
            let [left, top, right, bottom] = [left, top, right, bottom].map(|side| side as f32);
            if let Some(rectangle) = Rect::from_ltrb(left, top, right, bottom) {
                canvas.fill_rect(rectangle, &ink(*color), zoom(), None);
            }
        }
        Mark::Line { ends, color } => draw_stroke(canvas, ends, Stroke::solid(*color, 1.0)),
        Mark::Polyline { points, stroke } => draw_stroke(canvas, points, *stroke),
        Mark::Dot {
            center: (x, y),
            radius,
            color,
        } => {
            if let Some(circle) = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32) {
                fill(canvas, &circle, &ink(*color), zoom());
            }
        }
        Mark::Polygon {
            points,
            color,
            opacity,
        } => {
            if let Some(path) = path(points, true) {
                let mut paint = ink(*color);
                paint.shader.apply_opacity(*opacity as f32);
                fill(canvas, &path, &paint, zoom());
            }
        }
        Mark::Image { area, raster } => paint_image(canvas, *area, raster),
        Mark::Text(text) => paint_text(canvas, text),
        Mark::Noted { marks, .. } => marks.iter().for_each(|mark| paint_mark(canvas, mark)),
    }
}

fn paint_image(canvas: &mut Pixmap, [top_left, bottom_right]: Area, raster: &Raster) {
    let Some(pixels) = pixels(raster) else { return };
    let across = (bottom_right.0 - top_left.0) / raster.columns as f64;
    let down = (bottom_right.1 - top_left.1) / raster.rows() as f64;
    let place = zoom()
        .pre_translate(top_left.0 as f32, top_left.1 as f32)
        .pre_scale(across as f32, down as f32);
    let paint = PixmapPaint {
        quality: match raster.smooth {
            true => FilterQuality::Bilinear,
            false => FilterQuality::Nearest,
        },
        ..PixmapPaint::default()
    };
    canvas.draw_pixmap(0, 0, pixels.as_ref(), &paint, place, None);
}

fn fill(canvas: &mut Pixmap, path: &Path, paint: &Paint<'_>, transform: Transform) {
    canvas.fill_path(path, paint, FillRule::Winding, transform, None);
}

fn path(points: &[Point], closed: bool) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        match index {
            0 => builder.move_to(*x as f32, *y as f32),
            _ => builder.line_to(*x as f32, *y as f32),
        }
    }
    if closed {
        builder.close();
    }
    builder.finish()
}

fn draw_stroke(canvas: &mut Pixmap, points: &[Point], stroke: Stroke) {
    let Some(path) = path(points, false) else { return };
    let dashes = stroke.dashes.iter().map(|dash| *dash as f32);
    let style = tiny_skia::Stroke {
        width: stroke.width as f32,
        line_join: LineJoin::Round,
        dash: StrokeDash::new(dashes.collect(), 0.0),
        ..tiny_skia::Stroke::default()
    };
    canvas.stroke_path(&path, &ink(stroke.color), &style, zoom(), None);
}

fn paint_text(canvas: &mut Pixmap, text: &Text) {
    let Some(outline) = outline::outline(&text.text, text.size) else {
        return;
    };
    let width = typeface::width(&text.text, text.size) as f32;
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width / 2.0,
        Anchor::End => -width,
    };
    let turn = if text.upwards { -90.0 } else { 0.0 };
    let place = zoom()
        .pre_translate(text.baseline.0 as f32, text.baseline.1 as f32)
        .pre_concat(Transform::from_rotate(turn))
        .pre_translate(start, 0.0);
    fill(canvas, &outline, &ink(text.color), place);
}
