//! Plain gradient descent with the step's layers in one kernel call: what is the same in each step is looked up once.

use crate::data::dataset::Features;
use crate::loss::{Loss, OutputLoss};
use crate::model::network::Architecture;
use crate::model::pass::{Objective, Update, Workspace};
use crate::scalar::Scalar;
use pellucid_kernels::layer::sparse::NonZeroBlocks;
use pellucid_kernels::layer::{Destination, Shape, bias_gradient};
use pellucid_kernels::narrow::{BatchCursor, FusedSteps, LayerBelow};
use pellucid_kernels::simd::Isa;
use std::num::NonZeroUsize;

/// Steps through a network whose layers all have a few units, or all but a first one whose input is a row of bytes a step.
/// They are made of the same parts as [`forward`](crate::forward) and [`backward`](crate::backward).
pub(super) struct FusedDescent<'a, T> {
    steps: FusedSteps<'a, T>,
    features: &'a Features<T>,
    blocks: NonZeroBlocks<T>,
    rows: usize,
    rate: T,
}

impl<'a, T: Scalar> FusedDescent<'a, T> {
    /// Steps at `rate` from the parameters on, on batches of `rows` rows of the features; nothing where there are no such
    /// kernels for this machine.
    ///
    /// # Panics
    /// When the parameters are not the architecture's, or the [predicate](super::is_possible) does not hold.
    #[inline(always)]
    pub(super) fn new<I: Isa>(
        network: (&'a Architecture, &'a mut [T]),
        features: &'a Features<T>,
        workspace: &'a mut Workspace<T>,
        (objective, logged_loss): (&Objective, Loss),
        rows: usize,
        rate: T,
    ) -> Option<Self> {
        if !I::HAS_NARROW {
            return None;
        }
        let output = network.0.output_layer();
        let (first, x) = match features {
            Features::Dense(matrix) => (0, matrix.values()),
            Features::Bytes(_) => (1, &[][..]),
        };
        let steps = workspace
            .narrow_steps(network, first, x, rows, rate)
            .top_down(objective.update == Update::TopDown);
        let (loss, factor) = (objective.loss, objective.reduction.factor(rows));
        let loss = OutputLoss::new(loss, logged_loss, output.activation, output.fan_out, factor);
        Some(Self {
            steps: FusedSteps::new::<I>(steps, loss)?,
            features,
            blocks: NonZeroBlocks::default(),
            rows,
            rate,
        })
    }

    /// Takes all steps of the cursor where one kernel can do so by itself; else gives nothing.
    #[inline(always)]
    pub(super) fn take_all(&mut self, targets: &[T], cursor: &mut BatchCursor) -> Option<Result<f64, f64>> {
        match self.features {
            Features::Dense(matrix) => self.steps.take_all(matrix.values(), targets, cursor),
            Features::Bytes(_) => None,
        }
    }

    /// One step, on the batch that begins with row `start`: forward, loss, backward and update. Gives the batch's loss
    /// before it, summed over its rows; as an error where it is not finite, and then the parameters are left alone.
    /// `targets` are (rows, outputs).
    ///
    /// # Panics
    /// When there is no such batch.
    #[inline(always)]
    pub(super) fn step<I: Isa>(&mut self, start: usize, targets: &[T]) -> Result<f64, f64> {
        match self.features {
            Features::Dense(matrix) => {
                let columns = matrix.columns();
                let batch = start * columns..(start + self.rows) * columns;
                self.steps.set_input(&matrix.values()[batch]);
            }
            Features::Bytes(matrix) => {
                if let Some(below) = self.steps.below() {
                    let (rows, columns) = (matrix.bytes_and_values(), matrix.columns());
                    self.blocks.affine::<I>(
                        start,
                        rows,
                        columns,
                        below.weights,
                        below.bias.as_deref(),
                        below.z,
                    );
                    below
                        .layer
                        .activation
                        .apply_on::<I, T>(below.z, below.activation, below.layer.fan_out);
                }
            }
        }
        let loss = self.steps.step::<I>(targets)?;
        if let Features::Bytes(matrix) = self.features
            && let Some(below) = self.steps.below()
        {
            let LayerBelow {
                weights, bias, delta, ..
            } = below;
            let (_, values) = matrix.bytes_and_values();
            let inputs = (values, matrix.columns());
            self.blocks
                .update_weights::<I>(start, inputs, delta, self.rate, weights);
            if let Some(parameters) = bias {
                let rate = self.rate;
                let shape = Shape {
                    rows: 1,
                    fan_in: matrix.columns(),
                    fan_out: delta.len(),
                    threads: NonZeroUsize::MIN,
                };
                bias_gradient::<I, T>(shape, delta, Destination::Step { parameters, rate });
            }
        }
        Ok(loss)
    }
}
