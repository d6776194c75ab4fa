//! Memory that the system refuses: from the n-th time on that a command asks for more, and beyond a limit.

use crate::command::{self, Command};
use crate::judgement::Disturbed;
use crate::setting::{BINARY, Ended, Setting, Start};
use crate::strace;
use crate::sweep::{said, sample};
use std::path::Path;
use std::process;

/// What a message on memory says.
const REASONS: [&str; 2] = ["memory", "Resource temporarily unavailable"];

/// Larger pieces are asked of the system one by one, and smaller ones by as little as they need. None of the latter are given back:
/// a system never refuses that, and an allocator to which it is refused finds its heap damaged.
const TUNABLES: &str = "glibc.malloc.mmap_threshold=65536:glibc.malloc.top_pad=0:glibc.malloc.trim_threshold=4611686018427387904";

/// The calls by which an allocator asks the system for memory, and how the system refuses it. `brk` returns the end of the heap,
/// which is then lower than what was asked for.
const GROWTH: [(&str, &str); 3] = [
    ("mmap", "error=ENOMEM"),
    ("mremap", "error=ENOMEM"),
    ("brk", "retval=1"),
];

/// How often each of [`GROWTH`] was called before a point of the run.
type Point = [usize; 3];

/// The points at which a command asks for memory, from the beginning of its `main`.
fn points(setting: &Setting) -> Vec<Point> {
    let (folder, logs) = (setting.folder(), tempfile::tempdir().unwrap());
    let mut program = strace::command(logs.path(), &[], &[]);
    program.env("GLIBC_TUNABLES", TUNABLES).arg(BINARY);
    let ended = setting.run_by(program, folder.path());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let (mut before, mut points, mut has_begun) = ([0; 3], Vec::new(), false);
    for call in strace::calls(logs.path()).iter().filter(|call| call.is_of_main) {
        // The last thing that the standard library does before `main`.
        has_begun |= call.name == "sigaltstack";
        if let Some(index) = GROWTH.iter().position(|(name, _)| *name == call.name) {
            if has_begun {
                points.push(before);
            }
            before[index] += 1;
        }
    }
    points
}

/// Runs a command that gets no more memory from a point on.
fn starve(setting: &Setting, point: Point, folder: &Path) -> Ended {
    let logs = tempfile::tempdir().unwrap();
    let injections: Vec<String> = GROWTH
        .iter()
        .zip(point)
        .map(|((name, refusal), before)| format!("{name}:{refusal}:when={}+", before + 1))
        .collect();
    let mut program = strace::command(logs.path(), &GROWTH.map(|(name, _)| name), &injections);
    program.env("GLIBC_TUNABLES", TUNABLES).arg(BINARY);
    setting.run_by(program, folder)
}

fn judged(
    setting: &Setting,
    folder: &Path,
    ended: &Ended,
    may_be_killed: bool,
    what: &str,
) -> Option<String> {
    let disturbed = Disturbed {
        setting,
        folder,
        ended,
        reasons: &REASONS,
        is_of_file: false,
    };
    // The system itself kills a process whose stack it cannot enlarge.
    let is_killed = ended.status.is_none() && !ended.stderr.contains("memory allocation of");
    let faults = disturbed.faults(may_be_killed && is_killed);
    (!faults.is_empty()).then(|| format!("{what}: {}\n  {}", faults.join("\n  "), ended.stderr))
}

fn sweep(command: Command, size: usize) {
    if !strace::is_there() {
        return;
    }
    let setting = Setting::new(command, Start::Existing);
    let points = sample(points(&setting), size);
    assert!(!points.is_empty());
    let count = points.len();
    let mut failed = 0;
    let broken: Vec<String> = points
        .into_iter()
        .filter_map(|point| {
            let folder = setting.folder();
            let ended = starve(&setting, point, folder.path());
            failed += usize::from(ended.status == Some(1));
            judged(
                &setting,
                folder.path(),
                &ended,
                false,
                &format!("no memory after {point:?} calls"),
            )
        })
        .collect();
    said(&format!("{failed} of {count} runs without memory failed"));
    assert!(
        broken.is_empty(),
        "{}: {}\n{}",
        command.arguments,
        broken.len(),
        broken.join("\n")
    );
    assert!(failed * 4 > count, "{failed} of {count} runs failed");
}

#[test]
fn refused_to_train() {
    sweep(command::TRAIN, 10);
}

#[test]
fn refused_to_run() {
    sweep(command::RUN, 10);
}

#[test]
fn refused_to_tune() {
    sweep(command::TUNE, 10);
}

#[test]
fn refused_to_predict() {
    sweep(command::PREDICT, 10);
}

#[test]
fn refused_to_explain() {
    sweep(command::EXPLAIN, 10);
}

#[test]
fn refused_to_evaluate() {
    sweep(command::EVALUATE, 10);
}

/// Runs a command whose address space is limited to so many kibibytes.
fn limited(setting: &Setting, kibibytes: usize, folder: &Path) -> Ended {
    let mut program = process::Command::new("sh");
    program.args(["-c", &format!("ulimit -v {kibibytes} && exec \"$0\" \"$@\"")]);
    program.arg(BINARY);
    setting.run_by(program, folder)
}

/// The least of some limits with which the binary starts at all.
fn least(limits: impl Iterator<Item = usize>) -> Option<usize> {
    limits.into_iter().find(|kibibytes| {
        let script = format!("ulimit -v {kibibytes} && exec \"$0\" --version");
        let tried = process::Command::new("sh").args(["-c", &script, BINARY]).output();
        tried.unwrap().status.success()
    })
}

#[test]
fn under_a_falling_limit() {
    const STEP: usize = 64;
    let least = least((1..).map(|steps| 1024 * steps).take(4096)).unwrap();
    for command in [command::TRAIN, command::TUNE, command::PREDICT] {
        let setting = Setting::new(command, Start::Existing);
        let limits = (0..).map(|step| least + 1024 + step * STEP).take(200).collect();
        let mut failed = 0;
        for kibibytes in sample(limits, 8) {
            let folder = setting.folder();
            let ended = limited(&setting, kibibytes, folder.path());
            failed += usize::from(ended.status != Some(0));
            let fault = judged(
                &setting,
                folder.path(),
                &ended,
                true,
                &format!("with {kibibytes} KiB"),
            );
            assert_eq!(fault, None, "{}", command.arguments);
        }
        said(&format!("{failed} runs failed for want of memory"));
    }
}
