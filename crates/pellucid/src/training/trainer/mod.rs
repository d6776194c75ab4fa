//! A network in training: parameters, optimizer, schedule, generator and position, and the loop that moves them.

mod failure;
mod full_batch;
mod fused;
pub mod observe;
mod run;
mod step;
mod traced;

pub use failure::check_fit;
use run::{BatchLoop, EpochProgress};
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
use crate::optimization::penalty::{Penalty, penalized_parameters};
use crate::optimization::schedule::{LearningRate, Schedule};
use crate::recipe::{BatchSize, Recipe};
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use std::num::NonZeroUsize;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// After its last epoch.
    Completed,
    /// Because an observer said so; the network is as the last step left it.
    Stopped,
    /// Before its last epoch, because there was nothing more to gain: L-BFGS had found a minimum, or the schedule had come to
    /// its least rate.
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
    accumulation: Option<Accumulation<T>>,
    average: Option<Averaging<T>>,
    /// The rates, and the seed.
    dropout: Option<Dropout>,
    batch_size: BatchSize,
    batches_of_step: u64,
    shuffles: bool,
    reshuffles: bool,
    /// The samples in the order of the last epoch that was shuffled.
    order: Vec<u32>,
    epochs: u64,
    generator: RandomState,
    threads: NonZeroUsize,
    epoch: u64,
    step: u64,
    minimum: Option<Minimum>,
}

impl<T: Scalar> Trainer<T> {
    /// A trainer for a network, by the recipe's `[train]`. `generator` is the run's stream of random numbers,
    /// from which the initial values were drawn before.
    ///
    /// # Errors
    /// [`Error::Setting`] for settings that make no sense.
    pub fn new(
        recipe: &Recipe,
        network: Network<T>,
        generator: RandomState,
        threads: NonZeroUsize,
    ) -> Result<Self> {
        recipe.validate()?;
        let train = &recipe.train;
        let architecture = network.architecture();
        let penalized = penalized_parameters(train.penalize_biases, architecture);
        let penalty =
            Penalty::new(train.l1, train.l2, penalized).with(train.share_penalty, train.tell_penalty);
        let clipping = Clipping::new(train.clip_value, train.clip_norm);
        let network_outputs = architecture.output_width();
        let optimizer = OptimizerState::new(train.optimizer, network.parameters().len())
            .with_threads(threads)
            .decaying(penalized);
        let max_norm = train.max_norm.map(|most| MaxNorm::new(most, architecture));
        let hidden_layers = architecture.layers().len() - 1;
        let accumulation = Accumulation::new(train.accumulate, train.reduction, network.parameters().len());
        let average = train.average.map(|average| Averaging::new(average, &network));
        let is_fused = !architecture.is_normalised()
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
            accumulation,
            average,
            corruption: Corruption::new(train.input_noise, train.dropout.of_inputs(), train.seed),
            max_norm,
            dropout: match train.dropout.of_hidden(hidden_layers) {
                rates if rates.iter().all(|&rate| rate == 0.0) => None,
                rates => Some(Dropout::of_layers(&rates, train.seed)?),
            },
            batch_size: train.batch_size,
            batches_of_step: train.accumulate,
            shuffles: train.shuffle,
            reshuffles: train.reshuffle,
            order: Vec::new(),
            epochs: train.epochs,
            generator,
            threads,
            epoch: 0,
            step: 0,
            minimum: None,
        })
    }

    /// The same, with another schedule, whose fractions are of the recipe's rate.
    #[must_use]
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.learning_rate = LearningRate::new(schedule, self.learning_rate.highest());
        self
    }

    /// The network as it stands: the averaged one, where the recipe asks for an average and there is one yet.
    pub fn network(&self) -> &Network<T> {
        let averaged = self.average.as_ref().and_then(Averaging::network);
        averaged.unwrap_or(&self.network)
    }

    /// The same network, to be given other parameters.
    pub fn network_mut(&mut self) -> &mut Network<T> {
        match self.average.as_mut().and_then(Averaging::network_mut) {
            Some(averaged) => averaged,
            None => &mut self.network,
        }
    }

    /// The same network, training being over.
    pub fn into_network(self) -> Network<T> {
        let averaged = self.average.and_then(Averaging::into_network);
        averaged.unwrap_or(self.network)
    }

    /// The arrays of the last step.
    pub fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }

    /// How the last run of L-BFGS ended, once there was one.
    pub fn minimum(&self) -> Option<&Minimum> {
        self.minimum.as_ref()
    }

    /// How many epochs were completed.
    pub fn completed_epochs(&self) -> u64 {
        self.epoch
    }

    /// How many batches went through.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// How many steps the parameters took: fewer than there were batches, where several make a step together.
    pub fn updates(&self) -> u64 {
        match &self.accumulation {
            Some(accumulation) => accumulation.steps(),
            None => self.step,
        }
    }

    /// The stream of random numbers, where the shuffles so far have left it.
    pub fn generator(&self) -> &RandomState {
        &self.generator
    }

    /// The optimizer, and what it remembers.
    pub fn optimizer(&self) -> &OptimizerState<T> {
        &self.optimizer
    }

    /// The same, whose optimizer goes on from what one like it remembered.
    ///
    /// # Errors
    /// [`Error::Shape`] when that was of another network or another rule.
    pub fn remembering(mut self, memory: &Memory<T>) -> Result<Self> {
        self.optimizer = self.optimizer.remembering(memory)?;
        Ok(self)
    }

    /// Sets the epoch that is the last, counted from the first [`run`](Self::run): another run goes on until there.
    pub fn set_epochs(&mut self, epochs: u64) {
        self.epochs = epochs;
    }

    /// Sets the learning rate that the schedule's fractions are of.
    pub fn set_learning_rate(&mut self, rate: f64) {
        self.learning_rate.set_highest(rate);
    }

    fn ensure_capacity(&mut self, rows: usize) {
        if self.workspace.capacity() < rows {
            let dropout = self.workspace.dropout().or(self.dropout.as_ref()).cloned();
            let workspace = Workspace::new(self.network.architecture(), rows).with_threads(self.threads);
            self.workspace = match dropout {
                Some(dropout) => workspace.with_dropout(dropout),
                None => workspace,
            };
        }
    }
}
