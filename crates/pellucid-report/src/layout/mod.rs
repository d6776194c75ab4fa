//! Places marks on one picture: its heading, its texts and lines, and the sizes that all pictures share.

pub(crate) mod color_bar;
pub(crate) mod panel;
pub(crate) mod plot;

use crate::error::ReportError;
use crate::mark::{Anchor, Mark, Point, Raster, Text};
use crate::palette::{Color, Stroke, Theme};
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, wrap};

/// Widths of a picture in pixels, where it sets no limits of its own.
pub(crate) const WIDTHS: (u32, u32) = (240, 8000);
/// Heights of a picture in pixels.
pub(crate) const HEIGHTS: (u32, u32) = (150, 8000);

pub(crate) const MARGIN: f64 = 16.0;
const TITLE_SIZE: f64 = 17.0;
const SUBTITLE_SIZE: f64 = 12.0;
pub(crate) const AXIS_LABEL_SIZE: f64 = 13.0;
pub(crate) const TICK_LABEL_SIZE: f64 = 11.5;
pub(crate) const MAJOR_TICK: f64 = 5.0;
const MINOR_TICK: f64 = 3.0;
/// From the baseline of a digit to the middle of its height, in parts of its size.
pub(crate) const HALF_DIGIT: f64 = 0.365;
/// Where the axis name at the left edge of a picture has its baseline.
pub(crate) const LEFT_NAME: f64 = MARGIN + 0.6 * AXIS_LABEL_SIZE;

/// One picture: its marks, collected in painting order.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    pub(crate) theme: Theme,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The whole title, unclipped, for readers who do not see the picture.
    pub(crate) title: String,
    /// The contents of the picture, in a sentence, for the same readers.
    pub(crate) description: String,
    pub(crate) marks: Vec<Mark>,
}

impl Canvas {
    /// A background of a height that [`Canvas::finish`] sets, `width` pixels wide if the style does not say otherwise.
    pub(crate) fn new(style: PictureStyle, width: u32, limits: (u32, u32)) -> Result<Self, ReportError> {
        let width = style.width.unwrap_or(width);
        check_size("width", width, limits)?;
        let mut canvas = Self::transparent(style.theme, width);
        canvas.rectangle((0.0, 0.0), (0.0, 0.0), style.theme.background());
        Ok(canvas)
    }

    /// No background: marks that another canvas takes over.
    pub(crate) fn transparent(theme: Theme, width: u32) -> Self {
        Self {
            theme,
            width,
            ..Self::default()
        }
    }

    /// In pixels.
    pub(crate) fn width(&self) -> f64 {
        f64::from(self.width)
    }

    /// The right margin.
    pub(crate) fn right(&self) -> f64 {
        self.width() - MARGIN
    }

    /// The picture, `height` pixels high.
    pub(crate) fn finish(mut self, description: String, height: f64) -> Result<Self, ReportError> {
        self.height = height.ceil().clamp(f64::from(HEIGHTS.0), f64::from(u32::MAX)) as u32;
        check_size("height", self.height, HEIGHTS)?;
        if let Some(Mark::Rectangle { area, .. }) = self.marks.first_mut() {
            area[1] = (f64::from(self.width), f64::from(self.height));
        }
        self.description = description;
        Ok(self)
    }

    /// Title and subtitle, with remarks on what is not drawn. Returns where the next thing may begin.
    pub(crate) fn heading(&mut self, title: &str, subtitle: &str, remarks: &[String]) -> f64 {
        self.heading_of_lines(title, subtitle, remarks, (2, 3))
    }

    /// The same with at most so many lines of title and of subtitle.
    pub(crate) fn heading_of_lines(
        &mut self,
        title: &str,
        subtitle: &str,
        remarks: &[String],
        (title_lines, subtitle_lines): (usize, usize),
    ) -> f64 {
        self.title = printable(title);
        let space = self.right() - MARGIN;
        let mut parts = vec![printable(subtitle)];
        parts.retain(|subtitle| !subtitle.is_empty());
        parts.extend_from_slice(remarks);
        let title = wrap(&self.title, TITLE_SIZE, space, title_lines);
        let subtitle = wrap(&parts.join("; "), SUBTITLE_SIZE, space, subtitle_lines);
        let (ink, faint) = (self.theme.ink(), self.theme.faint_ink());
        let title = title.into_iter().map(|line| (line, TITLE_SIZE, ink));
        let subtitle = subtitle.into_iter().map(|line| (line, SUBTITLE_SIZE, faint));
        let mut y = MARGIN - 4.0;
        for (line, size, color) in title.chain(subtitle) {
            y += size * 1.3;
            self.text(line, (MARGIN, y - 0.2 * size), size, color, Anchor::Start);
        }
        y + 12.0
    }

