//! The heart: one forward, one backward.
//!
//! Forward, layer after layer:   z = x·W + b,   a = f(z), and a is the next layer's x.
//! Backward, from the last layer: δ = ∂L/∂z,   ∂L/∂W = xᵀδ,   ∂L/∂b = Σ δ,   ∂L/∂x = δ·Wᵀ,   and the δ of the
//! layer below is ∂L/∂x times its f′(z). (Rumelhart, Hinton & Williams, *Learning representations by
//! back-propagating errors*, Nature 323, 1986.) Where a layer is [normalised](crate::normalisation) that comes between
//! z and f, forward and backward.
//!
//! Everything in the project that needs an output or a gradient calls these two functions: training, metrics,
//! the gradient check, the explanation.

use crate::activation::Activation;
use crate::loss::{Loss, Reduction};
use crate::model::dropout::Dropout;
use crate::model::network::{Architecture, Layer};
use crate::normalisation;
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use pellucid_kernels::layer::arrays::LayerArrays;
use pellucid_kernels::layer::{self, Destination, Input, Origin, Scratch, Shape};
use pellucid_kernels::simd::{Isa, Task};
use pellucid_kernels::{narrow, per_precision};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::ops::Range;

/// Where the backward pass writes.
#[derive(Debug)]
pub enum Target<'a, T> {
    /// The gradient, laid out as the parameters are.
    Gradient {
        /// The parameters at which the forward pass was made.
        parameters: &'a [T],
        /// Receives ∂L/∂θ for every parameter θ.
        gradient: &'a mut [T],
    },
    /// The parameters themselves, which take a step of plain gradient descent: no gradient is ever stored.
    Parameters {
        /// The parameters at which the forward pass was made; they leave one step further.
        parameters: &'a mut [T],
        /// The learning rate η of θ ← θ − η·∂L/∂θ.
        rate: T,
    },
}

/// When a layer's weights take their step: only matters where the backward pass updates them itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    /// After the delta below was taken through them: what the chain rule says.
    #[default]
    Textbook,
    /// Before it, from the output down: the delta below sees the new weights, as in some hand-written loops.
    TopDown,
}

/// What the backward pass differentiates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// The loss of a sample.
    pub loss: Loss,
    /// How the samples' losses become one.
    pub reduction: Reduction,
    /// When weights take their step.
    pub update: Update,
}

/// What a pass computes, allocated once for batches of up to `capacity` rows.
#[derive(Debug, Clone)]
pub struct Workspace<T> {
    layers: Vec<LayerArrays<T>>,
    widths: Vec<usize>,
    capacity: usize,
    rows: usize,
    threads: NonZeroUsize,
    records: bool,
    dropout: Option<Dropout>,
    /// Whether any layer does more to its sums than to apply a function.
    has_extras: bool,
    /// Whether batch normalisation goes by its running means and variances.
    predicts: bool,
    /// What each row's loss counts for; empty where each counts for 1.
    row_weights: Vec<T>,
    /// The first layer from which on all layers are narrow.
    narrow_from: usize,
    /// The first layer that the last forward pass computed with the narrow kernels.
    first_narrow: usize,
}

impl<T: Scalar> Workspace<T> {
    /// A workspace for batches of up to `capacity` rows, to train with: batch normalisation goes by the batch. See
    /// [`predicting`](Self::predicting).
    pub fn new(architecture: &Architecture, capacity: usize) -> Self {
        let layers = architecture.layers().iter();
        Self {
            layers: layers
                .map(|layer| LayerArrays::new(layer.fan_out, layer.normalisation(), capacity))
                .collect(),
            widths: architecture.layers().iter().map(|layer| layer.fan_out).collect(),
            capacity,
            rows: 0,
            threads: NonZeroUsize::MIN,
            records: false,
            dropout: None,
            has_extras: architecture.is_normalised(),
            predicts: false,
            row_weights: Vec::new(),
            narrow_from: narrow::first_narrow_layer(architecture.layout()),
            first_narrow: architecture.layers().len(),
        }
    }

