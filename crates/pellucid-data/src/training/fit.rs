//! One training: rows split, preparation fitted, network trained, the best weights kept.

use super::plan::Plan;
use super::scores::{Answers, Scores};
use crate::error::{DataError, Result};
use crate::model_file::{AnyNetwork, EpochLine, Model};
use crate::preparation::{Counts, Labels, Predictions, Preparation, hold_out, problem, row_weights};
use crate::table::Table;
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::metrics::{Meters, Metric};
use pellucid::inspection::diagnosis::{Finding, TrainingDiagnosis, TrainingOutcome};
use pellucid::inspection::layer_statistics::{LayerStatistics, LayerStatisticsRecorder};
use pellucid::model::init::initialise;
use pellucid::model::network::Network;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{Recipe, TableRecipe, Task};
use pellucid::training::early_stopping::{
    EarlyStopping, EndedBy, Epoch, HeldOut, StopRules, TimeLimit, check_metrics,
};
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{Precision, Scalar, Trainer};
use serde_json::json;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// Looks on while a table is trained on: at steps, in either precision, and at epochs.
pub trait Watch: Observer<f32> + Observer<f64> {
    /// An epoch is over; `is_best` says whether no epoch before it was as good on held-out rows. Breaking ends the
    /// training.
    fn epoch(&mut self, line: &EpochLine, is_best: bool) -> ControlFlow<()>;

    /// Seconds since any moment, by which a training's time ends; nothing where there is no clock.
    fn seconds(&mut self) -> Option<f64> {
        None
    }

    /// Whether the training is to be diagnosed, by layer statistics that are taken on the way.
    fn diagnoses(&self) -> bool {
        false
    }

    /// What is wrong with the training: before its first step what can be said then, and at its end, also when it fails,
    /// all of it. Told only where there is something, and to who [`diagnoses`](Self::diagnoses).
    fn found(&mut self, findings: &[Finding]) {
        let _ = findings;
    }
}

/// Looks at nothing.
impl Watch for () {
    fn epoch(&mut self, _: &EpochLine, _: bool) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What a training came to.
#[derive(Debug)]
pub struct Trained {
    /// The network with the weights of the best epoch; of the last where no rows were held out.
    pub network: AnyNetwork,
    /// How rows become its input.
    pub preparation: Preparation,
    /// The recipe, every layer with its size.
    pub recipe: Recipe,
    /// The epochs.
    pub history: Vec<EpochLine>,
    /// The epoch, counted from 1, whose weights these are.
    pub best_epoch: u64,
    /// What ended it.
    pub ended_by: EndedBy,
    /// What is wrong with the training, where somebody [asked](Watch::diagnoses).
    pub findings: Vec<Finding>,
    /// Its layer statistics, likewise.
    pub layer_statistics: Vec<LayerStatistics>,
    /// What a user should know, a sentence each.
    pub notes: Vec<String>,
    /// The rows of the table it was trained on.
    pub rows: Vec<u32>,
    /// Those held out of it, or of the table they came from.
    pub held_out_rows: Vec<u32>,
    /// How many rows it was trained on.
    pub training_rows: usize,
    /// How many were held out, or came from a table of their own.
    pub validation_rows: usize,
    /// How good it is on the rows it was trained on.
    pub training: Scores,
    /// How good it is on held-out rows.
    pub validation: Option<Scores>,
}

impl Plan<'_> {
    /// Trains on all rows. Rows to stop by come from `validation`, or are held out as the recipe says.
    ///
    /// # Errors
    /// [`DataError`]: rows that cannot be prepared or split, a validation table without the columns, a setting that
    /// makes no sense, a training that diverges.
    pub fn train(
        &self,
        validation: Option<&Table>,
        threads: NonZeroUsize,
        watch: &mut impl Watch,
    ) -> Result<Trained> {
        let rows: Vec<u32> = (0..self.table.rows() as u32).collect();
        self.train_rows(&rows, validation, threads, watch)
    }

