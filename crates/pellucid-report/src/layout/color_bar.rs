//! The colour bar: the key from colours to numbers.

use super::plot::{Plot, widest_label};
use super::{AXIS_LABEL_SIZE, Canvas, HALF_DIGIT, TICK_LABEL_SIZE, crisp};
use crate::axis::Tick;
use crate::mark::{Anchor, Raster};
use crate::palette::Color;

const BAR: f64 = 13.0;
const TICK: f64 = 4.0;
const STEPS: usize = 96;

/// A bar with numbers and a name to its right.
pub(crate) struct ColorBar<'a> {
    pub(crate) ticks: &'a [Tick],
    pub(crate) name: &'a str,
}

impl ColorBar<'_> {
    /// The pixels it takes across.
    pub(crate) fn width(&self) -> f64 {
        BAR + TICK + 4.0 + widest_label(self.ticks) + 8.0 + AXIS_LABEL_SIZE
    }

    /// Draws it between `top` and `bottom`, its left edge at `left`. `color` gives the colour of a fraction of the bar.
    pub(crate) fn draw(
        &self,
        left: f64,
        (top, bottom): (f64, f64),
        color: impl Fn(f64) -> Color,
        canvas: &mut Canvas,
    ) {
        let right = left + BAR;
        let plot = Plot {
            left,
            right,
            top,
            bottom,
        };
        let colors = (0..STEPS).map(|step| color(1.0 - step as f64 / (STEPS - 1) as f64));
        let raster = Raster::squares(1, colors.collect());
        canvas.image((left, top), (right, bottom), raster);
        for tick in self.ticks {
            let Some(label) = &tick.label else { continue };
            let y = plot.y(tick.fraction);
            let line = canvas.theme.axis_line();
            canvas.line((right, crisp(y)), (right + TICK, crisp(y)), line);
            let at = (right + TICK + 4.0, y + HALF_DIGIT * TICK_LABEL_SIZE);
            canvas.tick_label(label, at, Anchor::Start);
        }
        canvas.name_upwards(self.name, bottom - top + 8.0, (left + self.width(), plot.y(0.5)));
    }
}
