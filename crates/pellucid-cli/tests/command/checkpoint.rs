//! Tests of checkpoints: a command that is killed and continued ends with the files of one that never stopped.

use crate::driver::{done, pellucid, refused, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

fn start(arguments: &[&str], folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until a file is there.
fn wait_for(path: &Path) {
    let started = Instant::now();
    while !path.exists() {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{} is not written",
            path.display()
        );
        thread::sleep(Duration::from_millis(2));
    }
}

/// Starts the command and kills it, again and again and later each time, until it ends by itself. How often it was killed.
fn killed_until_done(arguments: &[&str], folder: &Path) -> usize {
    for kills in 0.. {
        let mut child = start(arguments, folder);
        let alive = Duration::from_millis(20 + 35 * kills);
        let started = Instant::now();
        while started.elapsed() < alive && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(1));
        }
        if child.try_wait().unwrap().is_some() {
            let ended = child.wait_with_output().unwrap();
            assert!(
                ended.status.success(),
                "{}",
                String::from_utf8_lossy(&ended.stderr)
            );
            return kills as usize;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    0
}

/// Compares the files of a command that was killed with those of one that was not.
fn assert_survives_kills(command: &str, every: &str, files: &[&str]) {
    let with_checkpoint = ["--checkpoint", "state", "--resume", "auto", "--every", every];
    assert_equal_after_kills(command, &with_checkpoint, files);
}

/// The same, with these flags where it is killed.
pub(crate) fn assert_equal_after_kills(command: &str, with_state: &[&str], files: &[&str]) {
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ended = start(&arguments, whole.path()).wait_with_output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let kills = killed_until_done(&[&arguments[..], with_state].concat(), killed.path());
    assert!(kills > 0, "{command} was never killed");
    for file in files {
        let read = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert!(
            read(whole.path()) == read(killed.path()),
            "{command}: {file} differs after {kills} kills"
        );
    }
}

#[test]
fn a_killed_training_ends_with_the_same_model_and_pictures() {
    assert_survives_kills(
        "train iris --epochs 60 -q --out model --plot curve.svg --plot metrics=scores.svg",
        "40steps",
        &["model", "curve.svg", "scores.svg"],
    );
}

#[test]
fn a_killed_ensemble_and_a_killed_training_on_all_rows_end_with_the_same_model() {
    for (command, every) in [
        ("train iris --epochs 20 --ensemble 3 -q --out model", "3epochs"),
        (
            "train wine --epochs 15 --refit -q --out model --optimizer sgd --set train.dropout=0.2",
            "11steps",
        ),
        ("train iris --epochs 12 --cv 3 -q --out model", "0.02s"),
    ] {
        assert_survives_kills(command, every, &["model"]);
    }
}

#[test]
fn a_killed_run_of_a_recipe_ends_with_the_same_picture() {
    assert_survives_kills(
        "run xor-sgd --epochs 30000 -q --plot loss.svg",
        "0.02s",
        &["loss.svg"],
    );
}

/// A training of a table that lasts until it is stopped.
const LONG: [&str; 10] = [
    "train",
    "spirals",
    "--epochs",
    "100000000",
    "--patience",
    "100000000",
    "--out",
    "model",
    "--checkpoint",
    "state",
];

#[test]
#[cfg(unix)]
fn a_signal_leaves_a_checkpoint_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [
        (
            "-TERM",
            "stopped by SIGTERM; the model has the best weights so far",
        ),
        ("-INT", "stopped by Ctrl-C; the model has"),
        (
            "-HUP",
            "stopped by SIGHUP, because its terminal was closed; the model has",
        ),
    ] {
        let child = start(&[&LONG[..], &["--resume", "auto"]].concat(), folder.path());
        wait_for(&folder.path().join("state.lock"));
        thread::sleep(Duration::from_millis(600));
        signal(&child, name);
        let ended = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
        assert!(
            stderr.contains("with --resume auto goes on from state"),
            "{stderr}"
        );
        assert!(folder.path().join("model").exists() && folder.path().join("state").exists());
        assert!(!folder.path().join("state.lock").exists());
    }
}