    pub(super) fn train_rows(
        &self,
        rows: &[u32],
        validation: Option<&Table>,
        threads: NonZeroUsize,
        watch: &mut impl Watch,
    ) -> Result<Trained> {
        let part = self.table_recipe().validation;
        let seed = self.recipe.train.seed;
        let (training_rows, held_out) = match validation {
            None if part > 0.0 => {
                let labels = self.labels.as_ref().map(|labels| Labels {
                    labels: rows.iter().map(|&row| labels.labels[row as usize]).collect(),
                    classes: labels.classes.clone(),
                });
                let split = hold_out(rows, labels.as_ref(), part, seed)?;
                (split.training, split.held_out)
            }
            _ => (rows.to_vec(), Vec::new()),
        };
        let (preparation, notes) =
            Preparation::fit(self.table, &training_rows, &self.chosen, &self.settings)?;
        let mut recipe = self.recipe.clone();
        recipe.network.layers[0] = preparation.width();
        let all: Vec<u32>;
        let (of, validation_rows) = match validation {
            Some(table) => {
                all = (0..table.rows() as u32).collect();
                (table, &all)
            }
            None => (self.table, &held_out),
        };
        let rows = Parts {
            preparation: &preparation,
            training: (self.table, &training_rows),
            validation: (of, validation_rows),
        };
        let run = match recipe.train.precision {
            Precision::F32 => self.run::<f32, _>(&recipe, &rows, threads, watch)?,
            Precision::F64 => self.run::<f64, _>(&recipe, &rows, threads, watch)?,
        };
        let scores = |(table, rows): (&Table, &[u32])| -> Result<Option<Scores>> {
            if rows.is_empty() {
                return Ok(None);
            }
            let mut answers = Answers::default();
            answers.append(preparation.target(), table, rows)?;
            let (predictions, _) = predict(&run.network, &preparation, table, rows, threads)?;
            Scores::from_predictions(&predictions, &answers).map(Some)
        };
        let training = scores(rows.training)?
            .ok_or_else(|| problem(&self.table.source, "no row is left to train on; hold out fewer"))?;
        let validation = scores(rows.validation)?;
        Ok(Trained {
            training,
            validation,
            training_rows: training_rows.len(),
            validation_rows: validation_rows.len(),
            held_out_rows: validation_rows.clone(),
            rows: training_rows,
            notes: notes.iter().map(ToString::to_string).collect(),
            best_epoch: run.best_epoch.unwrap_or(run.history.len() as u64),
            findings: run.findings,
            layer_statistics: run.layer_statistics,
            history: run.history,
            ended_by: run.ended_by,
            network: run.network,
            recipe,
            preparation,
        })
    }

    fn run<T: Scalar, W: Watch + Observer<T>>(
        &self,
        recipe: &Recipe,
        parts: &Parts<'_>,
        threads: NonZeroUsize,
        watch: &mut W,
    ) -> Result<Run>
    where
        AnyNetwork: From<Network<T>>,
    {
        let counts_for = self.table_recipe();
        let (training, _) = parts.dataset::<T>(parts.training, &counts_for)?;
        let mut generator = RandomState::new(recipe.train.seed);
        let architecture = recipe.architecture()?;
        check_metrics(recipe, &architecture, &training)?;
        let network = initialise(architecture, &recipe.init, &mut generator)?;
        let mut diagnosed = match watch.diagnoses() {
            true => Some(Diagnosed::new(recipe, &network, &training, parts, threads)?),
            false => None,
        };
        if let Some(diagnosed) = &diagnosed {
            diagnosed.tell(&diagnosed.diagnosis.before(recipe), watch);
        }
        let mut trainer = Trainer::new(recipe, network, generator, threads)?;
        let told = std::cell::RefCell::new(watch);
        let mut time = self.time_limit(recipe, &told)?;
        let validation = match parts.validation.1.is_empty() {
            true => None,
            false => Some(parts.dataset::<T>(parts.validation, &counts_for)?.0),
        };
        let mut rules = StopRules::of(recipe);
        let of_training = match &validation {
            Some(_) => recipe.log.metrics.clone(),
            None => {
                rules.patience = None; // training rows do not tell when to stop
                rules.with_metrics(&recipe.log.metrics)
            }
        };
        let held_out = validation.as_ref().map(|data| {
            let mut metrics = rules.with_metrics(&recipe.log.metrics);
            let usual = match self.task() {
                Task::Classification => Metric::Accuracy,
                Task::Regression => Metric::R2,
            };
            if !metrics.contains(&usual) {
                metrics.insert(0, usual);
            }
            HeldOut {
                data,
                loss: recipe.train.loss,
                metrics,
                threads,
            }
        });
        let mut history = Vec::new();
        let meters = Meters::new(&of_training, &training);
        let mut stopping = EarlyStopping::new(rules, meters, held_out, |epoch: &Epoch| {
            let line = line_of(epoch);
            let flow = told.borrow_mut().epoch(&line, epoch.is_best);
            history.push(line);
            flow
        });
        let mut steps = Steps(&told);
        let mut observers: Vec<&mut dyn Observer<T>> = vec![&mut stopping, &mut steps];
        observers.extend(time.as_mut().map(|time| time as &mut dyn Observer<T>));
        observers.extend(
            diagnosed
                .as_mut()
                .map(|diagnosed| &mut diagnosed.layer_statistics as &mut dyn Observer<T>),
        );
        let ending = trainer.run(&training, observers.as_mut_slice());
        let failure = ending.as_ref().err();
        let best_epoch = stopping.best_epoch().filter(|_| validation.is_some());
        stopping.restore(trainer.network_mut());
        let mut findings = Vec::new();
        if let Some(diagnosed) = &diagnosed {
            let outcome = TrainingOutcome {
                network: trainer.network(),
                layer_statistics: diagnosed.layer_statistics.entries(),
                epochs: &stopping.losses(),
                best_epoch,
                failure,
            };
            findings = diagnosed.diagnosis.after(recipe, &training, outcome)?;
            diagnosed.tell(&findings, &mut **told.borrow_mut());
        }
        let ending = ending?;
        let time_is_over = time.as_ref().is_some_and(TimeLimit::is_over);
        let ended_by = EndedBy::of(ending, stopping.ended_by(), time_is_over);
        drop(stopping);
        Ok(Run {
            findings,
            layer_statistics: diagnosed
                .map_or_else(Vec::new, |diagnosed| diagnosed.layer_statistics.into_entries()),
            network: trainer.into_network().into(),
            history,
            best_epoch,
            ended_by,
        })
    }

