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
        let counts: Vec<String> = self
            .counts
            .iter()
            .flatten()
            .map(|&count| grouped(count))
            .collect();
        let cell = widest(&counts).max(1) + if style.color { 2 } else { 3 };

        // Columns by their names, or by numbers where names would take the space of the counts.
        let corner = format!("{} \\ {}", printable(&self.rows), printable(&self.columns));
        let number = length(&names.len().to_string());
        let (heads, row_names): (Vec<String>, Vec<String>) = match widest(&names) <= cell.max(12) {
            true => (names.clone(), names),
            false => (1..)
                .zip(&names)
                .map(|(index, name)| (index.to_string(), format!("{index:>number$} {name}")))
                .unzip(),
        };
        let left = widest(&row_names).max(length(&corner));
        let width = widest(&heads).max(cell);
        let block = (style.width.saturating_sub(left) / (width + GAP)).max(1);

        let mut text = String::new();
        for from in (0..heads.len()).step_by(block) {
            let to = (from + block).min(heads.len());
            if from > 0 {
                text.push('\n');
            }
            let titles = heads[from..to].iter();
            let titles: String = titles.map(|head| format!("{:GAP$}{head:>width$}", "")).collect();
            text.push_str(format!("{corner:<left$}{titles}").trim_end());
            text.push('\n');
            for (name, counts) in row_names.iter().zip(&self.counts) {
                let all: u64 = counts.iter().sum();
                let shown = counts[from..to.min(counts.len())].iter();
                let cell = |&count: &u64| format!("{:GAP$}{}", "", shaded(count, all, width, style));
                let cells: String = shown.map(cell).collect();
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

fn widest(texts: &[String]) -> usize {
    texts.iter().map(|text| length(text)).max().unwrap_or(0)
}

fn shaded(count: u64, all: u64, width: usize, style: &TextStyle) -> String {
    let level = match (count, all) {
        (0, _) | (_, 0) => 0,
        _ => ((count as f64 / all as f64 * 4.0).ceil() as usize).clamp(1, 4),
    };
    let number = grouped(count);
    match style.color {
        true => on_ground(level, &format!("{number:>0$} ", width - 1)),
        false => format!("{:>width$}", format!("{} {number}", shade(level, style))),
    }
}

/// `text` on the ground of a level.
fn on_ground(level: usize, text: &str) -> String {
    match COLORS[level] {
        Some((ground, ink)) => format!("\u{1b}[48;5;{ground};38;5;{ink}m{text}\u{1b}[0m"),
        None => text.to_owned(),
    }
}

fn shade(level: usize, style: &TextStyle) -> String {
    let shades = if style.unicode { SHADES } else { ASCII_SHADES };
    shades[level].to_string().repeat(2)
}

fn key(rows: &str, style: &TextStyle) -> String {
    let [quarter, half, most, all] = [1, 2, 3, 4].map(|level| match style.color {
        true => on_ground(level, "  "),
        false => shade(level, style),
    });
    let rows = printable(rows);
    format!("part of the {rows} row: {quarter} to 25%  {half} to 50%  {most} to 75%  {all} above\n")
}
