//! Arranges several line charts on one picture.

use super::{MARGIN, background, check_size, finished, scene as chart_scene, titles};
use crate::scene::{Mark, Scene};
use crate::{ChartGrid, LineChart, ReportError, Theme};

const WIDTHS: (u32, u32) = (240, 8000);
/// No chart is narrower if there is room for it to be wider.
const LEAST_WIDTH: u32 = 380;
/// Of a chart with one series; each further one may take a part of a row in its legend.
const HEIGHT: u32 = 290;
const OF_SERIES: u32 = 10;

pub(crate) fn scene(grid: &ChartGrid, theme: Theme, width: u32) -> Result<Scene, ReportError> {
    check_size("width", width, WIDTHS)?;
    let mut marks = background(theme);
    let top = titles(&grid.title, grid.subtitle.as_deref(), theme, width, &mut marks) - 8.0;
    let count = grid.charts.len().max(1) as u32;
    let columns = (width / LEAST_WIDTH).clamp(1, 3).min(count);
    let of_chart = width / columns;
    let most_series = grid.charts.iter().map(|chart| chart.series.len()).max();
    let height = HEIGHT + OF_SERIES * most_series.unwrap_or(0).min(8) as u32;
    let mut descriptions = Vec::new();
    for (index, chart) in grid.charts.iter().enumerate() {
        let chart = LineChart {
            theme,
            width: of_chart,
            height,
            ..chart.clone()
        };
        let scene = chart_scene(&chart)?;
        let (row, column) = (index as u32 / columns, index as u32 % columns);
        let by = (f64::from(column * of_chart), top + f64::from(row * height));
        // Its background would lie over its neighbours.
        let own = scene.marks.into_iter().skip(1);
        marks.extend(own.map(|mark: Mark| mark.moved(by)));
        descriptions.push(scene.description);
    }
    let rows = count.div_ceil(columns);
    let height = top + f64::from(rows * height) + MARGIN / 2.0;
    finished(&grid.title, descriptions.join(". "), width, height, marks)
}
