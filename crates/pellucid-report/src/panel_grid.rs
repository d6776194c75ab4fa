//! Several line charts in one picture, under one heading.

use crate::error::ReportError;
use crate::layout::{Canvas, HEIGHTS, MARGIN, WIDTHS};
use crate::line_chart::{DrawnValues, Legend, LineChart, describe, draw_chart, draw_plot};
use crate::mark::Mark;
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;

/// The width below which no panel falls while another stands beside it.
const NARROWEST: u32 = 380;
const NARROWEST_WITHOUT_LEGEND: u32 = 330;

/// Line charts beside and below one another: metrics of different units, or the same curves over epochs and seconds.
///
/// ```
/// use pellucid_report::{LineChart, PanelGrid, Picture, PictureStyle};
///
/// let panels = vec![LineChart::new("", "epoch", "accuracy"), LineChart::new("", "epoch", "log loss")];
/// let grid = PanelGrid { panels, ..PanelGrid::new("metrics") };
/// assert!(grid.svg(PictureStyle::default())?.contains("log loss"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PanelGrid {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty. With a shared legend, remarks on values that are not drawn
    /// follow it.
    pub subtitle: String,
    /// The charts, row by row; their own sizes do not count.
    pub panels: Vec<LineChart>,
    /// One legend above all panels, which then have the same series and no titles; otherwise one for each. The picture is
    /// 1,000 pixels wide then, otherwise 900.
    pub shared_legend: bool,
    /// The number of panels side by side, where there is space.
    pub columns: u32,
}

impl PanelGrid {
    /// A picture without panels, of which up to three stand side by side.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            subtitle: String::new(),
            panels: Vec::new(),
            shared_legend: false,
            columns: 3,
        }
    }

    /// The remarks of all panels, each once.
    fn remarks(&self) -> Vec<String> {
        let mut remarks: Vec<String> = Vec::new();
        for panel in &self.panels {
            for remark in DrawnValues::from_chart(panel).remarks {
                if !remarks.contains(&remark) {
                    remarks.push(remark);
                }
            }
        }
        remarks
    }
}

impl Arrange for PanelGrid {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let theme = style.theme;
        let (width, narrowest, panel_height) = match self.shared_legend {
            true => (1000, NARROWEST_WITHOUT_LEGEND, 330),
            // Each series may take a part of a row in the legend of its panel.
            false => (900, NARROWEST, 290 + 10 * most_series(&self.panels).min(8)),
        };
        let width = style.width.unwrap_or(width);
        let mut canvas = Canvas::new(style, width, WIDTHS)?;
        let count = self.panels.len().max(1) as u32;
        let columns = self.columns.clamp(1, count).min((width / narrowest).max(1));
        let rows = count.div_ceil(columns);
        let panel_width = width / columns;

        let remarks = if self.shared_legend {
            self.remarks()
        } else {
            Vec::new()
        };
        let mut top = canvas.heading(&self.title, &self.subtitle, &remarks);
        let mut legend = Legend::default();
        if !self.shared_legend {
            top -= 8.0;
        } else if let Some(first) = self.panels.first() {
            let height = (panel_height * rows).min(HEIGHTS.1);
            legend = Legend::new(first, theme, (width, height), top, true);
            top += legend.height_above;
        }
        let mut descriptions = Vec::new();
        let mut plot = None;
        for (index, chart) in (0..).zip(&self.panels) {
            let marks: Vec<Mark> = if self.shared_legend {
                let values = DrawnValues::from_chart(chart);
                let mut own = Canvas::transparent(theme, panel_width);
                let down = (6.0, f64::from(panel_height));
                plot = Some(draw_plot(chart, &values, down, 0.0, &mut own));
                descriptions.push(describe(chart, &values));
                own.marks
            } else {
                let own = draw_chart(chart, theme, (panel_width, panel_height))?;
                descriptions.push(own.description);
                // Its background would lie over its neighbours.
                own.marks.into_iter().skip(1).collect()
            };
            let (row, column) = (index / columns, index % columns);
            let by = (
                f64::from(column * panel_width),
                top + f64::from(row * panel_height),
            );
            canvas.marks.extend(marks.into_iter().map(|mark| mark.moved(by)));
        }
        if let Some(plot) = &plot {
            legend.draw(plot, &mut canvas);
        }
        let height = top + f64::from(rows * panel_height);
        let below = if self.shared_legend { 0.0 } else { MARGIN / 2.0 };
        canvas.finish(descriptions.join(". "), height + below)
    }
}

fn most_series(panels: &[LineChart]) -> u32 {
    let counts = panels.iter().map(|panel| panel.series.len());
    counts.max().unwrap_or(0) as u32
}
