//! The facts that detectors read: plain numbers about recipe, data, network and training.

use super::finding::short;
use crate::data::dataset::{Dataset, Features, Targets, evenly};
use crate::error::{Error, Result};
use crate::evaluation::evaluate::predict;
use crate::evaluation::metrics::class_of;
use crate::inspection::layer_statistics::{LayerStatistics, LayerSummary, Probe};
use crate::model::network::{Layer, Network};
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::observe::EpochRecord;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;

/// The most rows whose features are sampled.
const FEATURE_ROWS: usize = 4096;
/// Inputs beyond this are not scaled: the usual initialisers assume inputs of a size of about 1
/// (LeCun et al., *Efficient BackProp*, 1998, section 4.3).
const LARGE_INPUT: f64 = 10.0;
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
    /// The losses of the epochs, which are counted from 1, in order; some may be missing.
    pub epochs: &'a [EpochRecord],
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

    /// A layer, counted from 0.
    pub(super) fn layer(&self, index: usize) -> Option<Layer> {
        self.recipe.architecture().ok()?.layers().get(index).copied()
    }

    /// The name of a layer, counted from 0.
    pub(super) fn layer_name(&self, index: usize) -> String {
        match self.layer(index) {
            Some(layer) => format!("layer {} ({})", index + 1, layer.activation.name()),
            None => format!("layer {}", index + 1),
        }
    }

    /// The feature with the largest magnitude, where its values are not scaled.
    pub(super) fn unscaled(&self) -> Option<&'a FeatureFacts> {
        let reach = |feature: &FeatureFacts| feature.low.abs().max(feature.high.abs());
        let features = self.data?.features.iter();
        let furthest = features.max_by(|a, b| reach(a).total_cmp(&reach(b)))?;
        (reach(furthest) > LARGE_INPUT).then_some(furthest)
    }

    /// The advice to lower the learning rate.
    pub(super) fn lower_rate(&self) -> String {
        let rate = self.recipe.train.learning_rate;
        let (lower, rate) = (short(rate / 10.0), short(rate));
        format!("a learning rate of {lower} or less in place of {rate}")
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
                let picked = evenly(rows, FEATURE_ROWS);
                let (count, width) = (picked.len(), matrix.columns());
                // One copy: the rows may lie far apart on a disk.
                let sample: Vec<T> = picked
                    .iter()
                    .flat_map(|&row| matrix.row(row as usize))
                    .copied()
                    .collect();
                let column = |at: usize| {
                    let values = sample[at..].iter().step_by(width).map(|value| value.to_f64());
                    let mean = values.clone().sum::<f64>() / count as f64;
                    let squares = values.clone().map(|value| (value - mean).powi(2)).sum::<f64>();
                    let (low, high) = range(values.clone());
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
                (0..width).map(column).collect()
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
                let of_column = |at| matrix.values().iter().skip(at).step_by(width);
                let ranges = (0..width).map(|at| range(of_column(at).map(|target| target.to_f64())));
                let are_classes = data.targets().are_zero_or_one()
                    && (width == 1 || matrix.values().chunks_exact(width).all(is_one_hot));
                let counts = are_classes.then(|| class_counts(matrix.values(), width));
                (ranges.collect(), counts)
            }
        };
        Self {
            rows,
            features,
            targets,
            class_counts,
        }
    }
}

impl FeatureFacts {
    /// Name and range in words.
    pub(super) fn range(&self) -> String {
        format!(
            "{} ranges from {} to {}",
            self.name,
            short(self.low),
            short(self.high)
        )
    }
}

/// The lowest and the highest number.
pub(super) fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// Whether a row of zeros and ones has a single 1.
fn is_one_hot<T: Scalar>(row: &[T]) -> bool {
    row.iter().filter(|&&y| y == T::ONE).count() == 1
}

/// The rows of each class, by targets or outputs.
fn class_counts<T: Scalar>(values: &[T], width: usize) -> Vec<usize> {
    let mut counts = vec![0; width.max(2)];
    let rows = values.chunks_exact(width);
    rows.for_each(|row| counts[class_of(row)] += 1);
    counts
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
        let predicted_counts = match is_lopsided {
            true => {
                let picked = data.sampled(PREDICTED_ROWS)?;
                let outputs = predict(network, picked.features(), picked.rows(), threads);
                Some(class_counts(&outputs, architecture.output_width()))
            }
            false => None,
        };
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
