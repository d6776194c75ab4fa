//! Normalised layers, dropout for each layer and rows that count for more, from the command line to the model.

use crate::driver::{done, record, refused, text};
use crate::train::people;
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_normalised_network_is_trained_kept_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 200);
    for normalisation in ["batch", "layer"] {
        let (model, again) = (folder.path().join("model"), folder.path().join("again"));
        let recipe = folder.path().join("recipe.toml");
        let options = [
            "--preset", "plain", "--target", "buys", "--drop", "name", "--hidden", "8", "--epochs", "20",
        ];
        let normalised = [
            "--normalisation",
            normalisation,
            "--dropout",
            "0.1,0.2",
            "--save-recipe",
            text(&recipe),
        ];
        let start = ["train", text(&table), "--quiet", "--out", text(&model)];
        done(&[&start[..], &options, &normalised].concat());
        let written = fs::read_to_string(&recipe).unwrap();
        assert!(
            written.contains(&format!("normalisation = \"{normalisation}\"")),
            "{written}"
        );
        assert!(written.contains("dropout = [0.1, 0.2]"), "{written}");
        done(&[
            "train",
            text(&table),
            "--recipe",
            text(&recipe),
            "--quiet",
            "--out",
            text(&again),
        ]);
        assert!(fs::read(&model).unwrap() == fs::read(&again).unwrap());

        let shown = done(&["inspect", text(&model)]).stdout;
        assert!(
            shown.contains(&format!("8 {normalisation}-normalised relu")),
            "{shown}"
        );
        let shown: Value = serde_json::from_str(&done(&["inspect", text(&model), "--json"]).stdout).unwrap();
        assert_eq!(shown["normalisation"], json!([normalisation, null]));
        // Six features, eight units with gain and shift, one output.
        assert_eq!(shown["parameters"], 6 * 8 + 8 + 16 + 8 + 1);
        // A prediction is a row's own: the scores of all rows are those of the parts they were trained on.
        let evaluated = done(&["evaluate", text(&model), text(&table), "--json"]).stdout;
        let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
        let of = |part: &str| shown["metrics"][part]["accuracy"].as_f64().unwrap();
        let expected = (180.0 * of("training") + 20.0 * of("validation")) / 200.0;
        assert!((evaluated["accuracy"].as_f64().unwrap() - expected).abs() < 1e-12);
    }
    let bad = |options: &[&str], expected: &[&str]| {
        let start = ["train", text(&table), "--target", "buys", "--quiet"];
        refused(&[&start[..], options].concat(), 2, expected);
    };
    bad(
        &["--normalisation", "group"],
        &["--normalisation", "batch", "layer"],
    );
    bad(
        &["--normalisation", "batch", "--batch-size", "1"],
        &["batch_size", "2 or more"],
    );
    bad(&["--dropout", "0.1,half"], &["--dropout", "0.2,0.5"]);
    bad(
        &["--dropout", "0.1,0.2,0.3"],
        &["train.dropout", "a rate for each layer but the last"],
    );
    refused(
        &[
            "train",
            text(&table),
            "--target",
            "buys",
            "--quiet",
            "--weight",
            "height",
        ],
        1,
        &["height", "requested as weight"],
    );
}

#[test]
fn rows_that_count_for_nothing_are_not_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weighted.csv");
    // The two halves contradict each other.
    let row = |row: usize| {
        let (x, half) = (row % 20, row / 20 % 2);
        format!(
            "{x},{},{}",
            1 - half,
            if (x < 10) == (half == 0) { "low" } else { "high" }
        )
    };
    let rows: Vec<String> = (0..400).map(row).collect();
    fs::write(&path, format!("x,counts,level\n{}\n", rows.join("\n"))).unwrap();
    let model = folder.path().join("model");
    let options = [
        "--target",
        "level",
        "--weight",
        "counts",
        "--validation",
        "0",
        "--epochs",
        "60",
    ];
    done(
        &[
            &["train", text(&path), "--quiet", "--out", text(&model)],
            &options[..],
        ]
        .concat(),
    );
    // Predictions need no weights.
    let new = folder.path().join("new.csv");
    fs::write(&new, "x\n2\n17\n").unwrap();
    assert_eq!(
        done(&["predict", text(&model), text(&new)]).stdout,
        "prediction\nlow\nhigh\n"
    );
}

#[test]
fn a_recipe_is_run_with_all_of_them() {
    let report = record(&[
        "xor-sgd",
        "--set",
        "network.layers=[2, 8, 1]",
        "--set",
        "network.activation=[\"tanh\", \"sigmoid\"]",
        "--set",
        "network.normalisation=batch",
        "--set",
        "init={}",
        "--set",
        "train.dropout=[0.0, 0.1]",
        "--set",
        "train.input_noise=0.01",
        "--set",
        "train.max_norm=2",
        "--set",
        "train.batch_size=full",
        "--set",
        "train.update=textbook",
        "--set",
        "data.class_weight=[1, 2]",
        "--epochs",
        "50",
    ]);
    let layers = report["final"]["layers"].as_array().unwrap();
    for layer in layers {
        let weights = layer["weights"].as_array().unwrap();
        let of_unit = |unit: usize| {
            weights
                .iter()
                .map(move |row| row[unit].as_f64().unwrap().powi(2))
                .sum::<f64>()
        };
        for unit in 0..weights[0].as_array().unwrap().len() {
            assert!(of_unit(unit).sqrt() <= 2.0 + 1e-12);
        }
    }
    let normalised = &layers[0]["normalisation"];
    for part in ["gain", "shift", "mean", "variance"] {
        assert_eq!(normalised[part].as_array().unwrap().len(), 8, "{part}");
    }
    assert_eq!(report["recipe"]["data"]["class_weight"], json!([1.0, 2.0]));
}
