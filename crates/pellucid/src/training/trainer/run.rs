//! Runs the training loop: gathers a batch, takes a step, reports.

use super::failure::{check_fit, no_validation_loss};
use super::{Ending, Trainer, fused};
use crate::data::dataset::{BatchBuffers, Rows, Samples};
use crate::error::Result;
use crate::optimization::schedule::{RunLength, Schedule, WatchedLoss};
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::checkpoints::Checkpoints;
use crate::training::observe::{Event, Observer, Position};
use crate::training::order::{self, Announcer};
use std::ops::ControlFlow;

/// The division of the data of a run into batches.
pub(super) struct BatchLoop {
    rows: usize,
    pub(super) batch_rows: usize,
    pub(super) steps_per_epoch: u64,
    length: RunLength,
}

impl BatchLoop {
    /// The rows of a batch: in the order of the data, or in `order`.
    fn rows_of<'a>(&self, batch: u64, order: Option<&'a [u32]>) -> Rows<'a> {
        let start = batch as usize * self.batch_rows;
        let end = (start + self.batch_rows).min(self.rows);
        match order {
            Some(order) => Rows::Picked(&order[start..end]),
            None => Rows::Range(start, end),
        }
    }
}

/// The progress of the current epoch: the next batch, and the loss so far, summed over rows.
#[derive(Debug, Clone, Default)]
pub(super) struct EpochProgress {
    pub(super) batch: u64,
    pub(super) loss: f64,
}

/// The next step and the next epoch that the observer requests.
struct Observed {
    step: u64,
    epoch: u64,
}

/// Whether the state is kept after an event to which the observer answered so.
pub(super) fn is_wanted(checkpoints: &mut dyn Checkpoints, flow: ControlFlow<()>) -> bool {
    match flow {
        ControlFlow::Continue(()) => checkpoints.is_due(),
        ControlFlow::Break(()) => checkpoints.is_interrupted(),
    }
}

impl<T: Scalar> Trainer<T> {
    /// Trains up to the last epoch, or until the observer ends the run.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) when the data does not fit the network; [`Error::Setting`](crate::Error::Setting) when the schedule follows a validation
    /// loss and no observer has one; [`Error::NonFiniteLoss`](crate::Error::NonFiniteLoss) and [`Error::NonFiniteParameters`](crate::Error::NonFiniteParameters) when training diverges.
    pub fn run<S, O>(&mut self, data: &S, observer: &mut O) -> Result<Ending>
    where
        S: Samples<T> + ?Sized,
        O: Observer<T> + ?Sized,
    {
        check_fit(self.network.architecture(), self.objective.loss, data)?;
        let ending = if self.optimizer.optimizer().takes_steps() {
            let mut order = std::mem::take(&mut self.order);
            let mut announcer = Announcer::new(data, self.train.shuffle_window);
            let ending = self.run_batches(data, observer, (&mut order, announcer.as_mut()));
            if let Some(announcer) = announcer {
                announcer.end(data);
            }
            self.order = order;
            ending?
        } else {
            self.run_full_batch(data, observer)?
        };
        self.check_parameters()?;
        Ok(ending)
    }

