//! Records the epochs of a run, judges them, and keeps the weights of the best one.

use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::evaluation::evaluate::Evaluator;
use crate::evaluation::metrics::{Better, Figure, Meters, Metric};
use crate::loss::Loss;
use crate::model::network::Network;
use crate::number::Numbers;
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::early_stopping::{EndedBy, StopRules};
use crate::training::observe::{EpochRecord, Event, Observer, Position, end_if};
use crate::training::saved_epochs::{load_epochs, save_epochs};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// The largest number of rows whose outputs are recorded.
pub const MOST_OUTPUTS: usize = 100;

/// The last epoch during training: loss, metrics and outputs, each before the step it took part in, as a loop that prints
/// its last iteration shows them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastEpochRecord {
    /// Its loss and metrics.
    #[serde(flatten)]
    pub epoch: EpochRecord,
    /// Its outputs, up to [`MOST_OUTPUTS`] rows, in the order of training.
    pub outputs: Vec<Numbers>,
}

/// Rows that are not used for training, and what is reported of them.
#[derive(Debug)]
pub struct HeldOut<'a, T> {
    /// The rows.
    pub data: &'a Dataset<T>,
    /// The reported loss.
    pub loss: Loss,
    /// The reported metrics.
    pub metrics: Vec<Metric>,
    /// The number of threads that evaluate them.
    pub threads: NonZeroUsize,
}

/// Records every n-th epoch and the last one. Where it [judges](Self::judging) epochs, it also keeps the weights of the best
/// one, and ends the run by [`StopRules`].
#[derive(Debug)]
pub struct EpochRecorder<'a, T> {
    every: u64,
    count_from: u64,
    meters: Meters,
    entries: Vec<EpochRecord>,
    outputs: Vec<Numbers>,
    last_epoch: Option<LastEpochRecord>,
    judge: Option<Judge<'a, T>>,
    /// The last epoch so far, with the metrics by which it was judged.
    current: EpochRecord,
}

/// Compares epochs by a figure on held-out rows or, where there are none, on the training samples.
#[derive(Debug)]
struct Judge<'a, T> {
    rules: StopRules,
    meters: Meters,
    held_out: Option<HeldOut<'a, T>>,
    evaluator: Evaluator<T>,
    best: Option<Best<T>>,
    ended_by: Option<EndedBy>,
}

/// The rules that can end a run, as a state counts them.
const RULES: [Option<EndedBy>; 3] = [None, Some(EndedBy::Target), Some(EndedBy::Patience)];

/// The best epoch so far.
#[derive(Debug)]
struct Best<T> {
    /// Counted from 1.
    epoch: u64,
    value: f64,
    validation_loss: Option<f64>,
    /// Its weights, where rows are held out.
    parameters: Vec<T>,
}

impl<'a, T: Scalar> EpochRecorder<'a, T> {
    /// Records every `every`-th epoch, the first one included, whose number is `count_from`, with the metrics of `meters`.
    pub fn new(every: u64, count_from: u64, meters: Meters) -> Self {
        Self {
            every: every.max(1),
            count_from,
            meters,
            entries: Vec::new(),
            outputs: Vec::new(),
            last_epoch: None,
            judge: None,
            current: EpochRecord::default(),
        }
    }

    /// The same, with every epoch judged by `rules` on held-out rows. Without held-out rows it is judged by the loss and what
    /// `meters` measure on the training samples, and no weights are kept, because these figures are from before the steps,
    /// and the weights from after them.
    #[must_use]
    pub fn judging(self, rules: StopRules, meters: Meters, held_out: Option<HeldOut<'a, T>>) -> Self {
        let judge = Judge {
            rules,
            meters,
            held_out,
            evaluator: Evaluator::default(),
            best: None,
            ended_by: None,
        };
        Self {
            judge: Some(judge),
            ..self
        }
    }

    /// The recorded epochs: every n-th.
    pub fn entries(&self) -> &[EpochRecord] {
        &self.entries
    }

    /// The recorded epochs, and the last epoch, if the run reached it.
    pub(crate) fn into_records(self) -> (Vec<EpochRecord>, Option<LastEpochRecord>) {
        (self.entries, self.last_epoch)
    }

    /// The last epoch, if the run reached it.
    pub fn last_epoch(&self) -> Option<&LastEpochRecord> {
        self.last_epoch.as_ref()
    }

    /// The record of the epoch at `position`, which has just ended, and whether it is an [entry](Self::entries). An epoch
    /// that is only judged has the metrics by which it is judged.
    pub fn recorded(&self, position: Position) -> Option<(&EpochRecord, bool)> {
        if position.epoch.is_multiple_of(self.every) {
            Some((self.entries.last()?, true))
        } else {
            self.judge.as_ref().map(|_| (&self.current, false))
        }
    }

    fn best(&self) -> Option<&Best<T>> {
        self.judge.as_ref()?.best.as_ref()
    }

