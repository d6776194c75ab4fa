//! Reads `dropout` of `[train]`: one rate for all hidden layers, or one for each layer.

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The dropout rates of the layers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DropoutRates {
    /// This rate for all hidden units; inputs have none.
    Hidden(f64),
    /// One for each layer except the last, the inputs first.
    Each(Vec<f64>),
}

impl Default for DropoutRates {
    fn default() -> Self {
        Self::Hidden(0.0)
    }
}

impl From<f64> for DropoutRates {
    fn from(rate: f64) -> Self {
        Self::Hidden(rate)
    }
}

impl DropoutRates {
    /// Whether there is no dropout.
    pub fn is_none(&self) -> bool {
        match self {
            Self::Hidden(rate) => *rate == 0.0,
            Self::Each(rates) => rates.iter().all(|&rate| rate == 0.0),
        }
    }

    /// The rate of the inputs.
    pub fn of_inputs(&self) -> f64 {
        match self {
            Self::Hidden(_) => 0.0,
            Self::Each(rates) => rates.first().copied().unwrap_or(0.0),
        }
    }

    /// The rate of each of so many hidden layers.
    pub fn of_hidden(&self, layers: usize) -> Vec<f64> {
        match self {
            Self::Hidden(rate) => vec![*rate; layers],
            Self::Each(rates) => rates.iter().skip(1).copied().take(layers).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for DropoutRates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = DropoutRates;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rate, or a list of rates, one for each layer but the last, the inputs first")
            }
            fn visit_f64<E: Error>(self, rate: f64) -> Result<DropoutRates, E> {
                Ok(DropoutRates::Hidden(rate))
            }
            fn visit_i64<E: Error>(self, rate: i64) -> Result<DropoutRates, E> {
                Ok(DropoutRates::Hidden(rate as f64))
            }
            fn visit_u64<E: Error>(self, rate: u64) -> Result<DropoutRates, E> {
                Ok(DropoutRates::Hidden(rate as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DropoutRates, A::Error> {
                let mut rates = Vec::new();
                while let Some(rate) = list.next_element()? {
                    rates.push(rate);
                }
                Ok(DropoutRates::Each(rates))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
