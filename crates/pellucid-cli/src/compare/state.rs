//! The checkpoint of a comparison: the curves of finished runs in one file, and beside it the states of runs under way.

use super::side_by_side::FinishedRun;
use super::variants::{Variant, with_samples};
use crate::arguments::CheckpointFlags;
use crate::failure::misuse;
use crate::{interrupt, terminal};
use anyhow::Result;
use pellucid::session::record::Numbers;
use pellucid::{Scalar, Split};
use pellucid_data::checkpoint::{
    CheckpointKeeper, CheckpointSettings, Every, FinishedJobs, Identity, JobKind, Resume, samples_digest,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const KIND: JobKind = JobKind {
    format: "pellucid comparison",
    version: 1,
    of: "comparison",
    jobs: "runs",
    flag: "--checkpoint",
};
/// The file is written so seldom that this takes one part in so many of the time.
const SHARE: u32 = 100;

/// A run of a variant with a seed.
pub(super) type RunKey = (usize, u32);

/// The file of a comparison.
#[derive(Debug)]
pub(super) struct CompareState {
    file: FinishedJobs,
    path: PathBuf,
    every: Every,
}

/// The finished runs of a comparison, and when the file was given them.
#[derive(Debug)]
pub(super) struct FinishedRuns {
    runs: BTreeMap<RunKey, FinishedRun>,
    /// The runs that the file does not have yet.
    unwritten: Vec<RunKey>,
    last: Instant,
    cost: Duration,
    has_warned: bool,
}

/// A finished run in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRun {
    variant: usize,
    seed: u32,
    losses: Numbers,
    validation: Numbers,
    seconds: Numbers,
    trouble: Option<String>,
}

impl CompareState {
    /// The checkpoint that the flags ask for, of a comparison of these variants.
    pub(super) fn open(
        flags: &CheckpointFlags,
        variants: &[Variant],
        own_weights: bool,
    ) -> Result<Option<(Self, FinishedRuns)>> {
        let settings = match flags.settings() {
            Ok(Some(settings)) => settings,
            Ok(None) => return Ok(None),
            Err(message) => return misuse(message),
        };
        let CheckpointSettings {
            path, every, resume, ..
        } = settings;
        match &resume {
            Resume::From(from) if *from != path => {
                return misuse(format!(
                    "a comparison goes on in the file of its checkpoint: give --resume auto, not {}",
                    from.display()
                ));
            }
            Resume::From(from) if !from.exists() => {
                return misuse(format!(
                    "{}: there is no such file; --resume auto begins without one",
                    from.display()
                ));
            }
            Resume::Never if path.exists() => {
                return misuse(format!(
                    "{}: there is a file already; go on from it with --resume auto, or remove it to begin anew",
                    path.display()
                ));
            }
            _ => {}
        }
        let (file, kept) = FinishedJobs::open::<KeptRun>(&path, KIND, identity(variants, own_weights)?)?;
        for kept in &kept {
            // What an earlier process could not remove.
            file.forget(&name_of((kept.variant, kept.seed)));
        }
        let runs = kept.into_iter().map(|kept| {
            let run = FinishedRun {
                losses: kept.losses.0,
                validation: kept.validation.0,
                seconds: kept.seconds.0,
                trouble: kept.trouble,
            };
            ((kept.variant, kept.seed), run)
        });
        let runs = FinishedRuns {
            runs: runs.collect(),
            unwritten: Vec::new(),
            last: Instant::now(),
            cost: Duration::ZERO,
            has_warned: false,
        };
        Ok(Some((Self { file, path, every }, runs)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The keeper of a run's states, from the last of which it goes on.
    pub(super) fn keeper<'a, T: Scalar>(
        &self,
        run: RunKey,
        variant: &'a Variant,
        split: &'a Split<T>,
    ) -> Result<CheckpointKeeper<'a>> {
        let recipe = variant.spec.with_seed(Some(run.1));
        let identify = move || Identity::of_samples(&recipe, split);
        let warn = |warning: &str| terminal::note(&format!("warning: {warning}"));
        let name = name_of(run);
        let (keeper, notes) = self
            .file
            .keeper(&name, self.every, identify, interrupt::was_asked, warn)?;
        terminal::notes("note", &notes);
        Ok(keeper)
    }
}

impl FinishedRuns {
    pub(super) fn get(&self, run: RunKey) -> Option<&FinishedRun> {
        self.runs.get(&run)
    }

    pub(super) fn len(&self) -> usize {
        self.runs.len()
    }

    /// Adds a run, and writes the file unless it was written a moment ago.
    pub(super) fn add(&mut self, state: &CompareState, run: RunKey, finished: FinishedRun) {
        self.runs.insert(run, finished);
        self.unwritten.push(run);
        if self.last.elapsed() >= self.cost * SHARE {
            self.write(state);
        }
    }

    /// Writes the runs that the file does not have. If that fails, a warning says so, and the next call tries again.
    pub(super) fn write(&mut self, state: &CompareState) {
        if self.unwritten.is_empty() {
            return;
        }
        let began = Instant::now();
        let kept = self.runs.iter().map(|(&(variant, seed), run)| KeptRun {
            variant,
            seed,
            losses: Numbers(run.losses.clone()),
            validation: Numbers(run.validation.clone()),
            seconds: Numbers(run.seconds.clone()),
            trouble: run.trouble.clone(),
        });
        let written = state.file.write(&kept.collect::<Vec<_>>());
        self.last = Instant::now();
        self.cost = self.last - began;
        match written {
            Ok(()) => {
                for run in self.unwritten.drain(..) {
                    state.file.forget(&name_of(run));
                }
                self.has_warned = false;
            }
            Err(error) if !self.has_warned => {
                terminal::note(&format!(
                    "warning: the checkpoint is not up to date: {error}; the comparison goes on, and the file is tried again"
                ));
                self.has_warned = true;
            }
            Err(_) => {}
        }
    }
}

fn name_of((variant, seed): RunKey) -> String {
    format!("run-{}-{seed}", variant + 1)
}

/// Everything that a run depends on besides its number and its seed.
fn identity(variants: &[Variant], own_weights: bool) -> Result<Map<String, Value>> {
    let described = |variant: &Variant| -> Result<Value> {
        Ok(json!({
            "name": variant.spec.name,
            "recipe": variant.spec.with_seed(Some(0)).to_toml()?,
            "weights_of": variant.leader.as_ref().map(|leader| &leader.name),
        }))
    };
    let data = |variant: &Variant| with_samples!(&variant.samples, split => samples_digest(split));
    let identity = [
        ("pellucid_version", json!(env!("CARGO_PKG_VERSION"))),
        ("variants", variants.iter().map(described).collect::<Result<_>>()?),
        ("own_weights", json!(own_weights)),
        ("data", json!(variants.iter().map(data).collect::<Vec<_>>())),
    ];
    Ok(identity
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect())
}
