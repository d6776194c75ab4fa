use super::*;
use crate::preparation::tests::{all_rows, boolean, number, table};
use crate::preparation::{
    ColumnChoice, DateFeature, Preparation, PreparationSettings, Scale, Task, choose_columns,
};
use crate::table::Table;
use proptest::prelude::*;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn encoded(value: f64, edges: &[f64]) -> Vec<f64> {
    let mut features = vec![0.0; edges.len() - 1];
    encode(value, edges, &mut features);
    features
}

fn are_close(found: &[f64], expected: &[f64]) -> bool {
    let is_close =
        |(found, expected): (&f64, &f64)| (found - expected).abs() <= 1e-9 * expected.abs().max(1.0);
    found.len() == expected.len() && found.iter().zip(expected).all(is_close)
}

/// `tests/golden/make_piecewise.py` made the expected values with NumPy.
#[test]
fn bins_between_quantiles_and_the_encoding_are_those_of_numpy() {
    let golden: Value = serde_json::from_str(include_str!("../../../tests/golden/piecewise.json")).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let mut sorted = numbers(&case["values"]);
        sorted.sort_by(f64::total_cmp);
        for of in case["quantiles"].as_array().unwrap() {
            let most = of["bins"].as_u64().unwrap() as usize;
            let (edges, expected) = (quantile_edges(&sorted, most), numbers(&of["edges"]));
            assert!(
                are_close(&edges, &expected),
                "{}, {most}: {edges:?} is not {expected:?}",
                case["name"]
            );
            for (value, expected) in numbers(&case["new"])
                .iter()
                .zip(of["encoded"].as_array().unwrap())
            {
                let (found, expected) = (encoded(*value, &edges), numbers(expected));
                assert!(are_close(&found, &expected), "{value} by {edges:?}: {found:?}");
            }
        }
    }
}

/// Edges in increasing order.
fn edges() -> impl Strategy<Value = Vec<f64>> {
    let steps = prop::collection::vec(0.01..10.0f64, 1..12);
    (-20.0..20.0f64, steps).prop_map(|(first, steps)| {
        let mut edges = vec![first];
        edges.extend(steps.iter().scan(first, |edge, step| {
            *edge += step;
            Some(*edge)
        }));
        edges
    })
}

/// The number that an encoding stands for.
fn decoded(features: &[f64], edges: &[f64]) -> f64 {
    let widths = edges.windows(2).map(|edges| edges[1] - edges[0]);
    edges[0]
        + features
            .iter()
            .zip(widths)
            .map(|(feature, width)| feature * width)
            .sum::<f64>()
}

proptest! {
    #[test]
    fn the_encoding_increases_without_a_jump_and_keeps_the_number(
        edges in edges(),
        place in -0.5..1.5f64,
        step in 0.0..1.0f64,
    ) {
        let (first, last) = (edges[0], edges[edges.len() - 1]);
        let value = first + place * (last - first);
        let (here, there) = (encoded(value, &edges), encoded(value + step, &edges));
        let narrowest = edges.windows(2).map(|edges| edges[1] - edges[0]).fold(f64::MAX, f64::min);
        for (bin, (a, b)) in here.iter().zip(&there).enumerate() {
            prop_assert!(a <= b && b - a <= step / narrowest + 1e-9);
            prop_assert!(bin == 0 || *a >= 0.0);
            prop_assert!(bin + 1 == here.len() || *a <= 1.0);
            // A bin begins where the one before is full.
            prop_assert!(bin == 0 || *a == 0.0 || here[bin - 1] == 1.0);
        }
        prop_assert!((decoded(&here, &edges) - value).abs() < 1e-9 * (1.0 + value.abs()));
        prop_assert_eq!(here[0] < 0.0, value < first);
        prop_assert_eq!(here[here.len() - 1] > 1.0, value > last);
    }

    #[test]
    fn at_an_edge_the_bins_below_are_full_and_the_others_empty(edges in edges()) {
        for (at, edge) in edges.iter().enumerate() {
            let expected: Vec<f64> = (0..edges.len() - 1).map(|bin| f64::from(u8::from(bin < at))).collect();
            prop_assert_eq!(encoded(*edge, &edges), expected);
        }
    }

    #[test]
    fn quantiles_increase_from_the_smallest_to_the_largest_number(
        mut numbers in prop::collection::vec((-40..40i32).prop_map(|number| f64::from(number) / 8.0), 1..80),
        most in 1usize..40,
    ) {
        numbers.sort_by(f64::total_cmp);
        let edges = quantile_edges(&numbers, most);
        prop_assert!(are_edges(&edges) && edges.len() <= most + 1);
        prop_assert_eq!((edges[0], edges[edges.len() - 1]), (numbers[0], numbers[numbers.len() - 1]));
        // Between two neighbouring edges lie no more rows than one bin's share.
        for pair in edges.windows(2) {
            let between = numbers.iter().filter(|number| pair[0] < **number && **number < pair[1]).count();
            prop_assert!(between <= numbers.len().div_ceil(most), "{:?} of {:?}", pair, numbers);
        }
    }
}

