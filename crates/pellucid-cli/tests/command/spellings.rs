//! Classes, codes, large numbers and row indices: what a table spells is kept, and what is changed is noted.

use crate::driver::{done, refused, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A table of `x` from 0 to 1 and a column `name` beside it, of this text in each row.
fn table(folder: &Path, name: &str, rows: u64, cell: impl Fn(u64) -> String) -> PathBuf {
    let path = folder.join("table.csv");
    let line = |row: u64| format!("{},{}\n", row as f64 / rows as f64, cell(row));
    let lines: String = (0..rows).map(line).collect();
    fs::write(&path, format!("x,{name}\n{lines}")).unwrap();
    path
}

struct Outcome {
    notes: String,
    record: Value,
    predictions: BTreeSet<String>,
}

/// Trains on a table with --quiet, and predicts its rows.
fn trained(path: &Path, target: &str, options: &[&str]) -> Outcome {
    let model = path.with_extension("safetensors");
    let arguments = ["train", text(path), "--target", target, "--epochs", "60", "-q"];
    let files = ["--out", text(&model), "--json", "-"];
    let ended = done(&[&arguments[..], &files, options].concat());
    let predicted = done(&["predict", text(&model), text(path), "-q"]).stdout;
    let inspected: Value = serde_json::from_str(&done(&["inspect", text(&model), "--json"]).stdout).unwrap();
    let record: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(record["notes"], inspected["warnings"]);
    Outcome {
        notes: ended.stderr,
        record,
        predictions: predicted.lines().skip(1).map(str::to_owned).collect(),
    }
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn classes_are_called_as_the_table_spells_them() {
    let folder = tempfile::tempdir().unwrap();
    for [low, high] in [
        ["01", "02"],
        ["9007199254740992", "9007199254740993"],
        ["-1", "+1"],
        ["1.0", "2.0"],
    ] {
        let path = table(folder.path(), "class", 120, |row| {
            [low, high][usize::from(row >= 60)].to_owned()
        });
        assert_eq!(trained(&path, "class", &[]).predictions, set(&[low, high]));
    }
    let path = table(folder.path(), "class", 120, |row| {
        ["1.50", "2.50"][usize::from(row >= 60)].to_owned()
    });
    let outcome = trained(&path, "class", &["--task", "classification"]);
    assert_eq!(outcome.predictions, set(&["1.50", "2.50"]));
}

#[test]
fn words_that_differ_in_case_only_are_one_class() {
    let folder = tempfile::tempdir().unwrap();
    let spelled = |row: u64| match (row >= 60, row % 6) {
        (true, 0) => "TRUE",
        (true, 1) => "True",
        (true, _) => "true",
        (false, 0) => "FALSE",
        (false, _) => "False",
    };
    let path = table(folder.path(), "class", 120, |row| spelled(row).to_owned());
    let outcome = trained(&path, "class", &[]);
    assert_eq!(outcome.predictions, set(&["False", "true"]));
    let note = "note: target `class`: words that differ in case only are one class: `False` (also `FALSE`), `true` (also";
    assert!(outcome.notes.contains(note), "{}", outcome.notes);
    let shown = done(&["data", "show", text(&path)]).stdout;
    assert!(shown.contains("differ in case only"), "{shown}");
}

#[test]
fn numbers_with_leading_zeros_are_a_category() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path(), "zip", 120, |row| {
        ["00501", "02134", "10001"][row as usize % 3].to_owned()
    });
    let outcome = trained(&path, "x", &[]);
    let features = ["zip=00501", "zip=02134", "zip=10001"];
    assert_eq!(outcome.record["feature_names"], serde_json::json!(features));
    assert!(
        outcome.notes.contains("column `zip` is a category"),
        "{}",
        outcome.notes
    );
}

#[test]
fn large_whole_numbers_are_told_apart_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path(), "time", 120, |row| {
        (1_700_000_000_000_000_000 + row).to_string()
    });
    let outcome = trained(&path, "x", &["--validation", "0"]);
    let score = outcome.record["metrics"]["training"]["r2"].as_f64().unwrap();
    assert!(score > 0.5, "{score}");
    assert!(outcome.notes.contains("column `time`"), "{}", outcome.notes);
    // Neighbours that are too far from the smallest.
    let path = table(folder.path(), "time", 120, |row| match row {
        0 => "1".to_owned(),
        row => (1_700_000_000_000_000_000 + row).to_string(),
    });
    let arguments = ["train", text(&path), "--target", "x", "--validation", "0", "-q"];
    refused(&arguments, 1, &["column `time`", "double precision"]);
}

#[test]
fn a_row_index_is_left_out_unless_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "Unnamed: 0", "index"] {
        let path = folder.path().join("table.csv");
        let line = |row: u64| format!("{},{},{}\n", row * 7 % 120, row * 13 % 17, row % 2);
        let lines: String = (0..120).map(line).collect();
        fs::write(&path, format!("{name},x,class\n{lines}")).unwrap();
        let column = if name.is_empty() { "c1" } else { name };
        let outcome = trained(&path, "class", &[]);
        assert_eq!(
            outcome.record["feature_names"],
            serde_json::json!(["x"]),
            "{name}"
        );
        let note = format!("note: column `{column}` is left out: it is a row index");
        assert!(outcome.notes.contains(&note), "{}", outcome.notes);
        let outcome = trained(&path, "class", &["--only", column]);
        assert_eq!(outcome.record["feature_names"], serde_json::json!([column]));
    }
}
