//! A training that is watched, so that it can be said afterwards what is wrong with it.

use crate::numbers::Number;
use crate::run::refusal;
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::evaluate;
use pellucid::inspection::diagnosis::{EpochLosses, TrainingDiagnosis, TrainingOutcome};
use pellucid::inspection::layer_statistics::LayerStatisticsRecorder;
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::training::trainer::check_fit;
use pellucid::{Error, Network, Recipe};
use pyo3::prelude::*;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Keeps what the command's `diagnose` goes by: the network before training, layer statistics, the losses of training rows and
/// of held-out rows, and the error that ended it.
pub(crate) struct Diagnosing<T: Number> {
    diagnosis: TrainingDiagnosis,
    data: Dataset<T>,
    held_out: Option<Dataset<T>>,
    layer_statistics: LayerStatisticsRecorder<T>,
    epochs: Vec<EpochLosses>,
    recipe: Recipe,
    threads: NonZeroUsize,
    pub(crate) failure: Option<Error>,
}

impl<T: Number> Diagnosing<T> {
    /// Of `network`, which `recipe` is about to train on `data`.
    pub(crate) fn new(
        recipe: &Recipe,
        network: &Network<T>,
        data: Dataset<T>,
        held_out: Option<Dataset<T>>,
        names: &[String],
        threads: NonZeroUsize,
    ) -> Result<Self, Error> {
        for data in std::iter::once(&data).chain(&held_out) {
            check_fit(network.architecture(), recipe.train.loss, data)?;
        }
        Ok(Self {
            diagnosis: TrainingDiagnosis::new(recipe, network, &data, names, threads)?,
            layer_statistics: LayerStatisticsRecorder::new(recipe, network, &data)?,
            data,
            held_out,
            epochs: Vec::new(),
            recipe: recipe.clone(),
            threads,
            failure: None,
        })
    }

    /// What is wrong with it, as JSON. `network` is the one that was kept: of epoch `best_epoch`, where held-out rows told.
    pub(crate) fn findings(&self, network: &Network<T>, best_epoch: Option<u64>) -> PyResult<String> {
        let outcome = TrainingOutcome {
            network,
            layer_statistics: self.layer_statistics.entries(),
            epochs: &self.epochs,
            best_epoch,
            failure: self.failure.as_ref(),
        };
        let found = self.diagnosis.after(&self.recipe, &self.data, outcome);
        let found = found.map_err(|error| refusal(&error))?;
        serde_json::to_string(&found).map_err(|error| refusal(&error))
    }
}

impl<T: Number> Observer<T> for Diagnosing<T> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Epoch {
            position,
            loss,
            network,
        } = event
        {
            let of_held_out =
                |data| evaluate(network, data, self.recipe.logged_loss(), &[], self.threads).loss;
            self.epochs.push(EpochLosses {
                epoch: position.epoch + 1,
                training: *loss,
                validation: self.held_out.as_ref().map(of_held_out),
            });
        }
        self.layer_statistics.on(event)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.layer_statistics.next_step(next)
    }
}
