//! What decides which rows of a table may be held out: chance, groups, or time.

use super::choice::find;
use super::error::at;
use super::labels::Labels;
use super::split::{
    Folds, RowSplit, group_folds, hold_out, hold_out_groups, hold_out_latest, k_fold, never_held_out,
    time_folds,
};
use crate::error::{Result, problem};
use crate::table::{Categories, DateOrder, Table, Values};
use std::collections::HashMap;

/// How rows are divided into those trained on and those held out. Vectors have an entry for each row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SplitBy {
    /// By chance, each class by its share.
    #[default]
    Chance,
    /// By chance, but a group is on one side. The number of each row's group.
    Group(Vec<u32>),
    /// The later rows are held out. The rank of each row's time.
    Time(Vec<u32>),
}

impl SplitBy {
    /// By the columns that a user names for it.
    ///
    /// # Errors
    /// Both are named; a group or a time is missing in one of `rows`; the times are not numbers or dates such as 2024-12-31.
    pub fn from_columns(
        table: &Table,
        rows: &[u32],
        group: Option<&str>,
        time: Option<&str>,
    ) -> Result<Self> {
        match (group, time) {
            (None, None) => Ok(Self::Chance),
            (Some(group), None) => Ok(Self::Group(groups(table, rows, group)?)),
            (None, Some(time)) => Ok(Self::Time(ranks(table, rows, time)?)),
            (Some(group), Some(time)) => {
                let message = format!(
                    "rows are split by the group `{group}` or by the time `{time}`, not by both; choose one"
                );
                Err(problem(&table.source, message))
            }
        }
    }

    /// Holds out about `fraction` of the rows. `labels` are those of `rows`, in their order.
    ///
    /// # Errors
    /// As [`hold_out`], [`hold_out_groups`] and [`hold_out_latest`]; a class without a row to train on.
    pub fn hold_out(
        &self,
        rows: &[u32],
        labels: Option<&Labels>,
        fraction: f64,
        seed: u32,
    ) -> Result<RowSplit> {
        let split = match self {
            Self::Chance => return hold_out(rows, labels, fraction, seed),
            Self::Group(groups) => hold_out_groups(rows, groups, labels, fraction, seed)?,
            Self::Time(times) => hold_out_latest(rows, times, fraction)?,
        };
        check_classes(rows, labels, &split, "the hold-out")?;
        Ok(split)
    }

    /// Splits the rows into folds.
    ///
    /// # Errors
    /// As [`k_fold`], [`group_folds`] and [`time_folds`]; a fold with a class that it cannot train on.
    pub fn folds(&self, rows: &[u32], labels: Option<&Labels>, folds: usize, seed: u32) -> Result<Folds> {
        let found = match self {
            Self::Chance => return k_fold(rows, labels, folds, seed),
            Self::Group(groups) => group_folds(rows, groups, labels, folds, seed)?,
            Self::Time(times) => time_folds(rows, times, folds)?,
        };
        for (number, split) in (1..).zip(&found.splits) {
            check_classes(rows, labels, split, &format!("cross-validation, fold {number}"))?;
        }
        Ok(found)
    }

    /// What a user should know of a hold-out of rows with these labels.
    pub fn note(&self, labels: &Labels) -> Option<String> {
        match self {
            Self::Chance => never_held_out(labels),
            Self::Group(_) | Self::Time(_) => None,
        }
    }
}

/// Refuses a split with a class of which there is no row to train on.
fn check_classes(rows: &[u32], labels: Option<&Labels>, split: &RowSplit, what: &str) -> Result<()> {
    let Some(labels) = labels else {
        return Ok(());
    };
    let label_of: HashMap<u32, u32> = rows.iter().copied().zip(labels.labels.iter().copied()).collect();
    let mut is_trained = vec![false; labels.classes.len()];
    split
        .training
        .iter()
        .for_each(|row| is_trained[label_of[row] as usize] = true);
    let counts = labels.counts();
    match (0..counts.len()).find(|&class| counts[class] > 0 && !is_trained[class]) {
        None => Ok(()),
        Some(class) => Err(problem(
            what,
            format!(
                "every row of class `{}` is held out, so it cannot be learnt; hold out fewer rows, or leave the class out",
                labels.classes[class]
            ),
        )),
    }
}

