//! Reads `class_weight` of `[data]` and `[data.table]`: the weights of the classes in training.

use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The weight of the rows of each class.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// 1 each.
    #[default]
    None,
    /// rows / (classes · rows of the class), so that all classes have the same weight.
    Balanced,
    /// These weights, in the order of the classes.
    #[serde(untagged)]
    Each(Vec<f64>),
}

impl ClassWeight {
    /// Whether every row has the weight 1.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// The weight of a row of each class, from the number of rows of each; 0 for a class without rows, if they are
    /// balanced. `key` names the setting in errors.
    ///
    /// # Errors
    /// [`Error::Setting`]: not a weight for each class, or one that is negative or not finite.
    pub fn of_classes(&self, key: &str, counts: &[usize]) -> Result<Vec<f64>> {
        match self {
            Self::None => Ok(vec![1.0; counts.len()]),
            Self::Balanced => {
                let rows: usize = counts.iter().sum();
                let present = counts.iter().filter(|&&count| count > 0).count();
                let weight = |&count: &usize| match count {
                    0 => 0.0,
                    count => rows as f64 / (present * count) as f64,
                };
                Ok(counts.iter().map(weight).collect())
            }
            Self::Each(weights) => {
                let usable = |weight: &f64| weight.is_finite() && *weight >= 0.0;
                if weights.len() == counts.len() && weights.iter().all(usable) {
                    return Ok(weights.clone());
                }
                let expected = format!(
                    "a finite number, 0 or more, is needed for each of {} classes, or \"balanced\"",
                    counts.len()
                );
                Err(Error::from(SettingError::new(
                    key,
                    format!("{weights:?}"),
                    expected,
                )))
            }
        }
    }
}

impl<'de> Deserialize<'de> for ClassWeight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ClassWeight;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"none\", \"balanced\", or a list of numbers, one for each class")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ClassWeight, E> {
                match name {
                    "none" => Ok(ClassWeight::None),
                    "balanced" => Ok(ClassWeight::Balanced),
                    other => Err(E::unknown_variant(other, &["none", "balanced"])),
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<ClassWeight, A::Error> {
                let weights = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                if weights.is_empty() {
                    return Err(serde::de::Error::invalid_length(0, &"a number for each class"));
                }
                Ok(ClassWeight::Each(weights))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
