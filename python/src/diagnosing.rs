//! A training that is observed so that it can be diagnosed at its end.

use crate::arrays::Number;
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::evaluate;
use pellucid::inspection::diagnosis::TrainingDiagnosis;
use pellucid::training::observe::{EpochRecord, Event, Observer, Position};
use pellucid::training::trainer::check_fit;
use pellucid::{Error, Network, Recipe};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// The diagnosis of a training that Python ends, and the error that ended it.
pub(crate) struct Diagnosing<T: Number> {
    diagnosis: TrainingDiagnosis<T>,
    data: Dataset<T>,
    held_out: Option<Dataset<T>>,
    recipe: Recipe,
    threads: NonZeroUsize,
    pub(crate) failure: Option<Error>,
}

impl<T: Number> Diagnosing<T> {
    /// For `network`, which `recipe` is about to train on `data`.
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
            data,
            held_out,
            recipe: recipe.clone(),
            threads,
            failure: None,
        })
    }

    /// The findings, as JSON. `network` is the final one: that of epoch `best_epoch`, if held-out rows chose it.
    pub(crate) fn findings(
        &self,
        network: &Network<T>,
        best_epoch: Option<u64>,
    ) -> Result<String, Box<dyn std::error::Error>> {
        let failure = self.failure.as_ref();
        let found = self
            .diagnosis
            .after(&self.recipe, &self.data, network, best_epoch, failure)?;
        Ok(serde_json::to_string(&found)?)
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
            let of_held_out = |data| evaluate(network, data, self.recipe.logged_loss(), &[], self.threads);
            self.diagnosis.epochs.push(EpochRecord {
                epoch: position.epoch + 1,
                loss: *loss,
                validation: self.held_out.as_ref().map(of_held_out),
                ..EpochRecord::default()
            });
        }
        self.diagnosis.statistics.on(event)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.diagnosis.statistics.next_step(next)
    }
}