/// The number of each row's group, counted from 0 in the order in which groups appear.
fn groups(table: &Table, rows: &[u32], column: &str) -> Result<Vec<u32>> {
    let values = &find(table, column, "group")?.values;
    let missing = rows.iter().find(|&&row| values.is_missing(row as usize));
    if let Some(&row) = missing {
        let message = "the group is missing; fill it in, or remove this row";
        return Err(problem(at(table, column, Some(row)), message));
    }
    Ok(match values {
        Values::Categories(words) | Values::Booleans(words) => words.codes.clone(),
        Values::Numbers(numbers) => {
            let mut known = HashMap::new();
            let mut group_of = |number: &f64| {
                let next = known.len() as u32;
                *known.entry((number + 0.0).to_bits()).or_insert(next)
            };
            numbers.iter().map(&mut group_of).collect()
        }
    })
}

/// The rank of each row's time.
fn ranks(table: &Table, rows: &[u32], column: &str) -> Result<Vec<u32>> {
    let values = &find(table, column, "time")?.values;
    if let Some(&row) = rows.iter().find(|&&row| values.is_missing(row as usize)) {
        let message = "the time is missing; fill it in, or remove this row";
        return Err(problem(at(table, column, Some(row)), message));
    }
    match values {
        Values::Numbers(numbers) => Ok(ranks_of(numbers)),
        Values::Categories(Categories { names, codes }) | Values::Booleans(Categories { names, codes }) => {
            let mut is_used = vec![false; names.len()];
            rows.iter()
                .for_each(|&row| is_used[codes[row as usize] as usize] = true);
            let used = names.iter().zip(&is_used).filter(|(_, is_used)| **is_used);
            if let Ok(order) = DateOrder::of(used.map(|(name, _)| name.as_str())) {
                let seconds = |name: &String| order.seconds(name).unwrap_or(f64::NAN);
                let of_names = ranks_of(&names.iter().map(seconds).collect::<Vec<f64>>());
                let of_row = |&code: &u32| of_names.get(code as usize).copied().unwrap_or(0);
                return Ok(codes.iter().map(of_row).collect());
            }
            let wrong = (0..names.len()).find(|&code| !sorts_by_time(&names[code]) && is_used[code]);
            if let Some(code) = wrong {
                let message = format!(
                    "`{}` is no time that can be ordered; write numbers, or dates and times such as 2024-12-31 or \
                     2024-12-31T23:59:00",
                    names[code]
                );
                return Err(problem(at(table, column, None), message));
            }
            // Spelled so, times have the order of their texts.
            let mut order: Vec<usize> = (0..names.len()).collect();
            order.sort_by_key(|&code| names[code].replace(' ', "T"));
            let mut rank = vec![0; names.len()];
            order
                .iter()
                .enumerate()
                .for_each(|(at, &code)| rank[code] = at as u32);
            Ok(codes
                .iter()
                .map(|&code| rank.get(code as usize).copied().unwrap_or(0))
                .collect())
        }
    }
}

/// The rank of each number; equal ones have the same.
fn ranks_of(numbers: &[f64]) -> Vec<u32> {
    let mut distinct: Vec<f64> = numbers.iter().map(|number| number + 0.0).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup_by(|a, b| a.total_cmp(b).is_eq());
    let rank =
        |number: &f64| distinct.partition_point(|other| other.total_cmp(&(number + 0.0)).is_lt()) as u32;
    numbers.iter().map(rank).collect()
}

/// Whether a text is a date such as 2024-12-31, 2024/12/31 or 2024-12, alone or with a time such as 23:59 or 23:59:00.5, whose
/// order is that of the texts.
fn sorts_by_time(text: &str) -> bool {
    let text = text.trim_end_matches('Z');
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let separator = if date.contains('/') { '/' } else { '-' };
    let are_digits =
        |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = date.split(separator).collect();
    let is_date = matches!(parts.len(), 2 | 3)
        && are_digits(parts[0], 4)
        && parts[1..].iter().all(|part| are_digits(part, 2));
    let is_time = time.is_none_or(|time| {
        let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let parts: Vec<&str> = whole.split(':').collect();
        matches!(parts.len(), 2 | 3)
            && parts.iter().all(|part| are_digits(part, 2))
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_date && is_time
}

#[cfg(test)]
mod tests;
