//! The errors of predicted numbers: predicted against true values, and a histogram of the residuals.

use crate::axis::{Axis, Extent, Scale};
use crate::color_scale::mix;
use crate::error::ReportError;
use crate::label::grouped;
use crate::layout::panel::{BELOW, Panel};
use crate::layout::{AXIS_LABEL_SIZE, Canvas, MARGIN, WIDTHS};
use crate::palette::Stroke;
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{printable, width as width_of};

const MOST_TARGETS: usize = 8;
/// Points of a plot.
const MOST_POINTS: usize = 2000;
/// More points than this are small and faint.
const MANY: usize = 500;
/// Narrower pictures have the plots of a target one below the other.
const NARROW: f64 = 560.0;
const GAP: f64 = 24.0;

/// The true and the predicted values of one target.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TargetResiduals {
    /// The target's name, with its unit.
    pub name: String,
    /// The true values, a number a row.
    pub actual: Vec<f64>,
    /// The predictions of the same rows.
    pub predicted: Vec<f64>,
}

/// Predicted against true numbers, and the histogram of the residuals, true − predicted; a pair of plots for each target.
///
/// Of many rows only some are drawn as points, evenly picked, and the picture says so; the histogram has all of them.
///
/// ```
/// use pellucid_report::{Picture, PictureStyle, Residuals, TargetResiduals};
///
/// let actual: Vec<f64> = (0..100).map(f64::from).collect();
/// let predicted = actual.iter().map(|y| 0.9 * y + 3.0).collect();
/// let picture = Residuals {
///     targets: vec![TargetResiduals { name: "price (€)".to_owned(), actual, predicted }],
///     ..Residuals::default()
/// };
/// assert!(picture.svg(PictureStyle::default())?.contains("true price (€)"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Residuals {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty. Remarks on rows that are not drawn follow it.
    pub subtitle: String,
    /// The targets; at most 8 are drawn.
    pub targets: Vec<TargetResiduals>,
}

impl Arrange for Residuals {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let mut canvas = Canvas::new(style, 900, WIDTHS)?;
        let targets: Vec<Rows> = self.targets.iter().take(MOST_TARGETS).map(Rows::finite).collect();
        let mut top = canvas.heading(&self.title, &self.subtitle, &remarks(self, &targets));
        let (left, right) = (MARGIN, canvas.right());
        for target in &targets {
            if canvas.width() < NARROW {
                let height = 0.85 * (right - left) - BELOW;
                target.draw_scatter((left, right), (top, top + height), &mut canvas);
                top += height + BELOW + GAP;
                target.draw_histogram((left, right), (top, top + 0.55 * height), &mut canvas);
                top += 0.55 * height + BELOW + GAP;
            } else {
                let half = (right - left - GAP) / 2.0;
                let height = (0.85 * half).min(420.0);
                target.draw_scatter((left, left + half), (top, top + height), &mut canvas);
                target.draw_histogram((right - half, right), (top, top + height), &mut canvas);
                top += height + BELOW + GAP;
            }
        }
        if targets.is_empty() {
            top += 120.0;
            canvas.empty("nothing to plot", (canvas.width() / 2.0, top - 60.0));
        }
        let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
        let description = format!(
            "Predicted against true values with the diagonal, and the histogram of residuals, of {}",
            names.join(", ")
        );
        canvas.finish(description, top - GAP + MARGIN)
    }
}

/// What the reader must know about rows and targets that are not drawn.
fn remarks(picture: &Residuals, targets: &[Rows]) -> Vec<String> {
    let mut remarks = Vec::new();
    let most = |count: fn(&Rows) -> usize| targets.iter().map(count).max().unwrap_or(0) as u64;
    let rows = most(|target| target.pairs.len());
    if rows > MOST_POINTS as u64 {
        remarks.push(format!(
            "{} of {} rows are drawn as points, the histogram has all",
            grouped(most(|target| target.points().count())),
            grouped(rows)
        ));
    }
    let left_out: usize = targets.iter().map(|target| target.left_out).sum();
    if left_out > 0 {
        let left_out = grouped(left_out as u64);
        remarks.push(format!("{left_out} rows without finite numbers are left out"));
    }
    let all = picture.targets.len();
    if all > MOST_TARGETS {
        remarks.push(format!("the first {MOST_TARGETS} of {all} targets"));
    }
    remarks
}

/// The rows of a target that are drawn.
struct Rows {
    name: String,
    /// True and predicted.
    pairs: Vec<(f64, f64)>,
    left_out: usize,
}

impl Rows {
    /// Those whose residual is finite.
    fn finite(target: &TargetResiduals) -> Self {
        let all = std::iter::zip(&target.actual, &target.predicted);
        let mut pairs: Vec<(f64, f64)> = all.map(|(actual, predicted)| (*actual, *predicted)).collect();
        let all = pairs.len();
        pairs.retain(|(actual, predicted)| (actual - predicted).is_finite());
        Self {
            name: printable(&target.name),
            left_out: all - pairs.len(),
            pairs,
        }
    }

