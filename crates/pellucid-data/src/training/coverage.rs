//! What prediction intervals are worth on rows whose answers are known.

use super::scores::Answers;
use crate::calibration::{Calibrated, Coverage};
use crate::error::Result;
use crate::preparation::{Predictions, TargetPreparation};
use serde_json::{Map, Value, json};

/// The level of intervals where none is asked for.
const USUAL_LEVEL: f64 = 0.9;

/// What intervals of a level are worth, for each target of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverages {
    /// The probability that an interval should hold the true number.
    pub level: f64,
    /// The name and the coverage of each target.
    pub of_targets: Vec<(String, Coverage)>,
}

impl Coverages {
    /// Measures intervals of `level` around predictions. Without a level it is 0.9, and there are none where the model keeps
    /// too few residuals, or predicts classes. `model` names the model in errors.
    ///
    /// # Errors
    /// As [`Calibrated::half_widths`], where there is a level.
    pub fn measure(
        calibrated: &Calibrated,
        target: &TargetPreparation,
        level: Option<f64>,
        model: &str,
        (predictions, answers): (&Predictions, &Answers),
    ) -> Result<Option<Self>> {
        let asked = level.is_some();
        let level = level.unwrap_or(USUAL_LEVEL);
        let half_widths = match calibrated.half_widths(target, level, model) {
            Ok(half_widths) => half_widths,
            Err(error) if asked => return Err(error),
            Err(_) => return Ok(None),
        };
        let Predictions::Numbers { columns, values } = predictions else {
            return Ok(None);
        };
        let of_target = |(at, (name, half_width)): (usize, (&String, f64))| {
            let pairs = answers
                .numbers()
                .iter()
                .copied()
                .zip(values.values().iter().copied());
            let pairs = pairs.skip(at).step_by(columns.len());
            (name.clone(), Coverage::of_pairs(half_width, pairs))
        };
        let of_targets = columns.iter().zip(half_widths).enumerate().map(of_target);
        Ok(Some(Self {
            level,
            of_targets: of_targets.collect(),
        }))
    }

    /// Level and targets as JSON.
    pub fn to_json(&self) -> Value {
        let of_targets = self.of_targets.iter();
        let targets: Map<String, Value> = of_targets
            .map(|(name, coverage)| (name.clone(), json!(coverage)))
            .collect();
        json!({"level": self.level, "targets": targets})
    }
}
