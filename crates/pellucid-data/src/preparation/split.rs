//! Splits into training rows and held-out rows, drawn with a seed, stratified by class if there are classes.

use super::labels::Labels;
use crate::error::{Result, problem};
use pellucid::numpy_random::RandomState;

/// Rows to train on and rows to measure on, each in the random order of the draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSplit {
    /// Rows to train on.
    pub training: Vec<u32>,
    /// Rows held out.
    pub held_out: Vec<u32>,
}

/// The splits of a cross-validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// One split a fold; every row is held out in exactly one.
    pub splits: Vec<RowSplit>,
    /// A class that some fold has no row of.
    pub warning: Option<String>,
}

/// Holds out ⌈`fraction` · rows⌉ rows, as scikit-learn does, but never all. With labels (of `rows`, in their order) each
/// class contributes its share, rounded up or down, and keeps a row to train on.
///
/// # Errors
/// A fraction that is not between 0 and 1, fewer than two rows, a class with one row.
///
/// # Panics
/// There is not a label for each row.
pub fn hold_out(rows: &[u32], labels: Option<&Labels>, fraction: f64, seed: u32) -> Result<RowSplit> {
    if !(fraction > 0.0 && fraction < 1.0) {
        let message = format!("a fraction of {fraction} cannot be held out; choose one between 0 and 1");
        return Err(problem("the hold-out", message));
    }
    if rows.len() < 2 {
        let rows = counted(rows.len());
        let message = format!("{rows} cannot be split; at least 2 rows are needed");
        return Err(problem("the hold-out", message));
    }
    let classes = classes(rows, labels, "the hold-out")?;
    let total = ((rows.len() as f64 * fraction).ceil() as usize).min(rows.len() - 1);
    let counts = labels.map_or_else(|| vec![rows.len()], Labels::counts);
    let mut quotas = quotas(&counts, total, rows.len());
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for at in RandomState::new(seed).permutation(rows.len()) {
        let quota = &mut quotas[classes[at] as usize];
        let to = if *quota > 0 { &mut held_out } else { &mut training };
        *quota = quota.saturating_sub(1);
        to.push(rows[at]);
    }
    Ok(RowSplit { training, held_out })
}

/// Splits the rows into `folds` folds whose sizes differ by at most 1, and with labels (of `rows`, in their order) also
/// the counts of each class.
///
/// # Errors
/// Fewer than two folds, more folds than rows, a class with one row.
///
/// # Panics
/// There is not a label for each row.
pub fn k_fold(rows: &[u32], labels: Option<&Labels>, folds: usize, seed: u32) -> Result<Folds> {
    if folds < 2 || folds > rows.len() {
        let message = format!(
            "{} cannot be split into {folds} folds; choose at least 2 folds, and no more than there are rows",
            counted(rows.len())
        );
        return Err(problem("cross-validation", message));
    }
    let classes = classes(rows, labels, "cross-validation")?;
    let order = RandomState::new(seed).permutation(rows.len());
    // Class after class, in turn over the folds: the next class continues where one ends.
    let mut by_class = order.clone();
    by_class.sort_by_key(|&at| classes[at]);
    let mut fold_of = vec![0; rows.len()];
    for (turn, &at) in by_class.iter().enumerate() {
        fold_of[at] = turn % folds;
    }
    let split = |fold| {
        let (held_out, training): (Vec<usize>, Vec<usize>) =
            order.iter().partition(|&&at| fold_of[at] == fold);
        let rows_at = |at: Vec<usize>| at.into_iter().map(|at| rows[at]).collect();
        RowSplit {
            training: rows_at(training),
            held_out: rows_at(held_out),
        }
    };
    let smallest = labels.and_then(Labels::smallest);
    let scarce = smallest.filter(|(_, count)| *count < folds);
    let warning = |(class, count)| {
        format!("class `{class}` has {count} rows, fewer than the {folds} folds: some folds have none of it")
    };
    Ok(Folds {
        splits: (0..folds).map(split).collect(),
        warning: scarce.map(warning),
    })
}

fn counted(rows: usize) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

/// The class of each row: one class for all where there are no labels.
fn classes(rows: &[u32], labels: Option<&Labels>, what: &str) -> Result<Vec<u32>> {
    let Some(labels) = labels else {
        return Ok(vec![0; rows.len()]);
    };
    assert_eq!(labels.labels.len(), rows.len(), "a label for each row");
    match labels.smallest() {
        Some((class, 1)) => Err(problem(
            what,
            format!(
                "class `{class}` has 1 row; a class needs at least 2, one to train on and one to hold out: remove \
                 the row, or add others like it"
            ),
        )),
        _ => Ok(labels.labels.clone()),
    }
}

/// The number of held-out rows of each class: its share of `total`, rounded down, plus one for the largest remainders
/// until the sum is `total`.
fn quotas(counts: &[usize], total: usize, rows: usize) -> Vec<usize> {
    let share = |count: usize| count as u128 * total as u128;
    let rows = rows as u128;
    let whole = |&count: &usize| (share(count) / rows) as usize;
    let mut quotas: Vec<usize> = counts.iter().map(whole).collect();
    let mut by_rest: Vec<usize> = (0..counts.len()).collect();
    by_rest.sort_by_key(|&class| std::cmp::Reverse(share(counts[class]) % rows));
    let lacking = total - quotas.iter().sum::<usize>();
    by_rest[..lacking].iter().for_each(|&class| quotas[class] += 1);
    for (quota, count) in quotas.iter_mut().zip(counts) {
        *quota = (*quota).min(count.saturating_sub(1));
    }
    quotas
}

#[cfg(test)]
mod tests;
