//! `pellucid diagnose`: trainings with a planted fault, in which it is found, and healthy ones, in which nothing is.

use crate::driver::{done, pellucid, refused, shared, text};
use pellucid::numpy_random::RandomState;
use serde_json::Value;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

type Rows = Vec<Vec<f64>>;

/// Rows of normal numbers.
fn normal(rows: usize, columns: usize, seed: u32) -> Rows {
    let mut random = RandomState::new(seed);
    let mut row = || (0..columns).map(|_| random.standard_normal()).collect();
    (0..rows).map(|_| row()).collect()
}

/// A target of each row.
fn targets_of(rows: &Rows, target: impl Fn(&[f64]) -> f64) -> Rows {
    rows.iter().map(|row| vec![target(row)]).collect()
}

/// A smooth number between −1 and 1, and a class.
fn smooth(row: &[f64]) -> f64 {
    (row[0] - 0.5 * row[1] + 0.3 * row[2]).tanh()
}

fn class(row: &[f64]) -> f64 {
    f64::from(u8::from(row[0] + row[1] * row[2] > 0.0))
}

/// A recipe on these rows; each test says what is wrong with it.
struct Training {
    inputs: Rows,
    targets: Rows,
    data: &'static str,
    network: String,
    init: &'static str,
    train: &'static str,
}

impl Training {
    /// Three standard columns.
    fn new(target: fn(&[f64]) -> f64, network: &str, train: &'static str) -> Self {
        let inputs = normal(40, 3, 1);
        Self {
            targets: targets_of(&inputs, target),
            inputs,
            data: "",
            network: network.into(),
            init: "method = \"xavier_uniform\"",
            train,
        }
    }

    fn write(&self, folder: &Path) -> PathBuf {
        let file = folder.join("training.toml");
        let mut toml = String::new();
        let Self {
            inputs,
            targets,
            data,
            network,
            init,
            train,
        } = self;
        write!(
            toml,
            "[data]\nsource = \"inline\"\ninputs = {inputs:?}\ntargets = {targets:?}\n{data}\n[network]\n{network}\n\
             [init]\n{init}\n[train]\nseed = 1\n{train}\n"
        )
        .unwrap();
        fs::write(&file, toml).unwrap();
        file
    }

    /// What is found in it.
    fn findings(&self) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        findings(&[text(&self.write(folder.path()))])
    }
}

/// The record's findings, each whole.
fn findings(arguments: &[&str]) -> Vec<Value> {
    let ended = done(&[&["diagnose"], arguments, &["--quiet", "--json"]].concat());
    let record: Value = serde_json::from_str(&ended.stdout).unwrap();
    let found = record["findings"].as_array().unwrap().clone();
    assert_eq!(record["healthy"], found.is_empty());
    for finding in &found {
        for part in ["seen", "why", "try_this"] {
            assert!(finding[part].as_str().unwrap().len() > 20, "{finding}");
        }
        // Numbers are what was seen.
        assert!(
            finding["seen"]
                .as_str()
                .unwrap()
                .contains(|c: char| c.is_ascii_digit()),
            "{finding}"
        );
    }
    found
}

/// That the gravest finding is of this kind and this layer, and that it says these things.
#[track_caller]
fn assert_found(found: &[Value], kind: &str, layer: Option<u64>, said: &[&str]) {
    let first = found.first().unwrap_or_else(|| panic!("{kind} was not found"));
    assert_eq!(first["kind"], kind, "{found:?}");
    assert_eq!(first["layer"].as_u64(), layer, "{first}");
    let all = first.to_string();
    for part in said {
        assert!(all.contains(part), "{part:?} is not said: {all}");
    }
}

#[test]
fn unscaled_inputs_that_saturate_sigmoids() {
    let mut training = Training::new(
        class,
        "layers = [3, 6, 1]\nactivation = \"sigmoid\"",
        "loss = \"squared_error\"\nlearning_rate = 0.5\nepochs = 200",
    );
    for row in &mut training.inputs {
        row.iter_mut().for_each(|x| *x = 500.0 + 300.0 * *x);
    }
    let said = [
        "saturated",
        "Unscaled inputs are the cause",
        "data.standardise = true",
    ];
    assert_found(&training.findings(), "saturated_units", Some(1), &said);
    // The notebook's failing run.
    let notebook = findings(&["perceptron", "--set", "data.standardise=false"]);
    assert_found(
        &notebook,
        "saturated_units",
        Some(1),
        &["column 2 ranges from 200 to 550"],
    );
}

