//! Takes one training step on one batch: forward, loss, backward, update.

use super::Trainer;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::loss::Reduction;
use crate::model::pass::{self, Target, Workspace};
use crate::optimization::penalty::Penalty;
use crate::scalar::Scalar;
use pellucid_kernels::layer::Input;
use pellucid_kernels::per_precision;
use pellucid_kernels::simd::{Isa, Task};

impl<T: Scalar> Trainer<T> {
    /// Takes one step on one batch: forward, loss, backward, update. Returns the batch's loss before the step, summed over
    /// its rows. `targets` are (rows, outputs). The step uses the recipe's learning rate: a schedule needs
    /// [`run`](Self::run), which knows the number of steps.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`], before any update; [`Error::Setting`] when the optimizer
    /// [takes no steps](crate::Optimizer::takes_steps).
    ///
    /// # Panics
    /// When the batch does not have the network's shape.
    pub fn step(&mut self, input: Input<'_, T>, targets: &[T]) -> Result<f64> {
        if !self.optimizer.optimizer().takes_steps() {
            let expected = "it takes no steps on batches; train it on a data set with `run`";
            let error = SettingError::new("train.optimizer", "\"lbfgs\"", expected);
            return Err(Error::from(error));
        }
        self.ensure_capacity(input.rows(self.network.architecture().input_width()));
        let learning_rate = T::from_f64(self.learning_rate.highest);
        let loss = self.take_step(input, targets, learning_rate);
        if !loss.is_finite() {
            return Err(self.non_finite_loss(loss, 0));
        }
        self.step += 1;
        Ok(loss)
    }

    /// [`step`](Self::step) at a given learning rate. Where the loss is not finite, nothing is updated.
    pub(super) fn take_step(&mut self, input: Input<'_, T>, targets: &[T], learning_rate: T) -> f64 {
        T::run::<StepPerPrecision>(&mut Step {
            trainer: self,
            input,
            targets,
            learning_rate,
        })
    }
}

/// The reported loss of a batch, summed over its rows, where it divides by the row weights or includes the penalty.
#[inline(never)]
fn reported_loss<T: Scalar>(
    sum: f64,
    reduction: Reduction,
    penalty: &Penalty<T>,
    workspace: &Workspace<T>,
    parameters: &[T],
) -> f64 {
    let (rows, weight) = (workspace.rows() as f64, workspace.weight());
    let mean = match reduction {
        Reduction::WeightedMean if weight > 0.0 => sum / weight,
        Reduction::WeightedMean => 0.0,
        Reduction::Mean | Reduction::Sum => sum / rows,
    };
    let penalty = penalty.of_batch(weight);
    let penalized = if penalty.is_reported {
        penalty.value::<8>(parameters)
    } else {
        0.0
    };
    (mean + penalized) * rows
}

per_precision!(StepPerPrecision: |'a, T| &'a mut Step<'a, T> => f64);

/// One training step.
struct Step<'a, T> {
    trainer: &'a mut Trainer<T>,
    input: Input<'a, T>,
    targets: &'a [T],
    learning_rate: T,
}

impl<T: Scalar> Task for &mut Step<'_, T> {
    type Output = f64;
    /// Forward, loss, backward and update. Returns the loss of the batch, summed over its rows. Where the loss is not
    /// finite, the parameters stay unchanged.
    #[inline(always)]
    fn run<I: Isa>(self) -> f64 {
        let &mut Step {
            ref mut trainer,
            input,
            targets,
            learning_rate,
        } = self;
        let Trainer {
            network,
            optimizer,
            gradient,
            workspace,
            objective,
            logged_loss,
            label_smoothing,
            corruption,
            max_norm,
            penalty,
            clipping,
            groups,
            accumulation,
            average,
            ..
        } = trainer;
        let input = match corruption {
            Some(corruption) => corruption.apply(input),
            None => input,
        };
        let targets = match label_smoothing {
            Some(smoothing) => smoothing.apply(targets),
            None => targets,
        };
        let (architecture, parameters) = network.split_mut();
        pass::forward_on::<I, T>(architecture, parameters, input, workspace);
        let mut loss = pass::loss_sum(*logged_loss, architecture, targets, workspace);
        if !loss.is_finite() {
            return loss;
        }
        if objective.reduction == Reduction::WeightedMean || penalty.is_reported {
            loss = reported_loss(loss, objective.reduction, penalty, workspace, parameters);
        }
        if gradient.is_empty() {
            let target = Target::Parameters {
                parameters,
                rate: learning_rate,
            };
            pass::backward_on::<I, T>(architecture, target, input, targets, objective, workspace);
        } else {
            let target = Target::Gradient { parameters, gradient };
            pass::backward_on::<I, T>(architecture, target, input, targets, objective, workspace);
            if architecture.is_normalised() {
                workspace.follow_statistics(architecture, parameters);
            }
            if let Some(accumulation) = accumulation
                && !accumulation.add(gradient, workspace.rows())
            {
                return loss;
            }
            if !penalty.is_none() {
                penalty.of_batch(workspace.weight()).add_to(gradient, parameters);
            }
            if let Some(groups) = groups {
                groups.before_step(parameters, gradient);
            }
            clipping.apply(gradient);
            if optimizer.needs_loss() {
                let trained = if *logged_loss == objective.loss {
                    loss
                } else {
                    pass::loss_sum(objective.loss, architecture, targets, workspace)
                };
                optimizer.set_loss(trained);
            }
            I::call(optimizer.next_step(parameters, gradient, learning_rate));
            if let Some(groups) = groups {
                groups.after_step(parameters);
            }
            if let Some(max_norm) = max_norm {
                max_norm.apply(architecture, parameters);
            }
        }
        if let Some(average) = average {
            average.after_step(network.parameters());
        }
        loss
    }
}
