//! Tables of numbers with a bar in each line.

use crate::score_text::aligned;
use crate::text_style;

/// Characters of the bars.
const NARROWEST: usize = 10;
const WIDEST: usize = 40;

/// Rows of cells under their titles, each with the number that its bar is drawn of, from 0.
pub(crate) fn bar_table(titles: Vec<String>, rows: Vec<(Vec<String>, f64)>) -> Vec<String> {
    let style = text_style::of_standard_output();
    let values: Vec<f64> = rows.iter().map(|(_, value)| *value).collect();
    let cells: Vec<Vec<String>> = std::iter::once(titles)
        .chain(rows.into_iter().map(|(cells, _)| cells))
        .collect();
    let mut lines = aligned(&cells);
    let widest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let width = style.width.saturating_sub(widest + 2).clamp(NARROWEST, WIDEST);
    let low = values.iter().copied().fold(0.0, f64::min);
    let range = values.iter().copied().fold(0.0, f64::max) - low;
    if range == 0.0 {
        return lines;
    }
    // 0 lies between two characters.
    let zero = (-low / range * width as f64).round() / width as f64;
    let place = |value: f64| zero + value / range;
    for (line, &value) in lines.iter_mut().skip(1).zip(&values) {
        let bar = style.bar((place(0.0), place(value)), width, value < 0.0);
        let space = widest - line.chars().count();
        *line = format!("{line}{:space$}  {bar}", "").trim_end().to_owned();
    }
    lines
}