    /// The same, for training with dropout: a forward pass leaves out each unit of the hidden layers with the
    /// probability `dropout` says for its layer, and makes the others larger, so that predictions need nothing of it.
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

    /// The same, to predict with: batch normalisation goes by the running means and variances that training has left in the
    /// parameters, so that a row's outputs do not depend on the rows beside it.
    #[must_use]
    pub fn predicting(mut self) -> Self {
        self.predicts = true;
        self
    }

    /// Moves the running means and variances among the parameters towards those of the last batch that was trained on.
    pub(crate) fn follow_statistics(&self, architecture: &Architecture, parameters: &mut [T]) {
        for (layer, arrays) in architecture.layers().iter().zip(&self.layers) {
            if let (Some(range), Some(normalised)) = (layer.statistics(), &arrays.normalised) {
                normalised.update_running(&mut parameters[range]);
            }
        }
    }

    /// Where dropout's stream of random numbers has got to.
    pub fn dropout(&self) -> Option<&Dropout> {
        self.dropout.as_ref()
    }

    /// What each row of the next batch counts for, in its loss and in its gradient; no numbers for 1 each.
    pub fn weigh_rows(&mut self, weights: impl IntoIterator<Item = T>) {
        self.row_weights.clear();
        self.row_weights.extend(weights);
    }

    /// What the last batch's rows count for together.
    #[inline(always)]
    pub(crate) fn weight(&self) -> f64 {
        if self.row_weights.is_empty() {
            self.rows as f64
        } else {
            self.row_weights.iter().map(|weight| weight.to_f64()).sum()
        }
    }

    /// The same, with up to `threads` threads where a product is large enough to gain by them. The numbers do not
    /// depend on it, to the bit.
    #[must_use]
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// The same, keeping ∂L/∂a of every layer besides δ, for whoever wants to see it.
    #[must_use]
    pub fn recording(mut self) -> Self {
        self.records = true;
        for layer in &mut self.layers {
            layer.upstream = Aligned::zeros(layer.delta.len());
        }
        self
    }

    /// The most rows a batch may have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The rows of the last batch.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The weighted sums z of layer `index`, (rows, fan_out); where the layer is normalised, what becomes of them by that.
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

    /// ∂L/∂a of layer `index`, (rows, fan_out), from the last backward pass; nothing unless the workspace is
    /// [`recording`](Self::recording).
    pub fn upstream(&self, index: usize) -> Option<&[T]> {
        self.records
            .then(|| &self.layers[index].upstream[..self.rows * self.widths[index]])
    }

    /// Dropout's factors for the activations of layer `index`, (rows, fan_out); nothing where none is left out.
    pub(crate) fn mask(&self, index: usize) -> Option<&[T]> {
        let mask = &self.layers[index].mask;
        (!mask.is_empty()).then(|| &mask[..self.rows * self.widths[index]])
    }

    /// What the next layer got of layer `index`, (rows, fan_out).
    pub(crate) fn output(&self, index: usize) -> &[T] {
        &self.layers[index].output()[..self.rows * self.widths[index]]
    }

    /// x̂ of layer `index`, (rows, fan_out), with the means and the inverse deviations that made it, where it is normalised.
    pub(crate) fn normalised(&self, index: usize) -> Option<(&[T], &[f64], &[f64])> {
        self.layers[index]
            .normalised
            .as_ref()
            .map(|normalised| normalised.last())
    }

    /// What each row of the last batch counts for; no numbers for 1 each.
    pub(crate) fn row_weights(&self) -> &[T] {
        &self.row_weights
    }

    /// The outputs: the last layer's activations, (rows, outputs).
    pub fn outputs(&self) -> &[T] {
        self.activation(self.layers.len() - 1)
    }

