//! `pellucid tune`: the settings that train best on a table.

use crate::arguments::Tune;
use crate::failure::{failed, misuse};
use crate::outputs::{self, JsonOutput, PlotOutput};
use crate::progress::Progress;
use crate::score_text::{aligned, number};
use crate::tune_progress::TuneProgress;
use crate::{interrupt, recipes, run, source, subject, terminal};
use anyhow::{Context, Result};
use pellucid::EndedBy;
use pellucid::evaluation::metrics::Better;
use pellucid::recipe::Recipe;
use pellucid_data::OutputFile;
use pellucid_data::training::{Trained, TrainingRequest};
use pellucid_data::tuning::{
    Search, SearchRequest, SearchResult, SearchState, SettingRange, Space, Trial, TrialOutcome,
};
use pellucid_report::{PictureFormat, SearchChart, SearchPoint, SearchSetting, SettingValues, Theme};
use serde_json::json;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn tune(arguments: &Tune) -> Result<ExitCode> {
    let started = Instant::now();
    let quiet = arguments.running.quiet;
    check_files(arguments)?;
    let space = space(arguments)?;
    let recipe = arguments.recipe.as_deref().map(recipes::load).transpose()?;
    let mut training = training(arguments, recipe);
    let seed = subject::seed(&training);
    let table = subject::read_table(&arguments.data, &arguments.reading, &mut training)?;
    let request = SearchRequest {
        method: arguments.method,
        space,
        trials: arguments.trials,
        seed,
        folds: arguments.folds,
        metric: arguments.metric,
    };
    let search = Search::new(&table, &training, &request)?;
    let threads = run::threads(arguments.running.threads, quiet);
    let note = |line: &str| {
        if !quiet {
            terminal::note(line);
        }
    };
    note(&source::size(&table));
    search.choices().iter().for_each(|choice| note(choice));

    interrupt::listen();
    let files = Files::prepare(arguments)?;
    let open = |path| search.open_state(path);
    let (state, done) = arguments.state.as_deref().map(open).transpose()?.unzip();
    let done = done.unwrap_or_default();
    if let (Some(path), 1..) = (&arguments.state, done.len()) {
        let (path, count) = (path.display(), done.len());
        note(&format!("{path}: {count} trainings are done already"));
    }
    let mut progress = TuneProgress::new(&table.source, quiet, search.metric());
    let state = state.as_ref();
    let found = search.run_keeping(threads, done, state, &interrupt::was_asked, &mut |report| {
        progress.show(&report);
        state.map_or(Ok(()), |state| state.write(report.done))
    });
    progress.finish();
    let found = found?;

    let best = found.best();
    let train = |best| train_winner(arguments, &search, best, state, threads);
    let winner = best.filter(|_| !found.stopped).map(train).transpose()?;
    let trained = winner.as_ref().and_then(|winner| winner.trained.as_ref());
    let was_stopped = |trained: &Trained| trained.summary.ended_by == EndedBy::Interrupt;
    let stopped = found.stopped || trained.is_some_and(was_stopped);
    let model = arguments.model.as_deref().filter(|_| !stopped);
    let record = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "data": table.source,
        "rows": table.rows(),
        "method": request.method,
        "metric": search.metric(),
        "seed": seed,
        "folds": arguments.folds,
        "space": search.space().lines(),
        "trials": found.to_json(),
        "best": best.map(|best| best.trial),
        "recipe": winner.as_ref().map(|winner| &winner.recipe),
        "notes": winner.as_ref().map(|winner| &winner.notes),
        "model": model,
        "stopped": stopped,
        "threads": threads,
        "elapsed_seconds": started.elapsed().as_secs_f64(),
    });
    let prints = !files.json.takes_standard_output();
    let chart = chart(&found, &table.source);
    files.write(&chart, winner.filter(|_| !stopped), &record)?;
    if let Some(state) = state.filter(|_| !stopped) {
        state.forget_model();
    }
    if prints {
        terminal::print_lines(table_of(&found))?;
        if let Some(path) = model.filter(|_| best.is_some()) {
            terminal::print(&format!("model: {}", path.display()))?;
        }
    }
    if stopped {
        return Ok(failed(&interrupt::stopped(
            match (&arguments.state, found.stopped) {
                (Some(_), true) => "; the same command goes on where it was",
                (None, true) => "; with --state FILE the same command would go on where it was",
                (Some(_), false) => {
                    "; the trials are done; the same command goes on with the model where it was"
                }
                (None, false) => "; the trials are done, the model is not",
            },
        )));
    }
    let Some(Trial { trial, .. }) = best else {
        return Ok(failed("error: no trial has a score; the table above says why"));
    };
    let seconds = started.elapsed().as_secs_f64();
    note(&format!("the best is trial {trial}; {seconds:.2} s"));
    Ok(ExitCode::SUCCESS)
}

