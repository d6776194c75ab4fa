//! Splits into training rows and held-out rows, drawn with a seed, stratified by class if there are classes.

mod by_group;
mod by_time;

pub use by_group::{group_folds, hold_out_groups};
pub use by_time::{hold_out_latest, time_folds};

use super::error::listed;
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
    /// One split a fold; a row is held out in at most one.
    pub splits: Vec<RowSplit>,
    /// Classes that some fold has no row of, and rows that none holds out.
    pub warning: Option<String>,
}

/// Holds out ⌈`fraction` · rows⌉ rows, as scikit-learn does, but never all. With labels (of `rows`, in their order) each
/// class contributes its share, rounded up or down, and keeps a row to train on: the single row of a class is never held
/// out ([`never_held_out`] says so).
///
/// # Errors
/// A fraction that is not between 0 and 1, fewer than two rows.
///
/// # Panics
/// There is not a label for each row.
pub fn hold_out(rows: &[u32], labels: Option<&Labels>, fraction: f64, seed: u32) -> Result<RowSplit> {
    let total = held_out_count(rows.len(), fraction)?;
    let classes = classes(rows, labels);
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

/// ⌈`fraction` · rows⌉, but never all.
fn held_out_count(rows: usize, fraction: f64) -> Result<usize> {
    if !(fraction > 0.0 && fraction < 1.0) {
        let message = format!("a fraction of {fraction} cannot be held out; choose one between 0 and 1");
        return Err(problem("the hold-out", message));
    }
    if rows < 2 {
        let rows = counted(rows);
        let message = format!("{rows} cannot be split; at least 2 rows are needed");
        return Err(problem("the hold-out", message));
    }
    Ok(((rows as f64 * fraction).ceil() as usize).min(rows - 1))
}

/// Splits the rows into `folds` folds whose sizes differ by at most 1, and with labels (of `rows`, in their order) also
/// the counts of each class. The single row of a class is trained on in every fold, and held out in none.
///
/// # Errors
/// Fewer than two folds, more folds than rows that can be held out.
///
/// # Panics
/// There is not a label for each row.
pub fn k_fold(rows: &[u32], labels: Option<&Labels>, folds: usize, seed: u32) -> Result<Folds> {
    let classes = classes(rows, labels);
    let counts = labels.map_or_else(|| vec![rows.len()], Labels::counts);
    let is_alone = |at: usize| labels.is_some() && counts[classes[at] as usize] == 1;
    let singles = (0..rows.len()).filter(|&at| is_alone(at)).count();
    if folds < 2 || folds > rows.len() - singles {
        let of_which = match singles {
            0 => String::new(),
            1 => ", of which 1 is the only row of its class and is never held out,".into(),
            more => format!(", of which {more} are the only rows of their classes and are never held out,"),
        };
        let least = match singles {
            0 => "there are rows",
            _ => "there are others",
        };
        let message = format!(
            "{}{of_which} cannot be split into {folds} folds; choose at least 2 folds, and no more than {least}",
            counted(rows.len())
        );
        return Err(problem("cross-validation", message));
    }
    let order = RandomState::new(seed).permutation(rows.len());
    // Class after class, in turn over the folds: the next class continues where one ends.
    let mut by_class: Vec<usize> = order.iter().copied().filter(|&at| !is_alone(at)).collect();
    by_class.sort_by_key(|&at| classes[at]);
    const NO_FOLD: usize = usize::MAX;
    let mut fold_of = vec![NO_FOLD; rows.len()];
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
    let scarce = labels.and_then(|labels| scarce(labels, folds));
    let warnings: Vec<String> = labels
        .and_then(never_held_out)
        .into_iter()
        .chain(scarce)
        .collect();
    Ok(Folds {
        splits: (0..folds).map(split).collect(),
        warning: (!warnings.is_empty()).then(|| warnings.join("; ")),
    })
}

/// A note of the classes that have a single row, where there are any.
pub fn never_held_out(labels: &Labels) -> Option<String> {
    let classes = classes_with(labels, |count| count == 1);
    let names: Vec<&str> = classes.iter().map(|(name, _)| *name).collect();
    match names[..] {
        [] => None,
        [one] => Some(format!(
            "class `{one}` has a single row, which is trained on and never held out: no score says how well it is predicted"
        )),
        _ => Some(format!(
            "{} classes have a single row each, which is trained on and never held out: {}; no score says how well they are \
             predicted",
            names.len(),
            listed(&names)
        )),
    }
}

/// A note of the classes that have two rows or more, but fewer than there are folds.
fn scarce(labels: &Labels, folds: usize) -> Option<String> {
    let classes = classes_with(labels, |count| (2..folds).contains(&count));
    match classes[..] {
        [] => None,
        [(class, count)] => Some(format!(
            "class `{class}` has {count} rows, fewer than the {folds} folds: some folds have none of it"
        )),
        _ => {
            let names: Vec<&str> = classes.iter().map(|(name, _)| *name).collect();
            Some(format!(
                "{} classes have fewer rows than the {folds} folds: {}; some folds have none of them",
                names.len(),
                listed(&names)
            ))
        }
    }
}

/// The classes with such a number of rows, and that number.
fn classes_with(labels: &Labels, is_such: impl Fn(usize) -> bool) -> Vec<(&str, usize)> {
    let classes = labels.classes.iter().map(String::as_str).zip(labels.counts());
    classes.filter(|(_, count)| is_such(*count)).collect()
}

fn counted(rows: usize) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

/// The class of each row: one class for all where there are no labels.
fn classes(rows: &[u32], labels: Option<&Labels>) -> Vec<u32> {
    let Some(labels) = labels else {
        return vec![0; rows.len()];
    };
    assert_eq!(labels.labels.len(), rows.len(), "a label for each row");
    labels.labels.clone()
}

/// The number of held-out rows of each class: its share of `total`, rounded down, plus one for the largest remainders
/// until the sum is `total`. A class keeps a row, so that the sum is less where all classes have given what they can.
fn quotas(counts: &[usize], total: usize, rows: usize) -> Vec<usize> {
    let share = |count: usize| count as u128 * total as u128;
    let rows = rows as u128;
    let whole = |&count: &usize| (share(count) / rows) as usize;
    let mut quotas: Vec<usize> = counts.iter().map(whole).collect();
    let mut by_rest: Vec<usize> = (0..counts.len()).collect();
    by_rest.sort_by_key(|&class| std::cmp::Reverse(share(counts[class]) % rows));
    let lacking = total - quotas.iter().sum::<usize>();
    let may_give = |class: &usize| quotas[*class] + 1 < counts[*class] && share(counts[*class]) % rows > 0;
    let giving: Vec<usize> = by_rest.into_iter().filter(may_give).take(lacking).collect();
    giving.into_iter().for_each(|class| quotas[class] += 1);
    for (quota, count) in quotas.iter_mut().zip(counts) {
        *quota = (*quota).min(count.saturating_sub(1));
    }
    quotas
}

#[cfg(test)]
mod tests;
