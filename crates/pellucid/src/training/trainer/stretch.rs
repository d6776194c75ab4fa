//! A stretch: the steps between two that somebody looks at, taken in one go.
//!
//! A step of a network of ten weights is a hundred nanoseconds, of which half was once spent on finding again what is the
//! same in each: which kernels, which arrays, which loss.

use super::Trainer;
use crate::data::dataset::{Features, Targets, one_hot};
use crate::kernels::isa::{Isa, Task};
use crate::kernels::narrow::Walk;
use crate::loss::Reduction;
use crate::model::pass::Descent;
use crate::scalar::Scalar;

/// Steps of plain gradient descent over batches of the same number of rows, in the order of the data, epoch after epoch.
pub(crate) struct Stretch<'a, T> {
    pub(super) trainer: &'a mut Trainer<T>,
    pub(super) features: &'a Features<T>,
    pub(super) targets: &'a Targets<T>,
    pub(super) batch_rows: usize,
    /// The first row of the first batch.
    pub(super) start: usize,
    /// How many steps.
    pub(super) steps: u64,
    pub(super) learning_rate: T,
    /// The loss of the epoch so far.
    pub(super) epoch_loss: f64,
}

/// Where a stretch has got to.
pub(crate) struct Stretched {
    /// The steps that were taken: fewer than there were to be, where the loss of the next is not finite.
    pub(super) taken: u64,
    /// The loss of that step.
    pub(super) not_finite: Option<f64>,
    /// The loss of the epoch so far, 0 where none of its steps was taken yet.
    pub(super) epoch_loss: f64,
}

impl<T: Scalar> Trainer<T> {
    /// Whether steps on these data may be taken in stretches.
    pub(super) fn goes_in_stretches(
        &self,
        features: &Features<T>,
        is_weighted: bool,
        batch_rows: usize,
    ) -> bool {
        self.gradient.is_empty()
            && !self.shuffles
            && self.learning_rate.is_constant()
            && !is_weighted
            && self.objective.reduction != Reduction::WeightedMean
            && !self.penalty.is_told
            && features.rows().is_multiple_of(batch_rows)
            && self.corruption.is_none()
            && self.label_smoothing.is_none()
            && self.average.is_none()
            && Descent::is_possible(&self.workspace, features, batch_rows)
    }
}

impl<T: Scalar> Task for &mut Stretch<'_, T> {
    type Output = Stretched;
    #[inline(always)]
    fn run<I: Isa>(self) -> Stretched {
        let Stretch {
            trainer,
            features,
            targets,
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
        let (features, aim) = (*features, (&*objective, *logged_loss));
        let (network, rate) = (network.split_mut(), *learning_rate);
        let descent = Descent::new::<I>(network, features, workspace, aim, *batch_rows, rate);
        let mut walk = Walk::new(*start, *batch_rows, features.rows(), *steps, *epoch_loss);
        let end = match descent {
            Some(mut descent) => take_all::<I, T>(&mut descent, targets, &mut walk),
            None => Ok(0.0),
        };
        let (taken, epoch_loss) = walk.taken();
        Stretched {
            taken,
            not_finite: end.err(),
            epoch_loss,
        }
    }
}

/// Takes all steps of a walk, unless the loss of one is not finite: that is the error.
#[inline(always)]
fn take_all<I: Isa, T: Scalar>(
    descent: &mut Descent<'_, T>,
    targets: &Targets<T>,
    walk: &mut Walk,
) -> Result<f64, f64> {
    if let Targets::Dense(matrix) = targets
        && let Some(end) = descent.take_all(matrix.values(), walk)
    {
        return end;
    }
    let mut targets = BatchTargets::new(targets, walk.batch_rows());
    let mut loss = 0.0;
    while !walk.is_done() {
        loss = descent.step::<I>(walk.start(), targets.from(walk.start()))?;
        walk.advance(loss);
    }
    Ok(loss)
}

/// The targets of one batch after another.
enum BatchTargets<'a, T> {
    /// (rows, width)
    Numbers {
        all: &'a [T],
        length: usize,
        width: usize,
    },
    /// Those of a batch, a 1 in each row for its class.
    Classes {
        labels: &'a [u32],
        classes: usize,
        rows: usize,
        batch: Vec<T>,
    },
}

impl<'a, T: Scalar> BatchTargets<'a, T> {
    fn new(targets: &'a Targets<T>, rows: usize) -> Self {
        match targets {
            Targets::Dense(matrix) => BatchTargets::Numbers {
                all: matrix.values(),
                length: rows * matrix.columns(),
                width: matrix.columns(),
            },
            Targets::Classes { labels, classes } => BatchTargets::Classes {
                labels,
                classes: *classes,
                rows,
                batch: Vec::with_capacity(rows * classes),
            },
        }
    }

    /// Those of the batch that begins with row `start`, (rows, width).
    #[inline(always)]
    fn from(&mut self, start: usize) -> &[T] {
        match self {
            BatchTargets::Numbers { all, length, width } => &all[start * *width..][..*length],
            BatchTargets::Classes {
                labels,
                classes,
                rows,
                batch,
            } => {
                one_hot(labels[start..][..*rows].iter().copied(), *classes, batch);
                batch
            }
        }
    }
}
