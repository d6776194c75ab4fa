//! Line charts: what to draw, and drawing it.

use crate::picture::{Arrange, Picture};
use crate::scene::Scene;
use crate::{PictureFormat, ReportError, Theme, layout};

/// A named curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// As the legend shall call it.
    pub name: String,
    /// Pairs of x and y, drawn in this order. A pair with a number that is not finite is a gap in the curve.
    pub points: Vec<(f64, f64)>,
}

/// A range around a curve, drawn as an area in the curve's colour through which everything else is seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BandOfSeries {
    /// The curve's place among the chart's series.
    pub series: usize,
    /// Each x with the lower and the upper end. One with a number that is not finite is a gap.
    pub points: Vec<(f64, f64, f64)>,
}

/// How an axis maps numbers to places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scale {
    /// Equal differences are equally long.
    #[default]
    Linear,
    /// Equal ratios are equally long. Zero and negative values are left out, and the picture says how many; with no
    /// positive value at all the picture falls back to [`Scale::Linear`], and says so.
    Log,
}

/// A thin line through the whole plot, with a word at it.
#[derive(Debug, Clone, PartialEq)]
pub enum Guide {
    /// Upright at this x: the best epoch, say.
    Upright(f64, String),
    /// Level at this y: a rule of thumb, say.
    Level(f64, String),
}

/// A chart of curves over a common x axis, with titled axes and a legend.
///
/// Curves of any length may be given: what cannot be told apart at the chart's size is thinned out, keeping every spike.
/// Start from [`LineChart::new`] and set the other fields as needed.
///
/// ```
/// use pellucid_report::{LineChart, Scale, Series};
///
/// let mut chart = LineChart::new("XOR by online SGD", "epoch", "loss (mean squared error)");
/// chart.y_scale = Scale::Log;
/// chart.series.push(Series {
///     name: "rate 0.1".to_owned(),
///     points: (1..=1_000_000).map(|epoch| (f64::from(epoch), 1.0 / f64::from(epoch))).collect(),
/// });
/// let svg = chart.svg()?;
/// assert!(svg.starts_with("<svg") && svg.len() < 100_000);
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading. Remarks on what could not be drawn are added to it.
    pub subtitle: Option<String>,
    /// What runs across, with its unit: "epoch", "time (s)".
    pub x_label: String,
    /// What runs upwards, with its unit.
    pub y_label: String,
    /// Linear or logarithmic places across.
    pub x_scale: Scale,
    /// Linear or logarithmic heights.
    pub y_scale: Scale,
    /// Light or dark.
    pub theme: Theme,
    /// The curves, in the legend's order.
    pub series: Vec<Series>,
    /// Areas around some of the curves.
    pub bands: Vec<BandOfSeries>,
    /// Lines that mark a place; one beyond the curves is not drawn.
    pub guides: Vec<Guide>,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 200 to 8000.
    pub width: u32,
    /// As `width`; 150 to 8000.
    pub height: u32,
}

impl LineChart {
    /// An empty light chart with linear axes, 800 by 500 pixels.
    pub fn new(title: impl Into<String>, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            x_label: x_label.into(),
            y_label: y_label.into(),
            x_scale: Scale::default(),
            y_scale: Scale::default(),
            theme: Theme::default(),
            series: Vec::new(),
            bands: Vec::new(),
            guides: Vec::new(),
            width: 800,
            height: 500,
        }
    }

    /// The chart as an SVG document.
    ///
    /// # Errors
    ///
    /// [`ReportError::PictureSize`] if the width or height is out of bounds.
    pub fn svg(&self) -> Result<String, ReportError> {
        Picture::svg(self)
    }

    /// The chart as a PNG file's bytes, at two pixels per unit of `width` and `height`.
    ///
    /// Needs no typeface and no library of the system: the lettering (DejaVu Sans) is part of this crate.
    ///
    /// # Errors
    ///
    /// [`ReportError::PictureSize`] if the width or height is out of bounds.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        Picture::png(self)
    }

    /// The chart as a file's bytes in the format asked for.
    ///
    /// # Errors
    ///
    /// As [`LineChart::svg`] and [`LineChart::png`].
    pub fn render(&self, format: PictureFormat) -> Result<Vec<u8>, ReportError> {
        Picture::render(self, format)
    }
}

impl Arrange for LineChart {
    fn theme(&self) -> Theme {
        self.theme
    }

    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError> {
        let mut chart = self.clone();
        chart.theme = theme;
        if let Some(width) = width {
            // As high, but not upright.
            (chart.width, chart.height) = (width, chart.height.min(width * 4 / 5).max(250));
        }
        layout::scene(&chart)
    }
}
