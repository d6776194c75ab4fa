use super::*;
use pellucid::{Activation, Architecture};
use proptest::prelude::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

/// `tests/golden/make_temperature.py` made the expected values with SciPy.
#[test]
fn temperatures_are_those_of_scipy() {
    let golden: Value = serde_json::from_str(include_str!("../../../tests/golden/temperature.json")).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let logits = numbers(&case["logits"]);
        let labels: Vec<usize> = serde_json::from_value(case["labels"].clone()).unwrap();
        let classes = case["classes"].as_u64().unwrap() as usize;
        let decisions = match case["kind"] == "sigmoid" {
            true => Decisions::of_sigmoids(&logits, labels.iter().map(|&label| label == 1)),
            false => Decisions::of_softmax(&logits, &labels, classes),
        };
        let found = decisions.best_temperature().unwrap();
        for (found, key) in [
            (found, "temperature"),
            (decisions.log_loss(1.0), "log_loss_before"),
            (decisions.log_loss(1.0 / found), "log_loss"),
        ] {
            let expected = case[key].as_f64().unwrap();
            let error = (found / expected - 1.0).abs();
            assert!(error < 1e-9, "{key}: {found}, not {expected}");
        }
    }
}

#[test]
fn no_temperature_is_best_where_the_loss_has_no_minimum() {
    let right = Decisions::of_softmax(&[2.0, 1.0, 0.0, 3.0], &[0, 1], 2);
    assert_eq!(right.best_temperature(), None, "every row is right");
    let wrong = Decisions::of_softmax(&[2.0, 1.0, 0.0, 3.0], &[1, 0], 2);
    assert_eq!(wrong.best_temperature(), None, "every row is wrong");
    let equal = Decisions::of_sigmoids(&[0.0, 0.0], [true, false].into_iter());
    assert_eq!(equal.best_temperature(), None, "logits say nothing");
    let infinite = Decisions::of_sigmoids(&[f64::INFINITY, 1.0, -1.0], [true, true, true].into_iter());
    assert_eq!(infinite.best_temperature(), None);
}

/// Where all rows are right, the mean probability is that of Laplace's rule of succession.
#[test]
fn rows_that_are_all_right_are_as_sure_as_their_number_allows() {
    for rows in [1usize, 10, 1000] {
        let logits: Vec<f64> = (0..rows)
            .flat_map(|row| [0.5 + row as f64 / rows as f64, 0.0])
            .collect();
        let decisions = Decisions::of_softmax(&logits, &vec![0; rows], 2);
        let temperature = decisions.temperature().unwrap();
        let sure = |pair: &[f64]| 1.0 / (1.0 + (-pair[0] / temperature).exp());
        let mean = logits.chunks(2).map(sure).sum::<f64>() / rows as f64;
        let expected = (rows as f64 + 1.0) / (rows as f64 + 2.0);
        assert!(
            (mean - expected).abs() < 1e-9,
            "{rows} rows: {mean}, not {expected}"
        );
    }
    let equal = Decisions::of_sigmoids(&[0.0, 0.0], [true, true].into_iter());
    assert_eq!(equal.temperature(), None, "logits say nothing");
    let wrong = Decisions::of_softmax(&[2.0, 1.0, 0.0, 3.0], &[1, 0], 2);
    assert_eq!(wrong.temperature(), None, "every row is wrong");
    let infinite = Decisions::of_sigmoids(&[f64::INFINITY, 1.0, -1.0], [true, true, true].into_iter());
    assert_eq!(infinite.temperature(), None);
    // One row of many that is barely wrong does not make the others certain.
    let mut logits: Vec<f64> = (0..50).flat_map(|_| [1.0, 0.0]).collect();
    logits.extend([0.0, 1e-9]);
    let decisions = Decisions::of_softmax(&logits, &[0; 51], 2);
    assert!(decisions.temperature().unwrap() > 3.0 * decisions.best_temperature().unwrap());
}

proptest! {
    #[test]
    fn no_other_temperature_has_a_lower_loss(
        rows in prop::collection::vec((prop::array::uniform3(-5.0..5.0f64), 0..3usize), 1..40),
        factor in 0.2..5.0f64,
    ) {
        let logits: Vec<f64> = rows.iter().flat_map(|(row, _)| *row).collect();
        let labels: Vec<usize> = rows.iter().map(|(_, label)| *label).collect();
        let decisions = Decisions::of_softmax(&logits, &labels, 3);
        if let Some(best) = decisions.best_temperature() {
            let least = decisions.log_loss(1.0 / best);
            for other in [best * factor, 1.0, best * (1.0 + 1e-3), best * (1.0 - 1e-3)] {
                prop_assert!(least <= decisions.log_loss(1.0 / other) + 1e-12, "{} beats {}", other, best);
            }
        }
    }

    /// The logits of the network without its last activation, once divided, give the probabilities of softmax(z/T).
    #[test]
    fn a_scaled_network_computes_the_softmax_of_its_divided_logits(seed in 0..1000u32, temperature in 0.1..10.0f64) {
        use pellucid::evaluation::evaluate::predict;
        use pellucid::data::dataset::Features;
        use pellucid::data::matrix::Matrix;
        use pellucid::Normalisation;
        let mut generator = pellucid::numpy_random::RandomState::new(seed);
        let mut architecture =
            Architecture::new(&[2, 4, 3], &[Activation::Tanh, Activation::Softmax], seed % 2 == 0).unwrap();
        if seed % 3 == 0 {
            architecture = architecture.normalised(&[None, Some(Normalisation::BATCH)]).unwrap();
        }
        let mut draw = || generator.uniform(-1.0, 1.0);
        let mut parameters: Vec<f64> = (0..architecture.parameter_count()).map(|_| draw()).collect();
        if let Some(statistics) = architecture.output_layer().statistics() {
            parameters[statistics].iter_mut().for_each(|value| *value = value.abs() + 0.1);
        }
        let features: Vec<f64> = (0..10).map(|_| draw()).collect();
        let features = Features::Dense(Matrix::new(5, 2, features).unwrap());
        let mut network = Network::new(architecture, parameters).unwrap();
        let one = std::num::NonZeroUsize::MIN;
        let logits = predict(&without_output_activation(&network).unwrap(), &features, 5, one);
        scale_output_layer(&mut network, temperature);
        let probabilities = predict(&network, &features, 5, one);
        for (logits, found) in logits.chunks_exact(3).zip(probabilities.chunks_exact(3)) {
            let powers: Vec<f64> = logits.iter().map(|z| (z / temperature).exp()).collect();
            let sum: f64 = powers.iter().sum();
            for (power, found) in powers.iter().zip(found) {
                prop_assert!((power / sum - found).abs() < 1e-12);
            }
        }
    }
}
