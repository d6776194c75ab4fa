//! Several line charts on one picture.

use crate::layout::chart_grid;
use crate::picture::Arrange;
use crate::scene::Scene;
use crate::{LineChart, ReportError, Theme};

/// Line charts beside and below one another, under one heading: metrics of different units, say.
///
/// ```
/// use pellucid_report::{ChartGrid, LineChart, Picture};
///
/// let charts = vec![LineChart::new("", "epoch", "accuracy"), LineChart::new("", "epoch", "log loss")];
/// let grid = ChartGrid { charts, ..ChartGrid::new("metrics") };
/// assert!(grid.svg()?.contains("log loss"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ChartGrid {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading.
    pub subtitle: Option<String>,
    /// The charts; their own sizes and themes do not matter.
    pub charts: Vec<LineChart>,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 240 to 8000. The height follows.
    pub width: u32,
}

impl ChartGrid {
    /// A light picture without charts, 900 pixels wide.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            charts: Vec::new(),
            theme: Theme::default(),
            width: 900,
        }
    }
}

impl Arrange for ChartGrid {
    fn theme(&self) -> Theme {
        self.theme
    }

    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError> {
        chart_grid::scene(self, theme, width.unwrap_or(self.width))
    }
}
