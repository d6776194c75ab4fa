//! `pellucid tune`: its table, its continuation after Ctrl-C, its outputs and its errors.

use crate::driver::{done, pellucid, refused, text};
use crate::pictures::assert_is_png;
use serde_json::Value;
use std::path::Path;

const SPACE: [&str; 6] = [
    "--vary",
    "learning_rate=log:1e-3..1e-1",
    "--vary",
    "hidden=8,16,\"16,8\"",
    "--vary",
    "optimizer=adam,rmsprop",
];

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    of_trials("6", more)
}

fn of_trials<'a>(trials: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = ["tune", "iris", "--epochs", "8", "--trials", trials];
    [&usual[..], &SPACE[..], more].concat()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_table_has_every_trial_the_best_first_on_any_number_of_threads() {
    let one = done(&arguments(&["--threads", "1"]));
    let lines: Vec<&str> = one.stdout.lines().collect();
    assert_eq!(lines.len(), 7, "{}", one.stdout);
    for title in [
        "trial",
        "accuracy",
        "best epoch",
        "learning rate",
        "hidden",
        "optimizer",
    ] {
        assert!(lines[0].contains(title), "{}", lines[0]);
    }
    let score = |line: &&str| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap();
    let scores: Vec<f64> = lines[1..].iter().map(score).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    for expected in [
        "150 rows",
        "classification of species",
        "varied: train.learning_rate=log:0.001..0.1",
        "6 of 6",
    ] {
        assert!(one.stderr.contains(expected), "{expected}: {}", one.stderr);
    }
    assert_eq!(done(&arguments(&["--threads", "2"])).stdout, one.stdout);
    let quiet = done(&arguments(&["--quiet"]));
    assert_eq!((&quiet.stdout, quiet.stderr.as_str()), (&one.stdout, ""));
    assert_ne!(done(&arguments(&["--seed", "9"])).stdout, lines.join("\n") + "\n");
}

#[test]
fn every_result_has_its_file_and_the_recipe_makes_the_model_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (model, recipe, plot, record) = (at("best"), at("best.toml"), at("trials.svg"), at("record.json"));
    let files = [
        "--model",
        text(&model),
        "--save-recipe",
        text(&recipe),
        "--plot",
        text(&plot),
        "--json",
        text(&record),
    ];
    let ended = done(&of_trials("9", &[&files[..], &["--method", "halving"]].concat()));
    assert!(
        ended.stdout.contains(&format!("model: {}", text(&model))),
        "{}",
        ended.stdout
    );
    let report = json(&record);
    let trials = report["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 9);
    assert_eq!(trials[0]["trial"], report["best"]);
    assert_eq!(
        (&trials[0]["epochs"], &trials[8]["epochs"]),
        (&8.into(), &2.into())
    );
    for key in ["train.learning_rate", "hidden", "train.optimizer"] {
        assert!(trials[0]["settings"][key].is_string(), "{}", trials[0]);
    }
    assert_eq!(report["stopped"], false);
    assert_eq!(report["recipe"]["train"]["epochs"], trials[0]["best_epoch"]);
    let svg = std::fs::read_to_string(&plot).unwrap();
    for word in [
        "<svg",
        "accuracy on held-out rows",
        "learning rate",
        "left behind after fewer epochs",
    ] {
        assert!(svg.contains(word), "{word}");
    }
    let again = at("again");
    done(&[
        "train",
        "iris",
        "--recipe",
        text(&recipe),
        "--out",
        text(&again),
        "--quiet",
    ]);
    assert!(
        std::fs::read(&model).unwrap() == std::fs::read(&again).unwrap(),
        "to the byte"
    );
    let scores = done(&["evaluate", text(&model), "iris"]);
    assert!(scores.stdout.contains("accuracy"), "{}", scores.stdout);
    let png = at("trials.png");
    done(&arguments(&["--plot", text(&png), "--quiet"]));
    assert_is_png(&png);
}