    /// [`run`](Self::run), batch by batch. `order` is that of the last shuffled epoch.
    fn run_batches<S, O>(
        &mut self,
        data: &S,
        observer: &mut O,
        (order, mut announcer): (&mut Vec<u32>, Option<&mut Announcer>),
    ) -> Result<Ending>
    where
        S: Samples<T> + ?Sized,
        O: Observer<T> + ?Sized,
    {
        let watched_loss = self.learning_rate.schedule.watched_loss();
        if watched_loss == Some(WatchedLoss::Validation) && observer.validation_loss().is_none() {
            return Err(no_validation_loss());
        }
        let resumed = self.resumed.take();
        let batches = self.begin(data.rows(), resumed.is_some())?;
        let regularisation_changes = self.has_scheduled_regularisation();
        let rate_changes = !self.learning_rate.schedule.is_constant();
        let mut learning_rate = T::from_f64(self.learning_rate.highest);
        let mut buffers = BatchBuffers::default();
        let fused_samples = fused::samples(self, data, batches.batch_rows);
        let mut resumed = resumed.map(|resumed| resumed.progress).unwrap_or_default();
        let mut observed = Observed {
            step: observer.next_step(self.position(&batches, resumed.batch)),
            // Also where the last batch of the current epoch is behind, and its end is not.
            epoch: observer.next_epoch(self.position(&batches, 0)),
        };
        while self.has_epochs_left() {
            let mut epoch = std::mem::take(&mut resumed);
            if epoch.batch == 0 {
                self.shuffle(order, batches.rows);
            }
            if let Some(announcer) = &mut announcer {
                announcer.begin();
            }
            while epoch.batch < batches.steps_per_epoch {
                if let Some(samples) = fused_samples {
                    let steps = self.unobserved_steps(&batches, &epoch, &observed);
                    if steps > 0 {
                        self.run_fused(samples, &batches, steps, &mut epoch)?;
                    }
                }
                if let Some(announcer) = &mut announcer {
                    announcer.reach(data, order, epoch.batch as usize * batches.batch_rows);
                }
                let rows = batches.rows_of(epoch.batch, self.train.shuffle.then_some(order));
                let (input, targets) = data.gather(rows, &mut buffers);
                if data.is_weighted() {
                    self.weigh(data, rows);
                }
                if rate_changes {
                    learning_rate = T::from_f64(self.learning_rate.at(self.updates(), batches.length));
                }
                if regularisation_changes {
                    self.schedule_regularisation(batches.length);
                }
                let loss = self.take_step(input, targets, learning_rate);
                if !loss.is_finite() {
                    return Err(self.non_finite_loss(loss, epoch.batch));
                }
                epoch.loss += loss;
                let is_observed = self.step >= observed.step;
                let flow = if is_observed {
                    observer.on(&Event::Step {
                        position: self.position(&batches, epoch.batch),
                        loss: loss / self.workspace.rows() as f64,
                        outputs: self.workspace.outputs(),
                        targets,
                        rows,
                        learning_rate,
                        trainer: Some(self),
                        parameters: self.network.parameters(),
                    })
                } else {
                    ControlFlow::Continue(())
                };
                self.step += 1;
                epoch.batch += 1;
                if is_observed {
                    self.keep_state(observer, flow, &epoch, order);
                }
                if flow.is_break() {
                    self.epoch += u64::from(epoch.batch == batches.steps_per_epoch);
                    return Ok(Ending::Stopped);
                }
                if is_observed {
                    observed.step = observer.next_step(self.position(&batches, epoch.batch));
                }
            }
            let last = Position {
                step: self.step - 1,
                ..self.position(&batches, batches.steps_per_epoch - 1)
            };
            self.epoch += 1;
            let loss = epoch.loss / batches.rows as f64;
            if let Some(average) = &mut self.average {
                average.after_epoch(self.network.parameters(), self.epoch, self.train.epochs);
            }
            let is_observed = last.epoch >= observed.epoch;
            let flow = if is_observed {
                observer.on(&Event::Epoch {
                    position: last,
                    loss,
                    network: self.network(),
                })
            } else {
                ControlFlow::Continue(())
            };
            let of_schedule = match watched_loss {
                Some(watched) => {
                    let loss = match watched {
                        WatchedLoss::Training => loss,
                        WatchedLoss::Validation => observer.validation_loss().unwrap_or(f64::NAN),
                    };
                    self.learning_rate
                        .observe_loss(loss, self.updates(), batches.length)
                }
                None => ControlFlow::Continue(()),
            };
            if is_observed {
                if of_schedule.is_continue() {
                    self.keep_state(observer, flow, &EpochProgress::default(), order);
                }
                if flow.is_break() && self.has_epochs_left() {
                    return Ok(Ending::Stopped);
                }
                observed.epoch = observer.next_epoch(self.position(&batches, 0));
            }
            if of_schedule.is_break() {
                return Ok(Ending::Converged);
            }
        }
        Ok(Ending::Completed)
    }

    /// Hands the state after the step or the epoch that was just observed to the observer, where it wants it. A run that
    /// ends here has a last state of its own, unless it is interrupted.
    fn keep_state<O>(&self, observer: &mut O, flow: ControlFlow<()>, progress: &EpochProgress, order: &[u32])
    where
        O: Observer<T> + ?Sized,
    {
        if !observer
            .checkpoints()
            .is_some_and(|checkpoints| is_wanted(checkpoints, flow))
        {
            return;
        }
        let mut state = State::default();
        self.save_with(&mut state, progress, order);
        observer.save(&mut state);
        if let Some(checkpoints) = observer.checkpoints() {
            checkpoints.keep(state);
        }
    }

