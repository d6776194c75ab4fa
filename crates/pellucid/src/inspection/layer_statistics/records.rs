//! The record of layer statistics, in plain numbers.

use serde::{Deserialize, Serialize};

/// The statistics of a network at one moment of its training, over the sampled rows.
///
/// In JSON a number that is not finite is the string `"nan"`, `"inf"` or `"-inf"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerStatistics {
    /// The completed epochs: 0 before training, 1 after the first epoch.
    pub epoch: u64,
    /// The number of parameter updates so far.
    pub updates: u64,
    /// The mean loss of the training samples in that epoch, each before the step it took part in; none before training.
    #[serde(with = "spelled_option", default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// The layers, the first hidden one first, the output layer last.
    pub layers: Vec<LayerSummary>,
}

/// One layer at one moment. Gradients are those of the mean loss of the sampled rows, without penalties. RMS is the root of
/// the mean square, √(Σ v² / count).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LayerSummary {
    /// RMS of ∂L/∂W over the layer's weights.
    #[serde(with = "spelled")]
    pub gradient_rms: f64,
    /// RMS of ∂L/∂b over the layer's biases, if it has any.
    #[serde(with = "spelled_option", default, skip_serializing_if = "Option::is_none")]
    pub bias_gradient_rms: Option<f64>,
    /// RMS of δ = ∂ℓ/∂z over sampled rows and units, ℓ being the loss of the row alone.
    #[serde(with = "spelled")]
    pub delta_rms: f64,
    /// RMS of the weights.
    #[serde(with = "spelled")]
    pub weight_rms: f64,
    /// ‖ΔW‖/‖W‖ of a step, Euclidean norms of the layer's weights: the root of the mean square over the last steps of the
    /// epoch. About 1e-3 is usual. None before training.
    #[serde(with = "spelled_option", default, skip_serializing_if = "Option::is_none")]
    pub update_ratio: Option<f64>,
    /// The share of units, 0 to 1, that are saturated: their function is bounded (such as sigmoid and tanh), and flat on
    /// every sampled row.
    pub saturated_units: f64,
    /// The share of units, 0 to 1, that are dead: their function is a rectifier (such as relu), and flat on every sampled
    /// row.
    pub dead_units: f64,
    /// The share of all pairs of sampled row and unit where the function is flat: its derivative is below
    /// [`FLAT`](super::FLAT) of the largest it has.
    pub flat: f64,
    /// The mean of the activations over sampled rows and units.
    #[serde(with = "spelled")]
    pub activation_mean: f64,
    /// Their standard deviation.
    #[serde(with = "spelled")]
    pub activation_deviation: f64,
}

/// Non-finite numbers, which JSON does not have, as strings.
mod spelled {
    use crate::number::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        Number(*number).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Number::deserialize(deserializer).map(|number| number.0)
    }
}

/// The same of a number that may be missing.
mod spelled_option {
    use crate::number::Number;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        number.map(Number).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Number>::deserialize(deserializer)?.map(|number| number.0))
    }
}
