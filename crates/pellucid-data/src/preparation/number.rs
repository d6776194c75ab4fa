//! The transform of a number column: filled where missing, then scaled.

use super::counts::ColumnCounts;
use pellucid::Scalar;
use pellucid::recipe::Scale;
use serde::{Deserialize, Serialize};

/// A number column's transform: (value − `shift`) / `divisor`, a missing value being the `median`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberTransform {
    /// The median of the training rows that have a value; it replaces missing values.
    pub median: f64,
    /// The smallest value of a training row.
    pub minimum: f64,
    /// The largest value of a training row.
    pub maximum: f64,
    /// Subtracted from a value: the mean, the minimum or 0.
    pub shift: f64,
    /// The divisor of the difference: the standard deviation (over all training rows), the range or 1.
    pub divisor: f64,
    /// Whether a second feature is 1 where the value is missing: if it is missing in some training row.
    pub marks_missing: bool,
}

impl NumberTransform {
    /// Fits to training rows, NaN where missing, of which at least one is not. `None` if the numbers are too large to
    /// compute with.
    pub(super) fn fit(values: &[f64], scale: Scale) -> Option<Self> {
        let mut present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        present.sort_by(f64::total_cmp);
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
            Scale::None => (0.0, 1.0),
        };
        Some(Self {
            median,
            minimum,
            maximum,
            shift,
            divisor: if divisor == 0.0 { 1.0 } else { divisor },
            marks_missing: present.len() < values.len(),
        })
        .filter(|fitted| fitted.shift.is_finite() && fitted.divisor.is_finite())
    }

    pub(super) fn width(&self) -> usize {
        1 + usize::from(self.marks_missing)
    }

    /// Writes a row's features, and counts unusual values. `None` if the value is too large for this precision.
    pub(super) fn write<T: Scalar>(
        &self,
        value: f64,
        features: &mut [T],
        counts: &mut ColumnCounts,
    ) -> Option<()> {
        let missing = value.is_nan();
        let value = if missing { self.median } else { value };
        features[0] = T::from_f64((value - self.shift) / self.divisor);
        if self.marks_missing {
            features[1] = if missing { T::ONE } else { T::ZERO };
        }
        counts.missing += usize::from(missing);
        let range = self.maximum - self.minimum;
        counts.outside += usize::from(value > self.maximum + range || value < self.minimum - range);
        features[0].is_finite().then_some(())
    }
}

/// Mean and standard deviation over all values, as `numpy.std`; exactly 0 where they are all equal.
pub(super) fn mean_and_std(values: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.len() as f64;
    let first = values.clone().next().unwrap_or(0.0);
    if values.clone().all(|value| value == first) {
        return (first, 0.0);
    }
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}
