//! The search: trials drawn and trained, side by side on the cores.

use super::defaults;
use super::halving::{Rung, rungs};
use super::result::{SearchResult, compare};
use super::space::{Parameter, Space};
use super::state::SearchState;
use super::trial::{self, Setting, Trial, TrialOutcome};
use crate::error::{Result, problem, setting};
use crate::preparation::TableReading;
use crate::side_by_side;
use crate::table::Table;
use crate::training::{CrossValidation, Plan, Preset, Scores, TrainingRequest};
use pellucid::evaluation::metrics::Metric;
use pellucid::recipe::Recipe;
use pellucid::training::observe::{AnyObserver, Event, Observer, Position, end_if};
use pellucid::{EndedBy, Scalar};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

/// The method that chooses trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Each is drawn and trained to its end: Bergstra & Bengio, 2012.
    #[default]
    Random,
    /// All are drawn and trained for a few epochs, the best third for three times as many, and so on: Jamieson &
    /// Talwalkar, 2016. A trial that continues starts again, so that schedules fit its epochs.
    Halving,
}

/// The settings of a search. The number of trials has no default.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// The method that chooses trials.
    pub method: Method,
    /// The settings that vary; chosen if it is empty.
    pub space: Space,
    /// The number of trials.
    pub trials: usize,
    /// The seed of the drawn settings; every training has the seed of the recipe.
    pub seed: u32,
    /// The number of folds of a cross-validation; `None` to hold out rows.
    pub folds: Option<usize>,
    /// The metric that ranks the trials; accuracy or R² if not given.
    pub metric: Option<Metric>,
}

/// A search with all settings chosen.
#[derive(Debug)]
pub struct Search<'a> {
    table: &'a Table,
    /// The recipe that all trials have in common.
    base: Recipe,
    request: SearchRequest,
    metric: Metric,
    /// How the table was read, and what was assumed.
    reading: TableReading,
    reading_notes: Vec<String>,
    choices: Vec<String>,
}

/// A training that a search asks for. It depends on nothing but the search, so that any machine may run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialJob {
    /// The number of the trial, counted from 1.
    pub trial: usize,
    /// The rung, counted from 0.
    pub rung: usize,
    /// At most so many epochs, where the method decides on them.
    pub epochs: u64,
}

/// The report of a trial, sent as soon as it is done.
#[derive(Debug)]
pub struct TrialReport<'a> {
    /// The trial.
    pub trial: &'a Trial,
    /// All trials that are done, in the order of rungs and numbers.
    pub done: &'a [Trial],
    /// The number of trials when all are done.
    pub of: usize,
}

/// The default part of the rows that is held out: enough to rank trials.
const HELD_OUT: f64 = 0.2;

impl<'a> Search<'a> {
    /// Plans a search. `training` holds what the trials have in common.
    ///
    /// # Errors
    /// As [`Plan::new`]; [`DataError::Engine`](crate::DataError::Engine): an unknown setting or value, no trials, a metric
    /// that the task does not have, no held-out rows.
    pub fn new(table: &'a Table, training: &TrainingRequest, request: &SearchRequest) -> Result<Self> {
        let mut training = training.clone();
        // The space of settings is that of a plain training.
        training.preset.get_or_insert(Preset::Plain);
        let table_of = |recipe: &Recipe| recipe.data.table.clone();
        let of_recipe = training.recipe.as_ref().and_then(table_of);
        if training.validation.is_none() && of_recipe.is_none_or(|table| table.validation == 0.0) {
            training.validation = Some(HELD_OUT);
        }
        let plan = Plan::new(table, &training)?;
        let mut request = request.clone();
        if request.space.parameters.is_empty() {
            request.space = defaults::space(table.rows())?;
        }
        let known = Scores::metrics(plan.task());
        let metric = request.metric.unwrap_or(known[0]);
        if !known.contains(&metric) {
            let names: Vec<_> = known.iter().map(|metric| metric.name()).collect();
            let expected = format!("such a target has {}", names.join(", "));
            return Err(setting("--metric", metric.name(), expected));
        }
        let varied = format!("varied: {}", request.space.lines().join("; "));
        let search = Self {
            table,
            base: plan.recipe().clone(),
            metric,
            reading: training.reading,
            reading_notes: training.reading_notes,
            choices: Vec::new(),
            request,
        };
        search.check()?;
        let of_network = |choice: &&String| choice.starts_with("network: ");
        let choices = plan
            .choices()
            .iter()
            .filter(|choice| !of_network(choice))
            .cloned();
        let notes = plan.notes_of_splits(search.request.folds)?;
        let notes = notes.map(|note| format!("note: {note}"));
        let search = Self {
            choices: choices.chain([varied]).chain(notes).collect(),
            ..search
        };
        Ok(search)
    }

