//! Checks what ends a run (patience with any figure, a target, a time limit) and which weights it keeps.

use crate::fixture::{classes, classifier, experiment, threads};
use crate::run::Run;
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::evaluate;
use pellucid::evaluation::metrics::{Figure, Meters, Metric};
use pellucid::recipe::StopAt;
use pellucid::training::early_stopping::{EndedBy, StopRules, TimeLimit};
use pellucid::training::epochs::{EpochRecorder, HeldOut};
use pellucid::training::observe::{EpochRecord, Event, Observer, Position};
use pellucid::{Ending, Loss, Recipe, Session};
use std::cell::Cell;
use std::ops::ControlFlow;

const LOSS: Loss = Loss::CategoricalCrossEntropy;

fn recipe() -> Recipe {
    let mut recipe = classifier();
    recipe.train.epochs = 150;
    recipe
}

/// Collects what a recorder says of each epoch.
struct Judged<'a> {
    recorder: EpochRecorder<'a, f64>,
    epochs: Vec<EpochRecord>,
    improvements: Vec<u64>,
}

impl<'a> Judged<'a> {
    fn new(recorder: EpochRecorder<'a, f64>) -> Self {
        Self {
            recorder,
            epochs: Vec::new(),
            improvements: Vec::new(),
        }
    }
}

impl Observer<f64> for Judged<'_> {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        let flow = self.recorder.on(event);
        if let Event::Epoch { position, .. } = event {
            let (record, _) = self.recorder.recorded(*position).expect("it records every epoch");
            self.epochs.push(record.clone());
            let best = self.recorder.best_epoch();
            self.improvements
                .extend(best.filter(|best| *best == position.epoch + 1));
        }
        flow
    }

    fn next_step(&mut self, next: Position) -> u64 {
        self.recorder.next_step(next)
    }
}

/// Records every epoch with these metrics.
fn recorder(metrics: &[Metric], training: &Dataset<f64>) -> EpochRecorder<'static, f64> {
    EpochRecorder::new(1, 1, Meters::new(metrics, training))
}

/// The epochs of a run, the reason of its end, its improvements, and the final parameters.
fn judged(recipe: &Recipe, with_held_out: bool) -> (Vec<EpochRecord>, EndedBy, Vec<u64>, Vec<f64>) {
    let (training, validation) = (classes::<f64>(50, 5, 3, 7), classes::<f64>(40, 5, 3, 8));
    let rules = StopRules::from_recipe(recipe);
    let metrics = rules.with_metrics(&recipe.log.metrics);
    let measured: &[Metric] = if with_held_out { &[] } else { &metrics };
    let recorder = recorder(measured, &training);
    let meters = Meters::new(measured, &training);
    let held_out = HeldOut {
        data: &validation,
        loss: LOSS,
        metrics: metrics.clone(),
        threads: threads(1),
    };
    let mut run: Run<f64> = experiment(recipe, &training);
    let held_out = with_held_out.then_some(held_out);
    let mut judged = Judged::new(recorder.judging(rules, meters, held_out));
    let ending = run.run(&mut judged).unwrap();
    let Judged {
        recorder,
        epochs,
        improvements,
    } = judged;
    let mut network = run.network().clone();
    recorder.restore(&mut network);
    let parameters = network.parameters().to_vec();
    let best = recorder.best_epoch().expect("some epoch is the best");
    if with_held_out {
        let found = evaluate(&network, &validation, LOSS, &[], threads(1));
        let of_best = epochs[best as usize - 1].validation_loss();
        assert_eq!(Some(found.loss), of_best, "the best epoch's weights");
        assert_eq!(recorder.kept(), Some((best, found.loss)));
    }
    let ended_by = EndedBy::from_ending(ending, recorder.ended_by(), false);
    (epochs, ended_by, improvements, parameters)
}

fn figures(epochs: &[EpochRecord], figure: Figure) -> Vec<f64> {
    let of = |epoch: &EpochRecord| match &epoch.validation {
        Some(found) => figure.value_in(found.loss, &found.metrics),
        None => figure.value_in(epoch.loss, &epoch.metrics),
    };
    epochs.iter().map(of).collect()
}

#[test]
fn patience_follows_the_monitored_figure_in_its_direction() {
    for name in [
        "loss",
        "accuracy",
        "log_loss",
        "roc_auc",
        "macro_f1",
        "mean_squared_error",
        "r2",
    ] {
        for with_held_out in [true, false] {
            let mut recipe = recipe();
            let figure = Figure::named(name).unwrap();
            (
                recipe.train.monitor,
                recipe.train.patience,
                recipe.train.min_delta,
            ) = (figure, Some(4), 0.003);
            let (epochs, ended_by, improvements, _) = judged(&recipe, with_held_out);
            // The same rule, computed here.
            let rises = !["loss", "log_loss", "mean_squared_error"].contains(&name);
            let sign = if rises { 1.0 } else { -1.0 };
            let (mut best_value, mut best_at) = (f64::NEG_INFINITY, 0);
            let found = figures(&epochs, figure);
            for (at, value) in found.iter().enumerate() {
                let is_best = sign * value > best_value + 0.003;
                if is_best {
                    (best_value, best_at) = (sign * value, at);
                }
                let improves = improvements.contains(&(at as u64 + 1));
                assert_eq!(improves, is_best, "{name}, epoch {}", at + 1);
                assert!(
                    at - best_at < 4 || at == found.len() - 1,
                    "{name} continued after epoch {}",
                    at + 1
                );
            }
            assert_eq!(improvements.last(), Some(&(best_at as u64 + 1)), "{name}");
            if found.len() < 150 {
                assert_eq!(ended_by, EndedBy::Patience, "{name}");
                assert_eq!(found.len(), best_at + 1 + 4, "{name}");
            } else {
                assert!(with_held_out || name != "accuracy", "{name} soon stops improving");
                assert_eq!(ended_by, EndedBy::Epochs);
            }
        }
    }
}

