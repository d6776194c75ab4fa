//! The arrays of a pass, allocated once and used for every batch.

use super::embeddings::EmbeddedFeatures;
use super::members::MemberArrays;
use crate::model::dropout::Dropout;
use crate::model::network::Architecture;
use crate::normalisation::Normalisation;
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use pellucid_kernels::layer::arrays::LayerArrays;
use pellucid_kernels::layer::{Input, Shape};
use pellucid_kernels::narrow;
use pellucid_kernels::simd::Isa;
use std::num::NonZeroUsize;

/// The arrays that a pass computes, allocated once for batches of up to `capacity` rows. Those of layers hold the rows of the
/// first member, then those of the second, and so on; what gives them out gives those of the first.
#[derive(Debug, Clone)]
pub struct Workspace<T> {
    pub(crate) layers: Vec<LayerArrays<T>>,
    pub(super) widths: Vec<usize>,
    pub(crate) capacity: usize,
    pub(super) rows: usize,
    /// The number of members; 1 for a network that is not made of members.
    pub(super) members: usize,
    pub(super) member_arrays: MemberArrays<T>,
    /// The embedded features; only of a network with embeddings.
    pub(super) features: Option<Box<EmbeddedFeatures<T>>>,
    pub(super) threads: NonZeroUsize,
    pub(crate) records: bool,
    pub(super) dropout: Option<Dropout>,
    /// Whether any layer is normalised, or has dropout or parametric activations.
    pub(crate) has_extras: bool,
    /// Whether batch normalisation uses its running means and variances.
    pub(super) predicts: bool,
    /// The weight of each row's loss, (rows); empty where each weight is 1.
    pub(crate) row_weights: Vec<T>,
    /// The first layer's weights times the scales of the features, (fan_in, fan_out); empty without scales.
    pub(super) scaled_weights: Aligned<T>,
    /// The first layer from which on all layers are narrow, and no features are scaled or embedded; none of a network of members.
    pub(crate) narrow_from: usize,
    /// The first layer that the last forward pass computed with the narrow kernels.
    pub(super) first_narrow: usize,
}

impl<T: Scalar> Workspace<T> {
    /// A workspace for batches of up to `capacity` rows, for training: batch normalisation uses the statistics of
    /// the batch. For predictions see [`predicting`](Self::predicting).
    pub fn new(architecture: &Architecture, capacity: usize) -> Self {
        let layers = architecture.layers().iter();
        let members = architecture.member_count();
        Self {
            layers: layers
                .map(|layer| {
                    let arrays = LayerArrays::new(layer.fan_out, layer.normalisation(), capacity * members);
                    match layer.activation_factors() {
                        Some(_) => arrays.parametric(layer.fan_out),
                        None => arrays,
                    }
                })
                .collect(),
            features: EmbeddedFeatures::new(architecture, capacity),
            members,
            member_arrays: MemberArrays::new(architecture, capacity),
            widths: architecture.layers().iter().map(|layer| layer.fan_out).collect(),
            capacity,
            rows: 0,
            threads: NonZeroUsize::MIN,
            records: false,
            dropout: None,
            has_extras: architecture.is_normalised() || architecture.has_parametric_activations(),
            predicts: false,
            row_weights: Vec::new(),
            scaled_weights: Aligned::zeros(match architecture.input_scales() {
                Some(_) => architecture.layer(0).weights().len(),
                None => 0,
            }),
            narrow_from: match members {
                1 => narrow::first_narrow_layer(architecture.layout())
                    .max(usize::from(architecture.changes_features())),
                _ => architecture.layers().len(),
            },
            first_narrow: architecture.layers().len(),
        }
    }

