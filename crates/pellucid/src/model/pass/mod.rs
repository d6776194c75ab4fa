//! Computes the outputs of a network and the gradient of its loss: one forward pass, one backward pass.
//!
//! Forward, layer after layer:   z = x·W + b,   a = f(z), and a is the next layer's x.
//! Backward, from the last layer: δ = ∂L/∂z,   ∂L/∂W = xᵀδ,   ∂L/∂b = Σ δ,   ∂L/∂x = δ·Wᵀ,   and the δ of the
//! layer below is ∂L/∂x times its f′(z). (Rumelhart, Hinton & Williams, *Learning representations by
//! back-propagating errors*, Nature 323, 1986.) The [normalisation](crate::normalisation) of a layer, if
//! it has one, comes between z and f, in both passes. The scales s of the features, if the network has them, make the first
//! layer's z = (x∘s)·W + b = x·(diag(s)·W) + b. Embedded features take the place of the features before that. The members of a network that is made of them share all layers but the last, and
//! are computed together: `members` says how.
//!
//! Training, metrics, the gradient check and the explanation call these two functions. The only other code that takes a step
//! is a fused run of small networks (`training/trainer/fused`), made of the same kernels and equal to the bit.

mod embeddings;
mod extras;
mod input_scales;
mod layer;
mod members;
mod output;
mod parametric;
mod target;
mod workspace;

pub use output::loss_sum;
pub use target::Target;
pub use workspace::Workspace;

use crate::loss::{Loss, Reduction};
use crate::model::network::Architecture;
use crate::scalar::Scalar;
use embeddings::{DifferentiateEmbeddings, EmbedFeatures};
use extras::{NormaliseForward, drop_out, normalise_backward};
use layer::{LayerBackward, LayerForward, layer_input};
use members::{AverageMembers, MembersBackward, MembersForward, is_per_member};
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
    match target {
        // The derivatives of scales, embeddings and first weights need each other's values from before the step.
        Target::Parameters { parameters, rate } if architecture.changes_features() => {
            let mut gradient = vec![T::ZERO; parameters.len()];
            run(Target::Gradient {
                parameters: &*parameters,
                gradient: &mut gradient,
            });
            for (parameter, derivative) in parameters.iter_mut().zip(gradient) {
                *parameter -= rate * derivative;
            }
        }
        target => run(target),
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
    let mut features = workspace.features.take();
    let input = match &mut features {
        Some(features) => {
            let rows = workspace.rows;
            I::call(EmbedFeatures {
                architecture,
                parameters,
                input,
                rows,
                arrays: &mut *features,
            });
            Input::Dense(&features.embedded[..rows * architecture.layer(0).fan_in])
        }
        None => input,
    };
    for (index, layer) in architecture.layers()[..first_narrow].iter().enumerate() {
        let shape = workspace.shape(layer.fan_in, layer.fan_out);
        if is_per_member(architecture, index) {
            I::call(MembersForward {
                architecture,
                index,
                parameters,
                input,
                workspace,
            });
        } else {
            let (below, here) = workspace.layers.split_at_mut(index);
            I::call(LayerForward {
                shape,
                input: layer_input(input, below.last(), shape),
                weights: &parameters[layer.weights()],
                bias: layer.bias().map(|range| &parameters[range]),
                function: layer.pre_activation_function,
                here: &mut here[0],
            });
        }
        if workspace.has_extras {
            let here = &mut workspace.layers[index];
            if here.normalised.is_some() {
                let running = layer.statistics().filter(|_| workspace.predicts);
                I::call(NormaliseForward {
                    shape,
                    layer,
                    parameters,
                    running,
                    here: &mut *here,
                });
            }
            if let Some(factors) = layer.activation_factors() {
                parametric::blend(here, &parameters[factors], shape.rows * shape.fan_out);
            }
            if let Some(dropout) = &mut workspace.dropout {
                drop_out(here, index, shape.rows * shape.fan_out, dropout);
            }
        }
    }
    if I::HAS_NARROW && first_narrow < architecture.layers().len() {
        let (x, rows) = (input.numbers(), workspace.rows);
        workspace
            .narrow_layers(architecture, first_narrow, x, rows)
            .forward::<I>(parameters);
    }
    workspace.features = features;
    if workspace.members > 1 {
        I::call(AverageMembers {
            architecture,
            workspace,
        });
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
    let mut features = workspace.features.take();
    let raw = input;
    let input = match &features {
        Some(features) => Input::Dense(&features.embedded[..rows * architecture.layer(0).fan_in]),
        None => input,
    };
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
        if workspace.has_extras {
            normalise_backward::<I, T>(layer, shape.rows, &mut target, &mut workspace.layers[index]);
            parametric::write_derivatives(layer, &workspace.layers[index], &mut target);
        }
        if is_per_member(architecture, index) {
            I::call(MembersBackward {
                architecture,
                index,
                target: &mut target,
                input,
                workspace,
            });
            continue;
        }
        let (below, here) = workspace.layers.split_at_mut(index);
        I::call(LayerBackward {
            shape,
            layer,
            target: &mut target,
            input,
            below: below.last_mut(),
            layer_below: index.checked_sub(1).map(|below| &architecture.layers()[below]),
            delta: &here[0].delta[..shape.rows * layer.fan_out],
            update: objective.update,
            scratch: &mut here[0].scratch,
            records,
        });
    }
    if let Some(features) = &mut features {
        let layer = architecture.layer(0);
        let shape = workspace.shape(layer.fan_in, layer.fan_out);
        I::call(DifferentiateEmbeddings {
            architecture,
            target: &mut target,
            input: raw,
            shape: pellucid_kernels::layer::Shape { rows, ..shape },
            delta: &workspace.layers[0].delta[..shape.rows * layer.fan_out],
            scaled_weights: &mut workspace.scaled_weights,
            arrays: features,
        });
    }
    workspace.features = features;
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
