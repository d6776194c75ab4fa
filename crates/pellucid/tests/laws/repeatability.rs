//! Checks that a run depends on its recipe and its data only: not on threads or observers.

use crate::fixture::{bits, classes, classifier, recipe, threads, trained};
use pellucid::data::dataset::Dataset;
use pellucid::recipe::BatchSize;
use pellucid::{Optimizer, Recipe, Scalar, Session};
use serde_json::Value;

fn trained_on<T: Scalar>(recipe: &Recipe, data: &Dataset<T>, count: usize) -> Vec<u64> {
    let run = Session::new(recipe.clone(), data.clone(), threads(count)).unwrap();
    let run = run.run(&mut ()).unwrap();
    let metrics = run.evaluate();
    let mut all = bits(run.network().parameters());
    all.push(metrics.training.loss.to_bits());
    all
}

/// Layers wide enough for several threads per product.
fn wide(optimizer: Optimizer) -> Recipe {
    let mut recipe = classifier();
    recipe.network.layers = vec![300, 200, 100, 10];
    recipe.network.activation = pellucid::recipe::Activations::Each(vec![
        pellucid::Activation::Relu,
        pellucid::Activation::Tanh,
        pellucid::Activation::Softmax,
    ]);
    recipe.train.batch_size = BatchSize::Rows(128);
    recipe.train.optimizer = optimizer;
    recipe.train.learning_rate = optimizer.usual_learning_rate();
    recipe.train.epochs = 3;
    if !optimizer.takes_steps() {
        (recipe.train.batch_size, recipe.train.shuffle) = (BatchSize::Full, false);
    }
    recipe
}

fn threads_leave_every_bit<T: Scalar>() {
    let data = classes::<T>(300, 300, 10, 2);
    for optimizer in Optimizer::ALL {
        let recipe = wide(optimizer);
        let one = trained_on(&recipe, &data, 1);
        for count in [2, 3, 8] {
            assert!(
                trained_on(&recipe, &data, count) == one,
                "{optimizer:?} on {count} threads"
            );
        }
    }
}

#[test]
fn results_do_not_depend_on_threads_in_double_precision() {
    threads_leave_every_bit::<f64>();
}

#[test]
fn results_do_not_depend_on_threads_in_single_precision() {
    threads_leave_every_bit::<f32>();
}

#[test]
fn a_second_run_is_equal_to_the_bit_and_another_seed_is_not() {
    let data = classes::<f64>(50, 5, 3, 7);
    for optimizer in [Optimizer::SGD, Optimizer::ADAM] {
        let mut recipe = classifier();
        recipe.train.optimizer = optimizer;
        let first = bits(&trained(&recipe, &data));
        assert_eq!(bits(&trained(&recipe, &data)), first);
        recipe.set_seed(12);
        assert_ne!(bits(&trained(&recipe, &data)), first);
    }
}

#[test]
fn a_recipe_written_and_read_again_trains_equally() {
    let data = classes::<f64>(50, 5, 3, 7);
    let mut original = classifier();
    original.train.learning_rate = 0.1 + 0.2; // has no short decimal form
    let again = recipe(&original.to_toml().unwrap());
    assert_eq!(again, original);
    assert_eq!(bits(&trained(&again, &data)), bits(&trained(&original, &data)));
}

#[test]
fn the_order_of_samples_depends_on_the_seed_alone() {
    let data = classes::<f64>(50, 5, 3, 7);
    let shuffled = classifier();
    let mut in_order = classifier();
    in_order.train.shuffle = false;
    assert_ne!(bits(&trained(&shuffled, &data)), bits(&trained(&in_order, &data)));
}

#[test]
fn a_batch_larger_than_the_data_equals_the_full_batch() {
    let data = classes::<f64>(50, 5, 3, 7);
    for shuffle in [false, true] {
        let of = |size| {
            let mut recipe = classifier();
            recipe.train.batch_size = size;
            recipe.train.shuffle = shuffle;
            bits(&trained(&recipe, &data))
        };
        let full = of(BatchSize::Full);
        assert_eq!(of(BatchSize::Rows(50)), full);
        assert_eq!(of(BatchSize::Rows(51)), full);
        assert_eq!(of(BatchSize::Rows(usize::MAX)), full);
        assert_ne!(of(BatchSize::Rows(49)), full);
    }
}

fn seeds(value: &Value, found: &mut Vec<u64>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| match (key.as_str(), value) {
            ("seed", Value::Number(seed)) => found.extend(seed.as_u64()),
            _ => seeds(value, found),
        }),
        Value::Array(list) => list.iter().for_each(|value| seeds(value, found)),
        _ => {}
    }
}

#[test]
fn set_seed_replaces_every_seed() {
    let mut recipe = recipe(
        r#"
        [data]
        source = "regression"
        features = 2
        rows = 8
        seed = 5
        [network]
        layers = [2, 3, 1]
        activation = "tanh"
        [init]
        method = "draws"
        draws = [{ seed = 6, weights = 1 }, { discard = 2 }, { weights = 2 }, { seed = 7 }, { bias = 1, seed = 8 }]
        [train]
        loss = "squared_error"
        learning_rate = 0.1
        epochs = 1
        seed = 9
        "#,
    );
    let of = |recipe: &Recipe| {
        let mut found = Vec::new();
        seeds(&serde_json::to_value(recipe).unwrap(), &mut found);
        found.sort_unstable();
        found
    };
    assert_eq!(of(&recipe), [5, 6, 7, 8, 9]);
    recipe.set_seed(4_000_000_000);
    assert_eq!(of(&recipe), [4_000_000_000; 5]);
}
