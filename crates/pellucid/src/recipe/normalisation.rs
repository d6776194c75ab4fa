//! `normalisation` of `[network]`.

use crate::error::Error;
use crate::normalisation::Normalisation;
use pellucid_kernels::name_or_table;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A normalisation's name, or a table with its settings; [`Normalisation`] says what they are.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct NormalisationRecipe {
    /// Which.
    pub name: NormalisationName,
    /// `batch`: what a batch's mean and variance weigh in the running ones; 0.1 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// What keeps the quotient finite; 1e-5 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
}

name_or_table!(NormalisationRecipe of NormalisationName, "the name of a normalisation, or a table with its name and settings");

/// How a layer's sums are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormalisationName {
    /// Not at all.
    #[default]
    None,
    /// Each unit's over the rows of a batch.
    Batch,
    /// Each row's over the units of the layer.
    Layer,
}

impl NormalisationRecipe {
    /// The normalisation, or none.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting of another normalisation.
    pub fn normalisation(self) -> Result<Option<Normalisation>, Error> {
        let epsilon = self.epsilon.unwrap_or(1e-5);
        let normalisation = match self.name {
            NormalisationName::None => None,
            NormalisationName::Batch => Some(Normalisation::Batch {
                momentum: self.momentum.unwrap_or(0.1),
                epsilon,
            }),
            NormalisationName::Layer => Some(Normalisation::Layer { epsilon }),
        };
        let refuse = |key: &str, value: f64, of: &str| {
            Err(Error::Setting {
                key: format!("network.normalisation.{key}"),
                found: value.to_string(),
                expected: format!("it is for {of}"),
            })
        };
        match (normalisation, self.momentum, self.epsilon) {
            (None | Some(Normalisation::Layer { .. }), Some(momentum), _) => {
                refuse("momentum", momentum, "\"batch\"")
            }
            (None, _, Some(epsilon)) => refuse("epsilon", epsilon, "\"batch\" and \"layer\""),
            _ => Ok(normalisation),
        }
    }
}

impl From<Option<Normalisation>> for NormalisationRecipe {
    fn from(normalisation: Option<Normalisation>) -> Self {
        let of = |epsilon: f64| (epsilon != 1e-5).then_some(epsilon);
        match normalisation {
            None => Self::default(),
            Some(Normalisation::Batch { momentum, epsilon }) => Self {
                name: NormalisationName::Batch,
                momentum: (momentum != 0.1).then_some(momentum),
                epsilon: of(epsilon),
            },
            Some(Normalisation::Layer { epsilon }) => Self {
                name: NormalisationName::Layer,
                momentum: None,
                epsilon: of(epsilon),
            },
        }
    }
}

/// One normalisation for all hidden layers, or one for each layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Normalisations {
    /// The same for every hidden layer; the output layer has none.
    Hidden(NormalisationRecipe),
    /// One for each layer after the inputs.
    Each(Vec<NormalisationRecipe>),
}

impl Default for Normalisations {
    fn default() -> Self {
        Self::Hidden(NormalisationRecipe::default())
    }
}

impl Normalisations {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        let is_none = |one: &NormalisationRecipe| *one == NormalisationRecipe::default();
        match self {
            Self::Hidden(one) => is_none(one),
            Self::Each(each) => each.iter().all(is_none),
        }
    }

    /// What each of so many layers after the inputs has; a list as it is.
    ///
    /// # Errors
    /// As [`NormalisationRecipe::normalisation`].
    pub fn of_layers(&self, layers: usize) -> Result<Vec<Option<Normalisation>>, Error> {
        match self {
            Self::Hidden(one) => {
                let mut all = vec![one.normalisation()?; layers];
                if let Some(output) = all.last_mut() {
                    *output = None;
                }
                Ok(all)
            }
            Self::Each(each) => each.iter().map(|one| one.normalisation()).collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Normalisations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Normalisations;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a normalisation, by name or as a table, or a list of them, one for each layer after the inputs",
                )
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Normalisations, E> {
                let name: StrDeserializer<'_, E> = name.into_deserializer();
                NormalisationName::deserialize(name).map(|name| Normalisations::Hidden(name.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Normalisations, A::Error> {
                let one = <NormalisationRecipe as Deserialize>::deserialize(MapAccessDeserializer::new(map));
                one.map(Normalisations::Hidden)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Normalisations, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Normalisations::Each)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
