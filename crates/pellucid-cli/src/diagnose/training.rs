//! The diagnosis of a training, which is run for the purpose.

use super::Diagnosis;
use crate::arguments::{Diagnose, Settings};
use crate::failure::misuse;
use crate::outputs::JsonOutput;
use crate::progress::Progress;
use crate::run::{diverged, session, threads};
use crate::score_text::plural;
use crate::train::validation;
use crate::{interrupt, subject, terminal};
use anyhow::Result;
use pellucid::session::Summary;
use pellucid::{EndedBy, Recipe, Scalar, Unfinished};
use pellucid_data::DataError;
use pellucid_data::training::Plan;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

/// The diagnosis of a training that has ended, or diverged.
fn diagnosis(
    ended: Result<&Summary, &Unfinished>,
    recipe: &Recipe,
    rows: usize,
    notes: Vec<String>,
) -> Diagnosis {
    let (findings, statistics, epochs, updates) = match ended {
        Ok(of) => (&of.findings, &of.layer_statistics, of.epochs, of.updates),
        Err(of) => (&of.findings, &of.layer_statistics, of.epochs, of.updates),
    };
    let ended_by = ended.ok().map(|summary| summary.ended_by);
    Diagnosis {
        findings: findings.clone(),
        examined: format!(
            "{}, {} and {}: inputs, targets, initial weights, gradients, units, size of the steps, losses",
            plural(rows, "training row"),
            plural(recipe.network.layers.len() - 1, "layer"),
            plural(epochs as usize, "epoch")
        ),
        notes,
        stopped: ended_by == Some(EndedBy::Interrupt),
        record: json!({
            "recipe": recipe,
            "epochs": epochs,
            "updates": updates,
            "ended_by": ended_by,
            "layer_statistics": statistics,
        }),
    }
}

/// The training of `pellucid run`.
pub(super) fn of_recipe<T: Scalar>(
    name: &str,
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Diagnosis> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let session = session::<T>(recipe, settings, threads)?.with_clock(&clock);
    let session = session.diagnosed(&[])?;
    let rows = session.training().rows();
    let ended = session.run(&mut Progress::new(name, settings.quiet));
    Ok(match ended {
        Ok(finished) => diagnosis(Ok(&finished.summary), recipe, rows, Vec::new()),
        Err(unfinished) => diagnosis(Err(&*diverged(unfinished)?), recipe, rows, Vec::new()),
    })
}

/// The training of `pellucid train`, and where its record goes.
pub(super) fn of_table(arguments: &Diagnose) -> Result<(Diagnosis, JsonOutput)> {
    let quiet = arguments.running.quiet;
    let flags = &arguments.training;
    if arguments.data.is_some() {
        return misuse("--data is for a recipe; a table is named by itself");
    }
    let (part, validation_file) = validation(flags.validation.as_deref(), false)?;
    let recipe = subject::recipe_of_table(flags.recipe.as_deref(), &arguments.settings())?;
    let mut request = flags.request(&arguments.columns, recipe, part);
    let path = Path::new(&arguments.source);
    let table = subject::read_table(path, &arguments.reading, &mut request)?;
    let read = |path| subject::read_like_training(path, &arguments.reading, &request);
    let validation_table = validation_file.map(read).transpose()?;
    let threads = threads(arguments.running.threads, quiet);
    interrupt::listen();
    let json = JsonOutput::prepare(arguments.json.as_deref())?;

    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let plan = Plan::new(&table, &request)?;
    if !quiet {
        plan.choices().iter().for_each(|choice| terminal::note(choice));
    }
    let session = plan.session(validation_table.as_ref(), threads)?;
    let session = session.with_clock(&clock).diagnosed()?;
    let ended = session.run(&mut Progress::new(&table.source, quiet).with_epochs());
    let recipe = plan.recipe();
    let found = match ended {
        Ok(trained) => {
            // Those of the table were shown when it was read.
            let is_new = |note: &String| !request.reading_notes.contains(note) && !table.notes.contains(note);
            let notes = trained.notes.into_iter().filter(is_new).collect();
            diagnosis(Ok(&trained.summary), recipe, trained.rows.len(), notes)
        }
        Err(DataError::Training(unfinished)) => diagnosis(
            Err(&*diverged(unfinished)?),
            recipe,
            plan.rows().len(),
            Vec::new(),
        ),
        Err(error) => return Err(error.into()),
    };
    Ok((found, json))
}
