//! The heart: one forward, one backward.
//!
//! Forward, layer after layer:   z = x·W + b,   a = f(z), and a is the next layer's x.
//! Backward, from the last layer: δ = ∂L/∂z,   ∂L/∂W = xᵀδ,   ∂L/∂b = Σ δ,   ∂L/∂x = δ·Wᵀ,   and the δ of the
//! layer below is ∂L/∂x times its f′(z). (Rumelhart, Hinton & Williams, *Learning representations by
//! back-propagating errors*, Nature 323, 1986.)
//!
//! Everything in the project that needs an output or a gradient calls these two functions: training, metrics,
//! the gradient check, the explanation.

use crate::kernels::isa::{Isa, Task, dispatch};
use crate::kernels::{self, Destination, Input, NonZeros, Shape};
use crate::loss::{Loss, Reduction};
use crate::network::Architecture;
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objective {
    /// The loss of a sample.
    pub loss: Loss,
    /// How the samples' losses become one.
    pub reduction: Reduction,
    /// When weights take their step.
    pub update: Update,
}

/// The arrays of one layer in a pass, each (batch, fan_out), row after row.
#[derive(Debug, Clone)]
struct LayerArrays<T> {
    z: Vec<T>,
    activation: Vec<T>,
    delta: Vec<T>,
    /// ∂L/∂a, kept only by a workspace that records.
    upstream: Vec<T>,
}

/// What a pass computes, allocated once for batches of up to `capacity` rows.
#[derive(Debug, Clone)]
pub struct Workspace<T> {
    layers: Vec<LayerArrays<T>>,
    widths: Vec<usize>,
    non_zeros: NonZeros<T>,
    capacity: usize,
    rows: usize,
    threads: NonZeroUsize,
    records: bool,
}

