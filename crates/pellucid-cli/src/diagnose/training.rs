//! A training that is run to be looked at.

use super::Diagnosis;
use crate::arguments::Settings;
use crate::progress::Progress;
use crate::run::prepare;
use crate::score_text::count;
use crate::terminal;
use crate::train_progress::TrainProgress;
use anyhow::{Context, Result};
use pellucid::inspection::diagnosis::Finding;
use pellucid::inspection::layer_statistics::{LayerStatistics, LayerStatisticsRecorder};
use pellucid::training::early_stopping::{EarlyStopping, TimeLimit};
use pellucid::training::observe::{Event, Observer, Position};
use pellucid::{EndedBy, Precision, Recipe, Scalar};
use pellucid_data::model_file::EpochLine;
use pellucid_data::training::{Plan, TrainingRequest, Watch};
use pellucid_data::{DataError, Table};
use serde_json::json;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Instant;

/// `4 rows, 2 layers, 1,000 epochs`, and what of them.
fn looked_at(rows: usize, layers: usize, epochs: u64) -> String {
    let of = |number: usize, one: &str, more: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{} {more}", count(number)),
    };
    format!(
        "{}, {} and {}: inputs, targets, initial weights, gradients, units, size of the steps, losses",
        of(rows, "training row", "training rows"),
        of(layers, "layer", "layers"),
        of(epochs as usize, "epoch", "epochs")
    )
}

/// The training of `pellucid run`.
pub(super) fn of_recipe(
    name: &str,
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Diagnosis> {
    let done = match recipe.train.precision {
        Precision::F32 => of_recipe_at::<f32>(name, recipe, settings, threads),
        Precision::F64 => of_recipe_at::<f64>(name, recipe, settings, threads),
    };
    done.with_context(|| format!("recipe {name}"))
}

fn of_recipe_at<T: Scalar>(
    name: &str,
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Diagnosis> {
    let started = Instant::now();
    let (mut experiment, validation) = prepare::<T>(recipe, settings, threads)?;
    let mut layer_statistics =
        LayerStatisticsRecorder::new(recipe, experiment.initial(), experiment.training())?;
    let mut stopping = crate::run::stopping(recipe, &experiment, validation.as_ref(), |_| {});
    let mut time = recipe
        .train
        .max_seconds
        .map(|seconds| TimeLimit::new(seconds, || started.elapsed().as_secs_f64()));
    let mut progress = Progress::new(name, settings.quiet);
    let mut observers: Vec<&mut dyn Observer<T>> = vec![&mut layer_statistics, &mut progress];
    observers.extend(stopping.as_mut().map(|stopping| stopping as &mut dyn Observer<T>));
    observers.extend(time.as_mut().map(|time| time as &mut dyn Observer<T>));
    let ending = experiment.run(observers.as_mut_slice());
    progress.finish();
    let failure = ending.as_ref().err();
    if failure.is_none()
        && let Some(stopping) = &stopping
    {
        experiment.keep_best(stopping);
    }
    let findings = experiment.diagnose(layer_statistics.entries(), stopping.as_ref(), failure)?;
    let rule = stopping.as_ref().and_then(EarlyStopping::ended_by);
    let time_is_over = time.as_ref().is_some_and(TimeLimit::is_over);
    let ended_by = match ending {
        Ok(ending) => Some(EndedBy::of(ending, rule, time_is_over)),
        Err(error) if is_divergence(&error) => None,
        Err(error) => return Err(error.into()),
    };
    let layers = experiment.network().architecture().layers().len();
    Ok(Diagnosis {
        looked_at: looked_at(
            experiment.training().rows(),
            layers,
            experiment.completed_epochs(),
        ),
        findings,
        notes: Vec::new(),
        stopped: ended_by == Some(EndedBy::Interrupt),
        record: json!({
            "recipe": recipe,
            "epochs": experiment.completed_epochs(),
            "updates": experiment.updates(),
            "ended_by": ended_by,
            "layer_statistics": layer_statistics.entries(),
        }),
    })
}

fn is_divergence(error: &pellucid::Error) -> bool {
    use pellucid::Error::{NonFiniteLoss, NonFiniteParameters};
    matches!(error, NonFiniteLoss { .. } | NonFiniteParameters { .. })
}

/// The training of `pellucid train`.
pub(super) fn of_table(
    table: &Table,
    request: &TrainingRequest,
    threads: NonZeroUsize,
    quiet: bool,
) -> Result<Diagnosis> {
    let plan = Plan::new(table, request)?;
    if !quiet {
        for choice in plan.choices() {
            terminal::note(choice);
        }
    }
    let mut watch = Diagnosing {
        progress: TrainProgress::new(&table.source, quiet, Instant::now()),
        findings: Vec::new(),
        epochs: 0,
    };
    let trained = plan.train(None, threads, &mut watch);
    watch.progress.finish();
    let (ended_by, layer_statistics, notes, training_rows): (_, Vec<LayerStatistics>, _, _) = match trained {
        Ok(trained) => (
            Some(trained.ended_by),
            trained.layer_statistics,
            trained.notes,
            trained.training_rows,
        ),
        Err(DataError::Engine(error)) if is_divergence(&error) => {
            (None, Vec::new(), Vec::new(), table.rows())
        }
        Err(error) => return Err(error.into()),
    };
    let layers = plan.recipe().network.layers.len() - 1;
    Ok(Diagnosis {
        findings: watch.findings,
        looked_at: looked_at(training_rows, layers, watch.epochs),
        notes,
        stopped: ended_by == Some(EndedBy::Interrupt),
        record: json!({
            "recipe": plan.recipe(),
            "epochs": watch.epochs,
            "ended_by": ended_by,
            "layer_statistics": layer_statistics,
        }),
    })
}

/// Keeps what is found.
struct Diagnosing {
    progress: TrainProgress,
    findings: Vec<Finding>,
    epochs: u64,
}

impl Watch for Diagnosing {
    fn epoch(&mut self, line: &EpochLine, is_best: bool) -> ControlFlow<()> {
        self.epochs = line.epoch;
        self.progress.epoch(line, is_best)
    }

    fn seconds(&mut self) -> Option<f64> {
        self.progress.seconds()
    }

    fn diagnoses(&self) -> bool {
        true
    }

    fn found(&mut self, findings: &[Finding]) {
        self.findings = findings.to_vec();
    }
}

impl<T: Scalar> Observer<T> for Diagnosing {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        Observer::<T>::on(&mut self.progress, event)
    }

    fn next_step(&mut self, next: Position) -> u64 {
        Observer::<T>::next_step(&mut self.progress, next)
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        Observer::<T>::next_epoch(&mut self.progress, next)
    }
}
