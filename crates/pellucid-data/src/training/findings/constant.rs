//! Detects a model that predicts no better than a constant.

use super::super::scores::Scores;
use super::warning;
use crate::preparation::Labels;
use pellucid::elementary;
use pellucid::inspection::diagnosis::{Finding, FindingKind};

/// The least number of scored rows: the scores of fewer are chance.
const LEAST_ROWS: usize = 30;
/// The least number of epochs: a network begins worse than a constant.
const LEAST_EPOCHS: u64 = 5;

/// Scores that the best constant has too: R² of 0 or less, or a log loss that is not below that of the shares of the classes,
/// with no more right answers than the most frequent class gives. There are `count` scored rows, of these classes.
pub(crate) fn no_better_than_constant(
    scores: &Scores,
    labels: Option<&Labels>,
    (count, held_out): (usize, bool),
    epochs: u64,
) -> Option<Finding> {
    if epochs < LEAST_EPOCHS || count < LEAST_ROWS {
        return None;
    }
    let rows = if held_out { "held-out" } else { "training" };
    let seen = match scores {
        Scores::Regression { columns, scores } => {
            let r2 = scores.mean.r2.filter(|r2| *r2 <= 0.0)?;
            let which = if columns.len() == 1 { "R²" } else { "the mean R²" };
            format!("{which} on {rows} rows is {r2:.3}, and that of their mean is 0")
        }
        Scores::Classification { scores, .. } => {
            let labels = labels?;
            let counts = labels.counts();
            let all = labels.labels.len() as f64;
            let shares = counts
                .iter()
                .filter(|count| **count > 0)
                .map(|count| *count as f64 / all);
            let entropy: f64 = shares.map(|share| -share * elementary::ln(share)).sum();
            let most = counts.iter().copied().max().unwrap_or(0) as f64 / all;
            if scores.log_loss < entropy || scores.accuracy > most {
                return None;
            }
            format!(
                "the accuracy on {rows} rows is {:.3}, and that of the most frequent class {most:.3}; the log loss is {:.3}, and \
                 that of the shares of the classes {entropy:.3}",
                scores.accuracy, scores.log_loss
            )
        }
        Scores::Labels { .. } => return None,
    };
    Some(warning(
        FindingKind::NoBetterThanConstant,
        seen,
        "the model has learnt nothing that holds for other rows: the columns may not decide the target, or are not read as \
             what they are",
        "`pellucid data show` for how each column is read; other columns, more rows, more regularisation (--l2) or another \
             learning rate (`pellucid find-rate`)",
    ))
}
