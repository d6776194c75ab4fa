//! Compares training steps of TabM-mini with those of its authors' package. `golden/make_tabm_steps.py` made the expected
//! values.

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::evaluate::predict;
use pellucid::training::observe::{Event, Observer, end_if};
use pellucid::{Network, Recipe, Session};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/tabm_steps.json")).unwrap()
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The recipe of the preset `tabm` without dropout, for full batches of one step each.
fn recipe(case: &Value, steps: usize) -> Recipe {
    let (output, loss) = match case["task"] == "regression" {
        true => ("identity", "squared_error"),
        false => ("softmax", "categorical_cross_entropy"),
    };
    let mut activations = vec!["relu"; numbers(&case["sizes"]).len() - 2];
    activations.push(output);
    serde_json::from_value(json!({
        "data": {"source": "inline"},
        "network": {"layers": case["sizes"], "activation": activations, "members": case["members"]},
        "init": {"method": "pytorch"},
        "train": {
            "loss": loss,
            "optimizer": {"name": "adamw", "weight_decay": 3e-4},
            "learning_rate": 2e-3,
            "clip_norm": 1.0,
            "reduction": "mean",
            "epochs": steps,
            "precision": "f64",
        },
    }))
    .unwrap()
}

fn assert_close(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() < 1e-6,
            "{what}, {at}: {found}, not {expected}"
        );
    }
}

#[test]
fn every_step_equals_that_of_the_reference() {
    for case in golden()["cases"].as_array().unwrap() {
        let steps = case["steps"].as_array().unwrap();
        let recipe = recipe(case, steps.len());
        let inputs = recipe.network.layers[0];
        let outputs = *recipe.network.layers.last().unwrap();
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let rows = x.len() / inputs;
        let features = Features::Dense(Matrix::new(rows, inputs, x).unwrap());
        let targets = Targets::Dense(Matrix::new(rows, outputs, y).unwrap());
        let data = Dataset::new(features, targets).unwrap();
        let start = Network::new(recipe.architecture().unwrap(), numbers(&case["start"])).unwrap();
        let session = Session::new(recipe, data, NonZeroUsize::MIN).unwrap();
        let session = session.starting_from(&start).unwrap();
        let data = session.training().clone();
        for (count, expected) in (1..).zip(steps) {
            let mut trainer = session.clone().into_trainer();
            let mut watched = Watched {
                epochs: count,
                losses: Vec::new(),
            };
            trainer.run(&data, &mut watched).unwrap();
            let what = format!("{} after {count} steps", case["task"]);
            assert_close(
                trainer.network().parameters(),
                &numbers(&expected["parameters"]),
                &what,
            );
            assert_close(
                &watched.losses[count - 1..],
                &[expected["loss"].as_f64().unwrap()],
                &what,
            );
            if count == steps.len() {
                let found = predict(trainer.network(), data.features(), rows, NonZeroUsize::MIN);
                assert_close(&found, &numbers(&case["predictions"]), "predictions");
            }
        }
    }
}

/// Ends a run after so many epochs, and keeps their losses.
struct Watched {
    epochs: usize,
    losses: Vec<f64>,
}

impl Observer<f64> for Watched {
    fn on(&mut self, event: &Event<'_, f64>) -> ControlFlow<()> {
        if let Event::Epoch { loss, .. } = event {
            self.losses.push(*loss);
        }
        end_if(self.losses.len() >= self.epochs)
    }
}