    fn time_limit<'a, W: Watch>(
        &self,
        recipe: &Recipe,
        watch: &'a std::cell::RefCell<&mut W>,
    ) -> Result<Option<TimeLimit<'a>>> {
        let Some(seconds) = recipe.train.max_seconds else {
            return Ok(None);
        };
        if watch.borrow_mut().seconds().is_none() {
            return Err(DataError::Engine(pellucid::Error::Setting {
                key: "train.max_seconds".into(),
                found: seconds.to_string(),
                expected:
                    "nobody who looks on has a clock; give the training a Watch that has, or leave it out"
                        .into(),
            }));
        }
        Ok(Some(TimeLimit::new(seconds, || {
            watch.borrow_mut().seconds().unwrap_or(f64::INFINITY)
        })))
    }
}

impl Trained {
    /// The loss of held-out rows at the best epoch.
    pub fn best_validation_loss(&self) -> Option<f64> {
        self.history
            .get((self.best_epoch as usize).checked_sub(1)?)?
            .validation_loss
    }

    /// What the network says of rows of a table.
    ///
    /// # Errors
    /// As [`Preparation::transform`].
    pub fn predict(
        &self,
        table: &Table,
        rows: &[u32],
        threads: NonZeroUsize,
    ) -> Result<(Predictions, Counts)> {
        predict(&self.network, &self.preparation, table, rows, threads)
    }

    /// The model to be saved.
    pub fn into_model(self) -> Model {
        let metrics = json!({
            "best_epoch": self.best_epoch,
            "ended_by": self.ended_by,
            "training_rows": self.training_rows,
            "validation_rows": self.validation_rows,
            "training": self.training.to_json(),
            "validation": self.validation.as_ref().map(Scores::to_json),
        });
        Model {
            history: self.history,
            metrics,
            warnings: self.notes,
            ..Model::new(self.network, self.recipe, Some(self.preparation))
        }
    }
}

