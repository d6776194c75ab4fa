//! Splits by time: rows are held out that are later than every row trained on.

use super::{Folds, RowSplit, counted, held_out_count};
use crate::error::{Result, problem};

/// The rows in the order of their times, and after how many of them a cut may be: rows of one time stay together.
fn in_order(rows: &[u32], times: &[u32]) -> (Vec<u32>, Vec<usize>) {
    let time = |row: u32| times[row as usize];
    let mut rows = rows.to_vec();
    rows.sort_by_key(|&row| (time(row), row));
    let cuts = (1..rows.len()).filter(|&at| time(rows[at - 1]) < time(rows[at]));
    let cuts = cuts.collect();
    (rows, cuts)
}

/// The place of the cut that is nearest to a number of rows; the later of two.
fn nearest(cuts: &[usize], wanted: usize) -> Option<usize> {
    (0..cuts.len()).rev().min_by_key(|&at| cuts[at].abs_diff(wanted))
}

/// Holds out the latest rows, about `fraction` of all; rows of one time stay together. `times` is the rank of the time of
/// each row of the table.
///
/// # Errors
/// A fraction that is not between 0 and 1, fewer than two times.
pub fn hold_out_latest(rows: &[u32], times: &[u32], fraction: f64) -> Result<RowSplit> {
    let total = held_out_count(rows.len(), fraction)?;
    let (mut training, cuts) = in_order(rows, times);
    let Some(at) = nearest(&cuts, training.len() - total) else {
        let message = "all rows have the same time; at least 2 times are needed, one to train on and a later one to hold out";
        return Err(problem("the hold-out", message));
    };
    let held_out = training.split_off(cuts[at]);
    Ok(RowSplit { training, held_out })
}

/// Cuts the rows by time into `folds` + 1 parts of about equal size: each fold is trained on the parts before the one that it
/// holds out, so that the first part is never held out. Rows of one time stay together.
///
/// # Errors
/// Fewer than two folds, fewer times than parts.
pub fn time_folds(rows: &[u32], times: &[u32], folds: usize) -> Result<Folds> {
    let (ordered, cuts) = in_order(rows, times);
    if folds < 2 || folds > cuts.len() {
        let message = format!(
            "{} of {} times cannot be split into {folds} folds by time; choose at least 2 folds, and fewer than there are times",
            counted(rows.len()),
            if rows.is_empty() { 0 } else { cuts.len() + 1 },
        );
        return Err(problem("cross-validation", message));
    }
    // Each cut leaves enough cuts for the parts after it.
    let mut chosen: Vec<usize> = Vec::new();
    let mut first = 0;
    for fold in 0..folds {
        let wanted = ordered.len() * (fold + 1) / (folds + 1);
        let free = &cuts[first..=cuts.len() - (folds - fold)];
        let at = first + nearest(free, wanted).unwrap_or(0);
        chosen.push(cuts[at]);
        first = at + 1;
    }
    let ends = chosen[1..].iter().copied().chain([ordered.len()]);
    let splits = chosen.iter().zip(ends).map(|(&start, end)| RowSplit {
        training: ordered[..start].to_vec(),
        held_out: ordered[start..end].to_vec(),
    });
    Ok(Folds {
        splits: splits.collect(),
        warning: None,
    })
}
