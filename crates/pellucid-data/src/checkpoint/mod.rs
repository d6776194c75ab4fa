//! Checkpoints: the states of trainings in a file, from which a command continues after it was interrupted or killed, to
//! the same bits.
//!
//! A command trains one network or several, one after another; a checkpoint holds the last state of each that has begun.
//! [`CheckpointKeeper`] observes them all. A file is a safetensors file with a checksum, written beside the one before and
//! renamed over it, so that it is always whole.

mod file;
mod identity;
mod jobs;
mod keeper;
mod settings;

pub use identity::{Identity, samples_digest};
pub use jobs::{FinishedJobs, JobKind};
pub use keeper::CheckpointKeeper;
pub use settings::{CheckpointSettings, Every, Resume};