fn fitted(table: &Table, scale: Scale, bins: usize) -> Preparation {
    let choice = ColumnChoice {
        target: vec!["y".into()],
        ..ColumnChoice::default()
    };
    let settings = PreparationSettings {
        scale,
        bins: Some(bins),
        ..PreparationSettings::default()
    };
    let chosen = choose_columns(table, &choice).unwrap();
    Preparation::fit(table, &all_rows(table), &chosen, &settings)
        .unwrap()
        .0
}

fn features(preparation: &Preparation, table: &Table) -> Vec<Vec<f64>> {
    preparation
        .transform::<f64>(table, &all_rows(table))
        .unwrap()
        .0
        .to_rows()
}

/// Missing numbers are zeros and a mark; a column of one number and missing ones is the mark alone; booleans are 0 and 1.
#[test]
fn columns_become_bins_and_marks() {
    let t = table(vec![
        number("x", &[0.0, 1.0, 2.0, 6.0, f64::NAN]),
        number("constant", &[3.0; 5]),
        number("single", &[3.0, f64::NAN, 3.0, 3.0, 3.0]),
        boolean("b", &["no", "yes", "", "no", "yes"]),
        boolean("y", &["n", "y", "n", "y", "n"]),
    ]);
    let preparation = fitted(&t, Scale::PiecewiseQuantile, 3);
    let names = [
        "x bin 1",
        "x bin 2",
        "x bin 3",
        "x is missing",
        "single is missing",
        "b",
        "b is missing",
    ];
    assert_eq!(preparation.feature_names(), names);
    assert_eq!(
        preparation.columns()[0].transform.edges(),
        Some(&[0.0, 1.0, 2.0, 6.0][..])
    );
    assert_eq!(
        features(&preparation, &t),
        [
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0],
            [1.0, 1.0, 0.0, 0.0, 0.0, 0.5, 1.0],
            [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0],
        ]
    );
    let new = table(vec![
        number("x", &[1.25, -2.0, 10.0]),
        number("single", &[3.0; 3]),
        boolean("b", &["no"; 3]),
    ]);
    let (found, counts) = preparation.transform::<f64>(&new, &all_rows(&new)).unwrap();
    assert_eq!(found.row(0)[..3], [1.0, 0.25, 0.0]);
    assert_eq!(found.row(1)[..3], [-2.0, 0.0, 0.0]);
    assert_eq!(found.row(2)[..3], [1.0, 1.0, 2.0]);
    assert!(counts.columns.iter().all(|column| column.outside == 0));
    let text = serde_json::to_string(&preparation).unwrap();
    assert_eq!(serde_json::from_str::<Preparation>(&text).unwrap(), preparation);
}

/// Where no training row lacks the number, there is no mark, and a missing one is the median.
#[test]
fn a_number_that_no_training_row_lacks_is_the_median() {
    let t = table(vec![
        number("x", &[0.0, 2.0, 4.0, 9.0]),
        number("y", &[0.5, 1.0, 3.0, 2.0]),
    ]);
    let preparation = fitted(&t, Scale::PiecewiseTree, 4);
    let new = table(vec![number("x", &[f64::NAN, 3.0])]);
    let found = features(&preparation, &new);
    assert_eq!(found[0], found[1]);
}

#[test]
fn numbers_too_far_apart_are_refused() {
    let t = table(vec![
        number("x", &[f64::MIN, 1.0, f64::MAX]),
        number("y", &[0.5, 1.0, 3.0]),
    ]);
    let choice = ColumnChoice {
        target: vec!["y".into()],
        ..ColumnChoice::default()
    };
    let chosen = choose_columns(&t, &choice).unwrap();
    for scale in [Scale::PiecewiseQuantile, Scale::PiecewiseTree] {
        let settings = PreparationSettings {
            scale,
            task: Some(Task::Regression),
            ..PreparationSettings::default()
        };
        let error = Preparation::fit(&t, &[0, 1, 2], &chosen, &settings)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("column `x`") && error.contains("too large"),
            "{error}"
        );
    }
}

/// The numbers among the features of a date have bins too; one that is the same in all rows has none.
#[test]
fn numbers_of_dates_have_bins() {
    let fit = crate::preparation::number::NumberFit {
        scale: Scale::PiecewiseQuantile,
        bins: BinChoice::Quantiles(2),
    };
    let days: Vec<f64> = [0.0, 1.0, 4.0].iter().map(|day| day * 86_400.0).collect();
    let asked = [DateFeature::Year, DateFeature::Elapsed];
    let date = crate::preparation::DateTransform::fit(&days, &asked, &fit).unwrap();
    assert_eq!(
        date.feature_names("d"),
        ["d elapsed days bin 1", "d elapsed days bin 2"]
    );
    let mut row = [0.0f64; 2];
    date.write(
        2.5 * 86_400.0,
        &mut row,
        &mut crate::preparation::ColumnCounts::default(),
    )
    .unwrap();
    assert_eq!(row, [1.0, 0.5]);
}

#[test]
fn edges_of_a_file_must_increase() {
    assert!(are_edges(&[]) && are_edges(&[1.0]) && are_edges(&[-1.0, 0.0, 5.0]));
    for wrong in [
        &[1.0, 1.0][..],
        &[1.0, 0.0],
        &[0.0, f64::NAN],
        &[f64::INFINITY],
        &[f64::MIN, f64::MAX],
    ] {
        assert!(!are_edges(wrong), "{wrong:?}");
    }
}
