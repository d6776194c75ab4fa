//! Folders and patterns: files that are one table.

use crate::driver::{done, refused, text};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Rows of a table whose last column follows from the others, from one row up to another.
fn rows(range: std::ops::Range<u32>) -> String {
    let row = |i: u32| {
        let (x, word) = (
            f64::from(i * 37 % 101) / 10.0,
            ["red", "green", "blue"][i as usize % 3],
        );
        format!(
            "{x},{word},{}\n",
            if x > 5.0 || word == "blue" { "high" } else { "low" }
        )
    };
    range.map(row).collect()
}

/// A table as one file, and as three files in folders, with a column that the folders name in the second.
fn written(folder: &TempDir) -> (String, String) {
    let whole = folder.path().join("whole.csv");
    let mut lines = String::from("x,colour,level,year\n");
    for (range, year) in [(0..70, 2023), (70..100, 2024), (100..180, 2024)] {
        rows(range)
            .lines()
            .for_each(|row| lines += &format!("{row},{year}\n"));
    }
    fs::write(&whole, lines).unwrap();
    let parts = folder.path().join("parts");
    for (name, range) in [
        ("year=2023/a.csv", 0..70),
        ("year=2024/a.csv", 70..100),
        ("year=2024/b.csv", 100..180),
    ] {
        let path = parts.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x,colour,level\n".to_owned() + &rows(range)).unwrap();
    }
    // Notes of the program that wrote the folder.
    fs::write(parts.join("_SUCCESS"), "").unwrap();
    (text(&whole).to_owned(), text(&parts).to_owned())
}

fn trained(data: &str, out: &Path, more: &[&str]) -> Value {
    let arguments = [
        "train",
        data,
        "--target",
        "level",
        "--epochs",
        "5",
        "--quiet",
        "--out",
        text(out),
    ];
    let record = [&arguments[..], more, &["--json", "-"]].concat();
    serde_json::from_str(&done(&record).stdout).unwrap()
}

#[test]
fn a_folder_trains_the_same_weights_as_its_rows_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = written(&folder);
    let (one, several) = (
        folder.path().join("one.safetensors"),
        folder.path().join("several.safetensors"),
    );
    let of_one = trained(&whole, &one, &[]);
    let of_several = trained(&parts, &several, &[]);
    for key in ["features", "metrics", "history", "rows", "parameters"] {
        assert_eq!(of_one[key], of_several[key], "{key}");
    }
    let notes = of_several["notes"].to_string();
    assert!(
        notes.contains("3 files are one table") && notes.contains("year"),
        "{notes}"
    );
    let [of_whole, of_parts] = [&whole, &parts].map(|data| done(&["predict", text(&one), data]).stdout);
    assert_eq!(of_whole.lines().count(), 181);
    assert_eq!(of_whole, of_parts);
    // The weights are the same if the predictions of both models are, to the last digit of their probabilities.
    let proba = |model: &Path| done(&["predict", text(model), &parts, "--proba"]).stdout;
    assert_eq!(proba(&one), proba(&several));
    for command in ["evaluate", "importance"] {
        let [of_whole, of_parts] = [&whole, &parts].map(|data| done(&[command, text(&several), data]).stdout);
        assert_eq!(of_whole, of_parts, "{command}");
    }
}

#[test]
fn a_pattern_means_the_files_that_it_matches() {
    let folder = tempfile::tempdir().unwrap();
    let (_, parts) = written(&folder);
    let model = folder.path().join("model.safetensors");
    let record = trained(&format!("{parts}/year=*/a.csv"), &model, &[]);
    assert_eq!(record["rows"], 100);
    let of_year = done(&[
        "predict",
        text(&model),
        &format!("{parts}/year=2024/*.csv"),
        "--keep-columns",
    ]);
    let lines: Vec<&str> = of_year.stdout.lines().collect();
    assert_eq!(lines.len(), 111);
    assert!(lines[0].starts_with("x,colour,level,year,"), "{}", lines[0]);
    let year_of = |line: &&str| line.split(',').nth(3) == Some("2024");
    assert!(lines[1..].iter().all(year_of));
    refused(
        &["predict", text(&model), &format!("{parts}/year=1999/*.csv")],
        1,
        &["no file matches the pattern"],
    );
    let tuned = [
        "tune",
        &parts,
        "--target",
        "level",
        "--trials",
        "2",
        "--vary",
        "hidden=4,8",
    ];
    done(&[&tuned[..], &["--epochs", "2", "--quiet", "--json", "-"]].concat());
}

#[test]
fn files_with_other_columns_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let write = |name: &str, contents: &str| fs::write(data.join(name), contents).unwrap();
    let refuse = |expected: &[&str]| refused(&["train", text(&data), "--target", "y"], 1, expected);
    write("a.csv", "x,y\n1,2\n2,3\n");
    write("b.csv", "x,z\n1,2\n");
    refuse(&["b.csv", "no column \"y\"", "a.csv has", "same columns"]);
    write("b.csv", "x,y,z\n1,2,3\n");
    refuse(&["b.csv", "a column \"z\"", "a.csv does not have"]);
    write("b.csv", "y,x\n1,red\n");
    refuse(&[
        "b.csv",
        "column \"x\" is of kind category, expected number, as in",
        "a.csv",
    ]);
    write("b.csv", "x,y\n");
    refuse(&["b.csv", "has no rows"]);
    fs::remove_file(data.join("b.csv")).unwrap();
    fs::create_dir(data.join("x=3")).unwrap();
    write("x=3/b.csv", "x,y\n1,2\n");
    refuse(&[
        "b.csv",
        "the names of its folders have the columns x",
        "a.csv have no column",
    ]);
    fs::remove_file(data.join("a.csv")).unwrap();
    refuse(&["b.csv", "it has a column \"x\"", "x=…"]);
}

#[test]
fn no_output_becomes_a_part_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let (_, parts) = written(&folder);
    let inside = format!("{parts}/model.safetensors");
    let train =
        |data: &str, out: &str| refused(&["train", data, "--target", "level", "--out", out], 2, &["--out"]);
    assert!(train(&parts, &inside).contains("be read as a part of it"));
    let part = format!("{parts}/year=2024/b.csv");
    assert!(train(&format!("{parts}/*/*.csv"), &part).contains("would overwrite the data"));
}
