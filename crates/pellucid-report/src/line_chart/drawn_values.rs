//! The numbers of a chart that are drawn, their range, and notes about the others.

use super::{LineChart, Scale};
use crate::axis::Extent;
use crate::label::grouped;

/// The numbers of a chart that are drawn.
#[derive(Debug)]
pub(crate) struct DrawnValues {
    /// The range of x; `None` if nothing is drawn.
    pub(crate) x: Option<Extent>,
    pub(crate) y: Option<Extent>,
    /// The scales of the chart, or linear ones where a logarithmic one could show nothing.
    pub(crate) x_scale: Scale,
    pub(crate) y_scale: Scale,
    /// Every x that is drawn is a whole number.
    pub(crate) whole_x: bool,
    /// What the reader must know about numbers that are not drawn.
    pub(crate) remarks: Vec<String>,
}

impl DrawnValues {
    pub(crate) fn from_chart(chart: &LineChart) -> Self {
        let points = || {
            chart
                .series
                .iter()
                .flat_map(|series| series.points.iter().copied())
        };
        let finite = || points().filter(|&(x, y)| is_finite(x, y));
        let mut remarks = Vec::new();
        let not_finite = points().count() - finite().count();
        if not_finite > 0 {
            let kind = ("not a finite number is", "not finite numbers are");
            remarks.push(counted(not_finite, kind, "left out"));
        }
        let (xs, ys) = (finite().map(|point| point.0), finite().map(|point| point.1));
        let x_scale = scale_shown(chart.x_scale, xs, " of the axis across", &mut remarks);
        let y_scale = scale_shown(chart.y_scale, ys, "", &mut remarks);
        let is_drawn = |&(x, y): &(f64, f64)| is_drawn((x_scale, x), (y_scale, y));
        let drawn = || points().filter(is_drawn);
        let ends = |&(x, low, high): &(f64, f64, f64)| [(x, low), (x, high)];
        let bands = || chart.bands.iter().flat_map(|band| &band.points).flat_map(ends);
        let all = || drawn().chain(bands().filter(is_drawn));
        Self {
            x: Extent::spanning(all().map(|point| point.0)),
            y: Extent::spanning(all().map(|point| point.1)),
            x_scale,
            y_scale,
            whole_x: drawn().all(|point| point.0 == point.0.round()),
            remarks,
        }
    }

    pub(crate) fn is_drawn(&self, x: f64, y: f64) -> bool {
        is_drawn((self.x_scale, x), (self.y_scale, y))
    }
}

fn is_drawn((x_scale, x): (Scale, f64), (y_scale, y): (Scale, f64)) -> bool {
    is_finite(x, y) && (x_scale == Scale::Linear || x > 0.0) && (y_scale == Scale::Linear || y > 0.0)
}

/// The scale on which these values are shown, with a remark on those that are not. `axis` names the axis in the remark.
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
    if positive == 0 {
        remarks.push(format!("linear scale{axis}, because no value is above zero"));
        return Scale::Linear;
    }
    let kind = ("not above zero is", "not above zero are");
    let fate = format!("left out of the logarithmic scale{axis}");
    remarks.push(counted(others, kind, &fate));
    Scale::Log
}

fn is_finite(x: f64, y: f64) -> bool {
    x.is_finite() && y.is_finite()
}

fn counted(count: usize, (one, many): (&str, &str), fate: &str) -> String {
    match count {
        1 => format!("1 value that is {one} {fate}"),
        _ => format!("{} values that are {many} {fate}", grouped(count as u64)),
    }
}
