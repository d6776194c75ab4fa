//! What `strace` sees of a command, and the faults that it injects.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A system call as it was seen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// Its name, such as `openat`.
    pub(crate) name: String,
    /// Which call of this name it is in its thread, counted from 1.
    pub(crate) number: usize,
    /// Whether the first thread made it.
    pub(crate) is_of_main: bool,
    /// The whole line.
    pub(crate) line: String,
}

impl Call {
    /// Whether it was made to fail.
    pub(crate) fn is_injected(&self) -> bool {
        self.line.contains("(INJECTED)")
    }

    /// Whether it concerns `path` or something in it. The working folder of a call does not count.
    pub(crate) fn concerns(&self, path: &Path) -> bool {
        let path = path.to_str().expect("temporary paths are plain text");
        let of_working_folder = format!("AT_FDCWD<{path}>");
        let line = self.line.replace(&of_working_folder, "AT_FDCWD");
        let relative = ["AT_FDCWD, \"", &format!("{}(\"", self.name)]
            .iter()
            .any(|before| {
                line.split(before)
                    .skip(1)
                    .any(|rest| !rest.starts_with('/') && !rest.starts_with('"'))
            });
        line.contains(&format!("<{path}")) || line.contains(&format!("\"{path}")) || relative
    }
}

/// Whether `strace` is there and may trace; says so where not.
pub(crate) fn is_there() -> bool {
    static IS_THERE: OnceLock<bool> = OnceLock::new();
    *IS_THERE.get_or_init(|| {
        let tried = Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .output();
        let why = match tried {
            Ok(output) if output.status.success() => return true,
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        let _ = writeln!(std::io::stderr(), "SKIPPED: strace cannot be used: {why}");
        false
    })
}

/// `strace` of a program; what it sees goes to files in `logs`, one for each thread.
///
/// Without names it sees all calls.
pub(crate) fn command(logs: &Path, names: &[&str], injections: &[String]) -> Command {
    let mut command = Command::new("strace");
    command.args(["-ff", "-y", "-s", "0", "-qq", "-e", "signal=none", "-o"]);
    command.arg(logs.join("log"));
    if !names.is_empty() {
        command.arg("-e").arg(format!("trace={}", names.join(",")));
    }
    for injection in injections {
        command.arg("-e").arg(format!("inject={injection}"));
    }
    command
}

/// All calls in a folder of logs, those of the first thread first.
pub(crate) fn calls(logs: &Path) -> Vec<Call> {
    let mut threads: Vec<_> = fs::read_dir(logs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    // The number of the process, which is the lowest unless numbers begin anew.
    let number = |path: &Path| {
        path.extension()
            .and_then(|number| number.to_str()?.parse::<u32>().ok())
    };
    threads.sort_by_key(|path| number(path));
    let mut found = Vec::new();
    for (thread, path) in threads.iter().enumerate() {
        let mut numbers = HashMap::new();
        for line in fs::read_to_string(path).unwrap().lines() {
            let Some((name, _)) = line.split_once('(') else {
                continue;
            };
            let number: &mut usize = numbers.entry(name.to_owned()).or_default();
            *number += 1;
            found.push(Call {
                name: name.to_owned(),
                number: *number,
                is_of_main: thread == 0,
                line: line.to_owned(),
            });
        }
    }
    found
}

#[test]
fn a_call_concerns_a_folder_by_its_descriptors_and_paths() {
    let call = |name: &str, line: &str| Call {
        name: name.to_owned(),
        number: 1,
        is_of_main: true,
        line: line.to_owned(),
    };
    let folder = Path::new("/tmp/x");
    for (name, line, expected) in [
        (
            "openat",
            "openat(AT_FDCWD</tmp/x>, \"t.csv\", O_RDONLY) = 3</tmp/x/t.csv>",
            true,
        ),
        (
            "openat",
            "openat(AT_FDCWD</tmp/x>, \"t.csv\", O_RDONLY) = -1 EIO (Input/output error) (INJECTED)",
            true,
        ),
        (
            "openat",
            "openat(AT_FDCWD</tmp/x>, \"/etc/passwd\", O_RDONLY) = 3</etc/passwd>",
            false,
        ),
        (
            "write",
            "write(4</tmp/x/.pellucid-a.part>, \"\"..., 10) = 10",
            true,
        ),
        ("unlink", "unlink(\"a.lock\") = 0", true),
        ("unlink", "unlink(\"/tmp/x/a.lock\") = 0", true),
        (
            "statx",
            "statx(3</proc/1/status>, \"\", AT_EMPTY_PATH) = 0",
            false,
        ),
        ("read", "read(3</tmp/other>, \"\"..., 10) = 10", false),
    ] {
        assert_eq!(call(name, line).concerns(folder), expected, "{line}");
    }
}
