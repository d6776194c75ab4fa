//! Compares metrics with scikit-learn's (`golden/make_metrics.py` made the expected values), and checks which are rejected.

use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::metrics::{self, Better, Figure, Meters, Metric};
use pellucid::evaluation::scores::LabelScores;
use pellucid::{Activation, Architecture, Loss};
use serde_json::Value;

fn data(targets: &[f64], width: usize) -> Dataset<f64> {
    let rows = targets.len() / width;
    let features = Matrix::new(rows, 1, vec![0.0; rows]).unwrap();
    let targets = Matrix::new(rows, width, targets.to_vec()).unwrap();
    Dataset::new(Features::Dense(features), Targets::Dense(targets)).unwrap()
}

fn cases() -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    golden["cases"].as_array().unwrap().clone()
}

fn list(case: &Value, key: &str) -> Vec<f64> {
    serde_json::from_value(case[key].clone()).unwrap()
}

fn architecture(width: usize, activation: Activation) -> Architecture {
    Architecture::new(&[1, width], &[activation], true).unwrap()
}

#[test]
fn metrics_equal_scikit_learn_for_every_batch_size() {
    let mut seen = std::collections::BTreeSet::new();
    for (index, case) in cases().iter().enumerate() {
        let width = case["width"].as_u64().unwrap() as usize;
        let (outputs, targets) = (list(case, "outputs"), list(case, "targets"));
        let data = data(&targets, width);
        let expected = case["metrics"].as_object().unwrap();
        let metrics: Vec<Metric> = expected.keys().map(|name| Metric::named(name).unwrap()).collect();
        seen.extend(expected.keys().cloned());
        let (activation, loss) = match case["activation"].as_str().unwrap() {
            "sigmoid" => (Activation::Sigmoid, Loss::BinaryCrossEntropy),
            "softmax" => (Activation::Softmax, Loss::CategoricalCrossEntropy),
            _ => (Activation::Identity, Loss::HalfSquaredError),
        };
        let output = architecture(width, activation).output_layer();
        metrics::check("log.metrics", &metrics, &data, &output, loss).unwrap();
        let mut meters = Meters::new(&metrics, &data);
        // Twice with the same meters, which reset themselves.
        for rows in [1, 7, 1000] {
            for (outputs, targets) in outputs.chunks(rows * width).zip(targets.chunks(rows * width)) {
                meters.add(outputs, targets);
            }
            for (metric, found) in meters.take() {
                let expected = expected[metric.name().as_ref()].as_f64().unwrap();
                assert!(
                    (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
                    "case {index}, batches of {rows}, {}: {found}, not {expected}",
                    metric.name()
                );
            }
        }
        if case["kind"] == "labels" {
            let scores =
                serde_json::to_value(LabelScores::from_probabilities(&outputs, &targets, width).unwrap())
                    .unwrap();
            for name in ["accuracy", "roc_auc", "micro_f1", "macro_f1", "weighted_f1"] {
                let (found, expected) = (scores[name].as_f64().unwrap(), expected[name].as_f64().unwrap());
                assert!(
                    (found - expected).abs() < 1e-13,
                    "case {index}, {name}: {found}, not {expected}"
                );
            }
        }
    }
    for metric in Metric::ALL.into_iter().filter(|metric| *metric != Metric::YPred) {
        assert!(
            seen.contains(metric.name().as_ref()),
            "{} has no figure",
            metric.name()
        );
    }
}

#[test]
fn reads_the_names_it_writes() {
    for (at, metric) in Metric::ALL.into_iter().enumerate() {
        assert_eq!(Metric::named(&metric.name()), Some(metric));
        let json = serde_json::to_value(metric).unwrap();
        assert_eq!(serde_json::from_value::<Metric>(json).unwrap(), metric);
        assert_eq!(Figure::named(&metric.name()), Some(Figure::Metric(metric)));
        let known = Figure::names()[at + 1];
        assert!(metric.name() == known || known == "top_5");
    }
    assert_eq!(Metric::named("top_12").unwrap().name(), "top_12");
    for wrong in ["top_0", "top_", "top_k", "loss", "acc"] {
        assert_eq!(Metric::named(wrong), None, "{wrong}");
    }
    let error = serde_json::from_str::<Metric>("\"acuracy\"")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("acuracy") && error.contains("`accuracy`"),
        "{error}"
    );
}

#[test]
fn better_means_better_by_more_than_the_margin() {
    assert!(Better::Higher.is(0.9, 0.8, 0.05) && !Better::Higher.is(0.84, 0.8, 0.05));
    assert!(Better::Lower.is(0.7, 0.8, 0.05) && !Better::Lower.is(0.76, 0.8, 0.05));
    assert!(!Better::Higher.is(f64::NAN, 0.0, 0.0) && !Better::Lower.is(f64::NAN, 0.0, 0.0));
    for metric in Metric::ALL {
        let lower = metric.name().contains("error") || metric == Metric::LogLoss;
        let expected = match metric {
            Metric::YPred => None,
            _ if lower => Some(Better::Lower),
            _ => Some(Better::Higher),
        };
        assert_eq!(metric.better(), expected, "{}", metric.name());
    }
    assert_eq!(Figure::Loss.better(), Some(Better::Lower));
}

