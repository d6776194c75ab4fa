//! Every number of `pellucid explain --format json`: NumPy's where NumPy is to hand (`golden/make_explanations.py` made the
//! figures), and those of a naive twin where the network is too large for a file.

use crate::driver::{done, shared, text};
use serde_json::Value;
use std::path::Path;

const OF_A_LAYER: [&str; 11] = [
    "weights",
    "bias",
    "z",
    "activation",
    "d_loss_d_activation",
    "d_activation_d_z",
    "delta",
    "d_loss_d_weights",
    "d_loss_d_bias",
    "weights_after",
    "bias_after",
];

fn explained(arguments: &[&str]) -> Value {
    let ended = done(&[&["explain"], arguments, &["--quiet", "--format", "json"]].concat());
    serde_json::from_str(&ended.stdout).unwrap()
}

/// All numbers, row after row; none for null.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(flat).collect(),
        Value::Null => Vec::new(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn shape(value: &Value) -> Vec<usize> {
    match value {
        Value::Array(parts) => [vec![parts.len()], parts.first().map_or(Vec::new(), shape)].concat(),
        _ => Vec::new(),
    }
}

/// The largest distance, over the largest number where that is above 1.
#[track_caller]
fn assert_close(ours: &Value, expected: &Value, tolerance: f64, what: &str) {
    assert_eq!(shape(ours), shape(expected), "{what}");
    assert_eq!(ours.is_null(), expected.is_null(), "{what}");
    let (ours, expected) = (flat(ours), flat(expected));
    let largest = expected
        .iter()
        .fold(0.0f64, |most, number| most.max(number.abs()));
    for (index, (ours, expected)) in ours.iter().zip(&expected).enumerate() {
        let distance = (ours - expected).abs();
        assert!(
            distance <= tolerance * largest.max(1e-300),
            "{what}, number {index}: {ours} is not {expected}"
        );
    }
}

#[test]
fn they_are_numpys() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/explanations.json");
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for case in cases.as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let recipe = case["recipe"].as_str().unwrap();
        let file = folder.path().join("recipe.toml");
        let source = if recipe.contains('\n') {
            std::fs::write(&file, recipe).unwrap();
            text(&file)
        } else {
            recipe
        };
        let record = explained(&[source, "--epoch", &case["epoch"].to_string()]);
        let expected = &case["expected"];
        for key in ["input", "target", "loss"] {
            assert_close(&record[key], &expected[key], 1e-12, &format!("{name}: {key}"));
        }
        let layers = expected["layers"].as_array().unwrap();
        assert_eq!(record["layers"].as_array().unwrap().len(), layers.len());
        for (index, layer) in layers.iter().enumerate() {
            for key in OF_A_LAYER {
                let what = format!("{name}: {key} of layer {}", index + 1);
                assert_close(&record["layers"][index][key], &layer[key], 1e-12, &what);
            }
        }
    }
}

/// XOR by hand, by the names of its notebook, whose error is target − output.
#[test]
fn the_notebooks_first_epoch_array_by_array_in_its_order() {
    let Some(golden) = shared("golden/xor-by-hand.json") else {
        return;
    };
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    let first = &golden["first_epoch_at_learning_rate_0_3"];
    let record = explained(&["xor-by-hand", "--set", "train.learning_rate=0.3"]);
    let (hidden, output) = (&record["layers"][0], &record["layers"][1]);
    for (name, ours, sign) in [
        ("sum_synapse_0", &hidden["z"], 1.0),
        ("hidden_layer", &hidden["activation"], 1.0),
        ("sum_synapse_1", &output["z"], 1.0),
        ("output_layer", &output["activation"], 1.0),
        ("error_output_layer", &output["d_loss_d_activation"], -1.0),
        ("derivative_output", &output["d_activation_d_z"], 1.0),
        ("delta_output", &output["delta"], -1.0),
        ("delta_output_x_weight", &hidden["d_loss_d_activation"], -1.0),
        ("delta_hidden_layer", &hidden["delta"], -1.0),
        ("input_x_delta1", &output["d_loss_d_weights"], -1.0),
        ("weights_1", &output["weights_after"], 1.0),
        ("input_x_delta0", &hidden["d_loss_d_weights"], -1.0),
        ("weights_0", &hidden["weights_after"], 1.0),
    ] {
        let ours: Vec<f64> = flat(ours).iter().map(|number| sign * number).collect();
        let theirs = flat(&first[name]);
        for (a, b) in ours.iter().zip(&theirs) {
            assert!((a - b).abs() <= 1e-9 * b.abs(), "{name}: {a} is not {b}");
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
    }
    // The text lists them in the notebook's order.
    let stdout = done(&["explain", "xor-by-hand", "--set", "train.learning_rate=0.3"]).stdout;
    let mut rest = stdout.as_str();
    for formula in [
        "z⁽¹⁾ = x·W⁽¹⁾",
        "a⁽¹⁾ = f(z⁽¹⁾)",
        "z⁽²⁾ = a⁽¹⁾·W⁽²⁾",
        "a⁽²⁾ = f(z⁽²⁾)",
        "∂L/∂a⁽²⁾ = a − y",
        "∂a⁽²⁾/∂z⁽²⁾ = a·(1 − a)",
        "δ⁽²⁾ = ∂L/∂a⁽²⁾ ⊙ ∂a⁽²⁾/∂z⁽²⁾",
        "∂L/∂a⁽¹⁾ = δ⁽²⁾·(W⁽²⁾)ᵀ",
        "δ⁽¹⁾ = ∂L/∂a⁽¹⁾ ⊙ ∂a⁽¹⁾/∂z⁽¹⁾",
        "∂L/∂W⁽²⁾ = (a⁽¹⁾)ᵀ·δ⁽²⁾",
        "new W⁽²⁾ = W⁽²⁾ − 0.3·∂L/∂W⁽²⁾",
        "∂L/∂W⁽¹⁾ = xᵀ·δ⁽¹⁾",
        "new W⁽¹⁾ = W⁽¹⁾ − 0.3·∂L/∂W⁽¹⁾",
    ] {
        let at = rest
            .find(formula)
            .unwrap_or_else(|| panic!("{formula} in {rest}"));
        rest = &rest[at + formula.len()..];
    }
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(flat).collect()
}

/// a · b.
fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |row: &Vec<f64>| {
        let column = |j: usize| row.iter().zip(b).map(|(x, b)| x * b[j]).sum();
        (0..b[0].len()).map(column).collect()
    };
    a.iter().map(of).collect()
}