#[test]
fn relus_that_begin_dead() {
    let training = Training {
        init: "method = \"draws\"\ndraws = [{ weights = 1, from = \"randn\", scale = 0.5 }, \
               { bias = 1, from = \"uniform\", low = -20, high = -15 }, { weights = 2, from = \"randn\" }, \
               { bias = 2, from = \"randn\" }]",
        ..Training::new(
            smooth,
            "layers = [3, 8, 1]\nactivation = [\"relu\", \"identity\"]",
            "loss = \"half_squared_error\"\nlearning_rate = 0.05\nepochs = 100",
        )
    };
    assert_found(
        &training.findings(),
        "dead_units",
        Some(1),
        &["before training all 8 units"],
    );
}

#[test]
fn relus_that_a_high_rate_kills() {
    let training = Training {
        init: "method = \"he_normal\"",
        ..Training::new(
            |row| 5.0 + 5.0 * smooth(row),
            "layers = [3, 16, 16, 1]\nactivation = [\"relu\", \"relu\", \"identity\"]",
            "loss = \"absolute_error\"\nlearning_rate = 1.0\nepochs = 100",
        )
    };
    let found = training.findings();
    let dead = found.iter().find(|finding| finding["kind"] == "dead_units");
    let dead = dead.unwrap_or_else(|| panic!("{found:?}"));
    assert!(
        dead["seen"].as_str().unwrap().contains("after training"),
        "{dead}"
    );
    assert!(
        dead["try_this"]
            .as_str()
            .unwrap()
            .contains("a learning rate of 0.1 or less in place of 1"),
        "{dead}"
    );
}

/// The units of xor-sgd are saturated by the rate, which is therefore named first.
#[test]
fn a_rate_that_saturates_units_is_named_itself() {
    for rate in [50, 100, 500] {
        let set = format!("train.learning_rate={rate}");
        let found = findings(&["xor-sgd", "--set", &set]);
        let first = found.first().unwrap_or_else(|| panic!("nothing at {rate}"));
        assert_eq!(first["kind"], "learning_rate_too_high", "{rate}: {found:?}");
        let advice = first["try_this"].as_str().unwrap();
        assert!(
            advice.contains(&format!("or less in place of {rate}")),
            "{advice}"
        );
    }
}

#[test]
fn relus_that_a_strong_penalty_kills() {
    let training = Training {
        init: "method = \"he_normal\"",
        ..Training::new(
            |row| 0.3 * smooth(row),
            "layers = [3, 16, 16, 1]\nactivation = [\"relu\", \"relu\", \"identity\"]",
            "loss = \"half_squared_error\"\nlearning_rate = 0.02\nepochs = 2000\nl2 = 0.5",
        )
    };
    let found = training.findings();
    let dead = found.iter().find(|finding| finding["kind"] == "dead_units");
    let dead = dead.unwrap_or_else(|| panic!("{found:?}"));
    let advice = dead["try_this"].as_str().unwrap();
    assert!(advice.contains("train.l2 = 0.05 in place of 0.5"), "{advice}");
}

#[test]
fn gradients_that_vanish_in_a_deep_net_of_sigmoids() {
    let training = Training::new(
        class,
        "layers = [3, 8, 8, 8, 8, 8, 8, 8, 8, 1]\nactivation = \"sigmoid\"",
        "loss = \"binary_cross_entropy\"\nlearning_rate = 0.3\nepochs = 300",
    );
    assert_found(
        &training.findings(),
        "vanishing_gradients",
        Some(1),
        &["relu or tanh in place of sigmoid"],
    );
}

#[test]
fn gradients_that_explode_from_huge_weights() {
    for activation in ["relu", "identity"] {
        let training = Training {
            init: "method = \"normal\"\nstd = 1.5",
            ..Training::new(
                smooth,
                &format!(
                    "layers = [3, 32, 32, 32, 32, 32, 32, 1]\nactivation = [{}\"identity\"]",
                    format!("\"{activation}\", ").repeat(6)
                ),
                "loss = \"half_squared_error\"\nlearning_rate = 1e-12\nepochs = 30",
            )
        };
        assert_found(
            &training.findings(),
            "exploding_gradients",
            Some(1),
            &["smaller initial weights"],
        );
    }
}

