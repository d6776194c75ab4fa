//! Tests of early ends of a run: their causes and how they are reported.

use crate::driver::{done, record, refused, text};
use serde_json::Value;

fn trained(arguments: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let (model, json) = (folder.path().join("model"), folder.path().join("record.json"));
    let fixed = ["--out", text(&model), "--json", text(&json)];
    let ended = done(&[&["train"], arguments, &fixed].concat());
    let report = std::fs::read_to_string(&json).unwrap();
    (serde_json::from_str(&report).unwrap(), ended.stderr)
}

#[test]
fn a_run_ends_at_a_target_and_says_so() {
    for (target, figure, reached) in [
        (
            "{metric=\"loss\",value=0.2}",
            "loss",
            (|value: f64| value <= 0.2) as fn(f64) -> bool,
        ),
        ("{metric=\"r2\",value=0.5}", "r2", |value| value >= 0.5),
    ] {
        let of = |set: &str| {
            let (set, log) = (format!("train.stop_at={set}"), "log.every=1");
            record(&[
                "xor-by-hand",
                "--epochs",
                "200000",
                "--set",
                &set,
                "--set",
                log,
                "--set",
                "log.metrics=[\"mean_absolute_error\",\"r2\"]",
            ])
        };
        let report = of(target);
        assert_eq!(
            (&report["ended_by"], &report["stopped"]),
            (&"target".into(), &false.into()),
            "{target}"
        );
        let history = report["history"].as_array().unwrap();
        assert!(history.len() < 200_000);
        let (last, before) = history.split_last().unwrap();
        assert!(reached(last[figure].as_f64().unwrap()), "{last}");
        assert!(
            before
                .iter()
                .all(|epoch| !reached(epoch[figure].as_f64().unwrap()))
        );
    }
    let target = "train.stop_at={metric=\"loss\",value=0.2}";
    let ended = done(&["run", "xor-by-hand", "--epochs", "200000", "--set", target]);
    assert!(
        ended.stderr.contains("ended after ") && ended.stderr.contains("loss reached 0.2"),
        "{}",
        ended.stderr
    );
    let ended = record(&["xor-by-hand", "--epochs", "3"]);
    assert_eq!(ended["ended_by"], "epochs");
}

#[test]
fn a_run_holds_rows_out_and_keeps_the_best_weights() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = folder.path().join("noisy.toml");
    std::fs::write(
        &recipe,
        r#"
        [data]
        source = "regression"
        rows = 60
        features = 8
        noise = 0.7
        validation = 0.25
        [network]
        layers = [8, 40, 1]
        activation = ["tanh", "identity"]
        [train]
        loss = "half_squared_error"
        optimizer = "adam"
        learning_rate = 0.02
        batch_size = 8
        epochs = 500
        monitor = "mean_absolute_error"
        patience = 7
        [log]
        every = 1
        metrics = ["r2"]
        line = "{epoch} {loss:.4f} {validation_loss:.4f} {validation_r2:.4f}"
        "#,
    )
    .unwrap();
    let report = record(&[text(&recipe)]);
    assert_eq!(report["ended_by"], "patience");
    let history = report["history"].as_array().unwrap();
    let best = report["best_epoch"].as_u64().unwrap();
    assert_eq!(history.len() as u64, best + 7);
    let of = |name: &str| -> Vec<f64> {
        history
            .iter()
            .map(|epoch| epoch[name].as_f64().unwrap())
            .collect()
    };
    let errors = of("validation_mean_absolute_error");
    let lowest = errors.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(
        errors.iter().position(|error| *error == lowest),
        Some(best as usize - 1)
    );
    // The weights that are left are those of that epoch.
    let validation = &report["metrics"]["validation"];
    assert_eq!(validation["loss"], history[best as usize - 1]["validation_loss"]);
    assert_eq!(validation["r2"], history[best as usize - 1]["validation_r2"]);
    assert!(
        of("r2").last() > of("validation_r2").last(),
        "the noise was learned by heart"
    );

    let ended = done(&["run", text(&recipe)]);
    assert!(ended.stdout.contains("held-out data: loss"), "{}", ended.stdout);
    for expected in [
        format!("the weights are those of epoch {best}"),
        "7 epochs in a row had no better mean absolute error".to_string(),
    ] {
        assert!(ended.stderr.contains(&expected), "{}", ended.stderr);
    }
    let line = ended.stdout.lines().next().unwrap();
    assert_eq!(line.split(' ').count(), 4, "{line}");
    assert!(!line.contains('?'), "{line}");
}

