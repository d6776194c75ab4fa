//! What held-out rows decide once a network is trained: how sure its probabilities may be, and how far its numbers are off.
//!
//! Nothing here trains or predicts: a training hands in the outputs of its network for the held-out rows, and the model
//! file keeps what was found.

mod conformal;
mod temperature;
mod threshold;

pub use conformal::{Coverage, MOST_RESIDUALS, Residuals, interval_around};
pub use temperature::{Decisions, Temperature, scale_output_layer, without_output_activation};
pub use threshold::Threshold;

use crate::error::{Result, problem};
use crate::preparation::TargetPreparation;
use serde::{Deserialize, Serialize};

/// What held-out rows decided after a training.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calibrated {
    /// The temperature, by which the parameters of the output layer already are divided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Temperature>,
    /// The threshold between two classes, which the preparation of the target has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Threshold>,
    /// The residuals of each target of numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub residuals: Vec<Residuals>,
    /// The training on all rows that followed, after which nothing of this was decided anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refit: Option<Refit>,
}

/// A training on all rows, held-out ones too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refit {
    /// The number of rows.
    pub rows: usize,
    /// The number of epochs, which was best on held-out rows.
    pub epochs: u64,
}

impl Calibrated {
    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Half the width of the interval around a prediction of each target, which holds the true number with at least the
    /// probability `level`, between 0 and 1. `model` names the model in errors.
    ///
    /// # Errors
    /// The target is classes; no residuals are kept, or too few for this level.
    pub fn half_widths(&self, target: &TargetPreparation, level: f64, model: &str) -> Result<Vec<f64>> {
        if !matches!(target, TargetPreparation::Regression { .. }) {
            let message = "intervals are around predicted numbers, and this model predicts classes; --proba adds their \
                           probabilities";
            return Err(problem(model, message));
        }
        if self.residuals.is_empty() {
            let message = "the model keeps no residuals of held-out rows, which intervals are made of; train it again, with \
                           --validation above 0";
            return Err(problem(model, message));
        }
        let half_width = |residuals: &Residuals| {
            residuals.half_width(level).ok_or_else(|| {
                let (needed, found) = (Residuals::needed_for(level), residuals.len());
                let most = found as f64 / (found as f64 + 1.0);
                let message = format!(
                    "an interval of level {level} needs {needed} held-out rows, and the model keeps the residuals of {found}, \
                     which are enough up to {most:.3}; choose a lower level, or train with more held-out rows (--validation)"
                );
                problem(model, message)
            })
        };
        self.residuals.iter().map(half_width).collect()
    }
}
