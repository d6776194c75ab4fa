//! Arranges predicted against true numbers, and histograms of residuals.

use super::panel::{BELOW, Panel};
use super::{AXIS_LABEL_SIZE, MARGIN, background, check_size, finished, titles, words};
use crate::axis::{Axis, Extent};
use crate::color_scale::mix;
use crate::histogram::Histogram;
use crate::label::grouped;
use crate::palette::Stroke;
use crate::residuals::{Residuals, ResidualsOf};
use crate::scene::{Anchor, Mark, Scene};
use crate::typeface::{printable, width as width_of};
use crate::{ReportError, Theme};

const WIDTHS: (u32, u32) = (240, 8000);
const MOST_TARGETS: usize = 8;
/// Points of a plot.
pub(crate) const MOST_POINTS: usize = 2000;
/// Narrower pictures have the plots of a target one below the other.
const NARROW: u32 = 560;
const GAP: f64 = 24.0;

pub(crate) fn scene(picture: &Residuals, theme: Theme, width: u32) -> Result<Scene, ReportError> {
    check_size("width", width, WIDTHS)?;
    let drawn: Vec<Drawn> = picture.targets.iter().take(MOST_TARGETS).map(Drawn::of).collect();
    let mut marks = background(theme);
    let subtitle = subtitle(picture, &drawn);
    let mut top = titles(&picture.title, subtitle.as_deref(), theme, width, &mut marks);
    let (left, right) = (MARGIN, f64::from(width) - MARGIN);
    for target in &drawn {
        if width < NARROW {
            let height = 0.85 * (right - left) - BELOW;
            target.scatter(theme, (left, right), (top, top + height), &mut marks);
            top += height + BELOW + GAP;
            target.histogram(theme, (left, right), (top, top + 0.55 * height), &mut marks);
            top += 0.55 * height + BELOW + GAP;
        } else {
            let half = (right - left - GAP) / 2.0;
            let height = (0.85 * half).min(420.0);
            target.scatter(theme, (left, left + half), (top, top + height), &mut marks);
            target.histogram(theme, (right - half, right), (top, top + height), &mut marks);
            top += height + BELOW + GAP;
        }
    }
    if drawn.is_empty() {
        top += 120.0;
        let at = (f64::from(width) / 2.0, top - 60.0);
        marks.push(words(
            "nothing to plot",
            at,
            AXIS_LABEL_SIZE,
            theme.faint_ink(),
            Anchor::Middle,
        ));
    }
    let names: Vec<&str> = drawn.iter().map(|target| target.name.as_str()).collect();
    let description = format!(
        "Predicted against true values with the diagonal, and the histogram of residuals, of {}",
        names.join(", ")
    );
    finished(&picture.title, description, width, top - GAP + MARGIN, marks)
}

