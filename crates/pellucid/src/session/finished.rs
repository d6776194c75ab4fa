//! The result of a session: a trained network with the history of its training, or the error that ended it.

use super::Split;
use crate::data::dataset::Dataset;
use crate::error::Error;
use crate::evaluation::evaluate::{Evaluation, evaluate, predict};
use crate::evaluation::metrics::{self, Metric};
use crate::inspection::diagnosis::Finding;
use crate::inspection::layer_statistics::LayerStatistics;
use crate::model::network::Network;
use crate::number::Numbers;
use crate::optimization::lbfgs::Minimum;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::session::record::{MetricsRecord, NetworkRecord};
use crate::training::early_stopping::EndedBy;
use crate::training::epochs::{LastEpochRecord, MOST_OUTPUTS};
use crate::training::observe::EpochRecord;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The summary of a finished training, in plain numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The logged epochs, counted from where the recipe counts.
    pub history: Vec<EpochRecord>,
    /// The last epoch, unless the training ended before it.
    pub last_epoch: Option<LastEpochRecord>,
    /// The epoch, counted from 1, whose weights are kept, where held-out rows chose it.
    pub best_epoch: Option<u64>,
    /// The loss on held-out rows after that epoch.
    pub best_validation_loss: Option<f64>,
    /// The reason for the end.
    pub ended_by: EndedBy,
    /// The minimum that L-BFGS found, where it is the optimizer.
    pub minimum: Option<Minimum>,
    /// The findings before the first step, where the training was
    /// [diagnosed](super::Session::diagnosed).
    pub warnings: Vec<Finding>,
    /// All findings, likewise.
    pub findings: Vec<Finding>,
    /// Its layer statistics, likewise; the first are those before training.
    pub layer_statistics: Vec<LayerStatistics>,
    /// Completed epochs.
    pub epochs: u64,
    /// Parameter updates.
    pub updates: u64,
    /// Seconds in the training loop, by the session's clock; 0 without one.
    pub seconds: f64,
}

/// A training that ended in an error, such as that it diverged.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unfinished {
    /// The error.
    pub error: Error,
    /// All findings, where the training was [diagnosed](super::Session::diagnosed).
    pub findings: Vec<Finding>,
    /// Its layer statistics, likewise.
    pub layer_statistics: Vec<LayerStatistics>,
    /// Completed epochs.
    pub epochs: u64,
    /// Parameter updates.
    pub updates: u64,
}

/// A training that has ended, and the error where it diverged; see
/// [`Session::run_to_divergence`](super::Session::run_to_divergence).
pub type FinishedOrDiverged<T> = (Finished<T>, Option<Box<Unfinished>>);

impl From<Error> for Box<Unfinished> {
    fn from(error: Error) -> Self {
        Box::new(Unfinished {
            error,
            findings: Vec::new(),
            layer_statistics: Vec::new(),
            epochs: 0,
            updates: 0,
        })
    }
}

impl From<Box<Unfinished>> for Error {
    fn from(unfinished: Box<Unfinished>) -> Self {
        unfinished.error
    }
}

/// A training that has ended.
#[derive(Debug, Clone)]
pub struct Finished<T> {
    pub(super) recipe: Recipe,
    pub(super) split: Arc<Split<T>>,
    pub(super) initial: Network<T>,
    pub(super) network: Network<T>,
    pub(super) threads: NonZeroUsize,
    /// The summary of the training.
    pub summary: Summary,
}

impl<T: Scalar> Finished<T> {
    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The samples.
    pub fn split(&self) -> &Split<T> {
        &self.split
    }

    /// The network before training.
    pub fn initial(&self) -> &Network<T> {
        &self.initial
    }

    /// The trained network: with the weights of the best epoch where rows were held out, else of the last.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// The trained network, by value.
    pub fn into_network(self) -> Network<T> {
        self.network
    }

