//! The picture of the columns that matter to a model.

use crate::score_text::{count, figure_name, number, plural};
use pellucid::evaluation::metrics::Better;
use pellucid_data::importance::{ColumnImportance, PermutationImportance};
use pellucid_data::training::ScoreFigure;
use pellucid_report::{Bar, BarChart};

/// What an importance is, with the figure that it is a difference of.
pub(crate) fn meaning(figure: ScoreFigure) -> String {
    let name = figure_name(figure.name());
    match figure.better() {
        Better::Higher => format!("drop in {name}"),
        Better::Lower => format!("rise of {name}"),
    }
}

/// The bars of the most important columns; `of` says for which rows.
pub(crate) fn chart(found: &PermutationImportance, of: &str, top: usize) -> BarChart {
    let bar = |column: &ColumnImportance| Bar {
        name: column.column.clone(),
        value: column.mean,
        band: Some(column.band),
        label: number(column.mean).replace('-', "−"),
    };
    let mut subtitle = format!(
        "{of}, {} {}; mean and 5% to 95% of {}",
        figure_name(found.figure.name()),
        number(found.score).replace('-', "−"),
        plural(found.repeats, "repeat")
    );
    if top < found.columns.len() {
        subtitle += &format!("; the first {top} of {} columns", count(found.columns.len()));
    }
    BarChart {
        title: "Importance of the columns".to_owned(),
        subtitle,
        x_label: format!("{} when the column is shuffled", meaning(found.figure)),
        bars: found.columns.iter().take(top).map(bar).collect(),
    }
}
