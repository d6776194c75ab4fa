//! Which of a chart's numbers are drawn, what range they span, and what the reader must be told about the others.

use crate::axis::Extent;
use crate::label::grouped;
use crate::{LineChart, Scale};

#[derive(Debug)]
pub(crate) struct Values {
    /// `None` if nothing is drawn.
    pub(crate) x: Option<Extent>,
    pub(crate) y: Option<Extent>,
    /// The scales asked for, unless they could show nothing.
    pub(crate) x_scale: Scale,
    pub(crate) y_scale: Scale,
    /// Every x that is drawn is a whole number.
    pub(crate) whole_x: bool,
    /// What the reader must know about numbers that are not drawn.
    pub(crate) remarks: Vec<String>,
}

impl Values {
    pub(crate) fn of(chart: &LineChart) -> Self {
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
        let x_scale = scale_shown(
            chart.x_scale,
            finite().map(|point| point.0),
            "the axis across",
            &mut remarks,
        );
        let y_scale = scale_shown(chart.y_scale, finite().map(|point| point.1), "", &mut remarks);
        let mut values = Self {
            x: None,
            y: None,
            x_scale,
            y_scale,
            whole_x: true,
            remarks,
        };
        let drawn = || points().filter(|&(x, y)| values.is_drawn(x, y));
        let ends = |&(x, low, high): &(f64, f64, f64)| [(x, low), (x, high)];
        let of_bands = || {
            let points = chart.bands.iter().flat_map(|band| &band.points).flat_map(ends);
            points.filter(|&(x, y)| values.is_drawn(x, y))
        };
        let x = Extent::of(drawn().chain(of_bands()).map(|point| point.0));
        let y = Extent::of(drawn().chain(of_bands()).map(|point| point.1));
        let whole_x = drawn().all(|point| point.0 == point.0.round());
        (values.x, values.y, values.whole_x) = (x, y, whole_x);
        values
    }

    pub(crate) fn is_drawn(&self, x: f64, y: f64) -> bool {
        is_finite(x, y)
            && (self.x_scale == Scale::Linear || x > 0.0)
            && (self.y_scale == Scale::Linear || y > 0.0)
    }
}

/// The scale on which these values are shown, with a remark on those that are not. `axis` is named where the reader would
/// take it for the other one.
fn scale_shown(
    scale: Scale,
    values: impl Iterator<Item = f64>,
    axis: &str,
    remarks: &mut Vec<String>,
) -> Scale {
    let (mut positive, mut others) = (0, 0);
    for value in values {
        *(if value > 0.0 { &mut positive } else { &mut others }) += 1;
    }
    if scale == Scale::Linear || others == 0 {
        return scale;
    }
    let of_axis = if axis.is_empty() {
        String::new()
    } else {
        format!(" of {axis}")
    };
    if positive == 0 {
        remarks.push(format!("linear scale{of_axis}, because no value is above zero"));
        return Scale::Linear;
    }
    remarks.push(counted(
        others,
        "not above zero is",
        "not above zero are",
        &format!("left out of the logarithmic scale{of_axis}"),
    ));
    Scale::Log
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
