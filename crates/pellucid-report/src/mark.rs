//! The marks of pictures, in pixels from the top left corner.

use crate::palette::{Color, Stroke};

/// A point in pixels: x to the right, y downwards.
pub(crate) type Point = (f64, f64);

#[derive(Debug)]
pub(crate) enum Mark {
    Rectangle {
        area: Area,
        color: Color,
    },
    /// One pixel wide.
    Line {
        ends: [Point; 2],
        color: Color,
    },
    Polyline {
        points: Vec<Point>,
        stroke: Stroke,
    },
    /// Filled, and closed. An opacity of 1 hides the marks below, 0 is invisible.
    Polygon {
        points: Vec<Point>,
        color: Color,
        opacity: f64,
    },
    Dot {
        center: Point,
        radius: f64,
        color: Color,
    },
    Image {
        area: Area,
        raster: Raster,
    },
    Text(Text),
    /// Marks with a note for readers who point at them, in formats that can show one.
    Noted {
        note: String,
        marks: Vec<Mark>,
    },
}

/// A rectangle: its top left and its bottom right corner.
pub(crate) type Area = [Point; 2];

/// Colours in rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Raster {
    pub(crate) columns: usize,
    /// Row after row from the top left; a multiple of `columns`.
    pub(crate) colors: Vec<Color>,
    /// Whether colours blend into each other, or are squares with edges.
    pub(crate) smooth: bool,
}

impl Raster {
    /// Squares with edges.
    pub(crate) fn squares(columns: usize, colors: Vec<Color>) -> Self {
        let smooth = false;
        Self {
            columns,
            colors,
            smooth,
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.colors.len() / self.columns.max(1)
    }
}

/// One line of text.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// The place of the anchor, on the baseline.
    pub(crate) baseline: Point,
    /// Height of an em in pixels.
    pub(crate) size: f64,
    pub(crate) color: Color,
    pub(crate) anchor: Anchor,
    /// Rotated around the baseline point, to be read from bottom to top.
    pub(crate) upwards: bool,
}

/// The part of a text that lies at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Mark {
    /// The mark, moved to the right and down.
    #[must_use]
    pub(crate) fn moved(mut self, by: Point) -> Self {
        let shift = |point: &mut Point| {
            point.0 += by.0;
            point.1 += by.1;
        };
        match &mut self {
            Self::Rectangle { area: points, .. }
            | Self::Image { area: points, .. }
            | Self::Line { ends: points, .. } => points.iter_mut().for_each(shift),
            Self::Polyline { points, .. } | Self::Polygon { points, .. } => points.iter_mut().for_each(shift),
            Self::Dot { center, .. } => shift(center),
            Self::Text(text) => shift(&mut text.baseline),
            Self::Noted { marks, .. } => {
                let moved = std::mem::take(marks).into_iter().map(|mark| mark.moved(by));
                *marks = moved.collect();
            }
        }
        self
    }
}
