//! Arranges a line chart: heading, legend, axes, curves and guides.

use super::decimate::decimate;
use super::drawn_values::DrawnValues;
use super::legend::Legend;
use super::{Guide, LineChart, Scale, band};
use crate::axis::{Axis, Tick};
use crate::error::ReportError;
use crate::layout::plot::{Plot, axis_across, label_width, most_labels, ticks_upwards, widest_label};
use crate::layout::{
    AXIS_LABEL_SIZE, Canvas, HEIGHTS, LEFT_NAME, MAJOR_TICK, MARGIN, TICK_LABEL_SIZE, check_size, crisp,
};
use crate::mark::Anchor;
use crate::palette::{Stroke, Theme};
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, width as width_of};

const WIDTHS: (u32, u32) = (200, 8000);
const DOT_RADIUS: f64 = 3.0;
const GUIDE_ROW: f64 = 11.0;
/// Pixels between labels of an axis.
const X_SPACING: f64 = 64.0;
const Y_SPACING: f64 = 44.0;

impl Arrange for LineChart {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let size = match style.width {
            // As high, but not upright.
            Some(width) => (width, self.height.min(width * 4 / 5).max(250)),
            None => (self.width, self.height),
        };
        draw_chart(self, style.theme, size)
    }
}

/// The chart at this size, whatever its own is.
pub(crate) fn draw_chart(
    chart: &LineChart,
    theme: Theme,
    (width, height): (u32, u32),
) -> Result<Canvas, ReportError> {
    let style = PictureStyle { theme, width: None };
    let mut canvas = Canvas::new(style, width, WIDTHS)?;
    check_size("height", height, HEIGHTS)?;
    let values = DrawnValues::from_chart(chart);
    let lines = if height >= 300 { (2, 3) } else { (1, 1) };
    let mut top = canvas.heading_of_lines(&chart.title, &chart.subtitle, &values.remarks, lines);
    let legend = Legend::new(chart, theme, (width, height), top, false);
    top += legend.height_above;
    // The words at upright guides stand above the plot, clear of curves.
    let is_upright = |guide: &Guide| matches!(guide, Guide::Upright(..));
    if chart.guides.iter().any(is_upright) {
        top += GUIDE_ROW;
    }
    let height = f64::from(height);
    let plot = draw_plot(chart, &values, (top, height), legend.width_beside, &mut canvas);
    legend.draw(&plot, &mut canvas);
    canvas.finish(describe(chart, &values), height)
}

/// Draws the axes and what stands between them, from `top` to the lower edge, with `beside` left free to the right.
pub(crate) fn draw_plot(
    chart: &LineChart,
    values: &DrawnValues,
    (top, height): (f64, f64),
    beside: f64,
    canvas: &mut Canvas,
) -> Plot {
    let width = canvas.width();
    let bottom = height - MARGIN - AXIS_LABEL_SIZE - TICK_LABEL_SIZE - MAJOR_TICK - 11.0;
    let most_labels = most_labels(bottom - top, Y_SPACING);
    let y_axis = values
        .y
        .map(|extent| Axis::upwards(values.y_scale, extent, most_labels));
    let y_ticks = ticks_upwards(y_axis.as_ref(), bottom - top);
    let across = (MARGIN, width - MARGIN - beside);
    let mut plot = Plot::with_labels(across, (top, bottom), widest_label(&y_ticks));
    let x_axis = values.x.map(|extent| {
        let axis = |most| Axis::across(values.x_scale, extent, most, values.whole_x);
        axis_across(plot.width(), X_SPACING, axis)
    });
    let x_ticks: &[Tick] = x_axis.as_ref().map_or(&[], |axis| &axis.ticks);
    if let Some(last) = x_ticks.last() {
        let overhang = plot.x(last.fraction) + label_width(last) / 2.0 - (width - 12.0);
        plot.right -= overhang.max(0.0);
    }

    plot.draw_axes(x_ticks, &y_ticks, canvas);
    canvas.name_across(&chart.x_label, plot.width(), (plot.x(0.5), height - MARGIN + 2.0));
    canvas.name_upwards(&chart.y_label, plot.height() + 8.0, (LEFT_NAME, plot.y(0.5)));
    let (Some(x_axis), Some(y_axis)) = (&x_axis, &y_axis) else {
        let text = ellipsize("nothing to plot", AXIS_LABEL_SIZE, plot.width());
        canvas.empty(text, plot.center());
        return plot;
    };
    band::draw(chart, values, (x_axis, y_axis), &plot, canvas);
    for (index, series) in chart.series.iter().enumerate() {
        let place = |&(x, y): &(f64, f64)| {
            let is_drawn = values.is_drawn(x, y);
            is_drawn.then(|| plot.at((x_axis, x), (y_axis, y)))
        };
        let stroke = Stroke::of_series(index, canvas.theme);
        for points in decimate(series.points.iter().map(place)) {
            match points[..] {
                [center] => canvas.dot(center, DOT_RADIUS, stroke.color),
                _ => canvas.polyline(points, stroke),
            }
        }
    }
    draw_guides(chart, &plot, x_axis, y_axis, canvas);
    plot
}

