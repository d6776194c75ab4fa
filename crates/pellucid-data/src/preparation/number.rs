//! The transform of a number column: filled where missing, then scaled or encoded.

use super::counts::ColumnCounts;
use super::moments::mean_and_std;
use super::normal::{normal_quantile, quantiles, rank};
use super::piecewise::{BinChoice, are_edges, encode};
use pellucid::recipe::Scale;
use pellucid::{Scalar, elementary};
use serde::{Deserialize, Serialize};

/// A number column's transform: (value − `shift`) / `divisor`, a missing value being the `median`; smoothly clipped, if it is so
/// scaled, put in the place of its quantile in a normal distribution, or encoded by bins, a feature for each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberTransform {
    /// The median of the training rows that have a value; it replaces missing values.
    pub median: f64,
    /// The smallest value of a training row.
    pub minimum: f64,
    /// The largest value of a training row.
    pub maximum: f64,
    /// Subtracted from a value: the mean, the minimum, the median or 0.
    pub shift: f64,
    /// The divisor of the difference: the standard deviation (over all training rows), the range, the interquartile range or 1.
    pub divisor: f64,
    /// Whether the result x becomes x/√(1 + (x/3)²).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub clips: bool,
    /// Evenly spaced quantiles of the training rows, where a value becomes the normal quantile of its rank among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<f64>,
    /// The edges of the bins in increasing order, where a number is encoded by bins; one where all training rows are equal, so
    /// that there is no bin. A missing number is encoded as zeros if it is marked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<f64>,
    /// Whether a last feature is 1 where the value is missing: if it is missing in some training row.
    pub marks_missing: bool,
}

/// How number columns are fitted.
#[derive(Debug, Clone)]
pub(super) struct NumberFit {
    pub(super) scale: Scale,
    pub(super) bins: BinChoice,
}

impl NumberTransform {
    /// Fits to training rows, NaN where missing, of which at least one is not. `None` if the numbers are too large to
    /// compute with.
    pub(super) fn fit(values: &[f64], NumberFit { scale, bins }: &NumberFit) -> Option<Self> {
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        present.sort_unstable_by(f64::total_cmp);
        let (&minimum, &maximum) = (present.first()?, present.last()?);
        let half = present.len() / 2;
        let median = match present.len() % 2 {
            0 => present[half - 1].midpoint(present[half]),
            _ => present[half],
        };
        let (shift, divisor) = match scale {
            Scale::Standardize => {
                let filled = values.iter().map(|&v| if v.is_nan() { median } else { v });
                mean_and_std(filled)
            }
            Scale::MinMax => (minimum, maximum - minimum),
            Scale::Robust => robust(&present, median),
            Scale::Normal | Scale::PiecewiseQuantile | Scale::PiecewiseTree | Scale::None => (0.0, 1.0),
        };
        let spaced = || quantiles(&present, (present.len() / 30).clamp(10, 1000));
        Some(Self {
            median,
            minimum,
            maximum,
            shift,
            divisor: if divisor == 0.0 { 1.0 } else { divisor },
            clips: *scale == Scale::Robust,
            quantiles: if *scale == Scale::Normal {
                spaced()
            } else {
                Vec::new()
            },
            edges: bins.edges(values, &present)?,
            marks_missing: present.len() < values.len(),
        })
        .filter(|fitted| fitted.shift.is_finite() && fitted.divisor.is_finite())
    }

    /// The same of two words as 0 and 1: −1 and 1 for robust scaling, with 0 for a missing one. They have no bins.
    pub(super) fn of_words(values: &[f64], fit: &NumberFit) -> Option<Self> {
        let without_bins = NumberFit {
            scale: fit.scale,
            bins: BinChoice::None,
        };
        let fitted = Self::fit(values, &without_bins)?;
        Some(match fit.scale {
            Scale::Robust => Self {
                median: 0.5,
                shift: 0.5,
                divisor: 0.5,
                clips: false,
                ..fitted
            },
            Scale::Normal => Self {
                quantiles: Vec::new(),
                ..fitted
            },
            Scale::Standardize
            | Scale::MinMax
            | Scale::PiecewiseQuantile
            | Scale::PiecewiseTree
            | Scale::None => fitted,
        })
    }

    fn scaled(&self, value: f64) -> f64 {
        /// Where the smooth clip tends to.
        const LIMIT: f64 = 3.0;
        if !self.quantiles.is_empty() {
            return normal_quantile(rank(value, &self.quantiles));
        }
        let scaled = (value - self.shift) / self.divisor;
        match self.clips {
            // In this order nothing overflows.
            true => scaled / elementary::hypot(1.0, scaled / LIMIT),
            false => scaled,
        }
    }

    /// How many features the number itself becomes.
    pub(crate) fn encoded_width(&self) -> usize {
        self.edges.len().checked_sub(1).unwrap_or(1)
    }

    pub(super) fn width(&self) -> usize {
        self.encoded_width() + usize::from(self.marks_missing)
    }

    pub(super) fn feature_names(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = match self.edges.is_empty() {
            true => vec![name.to_owned()],
            false => (1..self.edges.len())
                .map(|bin| format!("{name} bin {bin}"))
                .collect(),
        };
        names.extend(self.marks_missing.then(|| format!("{name} is missing")));
        names
    }

    /// Whether its parts make sense together, as those of a file of one's own making may not.
    pub(super) fn is_consistent(&self) -> bool {
        are_edges(&self.edges)
    }

    /// Writes a row's features, which are zeros before, and counts unusual values. `None` if the value is too large for this
    /// precision.
    pub(super) fn write<T: Scalar>(
        &self,
        value: f64,
        features: &mut [T],
        counts: &mut ColumnCounts,
    ) -> Option<()> {
        let missing = value.is_nan();
        let value = if missing { self.median } else { value };
        let (encoded, mark) = features.split_at_mut(self.encoded_width());
        if self.edges.is_empty() {
            encoded[0] = T::from_f64(self.scaled(value));
        } else if !(missing && self.marks_missing) {
            encode(value, &self.edges, encoded);
        }
        // That of a date has no second feature, whatever a model file says.
        if let [mark] = mark {
            *mark = if missing { T::ONE } else { T::ZERO };
        }
        counts.missing += usize::from(missing);
        let range = self.maximum - self.minimum;
        counts.outside += usize::from(value > self.maximum + range || value < self.minimum - range);
        encoded.iter().all(|feature| feature.is_finite()).then_some(())
    }
}

/// Median and interquartile range of sorted values; where quartiles are equal, half of the range.
fn robust(sorted: &[f64], median: f64) -> (f64, f64) {
    let [lower, _, upper] = [1, 2, 3].map(|quarter| quantiles(sorted, 5)[quarter]);
    let range = sorted[sorted.len() - 1] - sorted[0];
    (median, if upper > lower { upper - lower } else { range / 2.0 })
}
