//! Arranges several charts of the same curves in one picture, under one heading and one legend.

use super::legend::Legend;
use super::values::Values;
use super::{HEIGHTS, WIDTHS, axes_and_curves, background, check_size, description, finished, heading};
use crate::panels::Panels;
use crate::scene::Scene;
use crate::{LineChart, ReportError, Theme};

/// A panel is no narrower than this where two stand side by side.
const NARROWEST: u32 = 330;

pub(crate) fn scene(picture: &Panels, theme: Theme, width: u32) -> Result<Scene, ReportError> {
    check_size("width", width, WIDTHS)?;
    check_size("height of a panel", picture.panel_height, HEIGHTS)?;
    let count = picture.panels.len().max(1) as u32;
    let columns = picture.columns.clamp(1, count).min((width / NARROWEST).max(1));
    let rows = count.div_ceil(columns);
    let panel_width = width / columns;

    let mut marks = background(theme);
    // The heading and the legend are those of a chart as wide and high as the whole.
    let head = LineChart {
        subtitle: picture.subtitle.clone(),
        theme,
        width,
        height: picture.panel_height.saturating_mul(rows).min(HEIGHTS.1),
        series: picture
            .panels
            .first()
            .map_or_else(Vec::new, |panel| panel.series.clone()),
        bands: picture
            .panels
            .first()
            .map_or_else(Vec::new, |panel| panel.bands.clone()),
        ..LineChart::new(&picture.title, "", "")
    };
    let mut remarks = Values::of(&head);
    remarks.remarks.clear();
    for values in picture.panels.iter().map(Values::of) {
        for remark in values.remarks {
            if !remarks.remarks.contains(&remark) {
                remarks.remarks.push(remark);
            }
        }
    }
    let mut top = heading(&head, &remarks, &mut marks);
    let legend = Legend::above(&head, top);
    top += legend.height_above();
    let mut plot = None;
    let mut descriptions = Vec::new();
    for (index, chart) in (0..).zip(&picture.panels) {
        let chart = LineChart {
            theme,
            width: panel_width,
            height: picture.panel_height,
            ..chart.clone()
        };
        let values = Values::of(&chart);
        let mut own = Vec::new();
        plot = Some(axes_and_curves(&chart, &values, 6.0, 0.0, &mut own));
        let across = f64::from(index % columns * panel_width);
        let down = top + f64::from(index / columns * picture.panel_height);
        marks.extend(own.into_iter().map(|mark| mark.moved((across, down))));
        descriptions.push(description(&chart, &values));
    }
    if let Some(plot) = plot {
        legend.draw(&plot, &mut marks);
    }
    let height = top + f64::from(rows.saturating_mul(picture.panel_height));
    finished(&picture.title, descriptions.join(". "), width, height, marks)
}
