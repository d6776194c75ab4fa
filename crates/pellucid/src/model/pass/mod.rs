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

mod extras;
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
use pellucid_kernels::simd::{Isa, Task};
use pellucid_kernels::{narrow, per_precision};
use serde::{Deserialize, Serialize};

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
