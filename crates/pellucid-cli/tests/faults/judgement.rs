//! What must be true after a fault.

use crate::command::{Content, Output};
use crate::setting::{Ended, Setting, age};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What Rust's standard library says where it ends a process by itself: before `main`, without memory for the stack on which an
/// overflow of the stack would be reported; and where a folder that was listed, here one in /sys with the sizes of caches, cannot
/// be closed.
const ENDS_BY_ITSELF: [&str; 2] = [
    "failed to allocate an alternative stack",
    "unexpected error during closedir",
];

/// A run with a fault, as it is judged.
pub(crate) struct Disturbed<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) folder: &'a Path,
    pub(crate) ended: &'a Ended,
    /// What the message must say about the reason, one of these.
    pub(crate) reasons: &'a [&'a str],
    /// Whether the message must name a file of the command.
    pub(crate) is_of_file: bool,
}

impl Disturbed<'_> {
    /// What is wrong; nothing if all is as promised.
    pub(crate) fn faults(&self, was_killed: bool) -> Vec<String> {
        let mut faults = Vec::new();
        self.judge_files(&mut faults);
        if !was_killed {
            self.judge_end(&mut faults);
        }
        self.judge_repetition(&mut faults);
        faults
    }

    fn outputs(&self) -> impl Iterator<Item = (&Output, Option<Vec<u8>>)> {
        let outputs = self.setting.command.outputs.iter();
        outputs.map(|output| (output, fs::read(self.folder.join(output.name)).ok()))
    }

    /// Each file is what it was or what it is to be.
    fn judge_files(&self, faults: &mut Vec<String>) {
        for (output, found) in self.outputs() {
            let name = output.name;
            match found {
                None if self.setting.before(output).is_some() => faults.push(format!("{name} is gone")),
                None => {}
                Some(found) => {
                    if output.content != Content::State
                        && Some(&found) != self.setting.before(output).as_ref()
                        && !is_alike(output, &found, &self.setting.after(output))
                    {
                        faults.push(format!("{name} is neither old nor new"));
                    }
                    if self.setting.is_linked(output) && !self.folder.join(name).is_symlink() {
                        faults.push(format!("{name} was a link"));
                    }
                    let mode = fs::metadata(self.folder.join(name)).unwrap().permissions().mode();
                    let is_private =
                        output.content != Content::State && self.setting.before(output).is_some();
                    if is_private && mode & 0o077 != 0 {
                        faults.push(format!("{name} was private and has mode {mode:o}"));
                    }
                }
            }
        }
    }

    /// The status and the message are true.
    fn judge_end(&self, faults: &mut Vec<String>) {
        let Ended { status, stderr } = self.ended;
        if ENDS_BY_ITSELF.iter().any(|words| stderr.contains(words)) {
            return;
        }
        for word in ["panicked", "RUST_BACKTRACE", "memory allocation of"] {
            if stderr.contains(word) {
                faults.push(format!("it says {word}"));
            }
        }
        match status {
            Some(0) => {
                for (output, found) in self.outputs() {
                    let is_new =
                        found.is_some_and(|found| is_alike(output, &found, &self.setting.after(output)));
                    if !is_new && output.content != Content::State {
                        faults.push(format!("status 0, but {} is not the new one", output.name));
                    }
                }
                if let Some(stream) = self.setting.command.stream {
                    let (found, whole) = (self.folder.join(stream), self.setting.after_stream());
                    if fs::read(found).ok() != whole {
                        faults.push("status 0, but standard output is not complete".to_owned());
                    }
                }
            }
            Some(1) => {
                let message: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error:")).collect();
                let [message] = message[..] else {
                    return faults.push(format!("{} messages of an error", message.len()));
                };
                if !self.reasons.iter().any(|reason| message.contains(reason)) {
                    faults.push(format!("the message names none of {:?}", self.reasons));
                }
                if self.is_of_file && !self.setting.files().any(|name| message.contains(name)) {
                    faults.push("the message names no file".to_owned());
                }
            }
            other => faults.push(format!("status {other:?}")),
        }
    }

    /// The same command succeeds afterwards, and removes what was left.
    fn judge_repetition(&self, faults: &mut Vec<String>) {
        age(self.folder);
        let again = self.setting.run_in(self.folder);
        if again.status != Some(0) {
            return faults.push(format!("the next run fails: {}", again.stderr));
        }
        for word in ["damaged", "panicked"] {
            if again.stderr.contains(word) {
                faults.push(format!("the next run says {word}: {}", again.stderr));
            }
        }
        for (output, found) in self.outputs() {
            let is_new = found.is_some_and(|found| is_alike(output, &found, &self.setting.after(output)));
            if !is_new && output.content != Content::State {
                faults.push(format!("the next run does not write {}", output.name));
            }
        }
        let left = self.setting.leftovers(self.folder);
        if !left.is_empty() {
            faults.push(format!("the next run leaves {left:?}"));
        }
    }
}

/// Whether an output holds what it is to hold.
fn is_alike(output: &Output, found: &[u8], expected: &[u8]) -> bool {
    match output.content {
        Content::Record => without_times(found).is_some_and(|found| Some(found) == without_times(expected)),
        Content::Page => without_numbers(found) == without_numbers(expected),
        Content::Same | Content::State => found == expected,
    }
}

/// A record without its times; `None` for what is none.
fn without_times(bytes: &[u8]) -> Option<Value> {
    let mut record = serde_json::from_slice(bytes).ok()?;
    remove_times(&mut record);
    Some(record)
}

fn remove_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !name.contains("seconds"));
            members.values_mut().for_each(remove_times);
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_times),
        _ => {}
    }
}

fn without_numbers(bytes: &[u8]) -> Vec<u8> {
    let is_number = |byte: &&u8| byte.is_ascii_digit() || b".-+".contains(byte);
    bytes.iter().filter(|byte| !is_number(byte)).copied().collect()
}
