//! The search: trials drawn and trained, side by side on the cores.

use super::defaults;
use super::halving;
use super::result::{SearchResult, compare};
use super::space::Space;
use super::trial::{self, Setting, Trial, TrialOutcome};
use crate::error::{Result, problem, setting};
use crate::table::Table;
use crate::training::{Plan, Scores, TrainingRequest};
use pellucid::evaluation::metrics::Metric;
use pellucid::recipe::{Recipe, Task};
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{EndedBy, Scalar};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// The method that chooses trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Each is drawn and trained to its end: Bergstra & Bengio, 2012.
    Random,
    /// All are drawn and trained for a few epochs, the best third for three times as many, and so on: Jamieson &
    /// Talwalkar, 2016. A trial that continues starts again, so that schedules fit its epochs.
    Halving,
}

impl Method {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Halving => "halving",
        }
    }
}

/// The settings of a search.
#[derive(Debug, Clone)]
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

impl SearchRequest {
    /// Thirty trials, ranked by their scores on held-out rows.
    pub fn new(method: Method, space: Space) -> Self {
        Self {
            method,
            space,
            trials: 30,
            seed: 0,
            folds: None,
            metric: None,
        }
    }
}

/// A search with all settings chosen.
#[derive(Debug)]
pub struct Search<'a> {
    pub(super) table: &'a Table,
    /// The recipe that all trials have in common.
    pub(super) base: Recipe,
    pub(super) request: SearchRequest,
    pub(super) metric: Metric,
    task: Task,
    choices: Vec<String>,
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
        let of_recipe = training
            .recipe
            .as_ref()
            .and_then(|recipe| recipe.data.table.as_ref());
        if training.validation.is_none() && of_recipe.is_none_or(|table| table.validation == 0.0) {
            training.validation = Some(HELD_OUT);
        }
        let plan = Plan::new(table, &training)?;
        let mut request = request.clone();
        if request.space.parameters.is_empty() {
            request.space = defaults::space(table.rows())?;
        }
        let task = plan.task();
        let known = Scores::metrics(task);
        let metric = request.metric.unwrap_or(known[0]);
        if !known.contains(&metric) {
            let names: Vec<_> = known.iter().map(|metric| metric.name()).collect();
            let expected = format!("such a target has {}", names.join(", "));
            return Err(setting("--metric", metric.name(), expected));
        }
        let search = Self {
            table,
            base: plan.recipe().clone(),
            metric,
            task,
            choices: plan.choices().to_vec(),
            request,
        };
        search.check()?;
        Ok(search)
    }

    fn check(&self) -> Result<()> {
        if self.request.trials == 0 {
            return Err(setting("--trials", "0", "at least 1 trial is needed"));
        }
        let held_out = self
            .base
            .data
            .table
            .as_ref()
            .map_or(0.0, |table| table.validation);
        if self.request.folds.is_none() && held_out == 0.0 {
            let expected = "trials are ranked by held-out rows; use 0.2, or --folds 5";
            return Err(setting("--validation", "0", expected));
        }
        if self.base.train.max_seconds.is_some() {
            let expected = "trials would depend on the speed of the machine; limit train.epochs";
            return Err(setting("train.max_seconds", "(set)", expected));
        }
        for parameter in &self.request.space.parameters {
            let key = parameter.key.as_str();
            if self.request.method == Method::Halving && key == "train.epochs" {
                let expected = "halving chooses the epochs itself; set the largest number with --epochs";
                return Err(setting(key, parameter.range.to_string(), expected));
            }
            let is_of_data = [
                "data.table.target",
                "data.table.task",
                "data.table.id",
                "data.source",
            ]
            .contains(&key);
            if is_of_data || key == "train.max_seconds" || key.starts_with("network.layers") {
                let expected = match key {
                    "network.layers" => "the first and the last size follow from the table; vary hidden",
                    _ => "it cannot vary within a search",
                };
                return Err(setting(key, parameter.range.to_string(), expected));
            }
            for value in parameter.range.samples() {
                let of_key = Setting {
                    key: key.to_string(),
                    value,
                };
                trial::request(&self.base, &[of_key])?;
            }
        }
        Ok(())
    }

    /// A sentence for each choice that the user did not make, and one for what varies.
    pub fn choices(&self) -> Vec<String> {
        let varied = format!("varied: {}", self.request.space.lines().join("; "));
        self.choices.iter().take(1).cloned().chain([varied]).collect()
    }

    /// The metric that ranks the trials.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The settings that vary.
    pub fn space(&self) -> &Space {
        &self.request.space
    }

    /// The recipe that all trials have in common.
    pub fn recipe(&self) -> &Recipe {
        &self.base
    }

    /// Classes or numbers.
    pub fn task(&self) -> Task {
        self.task
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
        let numbers: Vec<usize> = (1..=self.request.trials).collect();
        let rungs = self.rungs();
        let of = rungs.iter().map(|rung| rung.trials).sum();
        let mut all: Vec<Trial> = Vec::new();
        let mut alive = numbers;
        let mut stopped = false;
        for (at, rung) in rungs.iter().enumerate() {
            alive.truncate(rung.trials);
            alive.sort_unstable();
            let is_wanted = |trial: &&Trial| {
                trial.rung == at
                    && alive.contains(&trial.trial)
                    && trial.settings == trial::draw(&self.request.space, self.request.seed, trial.trial)
            };
            let (before, known): (usize, Vec<Trial>) =
                (all.len(), done.iter().filter(is_wanted).cloned().collect());
            all.extend(known);
            all[before..].sort_by_key(|trial| trial.trial);
            let has = |number: &usize| all[before..].iter().any(|trial| trial.trial == *number);
            let jobs: Vec<usize> = alive.iter().copied().filter(|number| !has(number)).collect();
            let epochs = (self.request.method == Method::Halving).then_some(rung.epochs);
            stopped = self.side_by_side(threads, &jobs, (at, epochs), stop, &mut |trial| {
                let place = all[before..].partition_point(|other| other.trial < trial.trial);
                all.insert(before + place, trial.clone());
                report(TrialReport {
                    trial: &trial,
                    done: &all,
                    of,
                })
            })?;
            if stopped {
                break;
            }
            let mut ranking: Vec<&Trial> = all[before..].iter().collect();
            ranking.sort_by(|a, b| compare(self.metric, a, b));
            alive = ranking
                .iter()
                .filter(|trial| trial.score().is_some())
                .map(|trial| trial.trial)
                .collect();
        }
        let mut trials: Vec<Trial> = Vec::new();
        for trial in all.into_iter().rev() {
            if !trials.iter().any(|higher| higher.trial == trial.trial) {
                trials.push(trial);
            }
        }
        trials.sort_by_key(|trial| trial.trial);
        Ok(SearchResult {
            space: self.request.space.clone(),
            metric: self.metric,
            trials,
            stopped,
        })
    }

    fn rungs(&self) -> Vec<halving::Rung> {
        match self.request.method {
            Method::Random => vec![halving::Rung {
                trials: self.request.trials,
                epochs: self.base.train.epochs,
            }],
            Method::Halving => halving::rungs(self.request.trials, self.base.train.epochs),
        }
    }

    /// Trains the trials `jobs`; returns whether `stop` ended it.
    fn side_by_side(
        &self,
        threads: NonZeroUsize,
        jobs: &[usize],
        (rung, epochs): (usize, Option<u64>),
        stop: &(dyn Fn() -> bool + Sync),
        take: &mut dyn FnMut(Trial) -> Result<()>,
    ) -> Result<bool> {
        let (next, abandoned) = (AtomicUsize::new(0), AtomicBool::new(false));
        let asked = || abandoned.load(Ordering::Relaxed) || stop();
        let (sender, results) = mpsc::channel::<Result<Option<Trial>>>();
        let work = |sender: mpsc::Sender<Result<Option<Trial>>>| {
            while let Some(&number) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = match asked() {
                    true => Ok(None),
                    false => self.trial(number, rung, epochs, &asked),
                };
                if sender.send(result).is_err() {
                    return;
                }
            }
        };
        std::thread::scope(|scope| {
            let work = &work;
            for _ in 0..threads.get().min(jobs.len()) {
                let sender = sender.clone();
                scope.spawn(move || work(sender));
            }
            drop(sender);
            let (mut stopped, mut failure) = (false, None);
            for result in results {
                // After a failed report, trials that were under way are not reported.
                if failure.is_some() {
                    continue;
                }
                let done = result.and_then(|trial| match trial {
                    Some(trial) => take(trial).map(|()| false),
                    None => Ok(true),
                });
                match done {
                    Ok(interrupted) => stopped |= interrupted,
                    Err(error) => {
                        abandoned.store(true, Ordering::Relaxed);
                        failure = Some(error);
                    }
                }
            }
            failure.map_or(Ok(stopped), Err)
        })
    }

    /// `None` if it was stopped.
    fn trial(
        &self,
        number: usize,
        rung: usize,
        epochs: Option<u64>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Trial>> {
        let settings = trial::draw(&self.request.space, self.request.seed, number);
        let mut request = trial::request(&self.base, &settings)?;
        request.epochs = epochs;
        let plan = Plan::new(self.table, &request)?;
        let outcome = match self.outcome(&plan, stop) {
            Ok(None) => return Ok(None),
            Ok(Some(outcome)) => outcome,
            Err(error) => TrialOutcome::Failed(trial::divergence(error)?),
        };
        Ok(Some(Trial {
            trial: number,
            rung,
            epochs: plan.recipe().train.epochs,
            settings,
            outcome,
        }))
    }

    fn outcome(&self, plan: &Plan<'_>, stop: &dyn Fn() -> bool) -> Result<Option<TrialOutcome>> {
        const ONE: NonZeroUsize = NonZeroUsize::MIN;
        let mut stop = StopCheck(stop);
        let undefined = || {
            let name = self.metric.name();
            TrialOutcome::Failed(format!("{name} is not defined on the held-out rows"))
        };
        let Some(folds) = self.request.folds else {
            let trained = plan.train(None, ONE, &mut stop)?;
            if trained.summary.ended_by == EndedBy::Interrupt {
                return Ok(None);
            }
            let score = trained
                .validation
                .as_ref()
                .and_then(|scores| scores.figure(self.metric));
            return Ok(Some(score.map_or_else(undefined, |score| {
                TrialOutcome::Trained {
                    score,
                    deviation: None,
                    loss: trained.summary.best_validation_loss,
                    best_epoch: trained.best_epoch(),
                }
            })));
        };
        let found = plan.cross_validate(folds, ONE, None, &mut stop, |_, _| {})?;
        if found.stopped {
            return Ok(None);
        }
        let count = found.folds.len() as f64;
        let scores: Option<Vec<f64>> = found.folds.iter().map(|fold| fold.figure(self.metric)).collect();
        let losses: Option<Vec<f64>> = found.best_epochs.iter().map(|(_, loss)| *loss).collect();
        let epochs: u64 = found.best_epochs.iter().map(|(epoch, _)| epoch).sum();
        Ok(Some(scores.map_or_else(undefined, |scores| {
            let mean = scores.iter().sum::<f64>() / count;
            let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
            TrialOutcome::Trained {
                score: mean,
                deviation: Some(variance.sqrt()),
                loss: losses.map(|losses| losses.iter().sum::<f64>() / count),
                best_epoch: ((epochs as f64 / count).round() as u64).max(1),
            }
        })))
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
        let mut request = trial::request(&self.base, &trial.settings)?;
        request.epochs = Some(best_epoch.max(1));
        request.validation = Some(0.0);
        Plan::new(self.table, &request)
    }
}

/// Ends the training of a trial when the search is stopped.
struct StopCheck<'a>(&'a dyn Fn() -> bool);

impl<T: Scalar> Observer<T> for StopCheck<'_> {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        match (self.0)() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Every 64 steps within a long epoch.
    fn next_step(&mut self, next: Position) -> u64 {
        next.step | 0x3f
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
