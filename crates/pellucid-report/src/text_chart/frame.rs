//! Draws the axes around the cells, with their ticks and labels.

use super::cells::CellGrid;
use super::style::TextStyle;
use crate::axis::Axis;

#[derive(Debug)]
pub(super) struct Frame {
    /// Cells across between the axis and the letters at the ends of curves.
    pub(super) columns: usize,
    /// The width of the labels to the left of the axis.
    label_width: usize,
    /// For each row its label.
    labels: Vec<Option<String>>,
    style: TextStyle,
}

impl Frame {
    pub(super) fn new(y_axis: &Axis, style: &TextStyle, curves: usize) -> Self {
        let mut labels = vec![None; style.height];
        for major in [true, false] {
            for tick in y_axis.ticks.iter().filter(|tick| tick.major == major) {
                let row = ((1.0 - tick.fraction) * (style.height - 1) as f64).round() as usize;
                let mut around = labels[row.saturating_sub(1)..(row + 2).min(style.height)].iter();
                if let (Some(label), true) = (&tick.label, around.all(Option::is_none)) {
                    labels[row] = Some(style.spelled(label));
                }
            }
        }
        let lengths = labels.iter().flatten().map(|label| label.chars().count());
        let label_width = lengths.max().unwrap_or(0);
        // Letters of curves that end together stand side by side.
        let space = style.width.saturating_sub(label_width + 2);
        let letters = match curves {
            0 | 1 => 0,
            _ => curves.min(6).min(space.saturating_sub(12)),
        };
        Self {
            columns: (space - letters).max(1),
            label_width,
            labels,
            style: *style,
        }
    }

    pub(super) fn around(&self, cells: &CellGrid, x_axis: &Axis, x_label: &str) -> Vec<String> {
        let [bar, tick, corner, dash, notch] = match self.style.unicode {
            true => ['│', '┤', '└', '─', '┬'],
            false => ['|', '+', '+', '-', '+'],
        };
        let mut lines = Vec::new();
        let space = self.style.width.saturating_sub(self.label_width + 2);
        for (row, label) in self.labels.iter().enumerate() {
            let row = cells.row(row, space);
            let (label, axis) = match label {
                Some(label) => (label.as_str(), tick),
                None => ("", bar),
            };
            lines.push(format!("{label:>width$} {axis}{row}", width = self.label_width));
        }
        let mut rule = vec![dash; self.columns];
        let mut below = vec![' '; self.style.width];
        let left = self.label_width + 2;
        let mut free_from = 0;
        for x_tick in &x_axis.ticks {
            let Some(label) = &x_tick.label else { continue };
            let label = self.style.spelled(label);
            let column = (x_tick.fraction * (self.columns - 1) as f64).round() as usize;
            let length = label.chars().count();
            let start = (left + column).saturating_sub(length / 2);
            let start = start.min(self.style.width.saturating_sub(length));
            if start < free_from {
                continue;
            }
            rule[column] = notch;
            for (place, character) in below[start..].iter_mut().zip(label.chars()) {
                *place = character;
            }
            free_from = start + length + 2;
        }
        let rule: String = rule.into_iter().collect();
        lines.push(format!("{:>width$} {corner}{rule}", "", width = self.label_width));
        lines.push(below.into_iter().collect());
        let x_label = self.style.line(x_label, self.columns);
        let indent = left + (self.columns.saturating_sub(x_label.chars().count())) / 2;
        lines.push(format!("{:indent$}{x_label}", ""));
        lines
    }
}
