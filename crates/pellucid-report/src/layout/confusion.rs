//! Arranges a confusion matrix.

use super::{
    AXIS_LABEL_SIZE, MARGIN, TICK_LABEL_SIZE, background, check_size, color_bar, finished, titles, words,
    words_upwards,
};
use crate::axis::Tick;
use crate::color_scale::{ColorScale, ink_on};
use crate::label::grouped;
use crate::scene::{Anchor, Mark, Scene};
use crate::typeface::{ellipsize, printable, width as width_of};
use crate::{ConfusionMatrix, ReportError, Theme};

const WIDTHS: (u32, u32) = (240, 8000);
/// The largest matrix, and the largest square in it: a matrix of two classes is no poster.
const MOST_SIDE: f64 = 640.0;
const MOST_CELL: f64 = 96.0;
/// The smallest letters of a class's name, and of a count.
const LEAST_LABEL: f64 = 7.5;
const LEAST_COUNT: f64 = 8.0;

/// Sizes that follow from the number of classes and the width.
struct Sizes {
    left: f64,
    top: f64,
    cell: f64,
    label: f64,
}

pub(crate) fn scene(matrix: &ConfusionMatrix, theme: Theme, width: u32) -> Result<Scene, ReportError> {
    check_size("width", width, WIDTHS)?;
    let mut marks = background(theme);
    let top = titles(
        &matrix.title,
        matrix.subtitle.as_deref(),
        theme,
        width,
        &mut marks,
    ) + 2.0;
    let classes: Vec<String> = matrix.classes.iter().map(|name| printable(name)).collect();
    let count = classes.len().max(1) as f64;
    let percents = percents();

    let widest = |size: f64| {
        classes
            .iter()
            .map(|name| width_of(name, size))
            .fold(0.0, f64::max)
    };
    let row_names = widest(TICK_LABEL_SIZE).min(0.22 * f64::from(width)).min(150.0);
    let left = MARGIN + AXIS_LABEL_SIZE + 8.0 + row_names + 6.0;
    let room = f64::from(width) - MARGIN - left - 14.0 - color_bar::width(&percents);
    let cell = (room.clamp(40.0, MOST_SIDE) / count).min(MOST_CELL);
    let sizes = Sizes {
        left,
        top,
        cell,
        label: TICK_LABEL_SIZE.min(cell * 0.95).max(LEAST_LABEL),
    };
    let side = cell * count;
    let bottom = top + side;

    cells(matrix, &classes, &sizes, theme, &mut marks);

    // Names of rows and columns; where they are closer than letters are high, every second, third, …
    let every = (sizes.label * 1.05 / cell).ceil().max(1.0) as usize;
    let level = classes
        .iter()
        .all(|name| width_of(name, sizes.label) <= cell * every as f64 - 4.0);
    let most_below = 110.0;
    let mut below: f64 = 0.0;
    for (index, name) in classes.iter().enumerate().step_by(every) {
        let middle = (index as f64 + 0.5) * cell;
        let ink = theme.faint_ink();
        let row = ellipsize(name, sizes.label, row_names);
        let at = (left - 6.0, top + middle + 0.365 * sizes.label);
        marks.push(words(&row, at, sizes.label, ink, Anchor::End));
        if level {
            let at = (left + middle, bottom + 5.0 + 0.8 * sizes.label);
            marks.push(words(name, at, sizes.label, ink, Anchor::Middle));
            below = below.max(5.0 + sizes.label);
        } else {
            let name = ellipsize(name, sizes.label, most_below);
            let at = (left + middle + 0.365 * sizes.label, bottom + 6.0);
            below = below.max(6.0 + width_of(&name, sizes.label));
            marks.push(words_upwards(&name, at, sizes.label, ink, Anchor::End));
        }
    }
    let ink = theme.ink();
    let across = ellipsize("predicted class", AXIS_LABEL_SIZE, f64::from(width) - left - 4.0);
    let from = (left + side / 2.0).max(left + width_of(&across, AXIS_LABEL_SIZE) / 2.0);
    let at = (from, bottom + below + AXIS_LABEL_SIZE + 6.0);
    marks.push(words(&across, at, AXIS_LABEL_SIZE, ink, Anchor::Middle));
    let at = (MARGIN + 0.6 * AXIS_LABEL_SIZE, top + side / 2.0);
    let upwards = ellipsize("true class", AXIS_LABEL_SIZE, side.max(60.0));
    marks.push(words_upwards(&upwards, at, AXIS_LABEL_SIZE, ink, Anchor::Middle));
    color_bar::draw(
        theme,
        (left + side + 14.0, top, bottom.max(top + 60.0)),
        &percents,
        if side < 190.0 {
            "share of row (%)"
        } else {
            "share of the true class (%)"
        },
        |fraction| ColorScale::Sequential.color(fraction, theme),
        &mut marks,
    );
    let height = (bottom + below).max(top + 60.0) + AXIS_LABEL_SIZE + 6.0 + MARGIN;
    finished(&matrix.title, description(matrix), width, height, marks)
}

