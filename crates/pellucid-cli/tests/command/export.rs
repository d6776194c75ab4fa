//! Tests of `pellucid export` and `pellucid import`.

use crate::driver::{assert_is_refusal, command, done, refused, skipped, text};
use crate::train::people;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with a table and a model of it.
fn trained() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let table = people(folder.path(), 200);
    let model = folder.path().join("who buys.safetensors");
    let settings = [
        "--preset", "plain", "--hidden", "8,4", "--epochs", "3", "--seed", "3", "-q", "--id", "name",
    ];
    let out = ["train", text(&table), "--target", "buys", "--out", text(&model)];
    done(&[&out, &settings[..]].concat());
    (folder, table, model)
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn each_form_is_written_with_its_test_program() {
    let (folder, _, model) = trained();
    for (form, expected) in [
        ("onnx", ["buyer.onnx", "buyer_test.py"].as_slice()),
        ("c", &["buyer.c", "buyer.h", "buyer_test.c"]),
        ("python", &["buyer.py", "buyer_test.py"]),
        ("js", &["buyer.mjs", "buyer_test.mjs"]),
        ("rust", &["buyer.rs", "buyer_test.rs"]),
        ("sql", &["buyer.sql", "buyer_sqlite.sql", "buyer_test.py"]),
        ("pytorch", &["buyer.py", "buyer.safetensors", "buyer_test.py"]),
        ("keras", &["buyer.py", "buyer.safetensors", "buyer_test.py"]),
        ("sklearn", &["buyer.py", "buyer_test.py"]),
    ] {
        let out = folder.path().join(form);
        fs::create_dir(&out).unwrap();
        let main = out.join(expected[0]);
        let ended = done(&[
            "export",
            text(&model),
            "--to",
            form,
            "--out",
            text(&main),
            "--json",
        ]);
        assert_eq!(files(&out), expected, "{form}");
        let record: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(
            (&record["form"], &record["name"]),
            (&form.into(), &"buyer".into())
        );
        assert_eq!(record["largest_deviation"], Value::Null);
        assert!(ended.stderr.contains("not verified"), "{}", ended.stderr);
    }
}

#[test]
fn the_files_are_called_after_the_model() {
    let (folder, _, model) = trained();
    let export = || {
        let arguments = ["export", text(&model), "--to", "js", "-q"];
        let output = command().current_dir(folder.path()).args(arguments).output();
        output.unwrap()
    };
    assert!(export().status.success());
    let module = folder.path().join("who_buys.mjs");
    fs::write(&module, "a file of the user").unwrap();
    assert_is_refusal(
        &export().into(),
        &["export"],
        2,
        &["who_buys.mjs is there already", "--out"],
    );
    assert_eq!(fs::read_to_string(module).unwrap(), "a file of the user");
}

/// Says so where there is none.
fn has_c_compiler() -> bool {
    let is_there = std::process::Command::new("cc").arg("--version").output().is_ok();
    if !is_there {
        skipped("there is no C compiler");
    }
    is_there
}

#[test]
fn a_verified_export_says_how_far_it_is_from_the_model() {
    if !has_c_compiler() {
        return;
    }
    let (folder, table, model) = trained();
    let main = folder.path().join("buyer.c");
    let ended = done(&[
        "export",
        text(&model),
        "--to",
        "c",
        "--out",
        text(&main),
        "--verify",
        text(&table),
    ]);
    assert!(ended.stdout.contains("verified: c on "), "{}", ended.stdout);
    assert!(ended.stdout.contains("no class differs"), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
}

#[test]
fn layers_in_integers_are_verified_with_their_deviations() {
    if !has_c_compiler() {
        return;
    }
    let (folder, table, model) = trained();
    let main = folder.path().join("buyer.c");
    let arguments = ["export", text(&model), "--quantize", "int8", "--out", text(&main)];
    let verified = ["--to", "c", "--verify", text(&table)];
    let ended = done(&[&arguments[..], &verified, &["--json"]].concat());
    let record: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(record["quantization"], "int8");
    let mean = record["mean_deviation"].as_f64().unwrap();
    assert!(mean > 0.0 && mean < 0.05, "{record}");
    let ended = done(&[&arguments[..], &verified].concat());
    assert!(ended.stdout.contains("c in integers on "), "{}", ended.stdout);
    let script = folder.path().join("buyer.mjs");
    let arguments = [
        "export",
        text(&model),
        "--quantize",
        "int8",
        "--out",
        text(&script),
        "--to",
        "js",
    ];
    refused(
        &arguments,
        2,
        &["js cannot express layers in int8 integers", "the form c can"],
    );
}

#[test]
fn nothing_is_written_where_the_program_is_missing() {
    let (folder, table, model) = trained();
    let main = folder.path().join("buyer.c");
    let arguments = [
        "export",
        text(&model),
        "--to",
        "c",
        "--out",
        text(&main),
        "--verify",
        text(&table),
    ];
    let ended = command()
        .env("CC", "no-such-compiler")
        .args(arguments)
        .output()
        .unwrap()
        .into();
    assert_is_refusal(
        &ended,
        &arguments,
        1,
        &["`no-such-compiler` cannot be run", "a C compiler is needed", "CC"],
    );
    assert!(!main.exists());
}

#[test]
fn wrong_names_are_refused() {
    let (folder, _, model) = trained();
    let out = |name: &str| folder.path().join(name);
    let export = |more: &[&str]| {
        [&["export", text(&model), "--to", "c"], more]
            .concat()
            .join("\u{0}")
    };
    let refused = |more: &[&str], expected: &[&str]| {
        let arguments = export(more);
        refused(&arguments.split('\u{0}').collect::<Vec<_>>(), 2, expected);
    };
    refused(
        &["--out", text(&out("a.onnx"))],
        &["a.onnx: the main file of c ends in .c"],
    );
    refused(
        &["--out", text(&out("a b.c"))],
        &["\"a b\"", "give the main file another name"],
    );
    refused(&["--out", text(&out("3a.c"))], &["begins with a digit"]);
    let header = text(&out("a.h")).to_owned();
    refused(
        &["--out", text(&out("a.c")), "--json", &header],
        &["would overwrite"],
    );
    assert_eq!(
        files(folder.path())
            .iter()
            .filter(|name| name.ends_with(".c") || name.ends_with(".h"))
            .count(),
        0
    );
}

#[test]
fn an_exported_graph_is_imported_with_the_same_answers() {
    let (folder, table, model) = trained();
    let (graph, again) = (
        folder.path().join("buyer.onnx"),
        folder.path().join("again.safetensors"),
    );
    done(&[
        "export",
        text(&model),
        "--to",
        "onnx",
        "--out",
        text(&graph),
        "-q",
    ]);
    let ended = done(&["import", text(&graph), "--out", text(&again)]);
    assert!(
        ended.stdout.contains("6 → 8 relu → 4 relu → 1 sigmoid"),
        "{}",
        ended.stdout
    );
    let predicted = |model: &Path| done(&["predict", text(model), text(&table), "--id", "name", "-q"]).stdout;
    assert_eq!(predicted(&again), predicted(&model));
}

#[test]
fn what_is_no_onnx_file_is_refused() {
    let (folder, table, model) = trained();
    let out = folder.path().join("out.safetensors");
    for (file, expected) in [(&table, "ONNX"), (&model, "a model of pellucid already")] {
        refused(
            &["import", text(file), "--out", text(&out)],
            1,
            &[text(file), expected],
        );
    }
    let folder_path = folder.path();
    refused(
        &["import", text(folder_path), "--out", text(&out)],
        1,
        &["no file"],
    );
    assert!(!out.exists());
}
