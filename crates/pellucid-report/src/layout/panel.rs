//! One plot among others on a picture: its axes, their names, and the way from numbers to places.

use super::{
    AXIS_LABEL_SIZE, MAJOR_TICK, Plot, TICK_LABEL_SIZE, axes, label_width, labels_stand_apart,
    without_collisions, words, words_upwards,
};
use crate::Theme;
use crate::axis::{Axis, Tick};
use crate::scene::{Anchor, Mark, Point};
use crate::typeface::{ellipsize, printable};

/// Below a plot: the labels of ticks and the axis' name.
pub(super) const BELOW: f64 = MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 12.0;

pub(super) struct Panel {
    pub(super) plot: Plot,
    pub(super) x: Axis,
    pub(super) y: Axis,
    y_ticks: Vec<Tick>,
}

impl Panel {
    /// Between `left` and `right` with all that belongs to it, from `top` to `bottom` without what is below it. The
    /// axes are made for the number of labels there is room for.
    pub(super) fn arrange(
        (left, right): (f64, f64),
        (top, bottom): (f64, f64),
        x: impl Fn(usize) -> Axis,
        y: impl Fn(usize) -> Axis,
    ) -> Self {
        let height = bottom - top;
        let y = y(((height / 40.0) as usize).max(2));
        let y_ticks = without_collisions(&y.ticks, height);
        let widest = y_ticks.iter().map(label_width).fold(0.0, f64::max);
        let plot = Plot {
            left: left + AXIS_LABEL_SIZE + 8.0 + widest + MAJOR_TICK + 4.0,
            right,
            top,
            bottom,
        };
        let mut most = ((plot.width() / 56.0) as usize).max(2);
        let x = loop {
            let axis = x(most);
            if most <= 2 || labels_stand_apart(&axis.ticks, plot.width()) {
                break axis;
            }
            most -= 1;
        };
        Self { plot, x, y, y_ticks }
    }

    /// Where these numbers lie.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (self.plot.x(self.x.fraction(x)), self.plot.y(self.y.fraction(y)))
    }

    /// The corner at this fraction of both axes: 0 at the bottom left, 1 at the top right.
    pub(super) fn plot_corner(&self, fraction: f64) -> Point {
        (self.plot.x(fraction), self.plot.y(fraction))
    }

    pub(super) fn axes(&self, theme: Theme, marks: &mut Vec<Mark>) {
        axes(theme, &self.plot, Some(&self.x), &self.y_ticks, marks);
    }

    pub(super) fn names(&self, theme: Theme, x_name: &str, y_name: &str, marks: &mut Vec<Mark>) {
        let plot = &self.plot;
        let name = |name: &str, room: f64| ellipsize(&printable(name), AXIS_LABEL_SIZE, room);
        let below = plot.bottom + MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 7.0;
        let widest = self.y_ticks.iter().map(label_width).fold(0.0, f64::max);
        let beside = plot.left - MAJOR_TICK - 4.0 - widest - 8.0;
        let ink = theme.ink();
        marks.push(words(
            &name(x_name, plot.width()),
            (plot.x(0.5), below),
            AXIS_LABEL_SIZE,
            ink,
            Anchor::Middle,
        ));
        marks.push(words_upwards(
            &name(y_name, plot.height() + 8.0),
            (beside, plot.y(0.5)),
            AXIS_LABEL_SIZE,
            ink,
            Anchor::Middle,
        ));
    }
}
