//! The five notebooks as they stand, at full length, against the figures kept beside the workspace.

use crate::driver::{done, record, shared, text};
use crate::figures::{
    CLOSE, CLOSE_AFTER_A_MILLION, assert_close, assert_layers, assert_log, numbers, read, transposed,
};
use serde_json::{Value, json};

#[test]
fn single_sample_goes_a_million_steps() {
    let Some(golden) = shared("golden/single-sample.json") else {
        return;
    };
    let golden = read(&golden);
    let ours = record(&["single-sample"]);
    let layers = |of: &Value| {
        json!([
            { "weights": transposed(&of["weights_input_hidden"]), "bias": of["bias_hidden"][0] },
            { "weights": transposed(&of["weights_hidden_output"]), "bias": of["bias_output"][0] },
        ])
    };
    assert_layers(&ours["initial"], &layers(&golden["initial"]), 0.0, "initial");
    let figures = [("loss", "loss"), ("y_pred", "y_pred")];
    assert_log(
        &ours["history"],
        &golden["log"],
        "epoch",
        &figures,
        "single-sample",
    );
    assert_layers(
        &ours["final"],
        &layers(&golden["final"]),
        CLOSE_AFTER_A_MILLION,
        "final",
    );
    assert_close(
        &ours["last_epoch"]["loss"],
        &golden["final"]["loss"],
        CLOSE,
        "loss of the last epoch",
    );
    assert_close(
        &ours["last_epoch"]["y_pred"],
        &golden["final"]["y_pred"],
        CLOSE,
        "y_pred of the last epoch",
    );
}

#[test]
fn single_sample_prints_the_notebooks_lines() {
    let Some(notebook) = shared("notebooks/000_6d410ef8ba6d6ba5.txt") else {
        return;
    };
    let notebook = std::fs::read_to_string(notebook).unwrap();
    // The notebook's output is cut off within a line.
    let is_log = |line: &&str| {
        line.starts_with("Epoch ")
            && line
                .split_once("y_pred : ")
                .is_some_and(|(_, y_pred)| y_pred.len() == 6)
    };
    let expected: Vec<&str> = notebook.lines().map(str::trim_end).filter(is_log).collect();
    assert!(expected.contains(&"Epoch 10000| Loss : 0.0005, y_pred : 0.9690"));
    let ended = done(&["run", "single-sample"]);
    let ours: Vec<&str> = ended.stdout.lines().filter(is_log).collect();
    assert_eq!(ours.len(), 100);
    assert_eq!(ours[..expected.len()], expected);
}

#[test]
fn xor_by_hand_runs_as_long_as_the_notebook() {
    let Some(golden) = shared("golden/xor-by-hand.json") else {
        return;
    };
    for run in read(&golden)["runs"].as_array().unwrap() {
        let (epochs, rate) = (
            run["epochs"].to_string(),
            format!("train.learning_rate={}", run["learning_rate"]),
        );
        let every = if epochs == "100" {
            "log.every=10"
        } else {
            "log.every=100000"
        };
        let ours = record(&["xor-by-hand", "--epochs", &epochs, "--set", &rate, "--set", every]);
        let what = format!("{epochs} epochs");
        let error = [("mean_absolute_error", "error")];
        assert_log(&ours["history"], &run["log"], "epoch", &error, &what);
        let (last, tolerance) = (&ours["last_epoch"], CLOSE_AFTER_A_MILLION);
        let layers = [0, 1].map(|index| json!({ "weights": run[format!("weights_{index}")], "bias": null }));
        assert_layers(&ours["final"], &json!(layers), tolerance, &what);
        assert_close(&last["mean_absolute_error"], &run["final_error"], CLOSE, &what);
        assert_close(&last["outputs"], &run["output_layer"], CLOSE, &what);
    }
}

#[test]
fn xor_by_hand_prints_error_lines_and_predictions() {
    let Some(golden) = shared("golden/xor-by-hand.json") else {
        return;
    };
    let golden = read(&golden);
    let ended = done(&["run", "xor-by-hand"]);
    let errors: Vec<(&str, f64)> = ended
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("Epoch: ")?.split_once(" Error: "))
        .map(|(epoch, error)| (epoch, error.parse().unwrap()))
        .collect();
    let log = golden["runs"][1]["log"].as_array().unwrap();
    assert_eq!(errors.len(), log.len());
    for ((epoch, error), expected) in errors.iter().zip(log) {
        assert_eq!(*epoch, expected["epoch"].to_string());
        assert_close(&json!(error), &expected["error"], CLOSE, "error");
    }
    let predictions: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .skip_while(|line| !line.starts_with("Predictions"))
        .skip(1)
        .take(4)
        .map(|line| line.split_whitespace().collect())
        .collect();
    for (prediction, rounded) in predictions.iter().zip(["0", "1", "1", "0"]) {
        assert_eq!(prediction.len(), 3, "{prediction:?}");
        assert_eq!(prediction[2], rounded);
    }
}