    /// An even selection of the rows.
    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let every = self.pairs.len().div_ceil(MOST_POINTS).max(1);
        self.pairs.iter().copied().step_by(every)
    }

    fn draw_scatter(&self, across: (f64, f64), down: (f64, f64), canvas: &mut Canvas) {
        let pairs = self.pairs.iter();
        let extent = Extent::spanning(pairs.flat_map(|(actual, predicted)| [*actual, *predicted]));
        let extent = extent.unwrap_or(Extent { low: 0.0, high: 1.0 });
        let axis = |most| Axis::near(extent, 0.12, most);
        let panel = Panel::new(across, down, axis, axis);
        panel.draw_axes(canvas);
        let theme = canvas.theme;
        let series = Stroke::of_series(0, theme).color;
        // Fainter where there are many, so that crowds are darker than single points.
        let (radius, color) = match self.pairs.len() > MANY {
            true => (1.8, mix(theme.background(), series, 0.7)),
            false => (2.6, series),
        };
        for (actual, predicted) in self.points() {
            canvas.dot(panel.at(actual, predicted), radius, color);
        }
        let corner = |fraction: f64| (panel.plot.x(fraction), panel.plot.y(fraction));
        canvas.polyline(vec![corner(0.0), corner(1.0)], Stroke::guide(theme.ink()));
        let name = &self.name;
        panel.draw_names(&format!("true {name}"), &format!("predicted {name}"), canvas);
    }

    fn draw_histogram(&self, across: (f64, f64), down: (f64, f64), canvas: &mut Canvas) {
        let residuals = self.pairs.iter().map(|(actual, predicted)| actual - predicted);
        let bins = histogram(residuals.collect());
        let ends = bins.iter().flat_map(|&(from, to, _)| [from, to]);
        let extent = Extent::spanning(ends.chain([0.0]));
        let extent = extent.unwrap_or(Extent { low: 0.0, high: 1.0 });
        let high = bins.iter().map(|bin| bin.2).max().unwrap_or(1) as f64;
        let panel = Panel::new(
            across,
            down,
            |most| Axis::near(extent, 0.12, most),
            |most| Axis::upwards(Scale::Linear, Extent { low: 0.0, high }, most),
        );
        panel.draw_axes(canvas);
        let color = Stroke::of_series(0, canvas.theme).color;
        for (from, to, count) in bins.into_iter().filter(|bin| bin.2 > 0) {
            let ((left, top), (right, bottom)) = (panel.at(from, count as f64), panel.at(to, 0.0));
            let note = format!("{from:.4} to {to:.4}: {} rows", grouped(count as u64));
            canvas.noted(note, |canvas| {
                let right = (right - 0.4).max(left + 0.6);
                canvas.rectangle((left + 0.4, top), (right, bottom), color);
            });
        }
        let zero = panel.at(0.0, 0.0);
        let ink = canvas.theme.ink();
        canvas.polyline(vec![zero, (zero.0, panel.plot.top)], Stroke::guide(ink));
        let mut residual = format!("true − predicted {}", self.name);
        if width_of(&residual, AXIS_LABEL_SIZE) > panel.plot.width() {
            residual = "true − predicted".to_owned();
        }
        panel.draw_names(&residual, "rows", canvas);
    }
}

/// Counts finite numbers in 5 to 60 bins of width 2·IQR/∛n: D. Freedman and P. Diaconis, "On the histogram as a density
/// estimator", 1981. The bins: lower end, upper end, count.
fn histogram(values: Vec<f64>) -> Vec<(f64, f64, usize)> {
    let mut sorted = values;
    sorted.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (sorted.first(), sorted.last()) else {
        return Vec::new();
    };
    let span = high - low;
    if !(span.is_finite() && span > 0.0) {
        let width = if low == 0.0 { 1.0 } else { low.abs() * 0.2 };
        let from = low - width / 2.0;
        return vec![(from, from + width, sorted.len())];
    }
    let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
    let wished = 2.0 * (at(0.75) - at(0.25)) / (sorted.len() as f64).cbrt();
    let bins = if wished > 0.0 { span / wished } else { 60.0 };
    let bins = bins.clamp(5.0, 60.0).ceil() as usize;
    let width = span / bins as f64;
    let from = |at: usize| low + at as f64 * width;
    let bin = |at: usize| (from(at), from(at) + width, 0);
    let mut counted: Vec<(f64, f64, usize)> = (0..bins).map(bin).collect();
    for value in sorted {
        counted[(((value - low) / width) as usize).min(bins - 1)].2 += 1;
    }
    counted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_is_counted_once_in_its_bin(values in prop::collection::vec(-1e3..1e3f64, 1..300)) {
            let bins = histogram(values.clone());
            prop_assert_eq!(bins.iter().map(|bin| bin.2).sum::<usize>(), values.len());
            for (from, to, count) in bins {
                let margin = 1e-9 * (1.0 + from.abs());
                let within = values.iter().filter(|v| (from - margin..=to + margin).contains(*v)).count();
                prop_assert!(count <= within, "{} in {}..{}", count, from, to);
            }
        }
    }

    #[test]
    fn equal_numbers_have_one_bin() {
        let bins = histogram(vec![3.0; 7]);
        assert_eq!((bins.len(), bins[0].2), (1, 7));
        assert!(histogram(Vec::new()).is_empty());
    }
}
