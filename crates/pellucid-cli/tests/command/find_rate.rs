//! Tests of `pellucid find-rate`.

use crate::driver::{done, pellucid, refused, text};
use crate::pictures::{assert_is_png, assert_is_svg};
use serde_json::Value;

fn json(arguments: &[&str]) -> Value {
    let ended = done(&[&["find-rate"], arguments, &["--quiet", "--json"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_recipe_has_its_rates_tested_in_a_table_and_suggested() {
    let ended = done(&["find-rate", "xor-batch-mean", "--from", "1e-3", "--to", "1e5"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[0].contains("rate") && lines[0].contains("smoothed loss"));
    assert!(lines[1].trim_start().starts_with("1.00e-3"), "{}", ended.stdout);
    assert!(lines.len() > 10 && lines.len() < 40, "{}", ended.stdout);
    for expected in ["suggested: ", "falls fastest", "a tenth of"] {
        assert!(ended.stdout.contains(expected), "{expected}: {}", ended.stdout);
    }
    let again = done(&[
        "find-rate",
        "xor-batch-mean",
        "--from",
        "1e-3",
        "--to",
        "1e5",
        "--threads",
        "2",
    ]);
    assert_eq!(again.stdout, ended.stdout);
    let quiet = done(&[
        "find-rate",
        "xor-batch-mean",
        "--from",
        "1e-3",
        "--to",
        "1e5",
        "--quiet",
    ]);
    assert_eq!(quiet.stdout.lines().count(), 3, "{}", quiet.stdout);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_table_explodes_and_its_suggestion_trains() {
    let found = json(&["iris", "--optimizer", "sgd", "--to", "1e4", "--steps", "250"]);
    assert_eq!(found["exploded"], true);
    let points = found["points"].as_array().unwrap();
    assert!(points.len() < 250);
    let number = |value: &Value| value.as_f64().unwrap();
    let rates: Vec<f64> = points.iter().map(|point| number(&point["rate"])).collect();
    let factor = 1e10f64.powf(1.0 / 249.0);
    for pair in rates.windows(2) {
        assert!((pair[1] / pair[0] / factor - 1.0).abs() < 1e-9);
    }
    assert!((rates[0] / 1e-6 - 1.0).abs() < 1e-9);
    let smoothed = |point: &Value| number(&point["smoothed_loss"]);
    let lowest = points.iter().skip(11).map(smoothed).fold(f64::INFINITY, f64::min);
    assert_eq!(smoothed(&found["lowest"]), lowest);
    let suggested = number(&found["suggested"]);
    assert!(suggested < number(&found["lowest"]["rate"]));
    // The rate that is suggested does train.
    let folder = tempfile::tempdir().unwrap();
    let rate = suggested.to_string();
    let model = folder.path().join("iris.safetensors");
    let trained = done(&[
        "train",
        "iris",
        "--optimizer",
        "sgd",
        "--learning-rate",
        &rate,
        "--epochs",
        "150",
        "--out",
        text(&model),
        "--quiet",
        "--json",
    ]);
    let trained: Value = serde_json::from_str(&trained.stdout).unwrap();
    let accuracy = trained["metrics"]["training"]["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.9, "{accuracy} at {suggested}");
}

#[test]
fn it_is_drawn_with_a_logarithmic_axis_across() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("rates.svg");
    let png = folder.path().join("rates.png");
    done(&["find-rate", "iris", "--quiet", "--plot", text(&svg)]);
    assert_is_svg(
        &svg,
        2,
        &[
            "learning rate",
            "categorical cross entropy",
            "smoothed loss",
            "falls fastest",
            "10",
        ],
    );
    done(&["find-rate", "iris", "--quiet", "--plot", text(&png)]);
    assert_is_png(&png);
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_do() {
    for (arguments, expected) in [
        (&["iris", "--from", "0"][..], &["--from = 0", "above 0"][..]),
        (&["iris", "--from", "-1"], &["--from = -1", "above 0"]),
        (
            &["iris", "--to", "1e-9"],
            &["--to = 0.000000001", "above the first one"],
        ),
        (&["iris", "--steps", "3"], &["--steps = 3", "at least 20"]),
        (
            &["iris", "--optimizer", "lbfgs"],
            &["train.optimizer = \"lbfgs\"", "line search"],
        ),
        (
            &["xor-sgd", "--target", "y"],
            &["--target is for a table", "xor-sgd is a recipe"],
        ),
        (&["iris", "--data", "x"], &["--data is for a recipe"]),
        (&["iris", "--set", "train.l2=1"], &["--set is for", "--recipe"]),
        (&["iris", "--plot", "rates.gif"], &["rates.gif", ".svg or .png"]),
        (
            &["iris", "--plot", "x.svg", "--json", "x.svg"],
            &["x.svg", "one file"],
        ),
    ] {
        refused(&[&["find-rate"], arguments].concat(), 2, expected);
    }
    refused(
        &["find-rate", "not-there.csv", "--target", "y"],
        1,
        &["not-there.csv"],
    );
}

#[test]
fn a_loss_that_does_not_fall_suggests_nothing() {
    let ended = pellucid(&[
        "find-rate",
        "xor-sgd",
        "--from",
        "1e-12",
        "--to",
        "1e-10",
        "--quiet",
    ]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let said = &ended.stdout;
    assert!(said.contains("does not explode up to 1.00e-10"), "{said}");
}
