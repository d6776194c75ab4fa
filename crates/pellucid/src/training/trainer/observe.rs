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

/// Watches nothing.
impl<T: Scalar> Observer<T> for () {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

/// Several observers side by side, told in order; the run ends when one of them says so.
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
#[derive(Debug, Clone, PartialEq)]
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
pub struct History<'a> {
    every: u64,
    count_from: u64,
    meters: Meters,
    entries: Vec<EpochRecord>,
    last_epoch: Option<EpochRecord>,
    last_outputs: Vec<Vec<f64>>,
    on_entry: Box<dyn FnMut(&EpochRecord) + 'a>,
}

impl<'a> History<'a> {
    /// The most rows of the last epoch's outputs that are kept.
    pub const MOST_OUTPUTS: usize = 100;

    /// A history of every `every`th epoch, the first one included, whose number is `count_from`, with what `meters`
    /// measure. Each entry is handed to `on_entry` as it is made.
    pub fn new(every: u64, count_from: u64, meters: Meters, on_entry: impl FnMut(&EpochRecord) + 'a) -> Self {
        Self {
            every: every.max(1),
            count_from,
            meters,
            entries: Vec::new(),
            last_epoch: None,
            last_outputs: Vec::new(),
            on_entry: Box::new(on_entry),
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

    fn next_of_interest(&self, epoch: u64, epochs: u64) -> u64 {
        epoch
            .next_multiple_of(self.every)
            .min(epochs.saturating_sub(1).max(epoch))
    }
}

impl<T: Scalar> Observer<T> for History<'_> {
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
                        (self.on_entry)(&entry);
                        self.entries.push(entry);
                    }
                }
            }
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

impl std::fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History")
            .field("every", &self.every)
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}
