//! Checks dropout, sample weights, penalties, gradient clipping and early stopping.

use crate::fixture::{gradient, network, objective, targets, threads, uniform};
use crate::run::Run;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::metrics::Meters;
use pellucid::model::pass::{self, Workspace};
use pellucid::numpy_random::RandomState;
use pellucid::training::early_stopping::StopRules;
use pellucid::training::epochs::{EpochRecorder, HeldOut};
use pellucid::{
    Activation, Dropout, EndedBy, Input, Loss, Recipe, Reduction, Session, check_gradient, loss_sum,
};
use std::ops::ControlFlow;

const SIZES: [usize; 4] = [5, 9, 7, 3];

#[test]
fn the_gradient_under_dropout_is_that_of_the_thinned_network() {
    for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Relu] {
        for rows in [1, 4, 6] {
            let generator = &mut RandomState::new(rows as u32);
            let layers = [activation, activation, Activation::Softmax];
            let network = network::<f64>(&SIZES, &layers, true, generator);
            let x: Vec<f64> = uniform(rows * 5, -1.0, 1.0, generator);
            let loss = Loss::CategoricalCrossEntropy;
            let y = targets::<f64>(loss, rows, 3, generator);
            let architecture = network.architecture();
            let fresh = Workspace::new(architecture, rows).with_dropout(Dropout::new(&[0.4; 2], 7).unwrap());
            let report = check_gradient(
                network.parameters(),
                |parameters| {
                    let mut workspace = fresh.clone();
                    pass::forward(architecture, parameters, Input::Dense(&x), &mut workspace);
                    loss_sum(loss, architecture, &y, &workspace)
                },
                |_| {
                    gradient(
                        &network,
                        Input::Dense(&x),
                        &y,
                        objective(loss, Reduction::Sum),
                        &mut fresh.clone(),
                    )
                },
            );
            assert!(
                report.is_right(),
                "{activation:?}, {rows} rows: {}",
                report.worst()
            );
            let without = gradient(
                &network,
                Input::Dense(&x),
                &y,
                objective(loss, Reduction::Sum),
                &mut Workspace::new(architecture, rows),
            );
            let entries = report.entries.iter().zip(&without);
            assert!(
                entries
                    .into_iter()
                    .any(|(entry, &without)| entry.given != without)
            );
        }
    }
}

/// For a linear network, the mean output over many masks is the output without dropout.
#[test]
fn dropout_keeps_the_expected_output() {
    let generator = &mut RandomState::new(3);
    let network = network::<f64>(&[4, 20, 2], &[Activation::Identity; 2], true, generator);
    let x: Vec<f64> = uniform(4, -1.0, 1.0, generator);
    let architecture = network.architecture();
    let outputs = |workspace: &mut Workspace<f64>| {
        pass::forward(architecture, network.parameters(), Input::Dense(&x), workspace);
        workspace.outputs().to_vec()
    };
    let whole = outputs(&mut Workspace::new(architecture, 1));
    for rate in [0.1, 0.5] {
        let mut workspace = Workspace::new(architecture, 1).with_dropout(Dropout::new(&[rate], 1).unwrap());
        const DRAWS: usize = 20_000;
        let (mut sum, mut squares) = ([0.0; 2], [0.0; 2]);
        for _ in 0..DRAWS {
            for (j, a) in outputs(&mut workspace).into_iter().enumerate() {
                sum[j] += a;
                squares[j] += a * a;
            }
        }
        for j in 0..2 {
            let mean = sum[j] / DRAWS as f64;
            let deviation = (squares[j] / DRAWS as f64 - mean * mean).sqrt();
            assert!(deviation > 0.0, "no unit is dropped");
            let allowed = 5.0 * deviation / (DRAWS as f64).sqrt();
            assert!(
                (mean - whole[j]).abs() < allowed,
                "{mean} is not {} ± {allowed}",
                whole[j]
            );
        }
    }
}

#[test]
fn rejects_a_dropout_rate_of_1() {
    for rate in [-0.1, 1.0, f64::NAN] {
        assert!(
            Dropout::new(&[rate], 0)
                .unwrap_err()
                .to_string()
                .contains("train.dropout")
        );
    }
}

