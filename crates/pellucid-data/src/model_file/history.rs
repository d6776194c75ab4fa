//! The epochs of a training.

use pellucid::record::Number;
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
    /// Whatever else was measured, by name.
    pub metrics: BTreeMap<String, f64>,
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
            metrics: line
                .metrics
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
        }
    }
}

impl From<EpochLine> for Written {
    fn from(line: EpochLine) -> Self {
        Self {
            epoch: line.epoch,
            loss: Spelled::Number(line.loss),
            validation_loss: line.validation_loss.map(Spelled::Number),
            metrics: line
                .metrics
                .into_iter()
                .map(|(name, value)| (name, Spelled::Number(value)))
                .collect(),
        }
    }
}
