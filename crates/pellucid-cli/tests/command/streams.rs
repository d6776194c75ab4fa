//! What goes to standard output and what to standard error, and the behaviour at a broken pipe.

use crate::driver::{command, done, text};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// The binary as a process to be talked to while it runs.
fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_record_on_standard_output_is_alone_there() {
    let ended = done(&["run", "xor-sgd", "--json", "-"]);
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(report["recipe"]["train"]["seed"], 42);
    assert!(ended.stderr.contains("Epoch 9001, Loss: "), "{}", ended.stderr);
    let ended = done(&["compare", "xor-sgd", "xor-batch-sum", "--json", "-"]);
    serde_json::from_str::<Value>(&ended.stdout).unwrap();
}

#[test]
fn quiet_leaves_only_results() {
    let ended = done(&["run", "xor-sgd", "--quiet"]);
    assert_eq!(ended.stderr, "");
    assert!(
        !ended.stdout.contains("Epoch") && ended.stdout.contains("training data: loss"),
        "{}",
        ended.stdout
    );
    let loud = done(&["run", "xor-sgd"]);
    assert!(
        loud.stdout.starts_with("Epoch 1, Loss: ") && loud.stdout.ends_with(&ended.stdout),
        "{loud:?}"
    );
    assert!(loud.stderr.contains("trained in"), "{}", loud.stderr);
}

#[test]
fn a_reader_that_leaves_ends_the_run() {
    // So long a run would not end by itself within the test's time.
    let mut child = start(&["run", "single-sample", "--epochs", "1000000000000"]);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert_eq!(first, "Epoch 0| Loss : 0.0028, y_pred : 0.9247\n");
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    assert_eq!(stderr, "");
}

#[test]
fn a_reader_that_leaves_does_not_cost_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    let mut child = start(&[
        "run",
        "single-sample",
        "--set",
        "log.every=1000",
        "--json",
        text(&file),
    ]);
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(child.wait().unwrap().success());
    let report = crate::figures::read(&file);
    assert_eq!(report["stopped"], false);
    assert_eq!(report["epochs"], 1_000_000);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_reported() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(["run", "single-sample", "--epochs", "1000000000000"])
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("error: ") && stderr.contains("cannot write to standard output"),
        "{stderr}"
    );
}

/// On a terminal, which `script` pretends to be, a bar shows rate, loss and time left.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_a_bar() {
    if Command::new("script").arg("--version").output().is_err() {
        crate::driver::skipped("there is no `script` command to pretend a terminal with");
        return;
    }
    let run = format!(
        "'{}' run single-sample --epochs 8000000",
        env!("CARGO_BIN_EXE_pellucid")
    );
    let output = Command::new("script")
        .args(["-qec", &run, "/dev/null"])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    for part in [
        "single-sample",
        "%",
        "steps/s",
        "loss 0.",
        "left",
        "Epoch 10000| Loss : 0.0005",
    ] {
        assert!(shown.contains(part), "{part} is not shown: {shown:?}");
    }
}

#[test]
fn more_threads_than_cores_are_remarked_unless_quiet() {
    let ended = done(&["run", "xor-sgd", "--threads", "1000"]);
    assert!(ended.stderr.contains("note: 1000 threads"), "{}", ended.stderr);
    let quiet = command()
        .args(["run", "xor-sgd", "--threads", "1000", "--quiet"])
        .output()
        .unwrap();
    assert!(quiet.stderr.is_empty());
}
