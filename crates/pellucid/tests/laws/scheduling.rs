//! Checks that each step uses the learning rate of the schedule, with every optimizer.

use crate::fixture::{
    bits, classes, classifier, dense, difference, experiment, flat, gradient, objective, session, trained,
};
use pellucid::data::dataset::{BatchBuffers, Dataset, Features, Rows, Samples, Targets};
use pellucid::inspection::explanation::{Explanation, Labels};
use pellucid::optimization::optimizer::OptimizerState;
use pellucid::optimization::schedule::RunLength;
use pellucid::recipe::{BatchSize, Recipe};
use pellucid::training::observe::{Event, Observer};
use pellucid::{Ending, Loss, Optimizer, Reduction, Workspace};
use std::ops::ControlFlow;

const SCHEDULES: [&str; 9] = [
    "train.schedule={ warmup = 0.5 }",
    "train.schedule={ name = \"linear\", warmup = 0.2, end = 0.1 }",
    "train.schedule=cosine",
    "train.schedule=one_cycle",
    "train.schedule={ name = \"polynomial\", power = 2, warmup = 0.1 }",
    "train.schedule={ name = \"step\", every = 2, factor = 0.5 }",
    "train.schedule={ name = \"exponential\", factor = 0.5, warmup = 0.2 }",
    "train.schedule=inverse_scaling",
    "train.schedule={ name = \"cosine_restarts\", period = 3 }",
];

/// The parameters after all steps, taken manually.
fn trained_by_hand(recipe: &Recipe, data: &Dataset<f64>, batch: usize) -> Vec<f64> {
    let run = experiment(recipe, data);
    let mut network = run.initial().clone();
    let mut optimizer = OptimizerState::new(recipe.train.optimizer, network.parameters().len());
    let mut workspace = Workspace::new(network.architecture(), batch);
    let schedule = recipe.train.schedule;
    let Targets::Classes { labels, classes } = data.targets() else {
        unreachable!("the data are classes")
    };
    let starts: Vec<usize> = (0..data.rows()).step_by(batch).collect();
    let length = RunLength {
        epochs: recipe.train.epochs,
        steps_per_epoch: starts.len() as u64,
        samples: data.rows() as u64,
    };
    let steps = length.steps();
    for step in 0..steps {
        let start = starts[step as usize % starts.len()];
        let end = (start + batch).min(data.rows());
        let mut targets = vec![0.0; (end - start) * classes];
        for (row, label) in labels[start..end].iter().enumerate() {
            targets[row * classes + *label as usize] = 1.0;
        }
        let gradient = gradient(
            &network,
            data.gather(Rows::Range(start, end), &mut BatchBuffers::default())
                .0,
            &targets,
            objective(Loss::CategoricalCrossEntropy, Reduction::Mean),
            &mut workspace,
        );
        let rate = schedule.rate(recipe.train.learning_rate, step, length);
        optimizer.step(network.parameters_mut(), &gradient, rate);
    }
    network.parameters().to_vec()
}

#[test]
fn every_step_uses_the_rate_of_the_schedule() {
    let data = classes::<f64>(50, 5, 3, 7);
    for optimizer in [Optimizer::SGD, Optimizer::ADAM] {
        let mut recipe = classifier();
        recipe.train.shuffle = false;
        recipe.train.optimizer = optimizer;
        recipe.train.batch_size = BatchSize::Rows(8);
        let constant = trained(&recipe, &data);
        for schedule in SCHEDULES {
            recipe.set(schedule).unwrap();
            let ours = trained(&recipe, &data);
            let off = difference(&ours, &trained_by_hand(&recipe, &data, 8));
            assert!(off < 1e-12, "{optimizer:?}, {schedule}: {off}");
            assert!(difference(&ours, &constant) > 1e-4, "{optimizer:?}, {schedule}");
        }
    }
}

#[test]
fn a_constant_schedule_equals_no_schedule() {
    let data = classes::<f32>(50, 5, 3, 7);
    let without = classifier();
    let mut with = classifier();
    with.set("train.schedule=constant").unwrap();
    assert_eq!(bits(&trained(&with, &data)), bits(&trained(&without, &data)));
}

/// An observer with a given sequence of validation losses.
struct Validated(Vec<f64>);

impl Observer<f64> for Validated {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        if let Event::Epoch { position, .. } = event {
            self.0.push([3.0, 2.0, 1.0, 1.0][position.epoch.min(3) as usize]);
        }
        ControlFlow::Continue(())
    }

    fn validation_loss(&self) -> Option<f64> {
        Some(self.0.last().copied().unwrap_or(f64::INFINITY))
    }
}

#[test]
fn a_schedule_follows_the_loss_that_it_names() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut plain = classifier();
    plain.train.shuffle = false;
    let mut reacting = plain.clone();
    reacting
        .set(
            "train.schedule={ name = \"reduce_on_plateau\", patience = 1, factor = 0.25, loss = \"validation\" }",
        )
        .unwrap();
    // The fifth epoch is the second without improvement: from the sixth on the rate is a quarter.
    let mut run = experiment(&reacting, &data);
    run.run(&mut Validated(Vec::new())).unwrap();
    let mut by_hand = plain.clone();
    by_hand.train.epochs = 5;
    let first = trained(&by_hand, &data);
    let network = pellucid::Network::new(run.initial().architecture().clone(), first).unwrap();
    by_hand.train.learning_rate /= 4.0;
    by_hand.train.epochs = 2;
    let mut second = experiment(&by_hand, &data).starting_from(&network).unwrap();
    second.run(&mut ()).unwrap();
    let mut seven = reacting.clone();
    seven.train.epochs = 7;
    let mut validated = experiment(&seven, &data);
    validated.run(&mut Validated(Vec::new())).unwrap();
    assert_eq!(
        bits(validated.network().parameters()),
        bits(second.network().parameters())
    );
    // The training loss falls throughout.
    let mut by_training = reacting.clone();
    by_training.set("train.schedule.loss=training").unwrap();
    assert_eq!(bits(&trained(&by_training, &data)), bits(&trained(&plain, &data)));
}

