//! What follows a training: `--calibrate`, `--tune-threshold`, `--target-transform`, `--clamp-predictions`, `--refit`, and
//! intervals around predictions.

use crate::driver::{done, refused, text};
use crate::pictures::{assert_is_png, assert_is_svg};
use crate::train::people;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A number that follows from another, with an error that repeats.
fn numbers(folder: &Path, rows: usize) -> PathBuf {
    let path = folder.join("numbers.csv");
    let mut lines = vec!["x,size,price".to_string()];
    for row in 0..rows {
        let x = (row * 37 % 101) as f64 / 20.0;
        let error = ((row * 7919 % 83) as f64 / 83.0 - 0.5) * 0.4;
        lines.push(format!("{x},{},{}", 10.0 + x + error, (2.5 * x + error).exp()));
    }
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

fn json(arguments: &[&str]) -> Value {
    let ended = done(&[arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn probabilities_are_calibrated_from_training_to_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (table, model, page, plot) = (
        people(folder.path(), 400),
        path("m"),
        path("m.html"),
        path("r.png"),
    );
    let arguments = [
        "train",
        "--preset",
        "plain",
        text(&table),
        "--target",
        "buys",
        "--drop",
        "name",
        "--validation",
        "0.4",
        "--out",
        text(&model),
    ];
    let plain = json(&arguments);
    let pictures = ["--report", text(&page), "--plot"];
    let reliability = format!("reliability={}", text(&plot));
    let calibrated = json(
        &[
            &arguments[..],
            &["--calibrate", "temperature"],
            &pictures,
            &[&reliability],
        ]
        .concat(),
    );
    assert_eq!(plain["calibration"], serde_json::json!({}));
    assert!(plain["recipe"]["data"]["table"]["calibrate"].is_null());
    assert_eq!(calibrated["recipe"]["data"]["table"]["calibrate"], "temperature");
    let temperature = &calibrated["calibration"]["temperature"];
    assert!(number(&temperature["log_loss"]) < number(&temperature["log_loss_before"]));
    let (before, after) = (
        &plain["metrics"]["validation"],
        &calibrated["metrics"]["validation"],
    );
    assert_eq!(before["confusion"], after["confusion"]);
    assert!((number(&after["log_loss"]) - number(&temperature["log_loss"])).abs() < 1e-5);
    assert!(number(&after["expected_calibration_error"]) <= 1.0);
    assert!(
        after["reliability"]
            .as_array()
            .is_some_and(|bins| !bins.is_empty())
    );
    assert!(
        fs::read_to_string(&page)
            .unwrap()
            .contains("<h2>Calibration</h2>")
    );
    assert_is_png(&plot);

    let evaluated = json(&["evaluate", text(&model), text(&table)]);
    assert!(number(&evaluated["expected_calibration_error"]) > 0.0);
    let shown = done(&["evaluate", text(&model), text(&table)]).stdout;
    assert!(shown.contains("calibration error"), "{shown}");
    let svg = path("r.svg");
    let plot = format!("reliability={}", text(&svg));
    done(&["evaluate", text(&model), text(&table), "--plot", &plot]);
    assert_is_svg(&svg, 0, &["Reliability", "expected calibration error"]);
    let inspected = done(&["inspect", text(&model)]).stdout;
    assert!(inspected.contains("temperature "), "{inspected}");
}

#[test]
fn a_threshold_is_tuned_shown_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (people(folder.path(), 300), folder.path().join("m"));
    let trained = json(&[
        "train",
        text(&table),
        "--target",
        "buys",
        "--drop",
        "name,colour",
        "--validation",
        "0.4",
        "--tune-threshold",
        "f1",
        "--out",
        text(&model),
    ]);
    let threshold = &trained["calibration"]["threshold"];
    assert_eq!(threshold["metric"], "f1");
    let value = number(&threshold["value"]);
    assert!(
        number(&threshold["score"]) > number(&threshold["score_before"]),
        "{threshold}"
    );
    let predicted = done(&["predict", text(&model), text(&table), "--proba"]).stdout;
    let mut counts = [0; 2];
    for line in predicted.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let is_yes = cells[2].parse::<f64>().unwrap() > value;
        assert_eq!(cells[0], if is_yes { "yes" } else { "no" }, "{line}");
        counts[usize::from(is_yes)] += 1;
    }
    let evaluated = json(&["evaluate", text(&model), text(&table)]);
    assert_eq!(number(&evaluated["threshold"]), value);
    let of_yes: u64 = (0..2)
        .map(|row| evaluated["confusion"][row][1].as_u64().unwrap())
        .sum();
    assert_eq!(of_yes, counts[1]);
    let shown = done(&["evaluate", text(&model), text(&table)]).stdout;
    assert!(shown.contains("rows with a probability of yes above"), "{shown}");
    let inspected = done(&["inspect", text(&model)]).stdout;
    assert!(inspected.contains("threshold "), "{inspected}");
}

#[test]
fn intervals_stand_beside_predictions_and_their_coverage_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (numbers(folder.path(), 400), folder.path().join("m"));
    done(&[
        "train",
        text(&table),
        "--target",
        "price,size",
        "--validation",
        "0.3",
        "--epochs",
        "30",
        "--out",
        text(&model),
        "-q",
    ]);
    let predicted = done(&["predict", text(&model), text(&table), "--interval", "0.8"]).stdout;
    let mut lines = predicted.lines();
    assert_eq!(
        lines.next(),
        Some(
            "prediction_price,prediction_price_lower,prediction_price_upper,prediction_size,prediction_size_lower,\
             prediction_size_upper"
        )
    );
    let actual = fs::read_to_string(&table).unwrap();
    let mut covered = 0;
    for (line, row) in lines.zip(actual.lines().skip(1)) {
        let numbers: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let price: f64 = row.split(',').nth(2).unwrap().parse().unwrap();
        assert!(
            (numbers[0] - numbers[1] - (numbers[2] - numbers[0])).abs() < 1e-9,
            "{line}"
        );
        covered += usize::from((numbers[1]..=numbers[2]).contains(&price));
    }
    let evaluated = json(&["evaluate", text(&model), text(&table), "--interval", "0.8"]);
    assert_eq!(evaluated["interval"]["level"], 0.8);
    let of_price = &evaluated["interval"]["targets"]["price"];
    assert_eq!(number(&of_price["coverage"]), covered as f64 / 400.0);
    assert!(number(&of_price["mean_width"]) > 0.0);
    let shown = done(&["evaluate", text(&model), text(&table)]).stdout;
    assert!(shown.contains("intervals of level 0.9"), "{shown}");

    refused(
        &["predict", text(&model), text(&table), "--interval", "0.999"],
        1,
        &["needs 999 held-out rows", "residuals of 120"],
    );
    for level in ["0", "1", "90", "x"] {
        refused(
            &["predict", text(&model), text(&table), "--interval", level],
            2,
            &["above 0 and below 1"],
        );
    }
}

