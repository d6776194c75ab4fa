//! The part of a table's page about its columns: which matter, and how the prediction follows the most important.

use crate::pictures::importance::chart;
use crate::pictures::table::TrainedTable;
use crate::score_text::{count, number};
use anyhow::Result;
use pellucid::data::dataset::evenly;
use pellucid::data::matrix::Matrix;
use pellucid_data::importance::{
    ColumnGrid, PermutationSettings, PreparedRows, partial_dependence, permutation_importance,
};
use pellucid_data::preparation::TargetPreparation;
use pellucid_data::training::{Answers, ScoreFigure};
use pellucid_data::{Table, Values};
use pellucid_report::{Bar, BarChart, LineChart, PanelGrid, Picture, Section, Series};
use std::ops::ControlFlow;

/// More columns are pixels or the like, and the weights say more of them.
const MOST_COLUMNS: usize = 200;
const REPEATS: usize = 10;
/// Predictions in all repeats, so that the page takes no longer than the training.
const MOST_PREDICTIONS: usize = 1_000_000;
const LEAST_ROWS: usize = 200;
/// Bars of the picture of importance.
const MOST_BARS: usize = 15;
/// Columns with a curve, its points, and the rows that each is a mean over.
const MOST_CURVES: usize = 4;
const MOST_POINTS: usize = 25;
const MOST_WORDS: usize = 8;
const ROWS_OF_MEAN: usize = 500;
/// Classes with a curve each.
const MOST_OUTPUTS: usize = 6;

/// Seconds of a year of 365.2425 days.
const YEAR: f64 = 31_556_952.0;

/// `None` where there are too many columns, or fewer than two rows.
pub(super) fn section(of: &TrainedTable<'_>) -> Result<Option<Section>> {
    let (trained, preparation) = (of.trained, &of.trained.preparation);
    let columns = preparation.columns().len();
    let (table, judged, kind) = of.judged_rows();
    if columns > MOST_COLUMNS || judged.len() < 2 {
        return Ok(None);
    }
    let most = (MOST_PREDICTIONS / (columns * REPEATS)).max(LEAST_ROWS);
    let picked: Vec<u32> = evenly(judged.len(), most)
        .into_iter()
        .map(|place| judged[place as usize])
        .collect();
    let mut rows = PreparedRows::new(&trained.networks(), preparation, of.threads);
    let mut answers = Answers::default();
    rows.append(table, &picked)?;
    answers.append(preparation.target(), table, &picked)?;
    let settings = PermutationSettings {
        repeats: REPEATS,
        seed: 0,
        figure: ScoreFigure::first(preparation.target()),
    };
    let found = permutation_importance(&rows, &answers, &settings, &mut |_, _| ControlFlow::Continue(()))?;
    let of_rows = match picked.len() < judged.len() {
        true => format!("{} of {} {kind} rows", count(picked.len()), count(judged.len())),
        false => format!("{} {kind} rows", count(judged.len())),
    };
    let mut pictures: Vec<Box<dyn Picture>> = vec![Box::new(chart(&found, &of_rows, MOST_BARS))];
    let important = found.columns.iter().filter(|column| column.mean > 0.0);
    let important = important.take(MOST_CURVES).map(|column| column.column.as_str());
    let important: Vec<&str> = important.collect();
    pictures.extend(dependence(
        &rows,
        preparation.target(),
        table,
        &picked,
        &important,
    )?);
    let text = format!(
        "How much worse the score becomes when one column is shuffled among the {kind} rows, so that it says nothing about \
         them. Columns that say the same stand in for each other, and look less important than they are together. The curves \
         are partial dependence: the mean prediction when every row has this value in the column, whether or not such rows \
         occur."
    );
    Ok(Some(Section {
        heading: "Importance".to_owned(),
        text: vec![text],
        pictures,
        ..Section::default()
    }))
}

