//! The training loop: it steps, and it tells.

mod stretch;
mod traced;
mod whole;

pub(crate) use stretch::{Stretch, Stretched};
pub use traced::StepTrace;

use crate::data::dataset::{BatchBuffers, Rows, Samples};
use crate::error::{Error, Result};
use crate::kernels::Input;
use crate::kernels::aligned::Aligned;
use crate::kernels::isa::{Isa, Task};
use crate::loss::{LabelSmoothing, Loss, Reduction};
use crate::model::dropout::Dropout;
use crate::model::network::{Architecture, Network};
use crate::model::pass::{self, Objective, Target, Workspace};
use crate::numpy_random::RandomState;
use crate::optimization::accumulation::Accumulation;
use crate::optimization::averaging::{Average, Averaging};
use crate::optimization::clipping::Clipping;
use crate::optimization::corruption::Corruption;
use crate::optimization::lbfgs::Minimum;
use crate::optimization::max_norm::MaxNorm;
use crate::optimization::optimizer::{Memory, OptimizerState, Rule};
use crate::optimization::penalty::{Penalty, penalized_parameters};
use crate::optimization::schedule::{LearningRate, RunLength, Schedule, WatchedLoss};
use crate::recipe::{BatchSize, Recipe};
use crate::scalar::Scalar;
use crate::training::observe::{Event, Observer, Position};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

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
        let penalty = Penalty::of(train, architecture);
        let clipping = Clipping::of(train);
        let network_outputs = architecture.output_width();
        let optimizer = OptimizerState::new(Rule::of(&train.optimizer)?, network.parameters().len())
            .with_threads(threads)
            .decaying(penalized_parameters(train, architecture));
        let max_norm = train.max_norm.map(|most| MaxNorm::new(most, architecture));
        let hidden_layers = architecture.layers().len() - 1;
        let accumulation = Accumulation::of(train, network.parameters().len());
        let average = match &train.average {
            Some(average) => Some(Averaging::new(Average::of(average, train.epochs)?, &network)),
            None => None,
        };
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
            learning_rate: LearningRate::new(Schedule::of(&train.schedule)?, train.learning_rate),
            label_smoothing: LabelSmoothing::new(train.label_smoothing, train.loss, network_outputs),
            penalty,
            clipping,
            accumulation,
            average,
            corruption: Corruption::of(train),
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

    /// One step on one batch: forward, loss, backward, update. Gives the batch's loss before the step, summed over
    /// its rows. `targets` are (rows, outputs). The step is taken at the recipe's learning rate: a schedule is for
    /// [`run`](Self::run), which knows how many steps there will be.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`], before anything is updated; [`Error::Setting`] when the optimizer
    /// [takes no steps](crate::Optimizer::takes_steps).
    ///
    /// # Panics
    /// When the batch does not have the network's shape.
    pub fn step(&mut self, input: Input<'_, T>, targets: &[T]) -> Result<f64> {
        if !self.optimizer.rule().optimizer.takes_steps() {
            return Err(Error::Setting {
                key: "train.optimizer".into(),
                found: "\"lbfgs\"".into(),
                expected: "it takes no steps on batches; run it on a data set".into(),
            });
        }
        self.ensure_capacity(input.rows(self.network.architecture().input_width()));
        let learning_rate = T::from_f64(self.learning_rate.highest());
        let loss = T::training_step(&mut Step {
            trainer: self,
            input,
            targets,
            learning_rate,
        });
        if !loss.is_finite() {
            return Err(self.non_finite_loss(loss, 0));
        }
        self.step += 1;
        Ok(loss)
    }

    /// Trains until the last epoch, or until the observer ends it.
    ///
    /// # Errors
    /// [`Error::Shape`] when the data does not fit the network; [`Error::Setting`] when the schedule goes by a validation
    /// loss and no observer has one; [`Error::NonFiniteLoss`] and [`Error::NonFiniteParameters`] when training diverges.
    pub fn run<S, O>(&mut self, data: &S, observer: &mut O) -> Result<Ending>
    where
        S: Samples<T> + ?Sized,
        O: Observer<T> + ?Sized,
    {
        check_fit(self.network.architecture(), self.objective.loss, data)?;
        if !self.optimizer.rule().optimizer.takes_steps() {
            return self.run_whole(data, observer);
        }
        let mut order = std::mem::take(&mut self.order);
        let ending = self.run_steps(data, observer, &mut order);
        self.order = order;
        ending
    }

    /// [`run`](Self::run), step by step. `order` is that of the last epoch that was shuffled.
    fn run_steps<S, O>(&mut self, data: &S, observer: &mut O, order: &mut Vec<u32>) -> Result<Ending>
    where
        S: Samples<T> + ?Sized,
        O: Observer<T> + ?Sized,
    {
        let rows = data.rows();
        let batch_rows = self.batch_size.of(rows);
        let steps_per_epoch = rows.div_ceil(batch_rows) as u64;
        let length = RunLength {
            epochs: self.epochs,
            steps_per_epoch: steps_per_epoch.div_ceil(self.batches_of_step),
            samples: rows as u64,
        };
        let rate_changes = !self.learning_rate.is_constant();
        let mut learning_rate = T::from_f64(self.learning_rate.highest());
        let watched_loss = self.learning_rate.watched_loss();
        if watched_loss == Some(WatchedLoss::Validation) && observer.validation_loss().is_none() {
            return Err(no_validation_loss());
        }
        self.ensure_capacity(batch_rows);
        self.workspace.weigh_rows([]);
        if let Some(accumulation) = &mut self.accumulation {
            accumulation.begin(rows);
        }
        let width = self.network.architecture().output_width();
        let mut buffers = BatchBuffers::default();
        let in_stretches = data
            .in_order()
            .filter(|(features, _)| self.goes_in_stretches(features, data.is_weighted(), batch_rows));
        let mut position = Position {
            epoch: self.epoch,
            batch: 0,
            step: self.step,
            steps_per_epoch,
            epochs: self.epochs,
        };
        let mut told_step = observer.next_step(position);
        let mut told_epoch = observer.next_epoch(position);
        while self.epoch < self.epochs {
            if self.shuffles {
                if !self.reshuffles || order.len() != rows {
                    order.clear();
                    order.extend(0..rows as u32);
                }
                self.generator.shuffle(order);
            }
            let mut epoch_loss = 0.0;
            let mut start = 0;
            position.epoch = self.epoch;
            position.batch = 0;
            while start < rows {
                if let Some((features, targets)) = in_stretches {
                    // The last step of an epoch that is told, and the last of all, are taken below.
                    let epochs = told_epoch.clamp(self.epoch, self.epochs - 1) - self.epoch + 1;
                    let steps = epochs.saturating_mul(steps_per_epoch) - position.batch - 1;
                    let steps = steps.min(told_step.saturating_sub(self.step));
                    if steps > 0 {
                        let stretched = T::training_stretch(&mut Stretch {
                            trainer: self,
                            features,
                            targets,
                            batch_rows,
                            start,
                            steps,
                            learning_rate,
                            epoch_loss,
                        });
                        let batches = position.batch + stretched.taken;
                        self.step += stretched.taken;
                        self.epoch += batches / steps_per_epoch;
                        position.epoch = self.epoch;
                        position.batch = batches % steps_per_epoch;
                        start = position.batch as usize * batch_rows;
                        epoch_loss = stretched.epoch_loss;
                        if let Some(loss) = stretched.not_finite {
                            return Err(self.non_finite_loss(loss, position.batch));
                        }
                    }
                }
                let end = (start + batch_rows).min(rows);
                let picked = if self.shuffles {
                    Rows::Picked(&order[start..end])
                } else {
                    Rows::Range(start, end)
                };
                let (input, targets) = data.gather(picked, &mut buffers);
                if data.is_weighted() {
                    match picked {
                        Rows::Range(start, end) => {
                            self.workspace
                                .weigh_rows((start..end).map(|row| data.weight(row)));
                        }
                        Rows::Picked(rows) => {
                            self.workspace
                                .weigh_rows(rows.iter().map(|&row| data.weight(row as usize)));
                        }
                    }
                }
                if rate_changes {
                    learning_rate = T::from_f64(self.learning_rate.at(self.updates(), length));
                }
                let loss = T::training_step(&mut Step {
                    trainer: self,
                    input,
                    targets,
                    learning_rate,
                });
                if !loss.is_finite() {
                    return Err(self.non_finite_loss(loss, position.batch));
                }
                epoch_loss += loss;
                position.step = self.step;
                if self.step >= told_step {
                    let outputs = self.workspace.outputs();
                    let loss = loss / ((targets.len() / width) as f64);
                    let flow = observer.on(&Event::Step {
                        position,
                        loss,
                        outputs,
                        targets,
                        rows: picked,
                        learning_rate,
                        trainer: Some(self),
                        parameters: self.network.parameters(),
                    });
                    self.step += 1;
                    if flow.is_break() {
                        self.epoch += u64::from(end == rows);
                        self.check_parameters()?;
                        return Ok(Ending::Stopped);
                    }
                    let next_is_new_epoch = end == rows;
                    told_step = observer.next_step(Position {
                        epoch: self.epoch + u64::from(next_is_new_epoch),
                        batch: if next_is_new_epoch { 0 } else { position.batch + 1 },
                        step: self.step,
                        ..position
                    });
                } else {
                    self.step += 1;
                }
                position.batch += 1;
                start = end;
            }
            let told = self.epoch >= told_epoch;
            self.epoch += 1;
            let loss = epoch_loss / rows as f64;
            if let Some(average) = &mut self.average {
                average.after_epoch(self.network.parameters(), self.epoch, self.epochs);
            }
            if told {
                position.batch = steps_per_epoch - 1;
                let flow: ControlFlow<()> = observer.on(&Event::Epoch {
                    position,
                    loss,
                    network: self.network(),
                });
                if flow.is_break() && self.epoch < self.epochs {
                    self.check_parameters()?;
                    return Ok(Ending::Stopped);
                }
                told_epoch = observer.next_epoch(Position {
                    epoch: self.epoch,
                    batch: 0,
                    step: self.step,
                    ..position
                });
            }
            if let Some(watched) = watched_loss {
                let loss = match watched {
                    WatchedLoss::Training => loss,
                    WatchedLoss::Validation => observer.validation_loss().unwrap_or(f64::NAN),
                };
                if self.learning_rate.tell(loss, self.updates(), length).is_break() {
                    self.check_parameters()?;
                    return Ok(Ending::Converged);
                }
            }
        }
        self.check_parameters()?;
        Ok(Ending::Completed)
    }

    fn check_parameters(&self) -> Result<()> {
        let found = self.network.first_non_finite_layer();
        match found.or_else(|| self.network().first_non_finite_layer()) {
            Some((layer, value)) => Err(Error::NonFiniteParameters {
                epoch: self.epoch,
                layer: Some(layer),
                origin: format!("layer {layer} holds a parameter that is {value}"),
            }),
            None => Ok(()),
        }
    }

    /// Says where in the forward pass a number was first not finite.
    #[cold]
    fn non_finite_loss(&self, loss: f64, batch: u64) -> Error {
        let finite = |values: &[T]| values.iter().all(|value| value.is_finite());
        let layer_count = self.network.architecture().layers().len();
        let (layer, origin) = match self.network.first_non_finite_layer() {
            Some((layer, value)) => (layer, format!("layer {layer} holds a parameter that is {value}")),
            None => {
                let first = (1..=layer_count)
                    .find(|&l| !finite(self.workspace.z(l - 1)) || !finite(self.workspace.activation(l - 1)));
                match first {
                    Some(layer) => (
                        layer,
                        format!("the numbers of layer {layer} are the first that are not finite"),
                    ),
                    None => (
                        layer_count,
                        format!("the outputs, of layer {layer_count}, are finite, their loss is not"),
                    ),
                }
            }
        };
        Error::NonFiniteLoss {
            loss,
            epoch: self.epoch + 1,
            batch: batch + 1,
            layer: Some(layer),
            origin,
        }
    }
}

