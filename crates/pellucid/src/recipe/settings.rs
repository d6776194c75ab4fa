//! Reads settings that have two forms: one value, or a list or a word.

use crate::activation::Activation;
use serde::de::value::{SeqAccessDeserializer, StrDeserializer};
use serde::de::{Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// One activation for all layers, or one for each.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Activations {
    /// The same for every layer after the inputs.
    All(Activation),
    /// One for each layer after the inputs.
    Each(Vec<Activation>),
}

impl<'de> Deserialize<'de> for Activations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Activations;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of an activation, or a list of names, one for each layer after the inputs",
                )
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Activations, E> {
                let name: StrDeserializer<'_, E> = name.into_deserializer();
                Activation::deserialize(name).map(Activations::All)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Activations, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Activations::Each)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The number of samples in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BatchSize {
    /// All samples.
    #[default]
    Full,
    /// This many; the last batch of an epoch has the remaining ones.
    Rows(usize),
}

impl BatchSize {
    /// The number of rows in a batch of a data set of `rows`.
    pub fn rows_per_batch(self, rows: usize) -> usize {
        match self {
            BatchSize::Full => rows,
            BatchSize::Rows(size) => size.min(rows),
        }
    }
}

impl Serialize for BatchSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            BatchSize::Full => serializer.serialize_str("full"),
            BatchSize::Rows(size) => serializer.serialize_u64(*size as u64),
        }
    }
}

impl<'de> Deserialize<'de> for BatchSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = BatchSize;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of rows, 1 or more, or \"full\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<BatchSize, E> {
                match text {
                    "full" => Ok(BatchSize::Full),
                    other => Err(E::unknown_variant(other, &["full"])),
                }
            }
            fn visit_i64<E: Error>(self, rows: i64) -> Result<BatchSize, E> {
                usize::try_from(rows)
                    .map(BatchSize::Rows)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(rows), &self))
            }
            fn visit_u64<E: Error>(self, rows: u64) -> Result<BatchSize, E> {
                usize::try_from(rows)
                    .map(BatchSize::Rows)
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(rows), &self))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
