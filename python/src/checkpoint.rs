//! The checkpoint of a training on a table, as Python asks for it.

use crate::arrays::Refused;
use pellucid_data::checkpoint::{CheckpointKeeper, CheckpointSettings, Every, Identity, Resume};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest number of files, as in the command.
const MOST_FILES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    path: PathBuf,
    every: Option<String>,
    keep: usize,
    resume: Option<PathBuf>,
}

/// The settings that JSON asks for.
pub(crate) fn settings(asked: &str) -> PyResult<CheckpointSettings> {
    let Asked {
        path,
        every,
        keep,
        resume,
    } = serde_json::from_str(asked).refused()?;
    let every = every.map(|text| text.parse::<Every>());
    let every = every
        .transpose()
        .map_err(|problem| wrong("checkpoint_every", &problem))?;
    if !(1..=MOST_FILES).contains(&keep) {
        let problem = format!("{keep}: a number of files is expected, from 1 to {MOST_FILES}");
        return Err(wrong("checkpoint_keep", &problem));
    }
    Ok(CheckpointSettings {
        path,
        every: every.unwrap_or_default(),
        keep,
        resume: match resume {
            None => Resume::Never,
            Some(file) if file.as_os_str() == "auto" => Resume::WhereThereIsOne,
            Some(file) => Resume::From(file),
        },
    })
}

fn wrong(parameter: &str, problem: &str) -> PyErr {
    PyValueError::new_err(format!("{parameter} = {problem}"))
}

/// What the keeper of a training and the thread of Python tell each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// Whether an exception, such as that of Ctrl-C, ends the training.
    pub(crate) interrupted: Arc<AtomicBool>,
    /// What a user should know of the files, a sentence each.
    sentences: Arc<Mutex<Vec<String>>>,
}

impl Told {
    pub(crate) fn sentences(&self) -> Vec<String> {
        self.sentences
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn add(&self, sentence: &str) {
        let mut sentences = self.sentences.lock().unwrap_or_else(PoisonError::into_inner);
        sentences.push(sentence.to_owned());
    }
}

/// The keeper of the trainings that `identify` describes.
pub(crate) fn keeper<'a>(
    settings: CheckpointSettings,
    identify: impl Fn() -> pellucid_data::Result<Identity> + Send + Sync + 'a,
    told: &Told,
) -> pellucid_data::Result<CheckpointKeeper<'a>> {
    let (of_flag, of_warnings) = (told.clone(), told.clone());
    let interrupted = move || of_flag.interrupted.load(Ordering::Relaxed);
    let warn = move |warning: &str| of_warnings.add(warning);
    let (keeper, notes) = CheckpointKeeper::open(settings, identify, interrupted, warn)?;
    notes.iter().for_each(|note| told.add(note));
    Ok(keeper)
}