#[test]
fn a_rate_so_high_that_the_loss_oscillates() {
    let training = Training::new(
        class,
        "layers = [3, 4, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
        "loss = \"squared_error\"\nlearning_rate = 60\nepochs = 60",
    );
    assert_found(
        &training.findings(),
        "oscillation",
        None,
        &["overshoot", "a learning rate of 6 or less"],
    );
}

#[test]
fn a_rate_so_low_that_the_loss_is_stuck() {
    let training = Training::new(
        class,
        "layers = [3, 6, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
        "loss = \"binary_cross_entropy\"\nlearning_rate = 1e-8\nepochs = 200",
    );
    assert_found(
        &training.findings(),
        "loss_stuck",
        None,
        &["200 steps", "too small to make progress"],
    );
}

#[test]
fn a_loss_that_becomes_infinite_is_reported_with_layer_and_batch() {
    let mut training = Training::new(
        smooth,
        "layers = [3, 6, 1]\nactivation = \"identity\"",
        "loss = \"squared_error\"\nlearning_rate = 0.9\nbatch_size = 8\nepochs = 200",
    );
    training.inputs.iter_mut().flatten().for_each(|x| *x *= 10.0);
    let found = training.findings();
    assert_found(
        &found,
        "diverged",
        Some(2),
        &["in epoch ", "batch ", "layer 2", "scaled inputs"],
    );
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_loss_that_rises() {
    let training = Training::new(
        smooth,
        "layers = [3, 1]\nactivation = \"identity\"",
        "loss = \"squared_error\"\nlearning_rate = 1.5\nepochs = 8",
    );
    assert_found(
        &training.findings(),
        "loss_rising",
        None,
        &["rose from", "a learning rate of 0.15 or less"],
    );
}

#[test]
fn columns_of_wildly_different_scales() {
    let mut training = Training::new(
        smooth,
        "layers = [3, 6, 1]\nactivation = [\"relu\", \"identity\"]",
        "loss = \"half_squared_error\"\nlearning_rate = 0.05\nepochs = 100",
    );
    training.inputs.iter_mut().for_each(|row| row[1] *= 1e-3);
    let said = [
        "column 2 ranges",
        "standard deviations",
        "standardise the columns",
    ];
    assert_found(&training.findings(), "unscaled_inputs", None, &said);
}

#[test]
fn targets_that_the_output_cannot_reach() {
    let rate = "loss = \"squared_error\"\nlearning_rate = 0.05\nepochs = 100";
    let sigmoid = Training::new(
        |row| 25.0 + 25.0 * smooth(row),
        "layers = [3, 6, 1]\nactivation = \"sigmoid\"",
        rate,
    );
    let found = sigmoid.findings();
    assert_found(
        &found,
        "targets_out_of_range",
        Some(2),
        &["gives only 0 to 1", "identity"],
    );
    let relu = Training::new(
        |row| smooth(row) - 3.0,
        "layers = [3, 6, 1]\nactivation = \"relu\"",
        rate,
    );
    let found = relu.findings();
    assert_found(
        &found,
        "targets_out_of_range",
        Some(2),
        &["gives nothing below 0"],
    );
}

#[test]
fn ninety_nine_to_one_and_always_the_same_answer() {
    let inputs = normal(300, 3, 2);
    let mut targets = targets_of(&inputs, |_| 0.0);
    [5, 120, 250].into_iter().for_each(|row| targets[row][0] = 1.0);
    let training = Training {
        inputs,
        targets,
        ..Training::new(
            class,
            "layers = [3, 6, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
            "loss = \"binary_cross_entropy\"\nlearning_rate = 0.1\nepochs = 300",
        )
    };
    let said = ["297 of 300 training rows (99%)", "balanced", "other 3 rows"];
    assert_found(&training.findings(), "constant_predictor", None, &said);
}

#[test]
fn a_large_net_that_learns_a_small_table_by_heart() {
    let inputs = normal(30, 6, 4);
    let noise = normal(30, 1, 5);
    let targets = inputs
        .iter()
        .zip(noise)
        .map(|(row, noise)| vec![f64::from(u8::from(row[0] + noise[0] > 0.0))]);
    let training = Training {
        targets: targets.collect(),
        inputs,
        data: "validation = 0.4",
        init: "method = \"he_normal\"",
        ..Training::new(
            class,
            "layers = [6, 64, 64, 1]\nactivation = [\"relu\", \"relu\", \"sigmoid\"]",
            "loss = \"binary_cross_entropy\"\noptimizer = \"adam\"\nlearning_rate = 0.01\nepochs = 400",
        )
    };
    assert_found(
        &training.findings(),
        "overfitting",
        None,
        &["held-out rows was lowest", "train.l2", "were kept"],
    );
}

#[test]
fn units_that_begin_alike_and_stay_so() {
    for init in ["method = \"zeros\"", "method = \"constant\"\nvalue = 0.3"] {
        let training = Training {
            init,
            ..Training::new(
                class,
                "layers = [3, 6, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
                "loss = \"binary_cross_entropy\"\nlearning_rate = 0.5\nepochs = 200",
            )
        };
        assert_found(
            &training.findings(),
            "symmetric_units",
            Some(1),
            &["none of them differ", "at random"],
        );
    }
}

/// What cannot be learnt is no fault of the training; zeros are a fine start where no layer is hidden.
#[test]
fn labels_without_relation_are_no_fault() {
    let inputs = normal(60, 4, 6);
    let coins = normal(60, 1, 7);
    for (network, train, init) in [
        (
            "layers = [4, 6, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
            "loss = \"binary_cross_entropy\"\nlearning_rate = 0.3\nepochs = 300",
            "method = \"xavier_uniform\"",
        ),
        (
            "layers = [4, 6, 1]\nactivation = [\"relu\", \"sigmoid\"]",
            "loss = \"binary_cross_entropy\"\noptimizer = \"adam\"\nlearning_rate = 0.01\nbatch_size = 8\n\
             shuffle = true\nepochs = 200",
            "method = \"he_normal\"",
        ),
        (
            "layers = [4, 1]\nactivation = \"sigmoid\"",
            "loss = \"binary_cross_entropy\"\nlearning_rate = 0.3\nepochs = 100",
            "method = \"zeros\"",
        ),
    ] {
        let training = Training {
            inputs: inputs.clone(),
            targets: coins
                .iter()
                .map(|coin| vec![f64::from(u8::from(coin[0] > 0.0))])
                .collect(),
            init,
            ..Training::new(class, network, train)
        };
        assert_eq!(training.findings(), Vec::<Value>::new(), "{network}");
    }
}

/// The twelve trainings that come with the program: nothing in any, with any of several seeds.
#[test]
fn healthy_trainings_have_no_finding() {
    let quiet = |arguments: &[&str]| assert_eq!(findings(arguments), Vec::<Value>::new(), "{arguments:?}");
    quiet(&["xor-by-hand", "--epochs", "20000"]);
    quiet(&["single-sample", "--epochs", "50000"]);
    for recipe in [
        "xor-sgd",
        "xor-batch-mean",
        "xor-batch-sum",
        "perceptron",
        "perceptron-hidden",
    ] {
        quiet(&[recipe]);
        quiet(&[recipe, "--epochs", "100"]);
        for seed in ["1", "2", "3"] {
            quiet(&[recipe, "--seed", seed]);
        }
    }
    for table in [
        "iris",
        "diabetes",
        "xor",
        "circles",
        "moons",
        "spirals",
        "regression",
    ] {
        for seed in ["0", "1", "2"] {
            quiet(&[table, "--preset", "plain", "--seed", seed]);
        }
    }
    for seed in ["0", "1"] {
        quiet(&["wine", "--preset", "plain", "--seed", seed]);
    }
}

#[test]
fn healthy_trainings_on_digits_have_no_finding() {
    // The ten thousand test digits.
    let Some(images) = shared("data/mnist/t10k-images-idx3-ubyte.gz") else {
        return;
    };
    for recipe in ["mnist-online", "mnist-98"] {
        let found = findings(&[recipe, "--data", text(&images), "--epochs", "2"]);
        assert_eq!(found, Vec::<Value>::new(), "{recipe}");
    }
}

#[test]
fn healthy_tables_of_others_have_no_finding() {
    for table in [
        "sonar",
        "pima-indians-diabetes",
        "housing",
        "banknote_authentication",
        "wine",
    ] {
        let Some(file) = shared(&format!("data/tabular/{table}.csv")) else {
            return;
        };
        for seed in ["0", "1", "2"] {
            let found = findings(&[
                text(&file),
                "--target",
                "last",
                "--preset",
                "plain",
                "--seed",
                seed,
            ]);
            assert_eq!(found, Vec::<Value>::new(), "{table} with seed {seed}");
        }
    }
}

#[test]
fn what_is_healthy_is_said_in_one_line() {
    let ended = done(&["diagnose", "perceptron", "--strict", "--quiet"]);
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    for part in [
        "nothing found",
        "4 training rows, 1 layer and 1,000 epochs",
        "gradients",
    ] {
        assert!(ended.stdout.contains(part), "{}", ended.stdout);
    }
}

#[test]
fn what_is_found_is_numbered_and_strict_fails() {
    let raw = [
        "diagnose",
        "perceptron",
        "--set",
        "data.standardise=false",
        "--quiet",
    ];
    let ended = done(&raw);
    for part in [
        "1 finding\n",
        "1. saturated units",
        "   seen: ",
        "   why:  ",
        "   try:  ",
    ] {
        assert!(ended.stdout.contains(part), "{part:?}: {}", ended.stdout);
    }
    let strict = pellucid(&[&raw[..], &["--strict"]].concat());
    assert_eq!((strict.status, strict.stdout), (1, ended.stdout));
}

/// `run` and `train` report findings on standard error unless they are quiet, and always in their records.
#[test]
fn runs_and_trainings_report_findings() {
    let folder = tempfile::tempdir().unwrap();
    let training = Training::new(
        class,
        "layers = [3, 6, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
        "loss = \"binary_cross_entropy\"\nlearning_rate = 1e-8\nepochs = 200",
    );
    let file = training.write(folder.path());
    let ended = done(&["run", text(&file)]);
    for part in ["warning: the loss is stuck: ", "\n  why: ", "\n  try: "] {
        assert!(ended.stderr.contains(part), "{part:?}: {}", ended.stderr);
    }
    assert_eq!(done(&["run", text(&file), "--quiet"]).stderr, "");
    let ended = done(&["run", text(&file), "--quiet", "--json", "-"]);
    let record: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(record["findings"][0]["kind"], "loss_stuck");
    assert!(!done(&["run", "perceptron"]).stderr.contains("warning"));

    let model = folder.path().join("model.safetensors");
    let of_iris = [
        "train",
        "iris",
        "--preset",
        "plain",
        "--learning-rate",
        "1e-9",
        "--epochs",
        "20",
        "--out",
        text(&model),
    ];
    let ended = done(&of_iris);
    assert!(
        ended.stderr.contains("warning: the loss is stuck"),
        "{}",
        ended.stderr
    );
    let quiet = done(&[&of_iris[..], &["--quiet", "--json"]].concat());
    // The note of a repeated row is no finding.
    assert!(!quiet.stderr.contains("warning"), "{}", quiet.stderr);
    let record: Value = serde_json::from_str(&quiet.stdout).unwrap();
    assert_eq!(record["findings"][0]["kind"], "loss_stuck");
    let healthy = done(&[
        "train",
        "iris",
        "--preset",
        "plain",
        "--out",
        text(&model),
        "--json",
    ]);
    assert!(!healthy.stderr.contains("warning"), "{}", healthy.stderr);
    let record: Value = serde_json::from_str(&healthy.stdout).unwrap();
    assert_eq!(record["findings"], serde_json::json!([]));
}

/// A finding before the start is reported once, and a run that diverges reports the finding as its error.
#[test]
fn nothing_is_reported_twice() {
    let raw = ["run", "perceptron", "--set", "data.standardise=false"];
    let ended = done(&raw);
    assert_eq!(ended.stderr.matches("warning: ").count(), 1, "{}", ended.stderr);
    let folder = tempfile::tempdir().unwrap();
    let file = crate::divergence::recipe(folder.path());
    let ended = pellucid(&["run", text(&file)]);
    assert_eq!(ended.status, 1);
    assert_eq!(
        ended.stderr.matches("the loss became").count(),
        1,
        "{}",
        ended.stderr
    );
    let found = findings(&[text(&file)]);
    assert_found(&found, "diverged", Some(2), &["epoch 3, batch 2"]);
}

#[test]
fn a_model_is_diagnosed_on_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let (table, far, model) = (
        folder.path().join("rows.csv"),
        folder.path().join("far.csv"),
        folder.path().join("model.safetensors"),
    );
    let write = |file: &Path, factor: f64| {
        let rows = normal(120, 3, 9);
        let mut csv = String::from("age,height,weight,kind\n");
        for row in &rows {
            let kind = if class(row) > 0.5 { "yes" } else { "no" };
            writeln!(csv, "{},{},{},{kind}", row[0] * factor, row[1], row[2]).unwrap();
        }
        fs::write(file, csv).unwrap();
    };
    write(&table, 1.0);
    write(&far, 50.0);
    done(&[
        "train",
        text(&table),
        "--target",
        "kind",
        "--out",
        text(&model),
        "--quiet",
    ]);
    assert_eq!(findings(&[text(&model)]), Vec::<Value>::new());
    assert_eq!(
        findings(&[text(&model), "--data", text(&table)]),
        Vec::<Value>::new()
    );
    let found = findings(&[text(&model), "--data", text(&far)]);
    assert_found(
        &found,
        "unfamiliar_inputs",
        None,
        &["column age", "rows lie far outside", "unit"],
    );
    let ended = done(&["diagnose", text(&model), "--data", text(&table), "--quiet"]);
    assert!(
        ended.stdout.contains("its layers on 120 rows"),
        "{}",
        ended.stdout
    );
    // Rows whose answers are not known will do.
    let unknown = folder.path().join("unknown.csv");
    fs::write(&unknown, "age,height,weight\n0.1,0.2,0.3\n-0.5,0.1,1\n").unwrap();
    assert_eq!(
        findings(&[text(&model), "--data", text(&unknown)]),
        Vec::<Value>::new()
    );
}