    /// Prepares a run over `rows` rows, and allocates the arrays of its batches.
    fn begin(&mut self, rows: usize, is_resumed: bool) -> Result<BatchLoop> {
        let batch_rows = self.train.batch_size.rows_per_batch(rows);
        let steps_per_epoch = rows.div_ceil(batch_rows) as u64;
        self.reserve(batch_rows)?;
        self.workspace.weigh_rows([]);
        if let Some(accumulation) = self.accumulation.as_mut().filter(|_| !is_resumed) {
            accumulation.begin(rows);
        }
        Ok(BatchLoop {
            rows,
            batch_rows,
            steps_per_epoch,
            length: self.run_length(rows),
        })
    }

    /// The length of a run over `rows` rows, as schedules count it.
    fn run_length(&self, rows: usize) -> RunLength {
        let steps_per_epoch = rows.div_ceil(self.train.batch_size.rows_per_batch(rows)) as u64;
        RunLength {
            epochs: self.train.epochs,
            steps_per_epoch: steps_per_epoch.div_ceil(self.train.accumulate),
            samples: rows as u64,
        }
    }

    /// Whether dropout or weight decay change over the run.
    fn has_scheduled_regularisation(&self) -> bool {
        !self.train.dropout_schedule.is_constant() || !self.train.decay_schedule.is_constant()
    }

    /// Sets dropout and weight decay for the next step of a run of this length.
    fn schedule_regularisation(&mut self, length: RunLength) {
        let step = self.updates();
        let share = |schedule: &Schedule| schedule.rate(1.0, step, length);
        self.workspace
            .set_dropout_share(share(&self.train.dropout_schedule));
        self.optimizer.set_decay_share(share(&self.train.decay_schedule));
    }

    /// The same for a step on rows of `rows` that is taken alone.
    pub(super) fn prepare_regularisation(&mut self, rows: usize) {
        if self.has_scheduled_regularisation() {
            self.schedule_regularisation(self.run_length(rows));
        }
    }

    /// The position of the run before the step on batch `batch` of the current epoch; the first batch of the next epoch
    /// where the current epoch has no such batch.
    fn position(&self, batches: &BatchLoop, batch: u64) -> Position {
        let is_next_epoch = batch == batches.steps_per_epoch;
        Position {
            epoch: self.epoch + u64::from(is_next_epoch),
            batch: if is_next_epoch { 0 } else { batch },
            step: self.step,
            steps_per_epoch: batches.steps_per_epoch,
            epochs: self.train.epochs,
        }
    }

    /// Shuffles the samples for the next epoch.
    fn shuffle(&mut self, order: &mut Vec<u32>, rows: usize) {
        if !self.train.shuffle {
            return;
        }
        if !self.train.reshuffle || order.len() != rows {
            order.clear();
            order.extend(0..rows as u32);
        }
        order::shuffle(order, self.train.shuffle_window, &mut self.generator);
    }

    /// The number of next steps that no observer requests. The last step of an observed epoch and the last step of the run
    /// count as observed.
    fn unobserved_steps(&self, batches: &BatchLoop, epoch: &EpochProgress, observed: &Observed) -> u64 {
        let epochs = observed.epoch.clamp(self.epoch, self.end() - 1) - self.epoch + 1;
        let steps = epochs.saturating_mul(batches.steps_per_epoch) - epoch.batch - 1;
        steps.min(observed.step.saturating_sub(self.step))
    }

    /// Sets the row weights of a batch in the workspace; none where samples have no weights.
    pub(super) fn weigh<S: Samples<T> + ?Sized>(&mut self, data: &S, rows: Rows<'_>) {
        let weight = |row| data.weight(row);
        match rows {
            _ if !data.is_weighted() => self.workspace.weigh_rows([]),
            Rows::Range(start, end) => self.workspace.weigh_rows((start..end).map(weight)),
            Rows::Picked(rows) => {
                self.workspace
                    .weigh_rows(rows.iter().map(|&row| weight(row as usize)));
            }
        }
    }
}
