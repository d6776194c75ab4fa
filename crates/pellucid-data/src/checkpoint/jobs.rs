//! The file of a command that runs many trainings side by side: what the finished ones came to, and beside it the states of
//! the unfinished ones.

use super::identity::Identity;
use super::keeper::CheckpointKeeper;
use super::settings::{CheckpointSettings, Every, Resume};
use crate::error::{Result, problem};
use crate::files::{FileError, FileLock, OutputFile, read_text_within, remove_leftover_lock};
use pellucid::recipe::shortened;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What the jobs of a file are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobKind {
    /// The format, such as `pellucid search`.
    pub format: &'static str,
    /// Its version.
    pub version: u32,
    /// What all jobs are of, a noun, and the key of its identity in the file.
    pub of: &'static str,
    /// The key of the jobs in the file.
    pub jobs: &'static str,
    /// The flag that names the file.
    pub flag: &'static str,
}

/// A file that identifies a command and holds its finished jobs. It is written whole or not at all, and locked. The state of a
/// job that is under way is in a file of its own, whose name begins with that of this one.
#[derive(Debug)]
pub struct FinishedJobs {
    path: PathBuf,
    kind: JobKind,
    identity: Map<String, Value>,
    _lock: FileLock,
}

/// The key of the version of the program in an identity. It alone may differ: the file says what wrote it.
const WRITER: &str = "pellucid_version";
/// The most bytes of the file in a message.
const MOST_SHOWN_BYTES: usize = 300;

impl FinishedJobs {
    /// The file `path` of a command with this identity, and the jobs that are in it.
    ///
    /// # Errors
    /// Another process uses the file; it is of another kind, version or command; it cannot be read or written.
    pub fn open<J: DeserializeOwned>(
        path: &Path,
        kind: JobKind,
        identity: Map<String, Value>,
    ) -> Result<(Self, Vec<J>)> {
        let lock = FileLock::of(path, &format!("this state of a {}", kind.of), kind.flag)?;
        let file = Self {
            path: path.to_path_buf(),
            kind,
            identity,
            _lock: lock,
        };
        let jobs = match read_text_within(path, u64::MAX) {
            Ok(text) => file.read(&text)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                return Err(file.wrong(format!("the state of a {} cannot be read: {error}", kind.of)));
            }
        };
        // Checked before the work whose result goes there.
        drop(OutputFile::prepare(path)?);
        Ok((file, jobs))
    }

    /// Writes the jobs that are finished.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write<J: Serialize>(&self, jobs: &[J]) -> Result<()> {
        let failed = |error| FileError::from_write(&self.path, error);
        let jobs = serde_json::to_value(jobs).map_err(failed)?;
        let written: Map<String, Value> = [
            ("format", self.kind.format.into()),
            ("format_version", self.kind.version.into()),
            (self.kind.of, Value::Object(self.identity.clone())),
            (self.kind.jobs, jobs),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
        let text = serde_json::to_string(&written).map_err(failed)?;
        Ok(OutputFile::prepare(&self.path)?.write(format!("{text}\n").as_bytes())?)
    }

    /// The keeper of the states of a job under way, from the last of which it continues; with what a user should know about
    /// it. The arguments are as in [`CheckpointKeeper::open`].
    ///
    /// # Errors
    /// As [`CheckpointKeeper::open`].
    pub fn keeper<'a>(
        &self,
        job: &str,
        every: Every,
        identify: impl Fn() -> Result<Identity> + Send + Sync + 'a,
        was_interrupted: impl Fn() -> bool + Send + Sync + 'a,
        warn: impl Fn(&str) + Send + Sync + 'a,
    ) -> Result<(CheckpointKeeper<'a>, Vec<String>)> {
        let settings = CheckpointSettings {
            path: self.path_of(job),
            every,
            keep: 1,
            resume: Resume::WhereThereIsOne,
        };
        let (keeper, notes) = CheckpointKeeper::open(settings, identify, was_interrupted, warn)?;
        let notes = if keeper.is_new() { Vec::new() } else { notes };
        Ok((keeper, notes))
    }

    /// Removes the state of a job that was [written](Self::write) as finished, and its lock if an earlier process could not.
    pub fn forget(&self, job: &str) {
        let path = self.path_of(job);
        let _ = std::fs::remove_file(&path);
        remove_leftover_lock(&path);
    }

    fn path_of(&self, job: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{job}"));
        PathBuf::from(name)
    }

    fn wrong(&self, message: String) -> crate::DataError {
        problem(self.path.display().to_string(), message)
    }

    fn read<J: DeserializeOwned>(&self, text: &str) -> Result<Vec<J>> {
        let JobKind {
            format,
            version,
            of,
            jobs,
            flag,
        } = self.kind;
        let again = format!("give {flag} another file, or remove this one");
        let foreign = |reason: &str| {
            let reason = shortened(reason, MOST_SHOWN_BYTES);
            self.wrong(format!("it is not the state of a {of} ({reason}); {again}"))
        };
        let mut written: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| foreign(&error.to_string()))?;
        let found_format = written.remove("format").unwrap_or_default();
        let found_version = written.remove("format_version").unwrap_or_default();
        let Some(found_format) = found_format.as_str() else {
            return Err(foreign("it has no format"));
        };
        if found_format != format || found_version != version {
            return Err(self.wrong(format!(
                "it is {:?}, version {found_version}, not \"{format}\", version {version}; {again}",
                shortened(found_format, MOST_SHOWN_BYTES),
            )));
        }
        let (Some(Value::Object(found)), Some(found_jobs)) = (written.remove(of), written.remove(jobs))
        else {
            return Err(foreign(&format!("`{of}` or `{jobs}` is missing")));
        };
        if let Some(key) = written.keys().next() {
            return Err(foreign(&format!("unknown key `{key}`")));
        }
        self.compare(&found, &again)?;
        serde_json::from_value(found_jobs).map_err(|error| foreign(&error.to_string()))
    }

    /// Refuses a file of another command.
    fn compare(&self, found: &Map<String, Value>, again: &str) -> Result<()> {
        // The recipe last: it contains some of the others, whose names say more.
        let compared = self.identity.iter().filter(|(key, _)| *key != WRITER);
        let (recipe, others): (Vec<_>, Vec<_>) = compared.partition(|(key, _)| *key == "recipe");
        for (key, value) in others.into_iter().chain(recipe) {
            let found = found.get(key).unwrap_or(&Value::Null);
            if found != value {
                let (found, value) = match key.as_str() {
                    "data" | "recipe" => ("another".to_string(), "changed".to_string()),
                    _ => (found.to_string(), value.to_string()),
                };
                let [found, value] = [&found, &value].map(|text| shortened(text, MOST_SHOWN_BYTES));
                return Err(self.wrong(format!(
                    "it is the state of another {}: its {key} is {found}, here it is {value}; {again}",
                    self.kind.of
                )));
            }
        }
        Ok(())
    }
}
