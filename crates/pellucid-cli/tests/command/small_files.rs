//! Recipes, search spaces, states and models are refused where they are devices, or larger than any such file.
#![cfg(unix)]

use crate::driver::refused;

#[test]
fn devices_are_no_recipes_spaces_states_or_models() {
    let tune = ["tune", "iris", "--trials", "1", "--epochs", "1", "-q"];
    for device in ["/dev/zero", "/dev/full"] {
        refused(&["run", device], 1, &[device, "it is a device"]);
        refused(
            &["train", "iris", "--recipe", device],
            1,
            &[device, "it is a device"],
        );
        refused(
            &[&tune[..], &["--state", device]].concat(),
            1,
            &[device, "it is a device"],
        );
        refused(
            &[&tune[..], &["--space", device]].concat(),
            1,
            &[device, "it is a device"],
        );
        refused(&["inspect", device], 1, &[device, "it is a device"]);
    }
}

#[test]
fn a_file_larger_than_any_recipe_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.toml");
    // A sparse file.
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let path = path.to_str().unwrap();
    refused(&["run", path], 1, &[path, "larger than 64 MiB"]);
}
