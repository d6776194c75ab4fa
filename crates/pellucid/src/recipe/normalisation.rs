//! Reads `normalisation` of `[network]`: one for all hidden layers, or one for each layer.

use crate::descriptor::OrNone;
use crate::normalisation::Normalisation;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer, StrDeserializer};
use serde::de::{IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// One normalisation for all hidden layers, or one for each layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Normalisations {
    /// The same for every hidden layer; the output layer has none.
    Hidden(OrNone<Normalisation>),
    /// One for each layer after the inputs.
    Each(Vec<OrNone<Normalisation>>),
}

impl Default for Normalisations {
    fn default() -> Self {
        Self::Hidden(OrNone(None))
    }
}

impl Normalisations {
    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        match self {
            Self::Hidden(one) => one.0.is_none(),
            Self::Each(each) => each.iter().all(|one| one.0.is_none()),
        }
    }

    /// The normalisation of each of so many layers after the inputs; a list as it is.
    pub fn of_layers(&self, layers: usize) -> Vec<Option<Normalisation>> {
        match self {
            Self::Hidden(one) => {
                let mut all = vec![one.0; layers];
                if let Some(output) = all.last_mut() {
                    *output = None;
                }
                all
            }
            Self::Each(each) => each.iter().map(|one| one.0).collect(),
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
                OrNone::deserialize(name).map(Normalisations::Hidden)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Normalisations, A::Error> {
                OrNone::deserialize(MapAccessDeserializer::new(map)).map(Normalisations::Hidden)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Normalisations, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Normalisations::Each)
            }
        }
        deserializer.deserialize_any(Either)
    }
}
