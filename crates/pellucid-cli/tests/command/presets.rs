//! Presets of `pellucid train`, and settings that replace theirs.

use crate::driver::{done, refused, text};
use crate::train::people;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Trains on a table of people, and returns the record.
fn record(table: &Path, out: &Path, arguments: &[&str]) -> Value {
    let (table, out) = (text(table), text(out));
    let common: [&str; 8] = [
        "train", table, "--target", "buys", "--drop", "name", "--epochs", "3",
    ];
    let all = [&common[..], arguments, &["--out", out, "--quiet", "--json", "-"]].concat();
    serde_json::from_str(&done(&all).stdout).unwrap()
}

#[test]
fn a_preset_is_a_recipe_that_can_be_written_out() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 120);
    let at = |name: &str| folder.path().join(name);
    let recipe = at("recipe.toml");
    let recipe = text(&recipe);
    let asked = ["--preset", "realmlp-s", "--save-recipe", recipe];
    let first = record(&table, &at("a.safetensors"), &asked);
    let network = &first["recipe"]["network"];
    assert_eq!(network["input_scales"], true);
    assert_eq!(network["layers"].as_array().unwrap()[1..4], [256, 256, 256]);
    assert_eq!(first["recipe"]["train"]["parametrisation"], "ntk");
    record(&table, &at("b.safetensors"), &["--recipe", recipe]);
    assert_eq!(
        fs::read(at("a.safetensors")).unwrap(),
        fs::read(at("b.safetensors")).unwrap()
    );
    let written = fs::read_to_string(recipe).unwrap();
    assert!(written.contains("input_scales = true"), "{written}");
}

#[test]
fn every_command_reads_a_model_of_each_preset() {
    let scaled = ["scaled", "input scales", "scaled input"];
    commands_read("realmlp-s", scaled);
    commands_read(
        "realmlp",
        ["embedded", "activation factors", "parametric activation"],
    );
    commands_read("tabm", ["32 members", "of member 32", "32 members"]);
}

/// Trains by a preset, and finds these words in what `inspect`, `check` and `explain` say of the model.
fn commands_read(preset: &str, words: [&str; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 120);
    let model = folder.path().join("model.safetensors");
    let trained = record(
        &table,
        &model,
        &["--preset", preset, "--hidden", "6,5", "--precision", "f64"],
    );
    let (table, model) = (text(&table), text(&model));
    let evaluated: Value = serde_json::from_str(&done(&["evaluate", model, table, "--json"]).stdout).unwrap();
    assert!(evaluated.to_string().contains("accuracy"), "{evaluated}");
    assert!(done(&["predict", model, table]).stdout.lines().count() == 121);
    let inspected = done(&["inspect", model]).stdout;
    assert!(inspected.contains(words[0]), "{inspected}");
    let checked = done(&["check", model, "--data", table]).stdout;
    assert!(checked.contains(words[1]), "{checked}");
    let explained = done(&["explain", model, "--data", table]).stdout;
    assert!(explained.contains(words[2]), "{explained}");
    assert_eq!(explained.contains("√fan_in"), preset != "tabm", "{explained}");
    assert!(
        trained["metrics"]["validation"]["accuracy"].is_number(),
        "{trained}"
    );
}

#[test]
fn an_effort_chooses_a_preset_and_says_what_it_costs() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 60);
    let out = folder.path().join("model.safetensors");
    let train = |arguments: &[&str]| {
        let common = [
            "train",
            text(&table),
            "--target",
            "buys",
            "--drop",
            "name",
            "--epochs",
            "2",
        ];
        let written = ["--out", text(&out), "--json", "-"];
        done(&[&common[..], arguments, &written].concat())
    };
    for (effort, layers, networks) in [("quick", 3, 1), ("default", 5, 1), ("high", 5, 8)] {
        let done = train(&["--effort", effort]);
        let record: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!(
            record["recipe"]["network"]["layers"].as_array().unwrap().len(),
            layers
        );
        let table = &record["recipe"]["data"]["table"];
        assert_eq!(table["ensemble"].as_u64().unwrap_or(1), networks, "{effort}");
        assert!(done.stderr.contains("at most about"), "{}", done.stderr);
        let quiet = train(&["--effort", effort, "--quiet"]);
        assert!(!quiet.stderr.contains("at most about"), "{}", quiet.stderr);
    }
    let asked = train(&["--effort", "high", "--ensemble", "3"]);
    let record: Value = serde_json::from_str(&asked.stdout).unwrap();
    assert_eq!(record["recipe"]["data"]["table"]["ensemble"], 3);
}

#[test]
fn set_replaces_a_setting_of_a_table_s_training() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 60);
    let out = folder.path().join("model.safetensors");
    let changed = [
        "--set",
        "train.l2=0.5",
        "--set",
        "data.table.scale=min_max",
        "--unset",
        "train.label_smoothing",
    ];
    let recipe = &record(&table, &out, &changed)["recipe"];
    assert_eq!(recipe["train"]["l2"], 0.5);
    assert_eq!(recipe["data"]["table"]["scale"], "min_max");
    assert!(recipe["train"].get("label_smoothing").is_none());
}

#[test]
fn what_contradicts_a_preset_or_a_table_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 60);
    let table = text(&table);
    let train = |arguments: &'static [&str]| [&["train", table, "--target", "buys"], arguments].concat();
    for (arguments, expected) in [
        (&["--preset", "realmlp-x"][..], "realmlp-s"),
        (&["--preset", "plain", "--recipe", "xor-sgd"], "--recipe"),
        (&["--set", "data.table.drop=[\"age\"]"], "--drop"),
        (&["--set", "network.layers=[4, 3]"], "network.layers"),
        (
            &["--set", "train.rate_factors.biases=-1"],
            "train.rate_factors.biases",
        ),
        (&["--set", "train.parametrisation=ntc"], "ntk"),
        (&["--preset", "realmlp-s", "--optimizer", "lbfgs"], "lbfgs"),
        (&["--preset", "tabm", "--calibrate", "temperature"], "members"),
        (
            &["--preset", "tabm", "--set", "network.members=1"],
            "at least 2 members",
        ),
        (&["--preset", "plain", "--effort", "high"], "--effort"),
        (&["--effort", "highest"], "quick"),
        (&["--set", "data.table.embed_numbers=plx"], "pbld"),
        (&["--set", "train.dropout_schedule=adaptive"], "flat_cosine"),
    ] {
        refused(&train(arguments), 2, &[expected]);
    }
    refused(
        &["recipes", "realmlp-s"],
        2,
        &["--preset realmlp-s", "--save-recipe"],
    );
}
