//! One plot of a picture of several, with its two axes and their names.

use super::plot::{Plot, axis_across, most_labels, ticks_upwards, widest_label};
use super::{AXIS_LABEL_SIZE, Canvas, MAJOR_TICK, TICK_LABEL_SIZE};
use crate::axis::{Axis, Tick};
use crate::mark::Point;

/// Height below a plot of the labels of its ticks and the name of its axis.
pub(crate) const BELOW: f64 = MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 12.0;
/// Pixels between labels of a horizontal axis.
const X_SPACING: f64 = 56.0;
const Y_SPACING: f64 = 40.0;

pub(crate) struct Panel {
    pub(crate) plot: Plot,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    y_ticks: Vec<Tick>,
}

impl Panel {
    /// Between `left` and `right` with its labels, from `top` to `bottom` without those below it. `x` and `y` make axes
    /// for a number of labels.
    pub(crate) fn new(
        across: (f64, f64),
        (top, bottom): (f64, f64),
        x: impl Fn(usize) -> Axis,
        y: impl Fn(usize) -> Axis,
    ) -> Self {
        let y = y(most_labels(bottom - top, Y_SPACING));
        let y_ticks = ticks_upwards(Some(&y), bottom - top);
        let plot = Plot::with_labels(across, (top, bottom), widest_label(&y_ticks));
        let x = panel_axis_across(&plot, x);
        Self { plot, x, y, y_ticks }
    }

    /// Where these numbers lie.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        self.plot.at((&self.x, x), (&self.y, y))
    }

    pub(crate) fn draw_axes(&self, canvas: &mut Canvas) {
        self.plot.draw_axes(&self.x.ticks, &self.y_ticks, canvas);
    }

    pub(crate) fn draw_names(&self, x_name: &str, y_name: &str, canvas: &mut Canvas) {
        let plot = &self.plot;
        draw_name_below(plot, x_name, canvas);
        let beside = plot.left - MAJOR_TICK - 4.0 - widest_label(&self.y_ticks) - 8.0;
        canvas.name_upwards(y_name, plot.height() + 8.0, (beside, plot.y(0.5)));
    }
}

/// A horizontal axis with as many labels as a panel has space for.
pub(crate) fn panel_axis_across(plot: &Plot, make: impl Fn(usize) -> Axis) -> Axis {
    axis_across(plot.width(), X_SPACING, make)
}

/// The name of a panel's horizontal axis.
pub(crate) fn draw_name_below(plot: &Plot, name: &str, canvas: &mut Canvas) {
    let baseline = plot.bottom + MAJOR_TICK + TICK_LABEL_SIZE + AXIS_LABEL_SIZE + 7.0;
    canvas.name_across(name, plot.width(), (plot.x(0.5), baseline));
}