fn transposed(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..a[0].len())
        .map(|j| a.iter().map(|row| row[j]).collect())
        .collect()
}

fn zip(a: &[Vec<f64>], b: &[Vec<f64>], f: impl Fn(f64, f64) -> f64) -> Vec<Vec<f64>> {
    let rows = a.iter().zip(b);
    rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| f(*a, *b)).collect())
        .collect()
}

#[test]
fn an_image_of_mnist_is_what_a_naive_twin_makes_of_it() {
    let Some(mnist) = shared("data/mnist") else { return };
    for at in [&["--row", "1"][..], &["--step", "300"]] {
        let record = explained(&[&["mnist-online", "--data", text(&mnist)], at].concat());
        let rate = record["update"]["learning_rate"].as_f64().unwrap();
        let y = matrix(&record["target"]);
        assert_eq!(y.concat().iter().sum::<f64>(), 1.0);
        let mut a = matrix(&record["input"]);
        assert_eq!((a.len(), a[0].len()), (1, 784));
        let layers = record["layers"].as_array().unwrap();
        let close = |layer: &Value, key: &str, expected: &[Vec<f64>]| {
            let ours = if key.contains("bias") {
                vec![flat(&layer[key])]
            } else {
                matrix(&layer[key])
            };
            assert_close(&serde_json::json!(ours), &serde_json::json!(expected), 1e-12, key);
        };
        let mut inputs = Vec::new();
        for layer in layers {
            let bias = vec![flat(&layer["bias"]); a.len()];
            let z = zip(&product(&a, &matrix(&layer["weights"])), &bias, |sum, b| sum + b);
            close(layer, "z", &z);
            inputs.push(std::mem::replace(
                &mut a,
                zip(&z, &z, |z, _| 1.0 / (1.0 + (-z).exp())),
            ));
            close(layer, "activation", &a);
        }
        let loss: f64 = zip(&a, &y, |a, y| (a - y).powi(2)).concat().iter().sum();
        assert!((record["loss"].as_f64().unwrap() - loss).abs() < 1e-12);
        let mut upstream = zip(&a, &y, |a, y| 2.0 * (a - y));
        for (layer, x) in layers.iter().zip(&inputs).rev() {
            close(layer, "d_loss_d_activation", &upstream);
            let a = matrix(&layer["activation"]);
            let derivative = zip(&a, &a, |a, _| a * (1.0 - a));
            close(layer, "d_activation_d_z", &derivative);
            let delta = zip(&upstream, &derivative, |g, s| g * s);
            close(layer, "delta", &delta);
            let of_weights = product(&transposed(x), &delta);
            close(layer, "d_loss_d_weights", &of_weights);
            let of_bias = vec![
                transposed(&delta)
                    .iter()
                    .map(|column| column.iter().sum())
                    .collect(),
            ];
            close(layer, "d_loss_d_bias", &of_bias);
            let weights = matrix(&layer["weights"]);
            close(
                layer,
                "weights_after",
                &zip(&weights, &of_weights, |w, g| w - rate * g),
            );
            close(
                layer,
                "bias_after",
                &zip(&[flat(&layer["bias"])], &of_bias, |b, g| b - rate * g),
            );
            upstream = product(&delta, &transposed(&weights));
        }
    }
}
