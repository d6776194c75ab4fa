//! A recipe at work: network, data and trainer of one run. Whoever has a clock and a terminal runs it.

use crate::data::dataset::Dataset;
use crate::error::{Error, Result};
use crate::evaluation::evaluate::{Evaluation, evaluate, predict};
use crate::evaluation::metrics::{self, Metric};
use crate::inspection::diagnosis::{EpochLosses, Finding, TrainingDiagnosis, TrainingOutcome};
use crate::inspection::explanation::StepFinder;
use crate::inspection::layer_statistics::LayerStatistics;
use crate::model::init::initialise;
use crate::model::network::Network;
use crate::numpy_random::RandomState;
use crate::optimization::lbfgs::Minimum;
use crate::recipe::Recipe;
use crate::scalar::Scalar;
use crate::session::record::{LastEpochRecord, MetricsRecord, NetworkRecord, Numbers, RunRecord};
use crate::training::early_stopping::{EarlyStopping, EndedBy, check_metrics};
use crate::training::observe::{EpochRecord, History, Observer, Position};
use crate::training::trainer::{Ending, StepTrace, Trainer, check_fit};
use std::num::NonZeroUsize;

/// What the clock says of a run; the engine has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Seconds in the training loop alone.
    pub training_seconds: f64,
    /// Seconds from start to end.
    pub elapsed_seconds: f64,
}

/// One run: a recipe, its data, and the network in training.
#[derive(Debug, Clone)]
pub struct Experiment<T> {
    recipe: Recipe,
    training: Dataset<T>,
    test: Option<Dataset<T>>,
    initial: Network<T>,
    trainer: Trainer<T>,
    threads: NonZeroUsize,
    diagnosis: TrainingDiagnosis,
    findings: Vec<Finding>,
}

impl<T: Scalar> Experiment<T> {
    /// A run that is ready to start.
    ///
    /// # Errors
    /// Whatever is wrong with the recipe, or with how the data fits it.
    pub fn new(
        recipe: Recipe,
        training: Dataset<T>,
        test: Option<Dataset<T>>,
        threads: NonZeroUsize,
    ) -> Result<Self> {
        recipe.validate()?;
        let architecture = recipe.architecture()?;
        for data in std::iter::once(&training).chain(&test) {
            check_fit(&architecture, recipe.train.loss, data)?;
        }
        check_metrics(&recipe, &architecture, &training)?;
        let mut generator = RandomState::new(recipe.train.seed);
        let initial = initialise(architecture, &recipe.init, &mut generator)?;
        let diagnosis = TrainingDiagnosis::new(&recipe, &initial, &training, &[], threads)?;
        let findings = diagnosis.before(&recipe);
        let trainer = Trainer::new(&recipe, initial.clone(), generator, threads)?;
        Ok(Self {
            recipe,
            training,
            test,
            initial,
            trainer,
            threads,
            diagnosis,
            findings,
        })
    }

    /// The same run from other initial values, those of `network`.
    ///
    /// # Errors
    /// [`Error::Shape`] when the architecture is another.
    pub fn starting_from(mut self, network: &Network<T>) -> Result<Self> {
        if network.architecture().parameter_count() != self.initial.architecture().parameter_count()
            || network.architecture().describe() != self.initial.architecture().describe()
        {
            return Err(Error::Shape {
                what: "the network to start from".into(),
                found: network.architecture().describe(),
                expected: self.initial.architecture().describe(),
                hint: String::new(),
            });
        }
        self.initial
            .parameters_mut()
            .copy_from_slice(network.parameters());
        let generator = RandomState::new(self.recipe.train.seed);
        self.trainer = Trainer::new(&self.recipe, self.initial.clone(), generator, self.threads)?;
        self.diagnosis =
            TrainingDiagnosis::new(&self.recipe, &self.initial, &self.training, &[], self.threads)?;
        self.findings = self.diagnosis.before(&self.recipe);
        Ok(self)
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The network before training.
    pub fn initial(&self) -> &Network<T> {
        &self.initial
    }

    /// The network as it stands.
    pub fn network(&self) -> &Network<T> {
        self.trainer.network()
    }

    /// What is wrong with it before it begins.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What is wrong with it now that it has ended, by its layer statistics, by what `stopping` knows of held-out rows, and by
    /// the error that ended it; what was wrong beforehand is part of it.
    ///
    /// # Errors
    /// None that the run would not have met before.
    pub fn diagnose(
        &self,
        layer_statistics: &[LayerStatistics],
        stopping: Option<&EarlyStopping<'_, T>>,
        failure: Option<&Error>,
    ) -> Result<Vec<Finding>> {
        let epochs = match stopping {
            Some(stopping) => stopping.losses(),
            None => EpochLosses::from_statistics(layer_statistics),
        };
        let outcome = TrainingOutcome {
            network: self.network(),
            layer_statistics,
            epochs: &epochs,
            best_epoch: stopping
                .filter(|stopping| stopping.keeps_weights())
                .and_then(EarlyStopping::best_epoch),
            failure,
        };
        self.diagnosis.after(&self.recipe, &self.training, outcome)
    }

    /// The training data.
    pub fn training(&self) -> &Dataset<T> {
        &self.training
    }

    /// The test data, where there is any.
    pub fn test(&self) -> Option<&Dataset<T>> {
        self.test.as_ref()
    }

    /// How many epochs were completed.
    pub fn completed_epochs(&self) -> u64 {
        self.trainer.completed_epochs()
    }

    /// The threads it is allowed.
    pub fn threads(&self) -> NonZeroUsize {
        self.threads
    }

    /// How many steps were taken.
    pub fn updates(&self) -> u64 {
        self.trainer.updates()
    }

    /// How L-BFGS ended, where it trained.
    pub fn minimum(&self) -> Option<&Minimum> {
        self.trainer.minimum()
    }

    /// Trains.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`] and [`Error::NonFiniteParameters`] when training diverges.
    pub fn run<O: Observer<T> + ?Sized>(&mut self, observer: &mut O) -> Result<Ending> {
        self.trainer.run(&self.training, observer)
    }

    /// How many steps, each of a batch, an epoch has.
    pub fn steps_per_epoch(&self) -> u64 {
        self.trainer.steps_per_epoch(self.training.rows())
    }

    /// Trains up to step `step` of the run, counted from 0, and takes it with every number traced. With `rows`, counted
    /// from 0, the step is taken on these in place of the batch, by the network as it stood before that step. Nothing
    /// where the run ended before it. An optimizer that [takes no steps](crate::Optimizer::takes_steps) has its first
    /// pass traced, on all rows unless some are given.
    ///
    /// # Errors
    /// [`Error::NonFiniteLoss`] and [`Error::NonFiniteParameters`] when training diverges on the way.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn trace<O: Observer<T> + ?Sized>(
        mut self,
        step: u64,
        rows: Option<&[u32]>,
        observer: &mut O,
    ) -> Result<Option<(Option<Position>, StepTrace<T>)>> {
        let data = &self.training;
        if !self.recipe.train.optimizer.takes_steps() {
            let all: Vec<u32> = (0..data.rows() as u32).collect();
            let trace = self.trainer.trace_step(data, rows.unwrap_or(&all), T::ZERO)?;
            return Ok(Some((None, trace)));
        }
        let mut finder = StepFinder::new(step, &self.trainer, observer);
        self.trainer.run(data, &mut finder)?;
        let Some((mut trainer, found)) = finder.found() else {
            return Ok(None);
        };
        let trace = trainer.trace_step(data, rows.unwrap_or(&found.rows), found.learning_rate)?;
        Ok(Some((Some(found.position), trace)))
    }