fn check_files(arguments: &Tune) -> Result<()> {
    let read = [
        ("the data", source::file(&arguments.data)),
        ("the space", arguments.space.as_deref()),
        ("the recipe", arguments.recipe.as_deref().and_then(recipes::file)),
    ];
    outputs::check_distinct(
        &read,
        &[
            ("--state", arguments.state.as_deref()),
            ("--model", arguments.model.as_deref()),
            ("--save-recipe", arguments.save_recipe.as_deref()),
            ("--plot", arguments.plot.as_deref()),
            ("--json", arguments.json.as_deref()),
        ],
    )?;
    if let Some(path) = &arguments.plot {
        PictureFormat::from_path(path)?;
    }
    if arguments.folds.is_some() && arguments.validation == Some(0.0) && arguments.patience.is_some() {
        return misuse(
            "--patience looks at rows that each fold holds out, and --validation 0 holds out none",
        );
    }
    Ok(())
}

/// What the file and the command line say may vary.
fn space(arguments: &Tune) -> Result<Space> {
    let mut space = match &arguments.space {
        Some(path) => {
            let text = pellucid_data::read_small_text(path)
                .with_context(|| format!("cannot read the space {}", path.display()))?;
            Space::from_toml(&text, &path.display().to_string())?
        }
        None => Space::default(),
    };
    for line in &arguments.vary {
        space.add(line)?;
    }
    Ok(space)
}

fn training(arguments: &Tune, recipe: Option<Recipe>) -> TrainingRequest {
    TrainingRequest {
        class_weight: arguments.class_weight.clone(),
        validation: arguments.validation,
        epochs: arguments.epochs,
        patience: arguments.patience,
        seed: arguments.seed,
        ..arguments.columns.request(recipe)
    }
}

/// The best settings on all rows.
struct Winner {
    recipe: Recipe,
    trained: Option<Trained>,
    /// What the user should know of the training on all rows.
    notes: Vec<String>,
}

fn train_winner(
    arguments: &Tune,
    search: &Search<'_>,
    best: &Trial,
    state: Option<&SearchState>,
    threads: NonZeroUsize,
) -> Result<Winner> {
    let plan = search.on_all_rows(best)?;
    let of_columns = plan.notes()?;
    terminal::notes("note", &of_columns);
    let notes = [search.notes(), of_columns].concat();
    if arguments.model.is_none() {
        return Ok(Winner {
            recipe: plan.recipe_for_all_rows()?,
            trained: None,
            notes,
        });
    }
    let mut progress = Progress::new("the best on all rows", arguments.running.quiet);
    let warn = |warning: &str| terminal::note(&format!("warning: {warning}"));
    let keeper = state.map(|state| state.keeper_of_model(&plan, interrupt::was_asked, warn));
    let (keeper, notes_of_keeper) = keeper.transpose()?.unzip();
    terminal::notes("note", &notes_of_keeper.unwrap_or_default());
    let trained = plan.train(None, threads, &mut (&mut progress, keeper))?;
    Ok(Winner {
        recipe: trained.recipe.clone(),
        trained: Some(trained),
        notes,
    })
}

/// The files that a search leaves, found to be writable before it begins.
struct Files {
    model: Option<OutputFile>,
    recipe: Option<OutputFile>,
    plot: Option<PlotOutput>,
    json: JsonOutput,
}

impl Files {
    fn prepare(arguments: &Tune) -> Result<Self> {
        let light = |path| PlotOutput::prepare(path, Theme::Light);
        let file = |path: &Option<std::path::PathBuf>| path.as_ref().map(OutputFile::prepare).transpose();
        Ok(Self {
            model: file(&arguments.model)?,
            recipe: file(&arguments.save_recipe)?,
            plot: arguments.plot.as_deref().map(light).transpose()?,
            json: JsonOutput::prepare(arguments.json.as_deref())?,
        })
    }

