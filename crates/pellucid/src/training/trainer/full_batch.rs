//! Trains on all samples at once with L-BFGS: presents the passes of the trainer as a function to minimise.

use super::run::is_wanted;
use super::saved::save_position;
use super::{Ending, Trainer};
use crate::data::dataset::{BatchBuffers, Rows, Samples};
use crate::error::{Error, Result};
use crate::loss::{Loss, Reduction};
use crate::model::network::Network;
use crate::model::pass::{self, Objective, Target, Workspace};
use crate::optimization::lbfgs::{Iteration, Problem, Reason, SearchState, minimize_from};
use crate::optimization::penalty::Penalty;
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::observe::{Event, Observer, Position};
use pellucid_kernels::layer::Input;
use std::ops::ControlFlow;

impl<T: Scalar> Trainer<T> {
    /// [`run`](Self::run) for L-BFGS: an epoch is an iteration, and a step.
    pub(super) fn run_full_batch<S, O>(&mut self, data: &S, observer: &mut O) -> Result<Ending>
    where
        S: Samples<T> + ?Sized,
        O: Observer<T> + ?Sized,
    {
        let rows = data.rows();
        self.reserve(rows)?;
        self.weigh(data, Rows::Range(0, rows));
        let resumed = self.resumed.take().and_then(|resumed| resumed.state);
        let settings = |iterations| self.optimizer.optimizer().lbfgs(iterations).unwrap_or_default();
        let left = self.end().saturating_sub(self.epoch);
        let search = match resumed {
            Some(state) => Some(SearchState::load(
                &settings(left),
                self.network.parameters().len(),
                &state,
            )?),
            None => None,
        };
        let settings = settings(left + search.as_ref().map_or(0, SearchState::iterations));
        let mut buffers = BatchBuffers::default();
        let (input, targets) = data.gather(Rows::Range(0, rows), &mut buffers);
        let position = Position {
            epoch: self.epoch,
            batch: 0,
            step: self.step,
            steps_per_epoch: 1,
            epochs: self.train.epochs,
        };
        let mut x = self.network.parameters().to_vec();
        let mut problem = FullBatchProblem {
            observed_step: observer.next_step(position),
            observed_epoch: observer.next_epoch(position),
            before: None,
            loss: f64::NAN,
            network: &mut self.network,
            workspace: &mut self.workspace,
            objective: self.objective,
            logged_loss: self.logged_loss,
            penalty: self.penalty,
            input,
            targets,
            smoothed: match &mut self.label_smoothing {
                Some(smoothing) => smoothing.apply(targets),
                None => targets,
            },
            position,
            observer,
        };
        let found = minimize_from(&mut problem, &mut x, &settings, search);
        (self.epoch, self.step) = (problem.position.epoch, problem.position.step);
        self.network.parameters_mut().copy_from_slice(&x);
        self.minimum = Some(found);
        Ok(match found.reason {
            Reason::NotFinite if found.value.is_finite() => {
                return Err(Error::NonFiniteLoss {
                    loss: found.largest_derivative,
                    epoch: self.epoch + 1,
                    batch: 1,
                    layer: None,
                    origin: format!(
                        "it is {} itself, but some of its derivatives are not finite",
                        found.value
                    ),
                });
            }
            Reason::NotFinite => return Err(self.non_finite_loss(found.value, 0)),
            Reason::Stopped if self.has_epochs_left() => Ending::Stopped,
            Reason::Stopped | Reason::Iterations | Reason::Evaluations => Ending::Completed,
            Reason::Gradient | Reason::Decrease | Reason::LineSearch => Ending::Converged,
        })
    }
}

