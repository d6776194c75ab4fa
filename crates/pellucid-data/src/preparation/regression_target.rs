//! A target of numbers: how a network learns it, and how its outputs become numbers in the table's unit again.

use super::error::at;
use super::normal::{normal_probability, normal_quantile, quantile_at, quantiles, rank};
use super::number::mean_and_std;
use crate::error::{DataError, Result, problem};
use crate::table::Table;
use pellucid::recipe::TargetTransform;
use serde::{Deserialize, Serialize};

/// The most quantiles that are kept of a target, as scikit-learn's `QuantileTransformer` keeps.
const MOST_QUANTILES: usize = 1000;
/// From this skewness on, a target of positive numbers is better learnt as its logarithm, as a rule.
const STRONGLY_SKEWED: f64 = 2.0;
/// A prediction beyond 10^304 of any unit is cut off there, so that it stays finite.
const LARGEST_LOGARITHM: f64 = 700.0;

/// A target column of numbers, which a network learns as (f(number) − mean) / std with the transform f.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegressionTarget {
    /// Its name.
    pub column: String,
    /// The mean of f over training rows; 0 if it is not standardised.
    pub mean: f64,
    /// The standard deviation, over all training rows; 1 if it is not standardised.
    pub std: f64,
    /// The transform.
    #[serde(default, skip_serializing_if = "is_standard")]
    pub transform: TargetTransform,
    /// Evenly spaced quantiles of the training rows, for [`TargetTransform::QuantileNormal`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<f64>,
    /// The smallest and the largest number of the training rows, where predictions are limited to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
}

fn is_standard(transform: &TargetTransform) -> bool {
    *transform == TargetTransform::Standard
}

impl RegressionTarget {
    /// Fits to the numbers of training rows, `rows` of the table.
    pub(super) fn fit(
        (table, rows): (&Table, &[u32]),
        column: &str,
        values: &[f64],
        transform: TargetTransform,
        clamps: bool,
    ) -> Result<Self> {
        let (mean, std) = mean_and_std(values.iter().copied());
        if std == 0.0 {
            return Err(never_changes(table, column, &mean.to_string()));
        }
        if !mean.is_finite() || !std.is_finite() {
            let message = "the numbers are too large to compute with; divide them by a power of ten";
            return Err(problem(at(table, column, None), message));
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (mean, std) = match transform {
            TargetTransform::Standard => (mean, std),
            TargetTransform::None | TargetTransform::QuantileNormal => (0.0, 1.0),
            TargetTransform::Log => {
                if let Some(row) = values.iter().position(|value| *value <= 0.0) {
                    return Err(no_logarithm(table, column, values[row], rows[row]));
                }
                let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
                match mean_and_std(logarithms.into_iter()) {
                    // Numbers that differ in their last digits only may have one logarithm.
                    (mean, 0.0) => (mean, 1.0),
                    fitted => fitted,
                }
            }
        };
        Ok(Self {
            column: column.to_owned(),
            mean,
            std,
            transform,
            quantiles: match transform {
                TargetTransform::QuantileNormal => quantiles(&sorted, sorted.len().min(MOST_QUANTILES)),
                _ => Vec::new(),
            },
            range: clamps.then(|| [sorted[0], sorted[sorted.len() - 1]]),
        })
    }

    /// What the network learns of a number of a row.
    pub(super) fn encode(&self, table: &Table, row: u32, value: f64) -> Result<f64> {
        let transformed = match self.transform {
            TargetTransform::Standard | TargetTransform::None => value,
            TargetTransform::Log if value <= 0.0 => {
                return Err(no_logarithm(table, &self.column, value, row));
            }
            TargetTransform::Log => value.ln(),
            TargetTransform::QuantileNormal => normal_quantile(rank(value, &self.quantiles)),
        };
        Ok((transformed - self.mean) / self.std)
    }

    /// The number that an output stands for.
    pub(super) fn decode(&self, output: f64) -> f64 {
        let transformed = self.mean + self.std * output;
        let number = match self.transform {
            TargetTransform::Standard | TargetTransform::None => transformed,
            TargetTransform::Log => transformed.min(LARGEST_LOGARITHM).exp(),
            TargetTransform::QuantileNormal => quantile_at(normal_probability(transformed), &self.quantiles),
        };
        match self.range {
            Some([smallest, largest]) => number.clamp(smallest, largest),
            None => number,
        }
    }

    /// Whether its parts make sense together.
    pub(super) fn is_consistent(&self) -> bool {
        let needs_quantiles = self.transform == TargetTransform::QuantileNormal;
        let is_range = |[smallest, largest]: [f64; 2]| smallest <= largest;
        needs_quantiles != self.quantiles.is_empty() && self.range.is_none_or(is_range)
    }

    /// Why the logarithm may be learnt better, if it may.
    pub(super) fn note(&self, values: &[f64]) -> Option<String> {
        let is_positive = values.iter().all(|value| *value > 0.0);
        if self.transform != TargetTransform::Standard || !is_positive {
            return None;
        }
        let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let (of_numbers, of_logarithms) = (skewness(values), skewness(&logarithms));
        let is_better = of_numbers > STRONGLY_SKEWED && of_logarithms.abs() < of_numbers / 2.0;
        is_better.then(|| {
            format!(
                "target `{}`: a few numbers are far above all others (skewness {of_numbers:.1}, of the logarithms \
                 {of_logarithms:.1}); --target-transform log learns the logarithm",
                self.column
            )
        })
    }
}

/// The mean of ((x − mean)/std)³.
fn skewness(values: &[f64]) -> f64 {
    let (mean, std) = mean_and_std(values.iter().copied());
    let cubes = values.iter().map(|value| ((value - mean) / std).powi(3));
    let skewness = cubes.sum::<f64>() / values.len() as f64;
    // A note shows one decimal, and no negative zero.
    if skewness.abs() < 0.05 { 0.0 } else { skewness }
}

fn no_logarithm(table: &Table, column: &str, value: f64, row: u32) -> DataError {
    let message = format!(
        "{value} has no logarithm; --target-transform log needs numbers above 0; `quantile_normal` takes any"
    );
    problem(at(table, column, Some(row)), message)
}

pub(super) fn never_changes(table: &Table, target: &str, value: &str) -> DataError {
    let message = format!(
        "the target is {value} in every training row, so there is nothing to learn; choose another target, or other rows"
    );
    problem(at(table, target, None), message)
}

#[cfg(test)]
mod tests;