#[test]
fn rejects_a_schedule_without_its_validation_loss_before_the_first_step() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut recipe = classifier();
    recipe
        .set("train.schedule={ name = \"adaptive\", loss = \"validation\" }")
        .unwrap();
    let mut run = experiment(&recipe, &data);
    let refusal = run.run(&mut ()).unwrap_err().to_string();
    assert!(
        refusal.contains("train.schedule.loss = \"validation\"") && refusal.contains("hold some out"),
        "{refusal}"
    );
    assert_eq!(run.updates(), 0);
}

#[test]
fn adaptive_ends_the_run_at_its_smallest_rate() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut recipe = classifier();
    recipe.train.epochs = 1000;
    recipe.train.learning_rate = 2e-5;
    recipe
        .set("train.schedule={ name = \"adaptive\", patience = 2, threshold = 1.0 }")
        .unwrap();
    let mut run = experiment(&recipe, &data);
    assert_eq!(run.run(&mut ()).unwrap(), Ending::Converged);
    // The first epoch counts as an improvement; every three epochs without one divide the rate by 5: 4e-6, 8e-7, and the
    // end.
    assert_eq!(run.updates(), 13 * (1 + 3 * 3));
}

/// With a gradient of 0, a step leaves 1 − η·λ·share of each weight; and of many units, the share of the rate is dropped.
#[test]
fn dropout_and_decay_follow_their_schedules() {
    let data = classes::<f64>(40, 5, 3, 7);
    let mut recipe = classifier();
    for change in [
        "network.layers=[5, 4000, 3]",
        "train.batch_size=10",
        "train.learning_rate=0.1",
        "train.optimizer={ name = \"adamw\", weight_decay = 0.5 }",
        "train.rate_factors={ weights = 1.0 }",
        "train.dropout=0.4",
        "train.dropout_schedule={ name = \"flat_cosine\", flat = 0.5 }",
        "train.decay_schedule={ name = \"linear\", end = 0.2 }",
    ] {
        recipe.set(change).unwrap();
    }
    let length = RunLength {
        epochs: 10,
        steps_per_epoch: 4,
        samples: 40,
    };
    for step in [0, 19, 20, 33, 39] {
        let (_, trace) = session(&recipe, &data)
            .trace(step, None, &mut ())
            .unwrap()
            .unwrap();
        let record = Explanation::from_trace(&recipe, &trace, None, Labels::default());
        let mask = flat(&record.layers[0].dropout.as_ref().unwrap().mask);
        let dropped = mask.iter().filter(|&&factor| factor == 0.0).count() as f64 / mask.len() as f64;
        let rate = recipe.train.dropout_schedule.rate(0.4, step, length);
        assert!(
            (dropped - rate).abs() < 0.01,
            "step {step}: {dropped}, not {rate}"
        );
        let kept = mask.iter().copied().fold(0.0, f64::max);
        assert!((kept - 1.0 / (1.0 - rate)).abs() < 1e-12, "step {step}: {kept}");
        // What Adam adds is the same in a training whose step has no decay.
        let mut without = recipe.clone();
        without
            .set("train.optimizer={ name = \"adamw\", weight_decay = 0.0 }")
            .unwrap();
        if step == 0 {
            let (_, plain) = session(&without, &data).trace(0, None, &mut ()).unwrap().unwrap();
            let weights = trace.before.architecture().weight_count();
            let both = trace
                .after
                .as_ref()
                .unwrap()
                .parameters()
                .iter()
                .zip(plain.after.unwrap().parameters().to_vec());
            for (at, ((with, without), before)) in both.zip(trace.before.parameters()).enumerate() {
                let decay = if at < weights { 0.1 * 0.5 * before } else { 0.0 };
                assert!((without - with - decay).abs() < 1e-12, "parameter {at}");
            }
        }
    }
    // The decay of all steps together, of weights that have no gradient.
    let mut decayed = recipe.clone();
    decayed.set("network.activation=[\"relu\", \"softmax\"]").unwrap();
    decayed
        .set("init={ method = \"constant\", value = -1.0 }")
        .unwrap();
    decayed.set("train.dropout=0.0").unwrap();
    let positive = classes::<f64>(40, 5, 3, 7);
    let features = Features::Dense(dense(40, 5, vec![1.0; 200]));
    let positive = Dataset::new(features, positive.targets().clone()).unwrap();
    let expected: f64 = (0..length.steps())
        .map(|step| 1.0 - 0.1 * decayed.train.decay_schedule.rate(0.5, step, length))
        .product();
    let found = trained(&decayed, &positive);
    assert!(
        found[..5 * 4000]
            .iter()
            .all(|weight| (weight + expected).abs() < 1e-12)
    );
}
