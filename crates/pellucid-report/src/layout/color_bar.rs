//! A bar that says which number a colour stands for.

use super::{AXIS_LABEL_SIZE, HALF_DIGIT, Plot, TICK_LABEL_SIZE, crisp, label_width, words, words_upwards};
use crate::Theme;
use crate::axis::Tick;
use crate::palette::Color;
use crate::scene::{Anchor, Mark, Raster};
use crate::typeface::{ellipsize, printable};

const BAR: f64 = 13.0;
const TICK: f64 = 4.0;
const STEPS: usize = 96;

/// How much room it takes across.
pub(super) fn width(ticks: &[Tick]) -> f64 {
    let widest = ticks.iter().map(label_width).fold(0.0, f64::max);
    BAR + TICK + 4.0 + widest + 8.0 + AXIS_LABEL_SIZE
}

/// Draws it between `top` and `bottom`, its left edge at `left`. `color` is asked for fractions of the bar.
pub(super) fn draw(
    theme: Theme,
    (left, top, bottom): (f64, f64, f64),
    ticks: &[Tick],
    name: &str,
    color: impl Fn(f64) -> Color,
    marks: &mut Vec<Mark>,
) {
    let plot = Plot {
        left,
        right: left + BAR,
        top,
        bottom,
    };
    let colors = (0..STEPS).map(|step| color(1.0 - step as f64 / (STEPS - 1) as f64));
    marks.push(Mark::Image {
        top_left: (left, top),
        bottom_right: (plot.right, bottom),
        raster: Raster {
            columns: 1,
            colors: colors.collect(),
            smooth: false,
        },
    });
    for tick in ticks {
        let Some(label) = &tick.label else { continue };
        let y = plot.y(tick.fraction);
        marks.push(Mark::Line {
            from: (plot.right, crisp(y)),
            to: (plot.right + TICK, crisp(y)),
            color: theme.axis_line(),
            width: 1.0,
        });
        marks.push(words(
            label,
            (plot.right + TICK + 4.0, y + HALF_DIGIT),
            TICK_LABEL_SIZE,
            theme.faint_ink(),
            Anchor::Start,
        ));
    }
    marks.push(words_upwards(
        &ellipsize(&printable(name), AXIS_LABEL_SIZE, bottom - top + 8.0),
        (left + width(ticks), plot.y(0.5)),
        AXIS_LABEL_SIZE,
        theme.ink(),
        Anchor::Middle,
    ));
}
