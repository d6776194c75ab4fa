//! The facts that detectors read: plain numbers about recipe, data, network and training.

use crate::data::dataset::{Dataset, Features, Targets};
use crate::error::{Error, Result};
use crate::evaluation::evaluate::predict;
use crate::evaluation::metrics::class_of;
use crate::inspection::layer_statistics::{LayerStatistics, LayerSummary, Probe};
use crate::model::network::Network;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::early_stopping::EpochLosses;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;

/// The most rows whose features are sampled.
const FEATURE_ROWS: usize = 4096;
/// The most rows that are predicted.
const PREDICTED_ROWS: usize = 20_000;

/// The known facts of a training.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// The training rows, where they are available.
    pub data: Option<&'a DataFacts>,
    /// The network before training.
    pub initial: Option<&'a NetworkFacts>,
    /// The trained network.
    pub trained: Option<&'a NetworkFacts>,
    /// The layer statistics; the first are those before training.
    pub layer_statistics: &'a [LayerStatistics],
    /// The losses of the epochs, in order; some may be missing.
    pub epochs: &'a [EpochLosses],
    /// The epoch whose weights were kept, where it is not the last.
    pub best_epoch: Option<u64>,
    /// The error that ended it.
    pub failure: Option<&'a Error>,
}

impl<'a> Facts<'a> {
    /// The facts before training.
    pub fn before(recipe: &'a Recipe, data: &'a DataFacts, initial: &'a NetworkFacts) -> Self {
        Self {
            recipe,
            data: Some(data),
            initial: Some(initial),
            trained: None,
            layer_statistics: &[],
            epochs: &[],
            best_epoch: None,
            failure: None,
        }
    }

    /// The name of a layer, counted from 0.
    pub(super) fn layer_name(&self, layer: usize) -> String {
        let activation = self.recipe.architecture().ok();
        let activation = activation.and_then(|found| found.layers().get(layer).copied());
        match activation {
            Some(found) => format!("layer {} ({})", layer + 1, found.activation.name()),
            None => format!("layer {}", layer + 1),
        }
    }
}

impl EpochLosses {
    /// The losses of the training rows in layer statistics.
    pub fn from_statistics(layer_statistics: &[LayerStatistics]) -> Vec<Self> {
        let losses = layer_statistics.iter().filter_map(|entry| {
            Some(Self {
                epoch: entry.epoch,
                training: entry.loss?,
                validation: None,
            })
        });
        losses.collect()
    }
}

/// The facts of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFacts {
    /// The number of rows.
    pub rows: usize,
    /// The features, by up to some thousand sampled rows; none where they are bytes, which are all on one scale.
    pub features: Vec<FeatureFacts>,
    /// The lowest and the highest target of each output.
    pub targets: Vec<(f64, f64)>,
    /// The rows of each class, where the targets are classes: a 1 among zeros, or 0 or 1.
    pub class_counts: Option<Vec<usize>>,
}

/// The facts of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureFacts {
    /// Its name, or its number counted from 1.
    pub name: String,
    /// Its lowest value.
    pub low: f64,
    /// Its highest value.
    pub high: f64,
    /// Its standard deviation.
    pub deviation: f64,
    /// Whether it has only two values.
    pub is_indicator: bool,
}

impl DataFacts {
    /// The facts of a data set. Features without a name have their number.
    pub fn from_data<T: Scalar>(data: &Dataset<T>, names: &[String]) -> Self {
        let rows = data.rows();
        let features = match data.features() {
            Features::Bytes(_) => Vec::new(),
            Features::Dense(matrix) => {
                let count = rows.min(FEATURE_ROWS);
                let picked: Vec<usize> = (0..count).map(|index| index * rows / count).collect();
                let column = |at: usize| {
                    let values = picked.iter().map(move |&row| matrix.row(row)[at].to_f64());
                    let mean = values.clone().sum::<f64>() / count as f64;
                    let squares = values.clone().map(|value| (value - mean).powi(2)).sum::<f64>();
                    let low = values.clone().fold(f64::INFINITY, f64::min);
                    let high = values.clone().fold(f64::NEG_INFINITY, f64::max);
                    FeatureFacts {
                        name: match names.get(at) {
                            Some(name) => format!("column {} ({name})", at + 1),
                            None => format!("column {}", at + 1),
                        },
                        low,
                        high,
                        deviation: (squares / count as f64).sqrt(),
                        is_indicator: count > 2 && values.clone().all(|value| value == low || value == high),
                    }
                };
                (0..matrix.columns()).map(column).collect()
            }
        };
        let (targets, class_counts) = match data.targets() {
            Targets::Classes { labels, classes } => {
                let mut counts = vec![0; *classes];
                labels.iter().for_each(|&label| counts[label as usize] += 1);
                (vec![(0.0, 1.0); *classes], Some(counts))
            }
            Targets::Dense(matrix) => {
                let width = matrix.columns();
                let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); width];
                for row in matrix.values().chunks_exact(width) {
                    for ((low, high), target) in ranges.iter_mut().zip(row) {
                        *low = low.min(target.to_f64());
                        *high = high.max(target.to_f64());
                    }
                }
                (ranges, class_counts(data.targets(), matrix.values(), width))
            }
        };
        Self {
            rows,
            features,
            targets,
            class_counts,
        }
    }

    /// The feature with the largest magnitude.
    pub(super) fn furthest(&self) -> Option<&FeatureFacts> {
        let reach = |feature: &FeatureFacts| feature.low.abs().max(feature.high.abs());
        self.features.iter().max_by(|a, b| reach(a).total_cmp(&reach(b)))
    }
}

