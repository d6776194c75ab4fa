//! Makes the calls of a command fail one after another.

use crate::command::Command;
use crate::judgement::Disturbed;
use crate::setting::{BINARY, Ended, Setting, Start};
use crate::strace::{self, Call};
use std::io::Write;

/// What happens in place of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// The call fails: the name of the error, and the reason that the system gives for it.
    Error(&'static str, &'static str),
    /// The process is killed.
    Kill,
}

const NO_SPACE: Fault = Fault::Error("ENOSPC", "No space left on device");
const BROKEN: Fault = Fault::Error("EIO", "Input/output error");
const INTERRUPTED: Fault = Fault::Error("EINTR", "Interrupted system call");
const NOT_ALLOWED: Fault = Fault::Error("EACCES", "Permission denied");
const TOO_MANY: Fault = Fault::Error("EMFILE", "Too many open files");
const MISSING: Fault = Fault::Error("ENOENT", "No such file or directory");

/// The faults of a call of this name; none for a call that has none.
fn faults(name: &str) -> &'static [Fault] {
    match name {
        "open" | "openat" => &[BROKEN, NO_SPACE, INTERRUPTED, NOT_ALLOWED, TOO_MANY, Fault::Kill],
        "read" | "pread64" | "readv" => &[BROKEN, INTERRUPTED, Fault::Kill],
        "write" | "pwrite64" | "writev" | "copy_file_range" | "sendfile" => {
            &[NO_SPACE, BROKEN, INTERRUPTED, Fault::Kill]
        }
        "fsync" | "fdatasync" => &[BROKEN, NO_SPACE, INTERRUPTED, Fault::Kill],
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => {
            &[BROKEN, NO_SPACE, NOT_ALLOWED, INTERRUPTED, Fault::Kill]
        }
        "unlink" | "unlinkat" | "mkdir" | "ftruncate" | "fchmod" | "fchown" | "flock" | "close" | "lseek" => {
            &[BROKEN, Fault::Kill]
        }
        "statx" | "fstat" | "newfstatat" | "readlink" | "readlinkat" | "getdents64" | "ioctl" | "mmap" => {
            &[BROKEN, Fault::Kill]
        }
        "getcwd" => &[MISSING],
        _ => &[],
    }
}

/// Calls that the loader of programs makes too, before the command begins.
const OF_LOADER: [&str; 8] = [
    "openat",
    "read",
    "pread64",
    "close",
    "newfstatat",
    "fstat",
    "mmap",
    "lseek",
];

/// Whether all calls are to fail with each error, which takes long.
pub(crate) fn is_thorough() -> bool {
    std::env::var_os("PELLUCID_FAULTS").is_some_and(|value| value == "all")
}

/// An even sample, all of them if the sweep is thorough.
pub(crate) fn sample<T>(all: Vec<T>, size: usize) -> Vec<T> {
    let count = all.len();
    if is_thorough() || count <= size {
        return all;
    }
    let is_chosen = |index: usize| index * size / count != (index + 1) * size / count;
    let numbered = all.into_iter().enumerate();
    numbered
        .filter(|(index, _)| is_chosen(*index))
        .map(|(_, one)| one)
        .collect()
}

/// Says something, where the tests are asked to show it.
pub(crate) fn said(line: &str) {
    if is_thorough() {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Each call of a command that concerns its folder fails with each error: a sample of so many of them, unless the sweep is
/// thorough.
pub(crate) fn sweep(command: Command, starts: &[Start], size: usize) {
    if !strace::is_there() {
        return;
    }
    let mut broken = Vec::new();
    for start in starts {
        let setting = Setting::new(command, *start);
        let planned = sample(plan(&setting), size / starts.len());
        assert!(!planned.is_empty());
        let (mut hits, count) = (0, planned.len());
        for (call, fault) in planned {
            let (faults, is_hit) = judged(&setting, &call, fault);
            hits += usize::from(is_hit);
            broken.extend(faults.map(|faults| format!("{start:?}, {faults}")));
        }
        assert!(hits * 10 >= count * 9, "{hits} of {count} faults were injected");
        said(&format!(
            "{}, {start:?}: {hits} of {count} faults injected",
            command.arguments
        ));
    }
    let count = broken.len();
    assert!(
        broken.is_empty(),
        "{}: {count} faults\n{}",
        command.arguments,
        broken.join("\n")
    );
}

/// What is wrong after a fault, and whether it came about.
fn judged(setting: &Setting, call: &Call, fault: Fault) -> (Option<String>, bool) {
    let (ended, folder, is_hit) = disturb(setting, call, fault);
    let reasons: &[&str] = match fault {
        Fault::Error(_, reason) => &[reason],
        Fault::Kill => &[],
    };
    let disturbed = Disturbed {
        setting,
        folder: folder.path(),
        ended: &ended,
        reasons,
        is_of_file: true,
    };
    let mut faults = disturbed.faults(fault == Fault::Kill && ended.status.is_none());
    if fault == INTERRUPTED && is_retried(&call.name) && is_hit && ended.status != Some(0) {
        faults.push("an interrupted call is not repeated".to_owned());
    }
    let report = || {
        format!(
            "{fault:?} in place of call {} of {}: {}\n  {}\n  {}",
            call.number,
            call.name,
            call.line,
            faults.join("\n  "),
            ended.stderr.trim_end().replace('\n', "\n  > ")
        )
    };
    ((!faults.is_empty()).then(report), is_hit)
}

/// A call that the system may interrupt, and that goes on when it is repeated.
fn is_retried(name: &str) -> bool {
    ["openat", "read", "write", "fsync"].contains(&name)
}

/// All calls that concern the folder, with all their faults.
fn plan(setting: &Setting) -> Vec<(Call, Fault)> {
    let (folder, logs) = (setting.folder(), tempfile::tempdir().unwrap());
    let mut program = strace::command(logs.path(), &[], &[]);
    program.arg(BINARY);
    let ended = setting.run_by(program, folder.path());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let calls = strace::calls(logs.path());
    let is_reached = |call: &Call| call.is_of_main || !OF_LOADER.contains(&call.name.as_str());
    // The standard library panics where a folder that was listed cannot be closed, which no system refuses.
    let of_folder = format!("<{}>", folder.path().display());
    let is_closed_folder = |call: &Call| call.name == "close" && call.line.contains(&of_folder);
    calls
        .into_iter()
        .filter(|call| call.concerns(folder.path()) && is_reached(call) && !is_closed_folder(call))
        .flat_map(|call| faults(&call.name).iter().map(move |fault| (call.clone(), *fault)))
        .collect()
}

/// Runs the command with a fault: how it ended, its folder, and whether the call was met.
fn disturb(setting: &Setting, call: &Call, fault: Fault) -> (Ended, tempfile::TempDir, bool) {
    let (folder, logs) = (setting.folder(), tempfile::tempdir().unwrap());
    let what = match fault {
        Fault::Error(name, _) => format!("error={name}"),
        Fault::Kill => "signal=KILL".to_owned(),
    };
    let injection = format!("{}:{what}:when={}", call.name, call.number);
    let mut program = strace::command(logs.path(), &[&call.name], &[injection]);
    program.arg(BINARY);
    let ended = setting.run_by(program, folder.path());
    let is_hit = match fault {
        Fault::Kill => ended.status.is_none(),
        Fault::Error(..) => strace::calls(logs.path()).iter().any(Call::is_injected),
    };
    (ended, folder, is_hit)
}
