//! Compares `examples/wrong_gradient.rs` with the numbers that the notebook prints, and with the same loop in NumPy where
//! its golden values are available.
#![allow(clippy::print_stderr, reason = "a test reports when it skips")]

#[path = "../examples/wrong_gradient/notebook.rs"]
mod notebook;

use notebook::{
    HIDDEN, ITERATIONS, Iteration, LABELS, Start, check, climb, descend, forward, named, right_gradient,
    standardised_data, wrong_gradient, wrong_hidden_gradients,
};
use pellucid::inspection::gradient_check::Pattern;
use pellucid::model::pass::{Objective, Update};
use pellucid::{Input, Loss, Reduction, check_network};
use serde_json::Value;
use std::path::Path;

fn golden() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/golden/diverging-perceptron.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there are no figures at {}", path.display());
        return None;
    };
    Some(serde_json::from_str(&text).expect("the golden figures are JSON"))
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        Value::String(text) => vec![text.parse().expect("nan, inf or -inf")],
        number => vec![number.as_f64().expect("a number")],
    }
}

#[track_caller]
fn assert_near(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        let same = found == expected || ((found - expected) / expected).abs() <= tolerance;
        assert!(same, "{found:e}, expected {expected:e}");
    }
}

/// The numbers as the notebook prints them, nine digits each.
#[test]
fn the_perceptron_equals_the_notebook() {
    let printed = [
        [-630_288.840_769_76, -82_211_996.951_800_38, -927_450.255_940_21],
        [-8.164_326_93e21, -1.064_909_10e24, -1.201_412_31e22],
        [-1.369_856_50e54, -1.786_764_14e56, -2.015_796_87e54],
        [-3.856_421_12e118, -5.030_099_83e120, -5.674_872_96e118],
        [-3.056_350_85e247, -3.986_532_96e249, -4.497_538_59e247],
    ];
    let found = climb(&Start::new().unwrap().perceptron, wrong_gradient);
    assert_eq!(found.len(), ITERATIONS);
    assert_near(&found[0].weights, &printed[0], 1e-14);
    for (iteration, printed) in found.iter().zip(&printed) {
        assert_near(&iteration.weights, printed, 5e-9);
    }
    assert!(
        found[5..]
            .iter()
            .all(|iteration| iteration.weights == [f64::NEG_INFINITY; 3])
    );
    assert!(
        found.iter().all(|iteration| iteration.error == 1.0),
        "the notebook prints 1.0 ten times"
    );
}

fn assert_log(found: &[Iteration], log: &Value, weights: &[&str]) {
    let log = log.as_array().expect("a log");
    assert_eq!(found.len(), log.len());
    for (found, expected) in found.iter().zip(log) {
        assert_near(&[found.error], &numbers(&expected["printed_error"]), 1e-12);
        let expected: Vec<f64> = weights.iter().flat_map(|key| numbers(&expected[key])).collect();
        // Each iteration squares the weights and doubles their relative rounding error.
        assert_near(&found.weights, &expected, 1e-12);
    }
}

#[test]
fn both_parts_equal_numpy() {
    let Some(golden) = golden() else { return };
    let start = Start::new().unwrap();
    let of = &golden["as_written_perceptron"];
    assert_eq!(start.perceptron.parameters(), numbers(&of["initial_weights"]));
    let found = climb(&start.perceptron, wrong_gradient);
    assert_log(&found, &of["log"], &["weights"]);
    // The numbers printed at the end are from before the last step.
    let architecture = start.perceptron.architecture();
    let last = forward(architecture, &found[ITERATIONS - 2].weights, &notebook::DATA);
    assert_eq!(last.outputs(), numbers(&of["output"]));

    let of = &golden["as_written_hidden_layer"];
    let initial = [numbers(&of["initial_W"]), numbers(&of["initial_V"])].concat();
    assert_eq!(start.with_hidden_layer.parameters(), initial);
    assert_log(
        &climb(&start.with_hidden_layer, wrong_hidden_gradients),
        &of["log"],
        &["W", "V"],
    );
}

#[test]
fn with_a_hidden_layer_only_the_first_step_changes_weights() {
    let network = Start::new().unwrap().with_hidden_layer;
    let found = climb(&network, wrong_hidden_gradients);
    assert!(
        found[1..]
            .iter()
            .all(|iteration| iteration.weights == found[0].weights && iteration.error == 0.5)
    );
    let end = forward(network.architecture(), &found[0].weights, &notebook::DATA);
    assert_eq!(end.activation(0), [0.0; 4 * HIDDEN]);
    assert_eq!(end.outputs(), [0.5; 4], "as the notebook prints");
}

#[test]
fn the_correct_rule_on_standardised_columns_equals_numpy() {
    let Some(golden) = golden() else { return };
    let of = &golden["corrected_perceptron_on_standardised_columns"];
    let (start, data) = (Start::new().unwrap().perceptron, standardised_data().unwrap());
    let found = descend(&start, &data, 1000);
    for entry in of["log"].as_array().expect("a log") {
        let iteration = entry["iteration"].as_u64().expect("an iteration") as usize;
        assert_near(&[found[iteration].error], &numbers(&entry["mse"]), 1e-11);
    }
    assert_near(&found[999].weights, &numbers(&of["weights"]), 1e-11);
    let outputs = forward(start.architecture(), &found[999].weights, &data)
        .outputs()
        .to_vec();
    assert_near(&outputs, &numbers(&of["output"]), 1e-11);
}

#[test]
fn the_gradient_check_rejects_the_wrong_rules_only() {
    let (start, data) = (Start::new().unwrap(), standardised_data().unwrap());
    for data in [&notebook::DATA[..], &data] {
        let report = check(&start.perceptron, data, wrong_gradient);
        assert_eq!(report.wrong().count(), 3, "{report}");
        assert!(report.worst() > 0.9, "{report}");
        assert!(check(&start.perceptron, data, right_gradient).is_right());
        let report = check(&start.with_hidden_layer, data, wrong_hidden_gradients);
        assert_eq!(report.wrong().count(), 16, "{report}");
    }
    let objective = Objective {
        loss: Loss::SquaredError,
        reduction: Reduction::Mean,
        update: Update::Textbook,
    };
    for network in [&start.perceptron, &start.with_hidden_layer] {
        assert!(check_network(network, Input::Dense(&data), &LABELS, objective).is_right());
    }
}

/// The rules of the notebook on its own data, where the true gradient is 0 to the last digit, and on standardised columns.
#[test]
fn names_the_mistakes_of_the_notebook() {
    let (start, standardised) = (Start::new().unwrap(), standardised_data().unwrap());
    for data in [&notebook::DATA[..], &standardised] {
        let said = named(&start.perceptron, data, wrong_gradient).to_string();
        for part in [
            "layer 1's weights: wrong in 3 of 3 entries",
            "the output's derivative is taken at z, z(1 − z), but its formula is in terms of a, a(1 − a)",
            "one error is used for all rows",
            "fits all 3 entries",
        ] {
            assert!(said.contains(part), "{part:?}: {said}");
        }
        assert!(named(&start.perceptron, data, right_gradient).is_right());
    }
    // The second part: V's gradient is one number for its four weights; W's takes the weight of another row, and is none of
    // the known mistakes.
    let report = named(&start.with_hidden_layer, &standardised, wrong_hidden_gradients);
    let patterns: Vec<_> = report
        .parts
        .iter()
        .map(|verdict| verdict.pattern.clone())
        .collect();
    assert_eq!(patterns, [None, Some(Pattern::OneNumber)], "{report}");
    assert!(report.to_string().contains("no known mistake fits"));
}
