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
    /// A filled outline through which what lies below is seen.
    Area {
        corners: Vec<Point>,
        color: Color,
        /// 0 to 1.
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

impl Mark {
    /// The same elsewhere.
    pub(crate) fn moved(mut self, across: f64, down: f64) -> Self {
        let shift = |point: &mut Point| *point = (point.0 + across, point.1 + down);
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
            } => {
                shift(top_left);
                shift(bottom_right);
            }
            Self::Line { from, to, .. } => {
                shift(from);
                shift(to);
            }
            Self::Polyline { points: corners, .. } | Self::Area { corners, .. } => {
                corners.iter_mut().for_each(shift);
            }
            Self::Dot { center, .. } => shift(center),
            Self::Text(text) => shift(&mut text.baseline),
            Self::Noted { marks, .. } => {
                let moved = std::mem::take(marks).into_iter();
                *marks = moved.map(|mark| mark.moved(across, down)).collect();
            }
        }
        self
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
