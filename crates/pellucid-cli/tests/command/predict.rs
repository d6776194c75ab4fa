//! `pellucid predict` and `pellucid evaluate`: raw tables in any order, in and out.

use crate::driver::{done, pellucid, refused, text};
use crate::train::people;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A model of people who buy.
fn model(folder: &Path, options: &[&str]) -> PathBuf {
    let path = folder.join("model.safetensors");
    let people = people(folder, 300);
    let arguments = [
        "train",
        text(&people),
        "--target",
        "buys",
        "--out",
        text(&path),
        "--epochs",
        "40",
        "-q",
    ];
    done(&[&arguments[..], options].concat());
    path
}

fn write(folder: &Path, name: &str, contents: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, contents).unwrap();
    path
}

/// The columns of a CSV in another order.
fn reordered(table: &Path, order: &[usize], delimiter: &str) -> String {
    let table = fs::read_to_string(table).unwrap();
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        order
            .iter()
            .map(|&at| cells[at])
            .collect::<Vec<_>>()
            .join(delimiter)
    };
    table.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn the_order_of_columns_the_delimiter_and_the_target_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--drop", "name"]);
    let people = folder.path().join("people.csv");
    let expected = done(&["predict", text(&model), text(&people), "--proba"]).stdout;
    assert_eq!(
        expected.lines().next(),
        Some("prediction,probability_no,probability_yes")
    );
    assert_eq!(expected.lines().count(), 301);
    for (order, delimiter) in [(&[4, 2, 3, 1, 0][..], ","), (&[3, 2, 1], ";"), (&[2, 1, 3], "\t")] {
        let other = write(folder.path(), "other", &reordered(&people, order, delimiter));
        let ended = done(&["predict", text(&model), text(&other), "--proba"]);
        assert_eq!(ended.stdout, expected);
        assert_eq!(ended.stderr, "");
    }
    for line in expected.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (no, yes): (f64, f64) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        assert!((no + yes - 1.0).abs() < 1e-12);
        assert_eq!(cells[0], if yes > no { "yes" } else { "no" });
    }
}

#[test]
fn predictions_and_scores_agree() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &[]);
    let people = folder.path().join("people.csv");
    let predicted = done(&["predict", text(&model), text(&people), "--keep-columns"]).stdout;
    let mut lines = predicted.lines();
    assert_eq!(lines.next(), Some("name,age,colour,noise,buys,prediction"));
    let right = lines
        .filter(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            cells[4] == cells[5]
        })
        .count();
    let ended = done(&["evaluate", text(&model), text(&people), "--json"]);
    let scores: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(scores["accuracy"].as_f64().unwrap(), right as f64 / 300.0);
    assert_eq!(scores["rows"], 300);
    let confusion: u64 = scores["confusion"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(confusion, 300);
    let shown = done(&["evaluate", text(&model), text(&people)]).stdout;
    for part in [
        "balanced accuracy",
        "ROC AUC",
        "precision",
        "recall",
        "F1",
        "true \\ predicted",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn an_identifier_names_the_rows_and_words_stay_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--id", "name"]);
    let new = "name,prediction,colour,age,noise\n007,a,red,30,1\n\"x, y\",b,blue,?,2\n";
    let new = write(folder.path(), "new.csv", new);
    let ended = done(&["predict", text(&model), text(&new)]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "name,prediction");
    assert!(
        lines[1].starts_with("007,") && lines[2].starts_with("\"x, y\","),
        "{lines:?}"
    );
    assert!(
        ended.stderr.contains("`prediction`"),
        "an unknown column: {}",
        ended.stderr
    );
    // A column that is called as ours is stays, and ours gets another name.
    let kept = done(&["predict", text(&model), text(&new), "--keep-columns"]).stdout;
    assert_eq!(
        kept.lines().next(),
        Some("name,prediction,colour,age,noise,_prediction")
    );
    assert!(kept.lines().nth(1).unwrap().starts_with("007,a,red,30,1,"));
}

#[test]
fn kept_columns_and_identifiers_are_as_they_were_to_the_last_digit() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--drop", "name"]);
    let header = "name,account,colour,age,noise,price";
    let rows = [
        "00501,9007199254740993,red,30,1.0,1.50",
        "NA,9007199254740992,RED ,?,+2,007",
    ];
    let new = format!("{header}\n{}\n", rows.join("\n"));
    let new = write(folder.path(), "new.csv", &new);
    let kept = done(&["predict", text(&model), text(&new), "--keep-columns"]).stdout;
    let lines: Vec<&str> = kept.lines().collect();
    for (line, row) in lines[1..].iter().zip(rows) {
        assert!(line.starts_with(&format!("{row},")), "{line}");
    }
    let named = done(&["predict", text(&model), text(&new), "--id", "account"]).stdout;
    let lines: Vec<&str> = named.lines().collect();
    assert_eq!(lines[0], "account,prediction");
    assert!(lines[1].starts_with("9007199254740993,"), "{named}");
    assert!(lines[2].starts_with("9007199254740992,"), "{named}");
    let wrong = ["predict", text(&model), text(&new), "--id", "acount"];
    refused(&wrong, 1, &["acount", "did you mean `account`?"]);
}