    /// The best epoch so far, counted from 1, where epochs are judged.
    pub fn best_epoch(&self) -> Option<u64> {
        self.best().map(|best| best.epoch)
    }

    /// The epoch, counted from 1, whose weights are kept, and the loss on held-out rows after it.
    pub fn kept(&self) -> Option<(u64, f64)> {
        let best = self.best()?;
        Some((best.epoch, best.validation_loss?))
    }

    /// The rule that ended the run, if a rule ended it.
    pub fn ended_by(&self) -> Option<EndedBy> {
        self.judge.as_ref()?.ended_by
    }

    /// The run goes on after what was its last epoch, because it has more epochs now.
    pub(crate) fn go_on(&mut self) {
        self.last_epoch = None;
    }

    /// The metrics of held-out rows, where there are such rows.
    fn held_out_metrics(&self) -> Option<&[Metric]> {
        let held_out = self.judge.as_ref()?.held_out.as_ref()?;
        Some(&held_out.metrics)
    }

    /// The metrics of the last epoch so far: those by which epochs are judged.
    fn judged_metrics(&self) -> &[Metric] {
        self.judge.as_ref().map_or(&[], |judge| judge.meters.metrics())
    }

    /// Copies the kept weights into a network; leaves the network unchanged when there are none.
    pub fn restore(&self, network: &mut Network<T>) {
        if let Some(best) = self.best().filter(|best| best.validation_loss.is_some()) {
            network.parameters_mut().copy_from_slice(&best.parameters);
        }
    }
}

impl<T: Scalar> Judge<'_, T> {
    fn save(&self, state: &mut State) {
        self.meters.save("judge/meters", state);
        let rule = RULES.iter().position(|&rule| rule == self.ended_by);
        state.put_counts("judge/ended by", &[rule.unwrap_or(0) as u64]);
        if let Some(best) = &self.best {
            state.put_counts("best/epoch", &[best.epoch]);
            state.put_numbers("best/value", &[best.value]);
            state.put_numbers::<f64>("best/validation loss", best.validation_loss.as_slice());
            state.put_numbers("best/network", &best.parameters);
        }
    }

    fn load(&mut self, state: &State) -> Result<()> {
        self.meters.load("judge/meters", state)?;
        let [rule] = state.count("judge/ended by")?;
        self.ended_by = RULES.get(rule as usize).copied().flatten();
        if state.has("best/epoch") {
            let [epoch] = state.count("best/epoch")?;
            let [value] = state.exactly("best/value")?;
            self.best = Some(Best {
                epoch,
                value,
                validation_loss: state.numbers("best/validation loss")?.first().copied(),
                parameters: state.numbers("best/network")?,
            });
        }
        Ok(())
    }

    /// Adds what it measures to the record of an epoch. Ends the run by a rule.
    fn judge(
        &mut self,
        position: Position,
        record: &mut EpochRecord,
        network: &Network<T>,
    ) -> ControlFlow<()> {
        record.metrics = self.meters.take();
        record.validation = self.held_out.as_ref().map(|held_out| {
            let HeldOut { data, loss, .. } = *held_out;
            let (metrics, threads) = (&held_out.metrics, held_out.threads);
            self.evaluator.evaluate(network, data, loss, metrics, threads)
        });
        let value = |figure: Figure| match &record.validation {
            Some(found) => figure.value_in(found.loss, &found.metrics),
            None => figure.value_in(record.loss, &record.metrics),
        };
        let better = |figure: Figure| figure.better().unwrap_or(Better::Lower);
        let StopRules { monitor, .. } = self.rules;
        let (epoch, monitored) = (position.epoch + 1, value(monitor));
        let is_best = monitored.is_finite()
            && self.best.as_ref().is_none_or(|best| {
                (self.rules.keeps_last_of_equals && monitored == best.value)
                    || better(monitor).is(monitored, best.value, self.rules.min_delta)
            });
        if is_best {
            let mut parameters = self.best.take().map_or_else(Vec::new, |best| best.parameters);
            if self.held_out.is_some() {
                parameters.clear();
                parameters.extend_from_slice(network.parameters());
            }
            self.best = Some(Best {
                epoch,
                value: monitored,
                validation_loss: record.validation_loss(),
                parameters,
            });
        }
        let is_reached = self.rules.stop_at.is_some_and(|stop_at| {
            let found = value(stop_at.metric);
            found == stop_at.value || better(stop_at.metric).is(found, stop_at.value, 0.0)
        });
        let waited = epoch - self.best.as_ref().map_or(0, |best| best.epoch);
        let is_over = self.rules.patience.is_some_and(|patience| waited >= patience);
        self.ended_by = match is_reached {
            true => Some(EndedBy::Target),
            false => is_over.then_some(EndedBy::Patience),
        };
        end_if(self.ended_by.is_some())
    }
}