    /// The first of the layers that the narrow kernels compute, up to the output; the number of layers where there are
    /// none.
    #[inline(always)]
    fn find_first_narrow<I: Isa>(&self, input: Input<'_, T>) -> usize {
        if !I::HAS_NARROW || !narrow::supports_rows(self.rows) || self.has_extras {
            return self.layers.len();
        }
        match input {
            Input::Dense(_) => self.narrow_from,
            Input::Bytes { .. } => self.narrow_from.max(1),
        }
    }

    /// How many layers there are.
    #[inline(always)]
    pub(crate) fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// The first layer from which on all layers are narrow.
    #[inline(always)]
    pub(crate) fn first_narrow_layer(&self) -> usize {
        self.narrow_from
    }

    /// Whether a pass does more than affine maps and activations, or records.
    #[inline(always)]
    pub(crate) fn has_extras_or_records(&self) -> bool {
        self.has_extras || self.records
    }

    /// Steps of plain gradient descent on `rows` rows a step, of the layers from `first` on, which are all narrow.
    /// `x` is what the network's first layer is multiplied with, read only where `first` is 0.
    ///
    /// # Panics
    /// When the parameters are not the architecture's, or the batch is larger than the workspace.
    #[inline(always)]
    pub(crate) fn narrow_steps<'a>(
        &'a mut self,
        (architecture, parameters): (&'a Architecture, &'a mut [T]),
        first: usize,
        x: &'a [T],
        rows: usize,
        rate: T,
    ) -> narrow::BackwardPass<'a, T> {
        self.rows = rows;
        self.first_narrow = first;
        narrow::BackwardPass::updating_parameters(
            architecture.layout(),
            first,
            x,
            &mut self.layers,
            rows,
            parameters,
            rate,
        )
    }

    fn shape(&self, fan_in: usize, fan_out: usize) -> Shape {
        Shape {
            rows: self.rows,
            fan_in,
            fan_out,
            threads: self.threads,
        }
    }
}

/// Computes z and a of every layer for a batch, into the workspace. The outputs are [`Workspace::outputs`].
///
/// # Panics
/// When the parameters are not the architecture's, or the batch is larger than the workspace.
pub fn forward<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    input: Input<'_, T>,
    workspace: &mut Workspace<T>,
) {
    T::run::<ForwardPerPrecision>(Forward {
        architecture,
        parameters,
        input,
        workspace,
    });
}

/// Computes δ of every layer for the batch of the last [`forward`] and hands the gradients to `target`.
/// `targets` are (rows, outputs).
///
/// # Panics
/// When the shapes are not those of the forward pass.
pub fn backward<T: Scalar>(
    architecture: &Architecture,
    target: Target<'_, T>,
    input: Input<'_, T>,
    targets: &[T],
    objective: Objective,
    workspace: &mut Workspace<T>,
) {
    T::run::<BackwardPerPrecision>(Backward {
        architecture,
        target,
        input,
        targets,
        objective,
        workspace,
    });
}

/// The loss of the last forward pass, summed over the batch's rows. `targets` are (rows, outputs).
#[inline(always)]
pub fn loss_sum<T: Scalar>(
    loss: Loss,
    architecture: &Architecture,
    targets: &[T],
    workspace: &Workspace<T>,
) -> f64 {
    let (Some(output), Some(here)) = (architecture.layers().last(), workspace.layers.last()) else {
        return 0.0;
    };
    let (width, used) = (output.fan_out, workspace.rows * output.fan_out);
    let (z, outputs) = (&here.z[..used], &here.activation[..used]);
    if workspace.row_weights.is_empty() {
        return loss.value(output.activation, z, outputs, targets, width);
    }
    let rows = z
        .chunks_exact(width)
        .zip(outputs.chunks_exact(width))
        .zip(targets.chunks_exact(width));
    rows.zip(&workspace.row_weights)
        .map(|(((z, a), y), weight)| weight.to_f64() * loss.value(output.activation, z, a, y, width))
        .sum()
}

