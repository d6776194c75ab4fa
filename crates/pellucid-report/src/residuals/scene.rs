//! Arranges predicted against true numbers, and histograms of residuals.

use super::histogram::Histogram;
use super::{Residuals, TargetResiduals};
use crate::axis::{Axis, Extent};
use crate::color_scale::mix;
use crate::error::ReportError;
use crate::label::grouped;
use crate::layout::panel::{BELOW, Panel};
use crate::layout::{AXIS_LABEL_SIZE, Canvas, MARGIN, WIDTHS};
use crate::palette::{Stroke, Theme};
use crate::picture::Arrange;
use crate::scene::Scene;
use crate::typeface::{printable, width as width_of};

const MOST_TARGETS: usize = 8;
/// Points of a plot.
const MOST_POINTS: usize = 2000;
/// More points than this are small and faint.
const MANY: usize = 500;
/// Narrower pictures have the plots of a target one below the other.
const NARROW: f64 = 560.0;
const GAP: f64 = 24.0;

impl Arrange for Residuals {
    fn theme(&self) -> Theme {
        self.theme
    }

    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError> {
        let mut canvas = Canvas::new(theme, width.unwrap_or(self.width), WIDTHS)?;
        let targets: Vec<Rows> = self.targets.iter().take(MOST_TARGETS).map(Rows::finite).collect();
        let remarks = remarks(self, &targets);
        let mut top = canvas.heading(&self.title, self.subtitle.as_deref(), &remarks);
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
        canvas.finish(&self.title, description, top - GAP + MARGIN)
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
        let all = target
            .actual
            .iter()
            .copied()
            .zip(target.predicted.iter().copied());
        let is_finite = |(actual, predicted): &(f64, f64)| (actual - predicted).is_finite();
        let pairs: Vec<(f64, f64)> = all.clone().filter(is_finite).collect();
        Self {
            name: printable(&target.name),
            left_out: all.len() - pairs.len(),
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
        let axis = |most| Axis::linear_near(extent, most);
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
        let histogram = Histogram::from_values(residuals.collect());
        let bins = || histogram.iter().flat_map(Histogram::bins);
        let extent = Extent::spanning(bins().flat_map(|(from, to, _)| [from, to]).chain([0.0]));
        let extent = extent.unwrap_or(Extent { low: 0.0, high: 1.0 });
        let high = bins().map(|bin| bin.2).max().unwrap_or(1) as f64;
        let panel = Panel::new(
            across,
            down,
            |most| Axis::linear_near(extent, most),
            |most| Axis::linear_upwards(Extent { low: 0.0, high }, most),
        );
        panel.draw_axes(canvas);
        let color = Stroke::of_series(0, canvas.theme).color;
        for (from, to, count) in bins().filter(|bin| bin.2 > 0) {
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
