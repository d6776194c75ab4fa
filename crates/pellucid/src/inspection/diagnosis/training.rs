//! A training that is diagnosed: what is known of it before it begins is kept for when it has ended.

use super::facts::{DataFacts, Facts, NetworkFacts};
use super::finding::Finding;
use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::inspection::layer_statistics::LayerStatistics;
use crate::model::network::Network;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::training::early_stopping::EpochLosses;
use std::num::NonZeroUsize;

/// A training before its first step.
#[derive(Debug, Clone)]
pub struct TrainingDiagnosis {
    data: DataFacts,
    initial: NetworkFacts,
    threads: NonZeroUsize,
}

/// What became of it.
#[derive(Debug, Clone, Copy)]
pub struct TrainingOutcome<'a, T> {
    /// The network that came of it; not looked at where the training failed.
    pub network: &'a Network<T>,
    /// Its layer statistics.
    pub layer_statistics: &'a [LayerStatistics],
    /// Its epochs.
    pub epochs: &'a [EpochLosses],
    /// The epoch whose weights were kept, where held-out rows told.
    pub best_epoch: Option<u64>,
    /// The error that ended it.
    pub failure: Option<&'a Error>,
}

impl TrainingDiagnosis {
    /// A network that `recipe` is about to train on `data`. Features have these names, or numbers.
    ///
    /// # Errors
    /// None that data of the network's shape could cause.
    ///
    /// # Panics
    /// When the data has not the network's shape.
    pub fn new<T: Scalar>(
        recipe: &Recipe,
        network: &Network<T>,
        data: &Dataset<T>,
        names: &[String],
        threads: NonZeroUsize,
    ) -> Result<Self> {
        let facts = DataFacts::of(data, names);
        Ok(Self {
            initial: NetworkFacts::of(recipe, network, data, &facts, threads)?,
            data: facts,
            threads,
        })
    }

    /// What is wrong with it before it begins.
    pub fn before(&self, recipe: &Recipe) -> Vec<Finding> {
        super::before_training(&Facts::before(recipe, &self.data, &self.initial))
    }

    /// What is wrong with it now that it has ended, and what was before.
    ///
    /// # Errors
    /// None that the training would not have met before.
    pub fn after<T: Scalar>(
        &self,
        recipe: &Recipe,
        data: &Dataset<T>,
        outcome: TrainingOutcome<'_, T>,
    ) -> Result<Vec<Finding>> {
        let trained = match outcome.failure {
            Some(_) => None,
            None => Some(NetworkFacts::of(
                recipe,
                outcome.network,
                data,
                &self.data,
                self.threads,
            )?),
        };
        Ok(super::after_training(&Facts {
            trained: trained.as_ref(),
            layer_statistics: outcome.layer_statistics,
            epochs: outcome.epochs,
            best_epoch: outcome.best_epoch,
            failure: outcome.failure,
            ..Facts::before(recipe, &self.data, &self.initial)
        }))
    }
}