#[test]
fn a_target_ends_the_run_at_the_first_epoch_that_reaches_it() {
    for (name, value) in [
        ("accuracy", 0.8),
        ("loss", 0.7),
        ("roc_auc", 0.9),
        ("mean_absolute_error", 0.3),
    ] {
        for with_held_out in [true, false] {
            let mut recipe = recipe();
            let metric = Figure::named(name).unwrap();
            recipe.train.stop_at = Some(StopAt { metric, value });
            let (epochs, ended_by, ..) = judged(&recipe, with_held_out);
            let reached = |found: &f64| match name {
                "accuracy" | "roc_auc" => *found >= value,
                _ => *found <= value,
            };
            let found = figures(&epochs, metric);
            assert_eq!(ended_by, EndedBy::Target, "{name}: {found:?}");
            assert_eq!(
                found.iter().position(reached),
                Some(found.len() - 1),
                "{name}: {found:?}"
            );
        }
    }
}

#[test]
fn without_held_out_rows_it_keeps_the_last_weights() {
    let mut recipe = recipe();
    recipe.train.patience = Some(1);
    recipe.train.monitor = Figure::Metric(Metric::Accuracy);
    let (epochs, _, _, parameters) = judged(&recipe, false);
    recipe.train.epochs = epochs.len() as u64;
    assert_eq!(
        parameters,
        crate::fixture::trained(&recipe, &classes::<f64>(50, 5, 3, 7))
    );
}

#[test]
fn training_metrics_equal_those_of_the_history() {
    let mut recipe = recipe();
    recipe.train.epochs = 6;
    recipe.log.metrics = vec![Metric::Accuracy, Metric::RocAuc, Metric::R2];
    let data = classes::<f64>(50, 5, 3, 7);
    let meters = || Meters::new(&recipe.log.metrics, &data);
    let mut history = EpochRecorder::<f64>::new(1, 1, meters());
    // Of these epochs only the first is an entry; the others have what they are judged by.
    let judging = EpochRecorder::new(100, 1, meters()).judging(StopRules::default(), meters(), None);
    let mut judged = Judged::new(judging);
    experiment(&recipe, &data)
        .run(&mut (&mut history, &mut judged))
        .unwrap();
    assert_eq!(history.entries().len(), 6);
    assert_eq!(judged.recorder.entries().len(), 1);
    assert_eq!(history.entries(), judged.epochs);
}

/// The clock advances by a second with each reading.
#[test]
fn the_time_limit_ends_a_run_between_two_steps() {
    for seconds in [1.0, 7.0, 40.0] {
        let readings = Cell::new(0);
        let clock = || {
            readings.set(readings.get() + 1);
            f64::from(readings.get())
        };
        let mut limit = TimeLimit::new(seconds, clock);
        let data = classes::<f64>(50, 5, 3, 7);
        let mut run = experiment(&recipe(), &data);
        let ending = run.run(&mut limit).unwrap();
        assert_eq!(ending, Ending::Stopped);
        assert!(limit.is_over());
        drop(limit);
        // At a second per step, the limit reads the clock after each step.
        assert_eq!(run.updates(), seconds as u64);
        assert_eq!(f64::from(readings.get()), seconds + 1.0);
    }
}

#[test]
fn a_fast_run_reads_the_clock_rarely() {
    let readings = Cell::new(0u64);
    let clock = || {
        readings.set(readings.get() + 1);
        readings.get() as f64 * 1e-6
    };
    let mut limit = TimeLimit::new(1.0, clock);
    let data = classes::<f64>(50, 5, 3, 7);
    let mut run = experiment(&recipe(), &data);
    assert_eq!(run.run(&mut limit).unwrap(), Ending::Completed);
    drop(limit);
    assert!(
        readings.get() < 20,
        "{} readings in {} steps",
        readings.get(),
        run.updates()
    );
}

#[test]
fn rejects_invalid_settings_with_their_key() {
    let of = |change: fn(&mut Recipe)| {
        let mut recipe = recipe();
        change(&mut recipe);
        recipe.validate().unwrap_err().to_string()
    };
    let y_pred = || Figure::Metric(Metric::YPred);
    assert_eq!(y_pred().name(), "y_pred");
    for (error, key) in [
        (
            of(|recipe| recipe.train.monitor = Figure::Metric(Metric::YPred)),
            "train.monitor",
        ),
        (
            of(|recipe| {
                recipe.train.stop_at = Some(StopAt {
                    metric: Figure::Metric(Metric::YPred),
                    value: 1.0,
                });
            }),
            "train.stop_at.metric",
        ),
        (
            of(|recipe| {
                recipe.train.stop_at = Some(StopAt {
                    metric: Figure::Loss,
                    value: f64::NAN,
                });
            }),
            "train.stop_at.value",
        ),
        (
            of(|recipe| recipe.train.max_seconds = Some(0.0)),
            "train.max_seconds",
        ),
        (of(|recipe| recipe.data.validation = 1.0), "data.validation"),
    ] {
        assert!(error.contains(key), "{error}");
    }
    let mut recipe = recipe();
    recipe.log.metrics = vec![Metric::named("top_9").unwrap()];
    let error = Session::new(recipe, classes::<f64>(50, 5, 3, 7), threads(1)).unwrap_err();
    assert!(error.to_string().contains("log.metrics"), "{error}");
}
