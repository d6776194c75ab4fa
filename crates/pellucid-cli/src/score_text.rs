//! Scores as text.

use pellucid::evaluation::scores::{ClassificationScores, OutputScores};
use pellucid_data::training::{CrossValidation, Scores};
use pellucid_report::{TextMatrix, TextStyle, legible};
use std::borrow::Borrow;

/// A figure as people read it.
pub(crate) fn figure_name(name: &str) -> String {
    match name {
        "r2" => "R²".into(),
        "rmse" => "RMSE".into(),
        "mae" => "MAE".into(),
        "roc_auc" => "ROC AUC".into(),
        "f1" => "F1".into(),
        "macro_f1" => "macro F1".into(),
        "weighted_f1" => "weighted F1".into(),
        "expected_calibration_error" => "calibration error".into(),
        other => other.replace('_', " "),
    }
}

/// A number with about five digits.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        1e-4..1e6 => {
            let decimals = (4 - value.abs().log10().floor() as i32).clamp(0, 4) as usize;
            format!("{value:.decimals$}")
        }
        _ => format!("{value:.4e}"),
    }
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list<S: Borrow<str>>(words: &[S]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {}", first.join(", "), last.borrow()),
        _ => words.concat(),
    }
}

/// Whole numbers with commas between thousands.
pub(crate) fn count(value: usize) -> String {
    indicatif::HumanCount(value as u64).to_string()
}

/// `1 row`, `2 rows`.
pub(crate) fn plural(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", count(number)),
    }
}

/// Figures by name.
pub(crate) type Figures = Vec<(String, f64)>;

pub(crate) fn figures(scores: &Scores) -> Figures {
    let named = |(name, value): (&str, f64)| (figure_name(name), value);
    scores.figures().into_iter().map(named).collect()
}

/// Parts of the data beside each other: their names, their numbers of rows, and the figures that the first has.
pub(crate) fn side_by_side(parts: &[(&str, usize, Figures)], missing: &str) -> Vec<Vec<String>> {
    let row = |name: &str, of: &dyn Fn(&(&str, usize, Figures)) -> String| -> Vec<String> {
        std::iter::once(name.to_owned())
            .chain(parts.iter().map(of))
            .collect()
    };
    let mut rows = vec![
        row("", &|part| part.0.to_owned()),
        row("rows", &|part| count(part.1)),
    ];
    for (name, _) in parts.iter().take(1).flat_map(|(.., figures)| figures) {
        rows.push(row(name, &|(.., figures)| {
            let found = figures.iter().find(|(other, _)| other == name);
            found.map_or(missing.into(), |(_, value)| number(*value))
        }));
    }
    rows
}

/// All scores of predictions; the confusion matrix is shaded if there is a style.
pub(crate) fn whole(rows: usize, scores: &Scores, style: Option<&TextStyle>) -> Vec<String> {
    let mut table = vec![vec!["rows".to_string(), count(rows)]];
    let figures = figures(scores).into_iter();
    table.extend(figures.map(|(name, value)| vec![name, number(value)]));
    let mut parts = vec![aligned(&table)];
    match scores {
        Scores::Classification { classes, scores } => {
            parts.push(titled(CLASS_TITLES, class_rows(classes, scores)));
            parts.push(match style {
                Some(style) => {
                    let shaded = shaded_confusion(classes, scores, style);
                    shaded.lines().map(str::to_owned).collect()
                }
                None => confusion(classes, scores),
            });
        }
        Scores::Labels {
            columns,
            classes,
            scores,
            ..
        } => parts.push(per_label(columns, classes, scores)),
        Scores::Regression { columns, scores } if columns.len() > 1 => {
            parts.push(titled(TARGET_TITLES, target_rows(columns, &scores.outputs, "-")));
        }
        Scores::Regression { .. } => {}
    }
    parts.join(&String::new())
}

