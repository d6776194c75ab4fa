//! Metrics: what people read a run by, besides its loss.

use crate::loss::Loss;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// A figure of how good outputs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The part of samples whose class is right: the largest output, or for a single output the side of ½.
    Accuracy,
    /// The mean of |a − y| over samples and outputs.
    MeanAbsoluteError,
    /// The mean of (a − y)² over samples and outputs.
    MeanSquaredError,
    /// The mean of the outputs themselves: what a run on a single sample is watched by.
    #[serde(rename = "y_pred")]
    YPred,
}

impl Metric {
    /// Every metric there is.
    pub const ALL: [Metric; 4] = [
        Metric::Accuracy,
        Metric::MeanAbsoluteError,
        Metric::MeanSquaredError,
        Metric::YPred,
    ];

    /// The name in recipes and records.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "accuracy",
            Metric::MeanAbsoluteError => "mean_absolute_error",
            Metric::MeanSquaredError => "mean_squared_error",
            Metric::YPred => "y_pred",
        }
    }

    /// The metric summed over rows of `width` outputs, and how many things it is the mean of.
    fn sum<T: Scalar>(self, outputs: &[T], targets: &[T], width: usize) -> (f64, f64) {
        let pairs = || outputs.iter().zip(targets).map(|(a, y)| (a.to_f64(), y.to_f64()));
        let values = outputs.len() as f64;
        match self {
            Metric::Accuracy => {
                let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width));
                let right = rows.filter(|(a, y)| class_of(a) == class_of(y)).count();
                (right as f64, (outputs.len() / width) as f64)
            }
            Metric::MeanAbsoluteError => (pairs().map(|(a, y)| (a - y).abs()).sum(), values),
            Metric::MeanSquaredError => (pairs().map(|(a, y)| (a - y) * (a - y)).sum(), values),
            Metric::YPred => (outputs.iter().map(|a| a.to_f64()).sum(), values),
        }
    }
}

/// The class that a row of outputs speaks for: the first of the largest; for a single output whether it is above ½.
pub fn class_of<T: Scalar>(outputs: &[T]) -> usize {
    match outputs {
        [single] => usize::from(*single > T::HALF),
        many => (1..many.len()).fold(0, |best, j| if many[j] > many[best] { j } else { best }),
    }
}

/// A running mean of a metric over the batches it has seen.
#[derive(Debug, Clone)]
pub struct Mean {
    metric: Metric,
    sum: f64,
    count: f64,
}

impl Mean {
    /// A mean that has seen nothing.
    pub fn new(metric: Metric) -> Self {
        Self {
            metric,
            sum: 0.0,
            count: 0.0,
        }
    }

    /// The metric.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Takes in a batch: `outputs` and `targets` are (rows, width).
    pub fn add<T: Scalar>(&mut self, outputs: &[T], targets: &[T], width: usize) {
        let (sum, count) = self.metric.sum(outputs, targets, width);
        self.sum += sum;
        self.count += count;
    }

    /// The mean so far, NaN before the first batch; the next mean starts afresh.
    pub fn take(&mut self) -> f64 {
        let mean = self.sum / self.count;
        *self = Self::new(self.metric);
        mean
    }
}

/// The metrics worth knowing at the end of a run: errors, and accuracy where targets are classes.
pub fn suited_to(loss: Loss, targets_are_zero_or_one: bool) -> Vec<Metric> {
    let mut metrics = vec![Metric::MeanSquaredError, Metric::MeanAbsoluteError];
    if targets_are_zero_or_one || loss.wants_probabilities() {
        metrics.insert(0, Metric::Accuracy);
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(metric: Metric, outputs: &[f64], targets: &[f64], width: usize) -> f64 {
        let mut mean = Mean::new(metric);
        mean.add(outputs, targets, width);
        mean.take()
    }

    #[test]
    fn accuracy_counts_the_largest_output_or_the_side_of_a_half() {
        assert_eq!(
            mean(
                Metric::Accuracy,
                &[0.1, 0.7, 0.2, 0.9, 0.1, 0.0],
                &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
                3
            ),
            0.5
        );
        assert_eq!(
            mean(Metric::Accuracy, &[0.4, 0.6, 0.7, 0.2], &[0.0, 1.0, 0.0, 0.0], 1),
            0.75
        );
    }

    #[test]
    fn errors_are_means_over_samples_and_outputs() {
        assert_eq!(mean(Metric::MeanAbsoluteError, &[1.0, -3.0], &[0.0, 0.0], 2), 2.0);
        assert_eq!(mean(Metric::MeanSquaredError, &[1.0, -3.0], &[0.0, 0.0], 2), 5.0);
    }
}
