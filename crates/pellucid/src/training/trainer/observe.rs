//! Defines observers of a run: the training loop steps and reports, and all other work is done by an [`Observer`].

use crate::data::dataset::Rows;
use crate::error::Result;
use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::Metric;
use crate::model::network::Network;
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::checkpoints::Checkpoints;
use crate::training::trainer::Trainer;
use std::ops::ControlFlow;

/// The position of a run. All counts begin with 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The current epoch.
    pub epoch: u64,
    /// The batch within the epoch.
    pub batch: u64,
    /// The steps taken since the run began.
    pub step: u64,
    /// The number of batches of an epoch.
    pub steps_per_epoch: u64,
    /// The number of epochs of the run.
    pub epochs: u64,
}

impl Position {
    /// The next epoch, the current one included, that is a multiple of `every` or the last one.
    pub fn next_of_every(&self, every: u64) -> u64 {
        let last = self.epochs.saturating_sub(1).max(self.epoch);
        self.epoch.next_multiple_of(every).min(last)
    }
}

/// An event that the training loop reports.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// A batch is complete: the parameters took a step, or, where several batches contribute to a step, the gradient was
    /// accumulated.
    Step {
        /// The position of the step.
        position: Position,
        /// The mean loss of the batch's rows, before the step.
        loss: f64,
        /// The outputs before the step, (rows, outputs).
        outputs: &'a [T],
        /// The targets, (rows, outputs).
        targets: &'a [T],
        /// The rows of the data set that made the batch.
        rows: Rows<'a>,
        /// The learning rate of the step; 0 where the optimizer has no learning rate.
        learning_rate: T,
        /// The trainer after the step; `None` where the optimizer works on all rows at once.
        trainer: Option<&'a Trainer<T>>,
        /// The parameters after the step: the trained ones, never averages.
        parameters: &'a [T],
    },
    /// An epoch is complete: all samples were used once.
    Epoch {
        /// The position; its `batch` and `step` are those of the epoch's last step.
        position: Position,
        /// The mean loss of all samples, each before the step that used it.
        loss: f64,
        /// The network after the epoch: the averaged one, where the recipe asks for an average and it has begun.
        network: &'a Network<T>,
    },
    /// What a [`Session`](crate::Session) measured of an epoch that it logs or judges, after its [`Epoch`](Self::Epoch).
    Recorded {
        /// As that of the epoch.
        position: Position,
        /// Loss and metrics, of held-out rows too where there are any; metrics of training rows where it is logged.
        record: &'a EpochRecord,
        /// Whether it is part of the history.
        is_logged: bool,
        /// Whether it is judged, and no epoch before it was as good.
        is_best: bool,
    },
}

/// What an observer returns that ends the run on a condition.
pub fn end_if(ends: bool) -> ControlFlow<()> {
    match ends {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

/// An observer of a run. It ends the run by returning [`ControlFlow::Break`].
///
/// The loop asks in advance for the next step and the next epoch to report, so that an observer of few events does not slow
/// down a run of a million small steps.
pub trait Observer<T: Scalar> {
    /// Receives an event.
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()>;

    /// The next step to report, `next.step` or later; by default none.
    fn next_step(&mut self, next: Position) -> u64 {
        let _ = next;
        u64::MAX
    }

    /// The next epoch to report, `next.epoch` or later; by default every epoch.
    fn next_epoch(&mut self, next: Position) -> u64 {
        next.epoch
    }

    /// The loss on held-out rows after the last epoch, for a schedule that follows it: infinite before the first epoch,
    /// `None` where the observer measures no such loss, which is the default.
    fn validation_loss(&self) -> Option<f64> {
        None
    }

    /// Where the states of the training are kept, by default nowhere.
    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        None
    }

    /// Adds what it remembers of the training to a state; by default nothing.
    fn save(&self, state: &mut State) {
        let _ = state;
    }

    /// Continues from a state.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) where the state is of another training.
    fn load(&mut self, state: &State) -> Result<()> {
        let _ = state;
        Ok(())
    }
}

/// An observer of trainings in either precision.
pub trait AnyObserver: Observer<f32> + Observer<f64> {}

impl<O: Observer<f32> + Observer<f64>> AnyObserver for O {}

/// Observes nothing.
impl<T: Scalar> Observer<T> for () {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

impl<T: Scalar, O: Observer<T> + ?Sized> Observer<T> for &mut O {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        (**self).on(event)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        (**self).next_step(next)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        (**self).next_epoch(next)
    }

    fn validation_loss(&self) -> Option<f64> {
        (**self).validation_loss()
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        (**self).checkpoints()
    }

    fn save(&self, state: &mut State) {
        (**self).save(state);
    }

    fn load(&mut self, state: &State) -> Result<()> {
        (**self).load(state)
    }
}

/// Two observers, of which the first receives each event first; the run ends when one of them ends it.
impl<T: Scalar, A: Observer<T>, B: Observer<T>> Observer<T> for (A, B) {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let flows = (self.0.on(event), self.1.on(event));
        end_if(flows.0.is_break() || flows.1.is_break())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.0.next_step(next).min(self.1.next_step(next))
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.0.next_epoch(next).min(self.1.next_epoch(next))
    }

    fn validation_loss(&self) -> Option<f64> {
        self.0.validation_loss().or_else(|| self.1.validation_loss())
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        let (first, second) = self;
        first.checkpoints().or_else(|| second.checkpoints())
    }

    fn save(&self, state: &mut State) {
        self.0.save(state);
        self.1.save(state);
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.0.load(state)?;
        self.1.load(state)
    }
}

/// An observer that may be absent.
impl<T: Scalar, O: Observer<T>> Observer<T> for Option<O> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let observer = self.as_mut();
        observer.map_or(ControlFlow::Continue(()), |observer| observer.on(event))
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.as_mut()
            .map_or(u64::MAX, |observer| observer.next_step(next))
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.as_mut()
            .map_or(u64::MAX, |observer| observer.next_epoch(next))
    }

    fn validation_loss(&self) -> Option<f64> {
        self.as_ref()?.validation_loss()
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        self.as_mut()?.checkpoints()
    }

    fn save(&self, state: &mut State) {
        if let Some(observer) = self {
            observer.save(state);
        }
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.as_mut().map_or(Ok(()), |observer| observer.load(state))
    }
}

/// The record of an epoch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EpochRecord {
    /// The number of the epoch; the recipe sets the first number.
    pub epoch: u64,
    /// The mean loss of the samples, each before the step that used it.
    pub loss: f64,
    /// The metrics, from the same outputs as the loss.
    pub metrics: Vec<(Metric, f64)>,
    /// Loss and metrics on held-out rows after the epoch, if there are such rows.
    pub validation: Option<Evaluation>,
}

impl EpochRecord {
    /// The loss on held-out rows after the epoch, if there are such rows.
    pub fn validation_loss(&self) -> Option<f64> {
        self.validation.as_ref().map(|validation| validation.loss)
    }
}
