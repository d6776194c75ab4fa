//! The machine-readable record of a run, in plain numbers.

pub use crate::number::{Number, Numbers};

use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::Metric;
use crate::inspection::diagnosis::Finding;
use crate::model::network::Network;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::early_stopping::EndedBy;
use crate::training::observe::EpochRecord;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A layer's parameters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerRecord {
    /// fan_in rows of fan_out numbers.
    pub weights: Vec<Numbers>,
    /// fan_out numbers, or null.
    pub bias: Option<Numbers>,
    /// The parameters of the normalisation, where the layer is normalised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<NormalisationRecord>,
}

/// The parameters and running statistics of a normalised layer, fan_out numbers each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NormalisationRecord {
    /// γ.
    pub gain: Numbers,
    /// β.
    pub shift: Numbers,
    /// The running means of batch normalisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<Numbers>,
    /// The running variances of batch normalisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variance: Option<Numbers>,
}

/// A network's parameters, layer by layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkRecord {
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerRecord>,
}

impl NetworkRecord {
    /// The parameters of a network, in double precision, exactly.
    pub fn from_network<T: Scalar>(network: &Network<T>) -> Self {
        let numbers = |values: &[T]| Numbers(values.iter().map(|value| value.to_f64()).collect());
        let layers = network
            .architecture()
            .layers()
            .iter()
            .enumerate()
            .map(|(index, layer)| LayerRecord {
                weights: network
                    .weights(index)
                    .chunks_exact(layer.fan_out)
                    .map(numbers)
                    .collect(),
                bias: network.bias(index).map(numbers),
                normalisation: network.gain(index).map(|gain| {
                    let statistics = network.statistics(index);
                    NormalisationRecord {
                        gain: numbers(gain),
                        shift: numbers(network.shift(index).unwrap_or_default()),
                        mean: statistics.map(|(mean, _)| numbers(mean)),
                        variance: statistics.map(|(_, variance)| numbers(variance)),
                    }
                }),
            });
        Self {
            layers: layers.collect(),
        }
    }
}

impl Serialize for EpochRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("epoch", &self.epoch)?;
        map.serialize_entry("loss", &Number(self.loss))?;
        for (metric, value) in &self.metrics {
            map.serialize_entry(&metric.name(), &Number(*value))?;
        }
        if let Some(validation) = &self.validation {
            map.serialize_entry("validation_loss", &Number(validation.loss))?;
            for (metric, value) in &validation.metrics {
                map.serialize_entry(&format!("validation_{}", metric.name()), &Number(*value))?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for EpochRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Keys and numbers in the order in which they stand.
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = EpochRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an epoch with its loss and metrics")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EpochRecord, A::Error> {
                let (mut record, mut epoch, mut loss) = (EpochRecord::default(), None, None);
                let metric = |name: &str, key: &str| {
                    Metric::named(name).ok_or_else(|| A::Error::custom(format!("`{key}` is no metric")))
                };
                while let Some(key) = map.next_key::<String>()? {
                    match (key.as_str(), key.strip_prefix("validation_")) {
                        ("epoch", _) => epoch = Some(map.next_value()?),
                        ("loss", _) => loss = Some(map.next_value::<Number>()?.0),
                        (_, Some("loss")) => {
                            record.validation.get_or_insert_default().loss = map.next_value::<Number>()?.0;
                        }
                        (_, Some(name)) => {
                            let pair = (metric(name, &key)?, map.next_value::<Number>()?.0);
                            record.validation.get_or_insert_default().metrics.push(pair);
                        }
                        (name, None) => {
                            let pair = (metric(name, &key)?, map.next_value::<Number>()?.0);
                            record.metrics.push(pair);
                        }
                    }
                }
                record.epoch = epoch.ok_or_else(|| A::Error::missing_field("epoch"))?;
                record.loss = loss.ok_or_else(|| A::Error::missing_field("loss"))?;
                Ok(record)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Serialize for Evaluation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1 + self.metrics.len()))?;
        map.serialize_entry("loss", &Number(self.loss))?;
        for (metric, value) in &self.metrics {
            map.serialize_entry(&metric.name(), &Number(*value))?;
        }
        map.end()
    }
}

/// The last epoch during training: loss, metrics and outputs, each before the step it took part in, as a loop that prints
/// its last iteration shows them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastEpochRecord {
    /// Its loss and metrics.
    #[serde(flatten)]
    pub epoch: EpochRecord,
    /// Its outputs, up to 100 rows, in the order of training.
    pub outputs: Vec<Numbers>,
}

/// Loss and metrics after training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricsRecord {
    /// On the training data.
    pub training: Evaluation,
    /// On held-out rows, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Evaluation>,
    /// On the test data, where there is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Evaluation>,
}

/// The record of a whole run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// The recipe as run, complete.
    pub recipe: Recipe,
    /// The parameters before training.
    pub initial: NetworkRecord,
    /// The parameters after training.
    #[serde(rename = "final")]
    pub trained: NetworkRecord,
    /// The logged epochs.
    pub history: Vec<EpochRecord>,
    /// The last epoch, unless the run was stopped before it.
    pub last_epoch: Option<LastEpochRecord>,
    /// The trained network's outputs for up to 100 rows of the data it was evaluated on: the test data where there
    /// is any, the training data otherwise.
    pub outputs: Vec<Numbers>,
    /// Loss and metrics after training.
    pub metrics: MetricsRecord,
    /// The warnings before training, one sentence each.
    pub warnings: Vec<String>,
    /// The findings: the warnings before training, and those that the caller adds.
    pub findings: Vec<Finding>,
    /// Whether the user stopped the run.
    pub stopped: bool,
    /// The reason for the end.
    pub ended_by: EndedBy,
    /// The epoch, counted from 1, whose weights were kept, where rows were held out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<u64>,
    /// Completed epochs.
    pub epochs: u64,
    /// Steps taken.
    pub updates: u64,
    /// Seconds in the training loop alone.
    pub training_seconds: f64,
    /// Seconds from start to end, reading the data included.
    pub elapsed_seconds: f64,
    /// The largest number of threads.
    pub threads: usize,
    /// The version that ran it.
    pub version: String,
}