/// A row of weight 2 equals the same row twice; a row of weight 0 equals no row.
#[test]
fn sample_weights_equal_repeated_rows() {
    let outputs = [
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softmax,
        Activation::Exponential,
    ];
    let defined = Loss::ALL
        .into_iter()
        .flat_map(|loss| outputs.map(|output| (loss, output)));
    for (loss, last) in defined.filter(|(loss, output)| loss.objection_to(*output).is_none()) {
        let generator = &mut RandomState::new(11);
        let network = network::<f64>(&[5, 6, 3], &[Activation::Tanh, last], true, generator);
        let architecture = network.architecture();
        let x: Vec<f64> = uniform(3 * 5, -1.0, 1.0, generator);
        let y = targets::<f64>(loss, 3, 3, generator);
        let objective = objective(loss, Reduction::Sum);
        let mut workspace = Workspace::new(architecture, 3);
        workspace.weigh_rows([2.0, 0.0, 1.0]);
        let weighted = gradient(&network, Input::Dense(&x), &y, objective, &mut workspace);
        let weighted_loss = loss_sum(loss, architecture, &y, &workspace);

        let repeated = |all: &[f64], width: usize| [&all[..width], &all[..width], &all[2 * width..]].concat();
        let (x, y) = (repeated(&x, 5), repeated(&y, 3));
        let mut workspace = Workspace::new(architecture, 3);
        let plain = gradient(&network, Input::Dense(&x), &y, objective, &mut workspace);
        let plain_loss = loss_sum(loss, architecture, &y, &workspace);
        assert!(
            (weighted_loss - plain_loss).abs() < 1e-12 * plain_loss.abs().max(1.0),
            "{loss:?}, {last:?}"
        );
        for (a, b) in weighted.iter().zip(&plain) {
            assert!((a - b).abs() < 1e-12, "{loss:?}: {a} and {b}");
        }
    }
}

fn recipe(train: &str) -> Recipe {
    let text = format!(
        "[data]\nsource = \"inline\"\n[network]\nlayers = [2, 8, 1]\nactivation = [\"tanh\", \"identity\"]\n\
         [train]\nloss = \"half_squared_error\"\nseed = 5\n{train}"
    );
    Recipe::from_toml(&text, "the test").unwrap()
}

fn noisy(rows: usize, seed: u32) -> Dataset<f64> {
    let generator = &mut RandomState::new(seed);
    let x: Vec<f64> = uniform(rows * 2, -1.0, 1.0, generator);
    let y = x
        .chunks(2)
        .map(|x| x[0] * x[1] + 0.3 * generator.standard_normal())
        .collect();
    Dataset::new(
        Features::Dense(Matrix::new(rows, 2, x).unwrap()),
        Targets::Dense(Matrix::new(rows, 1, y).unwrap()),
    )
    .unwrap()
}

/// θ ← θ − η(g + λW), and no penalty on biases.
#[test]
fn the_penalty_acts_on_weights_and_not_on_biases() {
    let step = |l2: f64| {
        let recipe = recipe(&format!("learning_rate = 0.1\nepochs = 1\nl2 = {l2}\n"));
        let mut run = Run::new(recipe, noisy(20, 1), threads(1)).unwrap();
        let initial = run.initial().clone();
        run.run(&mut ()).unwrap();
        (initial, run.network().clone())
    };
    let ((initial, plain), (_, punished)) = (step(0.0), step(0.5));
    let weights = initial.architecture().weight_count();
    for (index, (a, b)) in plain.parameters().iter().zip(punished.parameters()).enumerate() {
        let pull = if index < weights {
            0.1 * 0.5 * initial.parameters()[index]
        } else {
            0.0
        };
        assert!(
            (a - pull - b).abs() < 1e-14,
            "parameter {index}: {a} − {pull} is not {b}"
        );
    }
}

/// One step of full-batch gradient descent at rate 0.1 with further settings: the parameters before and after.
fn one_step(settings: &str) -> (Vec<f64>, Vec<f64>, usize) {
    let recipe = recipe(&format!("learning_rate = 0.1\nepochs = 1\n{settings}\n"));
    let mut run = Run::new(recipe, noisy(20, 1), threads(1)).unwrap();
    let before = run.initial().clone();
    run.run(&mut ()).unwrap();
    let weights = before.architecture().weight_count();
    (
        before.parameters().to_vec(),
        run.network().parameters().to_vec(),
        weights,
    )
}

/// g + λ₁·sign(W) + λ₂·W, on the biases only where the setting asks for it.
#[test]
fn both_penalties_add_up_and_include_biases_on_request() {
    let (before, plain, weights) = one_step("");
    for (settings, biases) in [("", false), ("penalize_biases = true", true)] {
        let (_, punished, _) = one_step(&format!("l1 = 0.3\nl2 = 0.5\n{settings}"));
        for (index, ((before, plain), punished)) in before.iter().zip(&plain).zip(&punished).enumerate() {
            let sign = if *before == 0.0 { 0.0 } else { before.signum() };
            let pull = if index < weights || biases {
                0.1 * (0.3 * sign + 0.5 * before)
            } else {
                0.0
            };
            assert!(
                (plain - pull - punished).abs() < 1e-14,
                "parameter {index}, {settings}"
            );
        }
    }
}

