//! Observes the trainings of a command, and keeps their states in a file.

use super::file::{self, Contents};
use super::identity::Identity;
use super::settings::{CheckpointSettings, Every, Resume};
use crate::error::{Result, problem};
use crate::files::{FileError, FileLock, OutputFile, keep_as};
use pellucid::Scalar;
use pellucid::state::State;
use pellucid::training::checkpoints::Checkpoints;
use pellucid::training::glance::Glance;
use pellucid::training::observe::{Event, Observer, Position};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

/// By time, a state is kept no more often than this, in seconds.
const SHORTEST: f64 = 10.0;
/// And so seldom that keeping it takes one part in so many of the time.
const SHARE: f64 = 200.0;
/// How often the clock is read, in seconds.
const GLANCE: f64 = 0.1;

/// Keeps the states of a command's trainings, which it observes one after another.
///
/// If a file cannot be written, the training continues: `warn` is called, once for each reason, and the next state is written
/// where that is possible.
pub struct CheckpointKeeper<'a> {
    settings: CheckpointSettings,
    identity: OnceLock<Identity>,
    identify: Box<dyn Fn() -> Result<Identity> + Send + Sync + 'a>,
    states: Vec<State>,
    /// The training under way; `None` before the first.
    training: Option<usize>,
    is_due: bool,
    started: Instant,
    glance: Glance,
    /// When the last state was kept, in seconds since the start, and how long that took.
    last: f64,
    cost: f64,
    was_interrupted: Box<dyn Fn() -> bool + Send + Sync + 'a>,
    warn: Box<dyn Fn(&str) + Send + Sync + 'a>,
    last_warning: String,
    _lock: FileLock,
}

impl<'a> CheckpointKeeper<'a> {
    /// A keeper of the trainings that `identify` describes, once a file is read or written; with what a user should know about the file that it continues
    /// from. `was_interrupted` says whether a training that ends is to be continued later.
    ///
    /// # Errors
    /// The file is in use, cannot be written, is that of other trainings, or there is one already and none is to be
    /// continued; all files are damaged.
    pub fn open(
        settings: CheckpointSettings,
        identify: impl Fn() -> Result<Identity> + Send + Sync + 'a,
        was_interrupted: impl Fn() -> bool + Send + Sync + 'a,
        warn: impl Fn(&str) + Send + Sync + 'a,
    ) -> Result<(Self, Vec<String>)> {
        let lock = FileLock::of(&settings.path, "this checkpoint", "--checkpoint")?;
        let mut notes = Vec::new();
        let states = match &settings.resume {
            Resume::Never => {
                refuse_to_replace(&settings.path)?;
                Vec::new()
            }
            Resume::WhereThereIsOne => match last_good(&settings.path, settings.keep, &mut notes)? {
                Some(found) => continued(&settings.path, found, &identify()?, &mut notes)?,
                None => {
                    notes.push(format!(
                        "{}: there is no checkpoint yet; training begins",
                        settings.path.display()
                    ));
                    Vec::new()
                }
            },
            Resume::From(path) => match last_good(path, settings.keep, &mut notes)? {
                Some(found) => continued(path, found, &identify()?, &mut notes)?,
                None => return Err(FileError::Missing { path: path.clone() }.into()),
            },
        };
        // Checked before the work whose states go there.
        drop(OutputFile::prepare(&settings.path)?);
        let keeper = Self {
            settings,
            identity: OnceLock::new(),
            identify: Box::new(identify),
            states,
            training: None,
            is_due: false,
            started: Instant::now(),
            glance: Glance::every(GLANCE, 0.0),
            last: 0.0,
            cost: 0.0,
            was_interrupted: Box::new(was_interrupted),
            warn: Box::new(warn),
            last_warning: String::new(),
            _lock: lock,
        };
        Ok((keeper, notes))
    }

    /// Whether there is no state yet, of this command or one before.
    pub(super) fn is_new(&self) -> bool {
        self.states.is_empty()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.settings.path
    }

    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// The seconds between two states, where they are kept by time.
    fn interval(&self) -> Option<f64> {
        match self.settings.every {
            Every::Automatic => Some((SHARE * self.cost).max(SHORTEST)),
            Every::Seconds(seconds) => Some(seconds),
            Every::Epochs(_) | Every::Steps(_) => None,
        }
    }

    fn write(&mut self) {
        let began = self.now();
        let written = self.try_to_write();
        self.last = self.now();
        self.cost = self.last - began;
        if let Err(error) = written {
            let warning = format!(
                "the checkpoint is not up to date: {error}; the training goes on, and the next state is tried again"
            );
            if warning != self.last_warning {
                (self.warn)(&warning);
                self.last_warning = warning;
            }
        } else {
            self.last_warning.clear();
        }
    }

    fn try_to_write(&self) -> Result<()> {
        let path = &self.settings.path;
        let identity = match self.identity.get() {
            Some(identity) => identity,
            None => {
                let identity = (self.identify)()?;
                self.identity.get_or_init(|| identity)
            }
        };
        let bytes = file::to_bytes(identity, &self.states);
        let bytes = bytes.map_err(|error| FileError::from_write(path, error))?;
        let output = OutputFile::prepare(path)?;
        // Once the new state is on disk: where it cannot be written, all others stay.
        Ok(output.write_after(&bytes, || self.age())?)
    }

