//! Numbers that are encoded by bins, `--scale piecewise-quantile` and `piecewise-tree`, in every command.

use crate::driver::{done, refused, text};
use crate::train::people;
use serde_json::Value;
use std::fs;

const COMMON: [&str; 9] = [
    "--target", "buys", "--drop", "name", "--epochs", "4", "--preset", "plain", "--quiet",
];

/// A text whose lines are as long as they need to be.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_reads_a_model_of_bins() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 200);
    let [model, again, recipe] =
        ["a.safetensors", "b.safetensors", "recipe.toml"].map(|name| folder.path().join(name));
    let (table, model, again, recipe) = (text(&table), text(&model), text(&again), text(&recipe));
    let asked = [
        "--scale",
        "piecewise-tree",
        "--bins",
        "4",
        "--save-recipe",
        recipe,
    ];
    done(&[&["train", table, "--out", model], &COMMON[..], &asked].concat());
    let written = fs::read_to_string(recipe).unwrap();
    assert!(
        written.contains("scale = \"piecewise_tree\"") && written.contains("bins = 4"),
        "{written}"
    );
    done(&["train", table, "--recipe", recipe, "--quiet", "--out", again]);
    assert!(fs::read(model).unwrap() == fs::read(again).unwrap());

    let inspected = done(&["inspect", model]).stdout;
    for expected in [
        "at most 4 bins of a decision tree",
        "edges of age: 20.000, ",
        "zeros, marked",
    ] {
        assert!(inspected.contains(expected), "{expected}: {inspected}");
    }
    let json: Value = serde_json::from_str(&done(&["inspect", model, "--json"]).stdout).unwrap();
    assert_eq!(json["feature_names"][0], "age bin 1");
    let edges = json["preparation"]["columns"][0]["transform"]["number"]["edges"]
        .as_array()
        .unwrap();
    assert!((3..=5).contains(&edges.len()), "{edges:?}");

    let explained = one_line(&done(&["explain", model, "--data", table, "--row", "3"]).stdout);
    for expected in [
        "Row 3: age = 34.000 becomes ",
        "by bins with the edges 20.000, ",
        "age bin 1",
    ] {
        assert!(explained.contains(expected), "{expected}: {explained}");
    }
    let missing = one_line(&done(&["explain", model, "--data", table, "--row", "6"]).stdout);
    assert!(
        missing.contains("Row 6: age = missing becomes 0, 0, "),
        "{missing}"
    );
    let contributions = done(&["explain", model, "--data", table, "--row", "3", "--contributions"]).stdout;
    assert!(
        contributions.contains("age") && !contributions.contains("age bin"),
        "{contributions}"
    );
    let importance = done(&["importance", model, table]).stdout;
    assert!(
        importance.contains("age") && !importance.contains("age bin"),
        "{importance}"
    );
    assert!(done(&["evaluate", model, table]).stdout.contains("accuracy"));
    assert_eq!(done(&["predict", model, table]).stdout.lines().count(), 201);
    done(&["check", model, "--data", table]);
    done(&["diagnose", model, "--data", table]);
}

#[test]
fn folds_ensembles_searches_and_embeddings_have_bins() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 120);
    let model = folder.path().join("model.safetensors");
    let (table, model) = (text(&table), text(&model));
    let train = |more: &[&str]| done(&[&["train", table], &COMMON[..], more].concat());
    let tree = ["--scale", "piecewise_tree"];
    train(&[&tree[..], &["--cv", "3"]].concat());
    let of_ensemble = train(&[&tree[..], &["--ensemble", "2", "--out", model]].concat());
    assert!(
        one_line(&of_ensemble.stderr).contains("chosen by the targets of all rows"),
        "{}",
        of_ensemble.stderr
    );
    let of_quantiles = train(&["--scale", "piecewise-quantile", "--ensemble", "2", "--out", model]);
    assert!(
        !of_quantiles.stderr.contains("chosen by"),
        "{}",
        of_quantiles.stderr
    );
    let embedded = [
        "--scale",
        "piecewise-quantile",
        "--set",
        "data.table.embed_numbers=linear",
        "--out",
        model,
    ];
    train(&embedded);
    let json: Value = serde_json::from_str(&done(&["inspect", model, "--json"]).stdout).unwrap();
    let bins = json["preparation"]["columns"][0]["transform"]["number"]["edges"]
        .as_array()
        .unwrap()
        .len()
        - 1;
    // The mark of missing numbers is not embedded.
    assert_eq!(json["embeddings"][0]["last"], bins);
    assert_eq!(json["embeddings"].as_array().unwrap().len(), 2);
    let searched = [
        "tune",
        table,
        "--target",
        "buys",
        "--drop",
        "name",
        "--epochs",
        "2",
        "--trials",
        "2",
        "--vary",
        "data.table.bins=3,5",
        "--scale",
        "piecewise-quantile",
    ];
    assert!(done(&searched).stdout.contains("bins"));
}

#[test]
fn settings_that_contradict_the_scale_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 60);
    let table = text(&table);
    for (more, expected) in [
        (
            &["--bins", "4"][..],
            &["data.table.bins = 4", "piecewise_tree"][..],
        ),
        (
            &["--scale", "piecewise-tree", "--bins", "1"],
            &["--bins", "2 or more"],
        ),
        (
            &["--scale", "piecewise-tree", "--set", "data.table.bins=1"],
            &["data.table.bins = 1", "2 to 256"],
        ),
        (
            &["--scale", "piecewise-tree", "--bins", "300"],
            &["data.table.bins = 300", "2 to 256"],
        ),
        (&["--scale", "piecewise-tree", "--bins", "-3"], &["--bins"]),
        (
            &["--set", "data.table.embed_numbers=linear"],
            &["data.table.embed_numbers", "piecewise_quantile"],
        ),
        (
            &["--preset", "realmlp", "--scale", "piecewise-tree"],
            &["data.table.embed_numbers = \"pbld\"", "\"linear\"", "--unset"],
        ),
        (&["--scale", "piecewise"], &["piecewise-tree"]),
    ] {
        refused(
            &[&["train", table, "--target", "buys"], more].concat(),
            2,
            expected,
        );
    }
}
