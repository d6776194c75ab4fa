//! The page of a training on a table.

use super::{Page, importance, table};
use crate::pictures::table::TrainedTable;
use crate::pictures::{PlotSet, PlotSource, sections};
use crate::score_text::{
    CLASS_TITLES, TARGET_TITLES, cells, class_rows, count, figures, number, plural, target_rows,
};
use crate::source::file_name;
use anyhow::Result;
use pellucid::evaluation::scores::ClassificationScores;
use pellucid_data::preparation::TargetPreparation;
use pellucid_data::training::{Scores, Trained};
use pellucid_report::{PageTable, Report, Section};

/// Rows of a table of classes, at most.
const MOST_CLASSES: usize = 100;

/// The page of a training that took `seconds`; `command` repeats it.
pub(crate) fn page(
    title: &str,
    of: &TrainedTable<'_>,
    seconds: f64,
    command: Vec<String>,
    plot_set: PlotSet,
) -> Result<Report> {
    let (trained, source) = (of.trained, of.table.source.as_str());
    let (judged, judged_by) = match &trained.validation {
        Some(scores) => (scores, "held out"),
        None => (&trained.training, "training"),
    };
    let mut sections = sections(plot_set, &details(judged));
    if let Scores::Labels { .. } = judged {
        let labels = Section {
            heading: "Labels".to_owned(),
            tables: details(judged),
            ..Section::default()
        };
        sections.insert(1.min(sections.len()), labels);
    }
    let place = sections.len().min(2);
    if let Some(section) = importance::section(of)? {
        sections.insert(place, section);
    }
    let notes = trained.notes.iter().map(|note| format!("Note: {note}."));
    let mut notes: Vec<String> = notes.collect();
    if source == "-" {
        notes.push("The table came from standard input; it has to be there again.".into());
    }
    let mut columns = vec![("training", trained.rows.len(), figures(&trained.training))];
    let held_out = trained.validation.as_ref();
    columns.extend(held_out.map(|scores| ("held out", trained.held_out_rows.len(), figures(scores))));
    let headline = figures(judged).into_iter().take(2);
    let headline = headline.map(|(name, value)| (format!("{name}, {judged_by}"), number(value)));
    let inputs = format!(
        "{} columns as {} features",
        count(trained.preparation.columns().len()),
        count(trained.preparation.width())
    );
    let of_data = [
        ("Data", format!("{source}: {} rows", count(of.table.rows()))),
        ("Target", trained.preparation.target().columns().join(", ")),
        ("Inputs", inputs),
    ];
    Page {
        title,
        lead: lead(trained, judged, source),
        headline: headline.collect(),
        columns,
        of_data: of_data.into(),
        choices: of.plan.choices(),
        training: of.training(),
        seconds,
        threads: of.threads,
        command,
        notes,
        sections,
    }
    .report()
}

fn lead(trained: &Trained, judged: &Scores, source: &str) -> String {
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
    let figure = figures(judged).into_iter().next();
    let found = figure.map_or_else(String::new, |(name, value)| {
        format!(" On {rows} its {name} is {}.", number(value))
    });
    format!(
        "A network with {} parameters that predicts {what} from {} of {}.{found}",
        count(trained.network.architecture().trained_count()),
        plural(trained.preparation.columns().len(), "column"),
        file_name(source),
    )
}

/// Scores of each class, label or target.
fn details(scores: &Scores) -> Vec<PageTable> {
    match scores {
        Scores::Classification { classes, scores } => vec![per_class(classes, scores)],
        Scores::Labels { columns, scores, .. } => {
            let rows = columns.iter().zip(scores).map(|(column, scores)| {
                let auc = scores.roc_auc.map_or("–".into(), number);
                let second = scores.per_class.get(1);
                let f1 = second.map_or("–".into(), |class| number(class.f1));
                vec![column.clone(), number(scores.accuracy), auc, f1]
            });
            let titles = cells("target|accuracy|ROC AUC|F1");
            vec![table("Scores by target", titles, rows.collect())]
        }
        Scores::Regression { columns, scores } if columns.len() > 1 => {
            let rows = target_rows(columns, &scores.outputs, "–");
            vec![table("Scores by target", cells(TARGET_TITLES), rows.collect())]
        }
        Scores::Regression { .. } => Vec::new(),
    }
}

fn per_class(classes: &[String], scores: &ClassificationScores) -> PageTable {
    let rows = class_rows(classes, scores).take(MOST_CLASSES);
    let caption = match classes.len() > MOST_CLASSES {
        true => format!(
            "Scores of the first {MOST_CLASSES} of {} classes",
            count(classes.len())
        ),
        false => "Scores by class".into(),
    };
    table(&caption, cells(CLASS_TITLES), rows.collect())
}
