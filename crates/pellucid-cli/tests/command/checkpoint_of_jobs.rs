//! Tests of checkpoints of commands that run several trainings side by side: `tune` and `compare`.

use crate::checkpoint::assert_equal_after_kills;
use crate::driver::{done, pellucid, refused, text};
use std::fs;
use std::path::Path;

const RESUMED: [&str; 4] = ["--checkpoint", "state", "--resume", "auto"];

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_killed_search_goes_on_within_its_trials_and_ends_with_the_same_model() {
    for more in ["", " --folds 2", " --method halving"] {
        let command = format!(
            "tune wine --trials 6 --epochs 120 --patience 1000 --seed 2 --vary hidden=8,24 --vary \
             learning_rate=log:1e-3..1e-1 -q --model model --save-recipe recipe.toml --plot trials.svg{more}"
        );
        let files = ["model", "recipe.toml", "trials.svg"];
        assert_equal_after_kills(&command, &["--state", "state"], &files);
    }
}

#[test]
fn a_killed_comparison_ends_with_the_same_curves() {
    let every = [&RESUMED[..], &["--every", "500epochs"]].concat();
    assert_equal_after_kills(
        "compare xor-sgd xor-batch-mean --epochs 8000 --seeds 4 -q --plot curves.svg",
        &every,
        &["curves.svg"],
    );
}

#[test]
fn finished_runs_are_kept_and_others_are_added() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let compare = |seeds: &str, more: &[&str]| {
        let mut arguments = vec!["compare", "xor-sgd", "--vary", "learning_rate=0.1,1e300"];
        arguments.extend(["--epochs", "300", "--seeds", seeds]);
        arguments.extend(more);
        arguments.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let run = |arguments: &[String]| done(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let state = at("state");
    let whole = run(&compare("4", &["--plot", &at("whole.svg"), "-q"]));
    run(&compare("2", &["--checkpoint", &state, "-q"]));
    let more = run(&compare(
        "4",
        &[
            "--checkpoint",
            &state,
            "--resume",
            "auto",
            "--plot",
            &at("more.svg"),
        ],
    ));
    assert!(more.stderr.contains("4 runs are done already"), "{}", more.stderr);
    assert_eq!(
        fs::read(at("whole.svg")).unwrap(),
        fs::read(at("more.svg")).unwrap(),
        "{}",
        whole.stderr
    );
    // All are done: nothing is trained, and no state of a run is left.
    let again = run(&compare("4", &["--resume", &state]));
    assert!(
        again.stderr.contains("8 runs are done already"),
        "{}",
        again.stderr
    );
    assert_eq!(names_in(folder.path()), ["more.svg", "state", "whole.svg"]);

    for (arguments, expected) in [
        (compare("4", &["--checkpoint", &state]), "there is a file already"),
        (
            compare(
                "4",
                &["--checkpoint", &state, "--resume", "auto", "--own-weights"],
            ),
            "own_weights is false, here it is true",
        ),
        (
            compare(
                "4",
                &[
                    "--checkpoint",
                    &state,
                    "--resume",
                    "auto",
                    "--set",
                    "train.l2=0.1",
                ],
            ),
            "another comparison",
        ),
        (
            compare("4", &["--resume", &at("absent")]),
            "there is no such file",
        ),
        (
            compare("4", &["--checkpoint", &at("other"), "--resume", &state]),
            "give --resume auto",
        ),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = pellucid(&arguments);
        assert!(
            ended.status != 0 && ended.stderr.contains(expected),
            "{arguments:?}: {ended:?}"
        );
    }
}

#[test]
fn the_state_of_a_search_that_another_process_uses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let holder = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.path().join("state.lock"))
        .unwrap();
    holder.lock().unwrap();
    refused(
        &[
            "tune",
            "iris",
            "--trials",
            "1",
            "--epochs",
            "1",
            "--state",
            text(&state),
        ],
        1,
        &["another process is using this state of a search", "--state"],
    );
}
