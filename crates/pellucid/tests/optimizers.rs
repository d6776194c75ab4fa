//! Compares fifty steps of every optimizer with PyTorch and the papers. `golden/make_optimizers.py` made the expected
//! values.

use pellucid::Optimizer;
use pellucid::optimization::optimizer::OptimizerState;
use serde_json::Value;

/// A chained Rosenbrock function with smaller coefficients, and its gradient.
fn valley(x: &[f64]) -> (f64, Vec<f64>) {
    let (mut value, mut gradient) = (0.0, vec![0.0; x.len()]);
    for i in 0..x.len() - 1 {
        let (short, off) = (1.0 - x[i], x[i + 1] - x[i] * x[i]);
        value += short * short + 3.0 * off * off;
        gradient[i] += -2.0 * short - 12.0 * x[i] * off;
        gradient[i + 1] += 6.0 * off;
    }
    (value, gradient)
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap().iter();
    list.map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn optimizers_equal_the_references() {
    let golden: Value = serde_json::from_str(include_str!("golden/optimizers.json")).unwrap();
    let start = numbers(&golden["start"]);
    let cases = golden["cases"].as_array().unwrap();
    for optimizer in Optimizer::ALL
        .into_iter()
        .filter(|optimizer| optimizer.takes_steps())
    {
        let of_it = |case: &&Value| case["optimizer"]["name"] == optimizer.name();
        assert!(cases.iter().any(|case| of_it(&case)), "{}", optimizer.name());
    }
    for case in cases {
        let optimizer: Optimizer = serde_json::from_value(case["optimizer"].clone()).unwrap();
        let rate = case["learning_rate"].as_f64().unwrap();
        let mut state = OptimizerState::new(optimizer, start.len());
        let mut x = start.clone();
        let mut expected = case["path"].as_array().unwrap().iter();
        for step in 1..=50 {
            let (loss, gradient) = valley(&x);
            state.set_loss(loss);
            state.step(&mut x, &gradient, rate);
            if step % 10 == 0 {
                for (found, expected) in x.iter().zip(numbers(expected.next().unwrap())) {
                    let off = (found - expected).abs() / expected.abs().max(1.0);
                    assert!(
                        off < 1e-9,
                        "{}, step {step}: {found}, not {expected}",
                        case["optimizer"]
                    );
                }
            }
        }
    }
}

fn refusal(settings: &str) -> String {
    match serde_json::from_str::<Optimizer>(settings) {
        Ok(optimizer) => optimizer.validate().unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn rejects_invalid_settings_by_name() {
    for (settings, expected) in [
        (
            r#"{"name": "adam", "momentum": 0.9}"#,
            "train.optimizer.momentum = 0.9 cannot be used: train.optimizer.name = \"adam\" does not use it",
        ),
        (r#"{"name": "sgd", "momentum": 1.5}"#, "0 to 1"),
        (
            r#"{"name": "sgd", "nesterov": true}"#,
            "set train.optimizer.momentum",
        ),
        (
            r#"{"name": "sgd", "dampening": 0.1}"#,
            "set train.optimizer.momentum",
        ),
        (
            r#"{"name": "sgd", "momentum": 0.9, "nesterov": true, "dampening": 0.1}"#,
            "0 is needed",
        ),
        (
            r#"{"name": "lion", "nesterov": true}"#,
            "train.optimizer.name = \"lion\" does not use it",
        ),
        (r#"{"name": "adam", "epsilon": 0}"#, "above 0"),
        (r#"{"name": "rprop", "increase": 1}"#, "above 1"),
        (r#"{"name": "rprop", "decrease": 1}"#, "above 0, below 1"),
        (
            r#"{"name": "rprop", "least_step": 60}"#,
            "no more than largest_step",
        ),
        (r#"{"name": "adamw", "weight_decay": -1}"#, "0 or more"),
    ] {
        let refusal = refusal(settings);
        assert!(refusal.contains(expected), "{settings}: {refusal}");
    }
}

#[test]
fn reads_an_optimizer_as_a_name_or_a_table() {
    let read = |text: &str| serde_json::from_str::<Optimizer>(text).unwrap();
    assert_eq!(read(r#""nadam""#), read(r#"{"name": "nadam"}"#));
    assert_eq!(
        serde_json::to_string(&read(r#"{"name": "nadam"}"#)).unwrap(),
        r#""nadam""#
    );
    let momentum = read(r#"{"name": "sgd", "momentum": 0.9, "nesterov": true}"#);
    assert_eq!(read(&serde_json::to_string(&momentum).unwrap()), momentum);
    let wrong = serde_json::from_str::<Optimizer>(r#"{"name": "sgd", "momentun": 0.9}"#);
    assert!(
        wrong
            .unwrap_err()
            .to_string()
            .contains("unknown field `momentun`")
    );
}