impl<T: Scalar> Observer<T> for EpochRecorder<'_, T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step {
                position,
                outputs,
                targets,
                ..
            } => {
                if let Some(judge) = &mut self.judge {
                    judge.meters.add(outputs, targets);
                }
                if position.next_of_every(self.every) == position.epoch {
                    self.meters.add(outputs, targets);
                    if position.epoch + 1 == position.epochs {
                        let remaining = MOST_OUTPUTS - self.outputs.len();
                        let rows = outputs.chunks_exact(self.meters.width()).take(remaining);
                        self.outputs
                            .extend(rows.map(|row| Numbers(row.iter().map(|a| a.to_f64()).collect())));
                    }
                }
                ControlFlow::Continue(())
            }
            Event::Epoch {
                position,
                loss,
                network,
            } => {
                let mut record = EpochRecord {
                    epoch: position.epoch + self.count_from,
                    loss: *loss,
                    ..EpochRecord::default()
                };
                let flow = match &mut self.judge {
                    Some(judge) => judge.judge(*position, &mut record, network),
                    None => ControlFlow::Continue(()),
                };
                if position.next_of_every(self.every) == position.epoch {
                    let epoch = EpochRecord {
                        metrics: self.meters.take(),
                        ..record.clone()
                    };
                    if position.epoch.is_multiple_of(self.every) {
                        self.entries.push(epoch.clone());
                    }
                    if position.epoch + 1 == position.epochs {
                        let outputs = std::mem::take(&mut self.outputs);
                        self.last_epoch = Some(LastEpochRecord { epoch, outputs });
                    }
                }
                self.current = record;
                flow
            }
            Event::Recorded { .. } => ControlFlow::Continue(()),
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        if self.judge.as_ref().is_some_and(|judge| !judge.meters.is_empty()) {
            return next.step;
        }
        // Without metrics only the outputs of the last epoch are needed.
        let epoch = match self.meters.is_empty() {
            true => next.epochs.saturating_sub(1).max(next.epoch),
            false => next.next_of_every(self.every),
        };
        if epoch > next.epoch {
            epoch.saturating_mul(next.steps_per_epoch)
        } else if self.meters.is_empty() && self.outputs.len() >= MOST_OUTPUTS {
            u64::MAX
        } else {
            next.step
        }
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        match self.judge {
            Some(_) => next.epoch,
            None => next.next_of_every(self.every),
        }
    }

    fn validation_loss(&self) -> Option<f64> {
        self.judge.as_ref()?.held_out.as_ref()?;
        Some(self.current.validation_loss().unwrap_or(f64::INFINITY))
    }

    fn save(&self, state: &mut State) {
        save_epochs(state, "history", &self.entries);
        self.meters.save("history/meters", state);
        save_outputs(state, "history/outputs", &self.outputs);
        if let Some(LastEpochRecord { epoch, outputs }) = &self.last_epoch {
            save_epochs(state, "last epoch", std::slice::from_ref(epoch));
            save_outputs(state, "last epoch/outputs", outputs);
        }
        // An epoch of number 0 and no metrics stands for the time before the first epoch.
        if self.current != EpochRecord::default() {
            save_epochs(state, "current", std::slice::from_ref(&self.current));
        }
        if let Some(judge) = &self.judge {
            judge.save(state);
        }
    }

    fn load(&mut self, state: &State) -> Result<()> {
        let held_out = self.held_out_metrics();
        let records = |name: &str, metrics: &[Metric]| match state.has(name) {
            true => load_epochs(state, name, metrics, held_out),
            false => Ok(Vec::new()),
        };
        let metrics = self.meters.metrics();
        let (entries, last_epoch) = (
            records("history", metrics)?,
            records("last epoch", metrics)?.pop(),
        );
        let current = records("current", self.judged_metrics())?.pop();
        let width = self.meters.width();
        self.last_epoch = match last_epoch {
            // Training goes on where there are more epochs now: then it was not the last.
            Some(epoch) => Some(LastEpochRecord {
                epoch,
                outputs: load_outputs(state, "last epoch/outputs", width)?,
            }),
            None => None,
        };
        (self.entries, self.current) = (entries, current.unwrap_or_default());
        self.meters.load("history/meters", state)?;
        self.outputs = load_outputs(state, "history/outputs", width)?;
        match &mut self.judge {
            Some(judge) => judge.load(state),
            None => Ok(()),
        }
    }
}

fn save_outputs(state: &mut State, name: &str, outputs: &[Numbers]) {
    let numbers: Vec<f64> = outputs.iter().flat_map(|row| row.0.iter().copied()).collect();
    state.put_numbers(name, &numbers);
}

fn load_outputs(state: &State, name: &str, width: usize) -> Result<Vec<Numbers>> {
    let numbers = state.numbers::<f64>(name)?;
    Ok(numbers
        .chunks(width.max(1))
        .map(|row| Numbers(row.to_vec()))
        .collect())
}
