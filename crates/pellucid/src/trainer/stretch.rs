//! A stretch: the steps between two that somebody looks at, taken in one go.
//!
//! A step of a network of ten weights is a hundred nanoseconds, of which half was once spent on finding again what is the
//! same in each: which kernels, which arrays, which loss.

use super::Trainer;
use crate::dataset::{Dataset, Features, Targets};
use crate::kernels::isa::{Isa, Task};
use crate::matrix::Matrix;
use crate::pass::Descent;
use crate::scalar::Scalar;

/// Steps of plain gradient descent over batches of the same number of rows, in the order of the data, epoch after epoch.
pub(crate) struct Stretch<'a, T> {
    pub(super) trainer: &'a mut Trainer<T>,
    pub(super) features: &'a Matrix<T>,
    pub(super) targets: &'a Matrix<T>,
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
    /// The data, where steps on it, at a rate that does not change, may be taken in stretches.
    pub(super) fn in_stretches<'a>(
        &self,
        data: &'a Dataset<T>,
        batch_rows: usize,
    ) -> Option<(&'a Matrix<T>, &'a Matrix<T>)> {
        let (Features::Dense(features), Targets::Dense(targets)) = (data.features(), data.targets()) else {
            return None;
        };
        let is_plain = self.gradient.is_empty()
            && !self.shuffles
            && self.learning_rate.is_constant()
            && data.weights().is_none()
            && data.rows().is_multiple_of(batch_rows)
            && self.corruption.is_none()
            && self.label_smoothing.is_none()
            && self.average.is_none();
        (is_plain && Descent::is_possible(&self.workspace, batch_rows)).then_some((features, targets))
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
        let (x, y) = (features.values(), targets.values());
        let (of_x, of_y) = (*batch_rows * features.columns(), *batch_rows * targets.columns());
        let (mut at_x, mut at_y) = (*start * features.columns(), *start * targets.columns());
        let (mut epoch_loss, mut taken, mut not_finite) = (*epoch_loss, 0, None);
        let Trainer {
            network,
            workspace,
            objective,
            logged_loss,
            ..
        } = trainer;
        let (aim, rate) = ((&*objective, *logged_loss), *learning_rate);
        if let Some(mut descent) =
            Descent::new::<I>(network.split_mut(), x, workspace, aim, *batch_rows, rate)
        {
            while taken < *steps {
                match descent.step::<I>(&x[at_x..][..of_x], &y[at_y..][..of_y]) {
                    Ok(loss) => epoch_loss += loss,
                    Err(loss) => {
                        not_finite = Some(loss);
                        break;
                    }
                }
                taken += 1;
                (at_x, at_y) = (at_x + of_x, at_y + of_y);
                if at_x == x.len() {
                    (at_x, at_y, epoch_loss) = (0, 0, 0.0);
                }
            }
        }
        Stretched {
            taken,
            not_finite,
            epoch_loss,
        }
    }
}
