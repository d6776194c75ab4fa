//! Checks that batches that share a step equal one batch of all their rows, and that averaged weights follow their formula.

use crate::fixture::{bits, classes, classifier, difference, experiment, trained};
use pellucid::data::dataset::Dataset;
use pellucid::recipe::{BatchSize, Recipe};
use pellucid::training::observe::{Event, Observer};
use pellucid::{Reduction, Scalar};
use std::ops::ControlFlow;

fn data() -> Dataset<f64> {
    let weights = (0..50).map(|row| 0.5 + f64::from(row % 3)).collect();
    classes::<f64>(50, 5, 3, 7).weighted(weights).unwrap()
}

#[test]
fn accumulated_batches_equal_one_batch() {
    for reduction in [Reduction::Mean, Reduction::Sum] {
        for settings in [
            &["train.optimizer=sgd"][..],
            &["train.optimizer=adam", "train.schedule=cosine"],
            &[
                "train.optimizer={ name = \"sgd\", momentum = 0.9 }",
                "train.l2=0.01",
                "train.clip_norm=0.5",
                "train.schedule={ name = \"step\", every = 3, warmup = 0.2 }",
                "train.average={ name = \"ema\", decay = 0.9 }",
            ],
        ] {
            let mut recipe = classifier();
            recipe.train.reduction = reduction;
            recipe.train.learning_rate = 0.02;
            for setting in settings {
                recipe.set(setting).unwrap();
            }
            // Batches of 8, 8, 8; 8, 8, 8; 2 rows.
            recipe.train.batch_size = BatchSize::Rows(8);
            recipe.train.accumulate = 3;
            let mut in_parts = experiment(&recipe, &data());
            in_parts.run(&mut ()).unwrap();
            assert_eq!(in_parts.updates(), 10 * 3);
            recipe.train.batch_size = BatchSize::Rows(24);
            recipe.train.accumulate = 1;
            let whole = trained(&recipe, &data());
            let off = difference(in_parts.network().parameters(), &whole);
            assert!(off < 1e-12, "{reduction:?}, {settings:?}: {off}");
        }
    }
}

/// Records the reported parameters and loss of each epoch.
#[derive(Default)]
struct EpochRecorder {
    parameters: Vec<Vec<f64>>,
    losses: Vec<f64>,
}

impl<T: Scalar> Observer<T> for EpochRecorder {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Epoch { loss, network, .. } = event {
            let numbers = network.parameters().iter();
            self.parameters
                .push(numbers.map(|number| number.to_f64()).collect());
            self.losses.push(*loss);
        }
        ControlFlow::Continue(())
    }
}

fn recorded(recipe: &Recipe) -> (EpochRecorder, Vec<f64>) {
    let (mut recorder, mut run) = (EpochRecorder::default(), experiment(recipe, &data()));
    run.run(&mut recorder).unwrap();
    (recorder, run.network().parameters().to_vec())
}

/// A recipe with one step per epoch, so that each step is reported.
fn full_batches() -> Recipe {
    let mut recipe = classifier();
    recipe.train.batch_size = BatchSize::Full;
    recipe.train.epochs = 30;
    recipe
}

#[test]
fn a_moving_average_follows_its_formula() {
    let mut recipe = full_batches();
    let (plain, _) = recorded(&recipe);
    recipe
        .set("train.average={ name = \"ema\", decay = 0.8 }")
        .unwrap();
    let (averaged, last) = recorded(&recipe);
    // As in PyTorch's AveragedModel, the first parameters are copied.
    let mut mean = plain.parameters[0].clone();
    for (epoch, parameters) in plain.parameters.iter().enumerate() {
        if epoch > 0 {
            for (mean, parameter) in mean.iter_mut().zip(parameters) {
                *mean = 0.8 * *mean + (1.0 - 0.8) * parameter;
            }
        }
        let off = difference(&averaged.parameters[epoch], &mean);
        assert!(off < 1e-14, "epoch {epoch}: {off}");
    }
    assert!(difference(&last, &mean) < 1e-14);
    assert!(difference(&last, &plain.parameters[29]) > 1e-3);
    assert_eq!(
        bits(&averaged.losses),
        bits(&plain.losses),
        "the average does not change the training"
    );
}

#[test]
fn stochastic_weight_averaging_is_the_mean_of_the_last_epochs() {
    for (from, first) in [("0.5", 15), ("21", 20), ("0", 0), ("30", 29), ("0.99", 29)] {
        let mut recipe = classifier();
        recipe.train.epochs = 30;
        let (plain, _) = recorded(&recipe);
        recipe
            .set(&format!("train.average={{ name = \"swa\", from = {from} }}"))
            .unwrap();
        let (averaged, last) = recorded(&recipe);
        for epoch in 0..30 {
            let mean: Vec<f64> = if epoch < first {
                plain.parameters[epoch].clone()
            } else {
                let of = &plain.parameters[first..=epoch];
                (0..last.len())
                    .map(|at| of.iter().map(|parameters| parameters[at]).sum::<f64>() / of.len() as f64)
                    .collect()
            };
            let off = difference(&averaged.parameters[epoch], &mean);
            assert!(off < 1e-13, "from {from}, epoch {epoch}: {off}");
        }
        assert_eq!(bits(&last), bits(&averaged.parameters[29]));
        assert_eq!(bits(&averaged.losses), bits(&plain.losses));
    }
}

#[test]
fn rejects_invalid_settings_by_name() {
    for (settings, message) in [
        (&["train.accumulate=0"][..], "at least 1 batch"),
        (
            &["train.accumulate=2", "train.batch_size=full"],
            "train.accumulate = 2 cannot be used: a full batch",
        ),
        (
            &["train.accumulate=2", "train.optimizer=irprop_plus"],
            "irprop_plus compares",
        ),
        (&["train.accumulate=2", "train.update=top-down"], "accumulation"),
        (
            &["train.average={ decay = 1.0 }"],
            "train.average.decay = 1 cannot be used",
        ),
        (
            &["train.average={ name = \"swa\", decay = 0.9 }"],
            "train.average.name = \"swa\" does not use it",
        ),
        (&["train.average={ name = \"ema\", from = 3 }"], "does not use it"),
        (
            &["train.average={ name = \"swa\", from = 11 }"],
            "train.epochs, 10",
        ),
    ] {
        let mut recipe = classifier();
        let refusal = match recipe.set_all(settings.iter().copied()) {
            Ok(()) => recipe.validate().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(refusal.contains(message), "{settings:?}: {refusal}");
    }
    let mut recipe = classifier();
    let refusal = recipe.set("train.average=emma").unwrap_err().to_string();
    assert!(refusal.contains("`ema`"), "{refusal}");
}