/// Mean and standard deviation over the folds.
pub(crate) fn cross_validation(found: &CrossValidation) -> Vec<String> {
    let spreads = found.spreads().into_iter();
    let rows = spreads.map(|spread| {
        let text = format!("{} ± {}", number(spread.mean), number(spread.std));
        vec![figure_name(spread.name), text]
    });
    aligned(&rows.collect::<Vec<_>>())
}

pub(crate) const CLASS_TITLES: &str = "class|precision|recall|F1|rows";

pub(crate) fn class_rows(
    classes: &[String],
    scores: &ClassificationScores,
) -> impl Iterator<Item = Vec<String>> {
    classes.iter().zip(&scores.per_class).map(|(class, scores)| {
        let [precision, recall, f1] = [scores.precision, scores.recall, scores.f1].map(number);
        vec![class.clone(), precision, recall, f1, count(scores.support)]
    })
}

pub(crate) const TARGET_TITLES: &str = "target|R²|RMSE|MAE";

pub(crate) fn target_rows(
    columns: &[String],
    outputs: &[OutputScores],
    missing: &str,
) -> impl Iterator<Item = Vec<String>> {
    columns.iter().zip(outputs).map(|(column, scores)| {
        let r2 = scores.r2.map_or(missing.into(), number);
        vec![column.clone(), r2, number(scores.rmse), number(scores.mae)]
    })
}

fn confusion(classes: &[String], scores: &ClassificationScores) -> Vec<String> {
    let heading = std::iter::once("true \\ predicted".to_string()).chain(classes.iter().cloned());
    let mut rows = vec![heading.collect::<Vec<_>>()];
    rows.extend(classes.iter().zip(&scores.confusion).map(|(class, counts)| {
        let counts = counts.iter().map(|&rows| count(rows));
        std::iter::once(class.clone()).chain(counts).collect()
    }));
    aligned(&rows)
}

/// The confusion matrix with each cell shaded by its part of the true class's rows.
pub(crate) fn shaded_confusion(
    classes: &[String],
    scores: &ClassificationScores,
    style: &TextStyle,
) -> String {
    let counts = |row: &Vec<usize>| row.iter().map(|&rows| rows as u64).collect();
    let matrix = TextMatrix {
        rows: "true".into(),
        columns: "predicted".into(),
        names: classes.iter().map(|class| one_line(class)).collect(),
        counts: scores.confusion.iter().map(counts).collect(),
    };
    matrix.text(style)
}

/// Precision, recall and F1 are those of the second class.
fn per_label(columns: &[String], classes: &[[String; 2]], scores: &[ClassificationScores]) -> Vec<String> {
    let titles = "target|class|accuracy|precision|recall|F1|ROC AUC|rows";
    let rows = (columns.iter().zip(classes).zip(scores)).map(|((column, [_, class]), scores)| {
        let of_class = scores.per_class[1];
        let mut row = vec![column.clone(), class.clone()];
        row.extend([scores.accuracy, of_class.precision, of_class.recall, of_class.f1].map(number));
        row.push(scores.roc_auc.map_or("-".into(), number));
        row.push(count(of_class.support));
        row
    });
    titled(titles, rows)
}

/// Words that are separated by bars.
pub(crate) fn cells(words: &str) -> Vec<String> {
    words.split('|').map(String::from).collect()
}

/// A name or word of a user's table in one line, and not wider than a table may be.
pub(crate) fn one_line(text: &str) -> String {
    const WIDEST: usize = 40;
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", legible(&text[..end])),
        None => legible(text).into_owned(),
    }
}

/// Rows under their titles, which are separated by bars; [aligned].
pub(crate) fn titled(titles: &str, rows: impl IntoIterator<Item = Vec<String>>) -> Vec<String> {
    let rows: Vec<_> = std::iter::once(cells(titles)).chain(rows).collect();
    aligned(&rows)
}

/// Rows with the first column to the left and the others to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let legible = |row: &Vec<String>| row.iter().map(|cell| one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(legible).collect();
    let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for (column, cell) in rows.iter().flat_map(|row| row.iter().enumerate()) {
        widths[column] = cell.chars().count().max(widths[column]);
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}
