//! `pellucid compare --vary`, `--own-weights`.

use crate::driver::{Ended, done, record, refused, text};
use serde_json::Value;
use std::fs;

fn comparison(arguments: &[&str]) -> Value {
    let ended = done(&[&["compare"], arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

fn names(report: &Value) -> Vec<&str> {
    let variants = report["variants"].as_array().unwrap().iter();
    variants
        .map(|variant| variant["name"].as_str().unwrap())
        .collect()
}

fn losses(report: &Value, variant: usize) -> &Vec<Value> {
    report["variants"][variant]["runs"][0]["losses"]
        .as_array()
        .unwrap()
}

#[test]
fn each_combination_of_values_is_a_variant_with_a_short_name() {
    let found = comparison(&[
        "xor-sgd",
        "--vary",
        "batch_size=1,full",
        "--vary",
        "train.learning_rate=0.1,1",
        "--epochs",
        "20",
    ]);
    assert_eq!(
        names(&found),
        [
            "batch_size=1 learning_rate=0.1",
            "batch_size=1 learning_rate=1",
            "batch_size=full learning_rate=0.1",
            "batch_size=full learning_rate=1",
        ]
    );
    let variants = &found["variants"];
    assert_eq!(variants[0]["recipe"]["train"]["batch_size"], 1);
    assert_eq!(variants[3]["recipe"]["train"]["batch_size"], "full");
    assert_eq!(variants[3]["recipe"]["train"]["learning_rate"], 1.0);
    assert_eq!(variants[3]["settings"][1], "train.learning_rate=1");
    assert_eq!(
        (
            &variants[0]["updates_per_epoch"],
            &variants[3]["updates_per_epoch"]
        ),
        (&4.into(), &1.into())
    );
    assert_eq!(
        variants[2]["initial_weights_of"],
        "batch_size=1 learning_rate=0.1"
    );
    // The same initial weights, and full batches: the first losses of the last two are one number.
    assert_eq!(losses(&found, 2)[0], losses(&found, 3)[0]);
    assert_ne!(losses(&found, 2)[1], losses(&found, 3)[1]);
}

#[test]
fn several_recipes_are_varied_each_and_keep_their_names() {
    let found = comparison(&[
        "xor-sgd",
        "xor-batch-sum",
        "--vary",
        "learning_rate=0.1,0.5",
        "--epochs",
        "5",
    ]);
    assert_eq!(
        names(&found),
        [
            "xor-sgd learning_rate=0.1",
            "xor-sgd learning_rate=0.5",
            "xor-batch-sum learning_rate=0.1",
            "xor-batch-sum learning_rate=0.5",
        ]
    );
}

#[test]
fn a_variant_trains_as_its_recipe_does_alone() {
    // Shuffled, so that the order of the samples is drawn too.
    let common = [
        "--epochs",
        "30",
        "--set",
        "train.shuffle=true",
        "--set",
        "init.method=xavier_uniform",
    ];
    let without_draws = ["--set", "log.every=1"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.toml");
    let recipe = done(&["recipes", "xor-sgd"]).stdout;
    let start = recipe.find("draws = [").unwrap();
    let end = recipe[start..].find("\n]\n").unwrap() + start + 3;
    let plain = format!("{}{}", &recipe[..start], &recipe[end..]).replace("\"draws\"", "\"xavier_uniform\"");
    fs::write(&file, plain).unwrap();
    let found = comparison(&[&[text(&file), "--vary", "batch_size=1,2"], &common[..]].concat());
    for (variant, batch_size) in [(0, "1"), (1, "2")] {
        let set = format!("train.batch_size={batch_size}");
        let alone = record(&[&[text(&file), "--set", &set], &common[..], &without_draws[..]].concat());
        let history = alone["history"].as_array().unwrap().iter();
        let alone: Vec<&Value> = history.map(|epoch| &epoch["loss"]).collect();
        assert_eq!(
            losses(&found, variant).iter().collect::<Vec<_>>(),
            alone,
            "batch_size {batch_size}"
        );
    }
}

#[test]
fn what_changes_the_network_or_the_initialiser_begins_from_weights_of_its_own() {
    let Ended { stderr, stdout, .. } = done(&[
        "compare",
        "xor-batch-sum",
        "--vary",
        "hidden=2,4,8",
        "--vary",
        "learning_rate=0.1,1",
        "--epochs",
        "5",
        "--json",
        "-",
    ]);
    let note = |name: &str| format!("note: {name} starts from initial weights of its own");
    assert!(
        stderr.contains(&note("hidden=4 learning_rate=0.1")) && stderr.contains("2-4-1, not 2-2-1"),
        "{stderr}"
    );
    assert!(!stderr.contains(&note("hidden=2 learning_rate=1")), "{stderr}");
    let found: Value = serde_json::from_str(&stdout).unwrap();
    // Of each size the first draws, and the others share.
    assert_eq!(
        found["variants"][3]["initial_weights_of"],
        "hidden=4 learning_rate=0.1"
    );
    assert_eq!(losses(&found, 2)[0], losses(&found, 3)[0]);

    let found = comparison(&[
        "mnist-98",
        "--data",
        &small_mnist(),
        "--vary",
        "init.method=he_normal,orthogonal",
        "--epochs",
        "1",
    ]);
    assert!(found["variants"][1]["initial_weights_of"].is_null());
    assert_ne!(losses(&found, 0)[0], losses(&found, 1)[0]);
}

/// A folder with four small IDX files.
fn small_mnist() -> String {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare-mnist");
    fs::create_dir_all(&folder).unwrap();
    for (name, rows) in [("train", 60_u32), ("t10k", 20)] {
        let mut images = [0_u8, 0, 8, 3].to_vec();
        for side in [rows, 28, 28] {
            images.extend(side.to_be_bytes());
        }
        images.extend((0..rows * 784).map(|at| (at * 31 % 251) as u8));
        let mut labels = [0_u8, 0, 8, 1].to_vec();
        labels.extend(rows.to_be_bytes());
        labels.extend((0..rows).map(|row| (row % 10) as u8));
        fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

#[test]
fn own_weights_are_drawn_by_the_recipes_own_seeds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    let recipe = done(&["recipes", "xor-sgd"])
        .stdout
        .replace("seed = 42", "seed = 5");
    fs::write(&file, recipe).unwrap();
    let both = ["xor-sgd", text(&file), "--epochs", "10"];
    let shared = comparison(&both);
    assert_eq!(losses(&shared, 0), losses(&shared, 1));
    assert_eq!(names(&shared), ["xor-sgd", "other.toml"]);
    let own = comparison(&[&both[..], &["--own-weights"]].concat());
    assert_ne!(losses(&own, 0)[0], losses(&own, 1)[0]);
    assert!(own["variants"][1]["initial_weights_of"].is_null());
}

#[test]
fn lists_tables_and_arithmetic_can_vary() {
    let found = comparison(&[
        "xor-batch-sum",
        "--vary",
        "network.activation=[\"tanh\",\"sigmoid\"],sigmoid",
        "--vary",
        "optimizer=sgd,{ name = \"sgd\", momentum = 0.9 }",
        "--epochs",
        "3",
    ]);
    assert_eq!(found["variants"].as_array().unwrap().len(), 4);
    assert_eq!(
        found["variants"][1]["recipe"]["train"]["optimizer"]["momentum"],
        0.9
    );
    let found = comparison(&["xor-batch-sum", "--vary", "precision=f64,f32", "--epochs", "3"]);
    let (double, single) = (
        losses(&found, 0)[0].as_f64().unwrap(),
        losses(&found, 1)[0].as_f64().unwrap(),
    );
    assert!(
        double != single && (double - single).abs() < 1e-6,
        "{double}, {single}"
    );
}

#[test]
fn with_another_optimizer_comes_its_usual_learning_rate() {
    let Ended { stderr, stdout, .. } = done(&[
        "compare",
        "xor-batch-sum",
        "--vary",
        "optimizer=sgd,adam",
        "--epochs",
        "3",
        "--json",
        "-",
    ]);
    assert!(
        stderr.contains("note: optimizer=adam has the learning rate 0.001"),
        "{stderr}"
    );
    let found: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(found["variants"][0]["recipe"]["train"]["learning_rate"], 0.1);
    assert_eq!(found["variants"][1]["recipe"]["train"]["learning_rate"], 0.001);
}

#[test]
fn what_cannot_vary_is_refused_with_the_reason() {
    for (vary, expected) in [
        ("batch_size", "KEY=VALUES"),
        ("batch_size=", "nothing to choose from"),
        ("batch_size=1,1", "1 is there twice"),
        (
            "learning_rate=log:1e-3..1",
            "a range is what `pellucid tune` draws from",
        ),
        ("learning_rat=0.1,0.2", "did you mean `learning_rate`?"),
        ("network.layers=[2,2,1", "a bracket has no end"),
        ("hidden=0", "whole numbers, 1 or more"),
        ("activation=sigmod,tanh", "expected one of"),
        ("learning_rate=-1,1", "train.learning_rate"),
        ("log.loss=squared_error,huber", "log different losses"),
    ] {
        refused(
            &["compare", "xor-sgd", "--vary", vary, "--epochs", "5"],
            2,
            &[expected],
        );
    }
    refused(
        &["compare", "xor-sgd", "--vary", "train.seed=1,2", "--seeds", "3"],
        2,
        &["--vary train.seed and --seeds"],
    );
}
