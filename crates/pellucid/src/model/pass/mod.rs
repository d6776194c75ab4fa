//! Computes the outputs of a network and the gradient of its loss: one forward pass, one backward pass.
//!
//! Forward, layer after layer:   z = x·W + b,   a = f(z), and a is the next layer's x.
//! Backward, from the last layer: δ = ∂L/∂z,   ∂L/∂W = xᵀδ,   ∂L/∂b = Σ δ,   ∂L/∂x = δ·Wᵀ,   and the δ of the
//! layer below is ∂L/∂x times its f′(z). (Rumelhart, Hinton & Williams, *Learning representations by
//! back-propagating errors*, Nature 323, 1986.) The [normalisation](crate::normalisation) of a layer, if
//! it has one, comes between z and f, in both passes. The scales s of the features, if the network has them, make the first
//! layer's z = (x∘s)·W + b = x·(diag(s)·W) + b.
//!
//! Training, metrics, the gradient check and the explanation call these two functions. The only other code that takes a step
//! is a fused run of small networks (`training/trainer/fused`), made of the same kernels and equal to the bit.

mod extras;
mod input_scales;
mod layer;
mod output;
mod target;
mod workspace;

pub use output::loss_sum;
pub use target::Target;
pub use workspace::Workspace;

use crate::activation::Activation;
use crate::loss::{Loss, Reduction};
use crate::model::network::Architecture;
use crate::scalar::Scalar;
use extras::{NormaliseForward, drop_out, normalise_backward};
use layer::{LayerBackward, LayerForward, layer_input};
use output::OutputDelta;
use pellucid_kernels::layer::Input;
use pellucid_kernels::per_precision;
use pellucid_kernels::simd::{Isa, Task};
use serde::{Deserialize, Serialize};

/// When a layer's weights take their step. It matters only where the backward pass updates the weights itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Update {
    /// After δ has passed through them to the layer below, as in the chain rule.
    #[default]
    Textbook,
    /// Before that, from the output layer down: δ of the layer below is computed with the new weights, as in some
    /// hand-written loops.
    TopDown,
}

/// The function that the backward pass differentiates, and how it updates weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// The loss of a sample.
    pub loss: Loss,
    /// How the losses of a batch's samples are combined into one.
    pub reduction: Reduction,
    /// When weights take their step.
    pub update: Update,
}

/// Computes z and a of every layer for a batch, into the workspace. The outputs are [`Workspace::outputs`].
///
/// # Panics
/// When the number of parameters is not the architecture's, or the batch is larger than the workspace.
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

/// Computes δ of every layer for the batch of the last [`forward`] and writes the gradients to `target`.
/// `targets` are (rows, outputs).
///
/// # Panics
/// When the shapes differ from those of the forward pass.
pub fn backward<T: Scalar>(
    architecture: &Architecture,
    target: Target<'_, T>,
    input: Input<'_, T>,
    targets: &[T],
    objective: Objective,
    workspace: &mut Workspace<T>,
) {
    let mut run = |target: Target<'_, T>| {
        T::run::<BackwardPerPrecision>(Backward {
            architecture,
            target,
            input,
            targets,
            objective,
            workspace: &mut *workspace,
        });
    };
    match (target, architecture.input_scales()) {
        // The derivatives of the scales and of the first weights need each other's values from before the step.
        (Target::Parameters { parameters, rate }, Some(_)) => {
            let mut gradient = vec![T::ZERO; parameters.len()];
            run(Target::Gradient {
                parameters: &*parameters,
                gradient: &mut gradient,
            });
            for (parameter, derivative) in parameters.iter_mut().zip(gradient) {
                *parameter -= rate * derivative;
            }
        }
        (target, _) => run(target),
    }
}

/// ∂L/∂θ for every parameter θ, by both passes over a batch, in the layout of the parameters. `targets` are (rows, outputs).
///
/// # Panics
/// When the batch does not have the network's shape, or is larger than the workspace.
pub(crate) fn gradient<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    input: Input<'_, T>,
    targets: &[T],
    objective: Objective,
    workspace: &mut Workspace<T>,
) -> Vec<T> {
    let mut gradient = vec![T::ZERO; parameters.len()];
    forward(architecture, parameters, input, workspace);
    let target = Target::Gradient {
        parameters,
        gradient: &mut gradient,
    };
    backward(architecture, target, input, targets, objective, workspace);
    gradient
}

/// [`forward`] for a caller that has already chosen the instruction set `I`.
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
        let scales = architecture.input_scales().filter(|_| index == 0);
        if let Some(scales) = &scales {
            let (weights, scales) = (&parameters[layer.weights()], &parameters[scales.clone()]);
            input_scales::scale_rows(weights, scales, &mut workspace.scaled_weights);
        }
        let (below, here) = workspace.layers.split_at_mut(index);
        I::call(LayerForward {
            shape,
            input: layer_input(input, below.last(), shape),
            weights: match scales {
                Some(_) => &workspace.scaled_weights,
                None => &parameters[layer.weights()],
            },
            bias: layer.bias().map(|range| &parameters[range]),
            function: layer.pre_activation_function,
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
        let (x, rows) = (input.numbers(), workspace.rows);
        workspace
            .narrow_layers(architecture, first_narrow, x, rows)
            .forward::<I>(parameters);
    }
}

/// [`backward`] for a caller that has already chosen the instruction set `I`.
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
    I::call(OutputDelta {
        objective,
        architecture,
        targets,
        workspace,
    });
    let first_narrow = workspace.first_narrow;
    if I::HAS_NARROW && first_narrow < architecture.layers().len() {
        let layers = workspace.narrow_layers(architecture, first_narrow, input.numbers(), rows);
        let mut steps = match &mut target {
            Target::Gradient { parameters, gradient } => layers.storing_gradient(parameters, gradient),
            Target::Parameters { parameters, rate } => {
                layers.updating(parameters, *rate, objective.update == Update::TopDown)
            }
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
            layer,
            target: &mut target,
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
    if let (Some(scales), Target::Gradient { parameters, gradient }) = (architecture.input_scales(), target) {
        input_scales::differentiate(architecture.layer(0).weights(), scales, parameters, gradient);
    }
}

per_precision!(ForwardPerPrecision: |'a, T| Forward<'a, T> => ());

/// The forward pass of the whole network.
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

/// The backward pass of the whole network.
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
