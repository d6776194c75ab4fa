//! Runs one training, from a recipe and samples to the trained network and its history.
//!
//! [`Session::new`] draws the initial weights; [`Session::run`] trains and connects all parts of a training: early
//! stopping on held-out rows, the time limit, schedules that depend on a loss, history, layer statistics and diagnosis. A
//! front end adds its [`Observer`]s, such as a progress bar.
//!
//! ```
//! use pellucid::{EndedBy, Recipe, Session};
//! use pellucid::data::dataset::{Dataset, Features, Targets};
//! use pellucid::data::matrix::Matrix;
//!
//! let recipe = Recipe::built_in("xor-batch-sum")?;
//! let inputs = Matrix::from_rows("inputs", &[vec![0., 0.], vec![0., 1.], vec![1., 0.], vec![1., 1.]])?;
//! let targets = Matrix::from_rows("targets", &[vec![0.], vec![1.], vec![1.], vec![0.]])?;
//! let xor = Dataset::<f64>::new(Features::Dense(inputs), Targets::Dense(targets))?;
//! let session = Session::new(recipe, xor, std::num::NonZeroUsize::MIN)?;
//! let finished = session.run(&mut ())?;
//! assert_eq!(finished.summary.ended_by, EndedBy::Epochs);
//! assert!(finished.evaluate().training.loss < 0.1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod data_driven;
mod finished;
mod memory_needs;
mod observers;
pub mod rate_finder;
pub mod record;
mod split;

pub use finished::{Finished, FinishedOrDiverged, Summary, Unfinished};
pub use memory_needs::MemoryNeeds;
pub use split::Split;

use crate::data::dataset::Dataset;
use crate::descriptor::SettingError;
use crate::error::{Error, Result};
use crate::evaluation::metrics::{Figure, Meters, Metric, suited_to};
use crate::inspection::diagnosis::{Finding, TrainingDiagnosis};
use crate::inspection::explanation::StepFinder;
use crate::model::init::{Init, initialise};
use crate::model::network::Network;
use crate::numpy_random::RandomState;
use crate::recipe::{Recipe, Task};
use crate::scalar::Scalar;
use crate::state::State;
use crate::training::checkpoints::Checkpoints;
use crate::training::early_stopping::{EndedBy, StopRules, TimeLimit, check_metrics};
use crate::training::epochs::{EpochRecorder, HeldOut};
use crate::training::observe::{Observer, Position};
use crate::training::trainer::{Ending, StepTrace, Trainer, check_fit};
use data_driven::fit_to_rows;
use observers::Observers;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// A training that is ready to start.
#[derive(Clone)]
pub struct Session<'a, T> {
    recipe: Recipe,
    split: Arc<Split<T>>,
    initial: Network<T>,
    trainer: Trainer<T>,
    threads: NonZeroUsize,
    clock: Option<&'a dyn Fn() -> f64>,
    diagnosis: Option<TrainingDiagnosis<T>>,
    warnings: Vec<Finding>,
}

impl<'a, T: Scalar> Session<'a, T> {
    /// A training by `recipe` on samples, from initial weights drawn as the recipe specifies.
    ///
    /// # Errors
    /// Any error in the recipe, or in the match between recipe and data.
    pub fn new(recipe: Recipe, split: impl Into<Arc<Split<T>>>, threads: NonZeroUsize) -> Result<Self> {
        let split = split.into();
        recipe.choose_instruction_set()?;
        recipe.validate()?;
        let architecture = recipe.architecture()?;
        for data in std::iter::once(&split.training)
            .chain(&split.validation)
            .chain(&split.test)
        {
            check_fit(&architecture, recipe.train.loss, data)?;
        }
        check_metrics(&recipe, &architecture, &split.training)?;
        let mut generator = RandomState::new(recipe.train.seed);
        let mut initial = initialise(architecture, &recipe.init, &mut generator)?;
        if recipe.init == Init::DataDriven {
            fit_to_rows(&mut initial, &split.training, &mut generator)?;
        }
        let trainer = Trainer::new(&recipe, initial.clone(), generator, threads)?;
        Ok(Self {
            recipe,
            split,
            initial,
            trainer,
            threads,
            clock: None,
            diagnosis: None,
            warnings: Vec::new(),
        })
    }

