//! Compares scores with scikit-learn's (`golden/make_scores.py` made the expected values), and checks their invariants.

use pellucid::{ClassificationScores, Error, RegressionScores};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::Value;

fn golden(kind: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/scores.json")).unwrap();
    golden[kind].as_array().unwrap().clone()
}

fn list<T: serde::de::DeserializeOwned>(case: &Value, key: &str) -> Vec<T> {
    serde_json::from_value(case[key].clone()).unwrap()
}

/// Asserts equal JSON values, with a relative tolerance of 1e-13 for numbers.
fn assert_same(found: &Value, expected: &Value, place: &str) {
    match (found, expected) {
        (Value::Object(f), Value::Object(e)) => {
            assert!(f.keys().eq(e.keys()), "{place}: {f:?}, not {e:?}");
            f.iter()
                .for_each(|(key, value)| assert_same(value, &e[key], &format!("{place}.{key}")));
        }
        (Value::Array(f), Value::Array(e)) => {
            assert_eq!(f.len(), e.len(), "{place}");
            f.iter().zip(e).for_each(|(f, e)| assert_same(f, e, place));
        }
        (Value::Number(f), Value::Number(e)) => {
            let (f, e) = (f.as_f64().unwrap(), e.as_f64().unwrap());
            assert!((f - e).abs() <= 1e-13 * e.abs().max(1.0), "{place}: {f}, not {e}");
        }
        _ => assert_eq!(found, expected, "{place}"),
    }
}

fn value(scores: impl Serialize) -> Value {
    serde_json::to_value(scores).unwrap()
}

#[test]
fn classification_scores_equal_scikit_learn() {
    for (index, case) in golden("classification").iter().enumerate() {
        let classes = case["classes"].as_u64().unwrap() as usize;
        let scores = ClassificationScores::from_probabilities(
            &list::<f64>(case, "probabilities"),
            &list(case, "labels"),
            classes,
        );
        assert_same(&value(scores.unwrap()), &case["scores"], &format!("case {index}"));
    }
}

#[test]
fn regression_scores_equal_scikit_learn() {
    for (index, case) in golden("regression").iter().enumerate() {
        let outputs = case["outputs"].as_u64().unwrap() as usize;
        let scores = RegressionScores::from_predictions(
            &list::<f64>(case, "predictions"),
            &list::<f64>(case, "targets"),
            outputs,
        );
        assert_same(&value(scores.unwrap()), &case["scores"], &format!("case {index}"));
    }
}

/// 0.1 has no exact binary form, so that a rounded mean would give a constant target a variance above 0.
#[test]
fn a_constant_target_has_variance_0() {
    let scores = RegressionScores::from_predictions(&[0.2, 0.3, 0.5], &[0.1; 3], 1).unwrap();
    assert_eq!((scores.mean.r2, scores.mean.explained_variance), (Some(0.0), 0.0));
    let exact = RegressionScores::from_predictions(&[0.1; 3], &[0.1; 3], 1).unwrap();
    assert_eq!((exact.mean.r2, exact.mean.explained_variance), (Some(1.0), 1.0));
    assert_eq!(
        RegressionScores::from_predictions(&[1.0], &[2.0], 1)
            .unwrap()
            .mean
            .r2,
        None
    );
}

