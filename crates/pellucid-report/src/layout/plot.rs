//! The rectangle that two axes enclose, and its grid lines, ticks and labels.

use super::{AXIS_LABEL_SIZE, Canvas, HALF_DIGIT, MAJOR_TICK, MINOR_TICK, TICK_LABEL_SIZE, crisp};
use crate::axis::{Axis, Tick};
use crate::mark::{Anchor, Point};
use crate::typeface;

/// The rectangle that the axes enclose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Plot {
    /// Between `top` and `bottom`, with space at its left for the labels and the name of the vertical axis.
    pub(crate) fn with_labels(
        (left, right): (f64, f64),
        (top, bottom): (f64, f64),
        widest_label: f64,
    ) -> Self {
        Self {
            left: left + AXIS_LABEL_SIZE + 8.0 + widest_label + MAJOR_TICK + 4.0,
            right,
            top,
            bottom,
        }
    }

    pub(crate) fn x(&self, fraction: f64) -> f64 {
        self.left + fraction.clamp(0.0, 1.0) * self.width()
    }

    pub(crate) fn y(&self, fraction: f64) -> f64 {
        self.bottom - fraction.clamp(0.0, 1.0) * self.height()
    }

    /// The place of two numbers along two axes.
    pub(crate) fn at(&self, (x_axis, x): (&Axis, f64), (y_axis, y): (&Axis, f64)) -> Point {
        (self.x(x_axis.fraction(x)), self.y(y_axis.fraction(y)))
    }

    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The middle of the plot.
    pub(crate) fn center(&self) -> Point {
        (self.x(0.5), self.y(0.5))
    }

    /// The baseline of the labels below the plot.
    pub(crate) fn label_baseline(&self) -> f64 {
        self.bottom + MAJOR_TICK + 4.0 + 0.8 * TICK_LABEL_SIZE
    }

    /// Grid lines, axes, ticks and labels.
    pub(crate) fn draw_axes(&self, x_ticks: &[Tick], y_ticks: &[Tick], canvas: &mut Canvas) {
        let theme = canvas.theme;
        // Minor grid lines first, so that they never cross over major ones.
        for (major, color) in [(false, theme.minor_grid()), (true, theme.major_grid())] {
            for tick in y_ticks.iter().filter(|tick| tick.major == major) {
                let y = crisp(self.y(tick.fraction));
                canvas.line((self.left, y), (self.right, y), color);
            }
            for tick in x_ticks.iter().filter(|tick| tick.major == major) {
                let x = crisp(self.x(tick.fraction));
                canvas.line((x, self.top), (x, self.bottom), color);
            }
        }
        let (left, bottom, color) = (crisp(self.left), crisp(self.bottom), theme.axis_line());
        canvas.line((left, self.top), (left, bottom + 0.5), color);
        canvas.line((left, bottom), (self.right, bottom), color);
        let length = |tick: &Tick| if tick.major { MAJOR_TICK } else { MINOR_TICK };
        for tick in y_ticks {
            let y = self.y(tick.fraction);
            canvas.line((left - length(tick), crisp(y)), (left, crisp(y)), color);
            if let Some(label) = &tick.label {
                let at = (self.left - MAJOR_TICK - 4.0, y + HALF_DIGIT * TICK_LABEL_SIZE);
                canvas.tick_label(label, at, Anchor::End);
            }
        }
        for tick in x_ticks {
            let x = self.x(tick.fraction);
            canvas.line((crisp(x), bottom), (crisp(x), bottom + length(tick)), color);
            if let Some(label) = &tick.label {
                canvas.tick_label(label, (x, self.label_baseline()), Anchor::Middle);
            }
        }
    }
}

/// The width of a tick's label in pixels, 0 where it has none.
pub(crate) fn label_width(tick: &Tick) -> f64 {
    let width = |label: &str| typeface::width(label, TICK_LABEL_SIZE);
    tick.label.as_deref().map_or(0.0, width)
}

/// The width of the widest label in pixels.
pub(crate) fn widest_label<'a>(ticks: impl IntoIterator<Item = &'a Tick>) -> f64 {
    ticks.into_iter().map(label_width).fold(0.0, f64::max)
}

/// The number of labels on an axis `length` pixels long, one in `spacing` pixels.
pub(crate) fn most_labels(length: f64, spacing: f64) -> usize {
    ((length / spacing) as usize).max(2)
}

/// A horizontal axis with as many labels as there is space for; `make` makes one for a number of labels.
pub(crate) fn axis_across(length: f64, spacing: f64, make: impl Fn(usize) -> Axis) -> Axis {
    let mut most = most_labels(length, spacing);
    loop {
        let axis = make(most);
        if most <= 2 || labels_stand_apart(&axis.ticks, length) {
            return axis;
        }
        most -= 1;
    }
}

/// Whether no label of a horizontal axis comes near its neighbour.
fn labels_stand_apart(ticks: &[Tick], length: f64) -> bool {
    let labelled = ticks.iter().filter(|tick| tick.label.is_some());
    let spans = labelled.map(|tick| (tick.fraction * length, label_width(tick) / 2.0));
    let spans: Vec<(f64, f64)> = spans.collect();
    let mut neighbours = spans.windows(2);
    neighbours.all(|pair| pair[0].0 + pair[0].1 + 10.0 <= pair[1].0 - pair[1].1)
}

/// The ticks of a vertical axis without those labels that would touch another; labels of minor ticks go first.
pub(crate) fn ticks_upwards(axis: Option<&Axis>, length: f64) -> Vec<Tick> {
    let mut ticks = axis.map_or_else(Vec::new, |axis| axis.ticks.clone());
    let mut taken: Vec<f64> = Vec::new();
    for major in [true, false] {
        for tick in ticks.iter_mut().filter(|tick| tick.major == major) {
            let place = tick.fraction * length;
            let touches = |other: &f64| (other - place).abs() < TICK_LABEL_SIZE * 1.2;
            if taken.iter().any(touches) {
                tick.label = None;
            } else if tick.label.is_some() {
                taken.push(place);
            }
        }
    }
    ticks
}
