//! The epochs of a training.

use pellucid::session::record::Number;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an epoch came to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct EpochLine {
    /// The epoch, counted from 1.
    pub epoch: u64,
    /// The mean loss over training rows.
    pub loss: f64,
    /// The mean loss over validation rows, where there are any.
    pub validation_loss: Option<f64>,
    /// Metrics of validation rows, by name; of training rows where there are no others.
    pub metrics: BTreeMap<String, f64>,
    /// Metrics of training rows, each before the step it took part in, beside those of validation rows.
    pub training_metrics: BTreeMap<String, f64>,
}

/// As it is written: JSON cannot spell every number.
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

fn all<A, B: From<A>>(metrics: BTreeMap<String, A>) -> BTreeMap<String, B> {
    let pairs = metrics.into_iter();
    pairs.map(|(name, value)| (name, value.into())).collect()
}

impl From<f64> for Spelled {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Spelled {
    #[serde(deserialize_with = "f64::deserialize")]
    Number(#[serde(serialize_with = "spell")] f64),
    Word(Word),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Nan,
    Inf,
    #[serde(rename = "-inf")]
    MinusInf,
}

fn spell<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Number(*number).serialize(serializer)
}

impl From<Spelled> for f64 {
    fn from(spelled: Spelled) -> Self {
        match spelled {
            Spelled::Number(number) => number,
            Spelled::Word(Word::Nan) => f64::NAN,
            Spelled::Word(Word::Inf) => f64::INFINITY,
            Spelled::Word(Word::MinusInf) => f64::NEG_INFINITY,
        }
    }
}

impl From<Written> for EpochLine {
    fn from(line: Written) -> Self {
        Self {
            epoch: line.epoch,
            loss: line.loss.into(),
            validation_loss: line.validation_loss.map(f64::from),
            metrics: all(line.metrics),
            training_metrics: all(line.training_metrics),
        }
    }
}

impl From<EpochLine> for Written {
    fn from(line: EpochLine) -> Self {
        Self {
            epoch: line.epoch,
            loss: Spelled::Number(line.loss),
            validation_loss: line.validation_loss.map(Spelled::Number),
            metrics: all(line.metrics),
            training_metrics: all(line.training_metrics),
        }
    }
}