/// What a network says of rows of a table, and what was met in them.
///
/// # Errors
/// As [`Preparation::transform`].
pub fn predict(
    network: &AnyNetwork,
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<(Predictions, Counts)> {
    match network {
        AnyNetwork::F32(network) => predict_at(network, preparation, table, rows, threads),
        AnyNetwork::F64(network) => predict_at(network, preparation, table, rows, threads),
    }
}

fn predict_at<T: Scalar>(
    network: &Network<T>,
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<(Predictions, Counts)> {
    use pellucid::data::dataset::Features;
    let (features, counts) = preparation.transform::<T>(table, rows)?;
    let features = Features::Dense(features);
    let outputs = pellucid::evaluation::evaluate::predict(network, &features, rows.len(), threads);
    let width = network.architecture().output_width();
    let outputs = pellucid::data::matrix::Matrix::new(rows.len(), width, outputs)?;
    Ok((preparation.target().decode(&outputs)?, counts))
}

/// Rows of a table as a training takes them: prepared, and weighted as the recipe says. Classes are weighed by how many of
/// these rows each has.
///
/// # Errors
/// As [`Preparation::dataset`] and [`row_weights`].
pub fn samples<T: Scalar>(
    preparation: &Preparation,
    recipe: &TableRecipe,
    table: &Table,
    rows: &[u32],
) -> Result<(Dataset<T>, Counts)> {
    let parts = Parts {
        preparation,
        training: (table, rows),
        validation: (table, &[]),
    };
    parts.dataset(parts.training, recipe)
}

/// The rows of a training.
pub(super) struct Parts<'a> {
    pub(super) preparation: &'a Preparation,
    pub(super) training: (&'a Table, &'a [u32]),
    pub(super) validation: (&'a Table, &'a [u32]),
}

impl Parts<'_> {
    pub(super) fn dataset<T: Scalar>(
        &self,
        (table, rows): (&Table, &[u32]),
        counts_for: &TableRecipe,
    ) -> Result<(Dataset<T>, Counts)> {
        let (data, counts) = self.preparation.dataset(table, rows)?;
        let data = data.in_units(self.preparation.target().units());
        let target = self.preparation.target();
        let mut weights = match &counts_for.weight {
            Some(column) => row_weights(table, column, rows)?,
            None => vec![1.0; rows.len()],
        };
        let class_weight = &counts_for.class_weight;
        let of_training = match class_weight.is_none() {
            true => None,
            false => target.labels(self.training.0, self.training.1)?,
        };
        if let Some(of_training) = &of_training {
            let of_classes = class_weight
                .of_classes("data.table.class_weight", &of_training.counts())
                .map_err(DataError::Engine)?;
            let labels = target.labels(table, rows)?;
            let labels = labels.iter().flat_map(|labels| &labels.labels);
            for (weight, &label) in weights.iter_mut().zip(labels) {
                *weight *= of_classes[label as usize];
            }
        }
        if counts_for.weight.is_none() && of_training.is_none() {
            return Ok((data, counts));
        }
        let weights = weights.into_iter().map(T::from_f64).collect();
        Ok((data.weighted(weights)?, counts))
    }
}

struct Run {
    findings: Vec<Finding>,
    layer_statistics: Vec<LayerStatistics>,
    network: AnyNetwork,
    history: Vec<EpochLine>,
    best_epoch: Option<u64>,
    ended_by: EndedBy,
}

/// What it takes to diagnose a training.
struct Diagnosed<T> {
    diagnosis: TrainingDiagnosis,
    layer_statistics: LayerStatisticsRecorder<T>,
}

impl<T: Scalar> Diagnosed<T> {
    fn new(
        recipe: &Recipe,
        network: &Network<T>,
        training: &Dataset<T>,
        parts: &Parts<'_>,
        threads: NonZeroUsize,
    ) -> Result<Self> {
        let names = parts.preparation.feature_names();
        Ok(Self {
            diagnosis: TrainingDiagnosis::new(recipe, network, training, &names, threads)?,
            layer_statistics: LayerStatisticsRecorder::new(recipe, network, training)?,
        })
    }

    fn tell<W: Watch + ?Sized>(&self, findings: &[Finding], watch: &mut W) {
        if !findings.is_empty() {
            watch.found(findings);
        }
    }
}

/// The loop's steps, for who looks on.
struct Steps<'a, 'w, W>(&'a std::cell::RefCell<&'w mut W>);

impl<T: Scalar, W: Observer<T>> Observer<T> for Steps<'_, '_, W> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        self.0.borrow_mut().on(event)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.0.borrow_mut().next_step(next)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        self.0.borrow_mut().next_epoch(next)
    }
}

fn line_of(epoch: &Epoch) -> EpochLine {
    let named = |metrics: &[(Metric, f64)]| -> BTreeMap<String, f64> {
        let pairs = metrics.iter();
        pairs
            .map(|(metric, value)| (metric.name().into_owned(), *value))
            .collect()
    };
    let of_training = named(&epoch.metrics);
    let (metrics, training_metrics) = match &epoch.validation {
        Some(validation) => (named(&validation.metrics), of_training),
        None => (of_training, BTreeMap::new()),
    };
    EpochLine {
        epoch: epoch.epoch,
        loss: epoch.loss,
        validation_loss: epoch.validation.as_ref().map(|validation| validation.loss),
        metrics,
        training_metrics,
    }
}