/// A mark for missing values, an extreme value, and a copy of the class.
#[test]
fn columns_that_are_not_what_they_seem_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("rows.csv");
    let mut csv = String::from("a,b,copy,kind\n");
    for (at, row) in normal(200, 3, 9).iter().enumerate() {
        let class = usize::from(row[2] > 0.0);
        let a = if at % 20 == 7 { -9999.0 } else { row[0] };
        let b = if at == 50 { 123456789.0 } else { row[1] };
        writeln!(csv, "{a},{b},{class},{}", ["no", "yes"][class]).unwrap();
    }
    fs::write(&table, csv).unwrap();
    let all = ["--target", "kind", "--epochs", "2", "--validation", "0"];
    let found = findings(&[&[text(&table)], &all[..]].concat());
    for (kind, said) in [
        (
            "leaking_column",
            ["column copy alone decides kind", "--drop copy"],
        ),
        ("sentinel_values", ["column a is -9999 in 10 rows", "--na=-9999"]),
        (
            "extreme_values",
            ["column b has the value 123456789 in 1 row", "logarithm"],
        ),
    ] {
        let of_kind: Vec<Value> = found
            .iter()
            .filter(|finding| finding["kind"] == kind)
            .cloned()
            .collect();
        assert_eq!(of_kind.len(), 1, "{found:?}");
        assert_found(&of_kind, kind, None, &said);
    }
}

