//! Paths that cannot be written, and files that were there before.

use crate::driver::{done, refused, text};
use std::fs;
use std::path::Path;

/// So long a run would not end within the test's time: what is refused is refused before it.
const LONG_RUN: [&str; 5] = ["run", "single-sample", "--quiet", "--epochs", "1000000000000"];

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_path_that_cannot_be_written_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "a file").unwrap();
    fs::create_dir(folder.path().join("folder.svg")).unwrap();
    for (option, name, expected) in [
        ("--json", "missing/record.json", "there is no folder"),
        ("--plot", "missing/curve.svg", "there is no folder"),
        ("--json", "folder.svg", "it is a folder"),
        ("--plot", "folder.svg", "it is a folder"),
        ("--json", "file/record.json", "file"),
    ] {
        let path = folder.path().join(name);
        refused(
            &[&LONG_RUN[..], &[option, text(&path)]].concat(),
            1,
            &["cannot write to", text(&path), expected],
        );
    }
    assert_eq!(names(folder.path()), ["file", "folder.svg"]);
    refused(&[&LONG_RUN[..], &["--json", ""]].concat(), 2, &["--json <FILE>"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported() {
    let ended = crate::driver::pellucid(&["run", "xor-sgd", "--quiet", "--json", "/dev/full"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(
        ended.stderr.contains("cannot write to /dev/full"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_run_that_fails_leaves_the_files_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let (json, plot) = (folder.path().join("record.json"), folder.path().join("curve.svg"));
    fs::write(&json, "the record of yesterday").unwrap();
    fs::write(&plot, "the picture of yesterday").unwrap();
    let outputs = ["--json", text(&json), "--plot", text(&plot), "--quiet"];
    let diverges = crate::divergence::recipe(folder.path());
    let at_once = ["--set", "train.learning_rate=1e200"];
    refused(
        &[&["run", text(&diverges)], &outputs[..], &at_once].concat(),
        1,
        &["the loss became"],
    );
    refused(
        &[&["run", "mnist-online", "--data", "nowhere"], &outputs[..]].concat(),
        1,
        &["nowhere"],
    );
    refused(
        &[&["run", "xor-sgd", "--set", "log.line={x}"], &outputs[..]].concat(),
        2,
        &["log.line"],
    );
    assert_eq!(fs::read_to_string(&json).unwrap(), "the record of yesterday");
    assert_eq!(fs::read_to_string(&plot).unwrap(), "the picture of yesterday");
    assert_eq!(
        names(folder.path()),
        ["curve.svg", "diverges.toml", "record.json"]
    );
}

#[test]
fn one_file_is_not_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.svg");
    let same = folder.path().join(".").join("both.svg");
    for command in [&LONG_RUN[..], &["compare", "xor-sgd", "xor-batch-sum"]] {
        let both = [command, &["--json", text(&path), "--plot", text(&same)]].concat();
        refused(&both, 2, &["--plot", "would overwrite --json", "both.svg"]);
    }
    assert!(!path.exists());
}

#[test]
fn a_recipe_is_not_overwritten_by_its_record() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = folder.path().join("recipe.toml");
    let content = done(&["recipes", "xor-sgd"]).stdout;
    fs::write(&recipe, &content).unwrap();
    let expected = ["--json", "would overwrite the recipe"];
    refused(&["run", text(&recipe), "--json", text(&recipe)], 2, &expected);
    refused(
        &["compare", "xor-sgd", text(&recipe), "--json", text(&recipe)],
        2,
        &expected,
    );
    assert_eq!(fs::read_to_string(&recipe).unwrap(), content);
}
