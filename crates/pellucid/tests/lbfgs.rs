//! Compares L-BFGS on scikit-learn's digits with SciPy's L-BFGS-B. `golden/make_lbfgs.py` made the data and the expected
//! values.

#[path = "support/run.rs"]
mod run;

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::evaluate;
use pellucid::numpy_random::RandomState;
use pellucid::optimization::lbfgs::{Minimum, Reason};
use pellucid::training::observe::{Event, Observer};
use pellucid::{Ending, Network, Recipe, Scalar};
use run::Run;
use serde_json::Value;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

fn digits<T: Scalar>() -> Dataset<T> {
    let (mut labels, mut pixels) = (Vec::new(), Vec::new());
    for line in include_str!("golden/digits.txt").lines() {
        let mut numbers = line.bytes().map(|letter| letter - b'a');
        labels.push(u32::from(numbers.next().unwrap()));
        pixels.extend(numbers.map(|pixel| T::from_f64(f64::from(pixel) / 16.0)));
    }
    let features = Features::Dense(Matrix::new(labels.len(), 64, pixels).unwrap());
    Dataset::new(features, Targets::Classes { labels, classes: 10 }).unwrap()
}

fn recipe(layers: &Value, activation: &Value, l2: &Value, tolerance: &Value) -> Recipe {
    let hidden = layers.as_array().unwrap().len() - 2;
    let mut activations = vec![activation.clone(); hidden];
    activations.push("softmax".into());
    let text = format!(
        "data = {{ source = \"inline\" }}\n\
         network = {{ layers = {layers}, activation = {} }}\n\
         [train]\nloss = \"categorical_cross_entropy\"\nepochs = 2000\nl2 = {l2}\n\
         optimizer = {{ name = \"lbfgs\", gradient_tolerance = {tolerance} }}\n",
        Value::from(activations)
    );
    Recipe::from_toml(&text, "the test").unwrap()
}

fn from_weights_of<T: Scalar>(run: Run<T>, seed: u32) -> Run<T> {
    let mut generator = RandomState::new(seed);
    let architecture = run.initial().architecture().clone();
    let start = (0..architecture.parameter_count()).map(|_| T::from_f64(generator.uniform(-0.3, 0.3)));
    let start = Network::new(architecture, start.collect()).unwrap();
    run.starting_from(&start).unwrap()
}

/// The reported losses, and the parameters after each iteration.
#[derive(Default)]
struct Watcher {
    losses: Vec<f64>,
    epochs: Vec<u64>,
    stop_after: Option<u64>,
}

impl<T: Scalar> Observer<T> for Watcher {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match event {
            Event::Step { loss, .. } => self.losses.push(*loss),
            Event::Epoch { position, loss, .. } => {
                assert_eq!(Some(loss), self.losses.last());
                self.epochs.push(position.epoch);
                if Some(position.epoch) == self.stop_after {
                    return ControlFlow::Break(());
                }
            }
            Event::Recorded { .. } => {}
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: pellucid::training::observe::Position) -> u64 {
        next.step
    }
}

#[test]
fn needs_as_many_evaluations_as_scipy_for_the_same_loss() {
    let golden: Value = serde_json::from_str(include_str!("golden/lbfgs.json")).unwrap();
    let data = digits::<f64>();
    for case in golden["cases"].as_array().unwrap() {
        let recipe = recipe(
            &case["layers"],
            &case["activation"],
            &case["l2"],
            &case["gradient_tolerance"],
        );
        let run = Run::new(recipe, data.clone(), NonZeroUsize::MIN).unwrap();
        let mut run = from_weights_of(run, case["seed"].as_u64().unwrap() as u32);
        let mut watcher = Watcher::default();
        assert_eq!(run.run(&mut watcher).unwrap(), Ending::Converged);
        let found: Minimum = *run.minimum().unwrap();
        let number = |key: &str| case[key].as_f64().unwrap();
        assert!(
            found.evaluations as f64 <= 1.2 * number("evaluations"),
            "{found:?}, not {case}"
        );
        assert!(found.value <= number("value") * 1.001, "{found:?}, not {case}");
        assert_eq!(watcher.epochs, (0..found.iterations).collect::<Vec<_>>());
        let l2 = number("l2");
        let squares = |network: &Network<f64>| {
            let weights = &network.parameters()[..network.architecture().weight_count()];
            weights.iter().map(|weight| weight * weight).sum::<f64>()
        };
        let first = watcher.losses[0] + 0.5 * l2 * squares(run.initial());
        assert!((first / number("first_value") - 1.0).abs() < 1e-12);
        // The reported loss does not include the penalty.
        let loss = evaluate(
            run.network(),
            &data,
            pellucid::Loss::CategoricalCrossEntropy,
            &[],
            NonZeroUsize::MIN,
        )
        .loss;
        let last = loss + 0.5 * l2 * squares(run.network());
        assert!((last / found.value - 1.0).abs() < 1e-10, "{last}, not {found:?}");
    }
}

fn small() -> Recipe {
    recipe(
        &serde_json::json!([64, 8, 10]),
        &serde_json::json!("tanh"),
        &serde_json::json!(1e-3),
        &serde_json::json!(1e-4),
    )
}

#[test]
fn single_precision_reaches_nearly_the_same_loss() {
    let run = Run::new(small(), digits::<f64>(), NonZeroUsize::MIN).unwrap();
    let mut double = from_weights_of(run, 5);
    double.run(&mut ()).unwrap();
    let run = Run::new(small(), digits::<f32>(), NonZeroUsize::MIN).unwrap();
    let mut single = from_weights_of(run, 5);
    assert_eq!(single.run(&mut ()).unwrap(), Ending::Converged);
    let (single, double) = (single.minimum().unwrap(), double.minimum().unwrap());
    assert!(single.value < 1.02 * double.value, "{single:?}, {double:?}");
}