/// [`forward`], by a caller that has chosen the instructions already.
#[inline(always)]
pub(crate) fn forward_on<I: Isa, T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    input: Input<'_, T>,
    workspace: &mut Workspace<T>,
) {
    workspace.rows = input.rows(architecture.input_width());
    assert!(
        workspace.rows <= workspace.capacity,
        "the batch is larger than the workspace"
    );
    let first_narrow = workspace.find_first_narrow::<I>(input);
    workspace.first_narrow = first_narrow;
    for (index, layer) in architecture.layers()[..first_narrow].iter().enumerate() {
        let shape = workspace.shape(layer.fan_in, layer.fan_out);
        let (below, here) = workspace.layers.split_at_mut(index);
        I::call(LayerForward {
            shape,
            input: layer_input(input, below.last(), shape),
            weights: &parameters[layer.weights()],
            bias: layer.bias().map(|range| &parameters[range]),
            function: layer.function_of_sums,
            here: &mut here[0],
        });
        if workspace.has_extras {
            if here[0].normalised.is_some() {
                let running = layer.statistics().filter(|_| workspace.predicts);
                I::call(NormaliseForward {
                    shape,
                    layer,
                    parameters,
                    running,
                    here: &mut here[0],
                });
            }
            if let Some(dropout) = &mut workspace.dropout {
                drop_out(&mut here[0], index, shape.rows * shape.fan_out, dropout);
            }
        }
    }
    if I::HAS_NARROW && first_narrow < architecture.layers().len() {
        let (rows, arrays) = (workspace.rows, &mut workspace.layers);
        narrow::Layers::new(
            architecture.layout(),
            first_narrow,
            rows,
            input.numbers(),
            parameters,
            arrays,
        )
        .forward::<I>();
    }
}

/// Draws a layer's mask and what it leaves of the activations; a layer without one, as the output layer is, stays whole.
#[inline(never)]
fn drop_out<T: Scalar>(here: &mut LayerArrays<T>, layer: usize, used: usize, dropout: &mut Dropout) {
    let LayerArrays {
        activation,
        mask,
        dropped,
        ..
    } = here;
    if mask.is_empty() {
        return;
    }
    let mask = &mut mask[..used];
    dropout.draw(layer, mask);
    for ((dropped, &a), &factor) in dropped.iter_mut().zip(&activation[..]).zip(&*mask) {
        *dropped = a * factor;
    }
}

/// [`backward`], by a caller that has chosen the instructions already.
#[inline(always)]
pub(crate) fn backward_on<I: Isa, T: Scalar>(
    architecture: &Architecture,
    mut target: Target<'_, T>,
    input: Input<'_, T>,
    targets: &[T],
    objective: &Objective,
    workspace: &mut Workspace<T>,
) {
    let rows = workspace.rows;
    let records = workspace.records;
    assert!(
        targets.len() == rows * architecture.output_width(),
        "the targets are not (rows, outputs)"
    );
    I::call(&mut OutputDelta {
        objective,
        architecture,
        targets,
        workspace,
    });
    let first_narrow = workspace.first_narrow;
    if I::HAS_NARROW && first_narrow < architecture.layers().len() {
        let arrays = &mut workspace.layers;
        let x = input.numbers();
        let mut steps = match &mut target {
            Target::Gradient { parameters, gradient } => narrow::BackwardPass::storing_gradient(
                architecture.layout(),
                first_narrow,
                x,
                arrays,
                rows,
                parameters,
                gradient,
            ),
            Target::Parameters { parameters, rate } => narrow::BackwardPass::updating_parameters(
                architecture.layout(),
                first_narrow,
                x,
                arrays,
                rows,
                parameters,
                *rate,
            )
            .top_down(objective.update == Update::TopDown),
        };
        if records {
            steps = steps.recording();
        }
        steps.backward::<I>();
    }
    for (index, layer) in architecture.layers()[..first_narrow].iter().enumerate().rev() {
        let shape = workspace.shape(layer.fan_in, layer.fan_out);
        let (below, here) = workspace.layers.split_at_mut(index);
        if workspace.has_extras {
            normalise_backward::<I, T>(layer, rows, &mut target, &mut here[0]);
        }
        I::call(LayerBackward {
            shape,
            target: target.layer(layer),
            input,
            below: below.last_mut(),
            function_below: match index {
                0 => Activation::Identity,
                _ => architecture.layers()[index - 1].activation,
            },
            delta: &here[0].delta[..rows * layer.fan_out],
            update: objective.update,
            scratch: &mut here[0].scratch,
            records,
        });
    }
}