    /// The same, with a clock: seconds since any moment. The engine has no clock, and `train.max_seconds` needs one.
    #[must_use]
    pub fn with_clock(mut self, clock: &'a dyn Fn() -> f64) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The same, ending after so many epochs, if the recipe has more. Schedules go as far as they went.
    #[must_use]
    pub fn ending_after(mut self, epochs: u64) -> Self {
        self.trainer = self.trainer.ending_after(epochs);
        self
    }

    /// The same, diagnosed: before its first step, by layer statistics on the way, and at its end. Features have these
    /// names, or numbers where there are none.
    ///
    /// # Errors
    /// [`Error::Shape`] for data without rows.
    pub fn diagnosed(mut self, feature_names: &[String]) -> Result<Self> {
        let (recipe, training) = (&self.recipe, &self.split.training);
        let diagnosis = TrainingDiagnosis::new(recipe, &self.initial, training, feature_names, self.threads)?;
        self.warnings = diagnosis.before(recipe);
        self.diagnosis = Some(diagnosis);
        Ok(self)
    }

    /// The same, starting from the weights of `network`. Unless they are the weights that the recipe draws, the stream of
    /// random numbers begins at its seed. Call [`diagnosed`](Self::diagnosed) afterwards, not before.
    ///
    /// # Errors
    /// [`Error::Shape`] when the architecture is another.
    pub fn starting_from(mut self, network: &Network<T>) -> Result<Self> {
        if network.architecture().parameter_count() != self.initial.architecture().parameter_count()
            || network.architecture().describe() != self.initial.architecture().describe()
        {
            let found = network.architecture().describe();
            let expected = self.initial.architecture().describe();
            return Err(Error::shape("the network to start from", found, expected));
        }
        if network.parameters() == self.initial.parameters() {
            return Ok(self);
        }
        self.initial
            .parameters_mut()
            .copy_from_slice(network.parameters());
        let generator = RandomState::new(self.recipe.train.seed);
        self.trainer = Trainer::new(&self.recipe, self.initial.clone(), generator, self.threads)?;
        self.diagnosis = None;
        Ok(self)
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The samples.
    pub fn split(&self) -> &Split<T> {
        &self.split
    }

    /// The training samples.
    pub fn training(&self) -> &Dataset<T> {
        &self.split.training
    }

    /// The network before training.
    pub fn initial(&self) -> &Network<T> {
        &self.initial
    }

    /// The largest number of threads.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// The stream of random numbers after the draws of the initial weights.
    pub(crate) fn generator(&self) -> &RandomState {
        self.trainer.generator()
    }

    /// The findings before the first step, where the training is [diagnosed](Self::diagnosed).
    pub fn findings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The number of steps, one per batch, of an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.trainer.steps_per_epoch(self.split.training.rows())
    }

    /// The trainer alone, for a caller that runs it on data of its own.
    pub fn into_trainer(self) -> Trainer<T> {
        self.trainer
    }

    /// Trains until the last epoch or an earlier stop, and keeps the best weights where rows are held out.
    ///
    /// # Errors
    /// [`Unfinished`]: [`Error::NonFiniteLoss`] and [`Error::NonFiniteParameters`] when training diverges;
    /// [`Error::Setting`] for `train.max_seconds` without a clock, and for a schedule that depends on the loss of held-out
    /// rows where there are none.
    pub fn run<O>(self, observer: &mut O) -> Result<Finished<T>, Box<Unfinished>>
    where
        O: Observer<T> + ?Sized,
    {
        match self.run_to_divergence(observer)? {
            (finished, None) => Ok(finished),
            (_, Some(divergence)) => Err(divergence),
        }
    }

    /// The same for a caller that wants the results of a training that diverges, too: what the epochs before came to, and
    /// the error. The network has the weights of the best epoch where rows were held out, else those from before the
    /// batch whose loss was not finite.
    ///
    /// # Errors
    /// As [`run`](Self::run), but for a training that diverges only where it has no complete epoch, or no finite weights.
    pub fn run_to_divergence<O>(mut self, observer: &mut O) -> Result<FinishedOrDiverged<T>, Box<Unfinished>>
    where
        O: Observer<T> + ?Sized,
    {
        let split = Arc::clone(&self.split);
        let clock = self.clock;
        let now = || clock.map_or(0.0, |clock| clock());
        let mut observers = Observers {
            recorder: recorder(&self.recipe, &split, self.threads),
            time: time_limit(&self.recipe, self.clock)?,
            diagnosis: self.diagnosis.take(),
            caller: observer,
            now: &now,
            began: now(),
            seconds_before: 0.0,
        };
        let ending = match continue_from_checkpoint(&mut self.trainer, &mut observers)? {
            Some(ending) => Ok(ending),
            None => {
                let ending = self.trainer.run(&split.training, &mut observers);
                if let Ok(ending) = ending {
                    keep_end(&self.trainer, &mut observers, ending);
                }
                ending
            }
        };
        let seconds = observers.seconds();
        let Observers {
            recorder,
            time,
            diagnosis,
            ..
        } = observers;
        let rule = recorder.ended_by();
        let (best_epoch, best_validation_loss) = recorder.kept().unzip();
        // Findings about a training that diverged are about the weights at which it did.
        let diverged_network = ending.is_err().then(|| self.trainer.network().clone());
        recorder.restore(self.trainer.network_mut());
        let (mut findings, mut layer_statistics) = (Vec::new(), Vec::new());
        if let Some(diagnosis) = diagnosis {
            findings = diagnosis.after(
                &self.recipe,
                &split.training,
                diverged_network.as_ref().unwrap_or(self.trainer.network()),
                best_epoch,
                ending.as_ref().err(),
            )?;
            layer_statistics = diagnosis.statistics.into_entries();
        }
        let (epochs, updates) = (self.trainer.completed_epochs(), self.trainer.updates());
        let has_ended_by = |ending| {
            let time_is_over = time.as_ref().is_some_and(TimeLimit::is_over);
            EndedBy::from_ending(ending, rule, time_is_over)
        };
        let (ended_by, divergence) = match ending {
            Ok(ending) => (has_ended_by(ending), None),
            Err(error) => {
                let is_usable = error.is_divergence()
                    && epochs > 0
                    && self.trainer.network().first_non_finite_layer().is_none();
                let unfinished = Box::new(Unfinished {
                    error,
                    findings: findings.clone(),
                    layer_statistics: layer_statistics.clone(),
                    epochs,
                    updates,
                });
                if !is_usable {
                    return Err(unfinished);
                }
                (EndedBy::Divergence, Some(unfinished))
            }
        };
        let (history, last_epoch) = recorder.into_records();
        let summary = Summary {
            history,
            last_epoch,
            best_epoch,
            best_validation_loss,
            ended_by,
            minimum: self.trainer.minimum().copied(),
            warnings: self.warnings,
            findings,
            layer_statistics,
            epochs,
            updates,
            seconds,
        };
        let finished = Finished {
            recipe: self.recipe,
            split: self.split,
            initial: self.initial,
            network: self.trainer.into_network(),
            threads: self.threads,
            summary,
        };
        Ok((finished, divergence))
    }

    /// Trains up to step `step` of the run, counted from 0, and traces every number of that step. With `rows`, counted from
    /// 0, the traced step uses these rows instead of the batch, with the network before that step. `None` where the run
    /// ended earlier. An optimizer that [takes no steps](crate::Optimizer::takes_steps) has its first
    /// pass traced, on all rows unless some are given. Where the observer has a state of the training, it continues from
    /// there, so that a late step is traced without those before it.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// # Panics
    /// When there is no such row.
    pub fn trace(
        mut self,
        step: u64,
        rows: Option<&[u32]>,
        observer: &mut dyn Observer<T>,
    ) -> Result<Option<(Option<Position>, StepTrace<T>)>> {
        let split = Arc::clone(&self.split);
        if !self.recipe.train.optimizer.takes_steps() {
            let all: Vec<u32> = (0..split.training.rows() as u32).collect();
            let rows = rows.unwrap_or(&all);
            let trace = self.trainer.trace_step(&split.training, rows, T::ZERO)?;
            return Ok(Some((None, trace)));
        }
        let mut caller = (observer, StepFinder::new(step, &self.trainer));
        let mut observers = Observers {
            recorder: recorder(&self.recipe, &split, self.threads),
            time: None,
            diagnosis: None,
            caller: &mut caller,
            now: &|| 0.0,
            began: 0.0,
            seconds_before: 0.0,
        };
        if continue_from_checkpoint(&mut self.trainer, &mut observers)?.is_some() {
            return Ok(None);
        }
        observers.caller.1 = StepFinder::new(step, &self.trainer);
        let ending = self.trainer.run(&split.training, &mut observers);
        drop(observers);
        ending?;
        let (_, finder) = caller;
        let Some((mut trainer, found)) = finder.found() else {
            return Ok(None);
        };
        let rows = rows.unwrap_or(&found.rows);
        let trace = trainer.trace_step(&split.training, rows, found.learning_rate)?;
        Ok(Some((Some(found.position), trace)))
    }
}

/// Loads the state that the observers have of this training, if they have one. How the training ended, where it has ended.
fn continue_from_checkpoint<T: Scalar, O: Observer<T> + ?Sized>(
    trainer: &mut Trainer<T>,
    observers: &mut Observers<'_, T, O>,
) -> Result<Option<Ending>> {
    let Some(state) = observers.caller.checkpoints().and_then(Checkpoints::begin) else {
        return Ok(None);
    };
    let ending = trainer.load(&state)?;
    observers.load(&state)?;
    if trainer.has_epochs_left() {
        observers.recorder.go_on();
    }
    Ok(ending)
}

/// Keeps the last state of a training that has ended, and was not interrupted.
fn keep_end<T: Scalar, O: Observer<T> + ?Sized>(
    trainer: &Trainer<T>,
    observers: &mut Observers<'_, T, O>,
    ending: Ending,
) {
    let is_over = ending != Ending::Stopped || observers.is_over();
    let has_ended = |checkpoints: &mut dyn Checkpoints| is_over || !checkpoints.is_interrupted();
    if !observers.caller.checkpoints().is_some_and(has_ended) {
        return;
    }
    let mut state = State::default();
    trainer.save_end(&mut state, ending);
    observers.save(&mut state);
    if let Some(checkpoints) = observers.caller.checkpoints() {
        checkpoints.keep(state);
    }
}

/// The recorder of a session's epochs. It judges them by held-out rows or, for a target, by training rows; not at all where
/// the recipe sets neither. `train.patience` waits for a better figure on held-out rows: training rows do not show when to
/// stop.
fn recorder<'a, T: Scalar>(
    recipe: &Recipe,
    split: &'a Split<T>,
    threads: NonZeroUsize,
) -> EpochRecorder<'a, T> {
    let rules = StopRules::from_recipe(recipe);
    let log = &recipe.log;
    let recording = |metrics: &[Metric]| {
        let meters = Meters::new(metrics, &split.training);
        EpochRecorder::new(recipe.log_every(), log.count_from, meters)
    };
    let Some(data) = &split.validation else {
        let of_target = StopRules {
            monitor: Figure::Loss,
            ..rules
        };
        let recorder = recording(&of_target.with_metrics(&log.metrics));
        let meters = Meters::new(&rules.with_metrics(&[]), &split.training);
        let rules = StopRules {
            patience: None,
            ..rules
        };
        return match rules.are_none() {
            true => recorder,
            false => recorder.judging(rules, meters, None),
        };
    };
    let mut metrics = rules.with_metrics(&log.metrics);
    let usual = usual_metric(recipe, data);
    if !metrics.contains(&usual) {
        metrics.insert(0, usual);
    }
    let held_out = HeldOut {
        data,
        loss: recipe.logged_loss(),
        metrics,
        threads,
    };
    recording(&log.metrics).judging(rules, Meters::new(&[], data), Some(held_out))
}