#[test]
fn parquet_goes_in_and_out_and_chunks_do_not_show() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--drop", "name"]);
    let people = folder.path().join("people.csv");
    let table = fs::read_to_string(&people).unwrap();
    let (header, rows) = table.split_once('\n').unwrap();
    // More rows than are read at a time.
    let long = write(
        folder.path(),
        "long.csv",
        &format!("{header}\n{}", rows.repeat(60)),
    );
    let (parquet, again, text_out) = (
        folder.path().join("a.parquet"),
        folder.path().join("b.csv"),
        folder.path().join("c.csv"),
    );
    let ended = done(&[
        "predict",
        text(&model),
        text(&long),
        "-o",
        text(&parquet),
        "--keep-columns",
        "--proba",
    ]);
    assert!(ended.stderr.contains("18,000 rows"), "{}", ended.stderr);
    done(&[
        "predict",
        text(&model),
        text(&parquet),
        "-o",
        text(&again),
        "--proba",
        "-q",
    ]);
    done(&[
        "predict",
        text(&model),
        text(&long),
        "-o",
        text(&text_out),
        "--proba",
        "-q",
    ]);
    let lines = fs::read_to_string(&text_out).unwrap();
    assert!(fs::read_to_string(&again).unwrap() == lines);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 18_001);
    assert!(
        (1..=17_700).all(|row| lines[row] == lines[row + 300]),
        "a row's answer depends on its chunk"
    );
}

#[test]
fn unknown_values_in_the_rows_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--drop", "name"]);
    let new = "age,colour,noise,shoe\n30,red,1,40\n5000,red,1,40\n30,violet,1,40\n40,violet,99,40\n";
    let new = write(folder.path(), "new.csv", new);
    let ended = done(&["predict", text(&model), text(&new)]);
    assert_eq!(ended.stdout.lines().count(), 5);
    for expected in [
        "`age`: numbers far outside",
        "rows: 1",
        "first `violet`; rows: 2",
        "`shoe`",
    ] {
        assert!(ended.stderr.contains(expected), "{expected}: {}", ended.stderr);
    }
}

#[test]
fn tables_that_do_not_fit_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--drop", "name", "--unseen", "error"]);
    let out = folder.path().join("out.csv");
    let refuse = |contents: &str, expected: &[&str]| {
        let new = write(folder.path(), "new.csv", contents);
        let arguments = ["predict", text(&model), text(&new), "-o", text(&out)];
        refused(&arguments, 1, &[&["new.csv"], expected].concat());
        assert!(!out.exists());
    };
    refuse(
        "age,color,noise\n30,red,1\n",
        &["\"colour\"", "did you mean \"color\"?"],
    );
    refuse(
        "age,colour,noise\n30,red,1\nold,red,1\n",
        &["line 3", "\"age\"", "\"old\"", "not a number"],
    );
    refuse("age,colour,noise\n30,red,inf\n", &["line 2", "\"noise\"", "inf"]);
    refuse(
        "age,colour,noise\n30,red,1\n30,red\n",
        &["line 3", "2 cells", "expected 3"],
    );
    refuse("age,colour,noise\n", &["no rows"]);
    refuse("", &["empty"]);
    let rows = "30,red,1\n".repeat(9000);
    refuse(
        &format!("age,colour,noise\n{rows}30,pink,1\n"),
        &["`colour`", "data row 9001", "`pink`"],
    );
    let people = folder.path().join("people.csv");
    refused(
        &["predict", text(&people), text(&people)],
        1,
        &["people.csv", "not a model"],
    );
    refused(
        &["predict", text(&model), "nowhere.csv"],
        1,
        &["nowhere.csv", "no such file"],
    );
    refused(
        &["predict", text(&model), text(&people), "-o", text(&people)],
        2,
        &["would overwrite the data"],
    );
    let without = write(folder.path(), "without.csv", "age,colour,noise\n30,red,1\n");
    refused(&["evaluate", text(&model), text(&without)], 1, &["\"buys\""]);
    let other = write(
        folder.path(),
        "other.csv",
        "age,colour,noise,buys\n30,red,1,maybe\n",
    );
    refused(
        &["evaluate", text(&model), text(&other)],
        1,
        &["`buys`", "data row 1", "`maybe`"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_and_a_broken_pipe_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let model = model(folder.path(), &["--drop", "name"]);
    let people = folder.path().join("people.csv");
    let ended = pellucid(&["predict", text(&model), text(&people), "-o", "/dev/full"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("cannot write to /dev/full"),
        "{}",
        ended.stderr
    );
    let script = format!(
        "'{}' predict '{}' '{}' --keep-columns | head -n 1; exit ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_pellucid"),
        model.display(),
        people.display()
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_boolean_is_what_it_means_however_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..120)
        .map(|row| {
            let (member, old) = (row % 2 == 0, row * 7 % 30 > 14);
            format!(
                "{},{},{}",
                if member { "Yes" } else { "no" },
                row * 7 % 30,
                if member && old { "t" } else { "f" }
            )
        })
        .collect();
    let table = write(
        folder.path(),
        "table.csv",
        &format!("member,age,buys\n{}\n", rows.join("\n")),
    );
    let model = folder.path().join("model");
    done(&[
        "train",
        text(&table),
        "--target",
        "buys",
        "--out",
        text(&model),
        "--learning-rate",
        "0.01",
        "-q",
    ]);
    let predicted = |contents: &str| {
        let new = write(folder.path(), "new.csv", contents);
        done(&["predict", text(&model), text(&new), "--proba"])
    };
    let expected = predicted("member,age\nYes,25\nno,25\n,25\n");
    assert!(
        expected.stdout.contains("\nt,") && expected.stdout.contains("\nf,"),
        "{}",
        expected.stdout
    );
    for same in [
        "member,age\nTRUE,25\nfalse,25\nNA,25\n",
        "member,age\n1,25\n0,25\n?,25\n",
    ] {
        let found = predicted(same);
        assert_eq!(
            (found.stdout, found.stderr),
            (expected.stdout.clone(), String::new())
        );
    }
    let third = predicted("member,age\nYes,25\nno,25\nperhaps,25\n");
    assert_eq!(third.stdout, expected.stdout, "a third word is as if missing");
    assert!(
        third.stderr.contains("first `perhaps`; rows: 1"),
        "{}",
        third.stderr
    );
}
