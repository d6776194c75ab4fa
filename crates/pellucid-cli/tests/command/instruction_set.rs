//! `--isa` and `train.instruction_set`.

use crate::driver::{pellucid, record, refused};

const RUN: [&str; 3] = ["xor-sgd", "--epochs", "50"];

#[test]
fn the_flag_and_the_recipe_choose_the_same() {
    let by_flag = record(&[&RUN[..], &["--isa", "baseline"]].concat());
    let by_recipe = record(&[&RUN[..], &["--set", "train.instruction_set=baseline"]].concat());
    let by_default = record(&RUN);
    assert_eq!(by_flag["instruction_set"], "baseline");
    assert_eq!(by_recipe["instruction_set"], "baseline");
    assert_eq!(by_flag["final"], by_recipe["final"]);
    assert_eq!(by_recipe["recipe"]["train"]["instruction_set"], "baseline");
    let here = by_default["instruction_set"].as_str().unwrap();
    assert!(["baseline", "neon", "avx2", "avx512"].contains(&here), "{here}");
}

#[test]
fn data_are_drawn_with_it_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("drawn.toml");
    let recipe = "[data]\nsource = \"regression\"\nrows = 50\nfeatures = 3\nnoise = 0.1\n[network]\nlayers = [3, 4, 1]\n\
                  activation = [\"tanh\", \"identity\"]\n[train]\nloss = \"squared_error\"\nlearning_rate = 0.1\nepochs = 3\n\
                  seed = 1\ninstruction_set = \"baseline\"\n";
    std::fs::write(&file, recipe).unwrap();
    let file = file.to_str().unwrap();
    let drawn = record(&[file]);
    assert_eq!(drawn["instruction_set"], "baseline");
    assert_eq!(drawn["final"], record(&[file, "--isa", "baseline"])["final"]);
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    refused(
        &["run", "xor-sgd", "--isa", "sse9"],
        2,
        &["'sse9'", "baseline", "neon"],
    );
    let unknown = ["run", "xor-sgd", "--set", "train.instruction_set=sse9"];
    refused(&unknown, 2, &["train.instruction_set", "sse9", "baseline"]);
    let of_another = if cfg!(target_arch = "aarch64") {
        "avx2"
    } else {
        "neon"
    };
    refused(
        &["run", "xor-sgd", "--isa", of_another],
        2,
        &[of_another, "this machine does not have it"],
    );
    let two = [
        "run",
        "xor-sgd",
        "--isa",
        "baseline",
        "--set",
        "train.instruction_set=avx2",
    ];
    refused(&two, 2, &["train.instruction_set", "avx2"]);
}

#[test]
fn a_model_says_with_which_it_was_computed() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.safetensors");
    let model = model.to_str().unwrap();
    let trained = [
        "train", "iris", "--epochs", "2", "--isa", "baseline", "--quiet", "--out", model,
    ];
    assert_eq!(pellucid(&trained).status, 0);
    let shown = pellucid(&["inspect", model]);
    assert!(
        shown.stdout.contains("with the instruction set baseline"),
        "{}",
        shown.stdout
    );
}
