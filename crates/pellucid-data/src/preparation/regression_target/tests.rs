use super::super::tests::{number, table};
use super::*;
use proptest::prelude::*;
use serde_json::Value;

const TRANSFORMS: [TargetTransform; 4] = [
    TargetTransform::Standard,
    TargetTransform::None,
    TargetTransform::Log,
    TargetTransform::QuantileNormal,
];

fn fit(values: &[f64], transform: TargetTransform, clamps: bool) -> Result<RegressionTarget> {
    let table = table(vec![number("y", values)]);
    let rows: Vec<u32> = (0..values.len() as u32).collect();
    RegressionTarget::fit((&table, &rows), "y", values, transform, clamps)
}

/// `tests/golden/make_target_transform.py` made the expected values with scikit-learn.
#[test]
fn transforms_and_their_inverses_are_those_of_scikit_learn() {
    let golden: Value =
        serde_json::from_str(include_str!("../../../tests/golden/target_transform.json")).unwrap();
    let numbers = |value: &Value| serde_json::from_value::<Vec<f64>>(value.clone()).unwrap();
    let (training, outputs) = (numbers(&golden["training"]), numbers(&golden["outputs"]));
    let rows = table(vec![number("y", &training)]);
    for transform in TRANSFORMS {
        let name = serde_json::to_value(transform).unwrap();
        let case = &golden["cases"][name.as_str().unwrap()];
        let fitted = fit(&training, transform, false).unwrap();
        for (value, expected) in training.iter().zip(numbers(&case["learnt"])) {
            let found = fitted.encode(&rows, 0, *value).unwrap();
            assert!(
                (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                "{name}: {value}"
            );
        }
        for (output, expected) in outputs.iter().zip(numbers(&case["predicted"])) {
            let found = fitted.decode(*output);
            let error = (found - expected).abs();
            assert!(
                error < 1e-9 * expected.abs().max(1.0),
                "{name}: {output} is {found}, not {expected}"
            );
        }
    }
}

proptest! {
    #[test]
    fn numbers_come_back(
        distinct in prop::collection::hash_set(1..100_000u32, 2..60),
        clamps in any::<bool>(),
    ) {
        let values: Vec<f64> = distinct.into_iter().map(|value| f64::from(value) / 16.0).collect();
        let rows = table(vec![number("y", &values)]);
        for transform in TRANSFORMS {
            let fitted = fit(&values, transform, clamps).unwrap();
            prop_assert!(fitted.is_consistent());
            for &value in &values {
                let again = fitted.decode(fitted.encode(&rows, 0, value).unwrap());
                prop_assert!((again - value).abs() < 1e-6 * value.abs(), "{:?}: {} as {}", transform, value, again);
            }
        }
    }

    #[test]
    fn no_prediction_leaves_the_range_it_is_limited_to(output in -1e3..1e3f64, lowest in 0.5..2.0f64) {
        let values = [lowest, 3.0, 8.0, 5.0];
        for transform in TRANSFORMS {
            let limited = fit(&values, transform, true).unwrap().decode(output);
            prop_assert!((lowest..=8.0).contains(&limited), "{:?}: {}", transform, limited);
            let free = fit(&values, transform, false).unwrap().decode(output);
            prop_assert!(free.is_finite() && (free == limited || !(lowest..=8.0).contains(&free)));
        }
    }
}

#[test]
fn logarithms_need_numbers_above_0() {
    for value in [0.0, -1.0] {
        let error = fit(&[2.0, value, 3.0], TargetTransform::Log, false)
            .unwrap_err()
            .to_string();
        for part in [
            "column `y`, data row 2",
            &format!("{value} has no logarithm"),
            "quantile_normal",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }
    let fitted = fit(&[2.0, 1.0], TargetTransform::Log, false).unwrap();
    let rows = table(vec![number("y", &[1.0])]);
    assert!(
        fitted
            .encode(&rows, 0, -1.0)
            .unwrap_err()
            .to_string()
            .contains("data row 1")
    );
}

#[test]
fn a_note_suggests_a_transform_of_strongly_skewed_numbers() {
    let note = |values: &[f64]| {
        fit(values, TargetTransform::Standard, false)
            .unwrap()
            .note(values)
    };
    let skewed: Vec<f64> = (0..100).map(|at| (f64::from(at) / 8.0).exp()).collect();
    assert!(note(&skewed).unwrap().contains("--target-transform log"));
    let even: Vec<f64> = (1..100).map(f64::from).collect();
    assert_eq!(note(&even), None);
    // Numbers without a logarithm, and numbers whose logarithms are as skewed, may become quantiles.
    let with_zero: Vec<f64> = skewed.iter().map(|value| value - 1.0).collect();
    let below: Vec<f64> = skewed.iter().map(|value| 1e6 - value).collect();
    for (values, side, sign) in [(&with_zero, "above", ""), (&below, "below", "-")] {
        let found = note(values).unwrap();
        let expected = format!("far {side} all others (skewness {sign}2.9");
        assert!(found.contains(&expected), "{found}");
        assert!(
            found.contains("of their normal quantiles 0.0); --target-transform quantile-normal"),
            "{found}"
        );
    }
    // Of numbers that are nearly all equal the quantiles are as skewed.
    let mut rare = vec![0.0; 100];
    rare[7] = 1.0;
    assert_eq!(note(&rare), None);
    for transform in TRANSFORMS
        .into_iter()
        .filter(|transform| *transform != TargetTransform::Standard)
    {
        assert_eq!(fit(&skewed, transform, false).unwrap().note(&skewed), None);
    }
}
