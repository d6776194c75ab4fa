//! Flags of checkpoints.

use clap::Args;
use pellucid_data::checkpoint::{CheckpointSettings, Every, Resume};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(next_help_heading = "Checkpoints")]
pub(crate) struct CheckpointFlags {
    /// Keep the state of the training in this file, from which it continues after it was interrupted or killed
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,

    /// How often: 10epochs, 5000steps or 60s [default: by time, less than a hundredth of it]
    #[arg(long, value_name = "INTERVAL", value_parser = every)]
    every: Option<Every>,

    /// Keep this number of files: the last one, and those before it with .1, .2, … after their name
    #[arg(long, value_name = "FILES", value_parser = files, default_value_t = 2, hide_default_value = false)]
    keep: usize,

    /// Continue from this checkpoint; with auto, from that of --checkpoint where there is one
    #[arg(long, value_name = "FILE or auto")]
    pub(crate) resume: Option<PathBuf>,
}

impl CheckpointFlags {
    /// The settings; `None` where no state is to be kept.
    ///
    /// # Errors
    /// In words: flags that need the file of a checkpoint, without it.
    pub(crate) fn settings(&self) -> Result<Option<CheckpointSettings>, String> {
        let is_auto = self
            .resume
            .as_ref()
            .is_some_and(|path| path.as_os_str() == "auto");
        let file = self.checkpoint.as_ref();
        let Some(path) = file.or(self.resume.as_ref().filter(|_| !is_auto)) else {
            const FILE: &str = "name it with --checkpoint FILE";
            return match self.every {
                _ if is_auto => Err(format!(
                    "--resume auto continues from the file of --checkpoint; {FILE}"
                )),
                Some(_) => Err(format!("--every is the interval of a checkpoint; {FILE}")),
                None => Ok(None),
            };
        };
        Ok(Some(CheckpointSettings {
            path: path.clone(),
            every: self.every.unwrap_or_default(),
            keep: self.keep,
            resume: match &self.resume {
                None => Resume::Never,
                Some(_) if is_auto => Resume::WhereThereIsOne,
                Some(from) => Resume::From(from.clone()),
            },
        }))
    }
}

fn every(text: &str) -> Result<Every, String> {
    text.parse()
}

fn files(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(files @ 1..=1000) => Ok(files),
        _ => Err("a number of files is expected, from 1 to 1000".into()),
    }
}