#[test]
fn rejects_invalid_inputs() {
    let classes = |p: &[f64], y: &[usize], n| ClassificationScores::from_probabilities(p, y, n).unwrap_err();
    let numbers = |a: &[f64], y: &[f64], n| RegressionScores::from_predictions(a, y, n).unwrap_err();
    for (error, says) in [
        (classes(&[], &[], 2), "0 numbers"),
        (classes(&[0.5; 4], &[0, 1], 0), "4 numbers"),
        (classes(&[0.5; 4], &[0; 4], 1), "2 or more"),
        (classes(&[0.5; 3], &[0], 2), "one row or more of 2"),
        (classes(&[0.5; 4], &[0], 2), "one for each of 2 rows"),
        (
            classes(&[0.5; 4], &[0, 2], 2),
            "row 2 of the labels has 2, but 0 to 1",
        ),
        (
            classes(&[0.5, 0.5, f64::NAN, 0.5], &[0, 1], 2),
            "row 2, column 1 of the probabilities is NaN",
        ),
        (numbers(&[], &[], 1), "the predictions has 0 numbers"),
        (numbers(&[1.0], &[1.0, 2.0], 1), "2, as the targets have"),
        (
            numbers(&[1.0], &[f64::INFINITY], 1),
            "row 1, column 1 of the targets is inf",
        ),
    ] {
        assert!(matches!(
            error,
            Error::Shape { .. } | Error::NonFiniteInput { .. }
        ));
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Probabilities, (rows, classes), labels, classes.
fn classified() -> impl Strategy<Value = (Vec<f64>, Vec<usize>, usize)> {
    (2usize..5, 1usize..40).prop_flat_map(|(classes, rows)| {
        let weight = (0u32..8).prop_map(|w| f64::from(w) + 0.5);
        let rows_of_weights = prop::collection::vec(prop::collection::vec(weight, classes), rows);
        let labels = prop::collection::vec(0..classes, rows);
        (rows_of_weights, labels).prop_map(move |(rows, labels)| {
            let parts = rows.iter().flat_map(|row| {
                let sum: f64 = row.iter().sum();
                row.iter().map(move |weight| weight / sum)
            });
            (parts.collect(), labels, classes)
        })
    })
}

proptest! {
    #[test]
    fn the_confusion_matrix_holds_every_row_once((probabilities, labels, classes) in classified()) {
        let scores = ClassificationScores::from_probabilities(&probabilities, &labels, classes).unwrap();
        prop_assert_eq!(scores.confusion.iter().flatten().sum::<usize>(), labels.len());
        for (class, row) in scores.confusion.iter().enumerate() {
            let support = labels.iter().filter(|&&label| label == class).count();
            prop_assert_eq!(row.iter().sum::<usize>(), support);
            prop_assert_eq!(scores.per_class[class].support, support);
        }
        let diagonal: usize = (0..classes).map(|class| scores.confusion[class][class]).sum();
        prop_assert_eq!(scores.accuracy, diagonal as f64 / labels.len() as f64);
        prop_assert!(scores.log_loss >= 0.0);
        prop_assert!(scores.roc_auc.is_none_or(|area| (0.0..=1.0).contains(&area)));
    }

    #[test]
    fn the_area_asks_only_for_the_order((probabilities, labels, classes) in classified()) {
        let area = |p: &[f64]| ClassificationScores::from_probabilities(p, &labels, classes).unwrap().roc_auc;
        // Each score by its rank: nonlinear, and without rounding.
        let mut sorted = probabilities.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = |p: &f64| sorted.partition_point(|other| other < p) as f64;
        let ranks: Vec<f64> = probabilities.iter().map(rank).collect();
        prop_assert_eq!(area(&probabilities), area(&ranks));
        // The reversed order reverses the comparisons.
        let turned: Vec<f64> = probabilities.iter().map(|p| -p).collect();
        if let (Some(area), Some(turned)) = (area(&probabilities), area(&turned)) {
            prop_assert!((area + turned - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter((probabilities, labels, classes) in classified()) {
        let (backwards, turned): (Vec<&[f64]>, Vec<usize>) =
            probabilities.chunks(classes).zip(labels.iter().copied()).rev().unzip();
        let one = ClassificationScores::from_probabilities(&probabilities, &labels, classes).unwrap();
        let other = ClassificationScores::from_probabilities(&backwards.concat(), &turned, classes).unwrap();
        prop_assert!((one.log_loss - other.log_loss).abs() <= 1e-13 * one.log_loss.max(1.0));
        let error = |scores: &ClassificationScores| scores.expected_calibration_error;
        prop_assert!((error(&one) - error(&other)).abs() <= 1e-13);
        for (a, b) in one.reliability.iter().zip(&other.reliability) {
            prop_assert_eq!((a.rows, a.accuracy), (b.rows, b.accuracy));
            prop_assert!((a.confidence - b.confidence).abs() <= 1e-13);
        }
        // Sums in another order differ in their last bits.
        let other = ClassificationScores {
            log_loss: one.log_loss,
            expected_calibration_error: error(&one),
            reliability: one.reliability.clone(),
            ..other
        };
        prop_assert_eq!(other, one);
    }

    #[test]
    fn numbers_keep_their_scores_in_any_order_and_unit(
        pairs in prop::collection::vec((-100.0..100.0f64, -100.0..100.0f64), 2..30),
    ) {
        let scores = |scale: f64, pairs: &mut dyn Iterator<Item = &(f64, f64)>| {
            let (a, y): (Vec<f64>, Vec<f64>) = pairs.map(|(a, y)| (a * scale, y * scale)).unzip();
            RegressionScores::from_predictions(&a, &y, 1).unwrap().mean
        };
        let one = scores(1.0, &mut pairs.iter());
        assert_same(&value(scores(1.0, &mut pairs.iter().rev())), &value(one), "backwards");
        // Scaling by a power of two does not round.
        let scaled = scores(4.0, &mut pairs.iter());
        prop_assert_eq!((scaled.r2, scaled.explained_variance), (one.r2, one.explained_variance));
        prop_assert_eq!((scaled.rmse, scaled.mae, scaled.mse), (4.0 * one.rmse, 4.0 * one.mae, 16.0 * one.mse));
        prop_assert!(one.mae <= one.rmse * (1.0 + 1e-12) && one.r2.unwrap() <= one.explained_variance + 1e-12 * one.r2.unwrap().abs().max(1.0));
    }
}
