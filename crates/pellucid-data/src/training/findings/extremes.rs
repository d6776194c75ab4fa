//! Detects numbers that stand for something else, and values so far out that the others hardly differ.

use super::warning;
use pellucid::data::dataset::evenly;
use pellucid::inspection::diagnosis::{Finding, FindingKind};

/// The part of the rows that extreme values may be; a column with more of them has a long tail.
const FEW: f64 = 1e-3;
/// A value is extreme from so many interquartile ranges beyond a quartile.
const FAR: f64 = 100.0;
/// The standard deviation of the other values, relative to that of all: below it they are within a tenth of a unit once
/// the column is standardised.
const FLAT: f64 = 0.1;
/// The most rows by which quartiles are estimated.
const SAMPLED_ROWS: usize = 4096;

pub(super) fn find(column: &str, numbers: &[f64], rows: &[u32]) -> Option<Finding> {
    let of_rows = || {
        rows.iter()
            .map(|&row| numbers[row as usize])
            .filter(|number| number.is_finite())
    };
    let found = sentinel(of_rows());
    if let Some((value, count, low, high)) = found {
        return Some(warning(
            FindingKind::SentinelValues,
            format!(
                "column {column} is {value} in {} and {low} to {high} in all others",
                if count == 1 {
                    "1 row".into()
                } else {
                    format!("{count} rows")
                }
            ),
            "such a number mostly stands for a missing value; as a number it is so far out that the others hardly differ",
            format!("--na={value} to read it as missing, if that is what it means"),
        ));
    }
    flattened(column, numbers, rows)
}

/// Whether a number looks like a mark: 99, -999, 9999.99 and similar, or the end of a type's range.
fn is_mark(number: f64) -> bool {
    const ENDS: [f64; 8] = [
        i16::MIN as f64,
        i16::MAX as f64,
        u16::MAX as f64,
        i32::MIN as f64,
        i32::MAX as f64,
        u32::MAX as f64,
        f32::MAX as f64,
        f32::MIN as f64,
    ];
    let size = number.abs();
    let is_nines = (99.0..1e12).contains(&size) && {
        let text = size.to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        whole.bytes().all(|digit| digit == b'9') && fraction.bytes().all(|digit| digit == b'9')
    };
    is_nines || ENDS.contains(&number) || [1e20, 1e30].contains(&size)
}

/// A mark that lies further from all other values than these from each other: it, how often it occurs, and the range of
/// the others.
fn sentinel(numbers: impl Iterator<Item = f64>) -> Option<(f64, usize, f64, f64)> {
    let mut marks: Vec<(f64, usize)> = Vec::new();
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for number in numbers {
        match is_mark(number) {
            true => match marks.iter_mut().find(|(mark, _)| *mark == number) {
                Some((_, count)) => *count += 1,
                None => marks.push((number, 1)),
            },
            false => (low, high) = (low.min(number), high.max(number)),
        }
    }
    let beyond = |mark: f64| (low - mark).max(mark - high);
    marks.retain(|(mark, _)| low < high && beyond(*mark) > high - low);
    let (value, count) = marks.into_iter().max_by_key(|(_, count)| *count)?;
    Some((value, count, low, high))
}

/// A few values that are so far out that the standard deviation is theirs.
fn flattened(column: &str, numbers: &[f64], rows: &[u32]) -> Option<Finding> {
    let picked = evenly(rows.len(), SAMPLED_ROWS);
    let mut sample: Vec<f64> = picked
        .iter()
        .map(|&at| numbers[rows[at as usize] as usize])
        .collect();
    sample.retain(|number| number.is_finite());
    sample.sort_by(f64::total_cmp);
    let (lower, upper) = (*sample.get(sample.len() / 4)?, *sample.get(sample.len() * 3 / 4)?);
    let margin = FAR * (upper - lower);
    if margin <= 0.0 {
        return None;
    }
    let is_far = |number: f64| number < lower - margin || number > upper + margin;
    let of_rows = || {
        rows.iter()
            .map(|&row| numbers[row as usize])
            .filter(|number| number.is_finite())
    };
    let far = of_rows().filter(|number| is_far(*number)).count();
    if far == 0 || far as f64 > (FEW * rows.len() as f64).max(1.0) {
        return None;
    }
    let deviation = |is_counted: &dyn Fn(f64) -> bool| {
        let counted = || of_rows().filter(|number| is_counted(*number));
        let count = counted().count() as f64;
        let mean = counted().sum::<f64>() / count;
        (counted().map(|number| (number - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    let (others, all) = (deviation(&|number| !is_far(number)), deviation(&|_| true));
    if others >= FLAT * all {
        return None;
    }
    let furthest = of_rows().filter(|number| is_far(*number)).max_by(|a, b| {
        let distance = |number: f64| (lower - number).max(number - upper);
        distance(*a).total_cmp(&distance(*b))
    })?;
    let near = of_rows().filter(|number| !is_far(*number));
    let (low, high) = near.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
        (low.min(number), high.max(number))
    });
    let values = match far {
        1 => format!("the value {furthest} in 1 row"),
        more => format!("values up to {furthest} in {more} rows"),
    };
    Some(warning(
        FindingKind::ExtremeValues,
        format!("column {column} has {values}, and {low} to {high} in all others"),
        "scaled by a standard deviation that is those rows' alone, the others hardly differ, and little can be learnt of them",
        "correct the value, or leave the row out; a number over many powers of ten is better given by its logarithm",
    ))
}
