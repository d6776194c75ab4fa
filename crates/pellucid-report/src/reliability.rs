//! The reliability diagram: how often a classifier is right, against how sure it is.

use crate::axis::{Axis, Extent, Scale};
use crate::color_scale::mix;
use crate::error::ReportError;
use crate::label::grouped;
use crate::layout::panel::{BELOW, Panel};
use crate::layout::{Canvas, MARGIN, WIDTHS};
use crate::palette::Stroke;
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;

/// Narrower pictures have the plots one below the other.
const NARROW: f64 = 560.0;
const GAP: f64 = 24.0;

/// The rows whose predicted probability lies between `from` and `to`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ReliabilityBar {
    /// The lower end.
    pub from: f64,
    /// The upper end.
    pub to: f64,
    /// The number of rows.
    pub rows: usize,
    /// Their mean predicted probability.
    pub confidence: f64,
    /// The part of them that are right.
    pub accuracy: f64,
}

/// Accuracy against confidence in bins, with the diagonal on which both are equal and the gap between them, and a histogram
/// of the rows. M. H. DeGroot and S. E. Fienberg, "The Comparison and Evaluation of Forecasters", 1983; A. Niculescu-Mizil
/// and R. Caruana, "Predicting Good Probabilities with Supervised Learning", 2005.
///
/// ```
/// use pellucid_report::{Picture, PictureStyle, Reliability, ReliabilityBar};
///
/// let bar = ReliabilityBar { from: 0.8, to: 0.9, rows: 40, confidence: 0.86, accuracy: 0.75 };
/// let picture = Reliability { bars: vec![bar], ..Reliability::default() };
/// assert!(picture.svg(PictureStyle::default())?.contains("40 rows: 86.0% sure, 75.0% right"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reliability {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty.
    pub subtitle: String,
    /// The bins that have rows.
    pub bars: Vec<ReliabilityBar>,
}

impl Arrange for Reliability {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let mut canvas = Canvas::new(style, 900, WIDTHS)?;
        let mut top = canvas.heading(&self.title, &self.subtitle, &[]);
        let (left, right) = (MARGIN, canvas.right());
        if self.bars.is_empty() {
            top += 120.0;
            canvas.empty("nothing to plot", (canvas.width() / 2.0, top - 60.0));
        } else if canvas.width() < NARROW {
            let height = 0.85 * (right - left) - BELOW;
            self.draw_accuracy((left, right), (top, top + height), &mut canvas);
            top += height + BELOW + GAP;
            self.draw_rows((left, right), (top, top + 0.55 * height), &mut canvas);
            top += 0.55 * height + BELOW + GAP;
        } else {
            let half = (right - left - GAP) / 2.0;
            let height = (0.85 * half).min(420.0);
            self.draw_accuracy((left, left + half), (top, top + height), &mut canvas);
            self.draw_rows((right - half, right), (top, top + height), &mut canvas);
            top += height + BELOW + GAP;
        }
        canvas.finish(describe(self), top - GAP + MARGIN)
    }
}

impl Reliability {
    /// A bar up to the accuracy of each bin, the rest up to its confidence, and a point at both.
    fn draw_accuracy(&self, across: (f64, f64), down: (f64, f64), canvas: &mut Canvas) {
        let whole = Extent { low: 0.0, high: 1.0 };
        let axis = |most| Axis::near(whole, 0.0, most);
        let panel = Panel::new(across, down, axis, axis);
        panel.draw_axes(canvas);
        let theme = canvas.theme;
        let [right, gap] = [0, 1].map(|series| Stroke::of_series(series, theme).color);
        for bar in &self.bars {
            let note = format!("{}: {}", range(bar), in_words(bar));
            canvas.noted(note, |canvas| {
                let (from, bottom) = panel.at(bar.from, 0.0);
                let to = panel.at(bar.to, 0.0).0;
                let [accuracy, confidence] =
                    [bar.accuracy, bar.confidence].map(|height| panel.at(bar.from, height).1);
                let pale = |color| mix(theme.background(), color, 0.45);
                let (from, to) = (from + 0.5, to - 0.5);
                canvas.rectangle((from, accuracy), (to, bottom), pale(right));
                let (high, low) = (accuracy.min(confidence), accuracy.max(confidence));
                canvas.rectangle((from, high), (to, low), pale(gap));
                canvas.dot(panel.at(bar.confidence, bar.accuracy), 3.0, right);
            });
        }
        let corner = |fraction: f64| (panel.plot.x(fraction), panel.plot.y(fraction));
        canvas.polyline(vec![corner(0.0), corner(1.0)], Stroke::guide(theme.ink()));
        panel.draw_names(
            "probability of the most probable class",
            "part that is right",
            canvas,
        );
    }

    fn draw_rows(&self, across: (f64, f64), down: (f64, f64), canvas: &mut Canvas) {
        let whole = Extent { low: 0.0, high: 1.0 };
        let high = self.bars.iter().map(|bar| bar.rows).max().unwrap_or(1) as f64;
        let panel = Panel::new(
            across,
            down,
            |most| Axis::near(whole, 0.0, most),
            |most| Axis::upwards(Scale::Linear, Extent { low: 0.0, high }, most),
        );
        panel.draw_axes(canvas);
        let color = Stroke::of_series(0, canvas.theme).color;
        for bar in &self.bars {
            let ((from, top), (to, bottom)) = (panel.at(bar.from, bar.rows as f64), panel.at(bar.to, 0.0));
            canvas.noted(format!("{}: {}", range(bar), rows(bar.rows)), |canvas| {
                canvas.rectangle((from + 0.5, top), (to - 0.5, bottom), color);
            });
        }
        panel.draw_names("probability of the most probable class", "rows", canvas);
    }
}

fn percent(part: f64) -> String {
    format!("{:.1}%", 100.0 * part)
}

fn range(bar: &ReliabilityBar) -> String {
    format!("{} to {}", percent(bar.from), percent(bar.to))
}

fn rows(count: usize) -> String {
    let unit = if count == 1 { "row" } else { "rows" };
    format!("{} {unit}", grouped(count as u64))
}

fn in_words(bar: &ReliabilityBar) -> String {
    let [sure, right] = [bar.confidence, bar.accuracy].map(percent);
    format!("{}: {sure} sure, {right} right", rows(bar.rows))
}

fn describe(picture: &Reliability) -> String {
    let bins: Vec<String> = picture.bars.iter().map(in_words).collect();
    format!("Reliability diagram. {}", bins.join("; "))
}
