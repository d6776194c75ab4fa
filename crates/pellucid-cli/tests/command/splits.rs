//! What is held out: rows without a target, classes of one row, groups, times and repeated rows.

use crate::driver::{done, refused, text};
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A table of 60 rows with a class, a group of six rows each, a day, and a number.
fn table(folder: &Path, change: impl Fn(usize, &str) -> String) -> PathBuf {
    let path = folder.join("rows.csv");
    let mut csv = String::from("x,site,day,label\n");
    for row in 0..60 {
        let x = ((row * 37 % 60) as f64 / 10.0).sin();
        let class = if (row * 37 % 60) % 2 == 0 { "even" } else { "odd" };
        let line = format!(
            "{x},s{},2024-{:02}-{:02},{class}",
            row / 6,
            row / 28 + 1,
            row % 28 + 1
        );
        writeln!(csv, "{}", change(row, &line)).unwrap();
    }
    fs::write(&path, csv).unwrap();
    path
}

fn record(path: &Path, flags: &[&str]) -> Value {
    let out = path.with_extension("safetensors");
    let fixed = [
        "train",
        text(path),
        "--target",
        "label",
        "--epochs",
        "2",
        "--quiet",
        "--json",
    ];
    let ended = done(&[&fixed[..], &["--out", text(&out)], flags].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

fn has_note(record: &Value, part: &str) -> bool {
    let notes = record["notes"].as_array().unwrap();
    notes.iter().any(|note| note.as_str().unwrap().contains(part))
}

#[test]
fn rows_without_a_target_are_left_out_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let without = |row: usize, line: &str| match row % 20 {
        3 => format!("{},", line.rsplit_once(',').unwrap().0),
        _ => line.to_owned(),
    };
    let path = table(folder.path(), without);
    refused(
        &["train", text(&path), "--target", "label", "-q"],
        1,
        &["data row 4", "in 3 rows", "--drop-missing-target"],
    );
    let record = record(&path, &["--drop-missing-target"]);
    assert!(
        has_note(&record, "3 of 60 rows are left out: they have no label"),
        "{record}"
    );
    let rows = |key: &str| record[key].as_u64().unwrap();
    assert_eq!(rows("training_rows") + rows("validation_rows"), 57);
    assert_eq!(record["recipe"]["data"]["table"]["drop_missing_target"], true);
    let model = path.with_extension("safetensors");
    refused(
        &["evaluate", text(&model), text(&path)],
        1,
        &["data row 4", "--drop-missing-target"],
    );
    let ended = done(&["evaluate", text(&model), text(&path), "--drop-missing-target"]);
    assert!(
        ended.stderr.contains("3 rows have no target and are left out"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_single_row_of_a_class_is_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path(), |row, line| match row {
        7 => format!("{},rare", line.rsplit_once(',').unwrap().0),
        _ => line.to_owned(),
    });
    let record = record(&path, &["--cv", "3"]);
    assert!(has_note(&record, "class `rare` has a single row"), "{record}");
    let warning = record["cross_validation"]["warning"].as_str().unwrap();
    assert!(
        warning.contains("class `rare` has a single row, which is trained on and never held out"),
        "{warning}"
    );
    assert_eq!(record["cross_validation"]["folds"].as_array().unwrap().len(), 3);
}

#[test]
fn groups_and_times_are_no_features() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path(), |_, line| line.to_owned());
    for flags in [["--group", "site"], ["--time", "day"]] {
        let record = record(
            &path,
            &[&flags[..], &["--cv", "3", "--validation", "0.2"]].concat(),
        );
        let features = record["features"].as_array().unwrap();
        assert!(features.iter().all(|feature| feature != flags[1]), "{record}");
        assert_eq!(record["recipe"]["data"]["table"][&flags[0][2..]], flags[1]);
        assert_eq!(record["validation_rows"], 12);
        assert_eq!(record["cross_validation"]["folds"].as_array().unwrap().len(), 3);
    }
    let both = [
        "train",
        text(&path),
        "--target",
        "label",
        "--group",
        "site",
        "--time",
        "day",
    ];
    refused(&both, 2, &["--group", "--time"]);
    let tune = [
        "tune",
        text(&path),
        "--target",
        "label",
        "--trials",
        "2",
        "--epochs",
        "2",
        "--folds",
        "2",
    ];
    done(&[&tune[..], &["--group", "site"]].concat());
    done(&[&tune[..], &["--time", "day"]].concat());
}

#[test]
fn repeated_rows_on_both_sides_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = table(folder.path(), |row, _| {
        format!("{},s,2024-01-01,{}", row % 4, ["a", "b"][row % 2])
    });
    let out = folder.path().join("model");
    let train = [
        "train",
        text(&path),
        "--target",
        "label",
        "--preset",
        "plain",
        "--epochs",
        "2",
        "--out",
        text(&out),
    ];
    let ended = done(&train);
    assert!(
        ended
            .stderr
            .contains("note: 6 of 6 held-out rows have copies among the training rows"),
        "{}",
        ended.stderr
    );
    let tune = [
        "tune",
        text(&path),
        "--target",
        "label",
        "--trials",
        "1",
        "--epochs",
        "1",
    ];
    let ended = done(&tune);
    assert!(
        ended.stderr.contains("12 of 12 held-out rows have copies"),
        "{}",
        ended.stderr
    );
}
