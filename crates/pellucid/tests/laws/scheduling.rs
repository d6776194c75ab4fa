//! The rate of each step is the schedule's, whatever the optimizer.

use crate::fixture::{bits, classes, classifier, difference, experiment, gradient, objective, trained};
use pellucid::dataset::{Dataset, Targets};
use pellucid::optimizer::{OptimizerState, Rule};
use pellucid::recipe::{BatchSize, Recipe};
use pellucid::{Loss, Optimizer, Reduction, Schedule, Workspace};

const SCHEDULES: [&str; 4] = [
    "train.schedule={ warmup = 0.5 }",
    "train.schedule={ name = \"linear\", warmup = 0.2, end = 0.1 }",
    "train.schedule=cosine",
    "train.schedule=one_cycle",
];

/// The parameters after every step is taken by hand.
fn trained_by_hand(recipe: &Recipe, data: &Dataset<f64>, batch: usize) -> Vec<f64> {
    let run = experiment(recipe, data);
    let mut network = run.initial().clone();
    let mut optimizer = OptimizerState::new(
        Rule::of(&recipe.train.optimizer).unwrap(),
        network.parameters().len(),
    );
    let mut workspace = Workspace::new(network.architecture(), batch);
    let schedule = Schedule::of(&recipe.train.schedule).unwrap();
    let Targets::Classes { labels, classes } = data.targets() else {
        unreachable!("the data are classes")
    };
    let starts: Vec<usize> = (0..data.rows()).step_by(batch).collect();
    let steps = starts.len() as u64 * recipe.train.epochs;
    for step in 0..steps {
        let start = starts[step as usize % starts.len()];
        let end = (start + batch).min(data.rows());
        let mut targets = vec![0.0; (end - start) * classes];
        for (row, label) in labels[start..end].iter().enumerate() {
            targets[row * classes + *label as usize] = 1.0;
        }
        let gradient = gradient(
            &network,
            data.features().slice(start, end),
            &targets,
            objective(Loss::CategoricalCrossEntropy, Reduction::Mean),
            &mut workspace,
        );
        let rate = schedule.rate(recipe.train.learning_rate, step, steps);
        optimizer.step(network.parameters_mut(), &gradient, rate);
    }
    network.parameters().to_vec()
}

#[test]
fn every_step_is_taken_at_the_rate_of_its_schedule() {
    let data = classes::<f64>(50, 5, 3, 7);
    for optimizer in [Optimizer::Sgd, Optimizer::Adam] {
        let mut recipe = classifier();
        recipe.train.shuffle = false;
        recipe.train.optimizer = optimizer.into();
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
fn a_constant_schedule_is_none() {
    let data = classes::<f32>(50, 5, 3, 7);
    let without = classifier();
    let mut with = classifier();
    with.set("train.schedule=constant").unwrap();
    assert_eq!(bits(&trained(&with, &data)), bits(&trained(&without, &data)));
}
