//! Training on tables: what is decided, what is held out, and that nothing leaks.

use pellucid::recipe::{Activations, BatchSize, Task};
use pellucid::{Activation, EndedBy, Optimizer};
use pellucid_data::preparation::hold_out;
use pellucid_data::training::{Plan, Preset, Scores, TrainingRequest};
use pellucid_data::{Column, Table, Values, load_builtin};
use std::num::NonZeroUsize;

const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn request(target: &str) -> TrainingRequest {
    let mut request = TrainingRequest {
        epochs: Some(3),
        preset: Some(Preset::Plain),
        ..TrainingRequest::default()
    };
    request.columns.target = vec![target.into()];
    request
}

#[test]
fn loss_and_output_follow_from_the_target() {
    for (set, target, task, outputs, activation) in [
        ("iris", "species", Task::Classification, 3, Activation::Softmax),
        ("moons", "class", Task::Classification, 1, Activation::Sigmoid),
        (
            "diabetes",
            "progression",
            Task::Regression,
            1,
            Activation::Identity,
        ),
    ] {
        let table = load_builtin(set, 0).unwrap();
        let plan = Plan::new(&table, &request(target)).unwrap();
        assert_eq!(plan.task(), task);
        let recipe = plan.recipe();
        assert_eq!(recipe.network.layers.last(), Some(&outputs));
        let Activations::Each(activations) = &recipe.network.activation else {
            panic!("one a layer")
        };
        assert_eq!(activations.last(), Some(&activation));
        assert_eq!(recipe.train.batch_size, BatchSize::Rows(32));
        let trained = plan.train(None, ONE, &mut ()).unwrap();
        assert_eq!(trained.summary.ended_by, EndedBy::Epochs);
        assert_eq!(trained.recipe.network.layers[0], trained.preparation.width());
        assert_eq!(trained.rows.len() + trained.held_out_rows.len(), table.rows());
        assert_eq!(trained.held_out_rows.len(), table.rows().div_ceil(10));
        assert_eq!(
            matches!(trained.training, Scores::Regression { .. }),
            task == Task::Regression
        );
    }
}

/// What stands in held-out rows does not change how training rows are prepared.
#[test]
fn held_out_rows_do_not_leak_into_the_preparation() {
    let iris = load_builtin("iris", 0).unwrap();
    let request = request("species");
    let plan = Plan::new(&iris, &request).unwrap();
    let labels = plan.labels().unwrap();
    let rows: Vec<u32> = (0..150).collect();
    let split = hold_out(&rows, Some(labels), 0.1, 0).unwrap();
    let expected = plan.train(None, ONE, &mut ()).unwrap().preparation;

    let changed = |rows: &[u32]| -> Table {
        let mut changed = iris.clone();
        for column in &mut changed.columns {
            if let Values::Numbers(numbers) = &mut column.values {
                rows.iter().for_each(|&row| numbers[row as usize] = 1e6);
            }
        }
        changed
    };
    let prepared = |table: &Table| {
        let plan = Plan::new(table, &request).unwrap();
        plan.train(None, ONE, &mut ()).unwrap().preparation
    };
    assert_eq!(prepared(&changed(&split.held_out)), expected);
    assert_ne!(prepared(&changed(&split.training[..1])), expected);
}

#[test]
fn every_row_is_scored_once_in_cross_validation() {
    let table = load_builtin("iris", 0).unwrap();
    let plan = Plan::new(&table, &request("species")).unwrap();
    let mut folds = Vec::new();
    let found = plan
        .cross_validate(4, ONE, None, &mut (), |fold, _| folds.push(fold))
        .unwrap();
    assert_eq!(folds, [0, 1, 2, 3]);
    let rows = found.folds.iter().map(|fold| match fold {
        Scores::Classification { scores, .. } => {
            scores.per_class.iter().map(|class| class.support).sum::<usize>()
        }
        Scores::Labels { .. } | Scores::Regression { .. } => 0,
    });
    assert_eq!(rows.sum::<usize>(), 150);
    assert!(
        found
            .spreads()
            .iter()
            .all(|spread| spread.std >= 0.0 && spread.mean.is_finite())
    );
}

#[test]
fn columns_go_by_number_and_last_too() {
    let table = load_builtin("iris", 0).unwrap();
    let chosen = |target: &str| {
        let request = request(target);
        let plan = Plan::new(&table, &request)?;
        Ok::<_, pellucid_data::DataError>(plan.columns().targets.clone())
    };
    for name in ["species", "5", "last"] {
        assert_eq!(chosen(name).unwrap(), ["species"]);
    }
    for (name, expected) in [
        ("0", "numbered 1 to 5"),
        ("6", "numbered 1 to 5"),
        ("specis", "did you mean `species`?"),
    ] {
        let error = chosen(name).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// A table of so many rows, whose target is a number.
fn numbers(rows: usize) -> Table {
    let column = |name: &str, of: fn(usize) -> usize| Column {
        name: name.into(),
        values: Values::Numbers((0..rows).map(|row| of(row) as f64).collect()),
    };
    Table {
        first_row: 0,
        source: "numbers".into(),
        columns: vec![
            column("x", |row| row * 7919 % 1009),
            column("y", |row| row * row % 997),
        ],
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

#[test]
fn the_default_is_plain_for_many_rows_and_for_other_optimizers() {
    let recipe = |rows: usize, optimizer: Option<Optimizer>| {
        let mut request = TrainingRequest {
            optimizer,
            ..TrainingRequest::default()
        };
        request.columns.target = vec!["y".into()];
        Plan::new(&numbers(rows), &request).unwrap().recipe().clone()
    };
    for (rows, optimizer, scales) in [
        (9_999, None, true),
        (9_999, Some(Optimizer::ADAM), true),
        (10_000, None, false),
        (9_999, Some(Optimizer::SGD), false),
        (9_999, Some(Optimizer::LBFGS), false),
    ] {
        let found = recipe(rows, optimizer);
        assert_eq!(found.network.input_scales, scales, "{rows}, {optimizer:?}");
        let layers = found.network.layers.len();
        assert_eq!(layers, if scales { 5 } else { 4 }, "{rows}, {optimizer:?}");
    }
}
