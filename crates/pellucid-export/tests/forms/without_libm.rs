//! C sources that have their mathematical functions themselves.

use crate::models::{Parts, all, classes, numbers, of_arrays, of_integers};
use crate::{compile_without_warnings, is_runnable};
use pellucid::Activation;
use pellucid_data::Table;
use pellucid_data::model_file::Model;
use pellucid_export::{Export, ExportRequest, Form, Quantization, export, verify};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

fn exported(model: &Model, table: Option<&Table>, quantize: Option<Quantization>) -> Export {
    let request = ExportRequest {
        data: table,
        quantize,
        without_libm: true,
        ..ExportRequest::new(Form::C, "model_of_test")
    };
    export(model, &request).unwrap()
}

fn source(exported: &Export) -> String {
    String::from_utf8(exported.files[0].bytes.clone()).unwrap()
}

/// Every model, with its source.
fn every_export() -> Vec<(&'static str, Export)> {
    let of_tables = all().into_iter().map(|(what, parts)| {
        let (model, table) = parts.build();
        (what, exported(&model, Some(&table), None))
    });
    let in_integers = of_integers().into_iter().map(|(what, parts)| {
        let (model, table) = parts.build();
        (what, exported(&model, Some(&table), Some(Quantization::Int16)))
    });
    let of_arrays = [("arrays", exported(&of_arrays(), None, None))];
    of_tables.chain(in_integers).chain(of_arrays).collect()
}

#[test]
fn sources_without_libm_give_the_models_answers() {
    if !is_runnable(Form::C) {
        return;
    }
    for (what, exported) in every_export() {
        assert!(!source(&exported).contains("math.h"), "{what}");
        compile_without_warnings(&exported, what);
        let found = verify(&exported).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(found.rows >= 40, "{what}: {found:?}");
        let _ = writeln!(std::io::stderr(), "without libm, {what}: {found:?}");
    }
}

/// The names that an object file needs from others.
fn undefined_names(exported: &Export, folder: &Path) -> Vec<String> {
    for file in &exported.files {
        fs::write(folder.join(&file.name), &file.bytes).unwrap();
    }
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let object = ["-std=c99", "-O2", "-c", "-o", "model.o", "model_of_test.c"];
    let compiled = Command::new(compiler)
        .args(object)
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(compiled.success());
    let listed = Command::new("nm")
        .args(["--undefined-only", "model.o"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(listed.status.success());
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines()
        .filter_map(|line| line.split_whitespace().last())
        .map(str::to_owned)
        .collect()
}

#[test]
fn objects_without_libm_need_no_mathematical_function() {
    if !is_runnable(Form::C) {
        return;
    }
    if Command::new("nm").arg("--version").output().is_err() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: nm is not there");
        return;
    }
    // Of strings and memory, and of the compiler's own protection of the stack and position-independent code.
    let known = [
        "strcmp",
        "memcpy",
        "memset",
        "memmove",
        "__stack_chk_fail",
        "_GLOBAL_OFFSET_TABLE_",
    ];
    let folder = tempfile::tempdir().unwrap();
    for (what, exported) in every_export() {
        let found = undefined_names(&exported, folder.path());
        assert!(
            found.iter().all(|name| known.contains(&name.as_str())),
            "{what}: {found:?}"
        );
    }
    // What the same model needs otherwise.
    let parts = Parts {
        hidden: vec![(4, Activation::Tanh, None)],
        ..numbers()
    };
    let usual = export(&parts.build().0, &ExportRequest::new(Form::C, "model_of_test")).unwrap();
    assert!(undefined_names(&usual, folder.path()).contains(&"tanhf".to_owned()));
}

/// The largest errors of its functions that a driver prints, in units in the last place.
fn errors_of(source: &str, functions: &[&str], folder: &Path) -> Vec<f64> {
    let measured: String = functions
        .iter()
        .map(|&function| {
            let (reference, kind) = match function.strip_suffix('f').filter(|rest| *rest != "er") {
                Some(double) => (double.to_owned(), "SINGLE"),
                None => (format!("{function}l"), "DOUBLE"),
            };
            format!("    {kind}(model_of_test_{function}, {reference})\n")
        })
        .collect();
    let driver = include_str!("accuracy.c").replace("@MEASURED@", &measured);
    fs::write(folder.join("model_of_test.c"), source).unwrap();
    fs::write(folder.join("accuracy.c"), driver).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    // Other functions of the model are not called.
    let arguments = ["-std=c99", "-O2", "-w", "-o", "accuracy", "accuracy.c", "-lm"];
    let compiled = Command::new(compiler)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    let ran = Command::new(folder.join("accuracy")).output().unwrap();
    assert!(ran.status.success());
    let text = String::from_utf8(ran.stdout).unwrap();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn own_functions_are_accurate_over_the_whole_range() {
    if !is_runnable(Form::C) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut errors: BTreeMap<&str, f64> = BTreeMap::new();
    let functions = ["exp", "log", "tanh", "erf", "sin", "cos", "sqrt", "floor", "fabs"];
    let in_single = ["expf", "logf", "tanhf", "erff", "sinf", "cosf", "sqrtf"];
    for (_, exported) in every_export() {
        let source = source(&exported);
        fs::write(folder.path().join("model_of_test.h"), &exported.files[1].bytes).unwrap();
        let is_there = |name: &&str| source.contains(&format!(" model_of_test_{name}("));
        let is_new = |name: &&str| !errors.contains_key(name);
        let all = functions.into_iter().chain(in_single);
        let there: Vec<&str> = all.filter(is_there).filter(is_new).collect();
        if !there.is_empty() {
            errors.extend(
                there
                    .iter()
                    .copied()
                    .zip(errors_of(&source, &there, folder.path())),
            );
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "errors of own functions in units in the last place: {errors:?}"
    );
    for function in functions.into_iter().chain(in_single) {
        let error = errors
            .get(function)
            .unwrap_or_else(|| panic!("no model uses {function}"));
        let limit = match function {
            "floor" | "fabs" => 0.0,
            "tanh" | "erf" => 1.5,
            "exp" | "log" | "sin" | "cos" => 0.9,
            _ => 0.501,
        };
        assert!(*error <= limit, "{function}: {error}");
    }
}

#[test]
fn other_forms_have_no_functions_of_their_own() {
    let request = ExportRequest {
        without_libm: true,
        ..ExportRequest::new(Form::JavaScript, "model_of_test")
    };
    let error = export(&classes().build().0, &request).unwrap_err().to_string();
    assert!(error.contains("the form c can"), "{error}");
}