#[test]
fn clipping_limits_the_size_and_keeps_the_direction() {
    let gradient = |settings: &str| -> Vec<f64> {
        let (before, after, _) = one_step(settings);
        before
            .iter()
            .zip(after)
            .map(|(before, after)| (before - after) / 0.1)
            .collect()
    };
    let norm = |gradient: &[f64]| gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    let plain = gradient("");
    let bound = norm(&plain) / 4.0;
    let by_norm = gradient(&format!("clip_norm = {bound}"));
    assert!((norm(&by_norm) - bound).abs() < 1e-12);
    assert!(
        plain
            .iter()
            .zip(&by_norm)
            .all(|(g, clipped)| (g / 4.0 - clipped).abs() < 1e-12)
    );
    let largest = plain.iter().fold(0.0f64, |most, g| most.max(g.abs()));
    let by_value = gradient(&format!("clip_value = {}", largest / 2.0));
    for (g, clipped) in plain.iter().zip(&by_value) {
        assert!((g.clamp(-largest / 2.0, largest / 2.0) - clipped).abs() < 1e-12);
    }
    // A large enough bound changes only the code path of the step.
    let untouched = gradient("clip_norm = 1e6\nclip_value = 1e6");
    assert!(
        plain
            .iter()
            .zip(&untouched)
            .all(|(g, same)| (g - same).abs() < 1e-12)
    );
}

#[test]
fn early_stopping_keeps_the_weights_of_the_best_epoch() {
    let recipe =
        recipe("learning_rate = 0.01\nepochs = 400\noptimizer = \"adam\"\nbatch_size = 4\npatience = 6\n");
    let validation = noisy(60, 2);
    let mut run = Run::new(recipe.clone(), noisy(24, 1), threads(1)).unwrap();
    let mut kept = Vec::new();
    let held_out = HeldOut {
        data: &validation,
        loss: Loss::HalfSquaredError,
        metrics: vec![],
        threads: threads(1),
    };
    let meters = Meters::new(&[], &validation);
    let rules = StopRules::from_recipe(&recipe);
    let mut stopping = EpochRecorder::new(1, 1, meters.clone()).judging(rules, meters, Some(held_out));
    struct Keep<'a>(&'a mut Vec<Vec<f64>>);
    impl pellucid::training::observe::Observer<f64> for Keep<'_> {
        fn on(&mut self, event: &pellucid::training::observe::Event<'_, f64>) -> ControlFlow<()> {
            if let pellucid::training::observe::Event::Epoch { network, .. } = event {
                self.0.push(network.parameters().to_vec());
            }
            ControlFlow::Continue(())
        }
    }
    let mut keep = Keep(&mut kept);
    run.run(&mut (&mut keep, &mut stopping)).unwrap();
    let losses: Vec<f64> = stopping
        .entries()
        .iter()
        .map(|epoch| epoch.validation_loss().unwrap())
        .collect();
    let best = (0..losses.len())
        .min_by(|&a, &b| losses[a].total_cmp(&losses[b]))
        .unwrap();
    assert!(
        losses.len() < 400,
        "the network memorised the noise, but the run did not stop"
    );
    assert_eq!(losses.len(), best + 1 + 6, "six epochs after the best");
    assert_eq!(stopping.best_epoch(), Some(best as u64 + 1));
    assert_eq!(stopping.ended_by(), Some(EndedBy::Patience));
    let mut network = run.network().clone();
    stopping.restore(&mut network);
    assert_eq!(network.parameters(), kept[best]);
    assert_ne!(network.parameters(), run.network().parameters());
}

/// A run with dropout depends on its recipe only; its batches are large enough for several threads.
#[test]
fn dropout_is_repeatable_to_the_bit() {
    let run = |count: usize| {
        let recipe = recipe("learning_rate = 0.01\nepochs = 3\ndropout = 0.3\nl2 = 0.01\nbatch_size = 7\n");
        let run = Session::new(recipe, noisy(40, 1), threads(count)).unwrap();
        let run = run.run(&mut ()).unwrap();
        run.network().parameters().to_vec()
    };
    assert_eq!(run(1), run(2));
}