/// As `nohup` starts a command.
#[test]
#[cfg(unix)]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_pellucid");
    let script = format!("trap '' HUP; exec {binary} {} -q", LONG.join(" "));
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for(&folder.path().join("state.lock"));
    thread::sleep(Duration::from_millis(300));
    signal(&child, "-HUP");
    thread::sleep(Duration::from_millis(700));
    assert!(child.try_wait().unwrap().is_none(), "SIGHUP ended it");
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
#[cfg(unix)]
fn a_second_signal_ends_at_once_and_leaves_no_unfinished_file() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // It waits for the reader of the pipe, so that the first signal alone does not end it within a step.
    let child = start(&[&LONG[..], &["--plot", "curve.svg"]].concat(), folder.path());
    wait_for(&folder.path().join("state.lock"));
    thread::sleep(Duration::from_millis(300));
    signal(&child, "-INT");
    signal(&child, "-INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let names = fs::read_dir(folder.path()).unwrap();
    let names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.iter().any(|name| name.ends_with(".part")), "{names:?}");
}

#[test]
fn a_checkpoint_in_use_is_refused_with_the_process_that_uses_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = start(&LONG, folder.path());
    wait_for(&folder.path().join("state.lock"));
    thread::sleep(Duration::from_millis(200));
    let state = folder.path().join("state");
    let arguments = [
        "train",
        "spirals",
        "--out",
        "/dev/null",
        "-q",
        "--checkpoint",
        text(&state),
    ];
    let holder = format!("process {} is using this checkpoint", child.id());
    refused(&arguments, 1, &[text(&state), &holder]);
    child.kill().unwrap();
    child.wait().unwrap();
    // The lock of a killed process does not last.
    done(&[
        "train",
        "spirals",
        "--epochs",
        "1",
        "--out",
        "/dev/null",
        "-q",
        "--checkpoint",
        text(&state),
        "--resume",
        "auto",
    ]);
}

/// A finished training of iris with a checkpoint.
fn finished(folder: &Path, more: &[&str]) -> PathBuf {
    let state = folder.join("state");
    let model = folder.join("model");
    let arguments = [
        "train",
        "iris",
        "--epochs",
        "6",
        "-q",
        "--out",
        text(&model),
        "--checkpoint",
        text(&state),
    ];
    done(&[&arguments, more].concat());
    state
}

/// The arguments that continue the training of [`finished`].
fn resuming<'a>(state: &'a str, out: &'a str) -> [&'a str; 9] {
    [
        "train", "iris", "--epochs", "6", "-q", "--out", out, "--resume", state,
    ]
}

#[test]
fn a_checkpoint_of_another_training_is_refused_with_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let state = finished(folder.path(), &["--every", "2epochs"]);
    let again = |more: &[&str], expected: &[&str]| {
        let arguments = resuming(text(&state), "/dev/null");
        refused(&[&arguments, more].concat(), 1, expected);
    };
    again(
        &["--learning-rate", "0.5"],
        &[
            "another training: train.learning_rate is",
            "and 0.5 here",
            "begin anew with another file",
        ],
    );
    again(
        &["--ensemble", "2"],
        &["data.table.ensemble is not set there and 2 here"],
    );
    again(
        &["--set", "train.epochs=3"],
        &["train.epochs is 6 there and 3 here; it may be raised, not lowered"],
    );
    let arguments = [
        "train",
        "wine",
        "--epochs",
        "6",
        "-q",
        "--out",
        "/dev/null",
        "--resume",
        text(&state),
    ];
    refused(&arguments, 1, &["the data have changed"]);
    let arguments = ["run", "xor-sgd", "-q", "--resume", text(&state)];
    refused(
        &arguments,
        1,
        &["it is of a table, a model, this is a recipe's samples"],
    );
}

