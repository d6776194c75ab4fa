//! Compares training with scikit-learn's: initial weights, order of samples, penalty, optimizers and schedules.
//! `golden/make_sklearn_training.py` made the expected values.

#[path = "support/run.rs"]
mod run;

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::metrics::Meters;
use pellucid::optimization::optimizer::{Memory, OptimizerState};
use pellucid::training::epochs::EpochRecorder;
use pellucid::training::observe::EpochRecord;
use pellucid::{Optimizer, Recipe};
use run::Run;
use serde_json::Value;
use std::num::NonZeroUsize;

fn rows(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn training_equals_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("golden/sklearn_training.json")).unwrap();
    let features = Matrix::<f64>::from_rows("features", &rows(&golden["features"])).unwrap();
    for (index, case) in golden["cases"].as_array().unwrap().iter().enumerate() {
        let recipe: Recipe = serde_json::from_value(case["recipe"].clone()).unwrap();
        let targets = Matrix::from_rows("targets", &rows(&case["targets"])).unwrap();
        let mut data = Dataset::new(Features::Dense(features.clone()), Targets::Dense(targets)).unwrap();
        if let Some(weights) = case["weights"].as_array() {
            let weights = weights.iter().map(|weight| weight.as_f64().unwrap());
            data = data.weighted(weights.collect()).unwrap();
        }
        let mut history = EpochRecorder::new(1, 1, Meters::new(&[], &data));
        let mut run = Run::new(recipe, data, NonZeroUsize::MIN).unwrap();
        run.run(&mut history).unwrap();
        let expected: Vec<f64> = serde_json::from_value(case["losses"].clone()).unwrap();
        assert_eq!(history.entries().len(), expected.len());
        for (
            EpochRecord {
                epoch, loss: found, ..
            },
            expected,
        ) in history.entries().iter().zip(expected)
        {
            let off = (found - expected).abs() / expected.abs();
            assert!(
                off < 1e-12,
                "case {index}, epoch {epoch}: {found}, not {expected}"
            );
        }
        let expected: Vec<f64> = serde_json::from_value(case["parameters"].clone()).unwrap();
        for (found, expected) in run.network().parameters().iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-11,
                "case {index}: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn rejects_invalid_settings_by_name() {
    let refusal = |key: &str, value: &str| {
        let text = format!(
            "data = {{ source = \"inline\" }}\nnetwork = {{ layers = [2, 1], activation = \"identity\" }}\n\
             [train]\nloss = \"half_mean_squared_error\"\nlearning_rate = 0.1\nepochs = 1\n{key} = {value}\n"
        );
        let recipe = Recipe::from_toml(&text, "the test").unwrap();
        recipe.validate().unwrap_err().to_string()
    };
    assert!(refusal("reshuffle", "true").contains("train.shuffle = true"));
    assert!(refusal("share_penalty", "true").contains("set train.l2"));
    assert!(refusal("report_penalty", "true").contains("set train.l2"));
    let shared = refusal("l2", "0.1\nshare_penalty = true\nreduction = \"sum\"");
    assert!(shared.contains("train.reduction = \"mean\""), "{shared}");
    let gathered = refusal("batch_size", "2\naccumulate = 2\nreduction = \"weighted_mean\"");
    assert!(gathered.contains("share_penalty"), "{gathered}");
    for (settings, expected) in [
        (
            r#"{"name": "adam", "velocity": true}"#,
            "train.optimizer.name = \"adam\" does not use it",
        ),
        (
            r#"{"name": "sgd", "epsilon_hat": true}"#,
            "train.optimizer.name = \"sgd\" does not use it",
        ),
        (
            r#"{"name": "sgd", "momentum": 0.9, "dampening": 0.5, "velocity": true}"#,
            "0 is needed",
        ),
    ] {
        let refusal = match serde_json::from_str::<Optimizer>(settings) {
            Ok(optimizer) => optimizer.validate().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(refusal.contains(expected), "{settings}: {refusal}");
    }
}

/// Ten steps end at the same bits as five steps and five more with the memory of the first five.
#[test]
fn an_optimizer_continues_from_its_memory() {
    for settings in [
        r#"{"name": "sgd", "momentum": 0.9, "nesterov": true, "velocity": true}"#,
        r#"{"name": "amsgrad"}"#,
        r#"{"name": "nadam"}"#,
        r#"{"name": "irprop_plus"}"#,
    ] {
        let rule: Optimizer = serde_json::from_str(settings).unwrap();
        let steps = |state: &mut OptimizerState<f64>, x: &mut [f64; 3], count: usize| {
            for _ in 0..count {
                let gradient = x.map(|x| 2.0 * x + (3.0 * x).sin());
                state.set_loss(x.iter().map(|x| x * x).sum());
                state.step(x, &gradient, 0.05);
            }
        };
        let (mut whole, mut x) = (OptimizerState::new(rule, 3), [0.5, -1.0, 2.0]);
        steps(&mut whole, &mut x, 5);
        let memory: Memory<f64> = whole.memory();
        let mut y = x;
        let mut resumed = OptimizerState::new(rule, 3).remembering(&memory).unwrap();
        steps(&mut whole, &mut x, 5);
        steps(&mut resumed, &mut y, 5);
        assert_eq!(x.map(f64::to_bits), y.map(f64::to_bits), "{settings}");
        let of_others = OptimizerState::<f64>::new(rule, 4).remembering(&memory);
        assert!(of_others.unwrap_err().to_string().contains("3 numbers"));
    }
}
