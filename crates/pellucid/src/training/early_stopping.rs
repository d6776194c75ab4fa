//! Ends a run before its last epoch: when a figure on held-out rows no longer improves, with the best weights kept
//! (Prechelt, *Early Stopping — But When?*, 1998), when a figure reaches its target, and when the time limit is reached.

mod time_limit;

pub use time_limit::TimeLimit;

use crate::data::dataset::Dataset;
use crate::error::Result;
use crate::evaluation::evaluate::evaluate;
use crate::evaluation::metrics::{self, Better, Figure, Meters, Metric};
use crate::loss::Loss;
use crate::model::network::{Architecture, Network};
use crate::recipe::{Recipe, StopAt};
use crate::scalar::Scalar;
use crate::training::observe::{EpochRecord, Event, Observer, Position};
use crate::training::trainer::Ending;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// The mean losses of an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochLosses {
    /// The epoch, counted from 1.
    pub epoch: u64,
    /// The loss of training rows, each before the step that used it.
    pub training: f64,
    /// The loss of held-out rows, after the epoch.
    pub validation: Option<f64>,
}

/// The rules by which figures end a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StopRules {
    /// The figure that compares epochs.
    pub monitor: Figure,
    /// The number of consecutive epochs without improvement that ends the run; `None` for no such limit.
    pub patience: Option<u64>,
    /// The smallest change that counts as an improvement.
    pub min_delta: f64,
    /// The target that ends the run as soon as a figure reaches it.
    pub stop_at: Option<StopAt>,
}

impl StopRules {
    /// The rules of a recipe's `[train]`.
    pub fn from_recipe(recipe: &Recipe) -> Self {
        let train = &recipe.train;
        Self {
            monitor: train.monitor,
            patience: train.patience,
            min_delta: train.min_delta,
            stop_at: train.stop_at,
        }
    }

    /// Whether there is no rule that can end a run.
    pub fn are_none(&self) -> bool {
        self.patience.is_none() && self.stop_at.is_none()
    }

    /// These metrics, and those that the rules need.
    pub fn with_metrics(&self, reported: &[Metric]) -> Vec<Metric> {
        let mut metrics = reported.to_vec();
        let needed = [Some(self.monitor), self.stop_at.map(|stop_at| stop_at.metric)];
        for metric in needed.into_iter().flatten().filter_map(Figure::metric) {
            if !metrics.contains(&metric) {
                metrics.push(metric);
            }
        }
        metrics
    }
}

/// The reason why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The last epoch is complete.
    Epochs,
    /// The number of consecutive epochs without improvement reached the patience.
    Patience,
    /// A figure reached its target.
    Target,
    /// The time limit.
    Time,
    /// A minimum, or the smallest learning rate of the schedule: further epochs would change nothing.
    Convergence,
    /// An observer, such as one that a signal stops.
    Interrupt,
}

impl EndedBy {
    /// The reason why a run ended: that of the rules if one applied, else that of the clock or the trainer.
    pub fn from_ending(ending: Ending, rule: Option<EndedBy>, time_is_over: bool) -> Self {
        match (rule, ending) {
            (Some(rule), _) => rule,
            (None, Ending::Completed) => Self::Epochs,
            (None, Ending::Converged) => Self::Convergence,
            (None, Ending::Stopped) if time_is_over => Self::Time,
            (None, Ending::Stopped) => Self::Interrupt,
        }
    }

    /// The reason in words, for a run of this recipe.
    pub fn sentence(self, recipe: &Recipe) -> String {
        let train = &recipe.train;
        let name = |figure: Figure| figure.name().replace('_', " ");
        match self {
            Self::Epochs => format!("all {} epochs were run", train.epochs),
            Self::Patience => format!(
                "{} epochs in a row had no better {}",
                train.patience.unwrap_or(0),
                name(train.monitor)
            ),
            Self::Target => match train.stop_at {
                Some(StopAt { metric, value }) => format!("{} reached {value}", name(metric)),
                None => "a figure reached its target".into(),
            },
            Self::Convergence if !train.optimizer.takes_steps() => "it reached a minimum".into(),
            Self::Convergence => "the learning rate reached its minimum, and the loss no longer fell".into(),
            Self::Time => format!(
                "the time limit of {} s was reached",
                train.max_seconds.unwrap_or(0.0)
            ),
            Self::Interrupt => "it was stopped".into(),
        }
    }
}

/// Checks that the metrics of a recipe apply to the data.
///
/// # Errors
/// [`Error::Setting`](crate::Error::Setting), with the key of the recipe.
pub fn check_metrics<T: Scalar>(
    recipe: &Recipe,
    architecture: &Architecture,
    data: &Dataset<T>,
) -> Result<()> {
    let output = architecture.output_layer();
    let (train, loss) = (&recipe.train, recipe.train.loss);
    let metric_of = |figure: Figure| figure.metric().into_iter().collect::<Vec<Metric>>();
    metrics::check("log.metrics", &recipe.log.metrics, data, &output, loss)?;
    metrics::check("train.monitor", &metric_of(train.monitor), data, &output, loss)?;
    let stop_at = train
        .stop_at
        .map_or_else(Vec::new, |stop_at| metric_of(stop_at.metric));
    metrics::check("train.stop_at.metric", &stop_at, data, &output, loss)
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

/// Evaluates each epoch on held-out rows, keeps the weights of the best epoch, and ends the run by [`StopRules`]. Without
/// held-out rows it compares epochs by the loss and metrics of the training samples and keeps no weights, because these
/// figures are from before the steps, and the weights from after them.
#[derive(Debug)]
pub struct EarlyStopping<'a, T> {
    rules: StopRules,
    meters: Meters,
    held_out: Option<HeldOut<'a, T>>,
    epochs: Vec<EpochRecord>,
    best: Option<f64>,
    improvements: Vec<u64>,
    best_parameters: Vec<T>,
    ended_by: Option<EndedBy>,
}

