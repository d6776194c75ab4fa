//! Writing to the standard output by its path, where it is redirected to a file.

#![cfg(unix)]

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::process::Command;

use pellucid_data::OutputFile;

const CHILD: &str = "PELLUCID_TEST_WRITES_TO";

/// The child of the test below: does nothing where that does not ask for it.
#[test]
fn child() {
    let Some(path) = env::var_os(CHILD) else { return };
    let output = OutputFile::prepare(path).unwrap();
    write!(io::stdout(), "[before,").unwrap();
    output.write(b"result,").unwrap();
    write!(io::stdout(), "after]").unwrap();
    io::stdout().flush().unwrap();
}

#[test]
fn the_result_comes_between_what_is_printed_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let redirected = folder.path().join("redirected");
    for path in ["/dev/stdout", "/dev/fd/1"] {
        let status = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, path)
            .stdout(File::create(&redirected).unwrap())
            .status()
            .unwrap();
        assert!(status.success());
        let text = fs::read_to_string(&redirected).unwrap();
        assert!(text.contains("[before,result,after]"), "{path}: {text:?}");
    }
}