    pub(crate) fn rectangle(&mut self, top_left: Point, bottom_right: Point, color: Color) {
        let area = [top_left, bottom_right];
        self.marks.push(Mark::Rectangle { area, color });
    }

    /// A line one pixel wide.
    pub(crate) fn line(&mut self, from: Point, to: Point, color: Color) {
        let ends = [from, to];
        self.marks.push(Mark::Line { ends, color });
    }

    pub(crate) fn polyline(&mut self, points: Vec<Point>, stroke: Stroke) {
        self.marks.push(Mark::Polyline { points, stroke });
    }

    pub(crate) fn polygon(&mut self, points: Vec<Point>, color: Color, opacity: f64) {
        self.marks.push(Mark::Polygon {
            points,
            color,
            opacity,
        });
    }

    pub(crate) fn dot(&mut self, center: Point, radius: f64, color: Color) {
        self.marks.push(Mark::Dot {
            center,
            radius,
            color,
        });
    }

    pub(crate) fn image(&mut self, top_left: Point, bottom_right: Point, raster: Raster) {
        let area = [top_left, bottom_right];
        self.marks.push(Mark::Image { area, raster });
    }

    /// What `draw` draws, with a note for readers who point at it.
    pub(crate) fn noted(&mut self, note: String, draw: impl FnOnce(&mut Self)) {
        let before = std::mem::take(&mut self.marks);
        draw(self);
        let marks = std::mem::replace(&mut self.marks, before);
        self.marks.push(Mark::Noted { note, marks });
    }

    /// A level line of text.
    pub(crate) fn text(
        &mut self,
        text: impl Into<String>,
        baseline: Point,
        size: f64,
        color: Color,
        anchor: Anchor,
    ) {
        self.marks.push(Mark::Text(Text {
            text: text.into(),
            baseline,
            size,
            color,
            anchor,
            upwards: false,
        }));
    }

    /// The same, read from bottom to top.
    pub(crate) fn text_upwards(
        &mut self,
        text: impl Into<String>,
        baseline: Point,
        size: f64,
        color: Color,
        anchor: Anchor,
    ) {
        self.text(text, baseline, size, color, anchor);
        if let Some(Mark::Text(text)) = self.marks.last_mut() {
            text.upwards = true;
        }
    }

    /// A number or a name beside an axis.
    pub(crate) fn tick_label(&mut self, text: impl Into<String>, baseline: Point, anchor: Anchor) {
        let color = self.theme.faint_ink();
        self.text(text, baseline, TICK_LABEL_SIZE, color, anchor);
    }

    /// What runs across, shortened to `space` pixels.
    pub(crate) fn name_across(&mut self, name: &str, space: f64, baseline: Point) {
        let name = ellipsize(&printable(name), AXIS_LABEL_SIZE, space);
        self.text(name, baseline, AXIS_LABEL_SIZE, self.theme.ink(), Anchor::Middle);
    }

    /// What runs upwards, shortened to `space` pixels.
    pub(crate) fn name_upwards(&mut self, name: &str, space: f64, baseline: Point) {
        let name = ellipsize(&printable(name), AXIS_LABEL_SIZE, space);
        self.text_upwards(name, baseline, AXIS_LABEL_SIZE, self.theme.ink(), Anchor::Middle);
    }

    /// Says that there is nothing to draw.
    pub(crate) fn empty(&mut self, text: impl Into<String>, at: Point) {
        self.text(text, at, AXIS_LABEL_SIZE, self.theme.faint_ink(), Anchor::Middle);
    }
}

pub(crate) fn check_size(
    side: &'static str,
    found: u32,
    (least, most): (u32, u32),
) -> Result<(), ReportError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(ReportError::PictureSize {
        side,
        found,
        least,
        most,
    })
}

/// The middle of the pixel that a line one pixel wide fills.
pub(crate) fn crisp(place: f64) -> f64 {
    place.floor() + 0.5
}
