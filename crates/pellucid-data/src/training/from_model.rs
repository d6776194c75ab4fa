//! A training that begins with the weights and the preparation of a model.

use super::plan::Plan;
use super::start::Start;
use crate::error::{Result, problem, setting};
use crate::model_file::Model;
use crate::preparation::Preparation;

impl Plan<'_> {
    /// The same, beginning with the weights of a model and preparing rows as it does; messages call it `name`. Everything else
    /// begins anew: optimizer, schedule, random numbers and epochs. The plan is to be made by the recipe of the model, and
    /// the table read as its [preparation](Preparation::reading) says.
    ///
    /// # Errors
    /// The model was not trained on a table, or is an ensemble; the plan is of an ensemble; a feature or a target of the
    /// model is none of the plan.
    pub fn starting_from(mut self, model: &Model, name: &str) -> Result<Self> {
        let wrong = |what: &str| Err(problem(name, what));
        let Some(preparation) = &model.preparation else {
            return wrong(
                "the model was not trained on a table, so no training on a table can begin with it; give one that `pellucid \
                 train` wrote",
            );
        };
        if !model.members.is_empty() {
            return wrong(
                "the model is an ensemble, and a training begins with the weights of one network; give a model of one network",
            );
        }
        if self.members() > 1 {
            let found = self.members();
            let expected = "a training that begins with a model is of one network; leave it out";
            return Err(setting("data.table.ensemble", found, expected));
        }
        let targets = preparation.target().columns();
        if !targets.iter().copied().eq(self.chosen.targets.iter()) {
            let (of_model, here) = (targets.join(", "), self.chosen.targets.join(", "));
            return wrong(&format!(
                "the model predicts {of_model}, and this training {here}"
            ));
        }
        self.start = Some(Start {
            preparation: preparation.clone(),
            network: model.network.clone(),
        });
        Ok(self)
    }

    /// A digest of the weights of the model with which the training begins, if any.
    pub(crate) fn start_digest(&self) -> Option<u64> {
        self.start.as_ref().map(Start::digest)
    }

    /// The preparation of a training on these rows, and what a user should know of it: fitted to them, or that of the model
    /// with which the training begins.
    pub(super) fn preparation(&self, rows: &[u32]) -> Result<(Preparation, Vec<String>)> {
        match &self.start {
            Some(start) => Ok((start.preparation.clone(), Vec::new())),
            None => Preparation::fit(self.table, rows, &self.chosen, &self.settings),
        }
    }
}
