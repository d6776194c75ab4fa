//! The epochs of a training, as a model file keeps them.

use pellucid::session::record::Number;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// The losses and metrics of an epoch.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct EpochLine {
    /// The epoch, counted from 1.
    pub epoch: u64,
    /// The mean loss over training rows.
    pub loss: f64,
    /// The mean loss over validation rows, if there are any.
    pub validation_loss: Option<f64>,
    /// Metrics of validation rows, by name; of training rows if there are no validation rows.
    pub metrics: BTreeMap<String, f64>,
    /// Metrics of training rows, each before the step it took part in, beside those of validation rows.
    pub training_metrics: BTreeMap<String, f64>,
}

/// The line in JSON, which has no infinite numbers and no NaN.
#[derive(Serialize, Deserialize)]
struct Written {
    epoch: u64,
    loss: Spelled,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation_loss: Option<Spelled>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    metrics: BTreeMap<String, Spelled>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    training_metrics: BTreeMap<String, Spelled>,
}

/// A number, spelled `nan`, `inf` or `-inf` if it is not finite.
struct Spelled(f64);

impl Serialize for Spelled {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Number(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Spelled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(f64),
            Word(String),
        }
        match Either::deserialize(deserializer)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Word(word) => match word.as_str() {
                "nan" => Ok(Self(f64::NAN)),
                "inf" => Ok(Self(f64::INFINITY)),
                "-inf" => Ok(Self(f64::NEG_INFINITY)),
                _ => Err(de::Error::custom(format!(
                    "expected a number, nan, inf or -inf, found `{word}`"
                ))),
            },
        }
    }
}

impl From<Written> for EpochLine {
    fn from(line: Written) -> Self {
        let numbers =
            |metrics: BTreeMap<String, Spelled>| metrics.into_iter().map(|(name, value)| (name, value.0));
        Self {
            epoch: line.epoch,
            loss: line.loss.0,
            validation_loss: line.validation_loss.map(|loss| loss.0),
            metrics: numbers(line.metrics).collect(),
            training_metrics: numbers(line.training_metrics).collect(),
        }
    }
}

impl From<EpochLine> for Written {
    fn from(line: EpochLine) -> Self {
        let spelled =
            |metrics: BTreeMap<String, f64>| metrics.into_iter().map(|(name, value)| (name, Spelled(value)));
        Self {
            epoch: line.epoch,
            loss: Spelled(line.loss),
            validation_loss: line.validation_loss.map(Spelled),
            metrics: spelled(line.metrics).collect(),
            training_metrics: spelled(line.training_metrics).collect(),
        }
    }
}
