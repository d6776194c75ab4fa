//! Bars of named numbers: the importance of columns, or what each contributes to a prediction.

use crate::axis::{Axis, Extent, Scale};
use crate::error::ReportError;
use crate::layout::panel::{BELOW, draw_name_below, panel_axis_across};
use crate::layout::plot::Plot;
use crate::layout::{Canvas, HALF_DIGIT, MARGIN, TICK_LABEL_SIZE, WIDTHS, crisp};
use crate::mark::Anchor;
use crate::palette::{Color, Stroke, Theme};
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, width as width_of};

/// More bars have no legible picture.
const MOST_BARS: usize = 300;
const ROW: f64 = 22.0;
const BAR: f64 = 13.0;
/// Half the height of the ends of a band.
const BAND_END: f64 = 3.5;
const LARGEST_NAME_PART: f64 = 0.34;

/// A named number, drawn from 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    /// The name at its left.
    pub name: String,
    /// The number.
    pub value: f64,
    /// A range of the number, drawn as a line.
    pub band: Option<(f64, f64)>,
    /// The number in words, at the right.
    pub label: String,
}

/// Level bars below one another, with an axis below them. Numbers below 0 have a colour of their own.
///
/// ```
/// use pellucid_report::{Bar, BarChart, Picture, PictureStyle};
///
/// let bar = |name: &str, value| Bar { name: name.to_owned(), value, band: None, label: format!("{value}") };
/// let chart = BarChart {
///     title: "what matters".to_owned(),
///     x_label: "drop in accuracy".to_owned(),
///     bars: vec![bar("age", 0.25), bar("colour", -0.01)],
///     ..BarChart::default()
/// };
/// assert!(chart.svg(PictureStyle::default())?.contains("age: 0.25"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BarChart {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty.
    pub subtitle: String,
    /// The axis, with its unit.
    pub x_label: String,
    /// The bars, from above. The first 300 are drawn, and the picture says so.
    pub bars: Vec<Bar>,
}

impl Arrange for BarChart {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let mut canvas = Canvas::new(style, 700, WIDTHS)?;
        let bars = &self.bars[..self.bars.len().min(MOST_BARS)];
        let remark = format!("the first {} of {}", bars.len(), self.bars.len());
        let remark = (bars.len() < self.bars.len()).then_some(remark);
        let top = canvas.heading(&self.title, &self.subtitle, remark.as_slice());

        let most = LARGEST_NAME_PART * canvas.width();
        let names = widest(bars.iter().map(|bar| &bar.name)).min(most);
        let labels = widest(bars.iter().map(|bar| &bar.label)).min(most / 2.0);
        let plot = Plot {
            left: MARGIN + names + 8.0,
            right: canvas.right() - labels - 8.0,
            top,
            bottom: top + ROW * bars.len().max(1) as f64 + 4.0,
        };
        let ends = bars.iter().flat_map(|bar| {
            let (low, high) = bar.band.unwrap_or((bar.value, bar.value));
            [bar.value, low, high]
        });
        let finite = ends.filter(|end| end.is_finite()).chain([0.0]);
        let extent = Extent::spanning(finite).filter(|extent| extent.low < extent.high);
        let Some(extent) = extent else {
            plot.draw_axes(&[], &[], &mut canvas);
            canvas.empty("no number differs from 0", plot.center());
            return canvas.finish(describe(self), plot.bottom + MARGIN);
        };
        let axis = panel_axis_across(&plot, |most| Axis::across(Scale::Linear, extent, most, false));
        plot.draw_axes(&axis.ticks, &[], &mut canvas);
        let zero = plot.x(axis.fraction(0.0));
        for (at, bar) in bars.iter().enumerate() {
            let middle = plot.top + ROW * (at as f64 + 0.5) + 2.0;
            let row = Row {
                bar,
                middle,
                names,
                zero,
            };
            row.draw(&plot, &axis, &mut canvas);
        }
        let axis_line = canvas.theme.axis_line();
        canvas.line((crisp(zero), plot.top), (crisp(zero), plot.bottom), axis_line);
        draw_name_below(&plot, &self.x_label, &mut canvas);
        canvas.finish(describe(self), plot.bottom + BELOW + MARGIN / 2.0)
    }
}

/// The width of the widest of some texts.
fn widest<'a>(texts: impl Iterator<Item = &'a String>) -> f64 {
    let widths = texts.map(|text| width_of(&printable(text), TICK_LABEL_SIZE));
    widths.fold(0.0, f64::max)
}

/// A bar, and where it lies.
struct Row<'a> {
    bar: &'a Bar,
    middle: f64,
    /// The width of the names.
    names: f64,
    /// Where 0 lies.
    zero: f64,
}

impl Row<'_> {
    fn draw(&self, plot: &Plot, axis: &Axis, canvas: &mut Canvas) {
        let Self {
            bar, middle, zero, ..
        } = *self;
        let (theme, name) = (canvas.theme, printable(&bar.name));
        let baseline = middle + HALF_DIGIT * TICK_LABEL_SIZE;
        let ink = theme.ink();
        let shown = ellipsize(&name, TICK_LABEL_SIZE, self.names);
        canvas.text(
            shown,
            (plot.left - 8.0, baseline),
            TICK_LABEL_SIZE,
            ink,
            Anchor::End,
        );
        canvas.tick_label(&bar.label, (canvas.right(), baseline), Anchor::End);
        if !bar.value.is_finite() {
            return;
        }
        canvas.noted(format!("{name}: {}", bar.label), |canvas| {
            let end = plot.x(axis.fraction(bar.value));
            let (left, right) = (zero.min(end), zero.max(end));
            let (above, below) = (middle - BAR / 2.0, middle + BAR / 2.0);
            canvas.rectangle((left, above), (right, below), color(bar.value, theme));
        });
        if let Some((low, high)) = bar.band.filter(|(low, high)| low.is_finite() && high.is_finite()) {
            let [low, high] = [low, high].map(|end| plot.x(axis.fraction(end)));
            canvas.line((low, crisp(middle)), (high, crisp(middle)), ink);
            for end in [low, high] {
                let end = crisp(end);
                canvas.line((end, middle - BAND_END), (end, middle + BAND_END), ink);
            }
        }
    }
}

fn color(value: f64, theme: Theme) -> Color {
    Stroke::of_series(usize::from(value < 0.0), theme).color
}

fn describe(chart: &BarChart) -> String {
    let largest = chart.bars.iter().take(5);
    let largest: Vec<String> = largest
        .map(|bar| format!("{}: {}", printable(&bar.name), bar.label))
        .collect();
    format!(
        "{} bars, {}. {}",
        chart.bars.len(),
        printable(&chart.x_label),
        largest.join("; ")
    )
}
