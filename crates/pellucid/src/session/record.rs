//! The machine-readable record of a run, in plain numbers.

pub use crate::number::{Number, Numbers};

use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::Metric;
use crate::model::network::{Layer, Network};
use crate::scalar::Scalar;
use crate::training::observe::EpochRecord;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A network's parameters, layer by layer.
#[derive(Serialize)]
pub(super) struct NetworkRecord {
    layers: Vec<LayerRecord>,
}

#[derive(Serialize)]
struct LayerRecord {
    /// The parameters of each embedding before a first layer, array by array.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    embeddings: Vec<Vec<EmbeddingArray>>,
    /// The scales of the features, (fan_in), of a first layer that has them; (members, fan_in) of members.
    #[serde(skip_serializing_if = "Option::is_none")]
    input_scales: Option<Numbers>,
    /// fan_in rows of fan_out numbers.
    weights: Vec<Numbers>,
    bias: Option<Numbers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalisation: Option<NormalisationRecord>,
    /// α of each unit of a layer with parametric activations, (fan_out).
    #[serde(skip_serializing_if = "Option::is_none")]
    activation_factors: Option<Numbers>,
}

/// An array of an embedding's parameters, row-major.
#[derive(Serialize)]
struct EmbeddingArray {
    name: &'static str,
    shape: Vec<usize>,
    values: Numbers,
}

#[derive(Serialize)]
struct NormalisationRecord {
    gain: Numbers,
    shift: Numbers,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<Numbers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variance: Option<Numbers>,
}

impl NetworkRecord {
    /// The parameters of a network, in double precision, exactly.
    pub(super) fn from_network<T: Scalar>(network: &Network<T>) -> Self {
        let numbers = |values: &[T]| Numbers(values.iter().map(|value| value.to_f64()).collect());
        let parameters = network.parameters();
        let embeddings = || {
            let parts = network.architecture().embedded_parts().iter();
            let embedded = parts.filter(|part| part.embedding.is_some());
            let arrays = embedded.map(|part| {
                let arrays = part.arrays().into_iter();
                arrays
                    .map(|(name, shape, range)| EmbeddingArray {
                        name,
                        shape,
                        values: numbers(&parameters[range]),
                    })
                    .collect()
            });
            arrays.collect()
        };
        let layer = |(index, layer): (usize, &Layer)| LayerRecord {
            embeddings: if index == 0 { embeddings() } else { Vec::new() },
            activation_factors: layer
                .activation_factors()
                .map(|range| numbers(&parameters[range])),
            input_scales: network.input_scales().filter(|_| index == 0).map(numbers),
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
        };
        let layers = network.architecture().layers().iter().enumerate();
        Self {
            layers: layers.map(layer).collect(),
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
