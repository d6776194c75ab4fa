//! Every form of models with every part, run by the program that the form is for, against the engine's predictions.
//!
//! A form whose program is not there is skipped, and the test says so.

mod models;
mod round_trip;
mod state_dict;
mod without_libm;

use models::{Parts, all, classes, numbers, of_arrays, of_integers, of_scikit_learn};
use pellucid::{Activation, Normalisation};
use pellucid_data::Table;
use pellucid_data::model_file::Model;
use pellucid_export::{Export, ExportRequest, Form, Quantization, export, verify};
use std::io::Write;
use std::process::Command;

/// Whether the program of a form is there.
fn is_runnable(form: Form) -> bool {
    let named = |variable: &str, usual: &str| std::env::var(variable).unwrap_or_else(|_| usual.to_owned());
    let python = named("PYTHON", "python3");
    let (program, arguments): (String, &[&str]) = match form {
        Form::Onnx => (python, &["-c", "import numpy, onnxruntime"]),
        Form::Python => (python, &["-c", "import numpy"]),
        Form::Sql => (
            python,
            &[
                "-c",
                "import sqlite3; sqlite3.connect(':memory:').execute('SELECT exp(1)')",
            ],
        ),
        Form::PyTorch => (python, &["-c", "import numpy, safetensors, torch"]),
        Form::Keras => (python, &["-c", "import numpy, safetensors, keras"]),
        Form::ScikitLearn => (python, &["-c", "import sklearn"]),
        Form::JavaScript => (named("NODE", "node"), &["--version"]),
        Form::C => (named("CC", "cc"), &["--version"]),
        Form::Rust => (named("RUSTC", "rustc"), &["--version"]),
        _ => return false,
    };
    let ran = Command::new(program).args(arguments).output();
    let is_there = ran.is_ok_and(|output| output.status.success());
    if !is_there {
        // Past the harness, which would keep it to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: what runs {} is not there",
            form.name()
        );
    }
    is_there
}

fn check(form: Form, what: &str, model: &Model, data: Option<&Table>) {
    let request = ExportRequest {
        data,
        ..ExportRequest::new(form, "model_of_test")
    };
    let exported = export(model, &request).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = verify(&exported).unwrap_or_else(|error| panic!("{} of {what}: {error}", form.name()));
    assert_eq!(found.rows, exported.rows, "{what}");
    assert!(found.rows >= 40, "{what}: {found:?}");
    assert!(found.largest_deviation <= exported.tolerance, "{what}: {found:?}");
    let _ = writeln!(std::io::stderr(), "{} of {what}: {found:?}", form.name());
}

fn check_all(form: Form) {
    if !is_runnable(form) {
        return;
    }
    for (what, parts) in all() {
        let (model, table) = parts.build();
        check(form, what, &model, Some(&table));
    }
    check(form, "arrays", &of_arrays(), None);
}

#[test]
fn onnx_gives_the_models_answers() {
    check_all(Form::Onnx);
}

#[test]
fn c_gives_the_models_answers() {
    check_all(Form::C);
}

#[test]
fn python_gives_the_models_answers() {
    check_all(Form::Python);
}

#[test]
fn javascript_gives_the_models_answers() {
    check_all(Form::JavaScript);
}

#[test]
fn rust_gives_the_models_answers() {
    check_all(Form::Rust);
}

#[test]
fn sql_gives_the_models_answers() {
    check_all(Form::Sql);
}

#[test]
fn pytorch_gives_the_models_answers() {
    check_all(Form::PyTorch);
}

#[test]
fn keras_gives_the_models_answers() {
    check_all(Form::Keras);
}

#[test]
fn scikit_learn_gives_the_models_answers() {
    if !is_runnable(Form::ScikitLearn) {
        return;
    }
    for (what, parts) in of_scikit_learn() {
        let (model, table) = parts.build();
        check(Form::ScikitLearn, what, &model, Some(&table));
    }
}

