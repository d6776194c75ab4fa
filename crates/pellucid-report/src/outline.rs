//! Outlines of text in the embedded typeface (DejaVu Sans).

use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder, Transform};
use ttf_parser::{Face, OutlineBuilder};

use crate::typeface::{UNITS_PER_EM, advance};

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(dejavu::sans::regular(), 0).expect("the embedded typeface is well formed"));

/// The outline of a line of text, starting at the origin of the baseline, y downwards; `None` if it is empty.
pub(crate) fn outline(text: &str, size: f64) -> Option<Path> {
    let mut pen = Pen {
        path: PathBuilder::new(),
        x: 0.0,
    };
    let mut x = 0.0;
    for character in text.chars() {
        pen.x = x as f32;
        FACE.outline_glyph(FACE.glyph_index(character).unwrap_or_default(), &mut pen);
        x += advance(character);
    }
    let scale = (size / UNITS_PER_EM) as f32;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typeface::width;

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
}
