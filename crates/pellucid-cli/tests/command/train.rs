//! `pellucid train`: its outputs, and that a repeated run writes the same.

use crate::driver::{command, done, refused, shared, text};
use crate::pictures::{assert_is_png, assert_is_svg};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A table of people, with words, numbers, missing values and a column of noise; whether they buy follows from age and
/// colour but for one row in eleven.
pub(crate) fn people(folder: &Path, rows: usize) -> PathBuf {
    let path = folder.join("people.csv");
    let mut lines = vec!["name,age,colour,noise,buys".to_string()];
    for row in 0..rows {
        let age = 20 + row * 7 % 50;
        let colour = ["red", "green", "blue"][row % 3];
        let buys = (age > 40) == (colour != "red") || row % 11 == 0;
        let age = if row % 17 == 5 {
            "?".to_string()
        } else {
            age.to_string()
        };
        let noise = row * 7919 % 101;
        let buys = if buys { "yes" } else { "no" };
        lines.push(format!("p{row},{age},{colour},{noise},{buys}"));
    }
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

/// `pellucid train` with a record on standard output.
fn record(arguments: &[&str]) -> Value {
    let ended = done(&[&["train"], arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_built_in_set_needs_nothing_else_and_no_model_is_overwritten() {
    let folder = folder();
    let train = || {
        let output = command()
            .current_dir(folder.path())
            .args(["train", "iris"])
            .output()
            .unwrap();
        let (stdout, stderr) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(output.status.success(), "{stderr}");
        for expected in [
            "150 rows",
            "classification of species into 3 classes",
            "epoch 1  loss",
            "trained in",
        ] {
            assert!(stderr.contains(expected), "{expected}: {stderr}");
        }
        for result in ["accuracy", "log loss", "ROC AUC", "validation"] {
            assert!(stdout.contains(result), "{result}: {stdout}");
        }
        stdout
    };
    assert!(train().contains("model: iris.safetensors"));
    assert!(train().contains("model: iris-2.safetensors"));
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(
        read("iris.safetensors") == read("iris-2.safetensors"),
        "the same training gave two models"
    );
}

#[test]
fn the_number_of_threads_does_not_change_a_byte_and_the_seed_does() {
    let folder = folder();
    let people = people(folder.path(), 300);
    let model = |name: &str, options: &[&str]| {
        let out = folder.path().join(name);
        let arguments = [
            "train",
            text(&people),
            "--target",
            "buys",
            "--out",
            text(&out),
            "--epochs",
            "12",
            "-q",
        ];
        done(&[&arguments, options].concat());
        fs::read(out).unwrap()
    };
    let one = model("one", &["--threads", "1"]);
    assert!(one == model("three", &["--threads", "3"]));
    assert!(one != model("seed", &["--seed", "1"]));
}

#[test]
fn a_saved_recipe_makes_the_same_model() {
    let folder = folder();
    let people = people(folder.path(), 200);
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let recipe = folder.path().join("people.toml");
    let flags = [
        "--hidden",
        "12,7",
        "--activation",
        "tanh",
        "--optimizer",
        "adam",
        "--learning-rate",
        "0.01",
        "--batch-size",
        "16",
        "--epochs",
        "15",
        "--l2",
        "0.01",
        "--dropout",
        "0.1",
        "--validation",
        "0.25",
        "--patience",
        "5",
        "--class-weight",
        "balanced",
        "--precision",
        "f64",
        "--seed",
        "7",
        "--scale",
        "min-max",
        "--unseen",
        "missing",
        "--drop",
        "noise",
        "--id",
        "name",
    ];
    let saved = [
        "train",
        text(&people),
        "--target",
        "last",
        "--out",
        text(&first),
        "--save-recipe",
        text(&recipe),
    ];
    done(&[&saved[..], &flags].concat());
    let written = fs::read_to_string(&recipe).unwrap();
    for line in [
        "layers = [5, 12, 7, 1]",
        "dropout = 0.1",
        "class_weight = \"balanced\"",
        "id = \"name\"",
    ] {
        assert!(written.contains(line), "{line}: {written}");
    }
    done(&[
        "train",
        text(&people),
        "--recipe",
        text(&recipe),
        "--out",
        text(&second),
    ]);
    assert!(fs::read(first).unwrap() == fs::read(&second).unwrap());
    // Another table, another number of inputs; and a flag goes before the recipe.
    let report = record(&[
        text(&people),
        "--recipe",
        text(&recipe),
        "--drop",
        "age",
        "--out",
        text(&second),
        "--epochs",
        "2",
    ]);
    assert_eq!(report["epochs"], 2);
    assert_eq!(report["recipe"]["network"]["layers"][1], 12);
}

#[test]
fn cross_validation_reports_mean_and_deviation_and_makes_no_model() {
    let folder = folder();
    let people = people(folder.path(), 240);
    let report = record(&[
        text(&people),
        "--target",
        "buys",
        "--id",
        "name",
        "--cv",
        "4",
        "--epochs",
        "60",
    ]);
    let accuracy = &report["cross_validation"]["accuracy"];
    let mean = accuracy["mean"].as_f64().unwrap();
    let folds = report["cross_validation"]["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 4);
    let of_folds: Vec<f64> = folds
        .iter()
        .map(|fold| fold["accuracy"].as_f64().unwrap())
        .collect();
    assert!((of_folds.iter().sum::<f64>() / 4.0 - mean).abs() < 1e-12);
    let variance = of_folds.iter().map(|of| (of - mean).powi(2)).sum::<f64>() / 4.0;
    assert!((variance.sqrt() - accuracy["std"].as_f64().unwrap()).abs() < 1e-12);
    assert!(mean > 0.75, "learnt nothing: {mean}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a file was left");
    refused(
        &[
            "train",
            text(&people),
            "--target",
            "buys",
            "--cv",
            "3",
            "--plot",
            "curve.svg",
        ],
        2,
        &["--plot", "--out"],
    );
}

#[test]
fn numbers_are_learnt_one_or_several() {
    let folder = folder();
    let path = folder.path().join("numbers.csv");
    let rows: Vec<String> = (0..400)
        .map(|row| {
            let (x, y) = (f64::from(row % 20) / 10.0, f64::from(row * 7 % 31) / 15.0);
            format!("{x};{y};{};{}", 1000.0 + 50.0 * x * y, x - 2.0 * y)
        })
        .collect();
    fs::write(&path, format!("x;y;product;line\n{}\n", rows.join("\n"))).unwrap();
    let model = folder.path().join("model");
    let one = record(&[
        text(&path),
        "--target",
        "product",
        "--drop",
        "line",
        "--out",
        text(&model),
    ]);
    assert_eq!(one["task"], "regression");
    assert!(
        one["metrics"]["validation"]["r2"].as_f64().unwrap() > 0.98,
        "{}",
        one["metrics"]["validation"]
    );
    let both = record(&[text(&path), "--target", "product,4", "--out", text(&model)]);
    assert!(
        both["metrics"]["validation"]["r2"].as_f64().unwrap() > 0.98,
        "{}",
        both["metrics"]["validation"]
    );
    let targets = both["metrics"]["validation"]["targets"].as_object().unwrap();
    assert_eq!(targets.keys().collect::<Vec<_>>(), ["line", "product"]);
    let ended = done(&["evaluate", text(&model), text(&path)]);
    for expected in ["R²", "RMSE", "MAE", "product", "line"] {
        assert!(ended.stdout.contains(expected), "{expected}: {}", ended.stdout);
    }
}

#[test]
fn the_weights_of_the_best_epoch_are_kept_by_rows_of_a_file() {
    let folder = folder();
    let people_path = people(folder.path(), 200);
    let held_out = folder.path().join("held-out.csv");
    fs::copy(&people_path, &held_out).unwrap();
    let people_path = people(folder.path(), 120);
    let model = folder.path().join("model");
    let report = record(&[
        text(&people_path),
        "--target",
        "buys",
        "--drop",
        "name",
        "--preset",
        "plain",
        "--validation",
        text(&held_out),
        "--out",
        text(&model),
        "--learning-rate",
        "0.02",
        "--patience",
        "6",
    ]);
    assert_eq!(report["training_rows"], 120);
    assert_eq!(report["validation_rows"], 200);
    let losses: Vec<f64> = report["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["validation_loss"].as_f64().unwrap())
        .collect();
    let best = report["best_epoch"].as_u64().unwrap() as usize;
    assert!(losses.iter().all(|loss| *loss >= losses[best - 1]));
    assert_eq!(losses.len(), best + 6, "six epochs of patience");
    let ended = done(&["evaluate", text(&model), text(&held_out), "--json"]);
    let scores: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(scores["accuracy"], report["metrics"]["validation"]["accuracy"]);
    let of_model = scores["log_loss"].as_f64().unwrap();
    assert!(
        (of_model - losses[best - 1]).abs() < 1e-5,
        "{of_model}, {}",
        losses[best - 1]
    );
}

#[test]
fn balanced_classes_find_more_of_the_rare_one() {
    let folder = folder();
    let path = folder.path().join("rare.csv");
    let rows: Vec<String> = (0..1000)
        .map(|row| {
            let x = row * 37 % 100;
            let rare = x > 90 && row % 3 == 0;
            format!("{x},{},{}", row * 53 % 89, if rare { "rare" } else { "common" })
        })
        .collect();
    fs::write(&path, format!("x,noise,class\n{}\n", rows.join("\n"))).unwrap();
    let recall = |weights: &str| {
        let model = folder.path().join(weights);
        let report = record(&[
            text(&path),
            "--target",
            "class",
            "--preset",
            "plain",
            "--class-weight",
            weights,
            "--out",
            text(&model),
            "--epochs",
            "60",
        ]);
        report["metrics"]["training"]["per_class"]["rare"]["recall"]
            .as_f64()
            .unwrap()
    };
    let (alike, balanced) = (recall("none"), recall("balanced"));
    assert!(balanced > 0.9 && balanced > alike + 0.2, "{alike}, {balanced}");
}

#[test]
fn the_curve_is_drawn_and_a_page_written() {
    let folder = folder();
    let people = people(folder.path(), 150);
    let path = |name: &str| folder.path().join(name);
    let (svg, png, page, model) = (path("c.svg"), path("c.png"), path("p.html"), path("m"));
    for plot in [&svg, &png] {
        done(&[
            "train",
            text(&people),
            "--target",
            "buys",
            "--out",
            text(&model),
            "--plot",
            text(plot),
            "--report",
            text(&page),
            "-q",
            "--epochs",
            "40",
            "--patience",
            "40",
        ]);
    }
    assert_is_svg(
        &svg,
        2,
        &[
            "epoch",
            "binary cross entropy",
            "training",
            "validation",
            "are kept",
        ],
    );
    assert_is_png(&png);
    let page = fs::read_to_string(page).unwrap();
    for part in ["<!doctype html>", "<svg", "</svg>", "accuracy", "</html>"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_table_comes_through_a_pipe_packed_or_not() {
    let folder = folder();
    let table = fs::read(people(folder.path(), 100)).unwrap();
    let out = folder.path().join("model");
    let output = command()
        .args([
            "train",
            "-",
            "--target",
            "buys",
            "--epochs",
            "3",
            "--out",
            text(&out),
        ])
        .write_stdin(table)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("standard input: 100 rows")
    );
    let predicted = command()
        .args(["predict", text(&out), "-"])
        .write_stdin("colour,noise,age,name\nred,1,30,x\n")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(predicted.stdout).unwrap().lines().count(),
        2,
        "{:?}",
        predicted.stderr
    );
}

#[test]
fn adult_is_learnt_within_its_memory_and_as_well_as_is_known() {
    let Some(adult) = shared("data/tabular/adult-train.csv") else {
        return;
    };
    let folder = folder();
    let out = folder.path().join("model");
    let report = record(&[
        text(&adult),
        "--target",
        "last",
        "--out",
        text(&out),
        "--epochs",
        "4",
    ]);
    assert_eq!(report["rows"], 32_561);
    assert_eq!(
        report["metrics"]["training"]["classes"],
        serde_json::json!(["<=50K", ">50K"])
    );
    let accuracy = report["metrics"]["validation"]["accuracy"].as_f64().unwrap();
    assert!((0.84..0.88).contains(&accuracy), "{accuracy}");
}

#[test]
fn lbfgs_trains_on_all_rows_at_once_and_says_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("iris.safetensors");
    let train = ["train", "iris", "--optimizer", "lbfgs", "--out", text(&model)];
    let ended = done(&train);
    assert!(
        ended
            .stderr
            .contains("L-BFGS on all rows at once, up to 200 epochs"),
        "{}",
        ended.stderr
    );
    let inspected = done(&["inspect", text(&model)]).stdout;
    assert!(inspected.contains("L-BFGS, seed 0"), "{inspected}");
    let record: Value =
        serde_json::from_str(&done(&[&train[..], &["--quiet", "--json"]].concat()).stdout).unwrap();
    assert!(
        record["metrics"]["training"]["accuracy"].as_f64().unwrap() > 0.95,
        "{record}"
    );
    assert_eq!(record["recipe"]["train"]["batch_size"], "full");
    assert!(record["recipe"]["train"]["learning_rate"].is_null());
    for (arguments, expected) in [
        (["--learning-rate", "0.1"], "line search; leave it out"),
        (["--batch-size", "32"], "set it to \"full\""),
        (["--dropout", "0.5"], "dropout changes it"),
    ] {
        refused(&[&train[..], &arguments].concat(), 2, &[expected]);
    }
    let run = [
        "run",
        "xor-batch-mean",
        "--set",
        "train.optimizer=lbfgs",
        "--set",
        "train.learning_rate=0",
    ];
    let ended = done(&run);
    assert!(
        ended.stderr.contains("iterations, ") && ended.stderr.contains("evaluations, largest derivative"),
        "{}",
        ended.stderr
    );
}
