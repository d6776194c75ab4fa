//! Tests of `pellucid compare`.

use crate::driver::{Ended, done, record, refused, text};
use crate::figures::{CLOSE, assert_close};
use crate::pictures::{assert_is_png, assert_is_svg};
use serde_json::{Value, json};
use std::fs;

const THREE: [&str; 4] = ["compare", "xor-sgd", "xor-batch-mean", "xor-batch-sum"];

fn comparison(arguments: &[&str]) -> Value {
    let ended = done(&[arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn the_exercise_is_reported_as_json() {
    let report = comparison(&[&THREE[..], &["--reach", "0.2,0.01"]].concat());
    let recipes = report["recipes"].as_array().unwrap();
    assert_eq!(recipes.len(), 3);
    assert_eq!(recipes[1]["train"]["reduction"], "mean");
    assert!(report["version"].is_string());

    let report = &report["comparison"];
    let names: Vec<&Value> = report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["name"])
        .collect();
    assert_eq!(names, ["xor-sgd", "xor-batch-mean", "xor-batch-sum"]);
    for (run, updates) in report["runs"]
        .as_array()
        .unwrap()
        .iter()
        .zip([40_000, 10_000, 10_000])
    {
        assert_eq!(run["epochs"], 10_000);
        assert_eq!(run["updates"], updates);
        assert!(run["seconds"].as_f64().unwrap() > 0.0);
        assert!(run["diverged_at"].is_null());
    }
    let first = &report["equal_epochs"][0];
    assert_eq!(first["epoch"], 1);
    // NumPy's, of the first epoch from the weights of seed 42.
    let golden = json!([0.3239537158130419, 0.3237286194396077, 0.3237286194396077]);
    assert_close(&first["losses"], &golden, CLOSE, "losses of the first epoch");

    let targets = report["targets"].as_array().unwrap();
    assert_eq!(
        targets.iter().map(|target| &target["loss"]).collect::<Vec<_>>(),
        [0.2, 0.01]
    );
    let hard = targets[1]["reached"].as_array().unwrap();
    assert!(hard[1].is_null(), "the averaged batch does not come so low");
    assert_eq!(
        hard[0]["updates"].as_u64(),
        hard[0]["epoch"].as_u64().map(|epoch| 4 * epoch)
    );
    assert_eq!(hard[2]["updates"], hard[2]["epoch"]);
    assert!(hard[0]["epoch"].as_u64() < hard[2]["epoch"].as_u64());
    let answer = report["answer"].as_str().unwrap();
    assert!(
        answer.starts_with("By epochs, xor-sgd converged fastest"),
        "{answer}"
    );
    assert!(answer.contains("By updates, xor-batch-sum was ahead"), "{answer}");
}

#[test]
fn the_exercise_is_reported_as_a_table() {
    let Ended { stdout, stderr, .. } = done(&[&THREE[..], &["--quiet", "--reach", "0.2,0.01"]].concat());
    assert_eq!(stderr, "");
    for heading in [
        "Loss after equal numbers of epochs",
        "updates",
        "seconds",
        "at or below a target loss",
    ] {
        assert!(stdout.contains(heading), "{heading}: {stdout}");
    }
    for name in &THREE[1..] {
        assert!(stdout.matches(name).count() >= 4, "{name}: {stdout}");
    }
    let words = stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("xor-batch-mean not reached"), "{stdout}");
    assert!(words.contains("By epochs, xor-sgd converged fastest"), "{stdout}");
}

#[test]
fn the_curves_are_drawn_in_one_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (svg, png) = (folder.path().join("curves.svg"), folder.path().join("curves.png"));
    done(&[&THREE[..], &["--quiet", "--plot", text(&svg)]].concat());
    assert_is_svg(
        &svg,
        3,
        &[
            "xor-sgd",
            "xor-batch-mean",
            "xor-batch-sum",
            "epoch",
            "squared error",
        ],
    );
    done(&[&THREE[..], &["--quiet", "--plot", text(&png)]].concat());
    assert_is_png(&png);
}

