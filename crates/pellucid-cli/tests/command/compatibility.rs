//! Tests that files of earlier formats are read, and give the same bits; see `compat/README.md`.

use crate::driver::{command, done, refused, text};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../compat")
}

/// The instruction sets of this machine, as `PELLUCID_ISA` names them.
#[cfg(target_arch = "x86_64")]
fn instruction_sets() -> Vec<&'static str> {
    let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let has_avx512 = has_avx2 && is_x86_feature_detected!("avx512vbmi2");
    let sets = [("baseline", true), ("avx2", has_avx2), ("avx512", has_avx512)];
    sets.into_iter()
        .filter(|&(name, is_here)| {
            if !is_here {
                crate::driver::skipped(&format!("this machine has no {name}"));
            }
            is_here
        })
        .map(|(name, _)| name)
        .collect()
}

/// Files of a kind, such as `model-1.safetensors`.
fn files(kind: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let is_one = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(kind);
    let mut files: Vec<_> = entries.filter(is_one).collect();
    files.sort();
    assert!(!files.is_empty(), "{kind}");
    files
}

#[test]
#[cfg(target_arch = "x86_64")]
fn models_of_every_format_predict_the_same_bits() {
    let rows = folder().join("rows.csv");
    for model in files("model-") {
        for isa in instruction_sets() {
            let stem = model.file_stem().unwrap().to_str().unwrap();
            let expected = folder().join(format!("expected/{stem}-{isa}.csv"));
            let expected = fs::read_to_string(&expected).unwrap_or_else(|_| panic!("{}", expected.display()));
            let arguments = ["predict", text(&model), text(&rows), "--proba", "--quiet"];
            let output = command()
                .env("PELLUCID_ISA", isa)
                .args(arguments)
                .output()
                .unwrap();
            let found = String::from_utf8(output.stdout).unwrap();
            assert!(
                output.status.success() && found == expected,
                "{stem} on {isa}:\n{found}"
            );
        }
        done(&["inspect", text(&model)]);
        done(&["evaluate", text(&model), text(&rows)]);
    }
}

#[test]
fn recipes_checkpoints_and_searches_of_every_format_go_on() {
    let temporary = tempfile::tempdir().unwrap();
    let rows = folder().join("rows.csv");
    let copy = |path: &Path| {
        let copy = temporary.path().join(path.file_name().unwrap());
        fs::copy(path, &copy).unwrap();
        copy
    };
    for recipe in files("recipe-") {
        done(&[
            "train",
            text(&rows),
            "--recipe",
            text(&recipe),
            "--out",
            "/dev/null",
            "-q",
        ]);
    }
    for checkpoint in files("checkpoint-") {
        let state = copy(&checkpoint);
        let arguments =
            "--target class --hidden 4 --epochs 6 --seed 3 --threads 1 --preset plain -q --out /dev/null";
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let ended = done(
            &[
                &["train", text(&rows)],
                &arguments[..],
                &["--resume", text(&state)],
            ]
            .concat(),
        );
        assert!(!ended.stderr.contains("error"), "{}", ended.stderr);
    }
    for state in files("state-") {
        let state = copy(&state);
        let arguments = "--target class --seed 3 --threads 1 --trials 4 --epochs 2 -q --vary hidden=2,4 --vary \
                         learning_rate=log:1e-3..1e-1";
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        done(&[&["tune", text(&rows)], &arguments[..], &["--state", text(&state)]].concat());
        let trials = fs::read_to_string(&state).unwrap();
        assert_eq!(trials.matches("\"trial\"").count(), 4, "{trials}");
    }
}

/// A file of a version that is yet to come.
#[test]
fn a_file_of_a_newer_format_is_refused_by_its_number() {
    let temporary = tempfile::tempdir().unwrap();
    for (kind, arguments) in [
        ("model-1", &["inspect", "FILE"][..]),
        (
            "checkpoint-1",
            &["train", "iris", "-q", "--out", "/dev/null", "--resume", "FILE"],
        ),
    ] {
        let path = files(kind).remove(0);
        let bytes = fs::read(&path).unwrap();
        let (old, new) = (b"\"format_version\":\"1\"", b"\"format_version\":\"9\"");
        let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
        let newer = [&bytes[..at], new, &bytes[at + old.len()..]].concat();
        let copy = temporary.path().join("newer");
        fs::write(&copy, newer).unwrap();
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|&argument| if argument == "FILE" { text(&copy) } else { argument })
            .collect();
        refused(&arguments, 1, &["of format 9", "update it"]);
    }
}