/// The main metric of predictions: accuracy for classes, R² for numbers.
fn usual_metric<T: Scalar>(recipe: &Recipe, data: &Dataset<T>) -> Metric {
    let are_classes = match recipe.data.table.as_ref().and_then(|table| table.task) {
        Some(task) => task == Task::Classification,
        None => suited_to(recipe.train.loss, data.targets().are_zero_or_one()).contains(&Metric::Accuracy),
    };
    if are_classes { Metric::Accuracy } else { Metric::R2 }
}

fn time_limit<'a>(recipe: &Recipe, clock: Option<&'a dyn Fn() -> f64>) -> Result<Option<TimeLimit<'a>>> {
    match (recipe.train.max_seconds, clock) {
        (None, _) => Ok(None),
        (Some(seconds), Some(clock)) => Ok(Some(TimeLimit::new(seconds, clock))),
        (Some(seconds), None) => {
            let expected =
                "this training has no clock; hand one in with Session::with_clock, or leave it out";
            Err(SettingError::new("train.max_seconds", seconds, expected).into())
        }
    }
}

impl<T> std::fmt::Debug for Session<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("recipe", &self.recipe)
            .field("threads", &self.threads)
            .field("has_clock", &self.clock.is_some())
            .finish_non_exhaustive()
    }
}
