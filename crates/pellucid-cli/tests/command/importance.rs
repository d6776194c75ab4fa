//! `pellucid importance`: the columns that matter, in text, numbers and pictures.

use crate::driver::{command, done, refused, text};
use crate::pictures::assert_is_svg;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A table of which only `matters` decides the answer, a number or a word; the others are noise.
fn table(folder: &Path, answer: &str) -> PathBuf {
    let path = folder.join(format!("{answer}.csv"));
    let mut lines = format!("noise,colour,matters,{answer}\n");
    for row in 0..240_u64 {
        let noise = row * 7919 % 101;
        let colour = ["red", "green", "blue"][(row * 31 % 7 % 3) as usize];
        let matters = row * 37 % 240;
        let answer = match answer {
            "number" => (3 * matters).to_string(),
            _ => if matters >= 120 { "high" } else { "low" }.to_owned(),
        };
        writeln!(lines, "{noise},{colour},{matters},{answer}").unwrap();
    }
    fs::write(&path, lines).unwrap();
    path
}

fn model(folder: &Path, table: &Path, target: &str) -> PathBuf {
    let model = folder.join(format!("{target}.safetensors"));
    let train = [
        "train",
        text(table),
        "--target",
        target,
        "--hidden",
        "16",
        "--epochs",
        "60",
    ];
    done(&[&train[..], &["--out", text(&model), "-q"]].concat());
    model
}

fn record(arguments: &[&str]) -> Value {
    let ended = done(&[&["importance"], arguments, &["--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

#[test]
fn the_only_column_that_matters_comes_first_and_the_rest_is_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    for (target, metric, score) in [("number", "r2", "R²"), ("word", "accuracy", "accuracy")] {
        let table = table(folder.path(), target);
        let model = model(folder.path(), &table, target);
        let found = record(&[text(&model), text(&table)]);
        assert_eq!(found["metric"], metric);
        assert_eq!((&found["rows"], &found["repeats"]), (&240.into(), &10.into()));
        let columns = found["columns"].as_array().unwrap();
        let names: Vec<&str> = columns
            .iter()
            .map(|column| column["column"].as_str().unwrap())
            .collect();
        assert_eq!(names[0], "matters", "{names:?}");
        assert_eq!(names.len(), 3);
        let mean = |at: usize| columns[at]["mean"].as_f64().unwrap();
        assert!(mean(0) > 0.3 && mean(1) < 0.1 * mean(0), "{columns:?}");
        assert_eq!(columns[0]["values"].as_array().unwrap().len(), 10);

        let printed = done(&["importance", text(&model), text(&table), "--top", "2"]).stdout;
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines[1].starts_with(score), "{printed}");
        assert!(printed.contains(&format!("drop in {score}")), "{printed}");
        let rows: Vec<&&str> = lines
            .iter()
            .skip_while(|line| !line.starts_with("column"))
            .collect();
        assert!(rows[1].starts_with("matters"), "{printed}");
        assert_eq!(rows.len(), 4, "title, two columns, how many there are: {printed}");
        assert!(printed.ends_with("the first 2 of 3 columns\n"), "{printed}");
    }
}

#[test]
fn the_score_is_that_of_evaluate_and_the_seed_decides_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path(), "word");
    let model = model(folder.path(), &table, "word");
    let scores = done(&["evaluate", text(&model), text(&table), "--json", "-"]).stdout;
    let scores: Value = serde_json::from_str(&scores).unwrap();
    for metric in [
        "accuracy",
        "balanced_accuracy",
        "log_loss",
        "roc_auc",
        "macro_f1",
        "weighted_f1",
    ] {
        let found = record(&[text(&model), text(&table), "--metric", metric, "--repeats", "2"]);
        assert_eq!(found["score"], scores[metric], "{metric}");
        let better = if metric == "log_loss" { "lower" } else { "higher" };
        assert_eq!(found["better"], better);
        assert!(found["columns"][0]["mean"].as_f64().unwrap() > 0.0, "{metric}");
    }
    let of = |options: &[&str]| record(&[&[text(&model), text(&table), "--repeats", "3"], options].concat());
    let first = of(&["--threads", "1"]);
    assert_eq!(first, of(&["--threads", "2"]));
    assert_ne!(first["columns"], of(&["--seed", "1"])["columns"]);

    // The same rows from standard input.
    let from_pipe = command()
        .args(["importance", text(&model), "-", "--repeats", "3", "--json", "-"])
        .write_stdin(fs::read(&table).unwrap())
        .output()
        .unwrap();
    let from_pipe: Value = serde_json::from_slice(&from_pipe.stdout).unwrap();
    assert_eq!(first["columns"], from_pipe["columns"]);
}