fn subtitle(picture: &Residuals, drawn: &[Drawn]) -> Option<String> {
    let mut parts: Vec<String> = picture.subtitle.iter().cloned().collect();
    let rows = drawn.iter().map(|target| target.pairs.len()).max().unwrap_or(0);
    if rows > MOST_POINTS {
        let points = drawn
            .iter()
            .map(|target| target.points().count())
            .max()
            .unwrap_or(0);
        parts.push(format!(
            "{} of {} rows are drawn as points, the histogram has all",
            grouped(points as u64),
            grouped(rows as u64)
        ));
    }
    let left_out: usize = drawn.iter().map(|target| target.left_out).sum();
    if left_out > 0 {
        parts.push(format!(
            "{} rows without finite numbers are left out",
            grouped(left_out as u64)
        ));
    }
    if picture.targets.len() > MOST_TARGETS {
        parts.push(format!(
            "the first {MOST_TARGETS} of {} targets",
            picture.targets.len()
        ));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What is drawn of a target.
struct Drawn {
    name: String,
    /// True and predicted.
    pairs: Vec<(f64, f64)>,
    left_out: usize,
}

impl Drawn {
    fn of(target: &ResidualsOf) -> Self {
        let all = target
            .actual
            .iter()
            .copied()
            .zip(target.predicted.iter().copied());
        let pairs: Vec<(f64, f64)> = all
            .filter(|(actual, predicted)| (actual - predicted).is_finite())
            .collect();
        Self {
            name: printable(&target.name),
            left_out: target.actual.len().min(target.predicted.len()) - pairs.len(),
            pairs,
        }
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let every = self.pairs.len().div_ceil(MOST_POINTS).max(1);
        self.pairs.iter().copied().step_by(every)
    }

    fn scatter(&self, theme: Theme, across: (f64, f64), down: (f64, f64), marks: &mut Vec<Mark>) {
        let both = self
            .pairs
            .iter()
            .flat_map(|(actual, predicted)| [*actual, *predicted]);
        let extent = Extent::of(both).unwrap_or(Extent { low: 0.0, high: 1.0 });
        let axis = |most| Axis::linear_near(extent, most);
        let panel = Panel::arrange(across, down, axis, axis);
        panel.axes(theme, marks);
        let radius = if self.pairs.len() > 500 { 1.8 } else { 2.6 };
        let series = Stroke::of_series(0, theme).color;
        // Fainter where there are many, so that crowds are darker than loners.
        let color = if self.pairs.len() > 500 {
            mix(theme.background(), series, 0.7)
        } else {
            series
        };
        for (actual, predicted) in self.points() {
            marks.push(Mark::Dot {
                center: panel.at(actual, predicted),
                radius,
                color,
            });
        }
        marks.push(Mark::Polyline {
            points: vec![panel.plot_corner(0.0), panel.plot_corner(1.0)],
            color: theme.ink(),
            width: 1.2,
            dashes: &[5.0, 4.0],
        });
        panel.names(
            theme,
            &format!("true {}", self.name),
            &format!("predicted {}", self.name),
            marks,
        );
    }

    fn histogram(&self, theme: Theme, across: (f64, f64), down: (f64, f64), marks: &mut Vec<Mark>) {
        let residuals: Vec<f64> = self
            .pairs
            .iter()
            .map(|(actual, predicted)| actual - predicted)
            .collect();
        let histogram = Histogram::of(&residuals);
        let bins = || histogram.iter().flat_map(Histogram::bins);
        let extent = Extent::of(bins().flat_map(|(from, to, _)| [from, to]).chain([0.0]));
        let extent = extent.unwrap_or(Extent { low: 0.0, high: 1.0 });
        let most = bins().map(|bin| bin.2).max().unwrap_or(1) as f64;
        let panel = Panel::arrange(
            across,
            down,
            |labels| Axis::linear_near(extent, labels),
            |labels| Axis::linear_upwards(Extent { low: 0.0, high: most }, labels),
        );
        panel.axes(theme, marks);
        let color = Stroke::of_series(0, theme).color;
        for (from, to, count) in bins().filter(|bin| bin.2 > 0) {
            let (top_left, bottom_right) = (panel.at(from, count as f64), panel.at(to, 0.0));
            marks.push(Mark::Noted {
                note: format!("{from:.4} to {to:.4}: {} rows", grouped(count as u64)),
                marks: vec![Mark::Rectangle {
                    top_left: (top_left.0 + 0.4, top_left.1),
                    bottom_right: ((bottom_right.0 - 0.4).max(top_left.0 + 0.6), bottom_right.1),
                    color,
                }],
            });
        }
        marks.push(Mark::Polyline {
            points: vec![panel.at(0.0, 0.0), (panel.at(0.0, 0.0).0, panel.plot.top)],
            color: theme.ink(),
            width: 1.2,
            dashes: &[5.0, 4.0],
        });
        let mut residual = format!("true − predicted {}", self.name);
        if width_of(&residual, AXIS_LABEL_SIZE) > panel.plot.width() {
            residual = "true − predicted".to_owned();
        }
        panel.names(theme, &residual, "rows", marks);
    }
}
