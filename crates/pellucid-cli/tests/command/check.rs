//! Tests of `pellucid check`.

use crate::driver::{done, pellucid, refused, shared, text};
use serde_json::Value;

fn record(arguments: &[&str]) -> Value {
    let ended = done(&[&["check"], arguments, &["--quiet", "--json"]].concat());
    assert_eq!(ended.stderr, "");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn the_built_in_recipes_are_right() {
    for (recipe, parameters) in [
        ("xor-by-hand", 9),
        ("xor-sgd", 9),
        ("xor-batch-mean", 9),
        ("xor-batch-sum", 9),
        ("single-sample", 121),
        ("perceptron", 3),
        ("perceptron-hidden", 16),
    ] {
        let report = record(&[recipe]);
        assert_eq!(report["right"], true, "{recipe}");
        let layers = report["layers"].as_array().unwrap();
        let checked: u64 = layers
            .iter()
            .map(|layer| layer["checked"].as_u64().unwrap())
            .sum();
        assert_eq!(checked, parameters, "{recipe}");
        for layer in layers {
            let error = layer["worst"]["relative_error"].as_f64().unwrap();
            assert!(error < 1e-7, "{recipe}: {layer}");
        }
    }
}

#[test]
fn each_layer_has_its_line() {
    let ended = done(&["check", "xor-sgd", "--quiet"]);
    for part in [
        "worst relative error",
        "1 weights (sigmoid)",
        "2 biases (sigmoid)",
        "right",
        "the gradient is right: 9 of 9 parameters, on 4 rows",
    ] {
        assert!(ended.stdout.contains(part), "{part:?}: {}", ended.stdout);
    }
}

/// Every loss's and every activation's own pass, through the command.
#[test]
fn settings_are_put_over_a_recipe() {
    for set in [
        "network.activation=tanh",
        "network.activation=gelu",
        "train.loss=binary_cross_entropy",
        "train.loss=huber",
        "train.reduction=mean",
    ] {
        assert_eq!(record(&["xor-sgd", "--set", set])["right"], true, "{set}");
    }
}

/// All weights 0: every relu is on its kink, and a number between the two one-sided derivatives is right.
#[test]
fn kinks_are_distinguished_from_errors() {
    let settings = [
        "xor-sgd",
        "--set",
        "network.activation=[\"relu\", \"identity\"]",
        "--set",
        "network.layers=[2, 5, 1]",
        "--set",
        "init.method=constant",
        "--set",
        "init.value=0.5",
    ];
    let constant = pellucid(&[&["check"], &settings[..]].concat());
    // The recipe's own draws are of another method.
    assert_eq!(constant.status, 0, "{constant:?}");
    assert!(constant.stderr.contains("drops init.draws"), "{constant:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kink.toml");
    let recipe = "data = { source = \"inline\", inputs = [[1, 2], [-0.5, 1]], targets = [[1], [-1]] }\n\
                  network = { layers = [2, 2, 1], activation = [\"relu\", \"identity\"] }\n\
                  init = { method = \"given\", layers = [{ weights = [[0, 0], [0, 0]], bias = [0, 0] }, \
                  { weights = [[0.5], [-0.7]], bias = [0.1] }] }\n\
                  train = { loss = \"squared_error\", learning_rate = 0.1, epochs = 1 }\n";
    std::fs::write(&file, recipe).unwrap();
    let report = record(&[text(&file)]);
    assert_eq!(report["right"], true);
    assert!(report["layers"][0]["at_kinks"].as_u64().unwrap() > 0, "{report}");
    let ended = done(&["check", text(&file), "--quiet"]);
    assert!(ended.stdout.contains("at a kink"), "{}", ended.stdout);
}

/// A tolerance that no difference can hold makes entries wrong: the table says so, and the status is 1.
#[test]
fn what_is_wrong_ends_with_status_1() {
    let arguments = ["check", "xor-sgd", "--tolerance", "1e-17", "--quiet"];
    let ended = pellucid(&arguments);
    assert_eq!((ended.status, ended.stderr.as_str()), (1, ""), "{}", ended.stdout);
    assert!(ended.stdout.contains("WRONG in "), "{}", ended.stdout);
    let ended = pellucid(&[&arguments[..], &["--json"]].concat());
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.status, &report["right"]), (1, &Value::Bool(false)));
}

#[test]
fn models_are_checked_on_a_table_or_on_drawn_rows() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    for table in ["iris", "regression", "moons"] {
        done(&[
            "train",
            table,
            "--preset",
            "plain",
            "--epochs",
            "3",
            "--out",
            text(&model),
            "--quiet",
        ]);
        let drawn = record(&[text(&model), "--samples", "40", "--rows", "5"]);
        assert_eq!(
            (&drawn["right"], &drawn["rows"]),
            (&Value::Bool(true), &Value::from(5)),
            "{table}"
        );
        assert_eq!(drawn["layers"][0]["checked"], 40);
        let on_rows = record(&[text(&model), "--data", table, "--samples", "40"]);
        assert_eq!(
            (&on_rows["right"], &on_rows["rows"]),
            (&Value::Bool(true), &Value::from(16)),
            "{table}"
        );
    }
    let ended = done(&["check", text(&model), "--samples", "5"]);
    for part in ["checked in f64", "drawn at random", "without penalties"] {
        assert!(ended.stderr.contains(part), "{part:?}: {}", ended.stderr);
    }
}

#[test]
fn a_recipe_of_digits_is_checked_by_samples() {
    let Some(folder) = shared("data/mnist") else {
        return;
    };
    let images = folder.join("t10k-images-idx3-ubyte.gz");
    let ended = done(&[
        "check",
        "mnist-98",
        "--data",
        text(&images),
        "--samples",
        "8",
        "--rows",
        "4",
    ]);
    assert!(
        ended.stderr.contains("trains in f32, and is checked in f64"),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.contains("the gradient is right"), "{}", ended.stdout);
    assert!(ended.stdout.contains("100,352"), "{}", ended.stdout);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    refused(&["check", "iris"], 2, &["iris", "train a model first"]);
    refused(&["check", "no-such-recipe.toml"], 1, &["no-such-recipe.toml"]);
    for (flag, value) in [("--rows", "0"), ("--samples", "-1"), ("--tolerance", "2")] {
        let ended = pellucid(&["check", "xor-sgd", flag, value]);
        assert_eq!(ended.status, 2, "{flag}: {ended:?}");
        assert!(ended.stderr.contains("expected"), "{}", ended.stderr);
    }
}
