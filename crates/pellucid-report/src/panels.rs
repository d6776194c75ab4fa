//! Several charts of the same curves in one picture.

use crate::layout::panels;
use crate::picture::Arrange;
use crate::scene::Scene;
use crate::{LineChart, ReportError, Theme};

/// Charts of the same curves, against epochs and against seconds say, under one heading and one legend.
///
/// ```
/// use pellucid_report::{LineChart, Panels, Picture, Series};
///
/// let panel = |unit: &str, scale: f64| {
///     let mut chart = LineChart::new("", unit, "loss");
///     let points = (1..50).map(|epoch| (scale * f64::from(epoch), 1.0 / f64::from(epoch)));
///     chart.series.push(Series { name: "sgd".to_owned(), points: points.collect() });
///     chart
/// };
/// let picture = Panels { panels: vec![panel("epoch", 1.0), panel("time (s)", 0.02)], ..Panels::new("Two views") };
/// assert!(picture.svg()?.starts_with("<svg"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Panels {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading. Remarks on what could not be drawn are added to it.
    pub subtitle: Option<String>,
    /// The charts, row by row, with the same series in each. Their titles, sizes and themes do not count.
    pub panels: Vec<LineChart>,
    /// How many stand side by side, where there is room.
    pub columns: u32,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 200 to 8000.
    pub width: u32,
    /// Of one panel, 150 to 8000; heading and legend come on top of them.
    pub panel_height: u32,
}

impl Panels {
    /// An empty light picture, 1,000 pixels wide, with two panels side by side.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            panels: Vec::new(),
            columns: 2,
            theme: Theme::default(),
            width: 1000,
            panel_height: 330,
        }
    }
}

impl Arrange for Panels {
    fn theme(&self) -> Theme {
        self.theme
    }

    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError> {
        panels::scene(self, theme, width.unwrap_or(self.width))
    }
}