#[test]
fn intervals_are_refused_for_classes_and_without_held_out_rows() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("m");
    done(&["train", "iris", "--epochs", "2", "--out", text(&model), "-q"]);
    let predict = ["predict", text(&model), "iris", "--interval", "0.9"];
    refused(&predict, 1, &["predicts classes", "--proba"]);
    done(&[
        "train",
        "diabetes",
        "--epochs",
        "2",
        "--validation",
        "0",
        "--out",
        text(&model),
        "-q",
    ]);
    let predict = ["predict", text(&model), "diabetes", "--interval", "0.9"];
    refused(&predict, 1, &["no residuals", "--validation"]);
    let evaluate = ["evaluate", text(&model), "diabetes", "--interval", "0.9"];
    refused(&evaluate, 1, &["no residuals"]);
    let evaluated = json(&["evaluate", text(&model), "diabetes"]);
    assert!(evaluated["interval"].is_null());
}

#[test]
fn a_logarithm_is_suggested_learnt_and_undone() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (numbers(folder.path(), 400), folder.path().join("m"));
    let arguments = [
        "train",
        text(&table),
        "--target",
        "price",
        "--drop",
        "size",
        "--out",
        text(&model),
        "--epochs",
        "60",
    ];
    let plain = done(&[&arguments[..], &["-q"]].concat());
    assert!(
        plain.stderr.contains("--target-transform log"),
        "{}",
        plain.stderr
    );
    let transformed = ["--target-transform", "log", "--clamp-predictions"];
    let trained = json(&[&arguments[..], &transformed].concat());
    let of_table = &trained["recipe"]["data"]["table"];
    assert_eq!(of_table["target_transform"], "log");
    assert_eq!(of_table["clamp_predictions"], true);
    assert_eq!(trained["notes"], serde_json::json!([]));
    let evaluated = json(&["evaluate", text(&model), text(&table)]);
    assert!(number(&evaluated["r2"]) > 0.5, "{evaluated}");
    let inspected = done(&["inspect", text(&model)]).stdout;
    for part in ["its logarithm", "predictions limited to "] {
        assert!(inspected.contains(part), "{part}: {inspected}");
    }
    let below_0 = folder.path().join("below.csv");
    fs::write(&below_0, "x,y\n1,2.5\n2,-1.5\n3,4.25\n4,3.5\n").unwrap();
    refused(
        &[
            "train",
            text(&below_0),
            "--target",
            "y",
            "--target-transform",
            "log",
        ],
        1,
        &["column `y`, data row 2", "-1.5 has no logarithm"],
    );
}

