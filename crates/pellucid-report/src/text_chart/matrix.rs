//! Draws a matrix of counts as text, each cell shaded by its part of the row: a confusion matrix.

use super::style::TextStyle;
use crate::label::grouped;
use crate::typeface::printable;

/// Counts by two names each.
///
/// ```
/// use pellucid_report::{TextMatrix, TextStyle};
///
/// let matrix = TextMatrix {
///     rows: "true".to_owned(),
///     columns: "predicted".to_owned(),
///     names: vec!["no".to_owned(), "yes".to_owned()],
///     counts: vec![vec![90, 10], vec![0, 30]],
/// };
/// let text = matrix.text(&TextStyle::default());
/// assert!(text.contains("██ 90") && text.contains("░░ 10"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMatrix {
    /// The meaning of a row.
    pub rows: String,
    /// The meaning of a column.
    pub columns: String,
    /// The names of rows and columns.
    pub names: Vec<String>,
    /// Row by row, as many as there are names, with as many numbers each.
    pub counts: Vec<Vec<u64>>,
}

/// Longer names are shortened.
const LONGEST: usize = 24;
const GAP: usize = 2;
/// Up to a quarter of the row, a half, three quarters, all of it; nothing for 0.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];
const ASCII_SHADES: [char; 5] = [' ', '.', ':', 'o', '#'];
/// A cell's ground and ink among 256 colours.
const COLORS: [Option<(u8, u8)>; 5] = [
    None,
    Some((153, 16)),
    Some((75, 16)),
    Some((32, 231)),
    Some((25, 231)),
];

impl TextMatrix {
    /// The matrix as lines of text, in blocks of columns where it is too wide for the terminal.
    pub fn text(&self, style: &TextStyle) -> String {
        let cut = |name: &String| style.line(name, LONGEST);
        let names: Vec<String> = self.names.iter().map(cut).collect();
        let counts = self.counts.iter().flatten();
        let digits = counts.map(|&count| length(&grouped(count))).max().unwrap_or(1);
        let shade = if style.color { 2 } else { 3 };
        let cell = digits + shade;

        // Columns by their names, or by numbers where names would take the space of the counts.
        let corner = format!("{} \\ {}", printable(&self.rows), printable(&self.columns));
        let widest = names.iter().map(|name| length(name)).max().unwrap_or(0);
        let by_name = widest <= cell.max(12);
        let number = length(&names.len().to_string());
        let (heads, row_names): (Vec<String>, Vec<String>) = if by_name {
            (names.clone(), names.clone())
        } else {
            let numbered = (1..).zip(&names);
            numbered
                .map(|(index, name)| (index.to_string(), format!("{index:>number$} {name}")))
                .unzip()
        };
        let left = row_names
            .iter()
            .map(|name| length(name))
            .chain([length(&corner)])
            .max()
            .unwrap_or(0);
        let width = heads.iter().map(|head| length(head)).max().unwrap_or(0).max(cell);
        let block = (style.width.saturating_sub(left) / (width + GAP)).max(1);

        let mut text = String::new();
        for from in (0..heads.len()).step_by(block) {
            let to = (from + block).min(heads.len());
            if from > 0 {
                text.push('\n');
            }
            let titles: String = heads[from..to]
                .iter()
                .map(|head| format!("{:GAP$}{head:>width$}", ""))
                .collect();
            text.push_str(format!("{corner:<left$}{titles}").trim_end());
            text.push('\n');
            for (name, counts) in row_names.iter().zip(&self.counts) {
                let all: u64 = counts.iter().sum();
                let cells: String = counts[from..to.min(counts.len())]
                    .iter()
                    .map(|&count| format!("{:GAP$}{}", "", shaded(count, all, width, style)))
                    .collect();
                text.push_str(format!("{name:<left$}{cells}").trim_end());
                text.push('\n');
            }
        }
        text.push_str(&key(&self.rows, style));
        text
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn level(count: u64, all: u64) -> usize {
    match (count, all) {
        (0, _) | (_, 0) => 0,
        _ => ((count as f64 / all as f64 * 4.0).ceil() as usize).clamp(1, 4),
    }
}

fn shaded(count: u64, all: u64, width: usize, style: &TextStyle) -> String {
    let level = level(count, all);
    let number = grouped(count);
    if style.color {
        let cell = format!("{number:>0$} ", width - 1);
        return match COLORS[level] {
            Some((ground, ink)) => format!("\u{1b}[48;5;{ground};38;5;{ink}m{cell}\u{1b}[0m"),
            None => cell,
        };
    }
    let shade = if style.unicode { SHADES } else { ASCII_SHADES }[level];
    let cell = format!(
        "{shade}{shade} {number:>0$}",
        width.saturating_sub(3).min(length(&number).max(1))
    );
    format!("{cell:>width$}")
}

fn key(rows: &str, style: &TextStyle) -> String {
    let sample = |level: usize| match (style.color, COLORS[level]) {
        (true, Some((ground, ink))) => format!("\u{1b}[48;5;{ground};38;5;{ink}m  \u{1b}[0m"),
        _ => {
            let shade = if style.unicode { SHADES } else { ASCII_SHADES }[level];
            format!("{shade}{shade}")
        }
    };
    format!(
        "part of the {} row: {} to 25%  {} to 50%  {} to 75%  {} above\n",
        printable(rows),
        sample(1),
        sample(2),
        sample(3),
        sample(4)
    )
}