#[test]
fn networks_that_scikit_learn_lacks_are_refused_by_their_parts() {
    let refused = |parts: Parts, expected: &str| {
        let request = ExportRequest::new(Form::ScikitLearn, "model_of_test");
        let error = export(&parts.build().0, &request).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let layers = |hidden| Parts { hidden, ..numbers() };
    refused(layers(vec![(3, Activation::Gelu, None)]), "`gelu`");
    refused(layers(vec![]), "hidden layers");
    refused(
        layers(vec![(3, Activation::Relu, None), (3, Activation::Tanh, None)]),
        "`relu` and `tanh`",
    );
    refused(
        layers(vec![(3, Activation::Relu, Some(Normalisation::LAYER))]),
        "layer normalisation",
    );
    for (members, networks) in [(2, 1), (1, 2)] {
        refused(
            Parts {
                members,
                networks,
                ..classes()
            },
            "members",
        );
    }
}

/// Layers in integers.
fn in_integers(parts: &Parts, quantize: Quantization, what: &str) -> Export {
    let (model, table) = parts.build();
    let request = ExportRequest {
        data: Some(&table),
        quantize: Some(quantize),
        ..ExportRequest::new(Form::C, "model_of_test")
    };
    export(&model, &request).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn integers_in_c_are_near_the_models_answers() {
    if !is_runnable(Form::C) {
        return;
    }
    for (what, parts) in of_integers() {
        let [of_8, of_16] = Quantization::ALL.map(|quantize| {
            let exported = in_integers(&parts, quantize, what);
            compile_without_warnings(&exported, what);
            let found = verify(&exported).unwrap_or_else(|error| panic!("{what}: {error}"));
            let _ = writeln!(std::io::stderr(), "{} of {what}: {found:?}", quantize.name());
            found
        });
        assert!(of_16.largest_deviation <= 0.003, "{what}: {of_16:?}");
        assert!(of_16.mean_deviation < of_8.mean_deviation, "{what}");
        // Integers are no floating-point numbers: this is not the plain form.
        assert!(of_8.mean_deviation > Some(1e-6), "{what}: {of_8:?}");
    }
}

#[test]
fn integers_that_are_too_coarse_are_refused() {
    if !is_runnable(Form::C) {
        return;
    }
    let parts = Parts {
        hidden: vec![
            (12, Activation::Exponential, None),
            (8, Activation::Exponential, None),
        ],
        ..numbers()
    };
    let error = verify(&in_integers(&parts, Quantization::Int8, "exponential")).unwrap_err();
    assert!(error.to_string().contains("too coarse"), "{error}");
}

#[test]
fn integers_are_refused_where_they_are_not_written() {
    let request = |form| ExportRequest {
        quantize: Some(Quantization::Int8),
        ..ExportRequest::new(form, "model_of_test")
    };
    let refused = |model: &Model, form: Form, expected: &str| {
        let error = export(model, &request(form)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    refused(&classes().build().0, Form::Rust, "the form c can");
    refused(&of_arrays(), Form::C, "trained on arrays");
    let normalised = Parts {
        hidden: vec![(4, Activation::Relu, Some(Normalisation::LAYER))],
        ..classes()
    };
    refused(&normalised.build().0, Form::C, "layer normalisation");
}

#[test]
fn c_has_no_warnings() {
    if !is_runnable(Form::C) {
        return;
    }
    let models = all().into_iter().map(|(what, parts)| (what, parts.build().0));
    for (what, model) in models.chain([("arrays", of_arrays())]) {
        let exported = export(&model, &ExportRequest::new(Form::C, "model_of_test")).unwrap();
        compile_without_warnings(&exported, what);
    }
}

fn compile_without_warnings(exported: &Export, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    for file in &exported.files {
        std::fs::write(folder.path().join(&file.name), &file.bytes).unwrap();
    }
    let flags = [
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wconversion",
        "-Werror",
        "-c",
    ];
    let files = ["model_of_test.c", "model_of_test_test.c"];
    let compiled = Command::new(&compiler)
        .args(flags)
        .args(files)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        compiled.status.success(),
        "{what}: {}",
        String::from_utf8_lossy(&compiled.stderr)
    );
}
