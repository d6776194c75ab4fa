//! `pellucid train --ensemble`, and its models in every command.

use crate::driver::{done, refused, text};
use crate::train::people;
use serde_json::Value;

#[test]
fn every_command_reads_an_ensemble() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 120);
    let model = folder.path().join("model.safetensors");
    let (table, model) = (text(&table), text(&model));
    let page = folder.path().join("page.html");
    let ended = done(&[
        "train",
        table,
        "--target",
        "buys",
        "--drop",
        "name",
        "--epochs",
        "5",
        "--ensemble",
        "3",
        "--out",
        model,
        "--report",
        text(&page),
        "--json",
        "-",
    ]);
    assert!(ended.stderr.contains("network 3 of 3"), "{}", ended.stderr);
    let record: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(record["networks"], 3);
    assert_eq!(record["training_rows"], record["validation_rows"]);
    let inspected = done(&["inspect", model]).stdout;
    assert!(inspected.contains("in each of 3 networks"), "{inspected}");
    assert!(done(&["evaluate", model, table]).stdout.contains("accuracy"));
    assert_eq!(done(&["predict", model, table]).stdout.lines().count(), 121);
    for command in [
        &["explain", model, "--data", table][..],
        &["check", model, "--data", table],
        &["diagnose", model, "--data", table],
    ] {
        let ended = done(command);
        let all = ended.stdout + &ended.stderr;
        assert!(
            all.replace('\n', " ").contains("the mean of 3 networks"),
            "{command:?}: {all}"
        );
    }
}

#[test]
fn what_excludes_an_ensemble_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 60);
    let table = text(&table);
    for (more, expected) in [
        (&["--ensemble", "1"][..], "--ensemble"),
        (&["--ensemble", "3", "--cv", "3"], "--cv"),
        (&["--ensemble", "3", "--refit"], "data.table.refit"),
        (&["--ensemble", "3", "--validation", table], "--validation"),
        (
            &["--set", "data.table.ensemble=3", "--cv", "3"],
            "data.table.ensemble",
        ),
    ] {
        refused(
            &[&["train", table, "--target", "buys"], more].concat(),
            2,
            &[expected],
        );
    }
}
