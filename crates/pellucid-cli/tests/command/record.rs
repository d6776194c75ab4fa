//! The `--json` record, and the settings that show in it.

use crate::driver::{done, record, text};
use crate::figures::{assert_close, read};
use serde_json::Value;

#[test]
fn it_has_every_promised_key() {
    let report = record(&["xor-sgd", "--set", "log.every=2500"]);
    let mut keys: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let promised = [
        "elapsed_seconds",
        "ended_by",
        "epochs",
        "final",
        "findings",
        "history",
        "initial",
        "instruction_set",
        "last_epoch",
        "metrics",
        "outputs",
        "recipe",
        "stopped",
        "threads",
        "training_seconds",
        "updates",
        "version",
        "warnings",
    ];
    assert_eq!(keys, promised);
    for network in ["initial", "final"] {
        let layers = report[network]["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 2);
        assert_eq!(layers[1]["weights"].as_array().unwrap().len(), 2);
        assert_eq!(layers[1]["bias"].as_array().unwrap().len(), 1);
    }
    assert!(record(&["xor-by-hand", "--epochs", "1"])["initial"]["layers"][0]["bias"].is_null());
    assert_eq!(report["history"].as_array().unwrap().len(), 4);
    assert_eq!(report["history"][1]["epoch"], 2501);
    assert!(report["history"][1]["mean_squared_error"].is_f64());
    assert_eq!(report["outputs"].as_array().unwrap().len(), 4);
    assert!(report["metrics"]["training"]["accuracy"].is_f64() && report["metrics"]["test"].is_null());
    let (training, elapsed) = (&report["training_seconds"], &report["elapsed_seconds"]);
    assert!(0.0 < training.as_f64().unwrap() && training.as_f64() <= elapsed.as_f64());
    assert_eq!(
        (&report["epochs"], &report["updates"]),
        (&10_000.into(), &40_000.into())
    );
    assert_eq!(report["stopped"], false);
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_file_holds_what_standard_output_would() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    std::fs::write(&file, "an older one").unwrap();
    done(&["run", "xor-sgd", "--quiet", "--json", text(&file)]);
    assert_eq!(without_times(read(&file)), without_times(record(&["xor-sgd"])));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "something is left besides the record"
    );
}

fn without_times(mut record: Value) -> Value {
    let keys = record.as_object_mut().unwrap();
    for key in ["training_seconds", "elapsed_seconds", "threads"] {
        keys.remove(key).unwrap();
    }
    record
}

#[test]
fn its_recipe_is_the_one_that_ran() {
    let report = record(&[
        "xor-sgd",
        "--set",
        "train.learning_rate=0.3",
        "--epochs",
        "7",
        "--precision",
        "f32",
    ]);
    let train = &report["recipe"]["train"];
    assert_eq!(train["learning_rate"], 0.3);
    assert_eq!(train["epochs"], 7);
    assert_eq!(train["precision"], "f32");
    assert_eq!(
        report["recipe"]["data"]["inputs"][3],
        serde_json::json!([1.0, 1.0])
    );
    assert_eq!(
        report["recipe"]["network"]["layers"],
        serde_json::json!([2, 2, 1])
    );
}

/// Every value under a key `seed`, however deep.
fn seeds(value: &Value) -> Vec<u64> {
    match value {
        Value::Object(keys) => keys
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_u64()) {
                ("seed", Some(seed)) => vec![seed],
                _ => seeds(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(seeds).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_seed_replaces_every_seed() {
    for (recipe, count) in [
        ("single-sample", 4),
        ("xor-sgd", 2),
        ("perceptron-hidden", 2),
        ("xor-by-hand", 1),
    ] {
        let report = record(&[recipe, "--seed", "977", "--epochs", "1"]);
        assert_eq!(seeds(&report["recipe"]), vec![977; count], "{recipe}");
    }
}

#[test]
fn single_precision_is_near_double_and_not_the_same() {
    let run = |precision| record(&["single-sample", "--epochs", "1000", "--precision", precision]);
    let (single, double) = (run("f32"), run("f64"));
    assert_close(&single["outputs"], &double["outputs"], 1e-5, "outputs");
    assert_ne!(single["outputs"], double["outputs"]);
    let weight = single["final"]["layers"][0]["weights"][0][0].as_f64().unwrap();
    assert_eq!(weight, f64::from(weight as f32), "a weight of single precision");
}

#[test]
fn the_bits_do_not_depend_on_threads() {
    // Wide enough that threads are used where there are any.
    let wide = [
        "--set",
        "network.layers=[64, 512, 1]",
        "--set",
        "data.features=64",
        "--set",
        "data.rows=512",
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wide.toml");
    let recipe = "[data]\nsource = \"regression\"\nrows = 8\nfeatures = 4\nnoise = 0.1\n\
                  [network]\nlayers = [4, 8, 1]\nactivation = [\"tanh\", \"identity\"]\n\
                  [train]\nloss = \"squared_error\"\nlearning_rate = 0.01\nepochs = 5\nbatch_size = 200\nshuffle = true\n";
    std::fs::write(&file, recipe).unwrap();
    for precision in ["f32", "f64"] {
        let run = |threads| {
            let run = [text(&file), "--precision", precision, "--threads", threads];
            let report = record(&[&run[..], &wide[..]].concat());
            assert_eq!(report["threads"].to_string(), threads);
            (report["final"].clone(), report["outputs"].clone())
        };
        let one = run("1");
        for threads in ["2", "3", "8"] {
            assert!(
                run(threads) == one,
                "{threads} threads give other bits in {precision}"
            );
        }
    }
}
