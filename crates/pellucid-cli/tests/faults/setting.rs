//! A working folder: its inputs, what was there before, and what a command leaves.

use crate::command::{Command, Content, MODEL, Output, RECIPE, TABLE};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// What each output holds before the command, if it is there before.
pub(crate) const BEFORE: &[u8] = b"what was there before\n";

/// Whether the outputs of a command exist when it starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Start {
    Fresh,
    Existing,
    /// Each output is a symbolic link to a file that exists.
    Linked,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stderr: String,
}

/// A command, what its folder holds before, and what it holds after an undisturbed run.
pub(crate) struct Setting {
    pub(crate) command: Command,
    before: TempDir,
    after: TempDir,
}

impl Setting {
    pub(crate) fn new(command: Command, start: Start) -> Self {
        let before = tempfile::tempdir().unwrap();
        fill(before.path());
        if start != Start::Fresh {
            for output in command.outputs {
                if output.content != Content::State {
                    let mut path = before.path().join(output.name);
                    if start == Start::Linked {
                        let target = format!("target-of-{}", output.name);
                        symlink(&target, &path).unwrap();
                        path = before.path().join(target);
                    }
                    fs::write(&path, BEFORE).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
                }
            }
            if let Some(begun_by) = command.begun_by {
                let ended = run(process::Command::new(BINARY), begun_by, before.path(), None);
                assert_eq!(ended.status, Some(0), "{begun_by}: {ended:?}");
            }
        }
        let after = tempfile::tempdir().unwrap();
        let setting = Self {
            command,
            before,
            after,
        };
        setting.put_into(setting.after.path());
        let ended = setting.run_in(setting.after.path());
        assert_eq!(ended.status, Some(0), "{command:?}: {ended:?}");
        setting
    }

    /// The folder as the command finds it.
    pub(crate) fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        self.put_into(folder.path());
        folder
    }

    fn put_into(&self, folder: &Path) {
        for name in names(self.before.path()) {
            let (from, to) = (self.before.path().join(&name), folder.join(&name));
            match fs::read_link(&from) {
                Ok(target) => symlink(target, to).unwrap(),
                Err(_) => drop(fs::copy(from, to).unwrap()),
            }
        }
    }

    /// Runs the command undisturbed.
    pub(crate) fn run_in(&self, folder: &Path) -> Ended {
        self.run_by(process::Command::new(BINARY), folder)
    }

    /// Runs the command by a program that runs the binary.
    pub(crate) fn run_by(&self, program: process::Command, folder: &Path) -> Ended {
        run(program, self.command.arguments, folder, self.command.stream)
    }

    /// What an output holds before the command.
    pub(crate) fn before(&self, output: &Output) -> Option<Vec<u8>> {
        fs::read(self.before.path().join(output.name)).ok()
    }

    /// Whether an output is a symbolic link.
    pub(crate) fn is_linked(&self, output: &Output) -> bool {
        self.before.path().join(output.name).is_symlink()
    }

    /// What an output holds after an undisturbed run.
    pub(crate) fn after(&self, output: &Output) -> Vec<u8> {
        fs::read(self.after.path().join(output.name)).unwrap()
    }

    /// What standard output holds after an undisturbed run.
    pub(crate) fn after_stream(&self) -> Option<Vec<u8>> {
        fs::read(self.after.path().join(self.command.stream?)).ok()
    }

    /// The names of its files, as messages give them.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'static str> {
        let outputs = self.command.outputs.iter().map(|output| output.name);
        let inputs = [TABLE, RECIPE, MODEL].into_iter();
        let stream = self.command.stream.map(|_| "standard output");
        outputs.chain(inputs).chain(stream)
    }

    /// The files that the command neither reads nor writes.
    pub(crate) fn leftovers(&self, folder: &Path) -> Vec<String> {
        let mut names = names(folder);
        names.retain(|name| {
            !self.after.path().join(name).exists()
                && !self.before.path().join(name).exists()
                && self.command.stream != Some(name.as_str())
        });
        names
    }
}

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pellucid");

fn run(mut program: process::Command, arguments: &str, folder: &Path, stream: Option<&str>) -> Ended {
    let stdout = match stream {
        Some(name) => Stdio::from(File::create(folder.join(name)).unwrap()),
        None => Stdio::null(),
    };
    let output = program
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    Ended {
        status: output.status.code(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Makes all files of a folder older than those that a live process may not have locked yet.
pub(crate) fn age(folder: &Path) {
    for name in names(folder) {
        let file = File::open(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(100))
            .unwrap();
    }
}

/// The inputs of all commands: a table, a recipe, a model.
fn fill(folder: &Path) {
    let rows: String = (0..60)
        .map(|row| {
            let (a, b) = (row * 37 % 60, row * 17 % 60);
            let kind = if a + b > 59 { "high" } else { "low" };
            format!("{a},{b},{kind}\n")
        })
        .collect();
    fs::write(folder.join(TABLE), format!("a,b,kind\n{rows}")).unwrap();
    let recipe = process::Command::new(BINARY)
        .args(["recipes", "xor-sgd"])
        .output()
        .unwrap();
    fs::write(folder.join(RECIPE), recipe.stdout).unwrap();
    static OF_ALL: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let path: PathBuf = folder.join(MODEL);
    if let Some(model) = OF_ALL.get() {
        return fs::write(path, model).unwrap();
    }
    let train = format!("train {TABLE} --target kind --hidden 4 --epochs 6 --threads 1 -q --out {MODEL}");
    let ended = run(process::Command::new(BINARY), &train, folder, None);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let _ = OF_ALL.set(fs::read(path).unwrap());
}
