//! Tests of `--help` and `--version`.

use crate::driver::{done, pellucid};

#[test]
fn each_command_lists_its_options() {
    for (command, options) in [
        (
            &["--help"][..],
            &[
                "recipes",
                "run",
                "compare",
                "Examples:",
                "Exit status",
                "--version",
            ][..],
        ),
        (&["recipes", "--help"], &["[NAME]", "TOML"]),
        (
            &["tune", "--help"],
            &[
                "<DATA>",
                "--target",
                "--vary",
                "learning_rate=log:1e-4..1e-1",
                "--space",
                "--method",
                "halving",
                "--trials",
                "--metric",
                "--validation",
                "--folds",
                "--state",
                "--model",
                "--save-recipe",
                "--plot",
                "--json",
                "--threads",
                "--quiet",
            ],
        ),
        (
            &["importance", "--help"],
            &[
                "<MODEL>",
                "<DATA>",
                "--repeats",
                "--seed",
                "--metric",
                "--top",
                "--drop-missing-target",
                "--json",
                "--plot",
                "--delimiter",
            ],
        ),
        (
            &["explain", "--help"],
            &["--contributions", "--background", "--class", "Shapley"],
        ),
        (
            &["run", "--help"],
            &[
                "<RECIPE>",
                "--seed",
                "--epochs",
                "--threads",
                "--precision",
                "f32",
                "f64",
                "--set",
                "train.learning_rate=0.3",
                "--data",
                "--json",
                "standard output",
                "--plot",
                ".svg or .png",
                "--quiet",
            ],
        ),
        (
            &["compare", "--help"],
            &[
                "<RECIPES>",
                "--vary",
                "batch_size=1,16,256",
                "--seeds",
                "--own-weights",
                "--one-by-one",
                "--against",
                "--theme",
                "--chart",
                "--plot",
                "--reach",
                "--seed",
                "--epochs",
                "--json",
                "--set",
            ],
        ),
        (
            &["find-rate", "--help"],
            &[
                "<RECIPE-or-TABLE>",
                "--from",
                "--to",
                "--steps",
                "--plot",
                "--json",
                "--target",
                "1e-6",
            ],
        ),
    ] {
        let help = done(command).stdout;
        for option in options {
            assert!(
                help.contains(option),
                "{command:?} does not mention {option}: {help}"
            );
        }
    }
}

#[test]
fn the_version_is_printed() {
    assert_eq!(
        done(&["--version"]).stdout,
        concat!("pellucid ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn without_a_command_the_help_is_shown() {
    let ended = pellucid(&[]);
    assert_eq!(ended.status, 2);
    assert!(
        ended.stderr.contains("Usage: pellucid [OPTIONS] <COMMAND>"),
        "{}",
        ended.stderr
    );
}

#[test]
fn recipes_lists_each_with_a_line_and_prints_one() {
    let list = done(&["recipes"]).stdout;
    let (recipes, presets) = list.split_once("\n\n").unwrap();
    assert!(presets.contains("realmlp-s"), "{presets}");
    let names: Vec<&str> = recipes
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert_eq!(names.len(), 9);
    for name in names {
        let recipe = done(&["recipes", name]).stdout;
        let title = recipe
            .lines()
            .find_map(|line| line.strip_prefix("title = \""))
            .unwrap();
        assert!(
            list.contains(title.trim_end_matches('"')),
            "{title} is not in {list}"
        );
    }
}