/// Partial dependence on these columns, in this order: curves of numbers, then bars of words.
fn dependence(
    rows: &PreparedRows<'_>,
    target: &TargetPreparation,
    table: &Table,
    picked: &[u32],
    columns: &[&str],
) -> Result<Vec<Box<dyn Picture>>> {
    let over: Vec<usize> = evenly(picked.len(), ROWS_OF_MEAN)
        .into_iter()
        .map(|place| place as usize)
        .collect();
    let names: Vec<String> = rows.columns().map(str::to_owned).collect();
    let outputs = outputs(target);
    let meaning = match target {
        TargetPreparation::Regression { .. } => "mean prediction",
        TargetPreparation::Labels { .. } => "mean probability of the second class",
        TargetPreparation::Binary(_) | TargetPreparation::Classes(_) => "mean probability",
    };
    let meaning = match &outputs[..] {
        [(_, name)] => format!("{meaning} of {name}"),
        _ => meaning.to_owned(),
    };
    let mut panels = Vec::new();
    let mut pictures: Vec<Box<dyn Picture>> = Vec::new();
    for &column in columns {
        let at = names.iter().position(|name| name == column);
        let (Some(at), Some(values)) = (at, table.column(column)) else {
            continue;
        };
        let most = match values.values {
            Values::Numbers(_) => MOST_POINTS,
            Values::Categories(_) | Values::Booleans(_) => MOST_WORDS,
        };
        let grid = ColumnGrid::new(&values.values, picked, most);
        let means = partial_dependence(rows, at, &grid.places(), &over)?;
        match grid {
            ColumnGrid::Numbers(numbers) => {
                let is_date = rows.is_date(at);
                let x = numbers.into_iter().map(|(_, number)| match is_date {
                    true => 1970.0 + number / YEAR,
                    false => number,
                });
                let label = if is_date {
                    format!("{column} (year)")
                } else {
                    column.to_owned()
                };
                panels.push(curves(&label, &meaning, &x.collect::<Vec<_>>(), &means, &outputs));
            }
            ColumnGrid::Words(words) => {
                let words = words.into_iter().map(|(_, word)| word).collect();
                pictures.push(Box::new(bars(column, &meaning, words, &means, &outputs)));
            }
        }
    }
    if !panels.is_empty() {
        let title = "Partial dependence".to_owned();
        let columns = panels.len().min(2) as u32;
        let shared_legend = outputs.len() > 1;
        let subtitle = format!("means over {} rows", count(over.len()));
        let grid = PanelGrid {
            subtitle,
            panels,
            shared_legend,
            columns,
            ..PanelGrid::new(title)
        };
        pictures.insert(0, Box::new(grid));
    }
    Ok(pictures)
}

/// The outputs that are drawn: their places among the predictions, and their names. Of two classes the second.
fn outputs(target: &TargetPreparation) -> Vec<(usize, String)> {
    match target.classes() {
        [_, second] => vec![(1, second.clone())],
        [] => target
            .columns()
            .into_iter()
            .map(str::to_owned)
            .enumerate()
            .take(MOST_OUTPUTS)
            .collect(),
        classes => classes.iter().cloned().enumerate().take(MOST_OUTPUTS).collect(),
    }
}

fn curves(
    column: &str,
    meaning: &str,
    x: &[f64],
    means: &Matrix<f64>,
    outputs: &[(usize, String)],
) -> LineChart {
    let series = outputs.iter().map(|(output, name)| Series {
        name: if outputs.len() > 1 {
            name.clone()
        } else {
            String::new()
        },
        points: x
            .iter()
            .enumerate()
            .map(|(at, x)| (*x, means.row(at)[*output]))
            .collect(),
    });
    LineChart {
        series: series.collect(),
        ..LineChart::new("", column, meaning)
    }
}

fn bars(
    column: &str,
    meaning: &str,
    words: Vec<String>,
    means: &Matrix<f64>,
    outputs: &[(usize, String)],
) -> BarChart {
    let bar = |(at, word): (usize, &String)| {
        let of_output = move |(output, name): &(usize, String)| {
            let value = means.row(at)[*output];
            Bar {
                name: match outputs.len() {
                    1 => word.clone(),
                    _ => format!("{word}: {name}"),
                },
                value,
                band: None,
                label: number(value).replace('-', "−"),
            }
        };
        outputs.iter().map(of_output).collect::<Vec<_>>()
    };
    BarChart {
        title: format!("Partial dependence on {column}"),
        subtitle: format!("the {} most frequent words", words.len()),
        x_label: meaning.to_owned(),
        bars: words.iter().enumerate().flat_map(bar).collect(),
    }
}
