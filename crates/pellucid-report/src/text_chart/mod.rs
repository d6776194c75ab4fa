//! Draws charts as text for a terminal: curves of Braille dots, or of letters in ASCII.
//!
//! Text charts have the scales and the remarks of a [`LineChart`]'s picture. They do not draw bands, and name guides.

mod bar;
mod cells;
mod frame;
mod matrix;
mod style;

pub use matrix::TextMatrix;
pub use style::TextStyle;

use crate::axis::Axis;
use crate::line_chart::{DrawnValues, Guide, LineChart};
use crate::text_table::lines_of_words;
use crate::typeface::printable;
use cells::CellGrid;
use frame::Frame;

/// The smallest legible chart, in characters.
const NARROWEST: usize = 24;
const LOWEST: usize = 5;

impl LineChart {
    /// The chart as lines of text, no wider than `style.width` where that is 24 or more.
    ///
    /// ```
    /// use pellucid_report::{LineChart, Series, TextStyle};
    ///
    /// let mut chart = LineChart::new("XOR", "epoch", "loss");
    /// let points = (1..=50).map(|epoch| (f64::from(epoch), 1.0 / f64::from(epoch))).collect();
    /// chart.series.push(Series { name: "sgd".to_owned(), points });
    /// let text = chart.text(&TextStyle { width: 60, ..TextStyle::default() });
    /// assert!(text.lines().all(|line| line.chars().count() <= 60) && text.contains("epoch"));
    /// ```
    pub fn text(&self, style: &TextStyle) -> String {
        let style = TextStyle {
            width: style.width.max(NARROWEST),
            height: style.height.max(LOWEST),
            ..*style
        };
        let chart = LineChart {
            bands: Vec::new(),
            ..self.clone()
        };
        let values = DrawnValues::from_chart(&chart);
        let mut lines = heading(&chart, &values, &style);
        let (Some(across), Some(upwards)) = (values.x, values.y) else {
            lines.push("  nothing to plot".to_owned());
            return finish(lines, &style);
        };
        let most_labels = (style.height / 3).max(2);
        let y_axis = Axis::upwards(values.y_scale, upwards, most_labels);
        let frame = Frame::new(&y_axis, &style, chart.series.len());
        let most_labels = (frame.columns / 12).max(2);
        let x_axis = Axis::across(values.x_scale, across, most_labels, values.whole_x);
        let mut cells = CellGrid::new(frame.columns, style.height, &style);
        let fractions = |x, y| (x_axis.fraction(x), y_axis.fraction(y));
        for series in &chart.series {
            let points = series.points.iter();
            cells.curve(points.map(|&(x, y)| values.is_drawn(x, y).then(|| fractions(x, y))));
        }
        if chart.series.len() > 1 {
            cells.mark_curves();
        }
        lines.extend(frame.around(&cells, &x_axis, &chart.x_label));
        finish(lines, &style)
    }
}

/// Title, subtitle, legend, and the name of the vertical axis.
fn heading(chart: &LineChart, values: &DrawnValues, style: &TextStyle) -> Vec<String> {
    let mut lines = vec![style.line(&chart.title, style.width)];
    let subtitle = std::iter::once(printable(&chart.subtitle));
    let guides = chart.guides.iter().map(|guide| match guide {
        Guide::Upright(_, name) | Guide::Level(_, name) => printable(name),
    });
    let remarks = subtitle.chain(guides).chain(values.remarks.iter().cloned());
    let remarks: Vec<String> = remarks.filter(|remark| !remark.is_empty()).collect();
    lines.extend(lines_of_words(&style.spelled(&remarks.join("; ")), style.width));
    let named = chart.series.len() > 1 || chart.series.iter().any(|series| !series.name.is_empty());
    if named {
        let most = (style.width - 2).min(40);
        let (mut line, mut used) = (String::new(), 0);
        for (index, series) in chart.series.iter().enumerate() {
            let name = style.line(&series.name, most);
            let entry = match chart.series.len() {
                1 => name,
                _ => format!("{} {name}", style::letter(index)),
            };
            let width = entry.chars().count();
            if used > 0 && used + 3 + width > style.width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push_str("   ");
                used += 3;
            }
            line.push_str(&style.paint(Some(index), &entry));
            used += width;
        }
        lines.push(line);
    }
    lines.retain(|line| !line.is_empty());
    lines.push(style.line(&chart.y_label, style.width));
    lines
}

fn finish(lines: Vec<String>, style: &TextStyle) -> String {
    let lines = lines.iter().map(|line| style.spelled(line.trim_end()) + "\n");
    lines.collect()
}
