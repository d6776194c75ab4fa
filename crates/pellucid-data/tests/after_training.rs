//! What follows a training: temperature, intervals, limits, threshold, target transforms, and the training on all rows.

use pellucid::numpy_random::RandomState;
use pellucid::recipe::{Calibration, TargetTransform, ThresholdMetric};
use pellucid_data::calibration::Coverage;
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{Predictions, TargetPreparation};
use pellucid_data::training::{Answers, Plan, Preset, Scores, Trained, TrainingRequest, predict};
use pellucid_data::{Column, Table, Values, load_builtin};
use std::num::NonZeroUsize;

const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn request(target: &str) -> TrainingRequest {
    let mut request = TrainingRequest {
        epochs: Some(60),
        hidden: Some(vec![16]),
        validation: Some(0.3),
        preset: Some(Preset::Plain),
        ..TrainingRequest::default()
    };
    request.columns.target = vec![target.into()];
    request
}

fn table(columns: Vec<(&str, Vec<f64>)>) -> Table {
    let column = |(name, values): (&str, Vec<f64>)| Column {
        name: name.into(),
        values: Values::Numbers(values),
    };
    Table {
        first_row: 0,
        source: "drawn".into(),
        columns: columns.into_iter().map(column).collect(),
        notes: Vec::new(),
        left_out: Vec::new(),
        spellings: Vec::new(),
    }
}

/// Two classes that overlap: a network learns the training rows by heart, and is too sure.
fn overlapping(rows: usize, seed: u32) -> Table {
    let mut generator = RandomState::new(seed);
    let mut draw = || generator.standard_normal();
    let (mut x, mut y, mut class) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let (across, up, noise) = (draw(), draw(), draw());
        x.push(across);
        y.push(up);
        class.push(f64::from(u8::from(across + up + 1.5 * noise > 1.5)));
    }
    table(vec![("x", x), ("y", y), ("class", class)])
}

/// A number that depends on another, with noise that grows.
fn curve(rows: usize, seed: u32) -> Table {
    let mut generator = RandomState::new(seed);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let across = generator.uniform(-2.0, 2.0);
        x.push(across);
        y.push(10.0 * across.sin() + (0.5 + across.abs()) * generator.standard_normal());
    }
    table(vec![("x", x), ("y", y)])
}

fn train(table: &Table, request: &TrainingRequest) -> Trained {
    let plan = Plan::new(table, request).unwrap();
    plan.train(None, ONE, &mut ()).unwrap()
}

fn refusal(table: &Table, request: &TrainingRequest) -> String {
    let trained = Plan::new(table, request).and_then(|plan| plan.train(None, ONE, &mut ()));
    trained.map(|_| ()).unwrap_err().to_string()
}

/// The model as a file gives it back.
fn saved(trained: Trained) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = trained.into_model();
    model.save(&path).unwrap();
    let read = Model::load(&path).unwrap();
    assert_eq!(read, model);
    read
}

fn predictions(model: &Model, table: &Table, rows: &[u32]) -> Predictions {
    predict(
        &model.networks(),
        model.preparation.as_ref().unwrap(),
        table,
        rows,
        ONE,
    )
    .unwrap()
    .0
}

fn scores(model: &Model, table: &Table, rows: &[u32]) -> Scores {
    let mut answers = Answers::default();
    let target = model.preparation.as_ref().unwrap().target();
    answers.append(target, table, rows).unwrap();
    Scores::from_predictions(&predictions(model, table, rows), &answers).unwrap()
}

fn labels(predictions: &Predictions) -> &[u32] {
    match predictions {
        Predictions::Classes { labels, .. } => labels,
        _ => panic!("classes were learnt"),
    }
}