impl<'a, T: Scalar> EarlyStopping<'a, T> {
    /// Applies `rules` to what `meters` measure on the training samples, or to held-out rows where there are any.
    pub fn new(rules: StopRules, meters: Meters, held_out: Option<HeldOut<'a, T>>) -> Self {
        Self {
            rules,
            meters,
            held_out,
            epochs: Vec::new(),
            best: None,
            improvements: Vec::new(),
            best_parameters: Vec::new(),
            ended_by: None,
        }
    }

    /// The epochs so far, counted from 1.
    pub fn epochs(&self) -> &[EpochRecord] {
        &self.epochs
    }

    /// The best epoch so far, counted from 1.
    pub fn best_epoch(&self) -> Option<u64> {
        self.improvements.last().copied()
    }

    /// The epochs, counted from 1, that were better than all before them.
    pub fn improvements(&self) -> &[u64] {
        &self.improvements
    }

    /// The rule that ended the run, if a rule ended it.
    pub fn ended_by(&self) -> Option<EndedBy> {
        self.ended_by
    }

    /// Whether it keeps the weights of the best epoch.
    pub fn keeps_weights(&self) -> bool {
        self.held_out.is_some()
    }

    /// The best epoch, counted from 1, where its weights are kept.
    pub fn kept_epoch(&self) -> Option<u64> {
        self.best_epoch().filter(|_| self.keeps_weights())
    }

    /// The loss on held-out rows after that epoch.
    pub fn kept_loss(&self) -> Option<f64> {
        let kept = self.epochs.get(self.kept_epoch()? as usize - 1)?;
        Some(kept.validation.as_ref()?.loss)
    }

    /// Copies the weights of the best epoch into a network; leaves the network unchanged when there is no best epoch.
    pub fn restore(&self, network: &mut Network<T>) {
        if !self.best_parameters.is_empty() {
            network.parameters_mut().copy_from_slice(&self.best_parameters);
        }
    }

    fn update_best(&mut self, epoch: u64, value: f64) -> bool {
        let better = self.rules.monitor.better().unwrap_or(Better::Lower);
        let is_best = value.is_finite()
            && self
                .best
                .is_none_or(|best| better.is(value, best, self.rules.min_delta));
        if is_best {
            self.best = Some(value);
            self.improvements.push(epoch);
        }
        is_best
    }
}

impl<T: Scalar> Observer<T> for EarlyStopping<'_, T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        let (position, loss, network) = match event {
            Event::Step { outputs, targets, .. } => {
                self.meters.add(outputs, targets);
                return ControlFlow::Continue(());
            }
            Event::Epoch {
                position,
                loss,
                network,
            } => (position, *loss, network),
            Event::Recorded { .. } => return ControlFlow::Continue(()),
        };
        let epoch = position.epoch + 1;
        let metrics = self.meters.take();
        let validation = self.held_out.as_ref().map(|held_out| {
            evaluate(
                network,
                held_out.data,
                held_out.loss,
                &held_out.metrics,
                held_out.threads,
            )
        });
        let value = |figure: Figure| match &validation {
            Some(found) => figure.value_in(found.loss, &found.metrics),
            None => figure.value_in(loss, &metrics),
        };
        let reached = self.rules.stop_at.is_some_and(|stop_at| {
            let found = value(stop_at.metric);
            let better = stop_at.metric.better().unwrap_or(Better::Lower);
            found == stop_at.value || better.is(found, stop_at.value, 0.0)
        });
        let monitored = value(self.rules.monitor);
        let is_best = self.update_best(epoch, monitored);
        if is_best && self.keeps_weights() {
            self.best_parameters.clear();
            self.best_parameters.extend_from_slice(network.parameters());
        }
        self.epochs.push(EpochRecord {
            epoch,
            loss,
            metrics,
            validation,
        });
        let waited = self.epochs.len() as u64 - self.best_epoch().unwrap_or(0);
        self.ended_by = if reached {
            Some(EndedBy::Target)
        } else if self.rules.patience.is_some_and(|patience| waited >= patience) {
            Some(EndedBy::Patience)
        } else {
            None
        };
        match self.ended_by {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    }

    fn next_step(&mut self, next: Position) -> u64 {
        if self.meters.is_empty() {
            u64::MAX
        } else {
            next.step
        }
    }

    fn validation_loss(&self) -> Option<f64> {
        self.held_out.as_ref()?;
        let last = self.epochs.last().and_then(|epoch| epoch.validation.as_ref());
        Some(last.map_or(f64::INFINITY, |validation| validation.loss))
    }
}
