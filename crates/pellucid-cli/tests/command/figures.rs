//! Golden figures and the tolerances of comparisons with them.

use serde_json::Value;
use std::path::Path;

/// Relative distance allowed between double precision here and in NumPy.
pub(crate) const CLOSE: f64 = 1e-9;
/// The same for weights after a million steps, in which roundings have added up.
pub(crate) const CLOSE_AFTER_A_MILLION: f64 = 1e-6;

/// The runs of a recipe, made by `tests/golden/make_notebook_figures.py`.
pub(crate) fn of_recipe(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/notebook_figures.json");
    let mut all = read(&path);
    let Value::Array(runs) = all[name].take() else {
        panic!("no figures of {name}");
    };
    assert!(!runs.is_empty(), "no figures of {name}");
    runs
}

pub(crate) fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All numbers of a value, however nested, in order.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Number(number) => vec![number.as_f64().unwrap()],
        Value::String(text) => vec![text.parse().unwrap()],
        other => panic!("not a number: {other}"),
    }
}

/// Numbers of two values, in the same order, lie within the relative `tolerance`.
#[track_caller]
pub(crate) fn assert_close(ours: &Value, golden: &Value, tolerance: f64, what: &str) {
    let (ours, golden) = (numbers(ours), numbers(golden));
    assert_eq!(ours.len(), golden.len(), "{what}: another count of numbers");
    assert!(!golden.is_empty(), "{what}: there is nothing to compare");
    for (index, (a, b)) in ours.iter().zip(&golden).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * b.abs(),
            "{what}, number {index}: {a} is not {b}"
        );
    }
}

/// Layers of a record and of a golden file, both lists of `weights` and `bias`.
#[track_caller]
pub(crate) fn assert_layers(ours: &Value, golden: &Value, tolerance: f64, what: &str) {
    let (ours, golden) = (ours["layers"].as_array().unwrap(), golden.as_array().unwrap());
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (index, (a, b)) in ours.iter().zip(golden).enumerate() {
        let layer = format!("{what}, layer {}", index + 1);
        assert_eq!(
            a["weights"].as_array().map(Vec::len),
            b["weights"].as_array().map(Vec::len),
            "{layer}"
        );
        assert_close(&a["weights"], &b["weights"], tolerance, &layer);
        assert_eq!(a["bias"].is_null(), b["bias"].is_null(), "{layer}");
        if !a["bias"].is_null() {
            assert_close(&a["bias"], &b["bias"], tolerance, &layer);
        }
    }
}

/// Each logged epoch: its number exactly, and every other figure `(ours, golden)` by name.
#[track_caller]
pub(crate) fn assert_log(history: &Value, log: &Value, epoch: &str, names: &[(&str, &str)], what: &str) {
    let (history, log) = (history.as_array().unwrap(), log.as_array().unwrap());
    assert_eq!(history.len(), log.len(), "{what}: lines");
    for (ours, golden) in history.iter().zip(log) {
        assert_eq!(ours["epoch"], golden[epoch], "{what}");
        for (name, in_golden) in names {
            let what = format!("{what}, epoch {}, {name}", golden[epoch]);
            assert_close(&ours[*name], &golden[*in_golden], CLOSE, &what);
        }
    }
}

/// Rows become columns: notebooks that compute W·x hold their weights as (fan_out, fan_in).
pub(crate) fn transposed(rows: &Value) -> Value {
    let rows = rows.as_array().unwrap();
    let columns = rows[0].as_array().unwrap().len();
    (0..columns)
        .map(|column| rows.iter().map(|row| row[column].clone()).collect::<Value>())
        .collect()
}
