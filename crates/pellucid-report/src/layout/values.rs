//! Which of a chart's numbers are drawn, what range they span, and what the reader must be told about the others.

use crate::axis::Extent;
use crate::label::grouped;
use crate::{LineChart, Scale};

#[derive(Debug)]
pub(super) struct Values {
    /// `None` if nothing is drawn.
    pub(super) x: Option<Extent>,
    pub(super) y: Option<Extent>,
    /// The scale asked for, unless it could show nothing.
    pub(super) y_scale: Scale,
    /// Every x that is drawn is a whole number.
    pub(super) whole_x: bool,
    /// What the reader must know about numbers that are not drawn.
    pub(super) remarks: Vec<String>,
}

impl Values {
    pub(super) fn of(chart: &LineChart) -> Self {
        let points = || {
            chart
                .series
                .iter()
                .flat_map(|series| series.points.iter().copied())
        };
        let finite = || points().filter(|&(x, y)| is_finite(x, y));
        let mut remarks = Vec::new();
        let not_finite = points().filter(|&(x, y)| !is_finite(x, y)).count();
        if not_finite > 0 {
            remarks.push(counted(
                not_finite,
                "not a finite number is",
                "not finite numbers are",
                "left out",
            ));
        }
        let not_positive = finite().filter(|point| point.1 <= 0.0).count();
        let any_positive = finite().any(|point| point.1 > 0.0);
        let y_scale = match chart.y_scale {
            Scale::Log if not_positive > 0 && !any_positive => {
                remarks.push("linear scale, because no value is above zero".to_owned());
                Scale::Linear
            }
            Scale::Log if not_positive > 0 => {
                remarks.push(counted(
                    not_positive,
                    "not above zero is",
                    "not above zero are",
                    "left out of the logarithmic scale",
                ));
                Scale::Log
            }
            scale => scale,
        };
        let mut values = Self {
            x: None,
            y: None,
            y_scale,
            whole_x: true,
            remarks,
        };
        let drawn = || points().filter(|&(x, y)| values.is_drawn(x, y));
        let x = Extent::of(drawn().map(|point| point.0));
        let y = Extent::of(drawn().map(|point| point.1));
        let whole_x = drawn().all(|point| point.0 == point.0.round());
        (values.x, values.y, values.whole_x) = (x, y, whole_x);
        values
    }

    pub(super) fn is_drawn(&self, x: f64, y: f64) -> bool {
        is_finite(x, y) && (self.y_scale == Scale::Linear || y > 0.0)
    }
}

fn is_finite(x: f64, y: f64) -> bool {
    x.is_finite() && y.is_finite()
}

fn counted(count: usize, one: &str, many: &str, fate: &str) -> String {
    match count {
        1 => format!("1 value that is {} {fate}", one),
        _ => format!("{} values that are {} {fate}", grouped(count as u64), many),
    }
}
