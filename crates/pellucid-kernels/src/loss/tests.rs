//! Tests of the losses: their names, settings and values.

use super::*;

#[test]
fn names_are_those_of_recipes() {
    for loss in Loss::ALL {
        let written = serde_json::to_string(&loss).unwrap();
        assert_eq!(written, format!("\"{}\"", loss.name()));
        assert_eq!(serde_json::from_str::<Loss>(&written).unwrap(), loss);
    }
    let text = r#"{"name":"quantile","quantile":0.9}"#;
    let loss: Loss = serde_json::from_str(text).unwrap();
    assert_eq!(loss, Loss::Quantile { quantile: 0.9 });
    assert_eq!(serde_json::to_string(&loss).unwrap(), text);
}

#[test]
fn settings_of_another_loss_are_refused() {
    for (text, told) in [
        (r#"{"name":"quantile","quantile":1}"#, "above 0 and below 1"),
        (
            r#"{"name":"huber","quantile":0.5}"#,
            "loss.name = \"huber\" does not use it",
        ),
        (r#"{"name":"huber","delta":0}"#, "above 0"),
        (
            r#"{"name":"hinge","delta":1}"#,
            "loss.name = \"hinge\" does not use it",
        ),
        (r#"{"delta":1}"#, "missing field `name`"),
    ] {
        let refusal = match serde_json::from_str::<Loss>(text) {
            Ok(loss) => loss.check().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(refusal.contains(told), "{text}: {refusal}");
    }
}

#[test]
fn squared_error_sums_over_outputs() {
    let value = Loss::SquaredError.value(
        Activation::Identity,
        &[0.0; 4],
        &[1.0, 2.0, 3.0, 4.0],
        &[0.0; 4],
        2,
    );
    assert_eq!(value, 30.0f64);
}

#[test]
fn cross_entropies_stay_finite_where_the_chain_rule_would_not() {
    let z = [800.0f64, -800.0];
    let mut a = [0.0; 2];
    Activation::Softmax.apply(&z, &mut a, 2);
    let value = Loss::CategoricalCrossEntropy.value(Activation::Softmax, &z, &a, &[0.0, 1.0], 2);
    assert_eq!(value, 1600.0);
    Activation::Sigmoid.apply(&z, &mut a, 2);
    let value = Loss::BinaryCrossEntropy.value(Activation::Sigmoid, &z, &a, &[0.0, 1.0], 2);
    assert_eq!(value, 1600.0);
}

#[test]
fn joint_and_separate_forms_agree() {
    let z = [0.3f64, -1.2, 0.7];
    let y = [0.2, 0.5, 0.3];
    let mut a = [0.0; 3];
    Activation::Softmax.apply(&z, &mut a, 3);
    let joint = Loss::CategoricalCrossEntropy.value(Activation::Softmax, &z, &a, &y, 3);
    let separate = Loss::CategoricalCrossEntropy.value(Activation::Identity, &a, &a, &y, 3);
    assert!((joint - separate).abs() < 1e-15);
    Activation::Sigmoid.apply(&z, &mut a, 3);
    let joint = Loss::BinaryCrossEntropy.value(Activation::Sigmoid, &z, &a, &y, 3);
    let separate = Loss::BinaryCrossEntropy.value(Activation::Identity, &a, &a, &y, 3);
    assert!((joint - separate).abs() < 1e-15);
}
