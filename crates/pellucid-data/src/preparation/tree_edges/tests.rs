use super::*;
use pellucid::data::matrix::Matrix;
use proptest::prelude::*;
use serde_json::Value;

fn dense(rows: Vec<f64>, width: usize) -> Targets<f64> {
    Targets::Dense(Matrix::new(rows.len() / width, width, rows).unwrap())
}

fn one_column(numbers: &[f64]) -> Targets<f64> {
    dense(numbers.to_vec(), 1)
}

/// `tests/golden/make_piecewise.py` made the expected thresholds with scikit-learn's decision trees.
#[test]
fn thresholds_are_those_of_scikit_learn() {
    let golden: Value = serde_json::from_str(include_str!("../../../tests/golden/piecewise.json")).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let values: Vec<f64> = serde_json::from_value(case["values"].clone()).unwrap();
        for tree in case["trees"].as_array().unwrap() {
            let target = &case["targets"][tree["of"].as_str().unwrap()];
            let rows = target["rows"].clone();
            let targets = match target["kind"].as_str().unwrap() {
                "classes" => {
                    let labels: Vec<u32> = serde_json::from_value(rows).unwrap();
                    let classes = 1 + *labels.iter().max().unwrap() as usize;
                    Targets::Classes { labels, classes }
                }
                _ => {
                    let rows: Vec<Vec<f64>> = serde_json::from_value(rows).unwrap();
                    dense(rows.concat(), rows[0].len())
                }
            };
            let [leaves, least] = ["leaves", "least_rows"].map(|key| tree[key].as_u64().unwrap() as usize);
            let expected: Vec<f64> = serde_json::from_value(tree["edges"].clone()).unwrap();
            let found = tree_edges(&values, &targets, leaves, least);
            assert_eq!(
                found, expected,
                "{}, {}, {leaves} leaves of {least}",
                case["name"], tree["of"]
            );
        }
    }
}

/// Of two classes 0 and 1 the variance is half of the Gini impurity, so that the splits are the same.
#[test]
fn two_classes_split_alike_in_either_form() {
    let labels = vec![0, 0, 1, 0, 1, 1, 1, 0, 0, 0];
    let values: Vec<f64> = (0..10).map(f64::from).collect();
    let numbers: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
    let found = tree_edges(&values, &one_column(&numbers), 4, 1);
    let classes = Targets::Classes { labels, classes: 2 };
    assert_eq!(found, tree_edges(&values, &classes, 4, 1));
    assert_eq!(found, [0.0, 1.5, 3.5, 6.5, 9.0]);
}

#[test]
fn of_equal_splits_the_lowest_is_taken() {
    let values = [0.0, 1.0, 2.0, 3.0];
    assert_eq!(
        tree_edges(&values, &one_column(&[1.0, 0.0, 0.0, 1.0]), 2, 1),
        [0.0, 0.5, 3.0]
    );
}

#[test]
fn what_cannot_be_split_is_one_bin_or_none() {
    let constant = one_column(&[0.1; 4]);
    let values = [0.0, 1.0, f64::NAN, 2.0];
    assert_eq!(tree_edges(&values, &constant, 8, 1), [0.0, 2.0]);
    let target = one_column(&[0.0, 1.0, 5.0, 2.0]);
    assert_eq!(
        tree_edges(&values, &target, 8, 2),
        [0.0, 2.0],
        "a side of one row"
    );
    assert_eq!(tree_edges(&[4.0, f64::NAN, 4.0, 4.0], &target, 8, 1), [4.0]);
    assert_eq!(
        tree_edges(&[4.0, f64::NAN, f64::NAN, f64::NAN], &target, 8, 1),
        [4.0]
    );
    // The number in the middle of two neighbours is one of them.
    let next = 1.0 + f64::EPSILON;
    assert_eq!(
        tree_edges(&[1.0, next], &one_column(&[0.0, 1.0]), 2, 1),
        [1.0, next]
    );
}

/// The sum of squared distances to the means of the targets on both sides of a threshold.
fn impurity(values: &[f64], targets: &[f64], threshold: f64) -> f64 {
    let side = |is_left: bool| {
        let of_side = values
            .iter()
            .zip(targets)
            .filter(|(value, _)| (**value < threshold) == is_left);
        let of_side: Vec<f64> = of_side.map(|(_, target)| *target).collect();
        let mean = of_side.iter().sum::<f64>() / of_side.len().max(1) as f64;
        of_side.iter().map(|target| (target - mean).powi(2)).sum::<f64>()
    };
    side(true) + side(false)
}

proptest! {
    #[test]
    fn no_other_threshold_leaves_less_impurity(
        rows in prop::collection::vec((0..20i32, -3.0..3.0f64), 4..40),
    ) {
        let values: Vec<f64> = rows.iter().map(|(value, _)| f64::from(*value)).collect();
        let targets: Vec<f64> = rows.iter().map(|(_, target)| *target).collect();
        let edges = tree_edges(&values, &one_column(&targets), 2, 1);
        prop_assume!(edges.len() == 3);
        let found = impurity(&values, &targets, edges[1]);
        for threshold in 0..20 {
            prop_assert!(found <= impurity(&values, &targets, f64::from(threshold) + 0.5) + 1e-9);
        }
    }

    #[test]
    fn leaves_are_few_and_large_whatever_the_order_and_the_unit(
        rows in prop::collection::vec((0..30i32, 0..4u32), 4..60),
        most in 1usize..12,
        least in 1usize..6,
        shift in 0usize..60,
    ) {
        let values: Vec<f64> = rows.iter().map(|(value, _)| f64::from(*value)).collect();
        let labels: Vec<u32> = rows.iter().map(|(_, label)| *label).collect();
        let classes = |labels: &[u32]| Targets::Classes { labels: labels.to_vec(), classes: 4 };
        let edges = tree_edges(&values, &classes(&labels), most, least);
        prop_assert!(edges.len() <= most.max(1) + 1 && edges.windows(2).all(|pair| pair[0] < pair[1]));
        if edges.len() > 2 {
            for bin in 0..edges.len() - 1 {
                let is_last = bin + 2 == edges.len();
                let inside = |value: &&f64| edges[bin] <= **value && (**value < edges[bin + 1] || is_last);
                prop_assert!(values.iter().filter(inside).count() >= least);
            }
        }
        let shift = shift % rows.len();
        let doubled: Vec<f64> = values.iter().map(|value| 2.0 * value + 1.0).collect();
        let turned = |numbers: &[f64]| [&numbers[shift..], &numbers[..shift]].concat();
        let turned_labels = [&labels[shift..], &labels[..shift]].concat();
        let of_turned = tree_edges(&turned(&doubled), &classes(&turned_labels), most, least);
        let expected: Vec<f64> = edges.iter().map(|edge| 2.0 * edge + 1.0).collect();
        prop_assert_eq!(of_turned, expected);
    }
}