    /// Gives the network the weights of the best epoch, where some rows were held out to tell it by.
    pub fn keep_best(&mut self, stopping: &EarlyStopping<'_, T>) {
        stopping.restore(self.trainer.network_mut());
    }

    /// Loss and metrics of the network as it stands on some data.
    pub fn evaluate_on(&self, data: &Dataset<T>) -> Evaluation {
        let mut metrics = metrics::suited_to(self.recipe.train.loss, data.targets().are_zero_or_one());
        for metric in &self.recipe.log.metrics {
            if !metrics.contains(metric) && *metric != Metric::YPred {
                metrics.push(*metric);
            }
        }
        evaluate(
            self.network(),
            data,
            self.recipe.logged_loss(),
            &metrics,
            self.threads,
        )
    }

    /// Loss and metrics of the network as it stands.
    pub fn evaluate(&self) -> MetricsRecord {
        MetricsRecord {
            training: self.evaluate_on(&self.training),
            validation: None,
            test: self.test.as_ref().map(|test| self.evaluate_on(test)),
        }
    }

    /// The outputs for up to 100 rows of the test data, or of the training data where there is no other.
    pub fn outputs(&self) -> Vec<Numbers> {
        let data = self.test.as_ref().unwrap_or(&self.training);
        let rows = data.rows().min(History::MOST_OUTPUTS);
        let outputs = predict(self.network(), data.features(), rows, self.threads);
        let width = self.network().architecture().output_width();
        outputs
            .chunks_exact(width)
            .map(|row| Numbers(row.iter().map(|a| a.to_f64()).collect()))
            .collect()
    }

    /// The record of the run. What `stopping` knows of held-out rows is in its history.
    pub fn record(
        &self,
        history: &History<'_>,
        stopping: Option<&EarlyStopping<'_, T>>,
        ended_by: EndedBy,
        metrics: MetricsRecord,
        timing: Timing,
    ) -> RunRecord {
        let first = self.recipe.log.count_from;
        let epochs = stopping.map_or(&[][..], EarlyStopping::epochs);
        let with_validation = |entry: &EpochRecord| EpochRecord {
            validation: epochs
                .get((entry.epoch - first) as usize)
                .and_then(|epoch| epoch.validation.clone()),
            ..entry.clone()
        };
        let mut recipe = self.recipe.clone();
        recipe.log.every = Some(recipe.log_every());
        let outputs = || history.last_outputs().iter().cloned().map(Numbers).collect();
        RunRecord {
            recipe,
            initial: NetworkRecord::of(&self.initial),
            trained: NetworkRecord::of(self.network()),
            history: history.entries().iter().map(with_validation).collect(),
            last_epoch: history.last_epoch().map(|epoch| LastEpochRecord {
                epoch: with_validation(epoch),
                outputs: outputs(),
            }),
            outputs: self.outputs(),
            metrics,
            warnings: self.findings.iter().map(Finding::sentence).collect(),
            findings: self.findings.clone(),
            stopped: ended_by == EndedBy::Interrupt,
            ended_by,
            best_epoch: stopping
                .filter(|stopping| stopping.keeps_weights())
                .and_then(EarlyStopping::best_epoch),
            epochs: self.trainer.completed_epochs(),
            updates: self.trainer.updates(),
            training_seconds: timing.training_seconds,
            elapsed_seconds: timing.elapsed_seconds,
            threads: self.threads.get(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }
}
