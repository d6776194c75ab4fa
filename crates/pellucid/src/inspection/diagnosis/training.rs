//! The diagnosis of one training: facts before its first step, layer statistics on the way, findings at its end.

use super::facts::{DataFacts, Facts, NetworkFacts};
use super::finding::Finding;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::evaluation::evaluate::Evaluation;
use crate::evaluation::metrics::Metric;
use crate::inspection::layer_statistics::{LayerStatistics, LayerStatisticsRecorder};
use crate::model::network::Network;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::observe::EpochRecord;
use crate::training::saved_epochs::{load_epochs, save_epochs};
use std::num::NonZeroUsize;

/// A diagnosis of a training that its statistics observe.
#[derive(Debug, Clone)]
pub struct TrainingDiagnosis<T> {
    data: DataFacts,
    initial: NetworkFacts,
    /// The observer: it records the layer statistics, the first those before training.
    pub statistics: LayerStatisticsRecorder<T>,
    /// The recorded epochs, counted from 1.
    pub epochs: Vec<EpochRecord>,
    threads: NonZeroUsize,
}

impl<T: Scalar> TrainingDiagnosis<T> {
    /// A diagnosis of `network`, which `recipe` is about to train on `data`. Features have these names, or numbers.
    ///
    /// # Errors
    /// [`Error::Shape`] for data without rows.
    ///
    /// # Panics
    /// When the data do not have the network's shape ([`check_fit`](crate::training::trainer::check_fit) finds out).
    pub fn new(
        recipe: &Recipe,
        network: &Network<T>,
        data: &Dataset<T>,
        names: &[String],
        threads: NonZeroUsize,
    ) -> Result<Self> {
        let facts = DataFacts::from_data(data, names);
        Ok(Self {
            initial: NetworkFacts::from_network(recipe, network, data, &facts, threads)?,
            data: facts,
            epochs: Vec::new(),
            statistics: LayerStatisticsRecorder::new(recipe, network, data)?,
            threads,
        })
    }

    /// Adds what it knows of the training to a state: of epochs the losses, which are all that findings need.
    pub(crate) fn save(&self, state: &mut State) {
        let losses = |record: &EpochRecord| EpochRecord {
            metrics: Vec::new(),
            validation: record.validation_loss().map(|loss| Evaluation {
                loss,
                metrics: Vec::new(),
            }),
            ..*record
        };
        let epochs: Vec<EpochRecord> = self.epochs.iter().map(losses).collect();
        let has_held_out = epochs.first().is_some_and(|epoch| epoch.validation.is_some());
        state.put_counts("diagnosis/has held-out rows", &[u64::from(has_held_out)]);
        save_epochs(state, "diagnosis/losses", &epochs);
        self.statistics.save_entries(state);
    }

    /// Continues from a state; from now on where the state is of a training without a diagnosis.
    ///
    /// # Errors
    /// [`Error::State`] where it is of another training.
    pub(crate) fn load(&mut self, state: &State) -> Result<()> {
        if !state.has("diagnosis/losses") {
            return Ok(());
        }
        let [has_held_out] = state.count("diagnosis/has held-out rows")?;
        let held_out: Option<&[Metric]> = (has_held_out > 0).then_some(&[]);
        self.epochs = load_epochs(state, "diagnosis/losses", &[], held_out)?;
        self.statistics.load_entries(state)
    }

    /// What is wrong before the first step.
    pub fn before(&self, recipe: &Recipe) -> Vec<Finding> {
        super::before_training(&Facts::before(recipe, &self.data, &self.initial))
    }

    /// All findings of a training that has ended, those from before its first step among them: with `network`, whose
    /// weights are those of `best_epoch` (counted from 1) where held-out rows chose them, and by the error that ended it, if
    /// one did. Where not all epochs were recorded, it reads the losses in the layer statistics.
    ///
    /// # Errors
    /// None that the training would not have returned.
    pub fn after(
        &self,
        recipe: &Recipe,
        data: &Dataset<T>,
        network: &Network<T>,
        best_epoch: Option<u64>,
        failure: Option<&Error>,
    ) -> Result<Vec<Finding>> {
        let trained = match failure {
            Some(_) => None,
            None => Some(NetworkFacts::from_network(
                recipe,
                network,
                data,
                &self.data,
                self.threads,
            )?),
        };
        let layer_statistics = self.statistics.entries();
        let of_entry = |entry: &LayerStatistics| {
            Some(EpochRecord {
                epoch: entry.epoch,
                loss: entry.loss?,
                ..EpochRecord::default()
            })
        };
        let losses: Vec<EpochRecord> = layer_statistics.iter().filter_map(of_entry).collect();
        let recorded = self.epochs.len() as u64;
        let last = |epochs: &[EpochRecord]| epochs.last().map_or(0, |epoch| epoch.epoch);
        let has_all = last(&self.epochs) == recorded && recorded >= last(&losses);
        Ok(super::after_training(&Facts {
            trained: trained.as_ref(),
            layer_statistics,
            epochs: if has_all { &self.epochs } else { &losses },
            best_epoch,
            failure,
            ..Facts::before(recipe, &self.data, &self.initial)
        }))
    }
}