#[test]
fn reports_numbers_in_the_unit_of_the_table() {
    let (outputs, targets) = ([0.5, -1.0, 2.0, 0.0], [0.0, -1.0, 1.0, 0.5]);
    let all = [
        Metric::MeanAbsoluteError,
        Metric::MeanSquaredError,
        Metric::RootMeanSquaredError,
        Metric::R2,
        Metric::YPred,
    ];
    let of = |outputs: &[f64], data: &Dataset<f64>, targets: &[f64]| -> Vec<f64> {
        let mut meters = Meters::new(&all, data);
        meters.add(outputs, targets);
        meters.take().iter().map(|(_, value)| *value).collect()
    };
    let in_units = data(&targets, 2).in_units(vec![(10.0, 3.0), (-2.0, 0.5)]);
    let by_hand = |values: &[f64]| -> Vec<f64> {
        let unit = |(at, v): (usize, &f64)| {
            if at % 2 == 0 {
                v * 3.0 + 10.0
            } else {
                v * 0.5 - 2.0
            }
        };
        values.iter().enumerate().map(unit).collect()
    };
    let (a, y) = (by_hand(&outputs), by_hand(&targets));
    assert_eq!(of(&outputs, &in_units, &targets), of(&a, &data(&y, 2), &y));
    assert_ne!(
        of(&outputs, &in_units, &targets),
        of(&outputs, &data(&targets, 2), &targets)
    );
}

#[test]
fn rejects_metrics_that_do_not_apply_with_the_reason() {
    use Activation::{Identity, Sigmoid, Softmax};
    use Loss::{BinaryCrossEntropy, CategoricalCrossEntropy, HalfSquaredError, Hinge};
    let (numbers, labels) = (data(&[0.3, 2.0, 1.0, 0.0], 2), data(&[1.0, 1.0, 0.0, 0.0], 2));
    let classes = data(&[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], 3);
    let soft = data(&[0.3, 0.7, 0.6, 0.4], 2);
    let cases = [
        (
            "accuracy",
            &numbers,
            2,
            Identity,
            HalfSquaredError,
            Some("targets are numbers"),
        ),
        (
            "roc_auc",
            &numbers,
            2,
            Identity,
            HalfSquaredError,
            Some("targets are numbers"),
        ),
        ("r2", &numbers, 2, Identity, HalfSquaredError, None),
        ("accuracy", &soft, 2, Softmax, CategoricalCrossEntropy, None),
        (
            "macro_f1",
            &soft,
            2,
            Softmax,
            CategoricalCrossEntropy,
            Some("probabilities between 0 and 1"),
        ),
        (
            "balanced_accuracy",
            &labels,
            2,
            Sigmoid,
            BinaryCrossEntropy,
            Some("several or none"),
        ),
        (
            "top_1",
            &labels,
            2,
            Sigmoid,
            BinaryCrossEntropy,
            Some("several or none"),
        ),
        ("accuracy", &labels, 2, Identity, Hinge, Some("hinge")),
        ("macro_f1", &labels, 2, Sigmoid, BinaryCrossEntropy, None),
        (
            "log_loss",
            &classes,
            3,
            Sigmoid,
            BinaryCrossEntropy,
            Some("3 outputs of sigmoid"),
        ),
        ("log_loss", &classes, 3, Softmax, CategoricalCrossEntropy, None),
        (
            "top_3",
            &classes,
            3,
            Softmax,
            CategoricalCrossEntropy,
            Some("choose top_2"),
        ),
        ("top_2", &classes, 3, Softmax, CategoricalCrossEntropy, None),
        ("r2", &classes, 3, Softmax, CategoricalCrossEntropy, None),
    ];
    for (name, data, width, activation, loss, expected) in cases {
        let output = architecture(width, activation).output_layer();
        let found = metrics::check(
            "log.metrics",
            &[Metric::named(name).unwrap()],
            data,
            &output,
            loss,
        );
        match (found, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(expected)) => {
                let error = error.to_string();
                assert!(
                    error.contains(expected) && error.contains(name),
                    "{name}: {error}"
                );
                assert!(error.contains("log.metrics"), "{error}");
            }
            (found, expected) => panic!("{name}: {found:?}, not {expected:?}"),
        }
    }
}

#[test]
fn undefined_metrics_are_nan() {
    let one_class = data(&[1.0, 0.0, 1.0, 0.0], 2);
    let mut meters = Meters::new(&[Metric::RocAuc, Metric::Accuracy], &one_class);
    meters.add(&[0.9, 0.1, 0.2, 0.8], &[1.0, 0.0, 1.0, 0.0]);
    let found = meters.take();
    assert!(found[0].1.is_nan() && found[1].1 == 0.5);
    let single = data(&[2.0], 1);
    let mut meters = Meters::new(&[Metric::R2, Metric::MeanSquaredError], &single);
    meters.add(&[1.0], &[2.0]);
    let found = meters.take();
    assert!(found[0].1.is_nan() && found[1].1 == 1.0);
    assert!(
        meters.take().iter().all(|(_, value)| value.is_nan()),
        "of nothing"
    );
}
