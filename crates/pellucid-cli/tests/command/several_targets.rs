//! Several targets at once: labels of two classes each, and numbers; from a table to a model, and what it answers.

use crate::driver::{done, refused, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Two numbers, from which three labels and two numbers follow: a boolean, words, 0 and 1.
fn table(folder: &Path) -> PathBuf {
    let path = folder.join("several.csv");
    let mut lines = vec!["x;y;warm;size;odd;sum;product".to_string()];
    for row in 0..400 {
        let (x, y) = (
            f64::from(row % 20) / 10.0 - 1.0,
            f64::from(row * 7 % 31) / 15.0 - 1.0,
        );
        let warm = if x + 0.05 > 0.0 { "yes" } else { "no" };
        let size = if x + y > 0.3 { "large" } else { "small" };
        let odd = u8::from(x * y > 0.0);
        lines.push(format!(
            "{x};{y};{warm};{size};{odd};{};{}",
            100.0 + x + y,
            10.0 * x * y
        ));
    }
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

fn train(arguments: &[&str]) -> Value {
    let ended = done(&[&["train"], arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

#[test]
fn labels_are_learnt_each_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (table(folder.path()), folder.path().join("model"));
    let report = train(&[
        text(&table),
        "--preset",
        "plain",
        "--target",
        "warm,size,odd",
        "--drop",
        "sum,product",
        "--out",
        text(&model),
    ]);
    assert_eq!(report["task"], "classification");
    assert_eq!(report["recipe"]["train"]["loss"], "binary_cross_entropy");
    assert_eq!(
        report["recipe"]["network"]["layers"],
        serde_json::json!([2, 100, 3])
    );
    assert_eq!(report["recipe"]["network"]["activation"][1], "sigmoid");
    assert!(
        report["metrics"]["validation"]["subset_accuracy"]
            .as_f64()
            .unwrap()
            > 0.8,
        "{}",
        report["metrics"]["validation"]
    );
    for target in ["warm", "size", "odd"] {
        let scores = &report["metrics"]["validation"]["targets"][target];
        assert!(scores["accuracy"].as_f64().unwrap() > 0.85, "{target}: {scores}");
    }

    let predicted = done(&["predict", text(&model), text(&table), "--proba"]).stdout;
    let mut lines = predicted.lines();
    let header = "prediction_warm,prediction_size,prediction_odd,probability_warm_yes,probability_size_small,probability_odd_1";
    assert_eq!(lines.next(), Some(header));
    let written = fs::read_to_string(&table).unwrap();
    let mut right = [0; 3];
    for (line, row) in lines.zip(written.lines().skip(1)) {
        let (answer, row): (Vec<&str>, Vec<&str>) = (line.split(',').collect(), row.split(';').collect());
        for (label, second) in ["yes", "small", "1"].into_iter().enumerate() {
            let probability: f64 = answer[3 + label].parse().unwrap();
            assert_eq!(answer[label] == second, probability > 0.5, "{line}");
            right[label] += usize::from(answer[label] == row[2 + label]);
        }
    }
    // Each column in the words of the table, and the scores are those of the predictions.
    let evaluated = done(&["evaluate", text(&model), text(&table), "--json"]).stdout;
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    for (target, right) in ["warm", "size", "odd"].iter().zip(right) {
        let accuracy = evaluated["targets"][target]["accuracy"].as_f64().unwrap();
        assert!(
            (accuracy - right as f64 / 400.0).abs() < 1e-12,
            "{target}: {accuracy} and {right}"
        );
    }
    let shown = done(&["evaluate", text(&model), text(&table)]).stdout;
    for expected in [
        "subset accuracy",
        "log loss",
        "ROC AUC",
        "warm",
        "small",
        "precision",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let shown = done(&["inspect", text(&model)]).stdout;
    for expected in [
        "warm (no or yes)",
        "size (large or small)",
        "odd (0 or 1)",
        "subset accuracy",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}

#[test]
fn labels_are_distinguished_from_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (table(folder.path()), folder.path().join("model"));
    let short = ["--epochs", "2", "--out", text(&model)];
    let task = |target: &str, more: &[&str]| {
        train(&[&[text(&table), "--target", target], more, &short].concat())["task"].clone()
    };
    assert_eq!(task("warm,odd", &[]), "classification");
    assert_eq!(task("sum,product", &[]), "regression");
    assert_eq!(task("odd,product", &[]), "regression");
    assert_eq!(task("warm,size", &["--cv", "3"]), "classification");
    let start = ["train", text(&table), "--quiet"];
    refused(
        &[
            &start[..],
            &["--target", "warm,product", "--task", "classification"],
        ]
        .concat(),
        1,
        &[
            "product",
            "several targets can be learned as classes only if each has two",
        ],
    );
    refused(
        &[
            &start[..],
            &["--target", "warm,size", "--class-weight", "balanced"],
        ]
        .concat(),
        2,
        &["class_weight", "single target"],
    );
}

#[test]
fn numbers_come_back_in_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (table(folder.path()), folder.path().join("model"));
    let drop = ["--drop", "warm,size,odd"];
    train(
        &[
            &[text(&table), "--target", "product,sum", "--out", text(&model)],
            &drop[..],
        ]
        .concat(),
    );
    let predicted = done(&["predict", text(&model), text(&table)]).stdout;
    let mut lines = predicted.lines();
    assert_eq!(lines.next(), Some("prediction_product,prediction_sum"));
    let written = fs::read_to_string(&table).unwrap();
    let numbers = |line: &str, by: char, at: [usize; 2]| {
        let cells: Vec<&str> = line.split(by).collect();
        at.map(|at| cells[at].parse::<f64>().unwrap())
    };
    let mut squares = [0.0; 2];
    for (line, row) in lines.zip(written.lines().skip(1)) {
        let (found, expected) = (numbers(line, ',', [0, 1]), numbers(row, ';', [6, 5]));
        (0..2).for_each(|at| squares[at] += (found[at] - expected[at]).powi(2) / 400.0);
    }
    assert!(squares[0].sqrt() < 1.0 && squares[1].sqrt() < 0.2, "{squares:?}");
    let evaluated = done(&["evaluate", text(&model), text(&table), "--json"]).stdout;
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    for (target, mean) in ["product", "sum"].iter().zip(squares) {
        let rmse = evaluated["targets"][target]["rmse"].as_f64().unwrap();
        assert!(
            (rmse - mean.sqrt()).abs() < 1e-6,
            "{target}: {rmse} and {}",
            mean.sqrt()
        );
    }
}

/// A recipe that is run, and not a table: several outputs, a yes or no each.
#[test]
fn a_recipe_may_have_several_labels_too() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = folder.path().join("labels.toml");
    fs::write(
        &recipe,
        "[data]\nsource = \"inline\"\ninputs = [[0, 0], [0, 1], [1, 0], [1, 1]]\n\
         targets = [[0, 0, 1], [1, 0, 1], [1, 0, 1], [0, 1, 0]]\nweights = [1, 1, 2, 1]\n\
         [network]\nlayers = [2, 8, 3]\nactivation = [\"tanh\", \"sigmoid\"]\nnormalisation = \"layer\"\n\
         [train]\nloss = \"binary_cross_entropy\"\noptimizer = \"adam\"\nlearning_rate = 0.05\nepochs = 600\nseed = 3\n",
    )
    .unwrap();
    let report = crate::driver::record(&[text(&recipe)]);
    let outputs = report["outputs"].as_array().unwrap();
    let targets = [[0, 0, 1], [1, 0, 1], [1, 0, 1], [0, 1, 0]];
    for (output, target) in outputs.iter().zip(targets) {
        for (a, y) in output.as_array().unwrap().iter().zip(target) {
            assert_eq!(a.as_f64().unwrap() > 0.5, y == 1, "{outputs:?}");
        }
    }
    let normalised = &report["final"]["layers"][0]["normalisation"];
    assert_eq!(normalised["gain"].as_array().unwrap().len(), 8);
    assert!(normalised["mean"].is_null() && report["final"]["layers"][1]["normalisation"].is_null());
}
