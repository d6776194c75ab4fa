//! Tests of Ctrl-C.

use crate::driver::text;
use crate::figures::read;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The files in a folder, and those that a process writes there and that have no name yet.
fn outputs_of(process: &Child, folder: &Path) -> usize {
    let named = fs::read_dir(folder).unwrap().count();
    let open = fs::read_dir(format!("/proc/{}/fd", process.id()));
    let targets = open.into_iter().flatten().flatten();
    let targets = targets.filter_map(|entry| fs::read_link(entry.path()).ok());
    let is_unnamed = |path: &PathBuf| path.starts_with(folder) && text(path).ends_with(" (deleted)");
    named + targets.filter(is_unnamed).count()
}

#[test]
fn it_ends_a_run_which_still_leaves_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let (json, plot) = (folder.path().join("record.json"), folder.path().join("curve.svg"));
    let most = u64::MAX.to_string();
    let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args([
            "run",
            "single-sample",
            "--epochs",
            &most,
            "--set",
            "log.every=1000000000000000000",
        ])
        .args(["--json", text(&json), "--plot", text(&plot)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The temporary files beside the outputs show that Ctrl-C is listened to.
    let started = Instant::now();
    while outputs_of(&child, folder.path()) < 2 {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the run does not begin"
        );
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(200));
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("stopped by Ctrl-C after"), "{stderr}");
    let report = read(&json);
    assert_eq!(report["stopped"], true);
    let (epochs, updates) = (
        report["epochs"].as_u64().unwrap(),
        report["updates"].as_u64().unwrap(),
    );
    assert!(
        epochs > 0 && updates - epochs <= 1,
        "{updates} updates in {epochs} epochs"
    );
    assert!(report["last_epoch"].is_null());
    assert_ne!(report["initial"], report["final"]);
    assert!(fs::read_to_string(&plot).unwrap().contains("<svg"));
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        2,
        "a temporary file is left"
    );
}

#[test]
fn it_ends_a_training_whose_model_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args([
            "train",
            "spirals",
            "--epochs",
            "100000000",
            "--patience",
            "100000000",
        ])
        .args(["--out", text(&model)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while outputs_of(&child, folder.path()) < 1 {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the training does not begin"
        );
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(400));
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("stopped by Ctrl-C; the model has the best weights so far"),
        "{stderr}"
    );
    let scores = crate::driver::done(&["evaluate", text(&model), "spirals"]);
    assert!(scores.stdout.contains("accuracy"), "{}", scores.stdout);
}

#[test]
fn it_ends_all_runs_of_a_comparison_which_reports_the_finished_ones() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("record.json");
    let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args([
            "compare",
            "xor-sgd",
            "--vary",
            "epochs=50,100,9000000000000000000",
        ])
        .args(["--threads", "2", "--json", text(&json)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while outputs_of(&child, folder.path()) < 1 {
        assert!(started.elapsed() < Duration::from_secs(20), "it does not begin");
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(500));
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(ended.stdout).unwrap(),
        String::from_utf8(ended.stderr).unwrap(),
    );
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("stopped by Ctrl-C; the comparison has only the finished runs: 2 with 1 seed"),
        "{stderr}"
    );
    assert!(
        stdout.contains("epochs=100") && !stdout.contains("9000000000000000000"),
        "{stdout}"
    );
    let report = read(&json);
    assert_eq!(
        (&report["stopped"], report["variants"].as_array().unwrap().len()),
        (&true.into(), 2)
    );
}

/// A named pipe waits for its reader, and Ctrl-C ends that.
#[test]
#[cfg(unix)]
fn it_ends_the_wait_for_the_reader_of_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for arguments in [
        &["run", "xor-sgd", "-q", "--json"][..],
        &["train", "iris", "--epochs", "1", "-q", "--out"],
    ] {
        let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
            .args(arguments)
            .arg(&pipe)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
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
        assert!(started.elapsed() < Duration::from_secs(10), "{arguments:?} waits");
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("waited for the reader of this pipe"), "{stderr}");
    }
}

/// What a reader of a pipe gets is the whole output, however slowly it reads.
#[test]
#[cfg(unix)]
fn a_pipe_takes_the_whole_output() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, model) = (folder.path().join("pipe"), folder.path().join("m.safetensors"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let data = folder.path().join("t.csv");
    let rows: String = (0..20_000)
        .map(|row| format!("{},{}\n", row % 17, row % 2))
        .collect();
    fs::write(&data, format!("x,y\n{rows}")).unwrap();
    let train = [
        "train",
        text(&data),
        "--target",
        "y",
        "--epochs",
        "1",
        "-q",
        "--out",
        text(&model),
    ];
    crate::driver::done(&train);
    let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args([
            "predict",
            text(&model),
            text(&data),
            "--proba",
            "-q",
            "-o",
            text(&pipe),
        ])
        .spawn()
        .unwrap();
    let mut reader = fs::File::open(&pipe).unwrap();
    let mut found = Vec::new();
    let mut piece = vec![0; 3000];
    loop {
        let read = std::io::Read::read(&mut reader, &mut piece).unwrap();
        if read == 0 {
            break;
        }
        found.extend_from_slice(&piece[..read]);
        if found.len() < 200_000 {
            thread::sleep(Duration::from_millis(2));
        }
    }
    assert!(child.wait_with_output().unwrap().status.success());
    let direct = crate::driver::done(&["predict", text(&model), text(&data), "--proba", "-q"]).stdout;
    assert_eq!(String::from_utf8(found).unwrap(), direct);
}

#[test]
fn it_ends_a_measurement_of_importance_which_keeps_its_whole_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("iris.safetensors");
    crate::driver::done(&["train", "iris", "--epochs", "5", "--out", text(&model), "-q"]);
    let json = folder.path().join("record.json");
    let child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(["importance", text(&model), "iris", "--repeats", "100000"])
        .args(["--json", text(&json)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while outputs_of(&child, folder.path()) < 2 {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the measurement does not begin"
        );
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_secs(2));
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let ended = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("stopped by Ctrl-C after"), "{stderr}");
    assert!(stderr.contains("of 100,000"), "{stderr}");
    let record = read(&json);
    assert_eq!(record["stopped"], true);
    let repeats = record["repeats"].as_u64().unwrap();
    for column in record["columns"].as_array().unwrap() {
        assert_eq!(column["values"].as_array().unwrap().len() as u64, repeats);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}