/// A schedule was to go by a loss that nobody measures.
fn no_validation_loss() -> Error {
    Error::Setting {
        key: "train.schedule.loss".into(),
        found: "\"validation\"".into(),
        expected:
            "this run holds out no rows whose loss it could go by; hold some out, or set it to \"training\""
                .into(),
    }
}

/// Whether a data set can train a network with a loss.
///
/// # Errors
/// [`Error::Shape`] or [`Error::Setting`], naming both sides.
pub fn check_fit<T, S>(architecture: &Architecture, loss: Loss, data: &S) -> Result<()>
where
    T: Scalar,
    S: Samples<T> + ?Sized,
{
    let shape = |what: &str, found: String, expected: String, key: usize| Error::Shape {
        what: what.into(),
        found,
        expected,
        hint: format!(
            "; make {key} the {} number of network.layers",
            if what.contains("row") { "first" } else { "last" }
        ),
    };
    let (columns, inputs) = (data.columns(), architecture.input_width());
    if columns != inputs {
        let expected = format!(
            "{inputs}, the network's first layer ({}),",
            architecture.describe()
        );
        return Err(shape(
            "a row of the data",
            format!("{columns} features"),
            expected,
            columns,
        ));
    }
    let (width, outputs) = (data.width(), architecture.output_width());
    if width != outputs {
        let expected = format!(
            "{outputs}, the network's last layer ({}),",
            architecture.describe()
        );
        return Err(shape(
            "a target of the data",
            format!("{width} numbers"),
            expected,
            width,
        ));
    }
    let (lowest, highest, called) = loss.targets();
    if (lowest, highest) != (f64::NEG_INFINITY, f64::INFINITY)
        && let Some((row, found)) = data.target_outside(lowest, highest)
    {
        return Err(Error::Setting {
            key: "train.loss".into(),
            found: format!("\"{}\"", loss.name()),
            expected: format!(
                "its targets are {called}, but the target of row {} is {found}; a squared error takes any number",
                row + 1
            ),
        });
    }
    Ok(())
}

/// A batch's loss, summed over its rows, as it is told where it is not just that sum: by the rows' weights, or with the
/// penalty.
#[inline(never)]
fn told_loss<T: Scalar>(
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
    let penalized = if penalty.is_told {
        penalty.value::<8>(parameters)
    } else {
        0.0
    };
    (mean + penalized) * rows
}

/// A whole step of training.
pub(crate) struct Step<'a, T> {
    trainer: &'a mut Trainer<T>,
    input: Input<'a, T>,
    targets: &'a [T],
    learning_rate: T,
}

impl<T: Scalar> Task for &mut Step<'_, T> {
    type Output = f64;
    /// Forward, loss, backward and update; the loss of the batch, summed over its rows. Where that is not finite
    /// the parameters are left alone.
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
        if objective.reduction == Reduction::WeightedMean || penalty.is_told {
            loss = told_loss(loss, objective.reduction, penalty, workspace, parameters);
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
            clipping.apply(gradient);
            if optimizer.wants_loss() {
                let trained = if *logged_loss == objective.loss {
                    loss
                } else {
                    pass::loss_sum(objective.loss, architecture, targets, workspace)
                };
                optimizer.tell_loss(trained);
            }
            I::call(optimizer.next_step(parameters, gradient, learning_rate));
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
