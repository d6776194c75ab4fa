//! Takes steps of plain gradient descent with all layers in one kernel call, and does the set-up of a step only once.

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

/// Steps of a network whose layers all have a few units, except possibly a first layer whose input is one row of bytes per
/// step. They use the same kernels as [`forward`](crate::forward) and [`backward`](crate::backward).
pub(super) struct FusedDescent<'a, T> {
    steps: FusedSteps<'a, T>,
    features: &'a Features<T>,
    blocks: NonZeroBlocks<T>,
    rows: usize,
    rate: T,
}

impl<'a, T: Scalar> FusedDescent<'a, T> {
    /// Prepares steps at learning rate `rate` on batches of `rows` rows of the features; `None` where this machine has no
    /// such kernels.
    ///
    /// # Panics
    /// When the number of parameters is not the architecture's, or [`samples`](super::samples) rejects the training.
    #[inline(always)]
    pub(super) fn new<I: Isa>(
        (architecture, parameters): (&'a Architecture, &'a mut [T]),
        features: &'a Features<T>,
        workspace: &'a mut Workspace<T>,
        (objective, logged_loss): (&Objective, Loss),
        rows: usize,
        rate: T,
    ) -> Option<Self> {
        if !I::HAS_NARROW {
            return None;
        }
        let output = architecture.output_layer();
        let (first, x) = match features {
            Features::Dense(matrix) => (0, matrix.values()),
            Features::Bytes(_) => (1, &[][..]),
        };
        let steps = workspace.narrow_layers(architecture, first, x, rows).updating(
            parameters,
            rate,
            objective.update == Update::TopDown,
        );
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

    /// Takes all steps of the cursor where one kernel can do that; else returns `None`.
    #[inline(always)]
    pub(super) fn take_all(&mut self, targets: &[T], cursor: &mut BatchCursor) -> Option<Result<f64, f64>> {
        match self.features {
            Features::Dense(matrix) => self.steps.take_all(matrix.values(), targets, cursor),
            Features::Bytes(_) => None,
        }
    }

    /// Takes one step on the batch that begins with row `start`: forward, loss, backward and update. Returns the batch's
    /// loss before the step, summed over its rows, as an error where it is not finite; the parameters are then unchanged.
    /// `targets` are (rows, outputs).
    ///
    /// # Panics
    /// When the batch is out of range.
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
                    let (bytes, columns) = (matrix.bytes(), matrix.bytes.columns());
                    self.blocks.affine::<I>(
                        start,
                        (bytes, &matrix.values),
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
            let columns = matrix.bytes.columns();
            let inputs = (&*matrix.values, columns);
            self.blocks
                .update_weights::<I>(start, inputs, delta, self.rate, weights);
            if let Some(numbers) = bias {
                let step = Some(-self.rate);
                let shape = Shape {
                    rows: 1,
                    fan_in: columns,
                    fan_out: delta.len(),
                    threads: NonZeroUsize::MIN,
                };
                bias_gradient::<I, T>(shape, delta, Destination { numbers, step });
            }
        }
        Ok(loss)
    }
}
