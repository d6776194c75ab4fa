//! A target of numbers: how a network learns it, and how its outputs become numbers in the table's unit again.

use super::error::at;
use super::moments::mean_and_std;
use super::normal::{normal_probability, normal_quantile, quantile_at, quantiles, rank};
use crate::error::{DataError, Result, problem};
use crate::table::Table;
use pellucid::elementary;
use pellucid::recipe::TargetTransform;
use serde::{Deserialize, Serialize};

/// The most quantiles that are kept of a target, as scikit-learn's `QuantileTransformer` keeps.
const MOST_QUANTILES: usize = 1000;
/// From this skewness on, of either sign, a target is often better learnt as its logarithm or its quantiles.
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
                let logarithms: Vec<f64> = values.iter().map(|&value| elementary::ln(value)).collect();
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
            TargetTransform::Log => elementary::ln(value),
            TargetTransform::QuantileNormal => normal_quantile(rank(value, &self.quantiles)),
        };
        Ok((transformed - self.mean) / self.std)
    }

    /// The number that an output stands for.
    pub(super) fn decode(&self, output: f64) -> f64 {
        let transformed = self.mean + self.std * output;
        let number = match self.transform {
            TargetTransform::Standard | TargetTransform::None => transformed,
            TargetTransform::Log => elementary::exp(transformed.min(LARGEST_LOGARITHM)),
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

    /// Why the logarithm may be learnt better, if it may; else why the quantiles may. `values` are those of the training rows.
    pub(super) fn note(&self, values: &[f64]) -> Option<String> {
        let of_numbers = skewness(values);
        if self.transform != TargetTransform::Standard || of_numbers.abs() <= STRONGLY_SKEWED {
            return None;
        }
        let is_better = |transformed: f64| transformed.abs() < of_numbers.abs() / 2.0;
        let side = if of_numbers > 0.0 { "above" } else { "below" };
        let found = format!(
            "target `{}`: a few numbers are far {side} all others (skewness {of_numbers:.1}",
            self.column
        );
        if values.iter().all(|value| *value > 0.0) {
            let of_logarithms = skewness(
                &values
                    .iter()
                    .map(|&value| elementary::ln(value))
                    .collect::<Vec<_>>(),
            );
            if is_better(of_logarithms) {
                return Some(format!(
                    "{found}, of the logarithms {of_logarithms:.1}); --target-transform log learns the logarithm"
                ));
            }
        }
        let of_quantiles = skewness_of_quantiles(values);
        is_better(of_quantiles).then(|| {
            format!(
                "{found}, of their normal quantiles {of_quantiles:.1}); --target-transform quantile-normal learns these, whose \
                 predictions are nearer to the median than to the mean"
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

/// The skewness of the normal quantiles that [`TargetTransform::QuantileNormal`] makes of these numbers.
fn skewness_of_quantiles(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quantiles = quantiles(&sorted, sorted.len().min(MOST_QUANTILES));
    let transformed = values
        .iter()
        .map(|value| normal_quantile(rank(*value, &quantiles)));
    skewness(&transformed.collect::<Vec<_>>())
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