    fn write(self, chart: &SearchChart, winner: Option<Winner>, record: &serde_json::Value) -> Result<()> {
        let mut outputs = Vec::new();
        if let Some(winner) = winner {
            if let Some(file) = self.recipe {
                outputs.push((file, winner.recipe.to_toml()?.into_bytes()));
            }
            if let (Some(file), Some(trained)) = (self.model, winner.trained) {
                let bytes = trained.into_model().to_bytes(file.path())?;
                outputs.push((file, bytes));
            }
        }
        if let Some(plot) = self.plot {
            outputs.push(plot.paint(chart)?);
        }
        self.json.write_with(outputs, || record)
    }
}

/// A setting's name without the table it stands in.
fn short(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).replace('_', " ")
}

/// The trials, the best first.
fn table_of(found: &SearchResult) -> Vec<String> {
    let ranking = found.ranking();
    if ranking.is_empty() {
        return Vec::new();
    }
    let deviation = |trial: &Trial| match trial.outcome {
        TrialOutcome::Trained { deviation, .. } => deviation,
        TrialOutcome::Failed(_) => None,
    };
    let with_deviation = ranking.iter().any(|trial| deviation(trial).is_some());
    let with_epochs = ranking.iter().any(|trial| trial.epochs != ranking[0].epochs);
    let shown = |cells: [String; 5], settings: &mut dyn Iterator<Item = String>| -> Vec<String> {
        let shown = [true, true, with_deviation, true, with_epochs];
        let cells = cells.into_iter().zip(shown).filter(|(_, is_shown)| *is_shown);
        cells.map(|(cell, _)| cell).chain(settings).collect()
    };
    let metric = found.metric.name().replace('_', " ");
    let heading = ["trial", &metric, "±", "best epoch", "of"].map(str::to_owned);
    let mut keys = found
        .space
        .parameters
        .iter()
        .map(|parameter| short(&parameter.key));
    let mut rows = vec![shown(heading, &mut keys)];
    for trial in ranking {
        let [score, best_epoch] = match &trial.outcome {
            TrialOutcome::Trained {
                score, best_epoch, ..
            } => [number(*score), best_epoch.to_string()],
            TrialOutcome::Failed(_) => ["failed".into(), "-".into()],
        };
        let deviation = deviation(trial).map_or("-".into(), number);
        let (name, epochs) = (trial.trial.to_string(), trial.epochs.to_string());
        let mut values = trial.settings.iter().map(|setting| setting.value.clone());
        rows.push(shown([name, score, deviation, best_epoch, epochs], &mut values));
    }
    let mut lines = aligned(&rows);
    for trial in &found.trials {
        if let TrialOutcome::Failed(message) = &trial.outcome {
            lines.push(format!("trial {}: {message}", trial.trial));
        }
    }
    lines
}

fn chart(found: &SearchResult, data: &str) -> SearchChart {
    let data = source::file_name(data);
    let trials = &found.trials;
    let highest = trials.iter().map(|trial| trial.rung).max();
    let points = trials.iter().map(|trial| SearchPoint {
        trial: trial.trial as u64,
        score: trial.score(),
        is_final: Some(trial.rung) == highest,
    });
    let parameters = found.space.parameters.iter().enumerate();
    let settings = parameters.map(|(at, parameter)| {
        let values = trials.iter().map(|trial| &trial.settings[at].value);
        SearchSetting {
            name: short(&parameter.key),
            values: match &parameter.range {
                SettingRange::Choice(names) => SettingValues::Choices {
                    picks: values
                        .map(|value| names.iter().position(|name| name == value).unwrap_or(names.len()))
                        .collect(),
                    names: names.clone(),
                },
                SettingRange::Numbers(range) => SettingValues::Numbers {
                    values: values.map(|value| value.parse().unwrap_or(f64::NAN)).collect(),
                    logarithmic: range.is_logarithmic,
                },
            },
        }
    });
    SearchChart {
        title: format!("{} trials on {data}", trials.len()),
        score_label: format!("{} on held-out rows", found.metric.name().replace('_', " ")),
        higher_is_better: found.metric.better() != Some(Better::Lower),
        points: points.collect(),
        settings: settings.collect(),
    }
}
