//! Runs the binary, away from the network and from the user's cache.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

/// An address without a listener: the discard service of this machine.
pub(crate) const NO_MIRROR: &str = "http://127.0.0.1:9/";

/// The binary as a command to be run to its end.
pub(crate) fn command() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pellucid"));
    command.env("PELLUCID_MNIST_MIRROR", NO_MIRROR);
    command.env(
        "PELLUCID_CACHE",
        env!("CARGO_TARGET_TMPDIR").to_owned() + "/no-cache",
    );
    command.timeout(Duration::from_secs(120));
    command
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `pellucid` with these arguments.
pub(crate) fn pellucid(arguments: &[&str]) -> Ended {
    command().args(arguments).output().unwrap().into()
}

/// Runs `pellucid`, which is to succeed.
pub(crate) fn done(arguments: &[&str]) -> Ended {
    let ended = pellucid(arguments);
    assert_eq!(ended.status, 0, "{arguments:?}: {ended:?}");
    ended
}

/// Runs `pellucid run`, and reads the record from standard output.
pub(crate) fn record(arguments: &[&str]) -> Value {
    let ended = done(&[&["run"], arguments, &["--quiet", "--json", "-"]].concat());
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
}

/// Runs `pellucid`, which is to fail with `status` and one clear message that holds every part of `expected`.
#[track_caller]
pub(crate) fn refused(arguments: &[&str], status: i32, expected: &[&str]) -> String {
    let ended = pellucid(arguments);
    assert_is_refusal(&ended, arguments, status, expected);
    ended.stderr
}

/// One message, on standard error, no panic, nothing on standard output.
#[track_caller]
pub(crate) fn assert_is_refusal(ended: &Ended, arguments: &[&str], status: i32, expected: &[&str]) {
    let Ended { stderr, stdout, .. } = ended;
    assert_eq!(ended.status, status, "{arguments:?}: {stderr}");
    assert_eq!(stdout, "", "{arguments:?}");
    assert_eq!(stderr.matches("error:").count(), 1, "{arguments:?}: {stderr}");
    for panic in ["panicked", "RUST_BACKTRACE", "unwrap", "overflow"] {
        assert!(!stderr.contains(panic), "{arguments:?}: {stderr}");
    }
    for part in expected {
        assert!(
            stderr.contains(part),
            "{arguments:?} does not mention {part:?}: {stderr}"
        );
    }
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are plain text")
}

/// A path beside the workspace, where a checkout has what is too large for it; says so where it is not there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    skipped(&format!("{} is not there", path.display()));
    None
}

/// Says that a test goes without its subject, past the harness, which would keep it to itself.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
