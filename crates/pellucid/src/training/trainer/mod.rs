//! Trains a network: the trainer holds parameters, optimizer, schedule, generator and position, and runs the training loop.

mod failure;
mod full_batch;
mod fused;
mod memory;
pub mod observe;
mod run;
mod saved;
mod step;
mod traced;

pub use failure::check_fit;
use run::{BatchLoop, EpochProgress};
use saved::Resumed;
pub use traced::StepTrace;

use crate::error::Result;
use crate::loss::{LabelSmoothing, Loss};
use crate::model::dropout::Dropout;
use crate::model::network::Network;
use crate::model::pass::{Objective, Workspace};
use crate::numpy_random::RandomState;
use crate::optimization::accumulation::Accumulation;
use crate::optimization::averaging::Averaging;
use crate::optimization::clipping::Clipping;
use crate::optimization::corruption::Corruption;
use crate::optimization::lbfgs::Minimum;
use crate::optimization::max_norm::MaxNorm;
use crate::optimization::optimizer::{Memory, OptimizerState};
use crate::optimization::parameter_groups::ParameterGroups;
use crate::optimization::penalty::{Penalty, penalized_parameters};
use crate::optimization::schedule::{LearningRate, Schedule};
use crate::recipe::{Recipe, TrainRecipe};
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use std::num::NonZeroUsize;

/// The way in which a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// After the last epoch.
    Completed,
    /// Because an observer ended it; the network is that of the last step.
    Stopped,
    /// Before the last epoch, because further steps would change nothing: L-BFGS found a minimum, or the schedule reached
    /// its smallest rate.
    Converged,
}

/// A network in training.
#[derive(Debug, Clone)]
pub struct Trainer<T> {
    network: Network<T>,
    optimizer: OptimizerState<T>,
    gradient: Aligned<T>,
    workspace: Workspace<T>,
    objective: Objective,
    logged_loss: Loss,
    learning_rate: LearningRate,
    label_smoothing: Option<LabelSmoothing<T>>,
    corruption: Option<Corruption<T>>,
    max_norm: Option<MaxNorm>,
    penalty: Penalty<T>,
    clipping: Clipping,
    groups: Option<ParameterGroups<T>>,
    accumulation: Option<Accumulation<T>>,
    average: Option<Averaging<T>>,
    /// The dropout at the start of training: its rates and its seed.
    dropout: Option<Dropout>,
    train: TrainRecipe,
    /// The indices of the samples in the order of the last shuffled epoch.
    order: Vec<u32>,
    generator: RandomState,
    threads: NonZeroUsize,
    epoch: u64,
    step: u64,
    /// The run ends after so many epochs where the recipe, which schedules follow, has more.
    ends_after: Option<u64>,
    minimum: Option<Minimum>,
    /// Where the next run continues one that did not end.
    resumed: Option<Resumed>,
}

impl<T: Scalar> Trainer<T> {
    /// A trainer for a network, by the recipe's `[train]`. `generator` is the random stream of the run, from which the
    /// initial values are already drawn.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for invalid settings.
    pub fn new(
        recipe: &Recipe,
        network: Network<T>,
        generator: RandomState,
        threads: NonZeroUsize,
    ) -> Result<Self> {
        recipe.validate()?;
        let train = &recipe.train;
        let architecture = network.architecture();
        memory::check_parameters::<T>(architecture)?;
        let penalized = penalized_parameters(train.penalize_biases, architecture);
        let penalty = Penalty::new(
            [train.l1, train.l2],
            penalized,
            train.share_penalty,
            train.report_penalty,
        );
        let clipping = Clipping {
            value: train.clip_value,
            norm: train.clip_norm,
        };
        let network_outputs = architecture.output_width();
        let optimizer = OptimizerState::new(train.optimizer, network.parameters().len())
            .with_threads(threads)
            .decaying(penalized);
        let max_norm = train.max_norm.map(|most| MaxNorm::new(most, architecture));
        let hidden_layers = architecture.layers().len() - 1;
        let accumulation = Accumulation::new(train.accumulate, train.reduction, network.parameters().len());
        let average = train.average.map(|average| Averaging::new(average, &network));
        let groups = ParameterGroups::new(train.parametrisation, train.rate_factors, architecture);
        let is_fused = architecture.is_plain()
            && groups.is_none()
            && optimizer.is_plain_descent()
            && penalty.is_none()
            && clipping.is_none()
            && max_norm.is_none()
            && accumulation.is_none();
        let stored = if is_fused { 0 } else { network.parameters().len() };
        let gradient = Aligned::zeros(stored);
        Ok(Self {
            workspace: Workspace::new(network.architecture(), 0),
            network,
            optimizer,
            gradient,
            objective: Objective {
                loss: train.loss,
                reduction: train.reduction,
                update: train.update,
            },
            logged_loss: recipe.logged_loss(),
            learning_rate: LearningRate::new(train.schedule, train.learning_rate),
            label_smoothing: LabelSmoothing::new(train.label_smoothing, train.loss, network_outputs),
            penalty,
            clipping,
            groups,
            accumulation,
            average,
            corruption: Corruption::new(train.input_noise, train.dropout.of_inputs(), train.seed),
            max_norm,
            dropout: match train.dropout.of_hidden(hidden_layers) {
                rates if rates.iter().all(|&rate| rate == 0.0) => None,
                rates => Some(Dropout::new(&rates, train.seed)?),
            },
            train: train.clone(),
            order: Vec::new(),
            generator,
            threads,
            epoch: 0,
            step: 0,
            ends_after: None,
            minimum: None,
            resumed: None,
        })
    }

