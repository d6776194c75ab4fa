//! The state of a search in a file, from which it continues after an interruption.

use super::trial::Trial;
use crate::checkpoint::{CheckpointKeeper, Every, FinishedJobs, Identity, JobKind};
use crate::error::Result;
use crate::training::Plan;
use serde_json::{Map, Value};
use std::path::Path;

/// A file that identifies a search and holds its trials so far. It is written whole or not at all. The states of trials that
/// are under way are in files beside it.
#[derive(Debug)]
pub struct SearchState(FinishedJobs);

const KIND: JobKind = JobKind {
    format: "pellucid search",
    version: 1,
    of: "search",
    jobs: "trials",
    flag: "--state",
};
/// The job of the training on all rows.
const MODEL: &str = "model";

impl SearchState {
    /// The state of the search with this identity under `path`, and the trials that are in it.
    pub(super) fn open(path: &Path, identity: Map<String, Value>) -> Result<(Self, Vec<Trial>)> {
        let (file, trials) = FinishedJobs::open(path, KIND, identity)?;
        let state = Self(file);
        // What an earlier process could not remove.
        trials.iter().for_each(|trial| state.forget(trial));
        Ok((state, trials))
    }

    /// Writes the trials so far.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, trials: &[Trial]) -> Result<()> {
        self.0.write(trials)
    }

    /// The keeper of the states of a trial.
    ///
    /// # Errors
    /// As [`CheckpointKeeper::open`].
    pub(super) fn keeper<'a>(
        &self,
        (trial, rung): (usize, usize),
        (plan, folds): (&'a Plan<'a>, Option<usize>),
        stop: &'a (dyn Fn() -> bool + Sync),
    ) -> Result<CheckpointKeeper<'a>> {
        let identify = move || Identity::of_table(plan, None, folds, folds.is_none());
        let job = job_of(trial, rung);
        // The outcome of the trial does not depend on where it continues.
        let (keeper, _) = self.0.keeper(&job, Every::Automatic, identify, stop, |_| {})?;
        Ok(keeper)
    }

    /// The keeper of the states of the training on all rows, with what a user should know about it. The arguments are as in
    /// [`CheckpointKeeper::open`].
    ///
    /// # Errors
    /// As [`CheckpointKeeper::open`].
    pub fn keeper_of_model<'a>(
        &self,
        plan: &'a Plan<'a>,
        was_interrupted: impl Fn() -> bool + Send + Sync + 'a,
        warn: impl Fn(&str) + Send + Sync + 'a,
    ) -> Result<(CheckpointKeeper<'a>, Vec<String>)> {
        let identify = move || Identity::of_table(plan, None, None, true);
        self.0
            .keeper(MODEL, Every::Automatic, identify, was_interrupted, warn)
    }

    /// Removes the states of a trial that is written.
    pub(super) fn forget(&self, trial: &Trial) {
        self.0.forget(&job_of(trial.trial, trial.rung));
    }

    /// Removes the states of the training on all rows, whose model is written.
    pub fn forget_model(&self) {
        self.0.forget(MODEL);
    }
}

fn job_of(trial: usize, rung: usize) -> String {
    match rung {
        0 => format!("trial-{trial}"),
        rung => format!("trial-{trial}-{rung}"),
    }
}