#[test]
fn a_checkpoint_is_not_replaced_unless_the_training_goes_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = finished(folder.path(), &["--every", "2epochs"]);
    let before = fs::read(&state).unwrap();
    let arguments = [
        "train",
        "iris",
        "--epochs",
        "6",
        "-q",
        "--out",
        "/dev/null",
        "--checkpoint",
        text(&state),
    ];
    refused(
        &arguments,
        1,
        &["there is a file already; go on from it with --resume auto"],
    );
    assert_eq!(fs::read(&state).unwrap(), before);
    // A training that has ended is not trained again.
    let model = folder.path().join("again");
    let arguments = resuming(text(&state), text(&model));
    done(&arguments);
    assert_eq!(
        fs::read(&model).unwrap(),
        fs::read(folder.path().join("model")).unwrap()
    );
}

#[test]
fn a_damaged_checkpoint_gives_way_to_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let state = finished(folder.path(), &["--every", "2epochs", "--keep", "3"]);
    let older = folder.path().join("state.1");
    assert!(older.exists() && folder.path().join("state.2").exists());
    assert!(!folder.path().join("state.3").exists());
    let bytes = fs::read(&state).unwrap();
    fs::write(&state, &bytes[..bytes.len() - 7]).unwrap();
    let model = folder.path().join("again");
    let arguments = resuming(text(&state), text(&model));
    let ended = done(&arguments);
    assert!(
        ended
            .stderr
            .contains("it is missing or damaged; the training goes on from the older"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        fs::read(&model).unwrap(),
        fs::read(folder.path().join("model")).unwrap()
    );
    for name in ["state", "state.1", "state.2"] {
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    refused(&arguments, 1, &["the file is cut off"]);
    fs::remove_file(&state).unwrap();
    refused(&arguments, 1, &["state.1", "the checksum does not match"]);
    let arguments = resuming(text(&model), "/dev/null");
    refused(&arguments, 1, &["it is a model, not a checkpoint"]);
    let arguments = resuming("/nowhere/state", "/dev/null");
    refused(&arguments, 1, &["/nowhere/state"]);
}

#[test]
fn an_older_checkpoint_is_found_where_all_after_it_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let state = finished(folder.path(), &["--every", "2epochs", "--keep", "3"]);
    for name in ["state", "state.1"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let model = folder.path().join("again");
    let ended = done(&resuming(text(&state), text(&model)));
    assert!(ended.stderr.contains("state.2"), "{}", ended.stderr);
    assert_eq!(
        fs::read(&model).unwrap(),
        fs::read(folder.path().join("model")).unwrap()
    );
}

#[test]
fn wrong_flags_are_refused() {
    for (flags, expected) in [
        (&["--resume", "auto"][..], "name it with --checkpoint FILE"),
        (
            &["--checkpoint", "s", "--every", "10"],
            "such as 10epochs, 5000steps or 60s",
        ),
        (&["--checkpoint", "s", "--keep", "0"], "from 1 to 1000"),
        (&["--every", "10steps"], "--checkpoint"),
    ] {
        let arguments = [&["train", "iris", "-q"], flags].concat();
        let ended = pellucid(&arguments);
        assert_eq!(ended.status, 2, "{ended:?}");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn more_epochs_go_on_from_a_training_that_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (state, short, long) = (
        folder.path().join("state"),
        folder.path().join("a"),
        folder.path().join("b"),
    );
    let run = |epochs: &str, more: &[&str]| {
        done(&[&["run", "xor-sgd", "-q", "--epochs", epochs], more].concat());
    };
    run("200", &["--checkpoint", text(&state), "--every", "50epochs"]);
    run("700", &["--resume", text(&state), "--json", text(&short)]);
    run("700", &["--json", text(&long)]);
    let read =
        |path: &Path| -> serde_json::Value { serde_json::from_slice(&fs::read(path).unwrap()).unwrap() };
    let (resumed, whole) = (read(&short), read(&long));
    for key in ["final", "last_epoch", "metrics", "epochs", "updates", "findings"] {
        assert_eq!(resumed[key], whole[key], "{key}");
    }
}
