//! The page of a training on a table.

use super::facts::{Course, facts, seconds};
use super::{file_name, findings, footer, repeat, row, table};
use crate::pictures::Album;
use crate::score_text::{count, figure_name, number};
use anyhow::Result;
use pellucid::evaluation::scores::ClassificationScores;
use pellucid_data::preparation::TargetPreparation;
use pellucid_data::training::{Scores, Trained};
use pellucid_report::{PageTable, Report, Section};
use std::num::NonZeroUsize;

/// A training that is over.
pub(crate) struct Subject<'a> {
    pub(crate) title: &'a str,
    pub(crate) trained: &'a Trained,
    pub(crate) source: &'a str,
    pub(crate) rows: usize,
    pub(crate) choices: &'a [String],
    pub(crate) seconds: f64,
    pub(crate) threads: NonZeroUsize,
    /// The command that repeats it.
    pub(crate) command: Vec<String>,
}

/// Rows of a table of classes, at most.
const MOST_CLASSES: usize = 100;

impl Subject<'_> {
    pub(crate) fn page(self, album: Album) -> Result<Report> {
        let trained = self.trained;
        let judged = trained.validation.as_ref().unwrap_or(&trained.training);
        let mut sections = album.into_sections(details(judged));
        if let Scores::Labels { .. } = judged {
            sections.insert(
                1.min(sections.len()),
                Section {
                    tables: details(judged),
                    ..Section::new("Labels")
                },
            );
        }
        let command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        let mut notes: Vec<String> = trained
            .notes
            .iter()
            .map(|note| format!("Note: {note}."))
            .collect();
        if self.source == "-" {
            notes.push("The table came from standard input; it has to be there again.".into());
        }
        Ok(Report {
            title: self.title.to_owned(),
            lead: self.lead(judged),
            figures: self.figures(judged),
            tables: vec![self.scores()],
            facts: self.facts(),
            sections,
            repeat: repeat(trained.recipe.to_toml()?, &command, notes),
            findings: Some(findings(&trained.findings)),
            footer: footer(),
        })
    }

    fn lead(&self, judged: &Scores) -> String {
        let trained = self.trained;
        let target = trained.preparation.target();
        let names = target.columns().join(", ");
        let what = match target {
            TargetPreparation::Regression { .. } => names,
            TargetPreparation::Labels { .. } => format!("{names}, two classes each,"),
            classes => format!("{names}, one of {} classes,", classes.classes().len()),
        };
        let columns = trained.preparation.columns().len();
        let rows = match trained.validation_rows {
            0 => format!("its {} training rows", count(trained.training_rows)),
            held_out => format!("{} rows it was not trained on", count(held_out)),
        };
        let figure = judged.figures().into_iter().next();
        let found = figure.map_or_else(String::new, |(name, value)| {
            format!(" On {rows} its {} is {}.", figure_name(name), number(value))
        });
        format!(
            "A network with {} parameters that predicts {what} from {} of {}.{found}",
            count(trained.network.architecture().trained_count()),
            if columns == 1 {
                "1 column".into()
            } else {
                format!("{} columns", count(columns))
            },
            file_name(self.source),
        )
    }

    fn figures(&self, judged: &Scores) -> Vec<(String, String)> {
        let of = match self.trained.validation_rows {
            0 => "training",
            _ => "held out",
        };
        let figures = judged.figures().into_iter().take(2);
        let mut figures: Vec<(String, String)> = figures
            .map(|(name, value)| (format!("{}, {of}", figure_name(name)), number(value)))
            .collect();
        let parameters = self.trained.network.architecture().trained_count();
        figures.push(("parameters".into(), count(parameters)));
        figures.push(("epochs".into(), count(self.trained.history.len())));
        figures.push(("training time".into(), seconds(self.seconds)));
        figures
    }

    fn scores(&self) -> PageTable {
        let trained = self.trained;
        let mut columns = vec![("training", trained.training_rows, &trained.training)];
        columns.extend(
            trained
                .validation
                .as_ref()
                .map(|scores| ("held out", trained.validation_rows, scores)),
        );
        let head = std::iter::once(String::new()).chain(columns.iter().map(|column| column.0.to_owned()));
        let mut rows = vec![
            std::iter::once("rows".to_owned())
                .chain(columns.iter().map(|column| count(column.1)))
                .collect::<Vec<String>>(),
        ];
        for (name, _) in trained.training.figures() {
            let of = |scores: &Scores| {
                let found = scores.figures().into_iter().find(|(other, _)| *other == name);
                found.map_or("–".into(), |(_, value)| number(value))
            };
            let values = columns.iter().map(|column| of(column.2));
            rows.push(std::iter::once(figure_name(name)).chain(values).collect());
        }
        table("", head.collect(), rows)
    }

    fn facts(&self) -> Vec<(String, String)> {
        let trained = self.trained;
        let of_data = [
            ("Data", format!("{}: {} rows", self.source, count(self.rows))),
            ("Target", trained.preparation.target().columns().join(", ")),
            (
                "Inputs",
                format!(
                    "{} columns as {} features",
                    count(trained.preparation.columns().len()),
                    count(trained.preparation.width())
                ),
            ),
        ];
        let course = Course {
            epochs: trained.history.len() as u64,
            best_epoch: trained.validation.is_some().then_some(trained.best_epoch),
            ended_by: trained.ended_by,
            seconds: self.seconds,
            threads: self.threads,
        };
        let mut all: Vec<(String, String)> = of_data.map(|(name, value)| (name.to_owned(), value)).into();
        all.extend(facts(&trained.recipe, trained.network.architecture(), &course));
        if !self.choices.is_empty() {
            all.push(("Chosen".into(), self.choices.join("; ")));
        }
        all
    }
}

/// Scores of each class, label or target.
fn details(scores: &Scores) -> Vec<PageTable> {
    match scores {
        Scores::Classification { classes, scores } => vec![per_class(classes, scores)],
        Scores::Labels { columns, scores, .. } => {
            let rows = columns.iter().zip(scores).map(|(column, scores)| {
                let auc = scores.roc_auc.map_or("–".into(), number);
                let f1 = scores
                    .per_class
                    .get(1)
                    .map_or("–".into(), |class| number(class.f1));
                vec![column.clone(), number(scores.accuracy), auc, f1]
            });
            vec![table(
                "Scores by target",
                row(["target", "accuracy", "ROC AUC", "F1"]),
                rows.collect(),
            )]
        }
        Scores::Regression { columns, scores } if columns.len() > 1 => {
            let rows = columns.iter().zip(&scores.outputs).map(|(column, scores)| {
                let r2 = scores.r2.map_or("–".into(), number);
                vec![column.clone(), r2, number(scores.rmse), number(scores.mae)]
            });
            vec![table(
                "Scores by target",
                row(["target", "R²", "RMSE", "MAE"]),
                rows.collect(),
            )]
        }
        Scores::Regression { .. } => Vec::new(),
    }
}

fn per_class(classes: &[String], scores: &ClassificationScores) -> PageTable {
    let all = classes.iter().zip(&scores.per_class);
    let rows = all.take(MOST_CLASSES).map(|(class, scores)| {
        vec![
            class.clone(),
            number(scores.precision),
            number(scores.recall),
            number(scores.f1),
            count(scores.support),
        ]
    });
    let caption = match classes.len() > MOST_CLASSES {
        true => format!(
            "Scores of the first {MOST_CLASSES} of {} classes",
            count(classes.len())
        ),
        false => "Scores by class".into(),
    };
    table(
        &caption,
        row(["class", "precision", "recall", "F1", "rows"]),
        rows.collect(),
    )
}
