//! `--chart`: curves and matrices in the terminal.

use crate::driver::{command, done, refused, text};
use std::fs;

/// Runs in a terminal of so many columns and such a locale.
fn shown(arguments: &[&str], columns: &str, locale: &str) -> String {
    let output = command()
        .args(arguments)
        .env("COLUMNS", columns)
        .env("LC_ALL", locale)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn is_braille(character: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&character)
}

#[test]
fn a_run_draws_its_curve_as_wide_as_the_terminal() {
    let run = ["run", "xor-sgd", "--quiet", "--chart"];
    for columns in [80, 200] {
        let chart = shown(&run, &columns.to_string(), "C.UTF-8");
        assert!(
            chart.contains("XOR by stochastic gradient descent") && chart.contains("epoch"),
            "{chart}"
        );
        let widest = chart
            .lines()
            .filter(|line| line.contains('│'))
            .map(|line| line.chars().count())
            .max();
        assert!(
            chart.chars().filter(|&c| is_braille(c)).count() > columns / 2,
            "{chart}"
        );
        let axis = chart.lines().find(|line| line.contains('└')).unwrap();
        assert_eq!(axis.chars().count(), columns, "{chart}");
        assert!(widest <= Some(columns) && !chart.contains('\u{1b}'), "{chart}");
    }
    let ascii = shown(&run, "80", "C");
    assert!(ascii.is_ascii() && ascii.matches('*').count() > 40, "{ascii}");
    // The results are there as without.
    assert!(
        ascii.contains("training data: loss") && ascii.contains("Predictions"),
        "{ascii}"
    );
}

#[test]
fn a_comparison_draws_a_letter_a_curve_and_a_chart_an_axis() {
    let compare = [
        "compare",
        "xor-sgd",
        "xor-batch-mean",
        "--epochs",
        "500",
        "-q",
        "--chart",
        "--seeds",
        "3",
    ];
    let chart = shown(
        &[&compare[..], &["--against", "epochs,updates"]].concat(),
        "100",
        "C.UTF-8",
    );
    assert_eq!(
        chart.matches("a xor-sgd   b xor-batch-mean").count(),
        2,
        "{chart}"
    );
    assert!(
        chart.contains("Loss against updates") && chart.contains("median of 3 seeds"),
        "{chart}"
    );
    assert!(!chart.contains("; band:"), "no band is drawn: {chart}");
}

#[test]
fn training_and_evaluation_shade_the_confusion_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    let train = [
        "train",
        "iris",
        "--epochs",
        "60",
        "--out",
        text(&model),
        "--quiet",
        "--chart",
    ];
    let report = shown(&train, "80", "C.UTF-8");
    assert!(
        report.contains("a training   b validation") && report.contains("validation rows"),
        "{report}"
    );
    assert!(
        report.contains("true \\ predicted") && report.contains("██"),
        "{report}"
    );
    let plain = shown(&["evaluate", text(&model), "iris"], "80", "C.UTF-8");
    let shaded = shown(&["evaluate", text(&model), "iris", "--chart"], "80", "C.UTF-8");
    assert!(!plain.contains("██") && shaded.contains("██ 50"), "{shaded}");
    let ascii = shown(&["evaluate", text(&model), "iris", "--chart"], "80", "POSIX");
    assert!(ascii.contains("## 50"), "{ascii}");
}

#[test]
fn a_record_on_standard_output_is_not_mixed_with_a_chart() {
    let ended = done(&["run", "xor-sgd", "--epochs", "50", "-q", "--chart", "--json", "-"]);
    assert!(
        serde_json::from_str::<serde_json::Value>(&ended.stdout).is_ok(),
        "{}",
        ended.stdout
    );
}

#[test]
fn cross_validation_alone_has_no_curve_to_draw() {
    refused(
        &["train", "iris", "--cv", "3", "--chart"],
        2,
        &["--chart", "--cv alone", "--out"],
    );
}

#[test]
fn a_picture_and_a_chart_are_of_the_same_curve() {
    let folder = tempfile::tempdir().unwrap();
    let svg = folder.path().join("curve.svg");
    let both = ["run", "xor-sgd", "-q", "--chart", "--plot", text(&svg)];
    let chart = shown(&both, "80", "C.UTF-8");
    assert!(
        chart.contains("10k") && fs::read_to_string(&svg).unwrap().contains("10k"),
        "{chart}"
    );
}