fn figure(scores: &Scores, name: &str) -> f64 {
    let found = scores.figures().into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

/// Softmax and sigmoid, both precisions: what training reports is what the saved model predicts, no class changes, and the
/// log loss of the held-out rows falls.
#[test]
fn a_temperature_calibrates_the_saved_model_as_reported() {
    let iris = load_builtin("iris", 0).unwrap();
    let two = overlapping(300, 1);
    for (table, target) in [(&iris, "species"), (&two, "class")] {
        for precision in [pellucid::Precision::F32, pellucid::Precision::F64] {
            let plain = TrainingRequest {
                precision: Some(precision),
                patience: Some(200),
                epochs: Some(200),
                learning_rate: Some(0.02),
                l2: Some(0.0),
                seed: Some(3),
                ..request(target)
            };
            let calibrated = TrainingRequest {
                calibrate: Some(Calibration::Temperature),
                ..plain.clone()
            };
            let (before, after) = (train(table, &plain), train(table, &calibrated));
            let Some(temperature) = after.calibrated.temperature else {
                panic!("{target}: {:?}", after.notes);
            };
            let rows = after.held_out_rows.clone();
            assert_eq!(temperature.rows, rows.len());
            let reported = after.validation.clone().unwrap();
            let uncalibrated = before.validation.clone().unwrap();
            let close = |a: f64, b: f64| (a - b).abs() < 1e-4;
            assert!(close(
                figure(&uncalibrated, "log_loss"),
                temperature.log_loss_before
            ));
            assert!(close(figure(&reported, "log_loss"), temperature.log_loss));
            assert!(temperature.log_loss < temperature.log_loss_before);
            assert_eq!(figure(&reported, "accuracy"), figure(&uncalibrated, "accuracy"));
            let (before, after) = (saved(before), saved(after));
            assert_eq!(scores(&after, table, &rows), reported);
            let all: Vec<u32> = (0..table.rows() as u32).collect();
            let (before, after) = (
                predictions(&before, table, &all),
                predictions(&after, table, &all),
            );
            assert_eq!(labels(&before), labels(&after));
        }
    }
}

#[test]
fn held_out_rows_that_are_all_right_allow_as_much_as_their_number() {
    // Two clusters that no row leaves.
    let x: Vec<f64> = (0..60)
        .map(|row| f64::from(row % 2) * 10.0 + f64::from(row) / 60.0)
        .collect();
    let class = (0..60).map(|row| f64::from(row % 2)).collect();
    let apart = table(vec![("x", x), ("class", class)]);
    let plain = request("class");
    let calibrated = TrainingRequest {
        calibrate: Some(Calibration::Temperature),
        ..plain.clone()
    };
    let (plain, calibrated) = (train(&apart, &plain), train(&apart, &calibrated));
    // Laplace's rule of succession.
    let rows = calibrated.held_out_rows.clone();
    let expected = (rows.len() as f64 + 1.0) / (rows.len() as f64 + 2.0);
    assert!(calibrated.calibrated.temperature.is_some());
    assert_eq!(calibrated.notes, plain.notes);
    let predicted = predictions(&saved(calibrated), &apart, &rows);
    let likelier = predicted
        .values()
        .values()
        .chunks(2)
        .map(|pair| pair[0].max(pair[1]));
    let mean = likelier.sum::<f64>() / rows.len() as f64;
    assert!((mean - expected).abs() < 1e-6, "{mean}, not {expected}");
}

/// Vovk's law: over random data, intervals hold their level.
#[test]
fn intervals_of_level_90_cover_90_of_100_rows() {
    const LEVEL: f64 = 0.9;
    let mut coverages = Vec::new();
    for seed in 0..10 {
        let (seen, new) = (curve(1500, seed), curve(2000, 100 + seed));
        let request = TrainingRequest {
            epochs: Some(15),
            ..request("y")
        };
        let model = saved(train(&seen, &request));
        let target = model.preparation.as_ref().unwrap().target();
        let half_width = model.calibrated.half_widths(target, LEVEL, "model").unwrap()[0];
        let all: Vec<u32> = (0..2000).collect();
        let actual = target.numbers(&new, &all).unwrap();
        let Predictions::Numbers { values, .. } = predictions(&model, &new, &all) else {
            panic!("numbers were learnt");
        };
        let pairs = actual.into_iter().zip(values.values().iter().copied());
        let found = Coverage::of_pairs(half_width, pairs);
        assert_eq!(found.mean_width, 2.0 * half_width);
        coverages.push(found.coverage);
    }
    assert!(
        coverages.iter().all(|found| (0.85..0.95).contains(found)),
        "{coverages:?}"
    );
    let mean = coverages.iter().sum::<f64>() / coverages.len() as f64;
    assert!((0.88..0.92).contains(&mean), "{mean}: {coverages:?}");
}

#[test]
fn levels_that_need_more_rows_say_how_many() {
    let trained = train(
        &curve(40, 0),
        &TrainingRequest {
            validation: Some(0.2),
            ..request("y")
        },
    );
    let target = trained.preparation.target().clone();
    assert_eq!(trained.calibrated.residuals[0].len(), 8);
    assert!(trained.calibrated.half_widths(&target, 0.8, "m").is_ok());
    let error = trained
        .calibrated
        .half_widths(&target, 0.99, "m")
        .unwrap_err()
        .to_string();
    for part in ["m: ", "needs 99 held-out rows", "residuals of 8", "up to 0.889"] {
        assert!(error.contains(part), "{error}");
    }
    let none = train(
        &curve(40, 0),
        &TrainingRequest {
            validation: Some(0.0),
            ..request("y")
        },
    );
    let error = none
        .calibrated
        .half_widths(&target, 0.9, "m")
        .unwrap_err()
        .to_string();
    assert!(error.contains("--validation above 0"), "{error}");
}

#[test]
fn limited_predictions_stay_in_the_range_of_the_training_rows() {
    let seen = curve(200, 4);
    let far = table(vec![("x", vec![-40.0, 40.0, 1.0]), ("y", vec![0.0; 3])]);
    let plain = request("y");
    let limited = TrainingRequest {
        clamp_predictions: true,
        ..plain.clone()
    };
    let (plain, limited) = (saved(train(&seen, &plain)), saved(train(&seen, &limited)));
    let Some(TargetPreparation::Regression { columns }) = limited
        .preparation
        .as_ref()
        .map(|preparation| preparation.target())
    else {
        panic!("numbers were learnt");
    };
    let [smallest, largest] = columns[0].range.unwrap();
    let of = |model: &Model| match predictions(model, &far, &[0, 1, 2]) {
        Predictions::Numbers { values, .. } => values.values().to_vec(),
        _ => panic!("numbers were learnt"),
    };
    let (free, limited) = (of(&plain), of(&limited));
    assert!(
        free[..2]
            .iter()
            .any(|value| !(smallest..=largest).contains(value)),
        "{free:?}"
    );
    for (free, limited) in free.iter().zip(limited) {
        assert_eq!(free.clamp(smallest, largest), limited);
    }
}

#[test]
fn a_tuned_threshold_decides_in_the_saved_model() {
    let table = overlapping(400, 2);
    let plain = request("class");
    let tuned = TrainingRequest {
        tune_threshold: Some(ThresholdMetric::F1),
        calibrate: Some(Calibration::Temperature),
        ..plain.clone()
    };
    let (plain, tuned) = (train(&table, &plain), train(&table, &tuned));
    let threshold = tuned.calibrated.threshold.unwrap();
    assert_ne!(threshold.value, 0.5);
    let f1 = |scores: &Option<Scores>| match scores {
        Some(Scores::Classification { scores, .. }) => scores.per_class[1].f1,
        _ => panic!("classes were learnt"),
    };
    assert!((f1(&tuned.validation) - threshold.score).abs() < 1e-12);
    assert!((f1(&plain.validation) - threshold.score_before).abs() < 1e-12);
    assert!(threshold.score > threshold.score_before);
    let (rows, reported) = (tuned.held_out_rows.clone(), tuned.validation.clone().unwrap());
    let model = saved(tuned);
    assert_eq!(scores(&model, &table, &rows), reported);
    let Predictions::Classes {
        labels,
        probabilities,
        ..
    } = predictions(&model, &table, &rows)
    else {
        panic!("classes were learnt");
    };
    for (label, row) in labels.iter().zip(probabilities.values().chunks_exact(2)) {
        assert_eq!(*label == 1, row[1] > threshold.value);
    }
}

#[test]
fn transformed_targets_are_predicted_in_their_own_unit() {
    let mut skewed = curve(400, 5);
    let Values::Numbers(x) = skewed.columns[0].values.clone() else {
        panic!("numbers were drawn");
    };
    if let Values::Numbers(y) = &mut skewed.columns[1].values {
        for (x, y) in x.iter().zip(y) {
            *y = (2.5 * x + 0.03 * *y).exp();
        }
    }
    for transform in [
        TargetTransform::Standard,
        TargetTransform::None,
        TargetTransform::Log,
        TargetTransform::QuantileNormal,
    ] {
        let request = TrainingRequest {
            target_transform: Some(transform),
            learning_rate: Some(0.01),
            ..request("y")
        };
        let trained = train(&skewed, &request);
        let (rows, reported) = (trained.held_out_rows.clone(), trained.validation.clone().unwrap());
        assert!(
            figure(&reported, "r2") > 0.3,
            "{transform:?}: {:?}",
            reported.figures()
        );
        let suggests = trained
            .notes
            .iter()
            .any(|note| note.contains("--target-transform log"));
        assert_eq!(
            suggests,
            transform == TargetTransform::Standard,
            "{:?}",
            trained.notes
        );
        assert_eq!(scores(&saved(trained), &skewed, &rows), reported);
    }
}

fn parameters(network: &AnyNetwork) -> Vec<f64> {
    match network {
        AnyNetwork::F32(network) => network.parameters().iter().map(|&value| value.into()).collect(),
        AnyNetwork::F64(network) => network.parameters().to_vec(),
    }
}

/// The training on all rows is the one that holds out nothing and takes as many epochs.
#[test]
fn a_refit_is_a_training_on_all_rows_for_the_best_number_of_epochs() {
    let table = overlapping(300, 6);
    let first = TrainingRequest {
        learning_rate: Some(0.02),
        ..request("class")
    };
    let refit = TrainingRequest {
        refit: true,
        ..first.clone()
    };
    let (first, refit) = (train(&table, &first), train(&table, &refit));
    assert_eq!(
        refit.validation, first.validation,
        "scores are those of the first training"
    );
    assert_eq!(refit.network, first.network);
    let best = first.best_epoch();
    assert!(best < 60, "early stopping has found an epoch: {best}");
    let of_refit = refit.calibrated.refit.unwrap();
    assert_eq!((of_refit.rows, of_refit.epochs), (300, best));

    let on_all = TrainingRequest {
        learning_rate: Some(0.02),
        validation: Some(0.0),
        epochs: Some(best),
        ..request("class")
    };
    let on_all = train(&table, &on_all);
    let model = saved(refit);
    assert_eq!(model.network, on_all.network);
    assert_eq!(model.preparation.as_ref(), Some(&on_all.preparation));
    assert!(
        model
            .warnings
            .iter()
            .any(|note| note.contains("again on all 300 rows"))
    );
}

#[test]
fn a_refit_keeps_temperature_threshold_and_residuals() {
    let table = overlapping(300, 7);
    let plain = TrainingRequest {
        refit: true,
        ..request("class")
    };
    let adjusted = TrainingRequest {
        calibrate: Some(Calibration::Temperature),
        tune_threshold: Some(ThresholdMetric::BalancedAccuracy),
        ..plain.clone()
    };
    let (plain, adjusted) = (saved(train(&table, &plain)), saved(train(&table, &adjusted)));
    let (temperature, threshold) = (
        adjusted.calibrated.temperature.unwrap(),
        adjusted.calibrated.threshold.unwrap(),
    );
    let target = adjusted.preparation.as_ref().unwrap().target();
    assert_eq!(target.threshold(), Some(threshold.value));
    let (plain_numbers, divided) = (parameters(&plain.network), parameters(&adjusted.network));
    let output = plain.network.architecture().output_layer().weights();
    for (at, (plain, divided)) in plain_numbers.iter().zip(divided).enumerate() {
        let is_output = output.contains(&at) || at + 1 == plain_numbers.len();
        let expected = if is_output {
            plain / temperature.value
        } else {
            *plain
        };
        assert!(
            (divided - expected).abs() <= 1e-6 * expected.abs(),
            "parameter {at}"
        );
    }
    let numbers = curve(200, 8);
    let (first, again) = (
        train(&numbers, &request("y")),
        train(
            &numbers,
            &TrainingRequest {
                refit: true,
                ..request("y")
            },
        ),
    );
    assert_eq!(first.calibrated.residuals, again.calibrated.residuals);
}

#[test]
fn what_makes_no_sense_is_refused_by_its_key() {
    let (numbers, classes) = (curve(60, 0), overlapping(60, 0));
    let iris = load_builtin("iris", 0).unwrap();
    let temperature = |target| TrainingRequest {
        calibrate: Some(Calibration::Temperature),
        ..request(target)
    };
    let threshold = |target| TrainingRequest {
        tune_threshold: Some(ThresholdMetric::F1),
        ..request(target)
    };
    let none_held_out = |request: TrainingRequest| TrainingRequest {
        validation: Some(0.0),
        ..request
    };
    let log = TrainingRequest {
        target_transform: Some(TargetTransform::Log),
        ..request("class")
    };
    for (table, request, parts) in [
        (
            &numbers,
            temperature("y"),
            ["data.table.calibrate", "the target is numbers"],
        ),
        (
            &classes,
            none_held_out(temperature("class")),
            ["data.table.calibrate", "needs held-out rows"],
        ),
        (
            &iris,
            threshold("species"),
            ["data.table.tune_threshold", "two classes"],
        ),
        (
            &classes,
            none_held_out(threshold("class")),
            ["data.table.tune_threshold", "needs held-out rows"],
        ),
        (
            &classes,
            TrainingRequest {
                clamp_predictions: true,
                ..request("class")
            },
            ["data.table.clamp_predictions", "the target is classes"],
        ),
        (
            &classes,
            log,
            ["data.table.target_transform", "the target is classes"],
        ),
        (
            &classes,
            none_held_out(TrainingRequest {
                refit: true,
                ..request("class")
            }),
            ["data.table.refit", "needs held-out rows"],
        ),
    ] {
        let refusal = refusal(table, &request);
        for part in parts {
            assert!(refusal.contains(part), "{part}: {refusal}");
        }
    }
}

/// Every setting is part of the recipe, which repeats the training.
#[test]
fn the_recipe_repeats_what_follows_a_training() {
    let table = overlapping(200, 9);
    let adjusted = TrainingRequest {
        calibrate: Some(Calibration::Temperature),
        tune_threshold: Some(ThresholdMetric::Accuracy),
        refit: true,
        ..request("class")
    };
    let first = train(&table, &adjusted);
    let text = first.recipe.to_toml().unwrap();
    let recipe = pellucid::Recipe::from_toml(&text, "again").unwrap();
    let again = TrainingRequest {
        recipe: Some(recipe),
        ..TrainingRequest::default()
    };
    assert_eq!(saved(train(&table, &again)), saved(first));
}
