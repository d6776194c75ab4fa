//! Runs that diverge: infinite and undefined numbers.

use crate::driver::{pellucid, record, refused, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A recipe whose loss grows without bounds.
pub(crate) fn recipe(folder: &Path) -> PathBuf {
    let file = folder.join("diverges.toml");
    let recipe = "[data]\nsource = \"inline\"\ninputs = [[1, 2], [3, 4], [5, 6]]\ntargets = [[1], [2], [3]]\n\
                  [network]\nlayers = [2, 3, 1]\nactivation = \"identity\"\n\
                  [train]\nloss = \"squared_error\"\nlearning_rate = 1.0\nbatch_size = 2\nepochs = 1000\nseed = 1\n";
    fs::write(&file, recipe).unwrap();
    file
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = recipe(folder.path());
    let expected = [
        "the loss became",
        "in epoch 2, batch 2",
        "their loss is not",
        "Try a smaller learning rate",
    ];
    refused(
        &["run", text(&file), "--quiet", "--precision", "f32"],
        1,
        &expected,
    );
    // The first step lands where even a weighted sum is larger than any number.
    let steep = [
        "run",
        text(&file),
        "--quiet",
        "--set",
        "train.learning_rate=1e200",
    ];
    refused(
        &steep,
        1,
        &[
            "the loss became",
            "in epoch 1, batch 2",
            "layer 2",
            "Try a smaller learning rate",
        ],
    );
}

#[test]
fn a_run_that_diverges_writes_the_epochs_before() {
    let folder = tempfile::tempdir().unwrap();
    let file = recipe(folder.path());
    let (json, plot) = (folder.path().join("record.json"), folder.path().join("curve.svg"));
    let outputs = ["--json", text(&json), "--plot", text(&plot), "--quiet"];
    let parts = [
        "the loss became",
        "what was written is of the network before that batch",
    ];
    refused(&[&["run", text(&file)], &outputs[..]].concat(), 1, &parts);
    let record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(record["ended_by"], "divergence");
    let epochs = record["epochs"].as_u64().unwrap();
    assert!(epochs > 0 && epochs < 1000, "{epochs}");
    assert!(!record["history"].as_array().unwrap().is_empty());
    let first = record["final"]["layers"][0]["weights"][0][0].as_f64();
    assert!(first.is_some_and(f64::is_finite), "{:?}", record["final"]);
    assert!(fs::read_to_string(&plot).unwrap().contains("<svg"));
    let kinds = record["findings"].as_array().unwrap().iter();
    assert!(kinds.into_iter().any(|finding| finding["kind"] == "diverged"));
}

/// x and 2x + 1, learnt with steps that grow until they overflow.
#[test]
fn a_model_of_the_best_epoch_before_a_divergence_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let rows: Vec<String> = (0..60).map(|row| format!("{row},{}", 2 * row + 1)).collect();
    fs::write(path("line.csv"), format!("x,y\n{}\n", rows.join("\n"))).unwrap();
    let (table, model, json) = (path("line.csv"), path("model.safetensors"), path("record.json"));
    let network = ["--preset", "plain", "--hidden", "none", "--optimizer", "sgd"];
    let growing = [
        "--set",
        "train.schedule={ name = \"one_cycle\", warmup = 0.9 }",
        "--unset",
        "train.patience",
        "--learning-rate",
        "20",
        "--epochs",
        "2000",
    ];
    let outputs = ["--quiet", "--out", text(&model), "--json", text(&json)];
    let growing = [
        &["train", text(&table), "--target", "y"],
        &network[..],
        &growing,
        &outputs,
    ]
    .concat();
    refused(
        &growing,
        1,
        &["the loss became", "the model is of epoch", "the best before"],
    );
    let record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(record["ended_by"], "divergence");
    let best = record["best_epoch"].as_u64().unwrap();
    assert!(best > 0 && best < record["epochs"].as_u64().unwrap(), "{best}");
    let scored = pellucid(&["evaluate", text(&model), text(&table), "--json", "-"]);
    assert_eq!(scored.status, 0, "{scored:?}");
    let scores: Value = serde_json::from_str(&scored.stdout).unwrap();
    let r2 = scores["r2"].as_f64().unwrap();
    assert!(r2 > 0.5, "{scores}");
}

#[test]
fn a_number_that_is_not_finite_is_a_string_in_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = recipe(folder.path());
    // The one step is taken from a finite loss, and lands where squares are larger than any number.
    let settings = [
        "--set",
        "train.learning_rate=1e160",
        "--set",
        "train.batch_size=full",
        "--epochs",
        "1",
    ];
    let report = record(&[&[text(&file)], &settings[..], &["--set", "network.layers=[2,1]"]].concat());
    assert!(report["history"][0]["loss"].is_f64());
    assert_eq!(report["metrics"]["training"]["loss"], "inf");
    assert!(report["outputs"][0][0].as_f64().unwrap().abs() > 1e155);
}

#[test]
fn saturated_units_are_warned_of_and_unscaled_inputs_named() {
    let raw = ["perceptron", "--set", "data.standardise=false"];
    let ended = pellucid(&[&["run"], &raw[..]].concat());
    assert_eq!(ended.status, 0, "{ended:?}");
    for part in [
        "warning:",
        "saturated",
        "Unscaled inputs",
        "data.standardise = true",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let compared = pellucid(&[&["compare", "perceptron"], &raw[..]].concat());
    assert_eq!(
        compared
            .stderr
            .matches(": saturated units: before training")
            .count(),
        2,
        "{}",
        compared.stderr
    );
    let report = record(&["perceptron", "--set", "data.standardise=false"]);
    assert!(report["warnings"][0].as_str().unwrap().contains("saturated"));
    assert_eq!(record(&["perceptron"])["warnings"].as_array().unwrap().len(), 0);
}
