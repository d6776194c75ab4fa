//! `pellucid diagnose`: finds faults of a training or of a model.

mod model;
mod training;

use crate::arguments::Diagnose;
use crate::failure::{self, misuse, refuse_flags};
use crate::outputs::{self, JsonOutput};
use crate::subject::{Subject, is_model, is_recipe};
use crate::{findings, interrupt, recipes, run, source, terminal};
use anyhow::{Context, Result};
use pellucid::inspection::diagnosis::Finding;
use pellucid::with_precision;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// What was found, and by looking at what.
struct Diagnosis {
    findings: Vec<Finding>,
    /// In words: `4 rows, 2 layers, 1,000 epochs`.
    examined: String,
    /// What a user should know besides.
    notes: Vec<String>,
    stopped: bool,
    /// The rest of the record.
    record: Value,
}

pub(crate) fn diagnose(arguments: &Diagnose) -> Result<ExitCode> {
    let quiet = arguments.running.quiet;
    let read = [
        ("the subject", source::file(Path::new(&arguments.source))),
        (
            "the recipe",
            arguments.training.recipe.as_deref().and_then(recipes::file),
        ),
        ("the data", arguments.data.as_deref().and_then(source::file)),
    ];
    outputs::check_distinct(&read, &[("--json", arguments.json.as_deref())])?;
    let of_tables = [arguments.columns.flags(), arguments.training.of_tables()].concat();
    let (found, json) = if is_model(&arguments.source) {
        let of_training = [
            ("--epochs", arguments.training.epochs.is_some()),
            ("--set", !arguments.set.is_empty()),
            ("--unset", !arguments.unset.is_empty()),
            ("--seed", arguments.training.seed.is_some()),
            ("--precision", arguments.training.precision.is_some()),
        ];
        refuse_flags(&[&of_tables[..], &of_training].concat(), |flag| {
            format!(
                "{flag} is for a training, and {} is a model, which is examined as it is",
                arguments.source
            )
        })?;
        let json = JsonOutput::prepare(arguments.json.as_deref())?;
        (model::diagnose(arguments)?, json)
    } else if is_recipe(&arguments.source) {
        refuse_flags(&of_tables, |flag| {
            format!("{flag} is for a table, and {} is a recipe", arguments.source)
        })?;
        let settings = arguments.settings();
        let subject = Subject::read(
            &arguments.source,
            settings,
            &arguments.columns,
            None,
            &arguments.reading,
        )?;
        let Subject::Recipe(recipe, settings) = subject else {
            return misuse(format!("{} is no recipe", arguments.source));
        };
        let threads = run::threads(arguments.running.threads, quiet);
        interrupt::listen();
        let json = JsonOutput::prepare(arguments.json.as_deref())?;
        let found = with_precision!(recipe.train.precision, T => {
            training::of_recipe::<T>(&arguments.source, &recipe, &settings, threads)
        })
        .with_context(|| format!("recipe {}", arguments.source))?;
        (found, json)
    } else {
        training::of_table(arguments)?
    };
    terminal::notes("note", &found.notes);
    json.print(match found.findings.is_empty() {
        true => vec![format!("nothing found; examined {}", found.examined)],
        false => findings::list(&found.findings),
    })?;
    json.write(|| record(&found))?;
    if found.stopped {
        let note = interrupt::stopped("; what was found is of the training so far");
        return Ok(failure::failed(&note));
    }
    Ok(match arguments.strict && !found.findings.is_empty() {
        true => ExitCode::from(failure::FAILED),
        false => ExitCode::SUCCESS,
    })
}

fn record(found: &Diagnosis) -> Value {
    let mut record = found.record.clone();
    record["version"] = json!(env!("CARGO_PKG_VERSION"));
    record["healthy"] = json!(found.findings.is_empty());
    record["findings"] = json!(found.findings);
    record["examined"] = json!(found.examined);
    record["notes"] = json!(found.notes);
    record["stopped"] = json!(found.stopped);
    record
}