    /// The same workspace for training with dropout: a forward pass drops each unit of a hidden layer with the probability
    /// that `dropout` has for the layer, and scales the others up, so that predictions need no dropout.
    #[must_use]
    pub fn with_dropout(mut self, dropout: Dropout) -> Self {
        if let Some((_, hidden)) = self.layers.split_last_mut() {
            let rates = hidden.iter_mut().enumerate();
            for (_, layer) in rates.filter(|(index, _)| dropout.rate(*index) > 0.0) {
                layer.mask = Aligned::zeros(layer.delta.len());
                layer.dropped = Aligned::zeros(layer.delta.len());
            }
        }
        self.dropout = Some(dropout);
        self.has_extras = true;
        self
    }

    /// The same workspace for predictions: batch normalisation uses the running means and variances among the parameters, so
    /// that the outputs of a row do not depend on the other rows of the batch.
    #[must_use]
    pub fn predicting(mut self) -> Self {
        self.predicts = true;
        self
    }

    /// Updates the running means and variances among the parameters with those of the last training batch.
    pub(crate) fn follow_statistics(&self, architecture: &Architecture, parameters: &mut [T]) {
        for (layer, arrays) in architecture.layers().iter().zip(&self.layers) {
            if let (Some(range), Some(normalised)) = (layer.statistics(), &arrays.normalised) {
                normalised.update_running(&mut parameters[range]);
            }
        }
    }

    /// The dropout, with the current state of its random numbers.
    pub fn dropout(&self) -> Option<&Dropout> {
        self.dropout.as_ref()
    }

    /// Sets what the rates of dropout are multiplied by in the next forward passes.
    pub(crate) fn set_dropout_share(&mut self, share: f64) {
        if let Some(dropout) = &mut self.dropout {
            dropout.set_share(share);
        }
    }

    /// Sets the weight of each row of the next batch, in its loss and in its gradient; an empty iterator for 1 each.
    pub fn weigh_rows(&mut self, weights: impl IntoIterator<Item = T>) {
        self.row_weights.clear();
        self.row_weights.extend(weights);
    }

    /// The sum of the row weights of the last batch.
    #[inline(always)]
    pub(crate) fn weight(&self) -> f64 {
        match self.row_weights.is_empty() {
            true => self.rows as f64,
            false => self.row_weights.iter().map(|weight| weight.to_f64()).sum(),
        }
    }

