//! Several line charts in one picture, under one heading.

use crate::error::ReportError;
use crate::layout::{Canvas, HEIGHTS, MARGIN, WIDTHS, check_size};
use crate::line_chart::{DrawnValues, Legend, LineChart, describe, draw_plot};
use crate::palette::Theme;
use crate::picture::Arrange;
use crate::scene::{Mark, Scene};

/// The width below which no panel falls while another stands beside it.
const NARROWEST: u32 = 380;
const NARROWEST_WITHOUT_LEGEND: u32 = 330;

/// Line charts beside and below one another: metrics of different units, or the same curves over epochs and seconds.
///
/// ```
/// use pellucid_report::{LineChart, PanelGrid, Picture};
///
/// let panels = vec![LineChart::new("", "epoch", "accuracy"), LineChart::new("", "epoch", "log loss")];
/// let grid = PanelGrid { panels, ..PanelGrid::new("metrics") };
/// assert!(grid.svg()?.contains("log loss"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PanelGrid {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading. With a shared legend, remarks on values that are not drawn follow it.
    pub subtitle: Option<String>,
    /// The charts, row by row; their own sizes and themes do not count.
    pub panels: Vec<LineChart>,
    /// One legend above all panels, which then have the same series and no titles; otherwise one for each.
    pub shared_legend: bool,
    /// The number of panels side by side, where there is space.
    pub columns: u32,
    /// Of one panel, 150 to 8000.
    pub panel_height: u32,
    /// Light or dark.
    pub theme: Theme,
    /// In pixels of an SVG viewer at its natural size; a PNG has twice as many. 240 to 8000. The height follows.
    pub width: u32,
}

impl PanelGrid {
    /// A light picture without panels, 900 pixels wide, up to three panels side by side.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: None,
            panels: Vec::new(),
            shared_legend: false,
            columns: 3,
            panel_height: 290,
            theme: Theme::default(),
            width: 900,
        }
    }

    /// A light picture of the same curves in each panel, 1,000 pixels wide, two panels side by side.
    pub fn with_shared_legend(title: impl Into<String>) -> Self {
        Self {
            shared_legend: true,
            columns: 2,
            panel_height: 330,
            width: 1000,
            ..Self::new(title)
        }
    }

    /// A chart as wide and high as all panels, whose heading and legend are those of the picture.
    fn head(&self, theme: Theme, width: u32, height: u32) -> LineChart {
        let first = self.panels.first();
        LineChart {
            theme,
            width,
            height,
            series: first.map_or_else(Vec::new, |panel| panel.series.clone()),
            bands: first.map_or_else(Vec::new, |panel| panel.bands.clone()),
            ..LineChart::new(&self.title, "", "")
        }
    }

    /// The remarks of all panels, each once.
    fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        for remark in self
            .panels
            .iter()
            .flat_map(|panel| DrawnValues::from_chart(panel).remarks)
        {
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        remarks
    }
}

impl Arrange for PanelGrid {
    fn theme(&self) -> Theme {
        self.theme
    }

    fn scene(&self, theme: Theme, width: Option<u32>) -> Result<Scene, ReportError> {
        let width = width.unwrap_or(self.width);
        let mut canvas = Canvas::new(theme, width, WIDTHS)?;
        check_size("height of a panel", self.panel_height, HEIGHTS)?;
        let narrowest = match self.shared_legend {
            true => NARROWEST_WITHOUT_LEGEND,
            false => NARROWEST,
        };
        let count = self.panels.len().max(1) as u32;
        let columns = self.columns.clamp(1, count).min((width / narrowest).max(1));
        let rows = count.div_ceil(columns);
        let panel_width = width / columns;

        let subtitle = self.subtitle.as_deref();
        let mut panel_height = self.panel_height;
        let mut legend = None;
        let top = if self.shared_legend {
            let head = self.head(theme, width, panel_height.saturating_mul(rows).min(HEIGHTS.1));
            let lines = if head.height >= 300 { (2, 3) } else { (1, 1) };
            let top = canvas.heading_of_lines(&self.title, subtitle, &self.remarks(), lines);
            let legend = legend.insert(Legend::above(&head, top));
            top + legend.height_above()
        } else {
            // Each series may take a part of a row in the legend of its panel.
            let most_series = self.panels.iter().map(|panel| panel.series.len()).max();
            panel_height += 10 * most_series.unwrap_or(0).min(8) as u32;
            canvas.heading(&self.title, subtitle, &[]) - 8.0
        };
        let mut descriptions = Vec::new();
        let mut plot = None;
        for (index, panel) in (0..).zip(&self.panels) {
            let chart = LineChart {
                theme,
                width: panel_width,
                height: panel_height,
                ..panel.clone()
            };
            let marks: Vec<Mark> = if self.shared_legend {
                let values = DrawnValues::from_chart(&chart);
                let mut own = Canvas::transparent(theme, panel_width);
                plot = Some(draw_plot(&chart, &values, 6.0, 0.0, &mut own));
                descriptions.push(describe(&chart, &values));
                own.marks
            } else {
                let scene = chart.scene(theme, None)?;
                descriptions.push(scene.description);
                // Its background would lie over its neighbours.
                scene.marks.into_iter().skip(1).collect()
            };
            let (row, column) = (index / columns, index % columns);
            let by = (
                f64::from(column * panel_width),
                top + f64::from(row * panel_height),
            );
            canvas.marks.extend(marks.into_iter().map(|mark| mark.moved(by)));
        }
        if let (Some(plot), Some(legend)) = (&plot, &legend) {
            legend.draw(plot, &mut canvas);
        }
        let height = top + f64::from(rows.saturating_mul(panel_height));
        let below = if self.shared_legend { 0.0 } else { MARGIN / 2.0 };
        canvas.finish(&self.title, descriptions.join(". "), height + below)
    }
}
