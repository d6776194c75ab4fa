//! Measures the layers of a network on sampled rows: one forward and one backward pass that training does not see.

use super::LayerSummary;
use crate::activation::Activation;
use crate::data::dataset::{BatchBuffers, Dataset, Rows, Samples};
use crate::error::Result;
use crate::inspection::trace::activation_derivative;
use crate::loss::{LabelSmoothing, Reduction};
use crate::model::network::{Architecture, Network};
use crate::model::pass::{self, Objective, Update, Workspace};
use crate::recipe::Recipe;
use crate::scalar::Scalar;

/// A unit is flat where its derivative is below this part of the largest its function has: a sigmoid beyond |z| of 8.3.
pub const FLAT: f64 = 1e-3;

/// The most rows of a probe.
pub const PROBE_ROWS: usize = 128;

/// Rows sampled evenly from the data, and buffers for one forward and one backward pass.
#[derive(Debug, Clone)]
pub struct Probe<T> {
    rows: Dataset<T>,
    buffers: BatchBuffers<T>,
    workspace: Workspace<T>,
    gradient: Vec<T>,
    objective: Objective,
    label_smoothing: Option<LabelSmoothing<T>>,
}

impl<T: Scalar> Probe<T> {
    /// A probe of up to [`PROBE_ROWS`] rows of `data`, for networks of this shape that are trained by `recipe`. Batch
    /// normalisation uses the moments of the probe's rows, as in training; there is no dropout.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for data without rows.
    pub fn new(recipe: &Recipe, architecture: &Architecture, data: &Dataset<T>) -> Result<Self> {
        let rows = data.sampled(PROBE_ROWS)?;
        let mut workspace = Workspace::new(architecture, rows.rows());
        workspace.weigh_rows(rows.weights().into_iter().flatten().copied());
        Ok(Self {
            rows,
            buffers: BatchBuffers::default(),
            workspace,
            gradient: Vec::new(),
            objective: Objective {
                loss: recipe.train.loss,
                reduction: Reduction::Mean,
                update: Update::Textbook,
            },
            label_smoothing: LabelSmoothing::new(
                recipe.train.label_smoothing,
                recipe.train.loss,
                architecture.output_width(),
            ),
        })
    }

    /// The sampled rows.
    pub fn rows(&self) -> &Dataset<T> {
        &self.rows
    }

    /// The arrays of the last pass.
    pub fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }

    /// ∂L/∂θ of the mean loss of the rows in the last pass, laid out as the parameters are.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// One forward and one backward pass, and the summary of each layer, without the size of steps.
    ///
    /// # Panics
    /// When the network does not have the probe's shape.
    pub fn measure(&mut self, network: &Network<T>) -> Vec<LayerSummary> {
        let (architecture, parameters) = (network.architecture(), network.parameters());
        let count = self.rows.rows();
        let (input, targets) = self.rows.gather(Rows::Range(0, count), &mut self.buffers);
        let targets = match &mut self.label_smoothing {
            Some(smoothing) => smoothing.apply(targets),
            None => targets,
        };
        let (objective, workspace) = (self.objective, &mut self.workspace);
        self.gradient = pass::gradient(architecture, parameters, input, targets, objective, workspace);
        let layers = architecture.layers().iter().enumerate();
        let summaries = layers.map(|(index, layer)| {
            let activation = self.workspace.activation(index);
            let derivative = activation_derivative(network, &self.workspace, index);
            let (units, flat) = flatness(layer.activation, &derivative, layer.fan_out);
            let is_bounded = largest_derivative_of_bounded(layer.activation).is_some();
            let numbers = activation.len() as f64;
            let mean = activation.iter().map(|a| a.to_f64()).sum::<f64>() / numbers;
            let squares = activation.iter().map(|a| (a.to_f64() - mean).powi(2));
            LayerSummary {
                gradient_rms: rms(&self.gradient[layer.weights()]),
                bias_gradient_rms: layer.bias().map(|range| rms(&self.gradient[range])),
                // δ of the pass contains the mean's 1/rows.
                delta_rms: rms(self.workspace.delta(index)) * count as f64,
                weight_rms: rms(&parameters[layer.weights()]),
                update_ratio: None,
                saturated_units: if is_bounded { units } else { 0.0 },
                dead_units: if is_bounded { 0.0 } else { units },
                flat,
                activation_mean: mean,
                activation_deviation: (squares.sum::<f64>() / numbers).sqrt(),
            }
        });
        summaries.collect()
    }
}

/// √(Σ v² / count).
fn rms<T: Scalar>(values: &[T]) -> f64 {
    let squares: f64 = values.iter().map(|value| value.to_f64().powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

/// The largest derivative of a bounded function; none for others.
pub(crate) fn largest_derivative_of_bounded(activation: Activation) -> Option<f64> {
    activation
        .is_bounded()
        .then(|| activation.descriptor().derivative_bound)
}

/// The share of units that are flat on every row, and the share of all pairs of row and unit that are. `z` and
/// `activation` are (rows, width).
fn flatness<T: Scalar>(function: Activation, derivative: &[T], width: usize) -> (f64, f64) {
    let limit = FLAT * largest_derivative_of_bounded(function).unwrap_or(1.0);
    let mut flat_rows = vec![0; width];
    for row in derivative.chunks_exact(width) {
        for (count, derivative) in flat_rows.iter_mut().zip(row) {
            *count += usize::from(derivative.to_f64().abs() < limit);
        }
    }
    let rows = derivative.len() / width;
    let units = flat_rows.iter().filter(|&&count| count == rows).count();
    let pairs: usize = flat_rows.iter().sum();
    (
        units as f64 / width as f64,
        pairs as f64 / derivative.len() as f64,
    )
}
