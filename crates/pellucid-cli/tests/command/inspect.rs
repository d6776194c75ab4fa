//! Tests of `pellucid inspect`.

use crate::driver::{done, refused, text};
use crate::train::people;
use serde_json::Value;

#[test]
fn a_model_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 200);
    let model = folder.path().join("model");
    let hidden = [
        "--preset", "plain", "--hidden", "8,4", "--epochs", "7", "--seed", "3", "-q",
    ];
    done(
        &[
            &[
                "train",
                text(&table),
                "--target",
                "buys",
                "--id",
                "name",
                "--out",
                text(&model),
            ],
            &hidden[..],
        ]
        .concat(),
    );
    let shown = done(&["inspect", text(&model)]).stdout;
    // age, age is missing, three colours, noise.
    for expected in [
        "6 → 8 relu → 4 relu → 1 sigmoid",
        "97, single precision",
        "buys: no, yes",
        "id          name",
        "colour",
        "noise",
        "marked",
        "180 rows, 20 held out",
        "seed 3",
        "validation loss",
        "accuracy",
        "ROC AUC",
    ] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    let json: Value = serde_json::from_str(&done(&["inspect", text(&model), "--json"]).stdout).unwrap();
    assert_eq!(json["layers"], serde_json::json!([6, 8, 4, 1]));
    assert_eq!(json["parameters"], 97);
    assert_eq!(json["history"].as_array().unwrap().len(), 7);
    assert_eq!(json["classes"], serde_json::json!(["no", "yes"]));
}

#[test]
fn long_lists_are_cut_unless_all_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("wide.csv");
    let names: Vec<String> = (0..30).map(|column| format!("x{column}")).collect();
    let rows: Vec<String> = (0..40)
        .map(|row| {
            let cells: Vec<String> = (0..30)
                .map(|column| ((row * (column + 3)) % 37).to_string())
                .collect();
            format!("{},{}.5", cells.join(","), row)
        })
        .collect();
    std::fs::write(&table, format!("{},y\n{}\n", names.join(","), rows.join("\n"))).unwrap();
    let model = folder.path().join("model");
    done(&[
        "train",
        text(&table),
        "--target",
        "y",
        "--out",
        text(&model),
        "--epochs",
        "2",
        "-q",
    ]);
    let (cut, all) = (
        done(&["inspect", text(&model)]).stdout,
        done(&["inspect", text(&model), "--all"]).stdout,
    );
    assert!(cut.contains("and 10 more") && !cut.contains("x29"), "{cut}");
    assert!(all.contains("x29") && all.contains("deviation"), "{all}");
    refused(&["inspect", text(&table)], 1, &["wide.csv", "not a model"]);
    refused(&["inspect", "nowhere"], 1, &["nowhere", "no such file"]);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    refused(
        &["inspect", folder],
        1,
        &[folder, "it is a folder; give the name of a file"],
    );
}
