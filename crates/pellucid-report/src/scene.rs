//! A picture as a list of marks, in pixels from the top left corner: what the layout hands to a painter.

use crate::palette::Color;

/// A point in pixels: x to the right, y downwards.
pub(crate) type Point = (f64, f64);

/// Everything on one picture, in painting order.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The whole title, unclipped, for readers who do not see the picture.
    pub(crate) title: String,
    /// What the picture shows, in a sentence, for the same readers.
    pub(crate) description: String,
    pub(crate) marks: Vec<Mark>,
}

#[derive(Debug)]
pub(crate) enum Mark {
    Rectangle {
        top_left: Point,
        bottom_right: Point,
        color: Color,
    },
    Line {
        from: Point,
        to: Point,
        color: Color,
        width: f64,
    },
    Polyline {
        points: Vec<Point>,
        color: Color,
        width: f64,
        dashes: &'static [f64],
    },
    /// Filled, and closed.
    Polygon {
        points: Vec<Point>,
        color: Color,
        /// 1 hides what lies below, 0 would be nothing.
        opacity: f64,
    },
    Dot {
        center: Point,
        radius: f64,
        color: Color,
    },
    Image {
        top_left: Point,
        bottom_right: Point,
        raster: Raster,
    },
    Text(Text),
    /// Marks that say something when pointed at, where the format can.
    Noted {
        note: String,
        marks: Vec<Mark>,
    },
}

/// Colours in rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raster {
    pub(crate) columns: usize,
    /// Row after row from the top left; a multiple of `columns`.
    pub(crate) colors: Vec<Color>,
    /// Whether colours go over into each other, or are squares with edges.
    pub(crate) smooth: bool,
}

impl Raster {
    pub(crate) fn rows(&self) -> usize {
        self.colors.len() / self.columns.max(1)
    }
}

/// One line of text.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// Where the anchor lies on the baseline.
    pub(crate) baseline: Point,
    /// Height of an em in pixels.
    pub(crate) size: f64,
    pub(crate) color: Color,
    pub(crate) anchor: Anchor,
    /// Turned to be read from bottom to top, around the baseline point.
    pub(crate) upwards: bool,
}

/// Which part of the text stands at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Mark {
    /// The same mark so far to the right and down.
    #[must_use]
    pub(crate) fn moved(mut self, by: Point) -> Self {
        let shift = |point: &mut Point| {
            point.0 += by.0;
            point.1 += by.1;
        };
        match &mut self {
            Self::Rectangle {
                top_left,
                bottom_right,
                ..
            }
            | Self::Image {
                top_left,
                bottom_right,
                ..
            } => [top_left, bottom_right].into_iter().for_each(shift),
            Self::Line { from, to, .. } => [from, to].into_iter().for_each(shift),
            Self::Polyline { points, .. } | Self::Polygon { points, .. } => points.iter_mut().for_each(shift),
            Self::Dot { center, .. } => shift(center),
            Self::Text(text) => shift(&mut text.baseline),
            Self::Noted { marks, .. } => {
                *marks = std::mem::take(marks)
                    .into_iter()
                    .map(|mark| mark.moved(by))
                    .collect();
            }
        }
        self
    }
}
