//! `pellucid explain --contributions`: what each column contributes to a prediction.

use crate::driver::{done, refused, text};
use crate::pictures::assert_is_svg;
use crate::train::people;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn iris(folder: &Path) -> PathBuf {
    let model = folder.join("iris.safetensors");
    done(&["train", "iris", "--epochs", "40", "--out", text(&model), "-q"]);
    model
}

fn explain(model: &Path, data: &str, options: &[&str]) -> String {
    let explain = ["explain", text(model), "--data", data, "--contributions"];
    done(&[&explain[..], options].concat()).stdout
}

fn record(model: &Path, data: &str, options: &[&str]) -> Value {
    let stdout = explain(model, data, &[options, &["--format", "json"]].concat());
    serde_json::from_str(&stdout).unwrap()
}

/// Each output's contributions add up to its prediction minus its base.
fn check_sums(record: &Value) {
    for output in record["outputs"].as_array().unwrap() {
        let contributions = output["contributions"].as_array().unwrap();
        let number = |value: &Value| value.as_f64().unwrap();
        let sum: f64 = contributions
            .iter()
            .map(|column| number(&column["contribution"]))
            .sum();
        let difference = number(&output["prediction"]) - number(&output["base"]);
        assert!(
            (sum - difference).abs() < 1e-9 * difference.abs().max(1.0),
            "{output}"
        );
    }
}

#[test]
fn the_contributions_add_up_and_are_told_in_words_numbers_and_bars() {
    let folder = tempfile::tempdir().unwrap();
    let model = iris(folder.path());
    let found = record(&model, "iris", &["--row", "120"]);
    assert_eq!((&found["method"], &found["row"]), (&"exact".into(), &120.into()));
    assert_eq!(found["background_rows"], 100);
    assert_eq!(found["outputs"].as_array().unwrap().len(), 3);
    check_sums(&found);
    // The probabilities of all classes add up to 1, so what one gains others lose.
    for column in 0..4 {
        let of_classes = found["outputs"].as_array().unwrap().iter();
        let sum: f64 = of_classes
            .map(|output| output["contributions"][column]["contribution"].as_f64().unwrap())
            .sum();
        assert!(sum.abs() < 1e-6, "{sum}");
    }
    let predicted = found["explained"].as_str().unwrap();
    let [svg, png, file] = ["c.svg", "c.png", "c.txt"].map(|name| folder.path().join(name));
    let printed = explain(&model, "iris", &["--row", "120", "--plot", text(&svg)]);
    assert!(printed.contains("row 120 of iris"), "{printed}");
    assert!(
        printed.contains(&format!("the probability that species is {predicted}")),
        "{printed}"
    );
    for part in [
        "mean over 100 background rows",
        "exact",
        "petal",
        "All contributions add up to",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_is_svg(
        &svg,
        0,
        &["Contributions to a prediction", "contribution to the probability"],
    );
    let other = [
        "--row",
        "120",
        "--class",
        "setosa",
        "--plot",
        text(&png),
        "-o",
        text(&file),
    ];
    assert_eq!(explain(&model, "iris", &other), "");
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written.contains("the probability that species is setosa"),
        "{written}"
    );
}

#[test]
fn all_rows_are_the_background_of_a_small_table_and_its_cells_are_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let people = people(folder.path(), 60);
    let model = folder.path().join("people.safetensors");
    let train = [
        "train",
        text(&people),
        "--target",
        "buys",
        "--drop",
        "name",
        "--epochs",
        "30",
    ];
    done(&[&train[..], &["--out", text(&model), "-q"]].concat());
    // Row 6 has no age.
    let found = record(&model, text(&people), &["--row", "6"]);
    assert_eq!(found["background_rows"], 60);
    check_sums(&found);
    let of_output = &found["outputs"][1]["contributions"];
    assert_eq!(
        (&of_output[0]["column"], &of_output[0]["cell"]),
        (&"age".into(), &Value::Null)
    );
    assert_eq!(
        (&of_output[1]["column"], &of_output[1]["cell"]),
        (&"colour".into(), &"blue".into())
    );
    assert!(explain(&model, text(&people), &["--row", "6"]).contains("missing"));
    let few = record(&model, text(&people), &["--row", "6", "--background", "5"]);
    assert_eq!(few["background_rows"], 5);
    check_sums(&few);
    assert_ne!(
        few["outputs"],
        record(
            &model,
            text(&people),
            &["--row", "6", "--background", "5", "--seed", "3"]
        )["outputs"]
    );
}

#[test]
fn more_than_twelve_columns_are_sampled_and_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("wide.csv");
    let mut lines: String = (1..=14).map(|at| format!("x{at},")).collect::<String>() + "y\n";
    for row in 0..80_u64 {
        let cells: Vec<u64> = (1..=14).map(|at| row * (7 * at + 3) % 53).collect();
        for cell in &cells {
            write!(lines, "{cell},").unwrap();
        }
        writeln!(lines, "{}", cells[0] * cells[1] + 20 * cells[2]).unwrap();
    }
    fs::write(&data, lines).unwrap();
    let model = folder.path().join("wide.safetensors");
    done(&[
        "train",
        text(&data),
        "--target",
        "y",
        "--epochs",
        "20",
        "--out",
        text(&model),
        "-q",
    ]);
    let found = record(
        &model,
        text(&data),
        &["--row", "1", "--rounds", "4", "--background", "20"],
    );
    assert_eq!(
        (&found["method"], &found["orders"]),
        (&"sampled".into(), &160.into())
    );
    check_sums(&found);
    let errors = found["outputs"][0]["contributions"].as_array().unwrap();
    assert!(
        errors
            .iter()
            .all(|column| column["standard_error"].as_f64().unwrap() >= 0.0)
    );
    let printed = explain(&model, text(&data), &["--row", "1"]);
    assert!(printed.contains("sampled, from 1,600 orders"), "{printed}");
    assert!(printed.contains("standard error"), "{printed}");
}

#[test]
fn what_has_no_contributions_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = iris(folder.path());
    let model = text(&model);
    let contributions = |options: &[&str], status: i32, expected: &[&str]| {
        refused(
            &[&["explain", model, "--contributions"], options].concat(),
            status,
            expected,
        );
    };
    contributions(&["--row", "1"], 2, &["--data"]);
    contributions(&["--data", "iris"], 2, &["--row N"]);
    contributions(&["--data", "iris", "--row", "151"], 2, &["--row 151", "150 rows"]);
    contributions(
        &["--data", "iris", "--row", "1", "--class", "tulip"],
        2,
        &["--class tulip", "setosa"],
    );
    contributions(
        &["--data", "iris", "--row", "1", "-o", "x.html"],
        2,
        &["terminal and json"],
    );
    contributions(
        &["--data", "iris", "--row", "1", "--background", "0"],
        2,
        &["--background"],
    );
    contributions(
        &["--data", "iris", "--row", "1", "--rounds", "1"],
        2,
        &["--rounds"],
    );
    contributions(
        &["--data", "iris", "--rows", "1..3"],
        2,
        &["--contributions", "--rows"],
    );
    contributions(&["--data", "moons", "--row", "1"], 1, &["sepal_length"]);
    refused(
        &["explain", "xor-by-hand", "--contributions", "--row", "1"],
        2,
        &["xor-by-hand is a recipe"],
    );
    refused(
        &["explain", "xor-by-hand", "--background", "7"],
        2,
        &["--contributions"],
    );
}