#[test]
fn the_time_ends_a_run_and_a_training() {
    let report = record(&[
        "xor-by-hand",
        "--epochs",
        "4000000000",
        "--set",
        "train.max_seconds=0.3",
    ]);
    assert_eq!(
        (&report["ended_by"], &report["stopped"]),
        (&"time".into(), &false.into())
    );
    let seconds = report["training_seconds"].as_f64().unwrap();
    assert!((0.25..20.0).contains(&seconds), "{seconds}");
    assert!(report["updates"].as_u64().unwrap() > 0);
    let (report, stderr) = trained(&[
        "spirals",
        "--epochs",
        "100000000",
        "--patience",
        "100000000",
        "--max-seconds",
        "0.3",
    ]);
    assert_eq!(
        (&report["ended_by"], &report["stopped"]),
        (&"time".into(), &false.into())
    );
    assert!(stderr.contains("the time limit of 0.3 s was reached"), "{stderr}");
}

#[test]
fn a_training_is_judged_by_any_metric() {
    let (report, stderr) = trained(&["iris", "--stop-at", "accuracy=0.9", "--metrics", "roc_auc,top_2"]);
    assert_eq!(report["ended_by"], "target");
    assert!(stderr.contains("accuracy reached 0.9"), "{stderr}");
    let history = report["history"].as_array().unwrap();
    let (last, before) = history.split_last().unwrap();
    assert!(last["validation_accuracy"].as_f64().unwrap() >= 0.9);
    assert!(
        before
            .iter()
            .all(|epoch| epoch["validation_accuracy"].as_f64().unwrap() < 0.9)
    );
    for name in ["roc_auc", "top_2"] {
        assert!(
            last[format!("validation_{name}")].is_number() && last[name].is_number(),
            "{last}"
        );
    }

    let (report, _) = trained(&[
        "diabetes",
        "--monitor",
        "mean_absolute_error",
        "--patience",
        "5",
        "--min-delta",
        "0.1",
    ]);
    assert_eq!(report["ended_by"], "patience");
    let of = |epoch: &Value| epoch["validation_mean_absolute_error"].as_f64().unwrap();
    let errors: Vec<f64> = report["history"].as_array().unwrap().iter().map(of).collect();
    let (mut best, mut best_at) = (f64::INFINITY, 0);
    for (at, error) in errors.iter().enumerate() {
        if *error < best - 0.1 {
            (best, best_at) = (*error, at);
        }
    }
    assert_eq!(errors.len(), best_at + 1 + 5);
    assert_eq!(report["best_epoch"], best_at as u64 + 1);
    // In the table's units, as the scores are.
    let score = report["metrics"]["validation"]["mae"].as_f64().unwrap();
    assert!((score - best).abs() < 1e-3 * best, "{score}, not {best}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (arguments, expected) in [
        (
            &["train", "iris", "--monitor", "r3"][..],
            &["--monitor", "balanced_accuracy"][..],
        ),
        (
            &["train", "iris", "--stop-at", "accuracy"],
            &["--stop-at", "accuracy=0.98"],
        ),
        (
            &["train", "iris", "--stop-at", "accuracy=much"],
            &["finite number"],
        ),
        (
            &["train", "iris", "--max-seconds", "0"],
            &["train.max_seconds", "above 0"],
        ),
        (&["train", "iris", "--min-delta", "-1"], &["train.min_delta"]),
        (
            &["train", "iris", "--metrics", "top_3"],
            &["log.metrics", "choose top_2"],
        ),
        (
            &["train", "diabetes", "--monitor", "accuracy"],
            &["train.monitor", "targets are numbers"],
        ),
        (
            &["train", "iris", "--monitor", "y_pred"],
            &["train.monitor", "better"],
        ),
        (
            &["run", "xor-by-hand", "--set", "train.monitor=accurac"],
            &["did you mean `accuracy`"],
        ),
        (
            &["run", "xor-by-hand", "--set", "data.validation=2"],
            &["data.validation"],
        ),
        (
            &["run", "xor-by-hand", "--set", "log.line=\"{validation_loss}\""],
            &["not logged"],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model");
        let out = ["--out", text(&model)];
        let arguments = match arguments[0] {
            "train" => [arguments, &out].concat(),
            _ => arguments.to_vec(),
        };
        refused(&arguments, 2, expected);
        assert!(!model.exists());
    }
}
