//! The confusion matrix: how often each class is predicted for each true class.

use crate::axis::Tick;
use crate::color_scale::{ColorScale, ink_on};
use crate::error::ReportError;
use crate::label::grouped;
use crate::layout::color_bar::ColorBar;
use crate::layout::{AXIS_LABEL_SIZE, Canvas, HALF_DIGIT, LEFT_NAME, MARGIN, TICK_LABEL_SIZE, WIDTHS};
use crate::mark::{Anchor, Point};
use crate::picture::Arrange;
use crate::picture_style::PictureStyle;
use crate::typeface::{ellipsize, printable, width as width_of};

/// The largest side of the matrix and of a cell: a matrix of two classes is no poster.
const MOST_SIDE: f64 = 640.0;
const MOST_CELL: f64 = 96.0;
/// The smallest letters of a class's name, and of a count.
const LEAST_LABEL: f64 = 7.5;
const LEAST_COUNT: f64 = 8.0;
/// The longest name below the matrix.
const MOST_BELOW: f64 = 110.0;

/// A confusion matrix: a square for each pair of a true and a predicted class, with its count and its share of the true
/// class.
///
/// ```
/// use pellucid_report::{ConfusionMatrix, Picture, PictureStyle};
///
/// let matrix = ConfusionMatrix {
///     classes: vec!["cat".to_owned(), "dog".to_owned()],
///     counts: vec![vec![41, 3], vec![5, 51]],
///     ..ConfusionMatrix::default()
/// };
/// assert!(matrix.svg(PictureStyle::default())?.contains("true cat, predicted dog: 3 rows, 6.8% of cat"));
/// # Ok::<(), pellucid_report::ReportError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfusionMatrix {
    /// The heading.
    pub title: String,
    /// A smaller line below the heading, if it is not empty.
    pub subtitle: String,
    /// The classes' names.
    pub classes: Vec<String>,
    /// (true class, predicted class): numbers of rows.
    pub counts: Vec<Vec<usize>>,
}

impl Arrange for ConfusionMatrix {
    fn draw(&self, style: PictureStyle) -> Result<Canvas, ReportError> {
        let mut canvas = Canvas::new(style, 700, WIDTHS)?;
        let top = canvas.heading(&self.title, &self.subtitle, &[]) + 2.0;
        let classes: Vec<String> = self.classes.iter().map(|name| printable(name)).collect();
        let percents = percents();
        let mut bar = ColorBar {
            ticks: &percents,
            name: "share of the true class (%)",
        };

        let widths = classes.iter().map(|name| width_of(name, TICK_LABEL_SIZE));
        let row_names = widths.fold(0.0, f64::max).min(0.22 * canvas.width()).min(150.0);
        let left = MARGIN + AXIS_LABEL_SIZE + 8.0 + row_names + 6.0;
        let space = canvas.right() - left - 14.0 - bar.width();
        let count = classes.len().max(1) as f64;
        let cell = (space.clamp(40.0, MOST_SIDE) / count).min(MOST_CELL);
        let side = cell * count;
        let bottom = top + side;
        draw_cells(self, &classes, (left, top), cell, &mut canvas);
        let below = draw_names(&classes, (left, top), cell, row_names, &mut canvas);

        let across = "predicted class";
        let space = canvas.width() - left - 4.0;
        let width = width_of(&ellipsize(across, AXIS_LABEL_SIZE, space), AXIS_LABEL_SIZE);
        let middle = (left + side / 2.0).max(left + width / 2.0);
        canvas.name_across(across, space, (middle, bottom + below + AXIS_LABEL_SIZE + 6.0));
        canvas.name_upwards("true class", side.max(60.0), (LEFT_NAME, top + side / 2.0));
        if side < 190.0 {
            bar.name = "share of row (%)";
        }
        let color = |fraction| ColorScale::Sequential.color(fraction, style.theme);
        let down = (top, bottom.max(top + 60.0));
        bar.draw(left + side + 14.0, down, color, &mut canvas);
        let height = (bottom + below).max(top + 60.0) + AXIS_LABEL_SIZE + 6.0 + MARGIN;
        canvas.finish(describe(self), height)
    }
}