impl<T: Scalar> Workspace<T> {
    /// A workspace for batches of up to `capacity` rows.
    pub fn new(architecture: &Architecture, capacity: usize) -> Self {
        let array = |width: usize| vec![T::ZERO; width * capacity];
        let layers = architecture.layers().iter().map(|layer| LayerArrays {
            z: array(layer.fan_out),
            activation: array(layer.fan_out),
            delta: array(layer.fan_out),
            upstream: Vec::new(),
        });
        Self {
            layers: layers.collect(),
            widths: architecture.layers().iter().map(|layer| layer.fan_out).collect(),
            non_zeros: NonZeros::default(),
            capacity,
            rows: 0,
            threads: NonZeroUsize::MIN,
            records: false,
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
            layer.upstream = vec![T::ZERO; layer.delta.len()];
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

    /// The weighted sums z of layer `index`, (rows, fan_out).
    pub fn z(&self, index: usize) -> &[T] {
        &self.layers[index].z[..self.rows * self.widths[index]]
    }

    /// The activations a = f(z) of layer `index`, (rows, fan_out).
    pub fn activation(&self, index: usize) -> &[T] {
        &self.layers[index].activation[..self.rows * self.widths[index]]
    }

    /// δ = ∂L/∂z of layer `index`, (rows, fan_out), from the last backward pass.
    pub fn delta(&self, index: usize) -> &[T] {
        &self.layers[index].delta[..self.rows * self.widths[index]]
    }

    /// ∂L/∂a of layer `index`, (rows, fan_out), from the last backward pass; nothing unless the workspace is
    /// [`recording`](Self::recording).
    pub fn upstream(&self, index: usize) -> Option<&[T]> {
        self.records.then(|| &self.layers[index].upstream[..self.rows * self.widths[index]])
    }

    /// The outputs: the last layer's activations, (rows, outputs).
    pub fn outputs(&self) -> &[T] {
        self.activation(self.layers.len() - 1)
    }

    fn shape(&self, fan_in: usize, fan_out: usize) -> Shape {
        Shape { rows: self.rows, fan_in, fan_out, threads: self.threads }
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
    dispatch(Forward { architecture, parameters, input, workspace });
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
    dispatch(Backward { architecture, target, input, targets, objective, workspace });
}

/// The loss of the last forward pass, summed over the batch's rows. `targets` are (rows, outputs).
pub fn loss_sum<T: Scalar>(loss: Loss, architecture: &Architecture, targets: &[T], workspace: &Workspace<T>) -> f64 {
    let output = architecture.output_layer();
    let last = architecture.layers().len() - 1;
    loss.value(output.activation, workspace.z(last), workspace.outputs(), targets, output.fan_out)
}

#[inline(always)]
pub(crate) fn forward_on<I: Isa, T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    input: Input<'_, T>,
    workspace: &mut Workspace<T>,
) {
    workspace.rows = input.rows(architecture.input_width());
    assert!(workspace.rows <= workspace.capacity, "the batch is larger than the workspace");
    for (index, layer) in architecture.layers().iter().enumerate() {
        let shape = workspace.shape(layer.fan_in, layer.fan_out);
        let used = shape.rows * layer.fan_out;
        let weights = &parameters[layer.weights()];
        let bias = layer.bias().map(|range| &parameters[range]);
        let (below, here) = workspace.layers.split_at_mut(index);
        let here = &mut here[0];
        let z = &mut here.z[..used];
        match below.last() {
            None => kernels::input_affine::<I, T>(shape, input, weights, bias, z, &mut workspace.non_zeros),
            Some(below) => {
                let x = &below.activation[..shape.rows * layer.fan_in];
                kernels::affine::<I, T>(shape, x, weights, bias, z);
            }
        }
        layer.activation.apply_on::<I, T>(z, &mut here.activation[..used], layer.fan_out);
    }
}

#[inline(always)]
pub(crate) fn backward_on<I: Isa, T: Scalar>(
    architecture: &Architecture,
    mut target: Target<'_, T>,
    input: Input<'_, T>,
    targets: &[T],
    objective: Objective,
    workspace: &mut Workspace<T>,
) {
    let rows = workspace.rows;
    let records = workspace.records;
    let factor = objective.reduction.factor::<T>(rows);

    let output = architecture.output_layer();
    let used = rows * output.fan_out;
    assert!(targets.len() == used, "the targets are not (rows, outputs)");
    if let Some(last) = workspace.layers.last_mut() {
        let (z, outputs, delta) = (&last.z[..used], &last.activation[..used], &mut last.delta[..used]);
        if records {
            objective.loss.gradient(outputs, targets, factor, &mut last.upstream[..used]);
        }
        let loss = objective.loss;
        loss.delta_on::<I, T>(output.activation, z, outputs, targets, factor, delta, output.fan_out);
    }

    for (index, layer) in architecture.layers().iter().enumerate().rev() {
        let shape = workspace.shape(layer.fan_in, layer.fan_out);
        let (below, here) = workspace.layers.split_at_mut(index);
        let delta = &here[0].delta[..rows * layer.fan_out];
        let delta_below = |weights: &[T], below: &mut LayerArrays<T>| {
            let used = rows * layer.fan_in;
            kernels::input_delta::<I, T>(shape, delta, weights, &mut below.delta[..used]);
            if records {
                below.upstream[..used].copy_from_slice(&below.delta[..used]);
            }
            let function = architecture.layers()[index - 1].activation;
            let (z, activation) = (&below.z[..used], &below.activation[..used]);
            function.backpropagate_on::<I, T>(z, activation, &mut below.delta[..used], layer.fan_in);
        };

        if objective.update == Update::Textbook
            && let Some(below) = below.last_mut()
        {
            delta_below(target.parameters(layer.weights()), below);
        }
        let to = target.destination(layer.weights());
        match below.last() {
            None => kernels::input_weight_gradient::<I, T>(shape, input, &workspace.non_zeros, delta, to),
            Some(below) => {
                kernels::weight_gradient::<I, T>(shape, &below.activation[..rows * layer.fan_in], delta, to);
            }
        }
        if let Some(bias) = layer.bias() {
            kernels::bias_gradient::<I, T>(shape, delta, target.destination(bias));
        }
        if objective.update == Update::TopDown
            && let Some(below) = below.last_mut()
        {
            delta_below(target.parameters(layer.weights()), below);
        }
    }
}

impl<T: Scalar> Target<'_, T> {
    #[inline(always)]
    fn parameters(&self, range: std::ops::Range<usize>) -> &[T] {
        match self {
            Target::Gradient { parameters, .. } => &parameters[range],
            Target::Parameters { parameters, .. } => &parameters[range],
        }
    }

    #[inline(always)]
    fn destination(&mut self, range: std::ops::Range<usize>) -> Destination<'_, T> {
        match self {
            Target::Gradient { gradient, .. } => Destination::Gradient(&mut gradient[range]),
            Target::Parameters { parameters, rate } => {
                Destination::Step { parameters: &mut parameters[range], rate: *rate }
            }
        }
    }
}

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
        let Self { architecture, target, input, targets, objective, workspace } = self;
        backward_on::<I, T>(architecture, target, input, targets, objective, workspace);
    }
}
