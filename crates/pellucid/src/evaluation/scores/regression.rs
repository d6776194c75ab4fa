//! Scores predicted numbers.

use super::count_pairs;
use crate::error::Result;
use serde::Serialize;

/// The scores of predicted numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegressionScores {
    /// The scores of each output.
    pub outputs: Vec<OutputScores>,
    /// The mean of each score over the outputs, all with the same weight.
    pub mean: OutputScores,
}

/// The scores of one output.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OutputScores {
    /// 1 − Σ(y − a)² / Σ(y − ȳ)². Where the target is constant, 1 for exact predictions and 0 for any other;
    /// `None` for a single row.
    pub r2: Option<f64>,
    /// 1 − var(y − a) / var(y), which ignores a constant offset. Where the target is constant, 1 if y − a is constant
    /// too and 0 otherwise.
    pub explained_variance: f64,
    /// √ of the mean of (y − a)², in the target's unit.
    pub rmse: f64,
    /// The mean of |y − a|, in the target's unit.
    pub mae: f64,
    /// The mean of (y − a)².
    pub mse: f64,
}

impl RegressionScores {
    /// Scores `predictions` against `targets`, both (rows, `outputs`).
    ///
    /// ```
    /// use pellucid::evaluation::scores::RegressionScores;
    /// let scores = RegressionScores::from_predictions(&[2.5, 0.0, 2.0, 8.0], &[3.0, -0.5, 2.0, 7.0], 1)?;
    /// assert_eq!(scores.mean.mae, 0.5);
    /// assert!((scores.mean.r2.unwrap() - 0.9486081370449679).abs() < 1e-15);
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for no rows, or predictions and targets of different shape;
    /// [`Error::NonFiniteInput`](crate::Error::NonFiniteInput).
    pub fn from_predictions(predictions: &[f64], targets: &[f64], outputs: usize) -> Result<Self> {
        let rows = count_pairs("the predictions", predictions, targets, outputs)?;
        let column = |numbers: &[f64], output: usize| -> Vec<f64> {
            numbers[output..].iter().step_by(outputs).copied().collect()
        };
        let outputs: Vec<OutputScores> = (0..outputs)
            .map(|output| OutputScores::from_column(&column(predictions, output), &column(targets, output)))
            .collect();
        let mean =
            |score: fn(&OutputScores) -> f64| outputs.iter().map(score).sum::<f64>() / outputs.len() as f64;
        let mean = OutputScores {
            r2: (rows > 1).then(|| mean(|output| output.r2.unwrap_or(0.0))),
            explained_variance: mean(|output| output.explained_variance),
            rmse: mean(|output| output.rmse),
            mae: mean(|output| output.mae),
            mse: mean(|output| output.mse),
        };
        Ok(Self { outputs, mean })
    }
}

impl OutputScores {
    fn from_column(predictions: &[f64], targets: &[f64]) -> Self {
        let errors: Vec<f64> = targets.iter().zip(predictions).map(|(y, a)| y - a).collect();
        let rows = errors.len() as f64;
        let mse = errors.iter().map(|error| error * error).sum::<f64>() / rows;
        let spread = variance(targets);
        Self {
            r2: (errors.len() > 1).then(|| explained(mse, spread)),
            explained_variance: explained(variance(&errors), spread),
            rmse: mse.sqrt(),
            mae: errors.iter().map(|error| error.abs()).sum::<f64>() / rows,
            mse,
        }
    }
}

fn explained(unexplained: f64, spread: f64) -> f64 {
    match (unexplained == 0.0, spread == 0.0) {
        (true, _) => 1.0,
        (false, true) => 0.0,
        (false, false) => 1.0 - unexplained / spread,
    }
}

/// The variance over all rows; exactly 0 where all values are equal, which a rounded mean would miss.
fn variance(values: &[f64]) -> f64 {
    if values.iter().all(|value| *value == values[0]) {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}