#[test]
fn mnist_online_goes_five_epochs() {
    let (Some(golden), Some(data)) = (shared("golden/mnist-online.json"), shared("data/mnist")) else {
        return;
    };
    let golden = read(&golden);
    let ours = record(&["mnist-online", "--data", text(&data)]);
    let costs: Value = ours["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|epoch| epoch["loss"].clone())
        .collect();
    assert_close(&costs, &golden["epoch_cost"], CLOSE, "mean costs");
    assert_eq!(ours["metrics"]["test"]["accuracy"], 0.9244);
    let (initial, trained) = (&ours["initial"]["layers"], &ours["final"]["layers"]);
    assert_eq!(initial[0]["bias"], golden["hidden_bias"]);
    assert_eq!(initial[1]["bias"], golden["output_bias"]);
    assert_eq!(initial[1]["weights"], transposed(&golden["output_weights"]));
    let first_8: Vec<f64> = (0..8)
        .map(|pixel| numbers(&initial[0]["weights"][pixel])[0])
        .collect();
    assert_eq!(json!(first_8), golden["input_weights_row_0_first_8"]);
    let tolerance = CLOSE_AFTER_A_MILLION;
    assert_close(
        &trained[0]["bias"],
        &golden["final_hidden_bias"],
        tolerance,
        "hidden bias",
    );
    let output_weights = transposed(&golden["final_output_weights"]);
    assert_close(
        &trained[1]["weights"],
        &output_weights,
        tolerance,
        "output weights",
    );
    let outputs = json!(ours["outputs"].as_array().unwrap()[..5]);
    assert_close(
        &outputs,
        &golden["final_outputs_first_5_test_images"],
        tolerance,
        "outputs",
    );
}

#[test]
fn the_perceptron_is_put_right() {
    let Some(golden) = shared("golden/diverging-perceptron.json") else {
        return;
    };
    let golden = read(&golden);
    let corrected = &golden["corrected_perceptron_on_standardised_columns"];
    let ours = record(&["perceptron"]);
    assert_close(
        &ours["initial"]["layers"][0]["weights"],
        &corrected["initial_weights"],
        0.0,
        "initial",
    );
    assert_log(
        &ours["history"],
        &corrected["log"],
        "iteration",
        &[("loss", "mse")],
        "perceptron",
    );
    assert_close(
        &ours["final"]["layers"][0]["weights"],
        &corrected["weights"],
        CLOSE,
        "final",
    );
    assert_close(&ours["outputs"], &corrected["output"], CLOSE, "outputs");
    assert_close(
        &ours["metrics"]["training"]["loss"],
        &corrected["final_mse"],
        CLOSE,
        "final loss",
    );

    let hidden = &golden["as_written_hidden_layer"];
    let ours = record(&["perceptron-hidden"]);
    assert_close(
        &ours["initial"]["layers"][0]["weights"],
        &hidden["initial_W"],
        0.0,
        "W",
    );
    assert_close(
        &ours["initial"]["layers"][1]["weights"],
        &hidden["initial_V"],
        0.0,
        "V",
    );
}

#[test]
fn xor_sgd_and_its_exercise() {
    let Some(golden) = shared("golden/xor-sgd.json") else {
        return;
    };
    let golden = read(&golden);
    for (key, recipe, epochs) in [
        ("stochastic_10000", "xor-sgd", "10000"),
        ("batch_mean_10000", "xor-batch-mean", "10000"),
        ("batch_sum_10000", "xor-batch-sum", "10000"),
        ("batch_mean_50000", "xor-batch-mean", "50000"),
    ] {
        let layers = |of: &Value| {
            json!([
                { "weights": transposed(&of["W1"]), "bias": numbers(&of["b1"]) },
                { "weights": transposed(&of["W2"]), "bias": numbers(&of["b2"]) },
            ])
        };
        let ours = record(&[recipe, "--epochs", epochs]);
        assert_layers(&ours["initial"], &layers(&golden["initial"]), 0.0, key);
        assert_log(
            &ours["history"],
            &golden[key]["log"],
            "epoch",
            &[("loss", "loss")],
            key,
        );
        assert_layers(&ours["final"], &layers(&golden[key]), CLOSE, key);
        assert_close(&ours["outputs"], &golden[key]["output"], CLOSE, key);
    }
}

#[test]
fn xor_sgd_prints_the_notebooks_lines() {
    let Some(notebook) = shared("notebooks/004_21096487a2026c8e.txt") else {
        return;
    };
    let notebook = std::fs::read_to_string(notebook).unwrap();
    let read_log = |text: &str| -> Vec<(String, f64)> {
        text.lines()
            .filter_map(|line| line.strip_prefix("Epoch ")?.split_once(", Loss: "))
            .map(|(epoch, loss)| (epoch.to_owned(), loss.trim_end().parse().unwrap()))
            .collect()
    };
    let (expected, ours) = (read_log(&notebook), read_log(&done(&["run", "xor-sgd"]).stdout));
    assert_eq!(expected.len(), 10);
    assert_eq!(ours.len(), 10);
    // The last digit or two of the printed losses is rounding, which differs between processors.
    for ((epoch, loss), (expected_epoch, expected_loss)) in ours.iter().zip(&expected) {
        assert_eq!(epoch, expected_epoch);
        assert!(
            (loss - expected_loss).abs() <= 1e-12 * expected_loss,
            "epoch {epoch}: {loss}, {expected_loss}"
        );
    }
}
