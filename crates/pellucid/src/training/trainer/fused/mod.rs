//! Fused runs: steps of plain gradient descent on small networks, all steps up to the next observed one in one dispatch.
//!
//! This is the second way to take a step, beside [`forward`](crate::forward) and [`backward`](crate::backward). A step of a
//! network of ten weights takes a hundred nanoseconds, and half of that time would be the repeated set-up of kernels, arrays
//! and loss, which are the same in each step. [`samples`] is the only place that chooses this way.
//!
//! The law: a fused run leaves the same bits as the same number of single steps, in parameters, losses and activations. Its
//! kernels are made of the parts of a single step, in the same order. `tests/laws/fused_runs.rs` compares the two over every
//! width, loss, update order, batch size and kind of input.

mod descent;

use super::{BatchLoop, EpochProgress, Trainer};
use crate::data::dataset::{Features, Rows, Samples, Targets};
use crate::error::Result;
use crate::loss::Reduction;
use crate::model::pass::Workspace;
use crate::scalar::Scalar;
use descent::FusedDescent;
use pellucid_kernels::layer::sparse::is_listable;
use pellucid_kernels::narrow::{self, BatchCursor};
use pellucid_kernels::per_precision;
use pellucid_kernels::simd::{Isa, Task};

per_precision!(FusedRunPerPrecision: |'a, T| &'a mut FusedRun<'a, T> => FusedRunResult);

/// Samples that are read in the order of the data.
pub(super) type OrderedSamples<'a, T> = (&'a Features<T>, &'a Targets<T>);

/// The samples, if training on them can use fused runs: the optimizer is plain gradient descent at a constant learning rate,
/// nothing modifies inputs, targets, gradients or losses, batches are in the order of the data and all have the same number
/// of rows, and there are kernels for the layers.
pub(super) fn samples<'a, T: Scalar, S: Samples<T> + ?Sized>(
    trainer: &Trainer<T>,
    data: &'a S,
    batch_rows: usize,
) -> Option<OrderedSamples<'a, T>> {
    let is_plain = trainer.gradient.is_empty()
        && !trainer.train.shuffle
        && trainer.learning_rate.schedule.is_constant()
        && !data.is_weighted()
        && trainer.objective.reduction != Reduction::WeightedMean
        && !trainer.penalty.is_reported
        && trainer.corruption.is_none()
        && trainer.label_smoothing.is_none()
        && trainer.average.is_none();
    data.in_order().filter(|(features, _)| {
        is_plain
            && features.rows().is_multiple_of(batch_rows)
            && has_kernels(&trainer.workspace, features, batch_rows)
    })
}

fn has_kernels<T: Scalar>(workspace: &Workspace<T>, features: &Features<T>, batch_rows: usize) -> bool {
    let fits = match features {
        Features::Dense(_) => workspace.narrow_from == 0 && narrow::supports_rows(batch_rows),
        Features::Bytes(bytes) => {
            workspace.narrow_from <= 1
                && workspace.layers.len() > 1
                && batch_rows == 1
                && is_listable(bytes.bytes.columns())
        }
    };
    fits && !workspace.has_extras && !workspace.records
}

/// A number of steps over batches of the same number of rows, in the order of the data, epoch after epoch.
struct FusedRun<'a, T> {
    trainer: &'a mut Trainer<T>,
    samples: OrderedSamples<'a, T>,
    batch_rows: usize,
    /// The first row of the first batch.
    start: usize,
    /// The number of steps.
    steps: u64,
    learning_rate: T,
    /// The loss of the epoch so far.
    epoch_loss: f64,
}

/// The steps taken, fewer than requested where the loss of the next step is not finite; the loss of the epoch so far, 0 before
/// its first step; the loss of that next step.
type FusedRunResult = (u64, f64, Option<f64>);

impl<T: Scalar> Trainer<T> {
    /// Takes up to `steps` steps, across the ends of epochs.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`](crate::Error::NonFiniteLoss).
    pub(super) fn run_fused(
        &mut self,
        samples: OrderedSamples<'_, T>,
        batches: &BatchLoop,
        steps: u64,
        epoch: &mut EpochProgress,
    ) -> Result<()> {
        let learning_rate = T::from_f64(self.learning_rate.highest);
        let (taken, loss, not_finite) = T::run::<FusedRunPerPrecision>(&mut FusedRun {
            trainer: self,
            samples,
            batch_rows: batches.batch_rows,
            start: epoch.batch as usize * batches.batch_rows,
            steps,
            learning_rate,
            epoch_loss: epoch.loss,
        });
        let batch = epoch.batch + taken;
        self.step += taken;
        self.epoch += batch / batches.steps_per_epoch;
        epoch.batch = batch % batches.steps_per_epoch;
        epoch.loss = loss;
        match not_finite {
            Some(loss) => Err(self.non_finite_loss(loss, epoch.batch)),
            None => Ok(()),
        }
    }
}

impl<T: Scalar> Task for &mut FusedRun<'_, T> {
    type Output = FusedRunResult;
    #[inline(always)]
    fn run<I: Isa>(self) -> FusedRunResult {
        let FusedRun {
            trainer,
            samples: (features, targets),
            batch_rows,
            start,
            steps,
            learning_rate,
            epoch_loss,
        } = self;
        let Trainer {
            network,
            workspace,
            objective,
            logged_loss,
            ..
        } = trainer;
        let losses = (&*objective, *logged_loss);
        let (network, rate) = (network.split_mut(), *learning_rate);
        let descent = FusedDescent::new::<I>(network, features, workspace, losses, *batch_rows, rate);
        let mut cursor = BatchCursor::new(*start, *batch_rows, features.rows(), *steps, *epoch_loss);
        let end = match descent {
            Some(mut descent) => take_all::<I, T>(&mut descent, targets, &mut cursor),
            None => Ok(0.0),
        };
        let (taken, epoch_loss) = cursor.taken();
        (taken, epoch_loss, end.err())
    }
}

/// Takes all steps of a cursor. A loss that is not finite ends the run and is the error.
#[inline(always)]
fn take_all<I: Isa, T: Scalar>(
    descent: &mut FusedDescent<'_, T>,
    targets: &Targets<T>,
    cursor: &mut BatchCursor,
) -> std::result::Result<f64, f64> {
    if let Targets::Dense(matrix) = targets
        && let Some(end) = descent.take_all(matrix.values(), cursor)
    {
        return end;
    }
    let (mut loss, mut buffer) = (0.0, Vec::new());
    while !cursor.is_done() {
        let start = cursor.start();
        let batch = targets.gather(Rows::Range(start, start + cursor.batch_rows()), &mut buffer);
        loss = descent.step::<I>(start, batch)?;
        cursor.advance(loss);
    }
    Ok(loss)
}