#[test]
fn a_state_is_gone_on_with_and_ends_with_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let (state, space) = (folder.path().join("state.json"), folder.path().join("space.toml"));
    let whole = done(&arguments(&["--quiet"])).stdout;
    let with_state = |more: &[&str]| {
        arguments(&[&["--state", text(&state)], more].concat()[..])
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let run = |arguments: &[String]| done(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    // Half of the trials, as an interruption would leave them.
    run(&with_state(&["--quiet"]));
    let mut half = json(&state);
    half["trials"].as_array_mut().unwrap().truncate(3);
    std::fs::write(&state, half.to_string()).unwrap();
    let ended = run(&with_state(&[]));
    assert_eq!(ended.stdout, whole);
    assert!(
        ended.stderr.contains("3 trainings are done already"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.matches(": trial ").count(), 3, "{}", ended.stderr);

    let another = with_state(&["--seed", "5"]);
    let another: Vec<&str> = another.iter().map(String::as_str).collect();
    refused(
        &another,
        1,
        &["state.json", "another search", "seed is 0, here it is 5"],
    );

    // The same space out of a file.
    std::fs::write(
        &space,
        "hidden = [[8], [16], [16, 8]]\n[train]\nlearning_rate = { log = [1e-3, 1e-1] }\noptimizer = [\"adam\"]\n",
    )
    .unwrap();
    let of_file = done(&[
        "tune",
        "iris",
        "--epochs",
        "4",
        "--trials",
        "2",
        "--space",
        text(&space),
        "--folds",
        "3",
    ]);
    assert!(
        of_file.stdout.lines().next().unwrap().contains('±'),
        "{}",
        of_file.stdout
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_done() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let folder = tempfile::tempdir().unwrap();
    let (state, record) = (
        folder.path().join("state.json"),
        folder.path().join("record.json"),
    );
    // One trial is soon done, the others would take for ever.
    let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args([
            "tune",
            "spirals",
            "--threads",
            "1",
            "--trials",
            "50",
            "--patience",
            "1000000000",
        ])
        .args(["--vary", "epochs=2,1000000000"])
        .args([
            "--state",
            text(&state),
            "--json",
            text(&record),
            "--model",
            text(&folder.path().join("model")),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    std::thread::sleep(Duration::from_millis(1500));
    while !state.exists() && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    let report = json(&record);
    assert_eq!(report["stopped"], true);
    assert!(report["model"].is_null());
    let kept = if state.exists() {
        json(&state)["trials"].as_array().unwrap().len()
    } else {
        0
    };
    assert_eq!(report["trials"].as_array().unwrap().len(), kept);
    assert!(
        stderr.contains("stopped by Ctrl-C; the same command goes on where it was"),
        "{stderr}"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    // The trial under way has a state, from which it goes on.
    let under_way = left.iter().filter(|name| name.starts_with("state.json.trial-"));
    assert_eq!(under_way.count(), 1, "{left:?}");
    assert!(left.len() <= 3, "a temporary file is left: {left:?}");
}

#[test]
fn trials_that_diverge_are_reported_and_are_no_reason_to_stop() {
    let of = |rates: &str| {
        let rates = format!("learning_rate={rates}");
        let arguments = [
            "tune", "iris", "--epochs", "5", "--trials", "6", "--vary", &rates, "--quiet",
        ];
        pellucid(&arguments)
    };
    let some = of("0.01,1e300");
    assert_eq!(some.status, 0, "{}", some.stderr);
    assert!(
        some.stdout.contains("failed") && some.stdout.contains("the loss became"),
        "{}",
        some.stdout
    );
    let all = of("1e300,1e301");
    assert_eq!(all.status, 1, "{}", all.stdout);
    assert!(all.stderr.contains("no trial has a score"), "{}", all.stderr);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (more, expected) in [
        (&["--trials", "0"][..], &["--trials", "1 to"][..]),
        (
            &["--vary", "learning_rat=1,2"],
            &["learning_rat", "did you mean `learning_rate`"],
        ),
        (
            &["--vary", "dropout=0.5..0.1"],
            &["train.dropout", "must be less"],
        ),
        (&["--vary", "dropout=0..2"], &["dropout"]),
        (&["--vary", "dropout"], &["--vary", "KEY=VALUES"]),
        (&["--vary", "activation=relu,rellu"], &["activation", "rellu"]),
        (&["--metric", "r2"], &["--metric", "accuracy"]),
        (&["--metric", "acc"], &["--metric", "balanced_accuracy"]),
        (&["--validation", "1.5"], &["data.table.validation"]),
        (&["--validation", "0"], &["--validation", "--folds"]),
        (&["--folds", "1"], &["--folds", "2 or more"]),
        (
            &["--method", "halving", "--vary", "epochs=1,2"],
            &["train.epochs", "halving"],
        ),
        (&["--plot", "trials.jpeg"], &["trials.jpeg"]),
        (&["--target", "specie"], &["did you mean `species`"]),
    ] {
        let arguments = [&["tune", "iris", "--epochs", "2"], more].concat();
        let status = if more[0] == "--target" { 1 } else { 2 };
        refused(&arguments, status, expected);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let (empty, wrong) = (
        file("empty.toml", ""),
        file("wrong.toml", "[train]\nlearning_rate = 3\n"),
    );
    refused(
        &["tune", "iris", "--space", text(&empty)],
        2,
        &["empty.toml", "names no setting"],
    );
    refused(
        &["tune", "iris", "--space", text(&wrong)],
        2,
        &["wrong.toml, train.learning_rate", "expected a list"],
    );
    refused(&["tune", "iris", "--space", "nowhere.toml"], 1, &["nowhere.toml"]);
    let same = folder.path().join("same");
    refused(
        &["tune", "iris", "--state", text(&same), "--model", text(&same)],
        2,
        &["would overwrite"],
    );
}

/// The model of a search reads new tables as the search read its own.
#[test]
fn the_winner_reads_dates_and_percentages_as_the_search_did() {
    let folder = tempfile::tempdir().unwrap();
    let (data, model) = (folder.path().join("t.csv"), folder.path().join("m.safetensors"));
    let row = |row: usize| {
        format!(
            "2023-{:02}-{:02},{}%,{row}\n",
            1 + row / 28,
            1 + row % 28,
            row % 7
        )
    };
    let rows: String = (0..80).map(row).collect();
    std::fs::write(&data, format!("when,share,y\n{rows}")).unwrap();
    let search = [
        "tune",
        text(&data),
        "--target",
        "y",
        "--trials",
        "2",
        "--epochs",
        "3",
        "-q",
    ];
    let files = ["--model", text(&model), "--json", "-"];
    let record: Value = serde_json::from_str(&done(&[&search[..], &files].concat()).stdout).unwrap();
    let notes = record["notes"].to_string();
    assert!(
        notes.contains("read as dates") && notes.contains("read as numbers"),
        "{notes}"
    );
    let inspected = done(&["inspect", text(&model)]).stdout;
    assert!(inspected.contains("date"), "{inspected}");
    let predicted = done(&["predict", text(&model), text(&data), "-q"]);
    assert_eq!(predicted.stdout.lines().count(), 81);
    assert!(!predicted.stderr.contains("warning"), "{}", predicted.stderr);
}