fn cells(matrix: &ConfusionMatrix, classes: &[String], sizes: &Sizes, theme: Theme, marks: &mut Vec<Mark>) {
    let &Sizes { left, top, cell, .. } = sizes;
    let count = classes.len();
    let side = cell * count as f64;
    let nothing = ColorScale::Sequential.color(0.0, theme);
    marks.push(Mark::Rectangle {
        top_left: (left, top),
        bottom_right: (left + side, top + side),
        color: nothing,
    });
    let gap = if cell >= 10.0 { 0.5 } else { 0.0 };
    let largest = matrix.counts.iter().flatten().max().copied().unwrap_or(0);
    let digits = width_of(&grouped(largest as u64), 1.0);
    let size = (cell * 0.3).min((cell - 5.0) / digits.max(0.6)).min(14.0);
    let has_counts = size >= LEAST_COUNT;
    let has_shares = has_counts && cell >= 38.0;
    for (row, (name, counts)) in classes.iter().zip(&matrix.counts).enumerate() {
        let total: usize = counts.iter().sum();
        for (column, (other, &rows)) in classes.iter().zip(counts).enumerate() {
            let place = (left + column as f64 * cell, top + row as f64 * cell);
            let share = rows as f64 / total.max(1) as f64;
            let color = ColorScale::Sequential.color(share.sqrt(), theme);
            let middle = (place.0 + cell / 2.0, place.1 + cell / 2.0);
            let lift = if has_shares && rows > 0 {
                -0.12 * size
            } else {
                0.365 * size
            };
            let number = |ink| {
                let at = (middle.0, middle.1 + lift);
                words(&grouped(rows as u64), at, size, ink, Anchor::Middle)
            };
            if rows == 0 {
                if has_counts {
                    marks.push(number(theme.axis_line()));
                }
                continue;
            }
            let mut of_cell = vec![Mark::Rectangle {
                top_left: (place.0 + gap, place.1 + gap),
                bottom_right: (place.0 + cell - gap, place.1 + cell - gap),
                color,
            }];
            if has_counts {
                of_cell.push(number(ink_on(color)));
            }
            if has_shares {
                let (small, at) = (size * 0.82, (middle.0, middle.1 + 0.98 * size));
                of_cell.push(words(&percent(share), at, small, ink_on(color), Anchor::Middle));
            }
            let unit = if rows == 1 { "row" } else { "rows" };
            marks.push(Mark::Noted {
                note: format!(
                    "true {name}, predicted {other}: {} {unit}, {} of {name}",
                    grouped(rows as u64),
                    percent(share)
                ),
                marks: of_cell,
            });
        }
    }
}

/// The marks of the bar. Colours go by the square root of the share, so that a mistake in a hundred is to be seen.
fn percents() -> Vec<Tick> {
    let tick = |percent: u32| Tick {
        fraction: (f64::from(percent) / 100.0).sqrt(),
        label: Some(percent.to_string()),
        major: true,
    };
    [0, 1, 5, 10, 25, 50, 75, 100].map(tick).into()
}

fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

fn description(matrix: &ConfusionMatrix) -> String {
    let all: usize = matrix.counts.iter().flatten().sum();
    let right: usize = matrix
        .counts
        .iter()
        .enumerate()
        .filter_map(|(at, row)| row.get(at))
        .sum();
    format!(
        "Confusion matrix of {} classes: {} of {} rows are predicted as their true class",
        matrix.classes.len(),
        grouped(right as u64),
        grouped(all as u64)
    )
}
