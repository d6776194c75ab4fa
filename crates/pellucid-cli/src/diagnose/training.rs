//! The diagnosis of a training, which is run for the purpose.

use super::Diagnosis;
use crate::arguments::Settings;
use crate::progress::Progress;
use crate::run::{diverged, session};
use crate::score_text::count;
use crate::terminal;
use anyhow::{Context, Result};
use pellucid::session::Summary;
use pellucid::{EndedBy, Recipe, Scalar, Unfinished, with_precision};
use pellucid_data::training::{Plan, TrainingRequest};
use pellucid_data::{DataError, Table};
use serde_json::json;
use std::num::NonZeroUsize;
use std::time::Instant;

/// `4 rows, 2 layers, 1,000 epochs`, and what of them.
fn examined(rows: usize, layers: usize, epochs: u64) -> String {
    let of = |number: usize, one: &str, more: &str| match number {
        1 => format!("1 {one}"),
        _ => format!("{} {more}", count(number)),
    };
    format!(
        "{}, {} and {}: inputs, targets, initial weights, gradients, units, size of the steps, losses",
        of(rows, "training row", "training rows"),
        of(layers, "layer", "layers"),
        of(epochs as usize, "epoch", "epochs")
    )
}

/// The diagnosis of a training that has ended, or diverged.
fn diagnosis(
    ended: Result<&Summary, &Unfinished>,
    recipe: &Recipe,
    rows: usize,
    notes: Vec<String>,
) -> Diagnosis {
    let layers = recipe.network.layers.len() - 1;
    let (findings, statistics, epochs, updates, ended_by) = match ended {
        Ok(of) => (
            &of.findings,
            &of.layer_statistics,
            of.epochs,
            of.updates,
            Some(of.ended_by),
        ),
        Err(of) => (&of.findings, &of.layer_statistics, of.epochs, of.updates, None),
    };
    Diagnosis {
        findings: findings.clone(),
        examined: examined(rows, layers, epochs),
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
pub(super) fn of_recipe(
    name: &str,
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Diagnosis> {
    with_precision!(recipe.train.precision, T => of_recipe_at::<T>(name, recipe, settings, threads))
        .with_context(|| format!("recipe {name}"))
}

fn of_recipe_at<T: Scalar>(
    name: &str,
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Diagnosis> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let session = session::<T>(recipe, settings, threads)?
        .with_clock(&clock)
        .diagnosed(&[])?;
    let rows = session.training().rows();
    let mut progress = Progress::new(name, settings.quiet);
    let ended = session.run(&mut progress);
    progress.finish();
    Ok(match ended {
        Ok(finished) => diagnosis(Ok(&finished.summary), recipe, rows, Vec::new()),
        Err(unfinished) => diagnosis(Err(&*diverged(unfinished)?), recipe, rows, Vec::new()),
    })
}

/// The training of `pellucid train`.
pub(super) fn of_table(
    table: &Table,
    request: &TrainingRequest,
    threads: NonZeroUsize,
    quiet: bool,
) -> Result<Diagnosis> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let plan = Plan::new(table, request)?;
    if !quiet {
        for choice in plan.choices() {
            terminal::note(choice);
        }
    }
    let session = plan.session(None, threads)?.with_clock(&clock).diagnosed()?;
    let mut progress = Progress::new(&table.source, quiet).with_epochs();
    let ended = session.run(&mut progress);
    progress.finish();
    Ok(match ended {
        Ok(trained) => diagnosis(
            Ok(&trained.summary),
            plan.recipe(),
            trained.rows.len(),
            trained.notes.clone(),
        ),
        Err(DataError::Training(unfinished)) => diagnosis(
            Err(&*diverged(unfinished)?),
            plan.recipe(),
            table.rows(),
            Vec::new(),
        ),
        Err(error) => return Err(error.into()),
    })
}