    /// The same trainer with another schedule, whose factors multiply the recipe's learning rate.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.learning_rate = LearningRate::new(schedule, self.learning_rate.highest);
        self
    }

    /// The current network: the averaged one, where the recipe asks for an average and it has begun.
    pub fn network(&self) -> &Network<T> {
        let averaged = self.average.as_ref().and_then(Averaging::network);
        averaged.unwrap_or(&self.network)
    }

    /// The current network, mutable.
    pub fn network_mut(&mut self) -> &mut Network<T> {
        match self.average.as_mut().and_then(Averaging::network_mut) {
            Some(averaged) => averaged,
            None => &mut self.network,
        }
    }

    /// The final network; ends the training.
    pub fn into_network(self) -> Network<T> {
        let averaged = self.average.and_then(Averaging::into_network);
        averaged.unwrap_or(self.network)
    }

    /// The arrays of the last step.
    pub fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }

    /// The result of the last run of L-BFGS, if there is one.
    pub fn minimum(&self) -> Option<&Minimum> {
        self.minimum.as_ref()
    }

    /// The number of completed epochs.
    pub fn completed_epochs(&self) -> u64 {
        self.epoch
    }

    /// Whether the run has more epochs.
    pub(crate) fn has_epochs_left(&self) -> bool {
        self.epoch < self.end()
    }

    /// The number of epochs at which the run ends by itself.
    fn end(&self) -> u64 {
        self.ends_after
            .map_or(self.train.epochs, |epochs| epochs.min(self.train.epochs))
    }

    /// The same trainer, whose runs end after so many epochs, if the recipe has more. Schedules go as far as they went.
    #[must_use]
    pub fn ending_after(mut self, epochs: u64) -> Self {
        self.ends_after = Some(epochs);
        self
    }

    /// The number of batches so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// A copy in which the step of the event that is being reported is counted.
    pub(crate) fn after_reported_step(&self) -> Self {
        let mut after = self.clone();
        after.step += 1;
        after
    }

    /// The number of updates of the parameters: fewer than batches, where several batches contribute to a step.
    pub fn updates(&self) -> u64 {
        match &self.accumulation {
            Some(accumulation) => accumulation.steps(),
            None => self.step,
        }
    }

    /// The random stream, after the shuffles so far.
    pub fn generator(&self) -> &RandomState {
        &self.generator
    }

    /// The optimizer and its memory.
    pub fn optimizer(&self) -> &OptimizerState<T> {
        &self.optimizer
    }

    /// The same trainer, whose optimizer continues with the memory of an earlier one.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the memory is that of another network or another update rule.
    pub fn remembering(mut self, memory: &Memory<T>) -> Result<Self> {
        self.optimizer = self.optimizer.remembering(memory)?;
        Ok(self)
    }

    /// Sets the learning rate that the schedule multiplies.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.learning_rate.highest = rate;
    }

    /// [`ensure_capacity`](Self::ensure_capacity), after a check that the memory suffices.
    fn reserve(&mut self, rows: usize) -> Result<()> {
        if self.workspace.capacity < rows {
            memory::check_batch::<T>(self.network.architecture(), rows, self.dropout.is_some())?;
        }
        self.ensure_capacity(rows);
        Ok(())
    }

    fn ensure_capacity(&mut self, rows: usize) {
        if self.workspace.capacity < rows {
            self.workspace = self.workspace_for(rows);
        }
    }

    /// A workspace for batches of `rows` rows that continues the dropout so far.
    fn workspace_for(&self, rows: usize) -> Workspace<T> {
        let workspace = Workspace::new(self.network.architecture(), rows).with_threads(self.threads);
        match self.workspace.dropout().or(self.dropout.as_ref()) {
            Some(dropout) => workspace.with_dropout(dropout.clone()),
            None => workspace,
        }
    }
}