#[test]
fn the_picture_has_a_bar_for_each_column_and_follows_the_theme() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("iris.safetensors");
    done(&["train", "iris", "--epochs", "30", "--out", text(&model), "-q"]);
    let [svg, png, record] = ["bars.svg", "bars.png", "bars.json"].map(|name| folder.path().join(name));
    let printed = done(&[
        "importance",
        text(&model),
        "iris",
        "--plot",
        text(&svg),
        "--json",
        text(&record),
    ]);
    assert!(printed.stdout.contains("petal"), "{printed:?}");
    assert_is_svg(&svg, 0, &["Importance of the columns", "drop in accuracy"]);
    let drawn = fs::read_to_string(&svg).unwrap();
    let record: Value = serde_json::from_str(&fs::read_to_string(&record).unwrap()).unwrap();
    for column in record["columns"].as_array().unwrap() {
        assert!(drawn.contains(column["column"].as_str().unwrap()), "{column}");
    }
    assert!(drawn.contains("drop in accuracy when the column is shuffled"));
    done(&[
        "importance",
        text(&model),
        "iris",
        "--plot",
        text(&png),
        "--theme",
        "dark",
        "--top",
        "1",
    ]);
    assert!(fs::read(&png).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn what_it_cannot_measure_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path(), "word");
    let model = model(folder.path(), &table, "word");
    let write = |name: &str, contents: &str| {
        let path = folder.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    };
    let refuse = |contents: &str, status: i32, options: &[&str], expected: &[&str]| {
        let data = write("other.csv", contents);
        refused(
            &[&["importance", text(&model), text(&data)], options].concat(),
            status,
            expected,
        );
    };
    const NAMES: &str = "noise,colour,matters,word\n";
    refuse(
        "noise,colour,matters\n1,red,3\n2,red,4\n",
        1,
        &[],
        &["other.csv", "there is no column \"word\"", "which is needed"],
    );
    refuse(
        &format!("{NAMES}1,red,3,low\n"),
        1,
        &[],
        &["other.csv", "there is 1 row", "at least two"],
    );
    refuse(
        &format!("{NAMES}1,red,3,low\n2,red,200,middle\n"),
        1,
        &[],
        &["data row 2", "`middle` is not a class", "`high`, `low`"],
    );
    refuse(
        &format!("{NAMES}1,red,3,low\n2,red,4,low\n"),
        1,
        &["--metric", "roc_auc"],
        &["roc_auc is not defined", "every class", "accuracy"],
    );
    refuse(
        &format!("{NAMES}1,red,3,low\n2,red,4,\n"),
        1,
        &[],
        &["the target is missing", "--drop-missing-target"],
    );
    refuse(
        &format!("{NAMES}1,red,3,low\n2,red,4,low\n"),
        2,
        &["--metric", "rmse"],
        &["--metric rmse", "predicts classes", "accuracy", "log_loss"],
    );
    let iris = folder.path().join("word.csv");
    let data = text(&iris);
    for (options, expected) in [
        (&["--repeats", "0"][..], "--repeats"),
        (&["--top", "0"], "--top"),
        (&["--seed", "-1"], "--seed"),
        (&["--plot", "bars.pdf"], ".pdf"),
    ] {
        refused(
            &[&["importance", text(&model), data], options].concat(),
            2,
            &[expected],
        );
    }
    refused(
        &["importance", text(&model), data, "--json", text(&model)],
        2,
        &["--json", "would overwrite the model"],
    );

    // A constant column is no error, and is named.
    let constant = write(
        "constant.csv",
        &format!("{NAMES}1,red,3,low\n2,red,200,high\n3,red,7,low\n4,red,230,high\n"),
    );
    let found = record(&[text(&model), text(&constant)]);
    let columns = found["columns"].as_array().unwrap();
    let colour = columns
        .iter()
        .find(|column| column["column"] == "colour")
        .unwrap();
    assert_eq!(
        (&colour["constant"], &colour["mean"]),
        (&true.into(), &0.0.into())
    );
    let notes = found["notes"].to_string();
    assert!(
        notes.contains("`colour` is the same in every row here"),
        "{notes}"
    );

    let left_out = write(
        "some.csv",
        &format!("{NAMES}1,red,3,low\n2,red,4,\n3,blue,200,high\n"),
    );
    let found = record(&[text(&model), text(&left_out), "--drop-missing-target"]);
    assert_eq!(found["rows"], 2);
    assert!(found["warnings"].to_string().contains("1 row has no target"));
}

#[test]
fn a_model_of_no_table_is_refused() {
    use pellucid::{Activation, Architecture, Network, Recipe};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xor.safetensors");
    let architecture = Architecture::new(&[2, 1], &[Activation::Sigmoid], true).unwrap();
    let network = Network::new(architecture, vec![0.5f32, -1.5, 0.25]).unwrap();
    let recipe = Recipe::built_in("xor-sgd").unwrap();
    pellucid_data::model_file::Model::new(network, recipe, None)
        .save(&path)
        .unwrap();
    refused(
        &["importance", text(&path), "xor"],
        1,
        &["xor.safetensors", "was not trained on a table", "pellucid train"],
    );
}

/// Every command of the documentation does what it is there for.
#[test]
fn the_examples_of_the_documentation_run() {
    let folder = tempfile::tempdir().unwrap();
    let page = include_str!("../../../../docs/importance.md");
    let commands = page.lines().filter_map(|line| line.strip_prefix("    pellucid "));
    let mut ran = 0;
    for example in commands {
        let words = example.split('#').next().unwrap_or_default().split_whitespace();
        let output = command().current_dir(folder.path()).args(words).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{example}: {stderr}");
        ran += 1;
    }
    assert_eq!(ran, 5);
    let page = fs::read_to_string(folder.path().join("wine.html")).unwrap();
    for part in [
        "Importance of the columns",
        "Partial dependence",
        "held-out rows",
        "alcohol",
    ] {
        assert!(page.contains(part), "{part}");
    }
}