    /// The trained network and the summary, by value.
    pub fn into_parts(self) -> (Network<T>, Summary) {
        (self.network, self.summary)
    }

    /// The largest number of threads.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// The network's outputs for all rows of `data`, (rows, outputs).
    pub fn predict(&self, data: &Dataset<T>) -> Vec<T> {
        predict(&self.network, data.features(), data.rows(), self.threads)
    }

    /// Loss and metrics of the network on some data: the metrics suited to its targets, and the recipe's.
    pub fn evaluate_on(&self, data: &Dataset<T>) -> Evaluation {
        let mut metrics = metrics::suited_to(self.recipe.train.loss, data.targets().are_zero_or_one());
        for metric in &self.recipe.log.metrics {
            if !metrics.contains(metric) && *metric != Metric::YPred {
                metrics.push(*metric);
            }
        }
        let loss = self.recipe.logged_loss();
        evaluate(&self.network, data, loss, &metrics, self.threads)
    }

    /// Loss and metrics of the network on all parts of the split.
    pub fn evaluate(&self) -> MetricsRecord {
        let of = |data: &Option<Dataset<T>>| data.as_ref().map(|data| self.evaluate_on(data));
        MetricsRecord {
            training: self.evaluate_on(&self.split.training),
            validation: of(&self.split.validation),
            test: of(&self.split.test),
        }
    }

    /// The outputs for up to [`MOST_OUTPUTS`] rows of the test data, or of the training data where
    /// there is no other.
    pub fn outputs(&self) -> Vec<Numbers> {
        let data = self.split.test.as_ref().unwrap_or(&self.split.training);
        let rows = data.rows().min(MOST_OUTPUTS);
        let outputs = predict(&self.network, data.features(), rows, self.threads);
        let width = self.network.architecture().output_width();
        outputs
            .chunks_exact(width)
            .map(|row| Numbers(row.iter().map(|a| a.to_f64()).collect()))
            .collect()
    }

    /// The record of the run, for machines, with its seconds from start to end; `metrics` are those of
    /// [`evaluate`](Self::evaluate).
    pub fn record(&self, metrics: MetricsRecord, elapsed_seconds: f64) -> impl Serialize + use<'_, T> {
        #[derive(Serialize)]
        struct Record<'a> {
            recipe: Recipe,
            initial: NetworkRecord,
            #[serde(rename = "final")]
            trained: NetworkRecord,
            history: &'a [EpochRecord],
            last_epoch: Option<&'a LastEpochRecord>,
            outputs: Vec<Numbers>,
            metrics: MetricsRecord,
            warnings: Vec<String>,
            findings: &'a [Finding],
            stopped: bool,
            ended_by: EndedBy,
            #[serde(skip_serializing_if = "Option::is_none")]
            best_epoch: Option<u64>,
            epochs: u64,
            updates: u64,
            training_seconds: f64,
            elapsed_seconds: f64,
            threads: usize,
            instruction_set: &'static str,
            version: &'static str,
        }
        let summary = &self.summary;
        Record {
            recipe: self.complete_recipe(),
            initial: NetworkRecord::from_network(&self.initial),
            trained: NetworkRecord::from_network(&self.network),
            history: &summary.history,
            last_epoch: summary.last_epoch.as_ref(),
            outputs: self.outputs(),
            metrics,
            warnings: summary.warnings.iter().map(Finding::sentence).collect(),
            findings: &summary.findings,
            stopped: summary.ended_by == EndedBy::Interrupt,
            ended_by: summary.ended_by,
            best_epoch: summary.best_epoch,
            epochs: summary.epochs,
            updates: summary.updates,
            training_seconds: summary.seconds,
            elapsed_seconds,
            threads: self.threads.get(),
            instruction_set: crate::instruction_set(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// The recipe, with every default that the training chose written out.
    pub fn complete_recipe(&self) -> Recipe {
        let mut recipe = self.recipe.clone();
        recipe.log.every = Some(recipe.log_every());
        recipe
    }
}
