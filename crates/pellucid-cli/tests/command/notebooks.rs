//! The five notebooks at other seeds and lengths than their own, against plain NumPy.
//!
//! A logged epoch is from before its steps, as a notebook prints it; `outputs`, `metrics` and `final` are of the
//! trained network.

use crate::driver::{record, shared, text};
use crate::figures::{CLOSE, assert_close, assert_layers, assert_log, of_recipe};
use crate::idx_folder::IdxFolder;
use serde_json::{Value, json};

const EXACTLY: f64 = 0.0;

#[test]
fn single_sample() {
    for golden in of_recipe("single-sample") {
        let (seed, epochs) = (golden["seed"].to_string(), golden["epochs"].to_string());
        let ours = record(&[
            "single-sample",
            "--seed",
            &seed,
            "--epochs",
            &epochs,
            "--set",
            "log.every=1000",
        ]);
        let what = format!("single-sample, seed {seed}");
        assert_layers(&ours["initial"], &golden["initial"], EXACTLY, &what);
        assert_log(
            &ours["history"],
            &golden["log"],
            "epoch",
            &[("loss", "loss"), ("y_pred", "y_pred")],
            &what,
        );
        assert_eq!(ours["last_epoch"]["epoch"], golden["last_epoch"]["epoch"]);
        assert_close(
            &ours["last_epoch"]["loss"],
            &golden["last_epoch"]["loss"],
            CLOSE,
            &what,
        );
        assert_layers(&ours["final"], &golden["final"], CLOSE, &what);
        assert_close(&ours["outputs"], &golden["final_y_pred"], CLOSE, &what);
        assert_close(
            &ours["metrics"]["training"]["loss"],
            &golden["final_loss"],
            CLOSE,
            &what,
        );
    }
}

#[test]
fn xor_by_hand() {
    for golden in of_recipe("xor-by-hand") {
        let rate = format!("train.learning_rate={}", golden["learning_rate"]);
        let epochs = golden["epochs"].to_string();
        let ours = record(&[
            "xor-by-hand",
            "--set",
            &rate,
            "--epochs",
            &epochs,
            "--set",
            "log.every=100",
        ]);
        let what = format!("xor-by-hand at {rate}");
        let error = [("mean_absolute_error", "error")];
        assert_log(&ours["history"], &golden["log"], "epoch", &error, &what);
        assert_log(
            &json!([ours["last_epoch"]]),
            &json!([golden["last_epoch"]]),
            "epoch",
            &error,
            &what,
        );
        assert_close(
            &ours["last_epoch"]["outputs"],
            &golden["last_epoch"]["outputs"],
            CLOSE,
            &what,
        );
        assert_layers(&ours["final"], &golden["final"], CLOSE, &what);
        assert_close(&ours["outputs"], &golden["final_outputs"], CLOSE, &what);
        let trained = &ours["metrics"]["training"]["mean_absolute_error"];
        assert_close(trained, &golden["final_error"], CLOSE, &what);
    }
}

#[test]
fn mnist_online() {
    let Some(whole) = shared("data/mnist") else { return };
    for golden in of_recipe("mnist-online") {
        let samples = golden["training_samples"].as_u64().unwrap() as usize;
        let part = (samples < 60_000).then(|| IdxFolder::first_of_mnist(&whole, samples));
        let folder = part.as_ref().map_or(whole.as_path(), IdxFolder::path);
        let (seed, epochs) = (golden["seed"].to_string(), golden["epochs"].to_string());
        let ours = record(&[
            "mnist-online",
            "--data",
            text(folder),
            "--seed",
            &seed,
            "--epochs",
            &epochs,
        ]);
        assert_is_mnist(&ours, &golden, &format!("{samples} of mnist, seed {seed}"));
    }
}

fn assert_is_mnist(ours: &Value, golden: &Value, what: &str) {
    let costs: Value = ours["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|epoch| epoch["loss"].clone())
        .collect();
    assert_close(&costs, &golden["epoch_cost"], CLOSE, what);
    let accuracy = golden["test_accuracy"].as_array().unwrap().last().unwrap();
    assert_eq!(&ours["metrics"]["test"]["accuracy"], accuracy, "{what}");
    let hidden = &ours["final"]["layers"][0];
    assert_close(&hidden["bias"], &golden["final_hidden_bias"], CLOSE, what);
    for (pixel, weights) in golden["final_hidden_weights_of_pixel"].as_object().unwrap() {
        let pixel: usize = pixel.parse().unwrap();
        assert_close(
            &hidden["weights"][pixel],
            weights,
            CLOSE,
            &format!("{what}, pixel {pixel}"),
        );
    }
    let sum: f64 = crate::figures::numbers(&hidden["weights"]).iter().sum();
    assert_close(&json!(sum), &golden["final_hidden_weights_sum"], CLOSE, what);
    let output = json!({ "layers": [ours["final"]["layers"][1]] });
    assert_layers(&output, &json!([golden["final_output"]]), CLOSE, what);
    let first = json!(ours["outputs"].as_array().unwrap()[..5]);
    assert_close(
        &first,
        &golden["final_outputs_of_first_5_test_images"],
        CLOSE,
        what,
    );
    assert_eq!(ours["outputs"].as_array().unwrap().len(), 100);
}

#[test]
fn perceptron_and_perceptron_hidden() {
    for recipe in ["perceptron", "perceptron-hidden"] {
        for golden in of_recipe(recipe) {
            let (seed, epochs) = (golden["seed"].to_string(), golden["iterations"].to_string());
            let ours = record(&[recipe, "--seed", &seed, "--epochs", &epochs]);
            let what = format!("{recipe}, seed {seed}");
            assert_layers(&ours["initial"], &golden["initial"], EXACTLY, &what);
            let names = [("loss", "mse"), ("mean_squared_error", "mse")];
            assert_log(&ours["history"], &golden["log"], "iteration", &names, &what);
            assert_layers(&ours["final"], &golden["final"], CLOSE, &what);
            assert_close(&ours["outputs"], &golden["final_outputs"], CLOSE, &what);
            assert_close(
                &ours["metrics"]["training"]["loss"],
                &golden["final_mse"],
                CLOSE,
                &what,
            );
        }
    }
}

#[test]
fn xor_sgd_and_its_exercise() {
    for golden in of_recipe("xor-sgd") {
        let recipe = match golden["update"].as_str().unwrap() {
            "online" => "xor-sgd",
            "mean" => "xor-batch-mean",
            "sum" => "xor-batch-sum",
            other => panic!("{other}"),
        };
        let (seed, epochs) = (golden["seed"].to_string(), golden["epochs"].to_string());
        let ours = record(&[
            recipe,
            "--seed",
            &seed,
            "--epochs",
            &epochs,
            "--set",
            "log.every=500",
        ]);
        let what = format!("{recipe}, seed {seed}");
        assert_layers(&ours["initial"], &golden["initial"], EXACTLY, &what);
        let loss = [("loss", "loss"), ("mean_squared_error", "loss")];
        assert_log(&ours["history"], &golden["log"], "epoch", &loss, &what);
        assert_log(
            &json!([ours["last_epoch"]]),
            &json!([golden["last_epoch"]]),
            "epoch",
            &loss,
            &what,
        );
        assert_layers(&ours["final"], &golden["final"], CLOSE, &what);
        assert_close(&ours["outputs"], &golden["final_outputs"], CLOSE, &what);
    }
}