    fn check(&self) -> Result<()> {
        let (request, base) = (&self.request, &self.base);
        let held_out = base.data.table.as_ref().map_or(0.0, |table| table.validation);
        if request.trials == 0 {
            return Err(setting("--trials", "0", "at least 1 trial is needed"));
        }
        if request.folds.is_none() && held_out == 0.0 {
            let expected = "trials are ranked by held-out rows; use 0.2, or --folds 5";
            return Err(setting("--validation", "0", expected));
        }
        if base.train.max_seconds.is_some() {
            let expected = "trials would depend on the speed of the machine; limit train.epochs";
            return Err(setting("train.max_seconds", "(set)", expected));
        }
        for Parameter { key, range } in &request.space.parameters {
            let refused = match key.as_str() {
                "train.epochs" if request.method == Method::Halving => {
                    "halving chooses the epochs itself; set the largest number with --epochs"
                }
                "network.layers" => "the first and the last size follow from the table; vary hidden",
                "data.table.target" | "data.table.task" | "data.table.id" | "data.source"
                | "train.max_seconds" => "it cannot vary within a search",
                key if key.starts_with("network.layers") => "it cannot vary within a search",
                _ => "",
            };
            if !refused.is_empty() {
                return Err(setting(key, range.to_string(), refused));
            }
            for value in range.samples() {
                let key = key.clone();
                trial::request(base, &[Setting { key, value }])?;
            }
        }
        Ok(())
    }

    /// A sentence for each choice that the user did not make, and one for what varies.
    pub fn choices(&self) -> &[String] {
        &self.choices
    }