#[test]
fn observers_and_limits_end_it_after_an_iteration() {
    let mut recipe = small();
    let mut run = Run::new(recipe.clone(), digits::<f64>(), NonZeroUsize::MIN).unwrap();
    let mut watcher = Watcher {
        stop_after: Some(6),
        ..Watcher::default()
    };
    assert_eq!(run.run(&mut watcher).unwrap(), Ending::Stopped);
    assert_eq!((run.updates(), watcher.losses.len()), (7, 7));
    assert!(watcher.losses.is_sorted_by(|before, after| before > after));
    let stopped = run.network().parameters().to_vec();

    recipe.train.epochs = 7;
    let mut seven = Run::new(recipe.clone(), digits::<f64>(), NonZeroUsize::MIN).unwrap();
    assert_eq!(seven.run(&mut ()).unwrap(), Ending::Completed);
    assert_eq!(seven.network().parameters(), stopped);

    recipe.train.epochs = 100;
    recipe.set("train.optimizer.max_evaluations=5").unwrap();
    let mut few = Run::new(recipe, digits::<f64>(), NonZeroUsize::MIN).unwrap();
    assert_eq!(few.run(&mut ()).unwrap(), Ending::Completed);
    let found = few.minimum().unwrap();
    assert_eq!(found.reason, Reason::Evaluations);
    assert!((6..=26).contains(&found.evaluations), "{found:?}");
}

#[test]
fn row_weights_equal_repeated_rows() {
    let data = digits::<f64>();
    let once: Vec<f64> = (0..data.rows())
        .map(|row| if row % 3 == 0 { 2.0 } else { 1.0 })
        .collect();
    let Targets::Classes { labels, .. } = data.targets() else {
        unreachable!("digits are classes")
    };
    let Features::Dense(pixels) = data.features() else {
        unreachable!("digits are numbers")
    };
    let (mut more_labels, mut more_pixels) = (labels.clone(), pixels.values().to_vec());
    for row in (0..data.rows()).step_by(3) {
        more_labels.push(labels[row]);
        more_pixels.extend_from_slice(pixels.row(row));
    }
    let rows = more_labels.len();
    let targets = Targets::Classes {
        labels: more_labels,
        classes: 10,
    };
    let twice = Dataset::new(
        Features::Dense(Matrix::new(rows, 64, more_pixels).unwrap()),
        targets,
    )
    .unwrap();
    let trained = |data: Dataset<f64>| {
        let mut recipe = small();
        // The sum of the losses, so that the result does not depend on the number of rows.
        recipe.train.reduction = pellucid::Reduction::Sum;
        recipe.train.epochs = 5;
        let run = Run::new(recipe, data, NonZeroUsize::MIN).unwrap();
        let mut run = from_weights_of(run, 6);
        run.run(&mut ()).unwrap();
        run.network().parameters().to_vec()
    };
    let (weighted, repeated) = (trained(data.weighted(once).unwrap()), trained(twice));
    for (a, b) in weighted.iter().zip(&repeated) {
        assert!((a - b).abs() < 1e-8, "{a}, not {b}");
    }
}

#[test]
fn reports_a_non_finite_loss_before_any_update() {
    let data = digits::<f64>();
    let mut run = Run::new(small(), data, NonZeroUsize::MIN).unwrap();
    let architecture = run.initial().architecture().clone();
    let huge = vec![1e308; architecture.parameter_count()];
    run = run
        .starting_from(&Network::new(architecture, huge).unwrap())
        .unwrap();
    let error = run.run(&mut ()).unwrap_err().to_string();
    assert!(error.contains("epoch 1, batch 1"), "{error}");
}

#[test]
fn rejects_settings_that_do_not_apply() {
    for (setting, expected) in [
        (
            "train.learning_rate=0.1",
            "train.learning_rate = 0.1 cannot be used: lbfgs finds",
        ),
        ("train.batch_size=32", "train.batch_size = 32 cannot be used"),
        ("train.shuffle=true", "order does not matter"),
        (
            "train.schedule=cosine",
            "train.schedule = \"cosine\" cannot be used",
        ),
        ("train.dropout=0.5", "dropout changes it"),
        ("train.l1=0.1", "kink at 0"),
        ("train.clip_norm=1", "train.clip_norm = 1 cannot be used"),
        ("train.average=ema", "train.average = \"ema\" cannot be used"),
        ("train.accumulate=2", "train.accumulate = 2 cannot be used"),
        ("train.update=top-down", "only plain gradient descent"),
        (
            "train.optimizer.weight_decay=0.1",
            "train.optimizer.name = \"lbfgs\" does not use it",
        ),
        ("train.optimizer.history=0", "1 or more"),
        ("train.optimizer.gradient_tolerance=-1", "0 or more"),
    ] {
        let mut recipe = small();
        let refusal = match recipe.set(setting) {
            Ok(()) => recipe.validate().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(refusal.contains(expected), "{setting}: {refusal}");
    }
    let mut recipe = small();
    let refusal = recipe
        .set("train.optimizer={ name = \"adam\", history = 3 }")
        .unwrap_err();
    let refusal = refusal.to_string();
    assert!(
        refusal.contains("train.optimizer.name = \"adam\" does not use it"),
        "{refusal}"
    );
    recipe.set("train.optimizer=adam").unwrap();
    recipe.train.learning_rate = 0.0;
    let refusal = recipe.validate().unwrap_err().to_string();
    assert!(
        refusal.contains("where the recipe has none, add one"),
        "{refusal}"
    );
}