    /// The same workspace with up to `threads` threads, where a product is large enough to gain from them. The results do
    /// not depend on the number of threads, to the bit.
    #[must_use]
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// The same workspace, which also keeps ∂L/∂a of every layer, beside δ.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.records = true;
        for layer in &mut self.layers {
            layer.upstream = Aligned::zeros(layer.delta.len());
        }
        self
    }

    /// The number of rows of the last batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The pre-activations z of layer `index`, (rows, fan_out), after the normalisation where the layer has one.
    pub fn z(&self, index: usize) -> &[T] {
        &self.layers[index].z[..self.rows * self.widths[index]]
    }

    /// The activations a = f(z) of layer `index`, (rows, fan_out).
    pub fn activation(&self, index: usize) -> &[T] {
        &self.layers[index].activation[..self.rows * self.widths[index]]
    }

    /// δ of layer `index`, (rows, fan_out), from the last backward pass: ∂L/∂z for z = x·W + b, before normalisation.
    pub fn delta(&self, index: usize) -> &[T] {
        &self.layers[index].delta[..self.rows * self.widths[index]]
    }

    /// ∂L/∂a of layer `index`, (rows, fan_out), from the last backward pass; `None` unless the workspace is
    /// [`recording`](Self::recording).
    pub fn upstream(&self, index: usize) -> Option<&[T]> {
        self.records
            .then(|| &self.layers[index].upstream[..self.rows * self.widths[index]])
    }

    /// The factors of dropout for the activations of layer `index`, (rows, fan_out); `None` where the layer has no dropout.
    pub(crate) fn mask(&self, index: usize) -> Option<&[T]> {
        let mask = &self.layers[index].mask;
        (!mask.is_empty()).then(|| &mask[..self.rows * self.widths[index]])
    }

    /// The embedded features, (rows, fan_in of the first layer), and ∂L/∂ of these from the last backward pass; `None` for a
    /// network without embeddings.
    pub(crate) fn embedded(&self) -> Option<(&[T], &[T])> {
        let features = self.features.as_ref()?;
        let width = features.embedded.len() / self.capacity.max(1);
        let used = self.rows * width;
        Some((&features.embedded[..used], &features.outer[..used]))
    }

    /// f(z) of layer `index`, (rows, fan_out), of which parametric activations are made; `None` where the layer has none.
    pub(crate) fn function_values(&self, index: usize) -> Option<&[T]> {
        let parametric = self.layers[index].parametric.as_ref()?;
        Some(&parametric.function[..self.rows * self.widths[index]])
    }

    /// The input of the next layer from layer `index`, (rows, fan_out): its activations, after dropout.
    pub(crate) fn output(&self, index: usize) -> &[T] {
        &self.layers[index].output()[..self.rows * self.widths[index]]
    }

    /// x̂ of layer `index`, (rows, fan_out), with the means and the inverse standard deviations of its normalisation; `None`
    /// where the layer is not normalised.
    pub(crate) fn normalised(&self, index: usize) -> Option<(&[T], &[f64], &[f64])> {
        let normalised = self.layers[index].normalised.as_ref()?;
        let (normal, means, inverse_deviations) = normalised.last();
        let width = self.widths[index];
        let count = match normalised.kind() {
            Normalisation::Batch { .. } => width,
            Normalisation::Layer { .. } => self.rows,
        };
        Some((
            &normal[..self.rows * width],
            &means[..count],
            &inverse_deviations[..count],
        ))
    }

    /// The outputs: the last layer's activations, (rows, outputs), or their mean over the members.
    pub fn outputs(&self) -> &[T] {
        match self.members {
            1 => self.activation(self.layers.len() - 1),
            _ => {
                let width = self.widths[self.layers.len() - 1];
                self.member_arrays.mean(self.rows * width).1
            }
        }
    }

    /// Whether z and a of layer `index` are finite in every row of every member.
    pub(crate) fn is_finite(&self, index: usize) -> bool {
        let used = self.members * self.rows * self.widths[index];
        let finite = |values: &[T]| values[..used].iter().all(|value| value.is_finite());
        finite(&self.layers[index].z) && finite(&self.layers[index].activation)
    }

    /// The first of the layers that the narrow kernels compute, up to the output; the number of layers where there are
    /// none.
    #[inline(always)]
    pub(super) fn find_first_narrow<I: Isa>(&self, input: Input<'_, T>) -> usize {
        if !I::HAS_NARROW || !narrow::supports_rows(self.rows) || self.has_extras {
            return self.layers.len();
        }
        match input {
            Input::Dense(_) => self.narrow_from,
            Input::Bytes { .. } | Input::Sparse(_) => self.narrow_from.max(1),
        }
    }

    /// The layers from `first` on, which are all narrow, for batches of `rows` rows. `x` is the input of the network's first
    /// layer, (rows, fan_in), read only where `first` is 0.
    ///
    /// # Panics
    /// When the batch is larger than the workspace.
    #[inline(always)]
    pub(crate) fn narrow_layers<'a>(
        &'a mut self,
        architecture: &'a Architecture,
        first: usize,
        x: &'a [T],
        rows: usize,
    ) -> narrow::Layers<'a, T> {
        self.rows = rows;
        self.first_narrow = first;
        narrow::Layers::new(architecture.layout(), first, rows, x, &mut self.layers)
    }

    /// The shape of a layer and its batch, which has the rows of all members.
    pub(super) fn shape(&self, fan_in: usize, fan_out: usize) -> Shape {
        Shape {
            rows: self.rows * self.members,
            fan_in,
            fan_out,
            threads: self.threads,
        }
    }
}