    /// What was assumed when the table was read, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        [self.table.notes.clone(), self.reading_notes.clone()].concat()
    }

    /// The metric that ranks the trials.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The settings that vary.
    pub fn space(&self) -> &Space {
        &self.request.space
    }

    /// Runs the trials that are not among `done`, as many side by side as there are threads; their number does not affect
    /// the result. Each is reported as soon as it is done. An error of `report` ends the search, as does `stop`, which is
    /// asked often: unfinished trials are then left out.
    ///
    /// # Errors
    /// As [`Plan::train`], except for a training that diverges, which is a result; and the errors of `report`.
    pub fn run(
        &self,
        threads: NonZeroUsize,
        done: Vec<Trial>,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(TrialReport<'_>) -> Result<()>,
    ) -> Result<SearchResult> {
        self.run_keeping(threads, done, None, stop, report)
    }

    /// The same, keeping the states of trials that are under way beside a state of the search. `report` writes the trials.
    ///
    /// # Errors
    /// As [`run`](Self::run); a state cannot be continued.
    pub fn run_keeping(
        &self,
        threads: NonZeroUsize,
        done: Vec<Trial>,
        state: Option<&SearchState>,
        stop: &(dyn Fn() -> bool + Sync),
        report: &mut dyn FnMut(TrialReport<'_>) -> Result<()>,
    ) -> Result<SearchResult> {
        let of = self.rungs().iter().map(|rung| rung.trials).sum();
        let mut stopped = false;
        let (mut all, mut jobs) = self.progress(&done);
        while !jobs.is_empty() && !stopped {
            let train = |_, job: usize, is_abandoned: &(dyn Fn() -> bool + Sync)| {
                let stop = || is_abandoned() || stop();
                match stop() {
                    true => Ok(None),
                    false => self.trial(jobs[job], state, &stop),
                }
            };
            side_by_side(jobs.len(), threads.get(), train, |done| {
                let Some((_, Some(trial))) = done else {
                    stopped |= done.is_some();
                    return Ok(());
                };
                let place = |trial: &Trial| (trial.rung, trial.trial);
                let at = all.partition_point(|other| place(other) < place(&trial));
                all.insert(at, trial);
                let trial = &all[at];
                report(TrialReport {
                    trial,
                    done: &all,
                    of,
                })?;
                if let Some(state) = state {
                    state.forget(trial);
                }
                Ok(())
            })?;
            (all, jobs) = self.progress(&all);
        }
        Ok(self.ranked(all, stopped))
    }

    /// The trainings that may run now, side by side and in any order, on any machine, where `done` are done; none when all are.
    /// With halving, those of a rung follow when all of the rung before are done.
    pub fn next_jobs(&self, done: &[Trial]) -> Vec<TrialJob> {
        self.progress(done).1
    }

    /// Runs one training on one thread. `None` if `stop`, which is asked often, ended it.
    ///
    /// # Errors
    /// As [`Plan::train`], except for a training that diverges, which is a result.
    pub fn run_job(&self, job: TrialJob, stop: &(dyn Fn() -> bool + Sync)) -> Result<Option<Trial>> {
        self.trial(job, None, stop)
    }

    /// The result of the trials that are done, in any order.
    pub fn result(&self, done: &[Trial]) -> SearchResult {
        let (all, jobs) = self.progress(done);
        self.ranked(all, !jobs.is_empty())
    }

    fn rungs(&self) -> Vec<Rung> {
        let (trials, epochs) = (self.request.trials, self.base.train.epochs);
        match self.request.method {
            Method::Random => vec![Rung { trials, epochs }],
            Method::Halving => rungs(trials, epochs),
        }
    }

    /// Those of `done` that are of this search, in the order of rungs and numbers, and the trainings that follow.
    fn progress(&self, done: &[Trial]) -> (Vec<Trial>, Vec<TrialJob>) {
        let mut all: Vec<Trial> = Vec::new();
        let mut alive: Vec<usize> = (1..=self.request.trials).collect();
        for (at, rung) in self.rungs().iter().enumerate() {
            alive.truncate(rung.trials);
            alive.sort_unstable();
            let before = all.len();
            let is_wanted = |trial: &&Trial| {
                trial.rung == at
                    && alive.contains(&trial.trial)
                    && trial.settings == trial::draw(&self.request.space, self.request.seed, trial.trial)
            };
            all.extend(done.iter().filter(is_wanted).cloned());
            all[before..].sort_by_key(|trial| trial.trial);
            let has = |number: &usize| all[before..].iter().any(|trial| trial.trial == *number);
            let jobs = alive.iter().filter(|number| !has(number)).map(|&trial| TrialJob {
                trial,
                rung: at,
                epochs: rung.epochs,
            });
            let jobs: Vec<TrialJob> = jobs.collect();
            if !jobs.is_empty() {
                return (all, jobs);
            }
            let mut ranking: Vec<&Trial> = all[before..].iter().collect();
            ranking.sort_by(|a, b| compare(self.metric, a, b));
            let scored = ranking.iter().filter(|trial| trial.score().is_some());
            alive = scored.map(|trial| trial.trial).collect();
        }
        (all, Vec::new())
    }

    fn ranked(&self, mut all: Vec<Trial>, stopped: bool) -> SearchResult {
        // Of each trial the highest rung.
        all.sort_by_key(|trial| (trial.trial, std::cmp::Reverse(trial.rung)));
        all.dedup_by_key(|trial| trial.trial);
        SearchResult {
            space: self.request.space.clone(),
            metric: self.metric,
            trials: all,
            stopped,
        }
    }

    /// The state of this search under `path`, and the trials that are in it.
    ///
    /// # Errors
    /// As [`FinishedJobs::open`](crate::checkpoint::FinishedJobs::open).
    pub fn open_state(&self, path: &Path) -> Result<(SearchState, Vec<Trial>)> {
        SearchState::open(path, self.identity()?)
    }

    /// Everything that a trial depends on. The number of trials is a part of it only with halving: a random search may
    /// continue with more trials.
    fn identity(&self) -> Result<Map<String, Value>> {
        let request = &self.request;
        let trials = (request.method == Method::Halving).then_some(("trials", json!(request.trials)));
        let identity = [
            ("pellucid_version", json!(env!("CARGO_PKG_VERSION"))),
            ("data", json!(self.table.digest())),
            ("recipe", json!(self.base.to_toml()?)),
            ("space", json!(request.space.lines())),
            ("method", json!(request.method)),
            ("seed", json!(request.seed)),
            ("folds", json!(request.folds)),
            ("metric", json!(self.metric)),
        ];
        let identity = identity.into_iter().chain(trials);
        Ok(identity.map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The training with these settings.
    fn training(&self, settings: &[Setting]) -> Result<TrainingRequest> {
        Ok(TrainingRequest {
            reading: self.reading.clone(),
            reading_notes: self.reading_notes.clone(),
            ..trial::request(&self.base, settings)?
        })
    }

    /// `None` if it was stopped.
    fn trial(
        &self,
        job: TrialJob,
        state: Option<&SearchState>,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Trial>> {
        let TrialJob { trial, rung, epochs } = job;
        let settings = trial::draw(&self.request.space, self.request.seed, trial);
        let mut request = self.training(&settings)?;
        if self.request.method == Method::Halving {
            request.epochs = Some(epochs);
        }
        let plan = Plan::new(self.table, &request)?;
        let keeper = state.map(|state| state.keeper((trial, rung), (&plan, self.request.folds), stop));
        let outcome = match self.outcome(&plan, (keeper.transpose()?, StopCheck(stop))) {
            Ok(None) => return Ok(None),
            Ok(Some(outcome)) => outcome,
            Err(error) => match error.divergence() {
                Some(unfinished) => TrialOutcome::Failed(unfinished.to_string()),
                None => return Err(error),
            },
        };
        Ok(Some(Trial {
            trial,
            rung,
            epochs: plan.recipe().train.epochs,
            settings,
            outcome,
        }))
    }

    fn outcome(&self, plan: &Plan<'_>, mut observer: impl AnyObserver) -> Result<Option<TrialOutcome>> {
        const ONE: NonZeroUsize = NonZeroUsize::MIN;
        let (stopped, outcome) = match self.request.folds {
            Some(folds) => {
                let found = plan.cross_validate(folds, ONE, None, &mut observer, |_, _| {})?;
                (found.stopped, self.over_folds(&found))
            }
            None => {
                let trained = plan.session(None, ONE)?.run(&mut observer)?;
                let scores = trained.validation.as_ref();
                let score = scores.and_then(|scores| scores.figure(self.metric));
                let outcome = score.map(|score| TrialOutcome::Trained {
                    score,
                    deviation: None,
                    loss: trained.summary.best_validation_loss,
                    best_epoch: trained.best_epoch(),
                });
                (trained.summary.ended_by == EndedBy::Interrupt, outcome)
            }
        };
        let name = self.metric.name();
        let undefined = || TrialOutcome::Failed(format!("{name} is not defined on the held-out rows"));
        Ok((!stopped).then(|| outcome.unwrap_or_else(undefined)))
    }

    /// Means over the folds, and the deviation of the score.
    fn over_folds(&self, found: &CrossValidation) -> Option<TrialOutcome> {
        let count = found.folds.len() as f64;
        let scores: Option<Vec<f64>> = found.folds.iter().map(|fold| fold.figure(self.metric)).collect();
        let losses: Option<Vec<f64>> = found.best_epochs.iter().map(|(_, loss)| *loss).collect();
        let epochs: u64 = found.best_epochs.iter().map(|(epoch, _)| epoch).sum();
        let scores = scores?;
        let mean = scores.iter().sum::<f64>() / count;
        let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
        Some(TrialOutcome::Trained {
            score: mean,
            deviation: Some(variance.sqrt()),
            loss: losses.map(|losses| losses.iter().sum::<f64>() / count),
            best_epoch: ((epochs as f64 / count).round() as u64).max(1),
        })
    }

    /// The training with a trial's settings on all rows, for its best number of epochs.
    ///
    /// # Errors
    /// As [`Plan::new`]; the trial failed.
    pub fn on_all_rows(&self, trial: &Trial) -> Result<Plan<'a>> {
        let TrialOutcome::Trained { best_epoch, .. } = trial.outcome else {
            let place = format!("trial {}", trial.trial);
            let message = "its training diverged, so it cannot be repeated on all rows";
            return Err(problem(place, message));
        };
        let mut request = self.training(&trial.settings)?;
        request.epochs = Some(best_epoch.max(1));
        request.validation = Some(0.0);
        Plan::new(self.table, &request)
    }
}

/// Ends the training of a trial when the search is stopped.
struct StopCheck<'a>(&'a (dyn Fn() -> bool + Sync));

impl<T: Scalar> Observer<T> for StopCheck<'_> {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        end_if((self.0)())
    }

    /// Every 64 steps within a long epoch.
    fn next_step(&mut self, next: Position) -> u64 {
        next.step | 0x3f
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
