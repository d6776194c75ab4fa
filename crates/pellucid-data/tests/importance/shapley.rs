//! Contributions to a prediction.

use crate::{Model, go_on, golden, numbers, table};
use pellucid::Activation;
use pellucid::numpy_random::RandomState;
use pellucid_data::Values;
use pellucid_data::importance::{ContributionMethod, ContributionSettings, Contributions, contributions};
use std::ops::ControlFlow;

const SETTINGS: ContributionSettings = ContributionSettings { rounds: 10, seed: 0 };

fn explain(model: &Model, explained: usize, background: &[usize], seed: u32) -> Contributions {
    let settings = ContributionSettings { seed, ..SETTINGS };
    let found = contributions(&model.rows(), explained, background, &settings, &mut go_on);
    found.unwrap().unwrap()
}

fn stop(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Break(())
}

/// v(S) of the definition: the mean prediction of background rows with the columns of S from the explained row.
fn worths(model: &Model, explained: usize, background: &[usize], columns: usize) -> Vec<f64> {
    let rows = model.rows();
    let count = background.len();
    let from = |row: usize, column: usize| match ((row / count) >> column) & 1 {
        1 => explained,
        _ => background[row % count],
    };
    let predictions = rows.predict_composed(count << columns, from).unwrap();
    let subsets = predictions.values().values().chunks_exact(count);
    subsets
        .map(|subset| subset.iter().sum::<f64>() / count as f64)
        .collect()
}

/// Every order of the columns.
fn orders(columns: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for column in 0..columns {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            (0..=order.len()).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, column);
                longer
            })
        });
        orders = longer.collect();
    }
    orders
}

#[test]
fn exact_contributions_are_the_mean_over_every_order() {
    for (columns, seed) in [(1, 0), (2, 1), (4, 2), (5, 3)] {
        let model = Model::random(columns, 9, seed);
        let background = [1, 2, 3, 5, 8];
        let found = explain(&model, 0, &background, 0);
        assert_eq!(found.method, ContributionMethod::Exact);
        let worths = worths(&model, 0, &background, columns);
        let orders = orders(columns);
        let mut expected = vec![0.0; columns];
        for order in &orders {
            let mut taken = 0;
            for &column in order {
                expected[column] += worths[taken | 1 << column] - worths[taken];
                taken |= 1 << column;
            }
        }
        for (at, sum) in expected.iter().enumerate() {
            let (value, expected) = (found.values.row(at)[0], sum / orders.len() as f64);
            assert!(
                (value - expected).abs() < 1e-12,
                "{columns} columns: {value}, {expected}"
            );
        }
    }
}

#[test]
fn exact_contributions_are_those_of_numpy() {
    let golden = &golden()["shapley"];
    let model = Model::golden();
    let whole = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
    let background: Vec<usize> = (whole(&golden["background"][0])..whole(&golden["background"][1])).collect();
    let found = explain(&model, whole(&golden["explained"]), &background, 0);
    let is = |value: f64, expected: &serde_json::Value| {
        let expected = expected.as_f64().unwrap();
        assert!((value - expected).abs() < 1e-12, "{value} instead of {expected}");
    };
    is(found.prediction[0], &golden["prediction"]);
    is(found.base[0], &golden["base"]);
    assert_eq!(numbers(&golden["values"]).len(), found.columns.len());
    for column in 0..found.columns.len() {
        is(found.values.row(column)[0], &golden["values"][column]);
    }
}

/// Local accuracy: Lundberg & Lee 2017, property 1.
#[test]
fn contributions_add_up_to_the_prediction_minus_the_mean_of_the_background() {
    for seed in 0..12 {
        let columns = 1 + seed as usize * 5 % 17;
        let model = Model::random(columns, 12, seed);
        let background: Vec<usize> = (2..12).collect();
        let found = explain(&model, seed as usize % 2, &background, seed);
        let is_exact = found.method == ContributionMethod::Exact;
        assert_eq!(is_exact, columns <= 12, "{columns} columns");
        let predictions = model.rows().predictions().unwrap();
        let of_rows = predictions.values().values();
        let base = background.iter().map(|&row| of_rows[row]).sum::<f64>() / 10.0;
        let prediction = of_rows[seed as usize % 2];
        let sum: f64 = found.values.values().iter().sum();
        let most = of_rows.iter().fold(1.0, |most: f64, value| most.max(value.abs()));
        assert!(
            (sum - (prediction - base)).abs() < 1e-12 * most,
            "seed {seed}: {sum} instead of {}",
            prediction - base
        );
        assert!((found.prediction[0] - prediction).abs() < 1e-13 * most);
        assert!((found.base[0] - base).abs() < 1e-13 * most);
    }
}

