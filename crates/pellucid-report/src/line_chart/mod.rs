//! Line charts: curves over a common x axis, with bands around them and lines that mark a place.

mod band;
mod decimate;
mod drawn_values;
mod legend;
mod scene;

pub use crate::axis::Scale;
pub(crate) use drawn_values::DrawnValues;
pub(crate) use legend::Legend;
pub(crate) use scene::{describe, draw_chart, draw_plot};

/// A named curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// The name in the legend.
    pub name: String,
    /// Pairs of x and y, drawn in this order. A pair with a number that is not finite is a gap in the curve.
    pub points: Vec<(f64, f64)>,
}

/// A range around a curve, drawn as a transparent area in the curve's colour.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeriesBand {
    /// The curve's place among the chart's series.
    pub series: usize,
    /// Each x with the lower and the upper end. One with a number that is not finite is a gap.
    pub points: Vec<(f64, f64, f64)>,
}

/// A thin labelled line through the whole plot.
#[derive(Debug, Clone, PartialEq)]
pub enum Guide {
    /// Upright at this x: the best epoch, say.
    Upright(f64, String),
    /// Level at this y: a rule of thumb, say.
    Level(f64, String),
}

/// A chart of curves over a common x axis, with titled axes and a legend.
///
/// Curves may have any length: points that coincide at the chart's size are thinned out, every spike is kept. Start
/// from [`LineChart::new`] and set the other fields as needed.
///
/// ```
/// use pellucid_report::{LineChart, Picture, PictureStyle, Scale, Series};
///
/// let mut chart = LineChart::new("XOR by online SGD", "epoch", "loss (mean squared error)");
/// chart.y_scale = Scale::Log;
/// chart.series.push(Series {
///     name: "rate 0.1".to_owned(),
///     points: (1..=1_000_000).map(|epoch| (f64::from(epoch), 1.0 / f64::from(epoch))).collect(),
/// });
/// let svg = chart.svg(PictureStyle::default())?;
/// assert!(svg.starts_with("<svg") && svg.len() < 100_000);
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty. Remarks on values that are not drawn follow it.
    pub subtitle: String,
    /// The horizontal axis, with its unit: "epoch", "time (s)".
    pub x_label: String,
    /// The vertical axis, with its unit.
    pub y_label: String,
    /// Linear or logarithmic horizontal axis.
    pub x_scale: Scale,
    /// Linear or logarithmic vertical axis.
    pub y_scale: Scale,
    /// The curves, in the legend's order.
    pub series: Vec<Series>,
    /// Areas around some of the curves.
    pub bands: Vec<SeriesBand>,
    /// Lines that mark a place; one beyond the curves is not drawn.
    pub guides: Vec<Guide>,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 200 to 8000. A style with a width replaces
    /// it.
    pub width: u32,
    /// As `width`; 150 to 8000.
    pub height: u32,
}

impl LineChart {
    /// An empty chart with linear axes, 800 by 500 pixels.
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            x_scale: Scale::default(),
            y_scale: Scale::default(),
            series: Vec::new(),
            bands: Vec::new(),
            guides: Vec::new(),
            width: 800,
            height: 500,
        }
    }
}
