//! The predictions for all rows of a request, and what belongs to them.

use super::contributions::{Explained, explain};
use crate::failure::Failure;
use crate::model::{REQUEST, ServedModel};
use crate::request::{Asked, Rows};
use crate::settings::Limits;
use pellucid_data::preparation::Counts;
use pellucid_data::training::{PredictionColumns, UnansweredRows};
use pellucid_data::{Categories, Column, Table, Values};
use std::time::Instant;

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The columns of predictions as `pellucid predict` writes them.
    pub(crate) table: Table,
    /// Of each target, the place of its prediction in the table; the ends of its interval follow, if there is one.
    pub(crate) predictions: Vec<usize>,
    /// The place of the first probability.
    pub(crate) probabilities: usize,
    pub(crate) has_intervals: bool,
    pub(crate) explained: Option<Explained>,
    /// What a user should know, a sentence each.
    pub(crate) warnings: Vec<String>,
    pub(crate) counts: Counts,
    pub(crate) unanswered: usize,
}

/// Answers a request. Contributions that are not done by `deadline` are given up.
pub(crate) fn answer(
    model: &ServedModel,
    rows: Rows,
    asked: &Asked,
    limits: &Limits,
    deadline: Instant,
) -> Result<Answer, Failure> {
    let target = model.preparation.target();
    let half_widths = match asked.interval {
        true => Some(model.model.calibrated.half_widths(
            target,
            asked.level,
            &format!("the model {}", model.name),
        )?),
        false => None,
    };
    let has_intervals = half_widths.is_some();
    let columns = PredictionColumns::new(target, asked.probabilities, half_widths, &[]);
    let (mut counts, mut unanswered) = (Counts::default(), UnansweredRows::default());
    let mut table: Option<Table> = None;
    let mut explained = asked.contributions.then(|| Explained::new(model));
    let most = match asked.contributions {
        true => limits.explained_rows.min(limits.rows),
        false => limits.rows,
    };
    let notes = rows.for_each(model, most, |chunk, rows| {
        let (predictions, met, without) = model.predict(chunk, rows)?;
        counts.merge(met);
        if let Some(explained) = &mut explained {
            if without.rows > 0 {
                let reason = without.warning().unwrap_or_default();
                return Err(Failure::wrong(format!(
                    "{reason}, so there is nothing to explain"
                )));
            }
            explain(explained, model, chunk, rows, deadline)?;
        }
        unanswered.merge(without);
        let of_chunk = columns.table(chunk, predictions);
        match &mut table {
            None => table = Some(of_chunk),
            Some(table) => append(table, of_chunk),
        }
        Ok(())
    })?;
    let Some(table) = table else {
        return Err(Failure::wrong(format!(
            "{REQUEST} has no rows; at least one is needed"
        )));
    };
    let warnings = notes
        .into_iter()
        .chain(counts.warnings())
        .chain(unanswered.warning());
    let each = if has_intervals { 3 } else { 1 };
    let targets = model.predicted.len();
    Ok(Answer {
        predictions: (0..targets).map(|target| target * each).collect(),
        probabilities: targets * each,
        has_intervals,
        table,
        explained,
        warnings: warnings.collect(),
        counts,
        unanswered: unanswered.rows,
    })
}

/// Appends the rows of a table with the same columns.
fn append(table: &mut Table, further: Table) {
    for (Column { values, .. }, more) in table.columns.iter_mut().zip(further.columns) {
        match (values, more.values) {
            (Values::Numbers(values), Values::Numbers(more)) => values.extend(more),
            (Values::Categories(words), Values::Categories(more))
            | (Values::Booleans(words), Values::Booleans(more)) => {
                // The classes are the same in every chunk.
                let Categories { names, codes } = more;
                debug_assert_eq!(words.names, names);
                words.codes.extend(codes);
            }
            _ => debug_assert!(false, "the chunks of an answer have columns of the same kinds"),
        }
    }
}