    /// Makes each file one older; the last one keeps its name too, until it is replaced.
    fn age(&self) {
        let path = &self.settings.path;
        for age in (2..self.settings.keep).rev() {
            let _ = std::fs::rename(aged(path, age - 1), aged(path, age));
        }
        if self.settings.keep > 1 {
            let _ = keep_as(path, &aged(path, 1));
        }
    }
}

/// The name of the file of this age: 0 is the last one.
fn aged(path: &Path, age: usize) -> PathBuf {
    match age {
        0 => path.to_path_buf(),
        age => {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{age}"));
            PathBuf::from(name)
        }
    }
}

fn refuse_to_replace(path: &Path) -> Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() > 0 => Err(problem(
            path.display().to_string(),
            "there is a file already; go on from it with --resume auto, or remove it to begin anew",
        )),
        _ => Ok(()),
    }
}

/// The newest file that is whole, of `keep` files and those that follow; `None` where there is none.
fn last_good(path: &Path, keep: usize, notes: &mut Vec<String>) -> Result<Option<Contents>> {
    let mut damage = None;
    for age in 0.. {
        let candidate = aged(path, age);
        match file::read(&candidate) {
            Ok(found) => {
                if age > 0 {
                    notes.push(format!(
                        "{}: it is missing or damaged; the training goes on from the older {}",
                        path.display(),
                        candidate.display()
                    ));
                }
                return Ok(Some(found));
            }
            Err(error) if is_missing(&error) && age >= keep.max(1) => break,
            Err(error) if is_missing(&error) => {}
            Err(error) => damage = damage.or(Some(error)),
        }
    }
    match damage {
        Some(error) => Err(error.into()),
        None => Ok(None),
    }
}

fn is_missing(error: &FileError) -> bool {
    match error {
        FileError::Missing { .. } => true,
        FileError::Read { reason, .. } => reason.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

fn continued(
    path: &Path,
    found: Contents,
    identity: &Identity,
    notes: &mut Vec<String>,
) -> Result<Vec<State>> {
    if let Some(difference) = identity.difference(&found.identity) {
        return Err(problem(
            path.display().to_string(),
            format!(
                "it is the checkpoint of another training: {difference}; repeat that command, or begin anew with another \
                 file"
            ),
        ));
    }
    let here = pellucid::instruction_set();
    if found.instruction_set != here {
        notes.push(format!(
            "the checkpoint was computed with {}, this machine computes with {here}: the last bits differ from those of a \
             run on one machine",
            found.instruction_set
        ));
    }
    if found.writer != env!("CARGO_PKG_VERSION") {
        notes.push(format!(
            "the checkpoint was written by pellucid {}, this is {}: the last bits may differ",
            found.writer,
            env!("CARGO_PKG_VERSION")
        ));
    }
    Ok(found.states)
}

impl Checkpoints for CheckpointKeeper<'_> {
    fn begin(&mut self) -> Option<State> {
        let training = self.training.map_or(0, |training| training + 1);
        self.training = Some(training);
        self.is_due = false;
        self.glance = Glance::every(GLANCE, self.now());
        self.states.get(training).cloned()
    }

    fn is_due(&mut self) -> bool {
        self.is_due || (self.was_interrupted)()
    }

    fn keep(&mut self, state: State) {
        // The last state of a short training is not worth the time: to repeat the training takes no longer.
        let is_worth_it = || match self.settings.every {
            Every::Automatic => self.now() - self.last >= SHORTEST,
            Every::Seconds(_) | Every::Epochs(_) | Every::Steps(_) => true,
        };
        let is_written = self.is_due || (self.was_interrupted)() || is_worth_it();
        self.is_due = false;
        let training = self.training.unwrap_or(0);
        // What followed an earlier state of this training does not follow this one.
        self.states.truncate(training);
        self.states.push(state);
        if is_written {
            self.write();
        }
    }

    fn is_interrupted(&self) -> bool {
        (self.was_interrupted)()
    }
}

impl<T: Scalar> Observer<T> for CheckpointKeeper<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        match (event, self.settings.every) {
            (Event::Step { position, .. }, Every::Steps(every)) => {
                self.is_due |= (position.step + 1).is_multiple_of(every);
            }
            (Event::Epoch { position, .. }, Every::Epochs(every)) => {
                self.is_due |= (position.epoch + 1).is_multiple_of(every);
            }
            (Event::Step { position, .. }, Every::Automatic | Every::Seconds(_)) => {
                let started = self.started;
                let now = self
                    .glance
                    .look(position.step, || started.elapsed().as_secs_f64());
                if let (Some(now), Some(interval)) = (now, self.interval()) {
                    self.is_due |= now - self.last >= interval;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn next_step(&mut self, next: Position) -> u64 {
        match self.settings.every {
            Every::Steps(every) => (next.step + 1).next_multiple_of(every) - 1,
            Every::Automatic | Every::Seconds(_) => self.glance.next_step(next.step),
            Every::Epochs(_) => u64::MAX,
        }
    }

    fn next_epoch(&mut self, next: Position) -> u64 {
        match self.settings.every {
            Every::Epochs(every) => (next.epoch + 1).next_multiple_of(every) - 1,
            _ => u64::MAX,
        }
    }

    fn checkpoints(&mut self) -> Option<&mut dyn Checkpoints> {
        Some(self)
    }
}

impl std::fmt::Debug for CheckpointKeeper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckpointKeeper")
            .field("settings", &self.settings)
            .field("training", &self.training)
            .finish_non_exhaustive()
    }
}
