//! Compares losses with PyTorch's and scikit-learn's. `golden/make_losses.py` made the expected values.

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::{Activation, Loss, Recipe, Session};
use serde_json::Value;
use std::num::NonZeroUsize;

fn numbers(rows: &Value) -> Vec<f64> {
    let rows = rows.as_array().unwrap().iter();
    rows.flat_map(|row| row.as_array().unwrap())
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn golden() -> (Vec<f64>, Vec<Value>) {
    let golden: Value = serde_json::from_str(include_str!("golden/losses.json")).unwrap();
    (
        numbers(&golden["outputs"]),
        golden["cases"].as_array().unwrap().clone(),
    )
}

#[test]
fn losses_equal_the_references() {
    let (z, cases) = golden();
    for case in cases.iter().filter(|case| case["label_smoothing"].is_null()) {
        let loss: Loss = serde_json::from_value(case["loss"].clone()).unwrap();
        let activation: Activation = serde_json::from_value(case["activation"].clone()).unwrap();
        let mut a = vec![0.0; z.len()];
        activation.apply(&z, &mut a, 4);
        let found = loss.value(activation, &z, &a, &numbers(&case["targets"]), 4);
        let expected = case["value"].as_f64().unwrap();
        assert!(
            (found - expected).abs() < 1e-12 * expected,
            "{}: {found}, not {expected}",
            case["loss"]
        );
    }
}

/// Label smoothing applies to training: the loss before the first step of a network that outputs the golden values.
#[test]
fn training_uses_smoothed_labels() {
    let (z, cases) = golden();
    let case = cases
        .iter()
        .find(|case| !case["label_smoothing"].is_null())
        .unwrap();
    let rows = z.chunks(4).map(|row| format!("{{ weights = [{row:?}] }}"));
    for (row, (layer, y)) in rows.zip(numbers(&case["targets"]).chunks(4)).enumerate() {
        let text = format!(
            "data = {{ source = \"inline\" }}\nnetwork = {{ layers = [1, 4], activation = \"softmax\", bias = false }}\n\
             init = {{ method = \"given\", layers = [{layer}] }}\n[train]\nloss = \"categorical_cross_entropy\"\n\
             label_smoothing = {}\nlearning_rate = 0.5\nepochs = 1\n",
            case["label_smoothing"]
        );
        let data = Dataset::new(
            Features::Dense(Matrix::new(1, 1, vec![1.0]).unwrap()),
            Targets::Dense(Matrix::new(1, 4, y.to_vec()).unwrap()),
        );
        let recipe = Recipe::from_toml(&text, "the test").unwrap();
        let run = Session::new(recipe, data.unwrap(), NonZeroUsize::MIN).unwrap();
        let run = run.run(&mut ()).unwrap();
        // z ← z − η(a − (1 − ε)y − ε/4): the reported loss is checked below, over all rows.
        let mut a = [0.0; 4];
        let z = &z[row * 4..][..4];
        Activation::Softmax.apply(z, &mut a, 4);
        for ((found, z), (a, y)) in run.network().parameters().iter().zip(z).zip(a.iter().zip(y)) {
            let expected = z - 0.5 * (a - (0.8 * y + 0.05));
            assert!((found - expected).abs() < 1e-15, "{found}, not {expected}");
        }
    }
    let targets: Vec<f64> = numbers(&case["targets"]).iter().map(|y| 0.8 * y + 0.05).collect();
    let mut a = vec![0.0; z.len()];
    Activation::Softmax.apply(&z, &mut a, 4);
    let found = Loss::CategoricalCrossEntropy.value(Activation::Softmax, &z, &a, &targets, 4);
    let expected = case["value"].as_f64().unwrap();
    assert!(
        (found - expected).abs() < 1e-12 * expected,
        "{found}, not {expected}"
    );
}
