//! Arranges several charts of the same curves in one picture, under one heading and one legend.

use super::legend::Legend;
use super::values::Values;
use super::{HEIGHTS, WIDTHS, check_size, description, guide_row, heading, panel};
use crate::panels::Panels;
use crate::scene::{Mark, Scene};
use crate::typeface::printable;
use crate::{LineChart, ReportError};

/// A panel is no narrower than this where two stand side by side.
const NARROWEST: u32 = 330;

pub(crate) fn scene(picture: &Panels) -> Result<Scene, ReportError> {
    check_size("width", picture.width, WIDTHS)?;
    check_size("height of a panel", picture.panel_height, HEIGHTS)?;
    let count = picture.panels.len().max(1) as u32;
    let columns = picture
        .columns
        .clamp(1, count)
        .min((picture.width / NARROWEST).max(1));
    let rows = count.div_ceil(columns);
    let panel_width = picture.width / columns;

    let mut marks = vec![Mark::Rectangle {
        top_left: (0.0, 0.0),
        bottom_right: (0.0, 0.0), // its height is not known yet
        color: picture.theme.background(),
    }];
    // The heading and the legend are those of a chart as wide and high as the whole.
    let head = LineChart {
        subtitle: picture.subtitle.clone(),
        theme: picture.theme,
        width: picture.width,
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
    let height = top.ceil() as u32 + rows * picture.panel_height;
    check_size("height", height, HEIGHTS)?;
    if let Some(Mark::Rectangle { bottom_right, .. }) = marks.first_mut() {
        *bottom_right = (f64::from(picture.width), f64::from(height));
    }

    let mut plot = None;
    let mut descriptions = Vec::new();
    for (index, chart) in (0..).zip(&picture.panels) {
        let chart = LineChart {
            theme: picture.theme,
            width: panel_width,
            height: picture.panel_height,
            ..chart.clone()
        };
        let values = Values::of(&chart);
        let mut own = Vec::new();
        plot = Some(panel(&chart, &values, 6.0 + guide_row(&chart), 0.0, &mut own));
        let across = f64::from(index % columns * panel_width);
        let down = top + f64::from(index / columns * picture.panel_height);
        marks.extend(own.into_iter().map(|mark| mark.moved(across, down)));
        descriptions.push(description(&chart, &values));
    }
    if let Some(plot) = plot {
        legend.draw(&plot, &mut marks);
    }
    Ok(Scene {
        width: picture.width,
        height,
        title: printable(&picture.title),
        description: descriptions.join(". "),
        marks,
    })
}
