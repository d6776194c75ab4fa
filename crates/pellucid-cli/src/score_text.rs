//! Scores as text.

use pellucid::evaluation::scores::{ClassificationScores, OutputScores};
use pellucid_data::training::{CrossValidation, Scores};
use pellucid_report::{TextMatrix, TextStyle};

/// A figure as people read it.
pub(crate) fn figure_name(name: &str) -> String {
    match name {
        "r2" => "R²".into(),
        "rmse" => "RMSE".into(),
        "mae" => "MAE".into(),
        "roc_auc" => "ROC AUC".into(),
        "macro_f1" => "macro F1".into(),
        "weighted_f1" => "weighted F1".into(),
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

/// Whole numbers with commas between thousands.
pub(crate) fn count(value: usize) -> String {
    indicatif::HumanCount(value as u64).to_string()
}

/// Training and validation side by side.
pub(crate) fn side_by_side(columns: &[(&str, usize, &Scores)]) -> Vec<String> {
    let mut rows = vec![
        std::iter::once(String::new())
            .chain(columns.iter().map(|(name, ..)| (*name).to_string()))
            .collect::<Vec<_>>(),
        std::iter::once("rows".to_string())
            .chain(columns.iter().map(|(_, rows, _)| count(*rows)))
            .collect(),
    ];
    for (name, _) in columns
        .first()
        .map_or(Vec::new(), |(.., scores)| scores.figures())
    {
        let of = |scores: &Scores| {
            let found = scores.figures().into_iter().find(|(other, _)| *other == name);
            found.map_or("-".into(), |(_, value)| number(value))
        };
        let values = columns.iter().map(|(.., scores)| of(scores));
        rows.push(std::iter::once(figure_name(name)).chain(values).collect());
    }
    aligned(&rows)
}

/// All scores of predictions; the confusion matrix is shaded if there is a style.
pub(crate) fn whole(rows: usize, scores: &Scores, style: Option<&TextStyle>) -> Vec<String> {
    let mut table = vec![vec!["rows".to_string(), count(rows)]];
    let figures = scores.figures().into_iter();
    table.extend(figures.map(|(name, value)| vec![figure_name(name), number(value)]));
    let mut lines = aligned(&table);
    match scores {
        Scores::Classification { classes, scores } => {
            lines.push(String::new());
            lines.extend(per_class(classes, scores));
            lines.push(String::new());
            match style {
                Some(style) => {
                    let shaded = shaded_confusion(classes, scores, style);
                    lines.extend(shaded.lines().map(str::to_owned));
                }
                None => lines.extend(confusion(classes, scores)),
            }
        }
        Scores::Labels {
            columns,
            classes,
            scores,
            ..
        } => {
            lines.push(String::new());
            lines.extend(per_label(columns, classes, scores));
        }
        Scores::Regression { columns, scores } if columns.len() > 1 => {
            lines.push(String::new());
            lines.extend(per_target(columns, &scores.outputs));
        }
        Scores::Regression { .. } => {}
    }
    lines
}

/// Mean and standard deviation over the folds.
pub(crate) fn cross_validation(found: &CrossValidation) -> Vec<String> {
    let spreads = found.spreads().into_iter();
    let rows: Vec<Vec<String>> = spreads
        .map(|spread| {
            let text = format!("{} ± {}", number(spread.mean), number(spread.std));
            vec![figure_name(spread.name), text]
        })
        .collect();
    aligned(&rows)
}

fn per_class(classes: &[String], scores: &ClassificationScores) -> Vec<String> {
    let mut rows = vec![titles(&["class", "precision", "recall", "F1", "rows"])];
    for (class, scores) in classes.iter().zip(&scores.per_class) {
        rows.push(vec![
            class.clone(),
            number(scores.precision),
            number(scores.recall),
            number(scores.f1),
            count(scores.support),
        ]);
    }
    aligned(&rows)
}

fn confusion(classes: &[String], scores: &ClassificationScores) -> Vec<String> {
    let heading = std::iter::once("true \\ predicted".to_string()).chain(classes.iter().cloned());
    let mut rows = vec![heading.collect::<Vec<_>>()];
    for (class, counts) in classes.iter().zip(&scores.confusion) {
        let counts = counts.iter().map(|&rows| count(rows));
        rows.push(std::iter::once(class.clone()).chain(counts).collect());
    }
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
    let mut rows = vec![titles(&[
        "target",
        "class",
        "accuracy",
        "precision",
        "recall",
        "F1",
        "ROC AUC",
        "rows",
    ])];
    for ((column, [_, class]), scores) in columns.iter().zip(classes).zip(scores) {
        let of_class = scores.per_class[1];
        rows.push(vec![
            column.clone(),
            class.clone(),
            number(scores.accuracy),
            number(of_class.precision),
            number(of_class.recall),
            number(of_class.f1),
            scores.roc_auc.map_or("-".into(), number),
            count(of_class.support),
        ]);
    }
    aligned(&rows)
}

fn per_target(columns: &[String], outputs: &[OutputScores]) -> Vec<String> {
    let mut rows = vec![titles(&["target", "R²", "RMSE", "MAE"])];
    for (column, scores) in columns.iter().zip(outputs) {
        rows.push(vec![
            column.clone(),
            scores.r2.map_or("-".into(), number),
            number(scores.rmse),
            number(scores.mae),
        ]);
    }
    aligned(&rows)
}

fn titles(titles: &[&str]) -> Vec<String> {
    titles.iter().map(ToString::to_string).collect()
}

/// A name or word of a user's table in one line, and not wider than a table may be.
pub(crate) fn one_line(text: &str) -> String {
    const WIDEST: usize = 40;
    let mut line = String::new();
    for (at, character) in text.chars().enumerate() {
        if at == WIDEST {
            line.push('…');
            break;
        }
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}

/// Rows with the first column to the left and the others to the right.
pub(crate) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let legible = |row: &Vec<String>| row.iter().map(|cell| one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(legible).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells: Vec<String> = cells
            .map(|(column, (cell, &width))| match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            })
            .collect();
        cells.join("  ").trim_end().to_string()
    };
    rows.iter().map(line).collect()
}