#[test]
fn all_start_from_the_first_ones_weights() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other-weights.toml");
    let recipe = done(&["recipes", "xor-sgd"])
        .stdout
        .replace("seed = 42, weights", "seed = 5, weights");
    assert!(recipe.contains("seed = 5"));
    fs::write(&file, recipe).unwrap();
    let report = comparison(&["compare", "xor-sgd", text(&file), "--epochs", "100"]);
    for row in report["comparison"]["equal_epochs"].as_array().unwrap() {
        assert_eq!(row["losses"][0], row["losses"][1], "epoch {}", row["epoch"]);
    }
}

#[test]
fn networks_of_other_shapes_begin_from_weights_of_their_own_and_it_is_said() {
    let compare = [
        "compare",
        "xor-sgd",
        "xor-by-hand",
        "--set",
        "log.loss=squared_error",
        "--epochs",
        "50",
        "--json",
        "-",
    ];
    let Ended { stdout, stderr, .. } = done(&compare);
    assert!(
        stderr.contains("note: xor-by-hand starts from initial weights of its own")
            && stderr.contains("2-3-1, not 2-2-1"),
        "{stderr}"
    );
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert!(report["variants"][1]["initial_weights_of"].is_null());
    // The recipe gives its weights: the curve is that of the recipe alone.
    let alone = record(&[
        "xor-by-hand",
        "--epochs",
        "50",
        "--set",
        "log.every=1",
        "--set",
        "log.loss=squared_error",
    ]);
    let history = alone["history"].as_array().unwrap().iter();
    let losses: Vec<&Value> = history.map(|epoch| &epoch["loss"]).collect();
    let compared: Vec<&Value> = report["variants"][1]["runs"][0]["losses"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(compared, losses);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    refused(
        &["compare", "xor-sgd", "xor-by-hand"],
        2,
        &["log different losses", "log.loss"],
    );
    refused(
        &["compare", "xor-sgd"],
        2,
        &["xor-sgd alone is nothing to compare", "--vary", "--seeds 10"],
    );
    refused(&["compare"], 2, &["required"]);
    refused(
        &["compare", "xor-sgd", "xor-sdg"],
        2,
        &["xor-sdg", "did you mean `xor-sgd`?"],
    );
    for reach in ["nan", "inf", "low", "0.1,"] {
        refused(
            &["compare", "xor-sgd", "xor-batch-sum", "--reach", reach],
            2,
            &["--reach", "finite number"],
        );
    }
}

#[test]
fn a_run_that_diverges_is_reported_and_does_not_win() {
    let folder = tempfile::tempdir().unwrap();
    let diverging = "[data]\nsource = \"regression\"\nrows = 20\nfeatures = 3\nnoise = 0.1\n\
                     [network]\nlayers = [3, 4, 1]\nactivation = \"identity\"\n\
                     [train]\nloss = \"squared_error\"\nlearning_rate = 5.0\nepochs = 400\n";
    let (fast, slow) = (folder.path().join("fast.toml"), folder.path().join("slow.toml"));
    fs::write(&fast, diverging).unwrap();
    fs::write(&slow, diverging.replace("5.0", "0.05")).unwrap();
    let ended = done(&["compare", text(&fast), text(&slow), "--quiet", "--json", "-"]);
    assert!(
        ended.stderr.contains("warning:") && ended.stderr.contains("the loss became"),
        "{}",
        ended.stderr
    );
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let answer = report["comparison"]["answer"].as_str().unwrap();
    assert!(answer.contains("fast.toml diverged"), "{answer}");
    assert!(
        report["variants"][0]["runs"][0]["diverged"]
            .as_str()
            .unwrap()
            .contains("the loss became")
    );
    let losses = report["variants"][0]["runs"][0]["losses"].as_array().unwrap();
    let seconds = report["variants"][0]["runs"][0]["seconds"].as_array().unwrap();
    assert!(losses.last().unwrap().is_string() && losses.len() == seconds.len());
    assert!(report["comparison"]["runs"][0]["diverged_at"].as_u64() > Some(1));
    // Whether the overflow shows as an infinity or as the difference of two depends on the order of the sums.
    let final_loss = report["comparison"]["runs"][0]["final_loss"].as_str();
    assert!(matches!(final_loss, Some("inf" | "nan")), "{final_loss:?}");
}