/// Names of rows and columns; where they are closer than letters are high, every second, third, … Returns the height of
/// those below the matrix.
fn draw_names(classes: &[String], (left, top): Point, cell: f64, row_names: f64, canvas: &mut Canvas) -> f64 {
    let bottom = top + cell * classes.len().max(1) as f64;
    let size = TICK_LABEL_SIZE.min(cell * 0.95).max(LEAST_LABEL);
    let every = (size * 1.05 / cell).ceil().max(1.0) as usize;
    let fits = |name: &String| width_of(name, size) <= cell * every as f64 - 4.0;
    let are_level = classes.iter().all(fits);
    let ink = canvas.theme.faint_ink();
    let mut below: f64 = 0.0;
    for (index, name) in classes.iter().enumerate().step_by(every) {
        let middle = (index as f64 + 0.5) * cell;
        let at = (left - 6.0, top + middle + HALF_DIGIT * size);
        canvas.text(ellipsize(name, size, row_names), at, size, ink, Anchor::End);
        if are_level {
            let at = (left + middle, bottom + 5.0 + 0.8 * size);
            canvas.text(name, at, size, ink, Anchor::Middle);
            below = below.max(5.0 + size);
        } else {
            let name = ellipsize(name, size, MOST_BELOW);
            let at = (left + middle + HALF_DIGIT * size, bottom + 6.0);
            below = below.max(6.0 + width_of(&name, size));
            canvas.text_upwards(name, at, size, ink, Anchor::End);
        }
    }
    below
}

fn draw_cells(
    matrix: &ConfusionMatrix,
    classes: &[String],
    (left, top): Point,
    cell: f64,
    canvas: &mut Canvas,
) {
    let (theme, scale) = (canvas.theme, ColorScale::Sequential);
    let side = cell * classes.len() as f64;
    canvas.rectangle((left, top), (left + side, top + side), scale.color(0.0, theme));
    let gap = if cell >= 10.0 { 0.5 } else { 0.0 };
    let largest = matrix.counts.iter().flatten().max().copied().unwrap_or(0);
    let digits = width_of(&grouped(largest as u64), 1.0);
    let size = (cell * 0.3).min((cell - 5.0) / digits.max(0.6)).min(14.0);
    let has_counts = size >= LEAST_COUNT;
    let has_shares = has_counts && cell >= 38.0;
    for (row, (name, counts)) in classes.iter().zip(&matrix.counts).enumerate() {
        let total: usize = counts.iter().sum();
        for (column, (other, &rows)) in classes.iter().zip(counts).enumerate() {
            let (x, y) = (left + column as f64 * cell, top + row as f64 * cell);
            let middle = (x + cell / 2.0, y + cell / 2.0);
            let number = grouped(rows as u64);
            let level = (middle.0, middle.1 + HALF_DIGIT * size);
            if rows == 0 {
                if has_counts {
                    canvas.text(number, level, size, theme.axis_line(), Anchor::Middle);
                }
                continue;
            }
            let share = rows as f64 / total.max(1) as f64;
            let color = scale.color(share.sqrt(), theme);
            let unit = if rows == 1 { "row" } else { "rows" };
            let share = percent(share);
            let note = format!("true {name}, predicted {other}: {number} {unit}, {share} of {name}");
            canvas.noted(note, |canvas| {
                let end = (x + cell - gap, y + cell - gap);
                canvas.rectangle((x + gap, y + gap), end, color);
                let ink = ink_on(color);
                if has_shares {
                    let (above, below) = (middle.1 - 0.12 * size, middle.1 + 0.98 * size);
                    canvas.text(number, (middle.0, above), size, ink, Anchor::Middle);
                    canvas.text(share, (middle.0, below), size * 0.82, ink, Anchor::Middle);
                } else if has_counts {
                    canvas.text(number, level, size, ink, Anchor::Middle);
                }
            });
        }
    }
}

/// The ticks of the bar. Colours follow the square root of the share, so that one mistake in a hundred is visible.
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

fn describe(matrix: &ConfusionMatrix) -> String {
    let all: usize = matrix.counts.iter().flatten().sum();
    let rows = matrix.counts.iter().enumerate();
    let right: usize = rows.filter_map(|(at, row)| row.get(at)).sum();
    format!(
        "Confusion matrix of {} classes: {} of {} rows are predicted as their true class",
        matrix.classes.len(),
        grouped(right as u64),
        grouped(all as u64)
    )
}
