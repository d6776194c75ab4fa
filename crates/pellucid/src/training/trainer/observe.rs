//! Defines observers of a run: the training loop steps and reports, and all other work is done by an [`Observer`].

use crate::data::dataset::Rows;
use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::{Meters, Metric};
use crate::model::network::Network;
use crate::scalar::Scalar;
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
}

/// Two observers, of which the first receives each event first; the run ends when one of them ends it.
impl<T: Scalar, A: Observer<T>, B: Observer<T>> Observer<T> for (A, B) {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match (self.0.on(event), self.1.on(event)) {
            (ControlFlow::Continue(()), ControlFlow::Continue(())) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
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
}

/// Several observers, which receive each event in order; the run ends when one of them ends it.
impl<T: Scalar> Observer<T> for [&mut dyn Observer<T>] {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        for observer in self {
            if observer.on(event).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        flow
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.iter_mut()
            .map(|observer| observer.next_step(next))
            .min()
            .unwrap_or(u64::MAX)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.iter_mut()
            .map(|observer| observer.next_epoch(next))
            .min()
            .unwrap_or(u64::MAX)
    }

    fn validation_loss(&self) -> Option<f64> {
        self.iter().find_map(|observer| observer.validation_loss())
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

/// Records every n-th epoch and the last one.
#[derive(Debug, Clone)]
pub struct History {
    every: u64,
    count_from: u64,
    meters: Meters,
    entries: Vec<EpochRecord>,
    last_epoch: Option<EpochRecord>,
    last_outputs: Vec<Vec<f64>>,
}

impl History {
    /// The largest number of rows of the last epoch's outputs that it keeps.
    pub const MOST_OUTPUTS: usize = 100;

    /// A history of every `every`-th epoch, the first one included, whose number is `count_from`, with the metrics of
    /// `meters`.
    pub fn new(every: u64, count_from: u64, meters: Meters) -> Self {
        Self {
            every: every.max(1),
            count_from,
            meters,
            entries: Vec::new(),
            last_epoch: None,
            last_outputs: Vec::new(),
        }
    }

    /// The recorded epochs.
    pub fn entries(&self) -> &[EpochRecord] {
        &self.entries
    }

    /// The record of the last epoch, if the run reached it.
    pub fn last_epoch(&self) -> Option<&EpochRecord> {
        self.last_epoch.as_ref()
    }

    /// The outputs of the last epoch, each before the step that used it, in the order of training; the first
    /// [`MOST_OUTPUTS`](Self::MOST_OUTPUTS) of them.
    pub fn last_outputs(&self) -> &[Vec<f64>] {
        &self.last_outputs
    }

    /// Whether every epoch so far has an entry.
    pub(crate) fn is_complete(&self) -> bool {
        self.every == 1
    }

    /// Adds the validation figures of an epoch, counted from 0, to its record. Returns the entry, if the epoch has one.
    pub(crate) fn complete(&mut self, epoch: u64, judged: Option<&EpochRecord>) -> Option<&EpochRecord> {
        let number = epoch + self.count_from;
        let entry = self.entries.last_mut().filter(|entry| entry.epoch == number);
        if let Some(judged) = judged {
            let last = self.last_epoch.as_mut().filter(|last| last.epoch == number);
            for record in entry.into_iter().chain(last) {
                record.validation.clone_from(&judged.validation);
            }
        }
        self.entries.last().filter(|entry| entry.epoch == number)
    }

    /// The entries; and the last epoch with its outputs, if the run reached it.
    #[expect(
        clippy::type_complexity,
        reason = "the last epoch and its outputs come together"
    )]
    pub(crate) fn into_records(self) -> (Vec<EpochRecord>, Option<(EpochRecord, Vec<Vec<f64>>)>) {
        let outputs = self.last_outputs;
        (self.entries, self.last_epoch.map(|epoch| (epoch, outputs)))
    }

    fn next_recorded(&self, epoch: u64, epochs: u64) -> u64 {
        epoch
            .next_multiple_of(self.every)
            .min(epochs.saturating_sub(1).max(epoch))
    }
}

impl<T: Scalar> Observer<T> for History {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step {
                position,
                outputs,
                targets,
                ..
            } => {
                if self.next_recorded(position.epoch, position.epochs) == position.epoch {
                    self.meters.add(outputs, targets);
                    if position.epoch + 1 == position.epochs {
                        let remaining = Self::MOST_OUTPUTS - self.last_outputs.len();
                        let rows = outputs.chunks_exact(self.meters.width()).take(remaining);
                        self.last_outputs
                            .extend(rows.map(|row| row.iter().map(|a| a.to_f64()).collect()));
                    }
                }
            }
            Event::Epoch { position, loss, .. } => {
                if self.next_recorded(position.epoch, position.epochs) == position.epoch {
                    let entry = EpochRecord {
                        epoch: position.epoch + self.count_from,
                        loss: *loss,
                        metrics: self.meters.take(),
                        validation: None,
                    };
                    if position.epoch + 1 == position.epochs {
                        self.last_epoch = Some(entry.clone());
                    }
                    if position.epoch.is_multiple_of(self.every) {
                        self.entries.push(entry);
                    }
                }
            }
            Event::Recorded { .. } => {}
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        let epoch = self.next_recorded(next.epoch, next.epochs);
        if epoch == next.epoch {
            let is_last = epoch + 1 == next.epochs;
            let is_needed =
                !self.meters.is_empty() || (is_last && self.last_outputs.len() < Self::MOST_OUTPUTS);
            if is_needed {
                return next.step;
            }
            let last_epoch_begins = next.epochs.saturating_sub(1).saturating_mul(next.steps_per_epoch);
            return if is_last {
                u64::MAX
            } else {
                last_epoch_begins.max(next.step)
            };
        }
        epoch.saturating_mul(next.steps_per_epoch)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.next_recorded(next.epoch, next.epochs)
    }
}

/// Records the loss of every n-th epoch, for a loss curve.
#[derive(Debug, Clone, PartialEq)]
pub struct LossCurve {
    every: u64,
    points: Vec<(u64, f64)>,
}

impl LossCurve {
    /// A curve with a point for every `every`-th epoch and for the last one.
    pub fn new(every: u64) -> Self {
        Self {
            every: every.max(1),
            points: Vec::new(),
        }
    }

    /// The points: epoch, counted from 1, and loss.
    pub fn points(&self) -> &[(u64, f64)] {
        &self.points
    }
}

impl<T: Scalar> Observer<T> for LossCurve {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Epoch { position, loss, .. } = event {
            let is_last = position.epoch + 1 == position.epochs;
            if position.epoch.is_multiple_of(self.every) || is_last {
                self.points.push((position.epoch + 1, *loss));
            }
        }
        ControlFlow::Continue(())
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        next.epoch
            .next_multiple_of(self.every)
            .min(next.epochs.saturating_sub(1).max(next.epoch))
    }
}
