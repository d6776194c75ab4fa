//! Compares every array of the first epoch of a hand-written XOR notebook, by the notebook's names, with the workspace.
//!
//! The notebook's error is target − output, so that its deltas have the opposite sign of ∂L/∂z, and its update adds where
//! gradient descent subtracts.

#[path = "support/run.rs"]
mod run;

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::inspection::trace::Trace;
use pellucid::model::init::{GivenLayer, Init};
use pellucid::session::record::Numbers;
use pellucid::{Ending, Input, Loss, Objective, Recipe, Reduction, Update};
use run::Run;
use serde_json::Value;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

const CLOSE: f64 = 1e-9;

/// The golden values, stored beside the repository.
fn golden() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden/xor-by-hand.json");
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            // Written directly, because the test harness would hide it.
            let _ = writeln!(std::io::stderr(), "SKIPPED: {} is not there", path.display());
            None
        }
    }
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| {
        row.as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .collect()
    };
    value.as_array().unwrap().iter().map(row).collect()
}

fn flat(value: &Value) -> Vec<f64> {
    rows(value).concat()
}

#[track_caller]
fn assert_close(ours: &[f64], golden: &[f64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (index, (a, b)) in ours.iter().zip(golden).enumerate() {
        let distance = (a - b).abs();
        assert!(
            distance <= tolerance * b.abs(),
            "{what}, number {index}: {a} is not {b}"
        );
    }
}

/// The run of the recipe from other weights, for `epochs` epochs at the notebook's learning rate.
fn experiment(golden: &Value, weights: [&Value; 2], epochs: u64) -> Run<f64> {
    let mut recipe = Recipe::built_in("xor-by-hand").unwrap();
    let layer = |weights: &Value| GivenLayer {
        weights: rows(weights),
        bias: None,
    };
    recipe.init = Init::Given {
        layers: weights.map(layer).to_vec(),
    };
    recipe.train.epochs = epochs;
    recipe.train.learning_rate = 0.3;
    let matrix = |key: &str| Matrix::from_rows(key, &rows(&golden[key])).unwrap();
    let data = Dataset::new(
        Features::Dense(matrix("inputs")),
        Targets::Dense(matrix("targets")),
    );
    Run::new(recipe, data.unwrap(), NonZeroUsize::MIN).unwrap()
}

#[test]
fn arrays_of_the_first_epoch_equal_the_notebook() {
    let Some(golden) = golden() else { return };
    let first = &golden["first_epoch_at_learning_rate_0_3"];
    let mut experiment = experiment(&golden, [&golden["weights_0"], &golden["weights_1"]], 1);
    let (inputs, targets) = (flat(&golden["inputs"]), flat(&golden["targets"]));
    let objective = Objective {
        loss: Loss::HalfSquaredError,
        reduction: Reduction::Sum,
        update: Update::Textbook,
    };
    let trace = Trace::new(experiment.network(), Input::Dense(&inputs), &targets, objective);
    let [hidden, output] = &trace.layers[..] else {
        panic!("{} layers", trace.layers.len());
    };
    let all = |rows: &[Numbers]| -> Vec<f64> { rows.iter().flat_map(|row| row.0.clone()).collect() };
    let negative = |rows: &[Numbers]| all(rows).iter().map(|value| -value).collect::<Vec<_>>();
    let error = negative(&output.d_loss_d_activation);
    let mean_error = error.iter().map(|error| error.abs()).sum::<f64>() / error.len() as f64;
    for (name, ours) in [
        ("sum_synapse_0", all(&hidden.z)),
        ("hidden_layer", all(&hidden.activation)),
        ("sum_synapse_1", all(&output.z)),
        ("output_layer", all(&output.activation)),
        ("error_output_layer", error),
        ("derivative_output", all(&output.d_activation_d_z)),
        ("delta_output", negative(&output.delta)),
        ("delta_output_x_weight", negative(&hidden.d_loss_d_activation)),
        ("delta_hidden_layer", negative(&hidden.delta)),
        ("input_x_delta1", negative(&output.d_loss_d_weights)),
        ("input_x_delta0", negative(&hidden.d_loss_d_weights)),
    ] {
        assert_close(&ours, &flat(&first[name]), CLOSE, name);
    }
    let average_error = first["average_error"].as_f64().unwrap();
    assert_close(&[mean_error], &[average_error], CLOSE, "average_error");

    assert_eq!(experiment.run(&mut ()).unwrap(), Ending::Completed);
    for (index, name) in ["weights_0", "weights_1"].into_iter().enumerate() {
        assert_close(
            experiment.network().weights(index),
            &flat(&first[name]),
            CLOSE,
            name,
        );
    }
}

#[test]
fn the_printed_weights_give_the_printed_outputs() {
    let Some(golden) = golden() else { return };
    let printed = &golden["printed_in_the_notebook"];
    let experiment = experiment(&golden, [&printed["weights_0"], &printed["weights_1"]], 1);
    let outputs = experiment.predict();
    // Eight printed digits of the weights give fewer correct digits of the outputs: NumPy also differs by up to 2e-6.
    assert_close(&outputs, &flat(&printed["output_layer"]), 4e-6, "outputs");
    let rounded: Vec<f64> = outputs.iter().map(|output| output.round()).collect();
    assert_eq!(rounded, [0.0, 1.0, 1.0, 0.0]);
}
