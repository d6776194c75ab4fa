//! `--set` and `--unset`: a new method drops the settings of the one before.

use crate::driver::{done, pellucid, refused};

#[test]
fn a_method_of_a_notebook_is_replaced() {
    for value in ["zeros", "\"zeros\""] {
        let set = format!("init.method={value}");
        let ended = done(&["run", "xor-sgd", "--set", &set, "--epochs", "2", "--quiet"]);
        assert!(
            ended
                .stderr
                .contains("note: init.method = \"zeros\" drops init.draws, which belongs to \"draws\""),
            "{}",
            ended.stderr
        );
    }
    for command in ["explain", "check", "diagnose", "find-rate"] {
        let ended = pellucid(&[command, "xor-sgd", "--set", "init.method=he_normal", "--quiet"]);
        assert!(
            ended.stderr.contains("drops init.draws"),
            "{command}: {}",
            ended.stderr
        );
    }
    let ended = done(&[
        "run",
        "xor-sgd",
        "--set",
        "train.loss=binary_cross_entropy",
        "--epochs",
        "2",
    ]);
    assert!(!ended.stderr.contains("drops"), "{}", ended.stderr);
}

#[test]
fn a_setting_is_left_out() {
    let set = ["run", "xor-sgd", "--epochs", "2", "--set", "train.patience=3"];
    refused(
        &[&set[..], &["--unset", "train.patience"]].concat(),
        2,
        &["--unset train.patience", "--set gives it a value"],
    );
    refused(
        &["run", "xor-sgd", "--unset", "train.epoch"],
        2,
        &["--unset train.epoch", "does not set it", "did you mean `epochs`?"],
    );
    let ended = done(&[
        "run", "xor-sgd", "--unset", "init", "--epochs", "2", "--quiet", "--json", "-",
    ]);
    let record: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(record["recipe"]["init"]["method"], "xavier_uniform");
}
