//! The page of a training on a recipe's own samples.

use super::Page;
use crate::pictures::{PlotSet, PlotSource, Training, sections};
use crate::score_text::{Figures, count, figure_name, number, plural};
use anyhow::Result;
use pellucid::evaluation::evaluate::Evaluation;
use pellucid::session::record::MetricsRecord;
use pellucid::{Finished, Scalar};
use pellucid_report::Report;
use std::path::Path;

/// The page of a run whose samples are in `data`, where that is a folder.
pub(crate) fn page<T: Scalar>(
    title: &str,
    finished: &Finished<T>,
    metrics: &MetricsRecord,
    data: Option<&Path>,
    plot_set: PlotSet,
) -> Result<Report> {
    let (split, summary) = (finished.split(), &finished.summary);
    let mut columns = vec![("training", split.training.rows(), figures(&metrics.training))];
    let held_out = [
        ("held out", &split.validation, &metrics.validation),
        ("test", &split.test, &metrics.test),
    ];
    for (name, rows, evaluation) in held_out {
        let both = rows.as_ref().zip(evaluation.as_ref());
        columns.extend(both.map(|(rows, evaluation)| (name, rows.rows(), figures(evaluation))));
    }
    // It is judged by the last part. The first metric, if any, comes before the loss.
    let (of, _, judged) = &columns[columns.len() - 1];
    let headline = judged.iter().take(2).rev();
    let headline = headline.map(|(name, value)| (format!("{name}, {of}"), number(*value)));
    let headline = headline.collect();
    let parameters = finished.network().architecture().trained_count();
    let folder = data.map(|data| data.to_string_lossy().into_owned());
    let mut command = ["pellucid", "run", "recipe.toml"].map(String::from).to_vec();
    command.extend(folder.into_iter().flat_map(|folder| ["--data".into(), folder]));
    let recipe = finished.complete_recipe();
    let source = serde_json::json!(recipe.data.source);
    let of_data = format!(
        "{}: {} training samples of {} numbers{}",
        source.as_str().unwrap_or("inline"),
        count(split.training.rows()),
        count(split.training.features().columns()),
        match recipe.data.standardise {
            true => ", standardised",
            false => "",
        }
    );
    Page {
        title,
        lead: format!(
            "A network with {} parameters, trained for {} ({} steps) on {}.",
            count(parameters),
            plural(summary.epochs as usize, "epoch"),
            count(summary.updates as usize),
            plural(split.training.rows(), "sample"),
        ),
        headline,
        columns,
        of_data: vec![("Data", of_data)],
        choices: &[],
        training: Training {
            recipe: &recipe,
            ..finished.training()
        },
        seconds: summary.seconds,
        threads: finished.threads(),
        command,
        notes: Vec::new(),
        sections: sections(plot_set, &[]),
    }
    .report()
}

fn figures(evaluation: &Evaluation) -> Figures {
    let metrics = evaluation.metrics.iter();
    std::iter::once(("loss".to_owned(), evaluation.loss))
        .chain(metrics.map(|(metric, value)| (figure_name(&metric.name()), *value)))
        .collect()
}