fn draw_guides(chart: &LineChart, plot: &Plot, x_axis: &Axis, y_axis: &Axis, canvas: &mut Canvas) {
    let color = canvas.theme.axis_line();
    let mut labels = Vec::new();
    for guide in &chart.guides {
        let (along, name) = match guide {
            Guide::Upright(x, name) => (x_axis.fraction(*x), name),
            Guide::Level(y, name) => (y_axis.fraction(*y), name),
        };
        if !(0.0..=1.0).contains(&along) {
            continue;
        }
        let name = ellipsize(&printable(name), TICK_LABEL_SIZE, plot.width() - 12.0);
        let (from, to, at, anchor) = match guide {
            Guide::Upright(..) => {
                let x = crisp(plot.x(along));
                let half = width_of(&name, TICK_LABEL_SIZE) / 2.0;
                let middle = x.clamp(plot.left + half, (plot.right - half).max(plot.left + half));
                let at = (middle, plot.top - 4.0);
                ((x, plot.top), (x, plot.bottom), at, Anchor::Middle)
            }
            Guide::Level(..) => {
                let y = crisp(plot.y(along));
                let at = (plot.right - 3.0, y - 4.0);
                ((plot.left, y), (plot.right, y), at, Anchor::End)
            }
        };
        canvas.polyline(vec![from, to], Stroke::guide(color));
        labels.push((name, at, anchor));
    }
    for (name, at, anchor) in labels {
        canvas.tick_label(name, at, anchor);
    }
}

/// What the chart shows, in words.
pub(crate) fn describe(chart: &LineChart, values: &DrawnValues) -> String {
    let (x_label, y_label) = (printable(&chart.x_label), printable(&chart.y_label));
    let scales = match (values.x_scale, values.y_scale) {
        (Scale::Log, Scale::Log) => " on logarithmic scales",
        (Scale::Log, Scale::Linear) => ", which is on a logarithmic scale",
        (Scale::Linear, Scale::Log) => " on a logarithmic scale",
        (Scale::Linear, Scale::Linear) => "",
    };
    let names = chart.series.iter().map(|series| printable(&series.name));
    let names: Vec<String> = names.collect();
    let series = match &names[..] {
        [] => ", without series".to_owned(),
        [name] => format!(", one series: {name}"),
        names => format!(", {} series: {}", names.len(), names.join(", ")),
    };
    let bands = if chart.bands.is_empty() {
        ""
    } else {
        ", with bands around them"
    };
    let remarks: String = values
        .remarks
        .iter()
        .map(|remark| format!("; {remark}"))
        .collect();
    format!("Line chart of {y_label} against {x_label}{scales}{series}{bands}{remarks}")
}
