//! A named pipe as an output whose reader stops reading.

use crate::setting::BINARY;
use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_pipe_that_is_full_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // More predictions than a pipe takes.
    let rows: String = (0..40_000)
        .map(|row| format!("{},{}\n", row % 17, row % 2))
        .collect();
    fs::write(folder.path().join("t.csv"), format!("x,y\n{rows}")).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(folder.path())
            .stderr(Stdio::piped());
        command
    };
    let train = [
        "train",
        "t.csv",
        "--target",
        "y",
        "--epochs",
        "1",
        "-q",
        "--out",
        "m.safetensors",
    ];
    assert!(run(&train).output().unwrap().status.success());
    let child = run(&["predict", "m.safetensors", "t.csv", "--proba", "-o", "pipe"])
        .spawn()
        .unwrap();
    let mut reader = File::open(&pipe).unwrap();
    let mut first = [0; 1000];
    reader.read_exact(&mut first).unwrap();
    thread::sleep(Duration::from_millis(1500));
    let process = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &process])
            .status()
            .unwrap()
            .success()
    );
    let started = Instant::now();
    let ended = child.wait_with_output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("waited for the reader of this pipe"), "{stderr}");
}