#[test]
fn sampled_contributions_are_within_their_standard_errors_of_the_exact() {
    const COLUMNS: usize = 13;
    for seed in 0..3 {
        let model = Model::random(COLUMNS, 8, seed);
        let background = [1, 2, 4, 6];
        let found = explain(&model, 0, &background, seed);
        let ContributionMethod::Sampled {
            orders,
            standard_errors,
        } = &found.method
        else {
            panic!("13 columns are sampled")
        };
        assert_eq!(*orders, 2 * 10 * background.len());
        let worths = worths(&model, 0, &background, COLUMNS);
        let choices = |size: usize| (0..size).fold(1.0, |c, k| c * (COLUMNS - 1 - k) as f64 / (k + 1) as f64);
        for column in 0..COLUMNS {
            let without = (0..1usize << COLUMNS).filter(|subset| subset >> column & 1 == 0);
            let terms = without.map(|subset| {
                let weight = 1.0 / (COLUMNS as f64 * choices(subset.count_ones() as usize));
                weight * (worths[subset | 1 << column] - worths[subset])
            });
            let (exact, sampled) = (terms.sum::<f64>(), found.values.row(column)[0]);
            let error = standard_errors.row(column)[0];
            assert!(error > 0.0);
            // Student's t with 9 degrees of freedom exceeds 6 once in 5,000.
            assert!(
                (sampled - exact).abs() < 6.0 * error,
                "seed {seed}, x{}: {sampled} ± {error} instead of {exact}",
                column + 1
            );
        }
    }
}

/// Of a linear model a column contributes w·(x − mean of x over the background), in every order alike.
#[test]
fn contributions_of_a_linear_model_are_known_and_have_no_error() {
    for columns in [3, 20] {
        let mut random = RandomState::new(columns as u32);
        let mut normal = |count: usize| (0..count).map(|_| random.standard_normal()).collect::<Vec<f64>>();
        let x: Vec<Vec<f64>> = (0..columns).map(|_| normal(10)).collect();
        let (weights, y) = (normal(columns), normal(10));
        let layer = weights.iter().map(|weight| vec![*weight]).collect();
        let table = table(&x, Values::Numbers(y));
        let model = Model::of_numbers(table, &[layer], &[vec![0.5]], Activation::Tanh);
        let background: Vec<usize> = (1..10).collect();
        let found = explain(&model, 0, &background, 4);
        for (at, (x, weight)) in x.iter().zip(&weights).enumerate() {
            let mean = background.iter().map(|&row| x[row]).sum::<f64>() / 9.0;
            let expected = weight * (x[0] - mean);
            assert!((found.values.row(at)[0] - expected).abs() < 1e-12);
        }
        if let ContributionMethod::Sampled { standard_errors, .. } = &found.method {
            assert!(standard_errors.values().iter().all(|error| *error < 1e-13));
        }
    }
}

#[test]
fn the_seed_decides_and_work_can_be_stopped_or_refused() {
    let model = Model::random(14, 8, 0);
    let background = [1, 2, 3];
    let first = explain(&model, 0, &background, 1);
    assert_eq!(first, explain(&model, 0, &background, 1));
    assert_ne!(first.values, explain(&model, 0, &background, 2).values);
    for columns in [4, 14] {
        let model = Model::random(columns, 8, 0);
        let stopped = contributions(&model.rows(), 0, &background, &SETTINGS, &mut stop);
        assert_eq!(stopped.unwrap(), None);
        let error = contributions(&model.rows(), 0, &[], &SETTINGS, &mut go_on).unwrap_err();
        assert!(error.to_string().contains("no background rows"), "{error}");
    }
}