/// The rows of each class, where targets are a 1 among zeros, or 0 or 1 in a single column.
fn class_counts<T: Scalar>(targets: &Targets<T>, values: &[T], width: usize) -> Option<Vec<usize>> {
    let is_class = |row: &[T]| width == 1 || row.iter().filter(|&&y| y == T::ONE).count() == 1;
    if !targets.are_zero_or_one() || !values.chunks_exact(width).all(is_class) {
        return None;
    }
    let mut counts = vec![0; width.max(2)];
    values
        .chunks_exact(width)
        .for_each(|row| counts[class_of(row)] += 1);
    Some(counts)
}

/// The facts of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkFacts {
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerFacts>,
    /// The number of rows it predicts for each class; only where almost all rows are of one class.
    pub predicted_counts: Option<Vec<usize>>,
}

/// The facts of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerFacts {
    /// The number of units.
    pub units: usize,
    /// The statistics over the sampled rows.
    pub summary: LayerSummary,
    /// The least and the largest |z| over the sampled rows.
    pub pre_activations: (f64, f64),
    /// The number of units that differ from each other, in their incoming or outgoing weights.
    pub distinct_units: usize,
}

/// The share of rows from which a class counts as almost all.
pub(super) const ALMOST_ALL: f64 = 0.9;

impl NetworkFacts {
    /// The facts of a network that is trained by `recipe` on `data`.
    ///
    /// # Errors
    /// None that a data set of the network's shape could cause.
    ///
    /// # Panics
    /// When the data do not have the network's shape.
    pub fn from_network<T: Scalar>(
        recipe: &Recipe,
        network: &Network<T>,
        data: &Dataset<T>,
        facts: &DataFacts,
        threads: NonZeroUsize,
    ) -> Result<Self> {
        let architecture = network.architecture();
        let mut probe = Probe::new(recipe, architecture, data)?;
        let summaries = probe.measure(network);
        let layers = summaries.into_iter().enumerate().map(|(index, summary)| {
            let magnitudes = probe.workspace().z(index).iter().map(|z| z.to_f64().abs());
            LayerFacts {
                units: architecture.layer(index).fan_out,
                summary,
                pre_activations: (
                    magnitudes.clone().fold(f64::INFINITY, f64::min),
                    magnitudes.fold(0.0, f64::max),
                ),
                distinct_units: distinct_units(network, index),
            }
        });
        let is_lopsided = facts.class_counts.as_ref().is_some_and(|counts| {
            let most = counts.iter().max().copied().unwrap_or(0);
            most as f64 >= ALMOST_ALL * facts.rows as f64
        });
        let predicted_counts = is_lopsided.then(|| {
            let rows = data.rows().min(PREDICTED_ROWS);
            let picked: Vec<u32> = (0..rows)
                .map(|index| (index * data.rows() / rows) as u32)
                .collect();
            let width = architecture.output_width();
            let picked = data.picked(&picked)?;
            let outputs = predict(network, picked.features(), rows, threads);
            let mut counts = vec![0; width.max(2)];
            outputs
                .chunks_exact(width)
                .for_each(|row| counts[class_of(row)] += 1);
            Ok::<_, Error>(counts)
        });
        let predicted_counts = predicted_counts.transpose()?;
        Ok(Self {
            layers: layers.collect(),
            predicted_counts,
        })
    }
}

/// The number of units of a layer that differ in their incoming or outgoing weights.
fn distinct_units<T: Scalar>(network: &Network<T>, index: usize) -> usize {
    let architecture = network.architecture();
    let width = architecture.layer(index).fan_out;
    // Where weights are random, those of one input already differ.
    let of_one_input = network.weights(index)[..width]
        .iter()
        .map(|value| value.to_f64().to_bits());
    if of_one_input.collect::<HashSet<u64>>().len() == width {
        return width;
    }
    let mut units = vec![DefaultHasher::new(); width];
    let incoming = network.weights(index).chunks_exact(width);
    let of_units = [network.bias(index), network.gain(index), network.shift(index)];
    for row in incoming.chain(of_units.into_iter().flatten()) {
        for (unit, value) in units.iter_mut().zip(row) {
            (value.to_f64() + 0.0).to_bits().hash(unit); // −0 is 0
        }
    }
    if let Some(next) = architecture.layers().get(index + 1) {
        let outgoing = network.weights(index + 1).chunks_exact(next.fan_out);
        for (unit, row) in units.iter_mut().zip(outgoing) {
            row.iter()
                .for_each(|value| (value.to_f64() + 0.0).to_bits().hash(unit));
        }
    }
    let distinct: HashSet<u64> = units.iter().map(Hasher::finish).collect();
    distinct.len()
}
