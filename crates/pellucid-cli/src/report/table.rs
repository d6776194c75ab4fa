//! The page of a training on a table.

use super::{Page, file_name, plural, row, table};
use crate::pictures::PlotSet;
use crate::score_text::{count, figure_name, number};
use anyhow::Result;
use pellucid::evaluation::scores::ClassificationScores;
use pellucid_data::preparation::TargetPreparation;
use pellucid_data::training::{Scores, Trained};
use pellucid_report::{PageTable, Report, Section};
use std::num::NonZeroUsize;

/// A training on a table that has ended.
pub(crate) struct TrainedTable<'a> {
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

impl TrainedTable<'_> {
    pub(crate) fn page(self, plot_set: PlotSet) -> Result<Report> {
        let trained = self.trained;
        let (judged, of) = match &trained.validation {
            Some(scores) => (scores, "held out"),
            None => (&trained.training, "training"),
        };
        let mut sections = plot_set.into_sections(details(judged));
        if let Scores::Labels { .. } = judged {
            sections.insert(
                1.min(sections.len()),
                Section {
                    tables: details(judged),
                    ..Section::new("Labels")
                },
            );
        }
        let notes = trained.notes.iter().map(|note| format!("Note: {note}."));
        let mut notes: Vec<String> = notes.collect();
        if self.source == "-" {
            notes.push("The table came from standard input; it has to be there again.".into());
        }
        let named = |(name, value): (&str, f64)| (figure_name(name), value);
        let figures = |scores: &Scores| scores.figures().into_iter().map(named).collect();
        let mut columns = vec![("training", trained.rows.len(), figures(&trained.training))];
        let held_out = trained.validation.as_ref();
        columns.extend(held_out.map(|scores| ("held out", trained.held_out_rows.len(), figures(scores))));
        let headline = judged.figures().into_iter().take(2);
        let headline = headline.map(|(name, value)| (format!("{}, {of}", figure_name(name)), number(value)));
        let inputs = format!(
            "{} columns as {} features",
            count(trained.preparation.columns().len()),
            count(trained.preparation.width())
        );
        let of_data = [
            ("Data", format!("{}: {} rows", self.source, count(self.rows))),
            ("Target", trained.preparation.target().columns().join(", ")),
            ("Inputs", inputs),
        ];
        Page {
            title: self.title,
            lead: self.lead(judged),
            headline: headline.collect(),
            columns,
            of_data: of_data.map(|(name, value)| (name.to_owned(), value)).into(),
            choices: self.choices,
            recipe: &trained.recipe,
            architecture: trained.network.architecture(),
            summary: &trained.summary,
            seconds: self.seconds,
            threads: self.threads,
            command: self.command,
            notes,
            sections,
        }
        .report()
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
        let rows = match trained.held_out_rows.len() {
            0 => format!("its {} training rows", count(trained.rows.len())),
            held_out => format!("{} rows it was not trained on", count(held_out)),
        };
        let figure = judged.figures().into_iter().next();
        let found = figure.map_or_else(String::new, |(name, value)| {
            format!(" On {rows} its {} is {}.", figure_name(name), number(value))
        });
        format!(
            "A network with {} parameters that predicts {what} from {} of {}.{found}",
            count(trained.network.architecture().trained_count()),
            plural(trained.preparation.columns().len(), "column"),
            file_name(self.source),
        )
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