#[test]
fn the_model_is_trained_again_on_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("m");
    let arguments = [
        "train",
        "--preset",
        "plain",
        "iris",
        "--epochs",
        "30",
        "--refit",
        "--out",
        text(&model),
    ];
    let trained = json(&arguments);
    let refit = &trained["calibration"]["refit"];
    assert_eq!(refit["rows"], 150);
    assert_eq!(refit["epochs"], trained["best_epoch"]);
    assert_eq!(trained["validation_rows"], 15);
    let shown = done(&arguments).stdout;
    assert!(shown.starts_with("before the training on all rows"), "{shown}");
    let inspected = done(&["inspect", text(&model)]).stdout;
    assert!(inspected.contains("again on all 150 rows"), "{inspected}");
}

#[test]
fn settings_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = numbers(folder.path(), 60);
    let train = |arguments: &[&str], parts: &[&str]| {
        refused(&[&["train"], arguments].concat(), 2, parts);
    };
    train(
        &["diabetes", "--calibrate", "temperature"],
        &["data.table.calibrate", "the target is numbers"],
    );
    train(
        &["iris", "--calibrate", "temperature", "--validation", "0"],
        &["data.table.calibrate", "needs held-out rows", "--validation"],
    );
    train(&["iris", "--calibrate", "platt"], &["temperature"]);
    train(
        &["iris", "--tune-threshold", "f1"],
        &["data.table.tune_threshold", "two classes"],
    );
    train(
        &["iris", "--clamp-predictions"],
        &["data.table.clamp_predictions"],
    );
    train(
        &["iris", "--target-transform", "log"],
        &["data.table.target_transform"],
    );
    train(
        &["iris", "--refit", "--validation", "0"],
        &["data.table.refit", "needs held-out rows"],
    );
    train(
        &[
            text(&table),
            "--target",
            "price",
            "--refit",
            "--validation",
            text(&table),
        ],
        &["data.table.refit", "rows held out of the table"],
    );
    train(
        &["diabetes", "--plot", "reliability=r.png"],
        &["reliability", "this one learns numbers"],
    );
}

/// The rows of a validation file find the temperature, as held-out rows do.
#[test]
fn a_preset_calibrates_on_the_rows_of_a_validation_file() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (people(folder.path(), 200), folder.path().join("m"));
    let train = |validation: &str| {
        json(&[
            "train",
            text(&table),
            "--target",
            "buys",
            "--drop",
            "name",
            "--epochs",
            "4",
            "--validation",
            validation,
            "--out",
            text(&model),
        ])
    };
    let by_file = train(text(&table));
    assert!(
        by_file["calibration"]["temperature"]["value"].is_number(),
        "{by_file}"
    );
    let without = train("0");
    assert!(without["calibration"]["temperature"].is_null(), "{without}");
}

#[test]
fn a_skewed_target_gets_a_note_and_no_transform() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("skewed.csv");
    let model = folder.path().join("model.safetensors");
    let rows = |shift: f64| {
        let row = |row: u32| {
            format!(
                "{},{}\n",
                f64::from(row) / 7.0,
                (f64::from(row) / 8.0).exp() - shift
            )
        };
        (0..100).map(row).collect::<String>()
    };
    for (shift, option) in [
        (0.0, "--target-transform log"),
        (1.0, "--target-transform quantile-normal"),
    ] {
        fs::write(&table, format!("x,y\n{}", rows(shift))).unwrap();
        let train = |more: &[&str]| {
            let asked = [
                "train",
                text(&table),
                "--target",
                "y",
                "--epochs",
                "2",
                "--json",
                "-",
                "--out",
                text(&model),
                "-q",
            ];
            done(&[&asked[..], more].concat())
        };
        let ended = train(&[]);
        let said = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("(skewness ") && said.contains(option), "{said}");
        let record: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(
            record["recipe"]["data"]["table"]
                .get("target_transform")
                .is_none()
        );
        let name = option.split(' ').nth(1).unwrap();
        let followed = train(&["--target-transform", name]);
        assert!(!followed.stderr.contains("skewness"), "{}", followed.stderr);
    }
}
