//! `pellucid data`: the list of built-in sets, and what is in a table.

use crate::driver::{command, done, refused, shared, text};
use serde_json::Value;
use std::fs;

#[test]
fn the_built_in_sets_are_listed_and_each_can_be_shown() {
    let listed = done(&["data"]).stdout;
    let json: Value = serde_json::from_str(&done(&["data", "--json"]).stdout).unwrap();
    let names: Vec<&str> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|set| set["name"].as_str().unwrap())
        .collect();
    for name in [
        "iris",
        "wine",
        "diabetes",
        "xor",
        "circles",
        "moons",
        "spirals",
        "regression",
        "digits",
        "mnist",
    ] {
        assert!(names.contains(&name) && listed.contains(name), "{name}: {listed}");
    }
    for name in names.into_iter().filter(|name| *name != "mnist") {
        let shown = done(&["data", "show", name]).stdout;
        assert!(shown.starts_with(&format!("{name}: ")), "{shown}");
        let json: Value = serde_json::from_str(&done(&["data", "show", name, "--json"]).stdout).unwrap();
        assert_eq!(json["source"], name);
    }
    assert!(
        done(&["data", "show", "moons"]).stdout != done(&["data", "show", "moons", "--seed", "1"]).stdout
    );
}

#[test]
fn a_table_is_described_column_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    let rows: Vec<String> = (0..20)
        .map(|row| {
            let size = if row == 3 {
                "?".to_string()
            } else {
                (row % 5).to_string()
            };
            format!("name-{row};{size};same;{}", ["red", "blue", "red"][row % 3])
        })
        .collect();
    fs::write(&path, format!("who;size;always;colour\n{}\n", rows.join("\n"))).unwrap();
    let shown = done(&["data", "show", text(&path)]).stdout;
    for expected in [
        "20 rows, 4 columns",
        "size",
        "number",
        "words",
        "red 13 (65.0%)",
        "`who`: every row has its own value",
        "`always`: all values are the same",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let json: Value = serde_json::from_str(&done(&["data", "show", text(&path), "--json"]).stdout).unwrap();
    let size = &json["columns"][1];
    assert_eq!(
        (size["missing"].as_u64(), size["distinct"].as_u64()),
        (Some(1), Some(5))
    );
    assert_eq!(size["numbers"]["max"], 4.0);
    let piped = command()
        .args(["data", "show", "-"])
        .write_stdin(fs::read(&path).unwrap())
        .output()
        .unwrap();
    assert!(
        String::from_utf8(piped.stdout)
            .unwrap()
            .contains("standard input: 20 rows")
    );
}

#[test]
fn odd_names_and_long_words_leave_the_table_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.csv");
    let long = "long ".repeat(50);
    let rows = format!("a,{long}\nb,\u{1b}[31mred\n").repeat(10);
    fs::write(&path, format!("\"first\nline\",{long}\n{rows}")).unwrap();
    let shown = done(&["data", "show", text(&path), "--header", "yes"]).stdout;
    assert!(
        shown.contains("first\\nline") && !shown.contains('\u{1b}'),
        "{shown}"
    );
    let widest = shown.lines().skip(1).map(|line| line.chars().count()).max();
    assert!(widest <= Some(150), "{shown}");
}

#[test]
fn missing_data_is_reported() {
    refused(
        &["data", "show", "irsi"],
        1,
        &["irsi", "no such file", "did you mean \"iris\"?"],
    );
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.csv");
    fs::write(&empty, "").unwrap();
    refused(&["data", "show", text(&empty)], 1, &["the file is empty"]);
    refused(
        &["data", "show", text(&empty), "--json", text(&empty)],
        2,
        &["would overwrite the data"],
    );
    refused(
        &["data", "show", "mnist", "--data", text(folder.path())],
        1,
        &["train-images"],
    );
    let elsewhere = ["data", "show", "iris", "--data", text(folder.path())];
    refused(&elsewhere, 2, &["--data", "mnist"]);
}

#[test]
fn mnist_is_counted() {
    let Some(mnist) = shared("data/mnist") else { return };
    let shown = done(&["data", "show", "mnist", "--data", text(&mnist)]).stdout;
    for expected in [
        "60,000 training and 10,000 test images of 28 x 28 bytes",
        "6,742",
        "1,135",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
}