/// One epoch is not compared with itself.
#[test]
fn a_loss_is_not_stuck_after_one_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let slow = Training::new(
        class,
        "layers = [3, 6, 1]\nactivation = [\"tanh\", \"sigmoid\"]",
        "loss = \"binary_cross_entropy\"\nlearning_rate = 1e-8\nepochs = 1",
    );
    let file = slow.write(folder.path());
    assert_eq!(findings(&[text(&file)]), Vec::<Value>::new());
    assert_found(
        &findings(&[text(&file), "--epochs", "2"]),
        "loss_stuck",
        None,
        &["in 2 steps"],
    );
}

#[test]
fn arguments_that_do_not_go_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    done(&["train", "iris", "--epochs", "2", "--out", text(&model), "--quiet"]);
    refused(
        &["diagnose", text(&model), "--epochs", "3"],
        2,
        &["--epochs", "is a model"],
    );
    refused(
        &["diagnose", "xor-sgd", "--target", "y"],
        2,
        &["--target is for a table"],
    );
    refused(
        &["diagnose", "xor-sgd", "--learning-rate", "0.1"],
        2,
        &["--learning-rate is for a table"],
    );
    refused(&["diagnose", "iris", "--data", "x"], 2, &["--data"]);
    refused(&["diagnose", "no-such.safetensors"], 1, &["no-such.safetensors"]);
    refused(
        &["diagnose", text(&model), "--json", text(&model)],
        2,
        &["overwrite"],
    );
}
