//! `pellucid train --from MODEL`.

use crate::driver::{pellucid, refused, text};
use std::path::Path;

/// Gradient descent on all rows at once, which remembers nothing between epochs.
const PLAIN_DESCENT: [&str; 13] = [
    "--preset",
    "plain",
    "--optimizer",
    "sgd",
    "--batch-size",
    "full",
    "--validation",
    "0",
    "--precision",
    "f64",
    "--set",
    "train.shuffle=false",
    "--unset=train.patience",
];

fn trained(arguments: &[&str], model: &Path) -> String {
    let ended = pellucid(&[&["train", "iris"], arguments, &["--out", text(model)]].concat());
    assert_eq!(ended.status, 0, "{ended:?}");
    ended.stderr
}

fn probabilities(model: &Path) -> String {
    let ended = pellucid(&["predict", text(model), "iris", "--proba", "--quiet"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    ended.stdout
}

#[test]
fn ten_epochs_and_ten_more_are_twenty() {
    let folder = tempfile::tempdir().unwrap();
    let [ten, more, twenty] =
        ["ten", "more", "twenty"].map(|name| folder.path().join(format!("{name}.safetensors")));
    trained(&[&PLAIN_DESCENT[..], &["--epochs", "10"]].concat(), &ten);
    trained(&[&PLAIN_DESCENT[..], &["--epochs", "20"]].concat(), &twenty);
    let said = trained(&["--from", text(&ten), "--epochs", "10"], &more);
    assert!(said.contains("a new run from the weights of"), "{said}");
    assert_eq!(probabilities(&more), probabilities(&twenty));
    assert_ne!(probabilities(&ten), probabilities(&twenty));
}

#[test]
fn the_model_decides_what_contradicts_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    trained(&["--epochs", "2", "--quiet"], &model);
    let from = ["train", "iris", "--from", text(&model)];
    for (flags, status, expected) in [
        (&["--hidden", "8"][..], 2, "--hidden is decided by the model"),
        (&["--preset", "plain"], 2, "--preset is decided by the model"),
        (&["--target", "species"], 2, "--target is decided by the model"),
        (&["--cv", "3"], 2, "--cv trains several networks"),
        (
            &[
                "--set",
                "network.layers=[1, 7, 3]",
                "--set",
                "network.activation=['tanh','softmax']",
            ],
            2,
            "the network to start from",
        ),
        (&["--out", text(&model)], 2, "the model that --from names"),
    ] {
        refused(&[&from[..], flags].concat(), status, &[expected]);
    }
    let other = folder.path().join("other.csv");
    std::fs::write(&other, "a,b\n1,x\n2,y\n").unwrap();
    refused(
        &["train", text(&other), "--from", text(&model)],
        1,
        &["there is no column"],
    );
}

#[test]
fn an_ensemble_is_no_start() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    trained(&["--epochs", "2", "--ensemble", "2", "--quiet"], &model);
    refused(
        &["train", "iris", "--from", text(&model), "--quiet"],
        1,
        &["model.safetensors", "the model is an ensemble"],
    );
}
