//! Settings that may be written in two ways.

use crate::activation::Activation;
use crate::optimization::schedule::{ThresholdMode, WatchedLoss};
use pellucid_kernels::name_or_table;
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

/// How many samples make a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BatchSize {
    /// All of them.
    #[default]
    Full,
    /// This many; the last batch of an epoch has what is left.
    Rows(usize),
}

impl BatchSize {
    /// The rows of a batch of a data set of `rows`.
    pub fn of(self, rows: usize) -> usize {
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

/// `schedule` of `[train]`: a schedule's name, or a table with its settings. [`Schedule`](crate::Schedule) says what they
/// do.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ScheduleRecipe {
    /// Which.
    #[serde(default)]
    pub name: ScheduleName,
    /// The part of the run's steps in which the learning rate rises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<f64>,
    /// `one_cycle`: the fraction of the learning rate that the first step has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<f64>,
    /// `linear`, `polynomial`, `one_cycle` and the cosines: the fraction of the learning rate that the end has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
    /// `step`: every how many epochs the rate is multiplied by `factor`; 10 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// `step` and `reduce_on_plateau` (0.1 unless given), `exponential` (0.95): what the rate is multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// `polynomial` (1 unless given), `inverse_scaling` (0.5): the power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
    /// `cosine_restarts`: the epochs of the first fall; 10 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<u64>,
    /// `cosine_restarts`: how many times longer than the one before a fall is; 2 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier: Option<u64>,
    /// `reduce_on_plateau` and `adaptive`: more than so many epochs without a better loss bring the rate down; 10 unless
    /// given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// `reduce_on_plateau` and `adaptive`: by how much a loss must be lower to be better; 0.0001 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// `reduce_on_plateau`: whether `threshold` is a part of the best loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_mode: Option<ThresholdMode>,
    /// `reduce_on_plateau`: the epochs after a reduction that do not count; 0 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<u64>,
    /// `reduce_on_plateau`: the rate that is the least; 0 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_rate: Option<f64>,
    /// `reduce_on_plateau` and `adaptive`: the loss they go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<WatchedLoss>,
}

/// The learning-rate schedules; [`Schedule`](crate::Schedule) says what they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleName {
    /// The same rate throughout.
    #[default]
    Constant,
    /// Falls by the same amount each step.
    Linear,
    /// Falls as a power of what is left of the run.
    Polynomial,
    /// Is multiplied by a factor every so many epochs.
    Step,
    /// Is multiplied by a factor after each epoch.
    Exponential,
    /// Is divided by a power of the samples gone through.
    InverseScaling,
    /// Falls along half a wave of the cosine.
    Cosine,
    /// The same, again and again.
    CosineRestarts,
    /// Rises, then falls.
    OneCycle,
    /// Is multiplied by a factor when the loss no longer falls.
    ReduceOnPlateau,
    /// Is divided by 5 when the loss no longer falls.
    Adaptive,
}

impl ScheduleName {
    /// Every name there is.
    pub const ALL: [Self; 11] = [
        Self::Constant,
        Self::Linear,
        Self::Polynomial,
        Self::Step,
        Self::Exponential,
        Self::InverseScaling,
        Self::Cosine,
        Self::CosineRestarts,
        Self::OneCycle,
        Self::ReduceOnPlateau,
        Self::Adaptive,
    ];

    /// The name in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Polynomial => "polynomial",
            Self::Step => "step",
            Self::Exponential => "exponential",
            Self::InverseScaling => "inverse_scaling",
            Self::Cosine => "cosine",
            Self::CosineRestarts => "cosine_restarts",
            Self::OneCycle => "one_cycle",
            Self::ReduceOnPlateau => "reduce_on_plateau",
            Self::Adaptive => "adaptive",
        }
    }
}

name_or_table!(ScheduleRecipe of ScheduleName, "the name of a schedule, or a table with its name and settings");