/// The sums of a layer, normalised, and its activations.
struct NormaliseForward<'a, T> {
    shape: Shape,
    layer: &'a Layer,
    parameters: &'a [T],
    /// Where running means and variances lie, if it goes by them.
    running: Option<Range<usize>>,
    here: &'a mut LayerArrays<T>,
}

impl<T: Scalar> Task for NormaliseForward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            shape,
            layer,
            parameters,
            running,
            here,
        } = self;
        let (Some(normalised), Some(gain), Some(shift)) = (&mut here.normalised, layer.gain(), layer.shift())
        else {
            return;
        };
        let used = shape.rows * shape.fan_out;
        let z = &mut here.z[..used];
        normalisation::Forward {
            normalised,
            z,
            gain: &parameters[gain],
            shift: &parameters[shift],
            running: running.map(|range| &parameters[range]),
        }
        .run::<I>();
        let activation = &mut here.activation[..used];
        layer
            .activation
            .apply_in_parts::<I, T>(shape.threads, z, activation, shape.fan_out);
    }
}

/// Takes a layer's δ back through its normalisation, where it has one, and hands the slopes of gain and shift to the
/// target; running means and variances have none.
#[inline(never)]
fn normalise_backward<I: Isa, T: Scalar>(
    layer: &Layer,
    rows: usize,
    target: &mut Target<'_, T>,
    here: &mut LayerArrays<T>,
) {
    let (Some(normalised), Some(gain), Some(shift)) = (&mut here.normalised, layer.gain(), layer.shift())
    else {
        return;
    };
    let both = gain.start..shift.end;
    let parameters = match target {
        Target::Gradient { parameters, .. } => *parameters,
        Target::Parameters { parameters, .. } => &**parameters,
    };
    I::call(normalisation::Backward {
        normalised: &mut *normalised,
        gain: &parameters[gain],
        delta: &mut here.delta[..rows * layer.fan_out],
    });
    match target {
        Target::Gradient { gradient, .. } => {
            for (to, &slope) in gradient[both].iter_mut().zip(normalised.derivatives()) {
                *to = T::from_f64(slope);
            }
            if let Some(range) = layer.statistics() {
                gradient[range].fill(T::ZERO);
            }
        }
        Target::Parameters { parameters, rate } => {
            for (parameter, &slope) in parameters[both].iter_mut().zip(normalised.derivatives()) {
                *parameter -= *rate * T::from_f64(slope);
            }
        }
    }
}

/// What a layer's weights are multiplied with: the data, or the activations below.
#[inline(always)]
fn layer_input<'a, T: Scalar>(
    input: Input<'a, T>,
    below: Option<&'a LayerArrays<T>>,
    shape: Shape,
) -> (Input<'a, T>, Origin) {
    match below {
        None => (input, Origin::Data),
        Some(below) => {
            let activations = &below.output()[..shape.rows * shape.fan_in];
            (Input::Dense(activations), Origin::LayerBelow)
        }
    }
}

/// z = x·W + b and a = f(z) of one layer.
struct LayerForward<'a, T> {
    shape: Shape,
    input: (Input<'a, T>, Origin),
    weights: &'a [T],
    bias: Option<&'a [T]>,
    function: Activation,
    here: &'a mut LayerArrays<T>,
}

