//! The checkpoint of a command, and how to go on from it.

use crate::arguments::CheckpointFlags;
use crate::failure::misuse;
use crate::{interrupt, terminal};
use anyhow::Result;
use pellucid_data::checkpoint::{CheckpointKeeper, Identity};
use std::path::Path;

/// Opens the checkpoint that the flags ask for, of the trainings that `identify` describes.
pub(crate) fn open<'a>(
    flags: &CheckpointFlags,
    identify: impl Fn() -> pellucid_data::Result<Identity> + Send + Sync + 'a,
) -> Result<Option<CheckpointKeeper<'a>>> {
    let settings = match flags.settings() {
        Ok(Some(settings)) => settings,
        Ok(None) => return Ok(None),
        Err(message) => return misuse(message),
    };
    let warn = |warning: &str| terminal::note(&format!("warning: {warning}"));
    let (keeper, notes) = CheckpointKeeper::open(settings, identify, interrupt::was_asked, warn)?;
    terminal::notes("note", &notes);
    Ok(Some(keeper))
}

/// How a command that was interrupted goes on.
pub(crate) fn how_to_go_on(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!(
            "; the same command with --resume auto goes on from {}",
            path.display()
        ),
        None => String::new(),
    }
}