/// The loss of all samples as a function of the parameters, and the observer of its minimisation.
struct FullBatchProblem<'a, T, O: ?Sized> {
    network: &'a mut Network<T>,
    workspace: &'a mut Workspace<T>,
    objective: Objective,
    logged_loss: Loss,
    penalty: Penalty<T>,
    input: Input<'a, T>,
    targets: &'a [T],
    /// The targets after label smoothing.
    smoothed: &'a [T],
    /// The reported mean loss at the last evaluation.
    loss: f64,
    /// The reported loss and the outputs at the start of the current iteration.
    before: Option<(f64, Vec<T>)>,
    position: Position,
    observed_step: u64,
    observed_epoch: u64,
    observer: &'a mut O,
}

impl<T: Scalar, O: Observer<T> + ?Sized> Problem<T> for FullBatchProblem<'_, T, O> {
    /// The loss of all samples, and the penalty.
    fn evaluate(&mut self, parameters: &[T], gradient: &mut [T]) -> f64 {
        let architecture = self.network.architecture();
        pass::forward(architecture, parameters, self.input, self.workspace);
        let (rows, weight) = (self.workspace.rows() as f64, self.workspace.weight());
        let divisor = match self.objective.reduction {
            Reduction::WeightedMean => weight,
            Reduction::Mean | Reduction::Sum => rows,
        };
        let penalty = self.penalty.of_batch(weight);
        let penalized = if penalty.is_none() {
            0.0
        } else {
            penalty.value::<1>(parameters)
        };
        let sum_of = |loss: Loss| pass::loss_sum(loss, architecture, self.smoothed, self.workspace);
        let sum = sum_of(self.objective.loss);
        self.loss = if self.logged_loss == self.objective.loss {
            sum / divisor
        } else {
            sum_of(self.logged_loss) / divisor
        };
        if penalty.is_reported {
            self.loss += penalized;
        }
        if self.before.is_none() {
            self.before = Some((self.loss, self.workspace.outputs().to_vec()));
        }
        if !sum.is_finite() {
            return sum;
        }
        let target = Target::Gradient { parameters, gradient };
        pass::backward(
            architecture,
            target,
            self.input,
            self.smoothed,
            self.objective,
            self.workspace,
        );
        let reduced = match self.objective.reduction {
            Reduction::Mean | Reduction::WeightedMean => sum / divisor,
            Reduction::Sum => sum,
        };
        if !penalty.is_none() {
            penalty.add_to(gradient, parameters);
        }
        reduced + penalized
    }

    /// Reports to the observers like the training loop: the loss and the outputs are those before the step.
    fn on_iteration(&mut self, parameters: &[T], _: &Iteration) -> ControlFlow<()> {
        self.network.parameters_mut().copy_from_slice(parameters);
        let position = self.position;
        (self.position.step, self.position.epoch) = (position.step + 1, position.epoch + 1);
        let Some((loss, outputs)) = &mut self.before else {
            return ControlFlow::Continue(());
        };
        if position.step >= self.observed_step {
            self.observer.on(&Event::Step {
                position,
                loss: *loss,
                outputs,
                targets: self.targets,
                rows: Rows::Range(0, self.workspace.rows()),
                learning_rate: T::ZERO,
                trainer: None,
                parameters,
            })?;
            self.observed_step = self.observer.next_step(self.position);
        }
        if position.epoch >= self.observed_epoch {
            self.observer.on(&Event::Epoch {
                position,
                loss: *loss,
                network: self.network,
            })?;
            self.observed_epoch = self.observer.next_epoch(self.position);
        }
        *loss = self.loss;
        outputs.copy_from_slice(self.workspace.outputs());
        ControlFlow::Continue(())
    }

    fn on_state(&mut self, search: &SearchState<T>, flow: ControlFlow<()>) {
        let checkpoints = self.observer.checkpoints();
        if !checkpoints.is_some_and(|checkpoints| is_wanted(checkpoints, flow)) {
            return;
        }
        let mut state = State::default();
        save_position(&mut state, self.position.epoch, self.position.step);
        state.put_numbers("network", self.network.parameters());
        search.save(&mut state);
        self.observer.save(&mut state);
        if let Some(checkpoints) = self.observer.checkpoints() {
            checkpoints.keep(state);
        }
    }
}
