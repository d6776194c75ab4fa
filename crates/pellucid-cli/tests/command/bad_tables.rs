//! Tables and flags that `pellucid train` refuses: one clear message each, and nothing left on disk.

use crate::driver::{refused, text};
use std::fs;

const GOOD: &str = "size,colour,class\n1,red,a\n2,blue,b\n3,red,a\n4,blue,b\n5,red,a\n6,blue,b\n";

/// Trains on a table of these bytes.
fn refuse(contents: &[u8], options: &[&str], status: i32, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    fs::write(&path, contents).unwrap();
    let out = folder.path().join("model");
    let arguments = ["train", text(&path), "--out", text(&out), "--epochs", "2"];
    refused(&[&arguments[..], options].concat(), status, expected);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "something is left besides the table"
    );
}

fn refuse_class(contents: &str, expected: &[&str]) {
    refuse(
        contents.as_bytes(),
        &["--target", "class", "-q"],
        1,
        &[&["table.csv"], expected].concat(),
    );
}

#[test]
fn columns_that_are_not_there() {
    let good = GOOD.as_bytes();
    refuse(good, &["-q"], 1, &["no target", "`size`, `colour`, `class`"]);
    refuse(
        good,
        &["-q", "--target", "clas"],
        1,
        &["`clas`", "did you mean `class`?"],
    );
    refuse(good, &["-q", "--target", "4"], 1, &["no column 4", "1 to 3"]);
    refuse(good, &["-q", "--target", "0"], 1, &["no column 0", "1 to 3"]);
    for flag in ["--only", "--drop", "--id"] {
        refuse(
            good,
            &["-q", "--target", "class", flag, "colur"],
            1,
            &["`colur`", "did you mean `colour`?"],
        );
    }
    refuse(
        good,
        &["-q", "--target", "class", "--drop", "size,colour"],
        1,
        &["no column is left"],
    );
    refuse(
        good,
        &["-q", "--target", "class", "--drop", "class"],
        1,
        &["`class`", "target", "drop"],
    );
}

#[test]
fn targets_that_cannot_be_learnt() {
    refuse_class(
        &GOOD.replace("3,red,a", "3,red,"),
        &["`class`", "data row 3", "missing", "--drop-missing-target"],
    );
    refuse_class(
        &GOOD.replace(",b\n", ",a\n"),
        &["`class`", "`a` in every training row"],
    );
    let words = ["-q", "--target", "class", "--task", "regression"];
    refuse(
        GOOD.as_bytes(),
        &words,
        1,
        &["`class`", "data row 1", "`a`", "a number is needed"],
    );
}

#[test]
fn text_that_is_no_table() {
    refuse_class("", &["the file is empty"]);
    refuse_class("size,colour,class\n", &["no rows"]);
    refuse_class(&format!("{GOOD}7,red\n"), &["line 8", "2 cells", "expected 3"]);
    refuse_class(
        &format!("{GOOD}7,\"red,a\n8,blue,b\n"),
        &["line 8", "never closed"],
    );
    refuse_class(
        &format!("{GOOD}inf,red,a\n"),
        &["line 8", "\"size\"", "\"inf\"", "finite"],
    );
    refuse_class(
        &GOOD.replacen("colour", "size", 1),
        &["columns 1 and 2", "\"size\""],
    );
    let mut bytes = format!("{GOOD}7,\u{e9},a\n").into_bytes();
    bytes.extend(b"8,\xff,a\n");
    refuse(
        &bytes,
        &["--target", "class", "-q"],
        1,
        &["table.csv", "line 9", "not UTF-8", "--encoding"],
    );
    let empty_features = "size,colour,class\n,,a\n,,b\n,,a\n,,b\n";
    refuse_class(
        empty_features,
        &["no feature is left", "`size`", "holds no values"],
    );
}

#[test]
fn flags_that_make_no_sense() {
    let good = |options: &[&str], expected: &[&str]| {
        refuse(
            GOOD.as_bytes(),
            &[&["--target", "class", "-q"], options].concat(),
            2,
            expected,
        );
    };
    good(&["--hidden", "0"], &["--hidden", "1 or more"]);
    good(&["--hidden", "999999999999,99999999"], &["memory"]);
    good(&["--learning-rate", "-1"], &["learning_rate", "above 0"]);
    good(&["--dropout", "1"], &["dropout"]);
    good(&["--l2", "-0.1"], &["l2", "0 or more"]);
    good(&["--validation", "1"], &["--validation", "less than 1"]);
    good(&["--patience", "0"], &["patience"]);
    good(&["--batch-size", "0"], &["--batch-size", "1 or more"]);
    good(&["--cv", "1"], &["--cv", "2 or more"]);
    good(&["--threads", "0"], &["--threads", "1 to 1024"]);
    good(&["--precision", "f16"], &["--precision", "f32", "f64"]);
    good(&["--activation", "softmax"], &["--activation", "relu"]);
    good(&["--delimiter", "ab"], &["--delimiter", "one character"]);
    good(&["--header", "maybe"], &["--header", "yes or no"]);
    good(&["--plot", "curve.gif"], &["curve.gif"]);
    refuse(
        GOOD.as_bytes(),
        &["--target", "class", "-q", "--cv", "7"],
        1,
        &["6 rows", "7 folds"],
    );
}

#[test]
fn a_training_that_diverges_names_the_epoch_and_leaves_no_model() {
    let rows: Vec<String> = (0..40).map(|row| format!("{row},{}", row * row)).collect();
    let table = format!("x,y\n{}\n", rows.join("\n"));
    let sgd = [
        "--target",
        "y",
        "-q",
        "--optimizer",
        "sgd",
        "--learning-rate",
        "1e30",
    ];
    refuse(table.as_bytes(), &sgd, 1, &["epoch", "layer"]);
}

#[test]
fn sources_that_are_none() {
    refused(
        &["train", "nowhere.csv", "--target", "x"],
        1,
        &["nowhere.csv", "no such file"],
    );
    refused(&["train", "mnist"], 2, &["mnist is images", "pellucid run mnist"]);
    let folder = tempfile::tempdir().unwrap();
    refused(
        &["train", text(folder.path()), "--target", "x"],
        1,
        &["it is a folder without a file of a table"],
    );
    let out = folder.path().join("missing").join("model");
    refused(
        &["train", "iris", "-q", "--out", text(&out)],
        1,
        &["cannot write to", "there is no folder"],
    );
    refused(
        &[
            "train",
            "iris",
            "-q",
            "--validation",
            "nowhere.csv",
            "--out",
            text(&out),
        ],
        1,
        &["nowhere.csv"],
    );
}
