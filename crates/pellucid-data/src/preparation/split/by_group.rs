//! Splits that keep the rows of a group together: none is both trained on and held out.

use super::super::error::listed;
use super::super::labels::Labels;
use super::{Folds, RowSplit, counted, held_out_count};
use crate::error::{Result, problem};
use pellucid::numpy_random::RandomState;

/// Groups of rows that are split.
struct Groups<'a> {
    /// Of each group the positions of its rows, in the random order of the draw.
    of: Vec<Vec<usize>>,
    labels: Option<&'a Labels>,
    /// The rows of each class.
    counts: Vec<usize>,
}

impl<'a> Groups<'a> {
    /// `groups` is the group of each row of the table; `labels` are those of `rows`, in their order.
    fn new(rows: &[u32], groups: &[u32], labels: Option<&'a Labels>, seed: u32) -> Self {
        let count = rows.iter().map(|&row| groups[row as usize] as usize + 1).max();
        let mut of = vec![Vec::new(); count.unwrap_or(0)];
        for (at, &row) in rows.iter().enumerate() {
            of[groups[row as usize] as usize].push(at);
        }
        of.retain(|rows| !rows.is_empty());
        let order = RandomState::new(seed).permutation(of.len());
        Self {
            of: order.into_iter().map(|at| std::mem::take(&mut of[at])).collect(),
            labels,
            counts: labels.map_or_else(Vec::new, Labels::counts),
        }
    }

    /// The rows of each class in these groups.
    fn class_counts(&self, groups: &[usize]) -> Vec<usize> {
        let mut counts = vec![0; self.counts.len()];
        if let Some(labels) = self.labels {
            let rows = groups.iter().flat_map(|&group| &self.of[group]);
            rows.for_each(|&at| counts[labels.labels[at] as usize] += 1);
        }
        counts
    }

    /// The first class of which these groups have every row.
    fn whole_class(&self, groups: &[usize]) -> Option<&'a str> {
        let here = self.class_counts(groups);
        let class = (0..here.len()).find(|&class| here[class] > 0 && here[class] == self.counts[class])?;
        self.labels.map(|labels| labels.classes[class].as_str())
    }

    fn split(&self, rows: &[u32], is_held_out: impl Fn(usize) -> bool) -> RowSplit {
        let of = |held_out: bool| {
            let groups = (0..self.of.len()).filter(|&group| is_held_out(group) == held_out);
            let at = groups.flat_map(|group| &self.of[group]);
            at.map(|&at| rows[at]).collect()
        };
        RowSplit {
            training: of(false),
            held_out: of(true),
        }
    }
}

/// Holds out whole groups, drawn until they have about `fraction` of the rows, and at least one. A group with every row of a
/// class is trained on.
///
/// # Errors
/// A fraction that is not between 0 and 1, fewer than two groups, or none that can be held out.
pub fn hold_out_groups(
    rows: &[u32],
    groups: &[u32],
    labels: Option<&Labels>,
    fraction: f64,
    seed: u32,
) -> Result<RowSplit> {
    let total = held_out_count(rows.len(), fraction)?;
    let groups = Groups::new(rows, groups, labels, seed);
    let count = groups.of.len();
    let wrong = |message: String| Err(problem("the hold-out", message));
    if count < 2 {
        return wrong(
            "all rows are of one group; at least 2 groups are needed, one to train on and one to hold out"
                .into(),
        );
    }
    // The smallest can be held out wherever any can; the others follow as they were drawn.
    let size = |group: usize| groups.of[group].len();
    let can_be = |group: &usize| groups.whole_class(&[*group]).is_none();
    let Some(smallest) = (0..count).filter(can_be).min_by_key(|&group| size(group)) else {
        return wrong(format!(
            "no group can be held out: each of the {count} has every row of some class, which then could not be learnt"
        ));
    };
    let mut is_held_out = vec![false; count];
    let (mut left, mut held_out) = (groups.counts.clone(), 0);
    for (group, is_held_out) in is_held_out.iter_mut().enumerate() {
        let of_group = groups.class_counts(&[group]);
        let leaves_all = left
            .iter()
            .zip(&of_group)
            .all(|(left, taken)| *taken == 0 || taken < left);
        if held_out + size(group) <= total && leaves_all {
            *is_held_out = true;
            held_out += size(group);
            left.iter_mut()
                .zip(of_group)
                .for_each(|(left, taken)| *left -= taken);
        }
    }
    if held_out == 0 {
        is_held_out[smallest] = true;
    }
    Ok(groups.split(rows, |group| is_held_out[group]))
}

/// Splits whole groups into folds of about equal numbers of rows: the largest group first, each into the smallest fold. A
/// group with every row of a class is trained on in every fold, and held out in none.
///
/// # Errors
/// Fewer than two folds, more folds than groups that can be held out, a fold with every row of a class.
pub fn group_folds(
    rows: &[u32],
    groups: &[u32],
    labels: Option<&Labels>,
    folds: usize,
    seed: u32,
) -> Result<Folds> {
    let groups = Groups::new(rows, groups, labels, seed);
    let wrong = |message: String| Err(problem("cross-validation", message));
    let (kept, mut free): (Vec<usize>, Vec<usize>) =
        (0..groups.of.len()).partition(|&group| groups.whole_class(&[group]).is_some());
    let classes: Vec<&str> = kept
        .iter()
        .filter_map(|&group| groups.whole_class(&[group]))
        .collect();
    let note = match classes[..] {
        [] => None,
        _ => Some(format!(
            "{} in a single group ({}), which is trained on and never held out",
            if classes.len() == 1 {
                "a class is"
            } else {
                "some classes are each"
            },
            listed(&classes)
        )),
    };
    if folds < 2 || folds > free.len() {
        let of_which = note.map_or_else(String::new, |note| format!("; {note}"));
        return wrong(format!(
            "{} in {} groups cannot be split into {folds} folds by group; choose at least 2 folds, and no more than there \
             are groups to hold out, {}{of_which}",
            counted(rows.len()),
            groups.of.len(),
            free.len()
        ));
    }
    free.sort_by_key(|&group| std::cmp::Reverse(groups.of[group].len()));
    let mut of_folds = vec![(0, Vec::new()); folds];
    let mut fold_of = vec![usize::MAX; groups.of.len()];
    for group in free {
        if let Some((size, fold)) = of_folds.iter_mut().min_by_key(|(size, _)| *size) {
            *size += groups.of[group].len();
            fold.push(group);
        }
    }
    for (number, (_, fold)) in (1..).zip(&of_folds) {
        if let Some(class) = groups.whole_class(fold) {
            return wrong(format!(
                "the groups of fold {number} have every row of class `{class}`, which then could not be learnt; choose more \
                 folds, or another seed"
            ));
        }
    }
    for (number, (_, fold)) in of_folds.iter().enumerate() {
        fold.iter().for_each(|&group: &usize| fold_of[group] = number);
    }
    let split = |number| groups.split(rows, |group| fold_of[group] == number);
    Ok(Folds {
        splits: (0..folds).map(split).collect(),
        warning: note,
    })
}
