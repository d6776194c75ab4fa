//! Compares training steps of RealMLP-TD-S with PyTorch's. `golden/make_realmlp_steps.py` made the expected values.

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::{Network, Recipe, Session};
use serde_json::{Value, json};
use std::num::NonZeroUsize;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/realmlp_steps.json")).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The recipe of the preset `realmlp-s`, for full batches of one step each.
fn recipe(case: &Value, steps: usize) -> Recipe {
    let is_regression = case["task"] == "regression";
    let (hidden, output, loss, smoothing, rate) = match is_regression {
        true => ("mish", "identity", "squared_error", 0.0, 0.07),
        false => ("selu", "softmax", "categorical_cross_entropy", 0.1, 0.04),
    };
    let sizes = numbers(&case["sizes"]).len();
    let mut activations = vec![hidden; sizes - 2];
    activations.push(output);
    serde_json::from_value(json!({
        "data": {"source": "inline"},
        "network": {"layers": case["sizes"], "activation": activations, "input_scales": true},
        "init": {"method": "realmlp"},
        "train": {
            "loss": loss,
            "label_smoothing": smoothing,
            "optimizer": {"name": "adam", "beta_2": 0.95},
            "parametrisation": "ntk",
            "learning_rate": rate,
            "rate_factors": {"biases": 0.1, "input_scales": 6.0},
            "schedule": "cosine_log",
            "reduction": "mean",
            "epochs": steps,
            "precision": "f64",
        },
    }))
    .unwrap()
}

/// Weights, biases and scales in the order of the network's parameters.
fn parameters(of: &Value, scales: &[f64]) -> Vec<f64> {
    let parts = ["weights", "biases"].map(|key| of[key].as_array().unwrap().iter().flat_map(numbers));
    parts
        .into_iter()
        .flatten()
        .chain(scales.iter().copied())
        .collect()
}

#[test]
fn every_step_equals_that_of_the_reference() {
    for case in golden()["cases"].as_array().unwrap() {
        let steps = case["steps"].as_array().unwrap();
        for count in 1..=steps.len() {
            // The schedule is one of a run of all steps; epochs beyond `count` are not run.
            let recipe = recipe(case, steps.len());
            let inputs = recipe.network.layers[0];
            let outputs = *recipe.network.layers.last().unwrap();
            let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
            let rows = x.len() / inputs;
            let features = Features::Dense(Matrix::new(rows, inputs, x).unwrap());
            let targets = Targets::Dense(Matrix::new(rows, outputs, y).unwrap());
            let data = Dataset::new(features, targets).unwrap();
            let start = parameters(case, &vec![1.0; inputs]);
            let start = Network::new(recipe.architecture().unwrap(), start).unwrap();
            let session = Session::new(recipe, data, NonZeroUsize::MIN).unwrap();
            let session = session.starting_from(&start).unwrap();
            let mut trainer = session.clone().into_trainer();
            let data = session.training().clone();
            let mut stop = StopAfter(count as u64);
            trainer.run(&data, &mut stop).unwrap();
            let expected = &steps[count - 1];
            let expected = parameters(expected, &numbers(&expected["scales"]));
            let found = trainer.network().parameters();
            assert_eq!(found.len(), expected.len());
            for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (found - expected).abs() < 1e-6,
                    "{} after {count} steps, parameter {at}: {found}, not {expected}",
                    case["task"]
                );
            }
        }
    }
}

/// Ends a run after so many epochs.
struct StopAfter(u64);

impl pellucid::training::observe::Observer<f64> for StopAfter {
    fn on(&mut self, event: &pellucid::training::observe::Event<'_, f64>) -> std::ops::ControlFlow<()> {
        use pellucid::training::observe::Event;
        match event {
            Event::Epoch { position, .. } if position.epoch + 1 >= self.0 => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        }
    }
}

#[test]
fn the_initial_weights_have_the_deviations_of_the_reference() {
    let recipe = recipe(&json!({"task": "classification", "sizes": [100, 300, 200, 3]}), 1);
    let features = Features::Dense(Matrix::new(1, 100, vec![0.0f64; 100]).unwrap());
    let targets = Targets::Dense(Matrix::new(1, 3, vec![1.0, 0.0, 0.0]).unwrap());
    let data = Dataset::new(features, targets).unwrap();
    let session = Session::new(recipe, data, NonZeroUsize::MIN).unwrap();
    let network = session.initial();
    let deviation = |numbers: &[f64]| {
        (numbers.iter().map(|number| number * number).sum::<f64>() / numbers.len() as f64).sqrt()
    };
    assert!((deviation(network.weights(0)) * 10.0 - 1.0).abs() < 0.02);
    assert!((deviation(network.weights(1)) * 300f64.sqrt() - 1.0).abs() < 0.02);
    assert!((deviation(network.bias(0).unwrap()) - 1.0).abs() < 0.15);
    assert!(
        network
            .weights(2)
            .iter()
            .chain(network.bias(2).unwrap())
            .all(|&zero| zero == 0.0)
    );
    assert!(network.input_scales().unwrap().iter().all(|&one| one == 1.0));
}
