//! The known mistakes, and those that the numbers of a gradient show by themselves.

use super::parts::{ParameterPart, PartKind};
use std::fmt;

/// The largest residual of a pattern that fits, relative to the size of the gradient.
const FIT: f64 = 1e-5;

/// A known mistake, and the evidence for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// Every entry is 0, but the loss depends on the parameters.
    Forgotten,
    /// The gradient is right but for its sign.
    Sign,
    /// It is a multiple of what it should be.
    Factor {
        /// The ratio.
        factor: f64,
        /// The rows of the batch: a factor of as many is a mean confused with a sum.
        rows: usize,
    },
    /// Its rows and columns are exchanged.
    Transposed,
    /// The same number everywhere.
    OneNumber,
    /// All its rows are the same, but they should differ.
    SameRows,
    /// All its columns are the same, but they should differ.
    SameColumns,
    /// A wrong rule for δ fits.
    Rule {
        /// The mistake in δ.
        rule: String,
        /// The ratio to the gradient by that rule; none where the rule leaves the size open.
        factor: Option<f64>,
        /// The number of entries that it fits.
        entries: usize,
        /// The residual, relative to the size of the gradient.
        residual: f64,
    },
}

/// The mistake in words, with the evidence.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forgotten => "it is 0 everywhere: it was forgotten",
            Self::Sign => "it is −1 times what it should be: the sign is wrong",
            Self::Transposed => "its rows and columns are exchanged: it is the transpose of what it should be",
            Self::OneNumber => {
                "it is the same number everywhere: a sum over rows or units was broadcast to its shape"
            }
            Self::SameRows => {
                "all its rows are the same: δ was summed over the batch without the inputs, and broadcast"
            }
            Self::SameColumns => {
                "all its columns are the same: the inputs were summed without each unit's own δ, and broadcast"
            }
            Self::Factor { factor, rows } => {
                let cause = cause(*factor, *rows);
                return write!(f, "it is {factor:.6} times what it should be: {cause}");
            }
            Self::Rule {
                rule,
                factor,
                entries,
                residual,
            } => {
                f.write_str(rule)?;
                if let Some(factor) = factor.filter(|factor| (factor - 1.0).abs() > FIT) {
                    write!(f, "; and it is {factor:.6} times that")?;
                }
                return write!(
                    f,
                    " (fits all {entries} entries, to {residual:.0e} of their size)"
                );
            }
        })
    }
}

/// The cause of a factor.
fn cause(factor: f64, rows: usize) -> String {
    let is = |other: f64| (factor / other - 1.0).abs() < FIT;
    let n = rows as f64;
    match () {
        () if rows > 1 && is(n) => {
            format!("the division by the {rows} rows is missing, a sum instead of a mean")
        }
        () if rows > 1 && is(1.0 / n) => {
            format!("it is divided by the {rows} rows once too often, a mean instead of a sum")
        }
        () if is(2.0) => "there is a factor of 2 too many: for half a square the 2 cancels".into(),
        () if is(0.5) => "the 2 of the square is missing".into(),
        () if rows > 1 && is(-n) => format!("the sign, and the division by the {rows} rows"),
        () if is(-2.0) || is(-0.5) => "the sign, and the 2 of the square".into(),
        () => "a factor is wrong".into(),
    }
}

/// The least-squares c of given ≈ c·of, and the residual relative to the size of `given`, where that is within rounding.
pub(super) fn fits(given: &[f64], of: &[f64]) -> Option<(f64, f64)> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (size, other) = (dot(given, given), dot(of, of));
    if !(size > 0.0 && other > 0.0 && size.is_finite() && other.is_finite()) {
        return None;
    }
    let factor = dot(given, of) / other;
    let pairs = given.iter().zip(of);
    let left: f64 = pairs.map(|(given, of)| (given - factor * of).powi(2)).sum();
    let residual = (left / size).sqrt();
    (residual < FIT).then_some((factor, residual))
}

/// The mistake that the numbers of a part show, if any. `given` is wrong, `right` is correct.
pub(super) fn of_numbers(given: &[f64], right: &[f64], rows: usize) -> Option<Pattern> {
    let (factor, _) = fits(given, right)?;
    Some(match (factor + 1.0).abs() < FIT {
        true => Pattern::Sign,
        false => Pattern::Factor { factor, rows },
    })
}

/// The mistake that the places of the numbers show, if any: tried after the wrong rules, which may look alike.
pub(super) fn of_places(part: &ParameterPart, given: &[f64], right: &[f64]) -> Option<Pattern> {
    let (rows, columns) = (part.rows, part.columns);
    let is_same = |a: f64, b: f64| (a - b).abs() <= FIT * a.abs().max(b.abs());
    if given.iter().all(|&derivative| is_same(derivative, given[0])) {
        return Some(Pattern::OneNumber);
    }
    if part.kind != PartKind::Weights || rows < 2 || columns < 2 {
        return None;
    }
    // (columns, rows), row-major.
    let transposed: Vec<f64> = (0..columns)
        .flat_map(|column| right.iter().skip(column).step_by(columns).copied())
        .collect();
    if fits(given, &transposed).is_some_and(|(factor, _)| (factor - 1.0).abs() < FIT) {
        return Some(Pattern::Transposed);
    }
    let (first, mut all) = (&given[..columns], given.chunks_exact(columns));
    if all
        .clone()
        .all(|row| row.iter().zip(first).all(|(&a, &b)| is_same(a, b)))
    {
        return Some(Pattern::SameRows);
    }
    all.all(|row| row.iter().all(|&derivative| is_same(derivative, row[0])))
        .then_some(Pattern::SameColumns)
}