impl<T: Scalar> Task for LayerForward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            shape,
            input,
            weights,
            bias,
            function,
            here,
        } = self;
        let used = shape.rows * shape.fan_out;
        let z = &mut here.z[..used];
        layer::affine::<I, T>(shape, input, weights, bias, z, &mut here.scratch);
        function.apply_in_parts::<I, T>(shape.threads, z, &mut here.activation[..used], shape.fan_out);
    }
}

/// δ of the output layer.
struct OutputDelta<'a, T> {
    objective: &'a Objective,
    architecture: &'a Architecture,
    targets: &'a [T],
    workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for &mut OutputDelta<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let &mut OutputDelta {
            objective,
            architecture,
            targets,
            ref mut workspace,
        } = self;
        let Some(here) = workspace.layers.last_mut() else {
            return;
        };
        let Some(layer) = architecture.layers().last() else {
            return;
        };
        let factor = objective
            .reduction
            .factor_of::<T>(workspace.rows, &workspace.row_weights);
        let used = workspace.rows * layer.fan_out;
        let (z, outputs, delta) = (&here.z[..used], &here.activation[..used], &mut here.delta[..used]);
        if workspace.records {
            let upstream = &mut here.upstream[..used];
            objective
                .loss
                .gradient_on::<I, T>(z, outputs, targets, factor, upstream, layer.fan_out);
        }
        objective.loss.delta_on::<I, T>(
            layer.activation,
            z,
            outputs,
            targets,
            factor,
            delta,
            layer.fan_out,
        );
        if !workspace.row_weights.is_empty() {
            weigh_rows(delta, &workspace.row_weights, layer.fan_out);
            if workspace.records {
                weigh_rows(&mut here.upstream[..used], &workspace.row_weights, layer.fan_out);
            }
        }
    }
}

/// Multiplies each row with its weight.
#[inline(always)]
fn weigh_rows<T: Scalar>(numbers: &mut [T], weights: &[T], width: usize) {
    for (row, &weight) in numbers.chunks_exact_mut(width).zip(weights) {
        for number in row {
            *number *= weight;
        }
    }
}

/// The gradients of one layer, and δ of the layer below it.
struct LayerBackward<'a, T> {
    shape: Shape,
    target: LayerTarget<'a, T>,
    input: Input<'a, T>,
    /// The layer below, unless this is the first.
    below: Option<&'a mut LayerArrays<T>>,
    function_below: Activation,
    delta: &'a [T],
    update: Update,
    scratch: &'a mut Scratch<T>,
    records: bool,
}

impl<T: Scalar> Task for LayerBackward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            shape,
            mut target,
            input,
            mut below,
            function_below,
            delta,
            update,
            scratch,
            records,
        } = self;
        if update == Update::Textbook
            && let Some(below) = &mut below
        {
            delta_below::<I, T>(
                shape,
                delta,
                target.weights(),
                below,
                function_below,
                records,
                scratch,
            );
        }
        let (to_weights, to_bias) = target.destinations();
        let (input, _) = layer_input(input, below.as_deref(), shape);
        layer::weight_gradient::<I, T>(shape, input, scratch, delta, to_weights);
        if let Some(bias) = to_bias {
            layer::bias_gradient::<I, T>(shape, delta, bias);
        }
        if update == Update::TopDown
            && let Some(below) = &mut below
        {
            delta_below::<I, T>(
                shape,
                delta,
                target.weights(),
                below,
                function_below,
                records,
                scratch,
            );
        }
    }
}

/// δ of the layer below: δ·Wᵀ times its f′(z).
#[inline(always)]
fn delta_below<I: Isa, T: Scalar>(
    shape: Shape,
    delta: &[T],
    weights: &[T],
    below: &mut LayerArrays<T>,
    function: Activation,
    records: bool,
    scratch: &mut Scratch<T>,
) {
    let used = shape.rows * shape.fan_in;
    layer::input_delta::<I, T>(shape, delta, weights, &mut below.delta[..used], scratch);
    if !below.mask.is_empty() {
        for (delta, &factor) in below.delta[..used].iter_mut().zip(&below.mask[..]) {
            *delta *= factor;
        }
    }
    if records {
        below.upstream[..used].copy_from_slice(&below.delta[..used]);
    }
    let (z, activation) = (&below.z[..used], &below.activation[..used]);
    let delta = &mut below.delta[..used];
    function.backpropagate_in_parts::<I, T>(shape.threads, z, activation, delta, shape.fan_in);
}

