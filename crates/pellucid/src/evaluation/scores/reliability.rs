//! Compares how sure a classifier is with how often it is right.

use super::{class_of, ratio};
use serde::Serialize;

/// The number of bins, as Guo et al. 2017 have.
const BINS: usize = 15;

/// The rows whose most probable class has a probability above `from` and up to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// The lower end.
    pub from: f64,
    /// The upper end.
    pub to: f64,
    /// The number of rows.
    pub rows: usize,
    /// The mean probability of their most probable class.
    pub confidence: f64,
    /// The part of them that belong to their most probable class.
    pub accuracy: f64,
}

/// Fifteen bins of equal width over the probability of the most probable class, of equal ones the first; those without rows
/// are left out. `probabilities` are (rows, `classes`).
pub(super) fn reliability(probabilities: &[f64], labels: &[usize], classes: usize) -> Vec<ReliabilityBin> {
    // Of each bin: rows, right ones, and the sum of the probabilities.
    let mut bins = [(0, 0, 0.0); BINS];
    for (row, &label) in probabilities.chunks_exact(classes).zip(labels) {
        let class = class_of(row);
        let at = (1..BINS)
            .take_while(|&bin| row[class] > upper_end(bin - 1))
            .count();
        let (rows, right, sum) = &mut bins[at];
        *rows += 1;
        *right += usize::from(class == label);
        *sum += row[class];
    }
    let bin = |(at, &(rows, right, sum)): (usize, &(usize, usize, f64))| ReliabilityBin {
        from: at as f64 / BINS as f64,
        to: upper_end(at),
        rows,
        confidence: sum / rows as f64,
        accuracy: ratio(right, rows),
    };
    let with_rows = bins.iter().enumerate().filter(|(_, (rows, ..))| *rows > 0);
    with_rows.map(bin).collect()
}

fn upper_end(bin: usize) -> f64 {
    (bin + 1) as f64 / BINS as f64
}

/// The mean of |accuracy − confidence| over the rows of all bins.
pub(super) fn expected_calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let rows: usize = bins.iter().map(|bin| bin.rows).sum();
    let gap = |bin: &ReliabilityBin| bin.rows as f64 * (bin.accuracy - bin.confidence).abs();
    bins.iter().map(gap).sum::<f64>() / rows.max(1) as f64
}
