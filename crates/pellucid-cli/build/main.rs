//! Records what `pellucid --version --verbose` says about the build: the commit, the target and the compiler.

#![expect(clippy::print_stdout, reason = "cargo reads what a build script prints")]

mod commit;

use std::path::Path;
use std::process::Command;

fn main() {
    let package = variable("CARGO_MANIFEST_DIR");
    // A build for development does not record the commit: the crate would be compiled anew after each.
    let commit = match variable("PROFILE").as_str() {
        "debug" => None,
        _ => commit::find(Path::new(&package)),
    };
    println!("cargo::rerun-if-changed=build");
    for file in commit.iter().flat_map(|commit| &commit.files) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let commit = commit.map_or_else(|| "unknown".to_owned(), |commit| commit.hash);
    println!("cargo::rustc-env=PELLUCID_BUILD_COMMIT={commit}");
    println!("cargo::rustc-env=PELLUCID_BUILD_TARGET={}", variable("TARGET"));
    println!("cargo::rustc-env=PELLUCID_BUILD_PROFILE={}", variable("PROFILE"));
    println!("cargo::rustc-env=PELLUCID_BUILD_COMPILER={}", compiler());
}

/// A variable that cargo sets for build scripts.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|error| panic!("cargo sets {name}: {error}"))
}

/// What the compiler says that it is.
fn compiler() -> String {
    let output = Command::new(variable("RUSTC")).arg("--version").output();
    let text = output
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    text.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