/// One layer's part of a [`Target`].
enum LayerTarget<'a, T> {
    Gradient {
        weights: &'a [T],
        weight_gradient: &'a mut [T],
        bias_gradient: Option<&'a mut [T]>,
    },
    Parameters {
        weights: &'a mut [T],
        bias: Option<&'a mut [T]>,
        rate: T,
    },
}

impl<T: Scalar> LayerTarget<'_, T> {
    #[inline(always)]
    fn weights(&self) -> &[T] {
        match self {
            LayerTarget::Gradient { weights, .. } => weights,
            LayerTarget::Parameters { weights, .. } => weights,
        }
    }

    /// Where the weights' gradient goes, and the bias's.
    #[inline(always)]
    fn destinations(&mut self) -> (Destination<'_, T>, Option<Destination<'_, T>>) {
        match self {
            LayerTarget::Gradient {
                weight_gradient,
                bias_gradient,
                ..
            } => (
                Destination::Gradient(weight_gradient),
                match bias_gradient {
                    Some(gradient) => Some(Destination::Gradient(gradient)),
                    None => None,
                },
            ),
            LayerTarget::Parameters { weights, bias, rate } => (
                Destination::Step {
                    parameters: weights,
                    rate: *rate,
                },
                match bias {
                    Some(parameters) => Some(Destination::Step {
                        parameters,
                        rate: *rate,
                    }),
                    None => None,
                },
            ),
        }
    }
}

/// Two parts of one slice, the first of which lies before the second.
#[inline(always)]
fn two_parts<T>(
    all: &mut [T],
    first: Range<usize>,
    second: Option<Range<usize>>,
) -> (&mut [T], Option<&mut [T]>) {
    match second {
        None => (&mut all[first], None),
        Some(second) => {
            let (before, from) = all.split_at_mut(second.start);
            (&mut before[first], Some(&mut from[..second.len()]))
        }
    }
}

impl<T: Scalar> Target<'_, T> {
    #[inline(always)]
    fn layer(&mut self, layer: &Layer) -> LayerTarget<'_, T> {
        match self {
            Target::Gradient { parameters, gradient } => {
                let (weight_gradient, bias_gradient) = two_parts(gradient, layer.weights(), layer.bias());
                LayerTarget::Gradient {
                    weights: &parameters[layer.weights()],
                    weight_gradient,
                    bias_gradient,
                }
            }
            Target::Parameters { parameters, rate } => {
                let (weights, bias) = two_parts(parameters, layer.weights(), layer.bias());
                LayerTarget::Parameters {
                    weights,
                    bias,
                    rate: *rate,
                }
            }
        }
    }
}

per_precision!(ForwardPerPrecision: |'a, T| Forward<'a, T> => ());

/// A whole forward pass.
struct Forward<'a, T> {
    architecture: &'a Architecture,
    parameters: &'a [T],
    input: Input<'a, T>,
    workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        forward_on::<I, T>(self.architecture, self.parameters, self.input, self.workspace);
    }
}

per_precision!(BackwardPerPrecision: |'a, T| Backward<'a, T> => ());

/// A whole backward pass.
struct Backward<'a, T> {
    architecture: &'a Architecture,
    target: Target<'a, T>,
    input: Input<'a, T>,
    targets: &'a [T],
    objective: Objective,
    workspace: &'a mut Workspace<T>,
}

impl<T: Scalar> Task for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        let Self {
            architecture,
            target,
            input,
            targets,
            objective,
            workspace,
        } = self;
        backward_on::<I, T>(architecture, target, input, targets, &objective, workspace);
    }
}
