//! The search itself: trials side by side on the cores.

use super::found::{Found, compare};
use super::halving;
use super::space::Space;
use super::trial::{self, Outcome, Setting, Trial};
use super::{defaults, setting};
use crate::error::Result;
use crate::model_file::EpochLine;
use crate::preparation::problem;
use crate::table::Table;
use crate::training::{Plan, Scores, TrainingRequest, Watch};
use pellucid::evaluation::metrics::Metric;
use pellucid::recipe::{Recipe, Task};
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{EndedBy, Scalar};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

/// How trials are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Each is drawn and trained to its end: Bergstra & Bengio, 2012.
    Random,
    /// All are drawn, and trained for a few epochs; the best third for three times as many, and so on: Jamieson &
    /// Talwalkar, 2016. A trial that goes on begins anew, so that schedules fit its epochs.
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

/// What a user asks of a search.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// How trials are chosen.
    pub method: Method,
    /// What may vary; chosen where it is empty.
    pub space: Space,
    /// How many trials.
    pub trials: usize,
    /// The seed of what is drawn; every training has its own, the recipe's.
    pub seed: u32,
    /// Cross-validate with so many folds; otherwise rows are held out.
    pub folds: Option<usize>,
    /// What trials are judged by; accuracy or R² unless given.
    pub metric: Option<Metric>,
}

impl SearchRequest {
    /// Thirty trials, judged on held-out rows.
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

/// A search that is decided on.
#[derive(Debug)]
pub struct Search<'a> {
    pub(super) table: &'a Table,
    /// What trials have in common.
    pub(super) base: Recipe,
    pub(super) request: SearchRequest,
    pub(super) metric: Metric,
    task: Task,
    said: Vec<String>,
}

/// What is told of a trial as soon as it is done.
#[derive(Debug)]
pub struct Told<'a> {
    /// Which.
    pub trial: &'a Trial,
    /// All that are done, of whatever rung, in the order of rungs and numbers.
    pub done: &'a [Trial],
    /// How many there will be.
    pub of: usize,
}

/// The part of the rows that is held out unless a user says more: enough to tell two trials apart.
const HELD_OUT: f64 = 0.2;

impl<'a> Search<'a> {
    /// Decides on a search: what the trials have in common is what `training` asks for.
    ///
    /// # Errors
    /// As [`Plan::new`]; [`DataError::Engine`] for a setting that is none or cannot have such a value, no trials, a metric
    /// that the task does not have, nothing to judge by.
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
            said: plan.choices().to_vec(),
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
            let expected = "trials are judged by rows that are held out; say 0.2, or --folds 5";
            return Err(setting("--validation", "0", expected));
        }
        if self.base.train.max_seconds.is_some() {
            let expected = "trials would depend on how fast the machine is; limit train.epochs";
            return Err(setting("train.max_seconds", "(set)", expected));
        }
        for parameter in &self.request.space.parameters {
            let key = parameter.key.as_str();
            if self.request.method == Method::Halving && key == "train.epochs" {
                let expected = "halving chooses the epochs itself; say the most by --epochs";
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

    /// What was chosen where the user said nothing, and what varies; a sentence each.
    pub fn choices(&self) -> Vec<String> {
        let space: Vec<String> = (&self.request.space).into();
        let of = format!("varied: {}", space.join("; "));
        self.said.iter().take(1).cloned().chain([of]).collect()
    }

    /// What trials are judged by.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// What may vary.
    pub fn space(&self) -> &Space {
        &self.request.space
    }

    /// What trials have in common.
    pub fn recipe(&self) -> &Recipe {
        &self.base
    }

    /// What the target asks for.
    pub fn task(&self) -> Task {
        self.task
    }

    /// Runs the trials that are not among `done`, as many side by side as there are threads; the result does not depend
    /// on how many. Each is told as soon as it is known; an error of `tell` ends the search, as does `stop`, which is
    /// asked often: trials that are not finished then are left out.
    ///
    /// # Errors
    /// As [`Plan::train`], but for a training that diverges, which is what its trial came to; and those of `tell`.
    pub fn run(
        &self,
        threads: NonZeroUsize,
        done: Vec<Trial>,
        stop: &(dyn Fn() -> bool + Sync),
        tell: &mut dyn FnMut(Told<'_>) -> Result<()>,
    ) -> Result<Found> {
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
                tell(Told {
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
        Ok(Found {
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

    /// Whether somebody stopped it.
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
                // Who could not be told of one is not told of those that were under way.
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

    /// Nothing where it was stopped.
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
            Err(error) => Outcome::Failed(trial::divergence(error)?),
        };
        Ok(Some(Trial {
            trial: number,
            rung,
            epochs: plan.recipe().train.epochs,
            settings,
            outcome,
        }))
    }

    fn outcome(&self, plan: &Plan<'_>, stop: &dyn Fn() -> bool) -> Result<Option<Outcome>> {
        const ONE: NonZeroUsize = NonZeroUsize::MIN;
        let mut ear = Ear(stop);
        let undefined = || {
            let name = self.metric.name();
            Outcome::Failed(format!("{name} is not defined on the held-out rows"))
        };
        let Some(folds) = self.request.folds else {
            let trained = plan.train(None, ONE, &mut ear)?;
            if trained.ended_by == EndedBy::Interrupt {
                return Ok(None);
            }
            let score = trained
                .validation
                .as_ref()
                .and_then(|scores| scores.figure(self.metric));
            return Ok(Some(score.map_or_else(undefined, |score| Outcome::Trained {
                score,
                deviation: None,
                loss: trained.best_validation_loss(),
                best_epoch: trained.best_epoch,
            })));
        };
        let found = plan.cross_validate(folds, ONE, &mut ear, |_, _| {})?;
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
            Outcome::Trained {
                score: mean,
                deviation: Some(variance.sqrt()),
                loss: losses.map(|losses| losses.iter().sum::<f64>() / count),
                best_epoch: ((epochs as f64 / count).round() as u64).max(1),
            }
        })))
    }

    /// The training of a trial's settings on all rows, for as many epochs as were best.
    ///
    /// # Errors
    /// As [`Plan::new`]; a trial that failed.
    pub fn on_all_rows(&self, trial: &Trial) -> Result<Plan<'a>> {
        let Outcome::Trained { best_epoch, .. } = trial.outcome else {
            let place = format!("trial {}", trial.trial);
            return Err(problem(
                place,
                "its training diverged, so it cannot be repeated on all rows",
            )
            .into());
        };
        let mut request = trial::request(&self.base, &trial.settings)?;
        request.epochs = Some(best_epoch.max(1));
        request.validation = Some(0.0);
        Plan::new(self.table, &request)
    }
}

/// Listens for the end while a trial is trained.
struct Ear<'a>(&'a dyn Fn() -> bool);

impl Ear<'_> {
    fn flow(&self) -> ControlFlow<()> {
        match (self.0)() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

impl Watch for Ear<'_> {
    fn epoch(&mut self, _: &EpochLine, _: bool) -> ControlFlow<()> {
        self.flow()
    }
}

impl<T: Scalar> Observer<T> for Ear<'_> {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        self.flow()
    }

    /// Now and then within a long epoch.
    fn next_step(&mut self, next: Position) -> u64 {
        next.step | 0x3f
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}
