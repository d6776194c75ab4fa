//! Detects a feature that decides the target alone.

use super::warning;
use crate::table::{Categories, Column, Values};
use pellucid::data::dataset::evenly;
use pellucid::inspection::diagnosis::{Finding, FindingKind};
use std::collections::HashMap;

/// The least number of rows: among fewer, a good feature separates the classes by chance.
const LEAST_ROWS: usize = 30;
/// The least number of rows of each value, on average: an identifier decides everything.
const ROWS_OF_VALUE: usize = 5;
/// The least |r| of a number that is the target with other units and a little noise.
const CORRELATION: f64 = 0.9999;
/// The number of rows that are looked at before all are.
const SAMPLED_ROWS: usize = 4096;
/// The least number of different targets of which a relation without exception says something.
const LEAST_TARGETS: usize = 10;

/// A row's value as a key: equal values have equal keys, and so have missing ones.
fn key(values: &Values, row: u32) -> u64 {
    match values {
        Values::Numbers(numbers) => match numbers[row as usize] {
            number if number.is_nan() => u64::MAX,
            number => (number + 0.0).to_bits(),
        },
        Values::Categories(words) | Values::Booleans(words) => u64::from(words.codes[row as usize]),
    }
}

pub(super) fn find(column: &Column, target: &Column, rows: &[u32]) -> Option<Finding> {
    if rows.len() < LEAST_ROWS {
        return None;
    }
    let how = by_value(column, target, rows).or_else(|| match (&column.values, &target.values) {
        (Values::Numbers(x), Values::Numbers(y)) if distinct(target, rows, 20) > 20 => by_number(x, y, rows),
        (Values::Numbers(x), _) => by_range(x, target, rows),
        _ => None,
    })?;
    Some(warning(
        FindingKind::LeakingColumn,
        format!(
            "column {} alone decides {} in all {} training rows: {how}",
            column.name,
            target.name,
            rows.len()
        ),
        "a column that holds the answer in another form is seldom known when a prediction is needed",
        format!(
            "--drop {} unless it is known before {} is; then a rule is enough, and needs no network",
            column.name, target.name
        ),
    ))
}

/// The number of different values, at most one more than `most`.
fn distinct(column: &Column, rows: &[u32], most: usize) -> usize {
    let mut found = std::collections::HashSet::new();
    for &row in rows {
        found.insert(key(&column.values, row));
        if found.len() > most {
            break;
        }
    }
    found.len()
}

/// Each value of few goes with one target.
fn by_value(column: &Column, target: &Column, rows: &[u32]) -> Option<String> {
    let most = rows.len() / ROWS_OF_VALUE;
    let mut target_of = HashMap::new();
    for &row in rows {
        let target = key(&target.values, row);
        if *target_of.entry(key(&column.values, row)).or_insert(target) != target || target_of.len() > most {
            return None;
        }
    }
    let count = target_of.len();
    (count > 1).then(|| format!("each of its {count} values has one {}", target.name))
}

/// Ranges of a number, one for each class: with many, any number decides.
fn by_range(numbers: &[f64], target: &Column, rows: &[u32]) -> Option<String> {
    let classes = match &target.values {
        Values::Categories(Categories { names, .. }) | Values::Booleans(Categories { names, .. }) => {
            names.len()
        }
        Values::Numbers(_) => distinct(target, rows, 100),
    };
    let mut order: Vec<u32> = rows.to_vec();
    order.retain(|&row| !numbers[row as usize].is_nan());
    if order.len() * 10 < rows.len() * 9 {
        return None;
    }
    // What some rows refute need not be looked for in all.
    ranges(sampled(&order), numbers, target, classes)?;
    let ranges = ranges(order, numbers, target, classes)?;
    (ranges > 1).then(|| format!("{ranges} ranges of it are of one {} each", target.name))
}

/// Items evenly from all.
fn sampled<V: Copy>(all: &[V]) -> Vec<V> {
    let picked = evenly(all.len(), SAMPLED_ROWS).into_iter();
    picked.map(|at| all[at as usize]).collect()
}

/// The number of ranges of one class each; `None` where there are more than classes, or equal numbers of several classes.
fn ranges(mut order: Vec<u32>, numbers: &[f64], target: &Column, classes: usize) -> Option<usize> {
    order.sort_unstable_by(|&a, &b| numbers[a as usize].total_cmp(&numbers[b as usize]));
    let mut ranges = 1;
    for pair in order.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        if key(&target.values, before) != key(&target.values, after) {
            ranges += 1;
            if numbers[before as usize] == numbers[after as usize] || ranges > classes {
                return None;
            }
        }
    }
    Some(ranges)
}

/// A number that is the target on another scale.
fn by_number(x: &[f64], y: &[f64], rows: &[u32]) -> Option<String> {
    let mut pairs: Vec<(f64, f64)> = rows
        .iter()
        .map(|&row| (x[row as usize], y[row as usize]))
        .collect();
    pairs.retain(|(x, y)| x.is_finite() && y.is_finite());
    if pairs.len() < LEAST_ROWS || pairs.len() * 10 < rows.len() * 9 {
        return None;
    }
    let count = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(x, y)| of(x - mean_x, y - mean_y)).sum::<f64>();
    let r = sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if r.abs() > CORRELATION {
        return Some(format!(
            "it is the same number in other units (correlation {r:.6})"
        ));
    }
    direction(sampled(&pairs))?;
    let follows = match direction(pairs)? {
        (true, false, targets) if targets >= LEAST_TARGETS => "rises",
        (false, true, targets) if targets >= LEAST_TARGETS => "falls",
        _ => return None,
    };
    Some(format!("the target {follows} with it without exception"))
}

/// Whether the second numbers never fall, and never rise, as the first ones rise, and how often they change; `None` where they do both,
/// or equal first numbers have several second ones.
fn direction(mut pairs: Vec<(f64, f64)>) -> Option<(bool, bool, usize)> {
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut rises, mut falls, mut targets) = (true, true, 1);
    for pair in pairs.windows(2) {
        let ((x, y), (next_x, next_y)) = (pair[0], pair[1]);
        if x == next_x && y != next_y {
            return None;
        }
        rises &= next_y >= y;
        falls &= next_y <= y;
        targets += usize::from(next_y != y);
    }
    (rises || falls).then_some((rises, falls, targets))
}
