//! Watching a run: the loop only steps and tells; everything that looks on is an [`Observer`].

use crate::data::dataset::Rows;
use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::{Meters, Metric};
use crate::model::network::Network;
use crate::scalar::Scalar;
use crate::training::trainer::Trainer;
use std::ops::ControlFlow;

/// Where a run stands. Everything is counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The epoch under way.
    pub epoch: u64,
    /// The batch within the epoch.
    pub batch: u64,
    /// The steps taken since the run began.
    pub step: u64,
    /// How many batches an epoch has.
    pub steps_per_epoch: u64,
    /// How many epochs the run has.
    pub epochs: u64,
}

/// What the training loop tells.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// A batch went through the network and the parameters took their step, or, where several batches make one, gathered
    /// for it.
    Step {
        /// Which.
        position: Position,
        /// The mean loss of the batch's rows, before the step.
        loss: f64,
        /// The outputs before the step, (rows, outputs).
        outputs: &'a [T],
        /// The targets, (rows, outputs).
        targets: &'a [T],
        /// The rows of the data set that made the batch.
        rows: Rows<'a>,
        /// The learning rate of the step; 0 where the optimizer has none.
        learning_rate: T,
        /// The training as the step left it; nothing where the optimizer goes by all rows at once.
        trainer: Option<&'a Trainer<T>>,
        /// The parameters after the step: those in training, never averaged ones.
        parameters: &'a [T],
    },
    /// All samples went through once.
    Epoch {
        /// Which: its `batch` and `step` are those of the epoch's last step.
        position: Position,
        /// The mean loss of all samples, each before the step it took part in.
        loss: f64,
        /// The network after the epoch: the averaged one, where the recipe asks for an average and there is one yet.
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

/// Something that watches a run. It can end the run by breaking.
///
/// The loop asks beforehand which events are worth telling, so that a run of a million tiny steps is not slowed
/// by one that looks on now and then.
pub trait Observer<T: Scalar> {
    /// Takes note of an event.
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()>;

    /// The number of the next step, `next.step` or later, that is worth telling; by default none.
    fn next_step(&mut self, next: Position) -> u64 {
        let _ = next;
        u64::MAX
    }

    /// The next epoch, `next.epoch` or later, that is worth telling; by default each.
    fn next_epoch(&mut self, next: Position) -> u64 {
        next.epoch
    }

    /// The loss on held-out rows after the last epoch, for a schedule that goes by it: infinite before there was one,
    /// nothing where the observer measures none, which is the default.
    fn validation_loss(&self) -> Option<f64> {
        None
    }
}

/// An observer of trainings in either precision.
pub trait AnyObserver: Observer<f32> + Observer<f64> {}

impl<O: Observer<f32> + Observer<f64>> AnyObserver for O {}

/// Watches nothing.
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

/// Two observers side by side, the first informed first; the run ends when one of them says so.
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

/// Several observers side by side, informed in order; the run ends when one of them says so.
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

/// What is known of an epoch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EpochRecord {
    /// The epoch, counted from where the recipe counts.
    pub epoch: u64,
    /// The mean loss of the samples, each before the step it took part in.
    pub loss: f64,
    /// The metrics, of the same outputs as the loss.
    pub metrics: Vec<(Metric, f64)>,
    /// Loss and metrics on held-out rows after the epoch, where there are any.
    pub validation: Option<Evaluation>,
}

/// Keeps a record of every so many epochs, and of the last one.
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
    /// The most rows of the last epoch's outputs that are kept.
    pub const MOST_OUTPUTS: usize = 100;

    /// A history of every `every`th epoch, the first one included, whose number is `count_from`, with what `meters`
    /// measure.
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

    /// The epochs recorded.
    pub fn entries(&self) -> &[EpochRecord] {
        &self.entries
    }

    /// The last epoch of a run that was not ended before it.
    pub fn last_epoch(&self) -> Option<&EpochRecord> {
        self.last_epoch.as_ref()
    }

    /// The outputs of the last epoch, each before the step it took part in, in the order of training; the first
    /// [`MOST_OUTPUTS`](Self::MOST_OUTPUTS) of them.
    pub fn last_outputs(&self) -> &[Vec<f64>] {
        &self.last_outputs
    }

    /// Whether every epoch so far has an entry.
    pub(crate) fn is_complete(&self) -> bool {
        self.every == 1
    }

    /// Adds what judged the epoch of this number, counted from 0, to its record. The entry, if the epoch has one.
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

    /// The entries; the last epoch of a run that was not ended before it, and its outputs.
    #[expect(
        clippy::type_complexity,
        reason = "the last epoch and its outputs come together"
    )]
    pub(crate) fn into_records(self) -> (Vec<EpochRecord>, Option<(EpochRecord, Vec<Vec<f64>>)>) {
        let outputs = self.last_outputs;
        (self.entries, self.last_epoch.map(|epoch| (epoch, outputs)))
    }

    fn next_of_interest(&self, epoch: u64, epochs: u64) -> u64 {
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
                if self.next_of_interest(position.epoch, position.epochs) == position.epoch {
                    self.meters.add(outputs, targets);
                    if position.epoch + 1 == position.epochs {
                        let room = Self::MOST_OUTPUTS - self.last_outputs.len();
                        let rows = outputs.chunks_exact(self.meters.width()).take(room);
                        self.last_outputs
                            .extend(rows.map(|row| row.iter().map(|a| a.to_f64()).collect()));
                    }
                }
            }
            Event::Epoch { position, loss, .. } => {
                if self.next_of_interest(position.epoch, position.epochs) == position.epoch {
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
        let epoch = self.next_of_interest(next.epoch, next.epochs);
        if epoch == next.epoch {
            let is_last = epoch + 1 == next.epochs;
            let wanted = !self.meters.is_empty() || (is_last && self.last_outputs.len() < Self::MOST_OUTPUTS);
            if wanted {
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
        self.next_of_interest(next.epoch, next.epochs)
    }
}

/// The loss of every so many epochs, for a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct LossCurve {
    every: u64,
    points: Vec<(u64, f64)>,
}

impl LossCurve {
    /// A curve with a point every `every` epochs, and at the last.
    pub fn new(every: u64) -> Self {
        Self {
            every: every.max(1),
            points: Vec::new(),
        }
    }

    /// The epochs, counted from 1, and their losses.
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
