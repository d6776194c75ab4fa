//! `pellucid train`: trains a network on a table and writes a model file.

use crate::arguments::Train;
use crate::failure::{self, misuse, refuse_flags};
use crate::outputs::{self, JsonOutput};
use crate::pictures::table::TrainedTable;
use crate::pictures::{self, CurveRecorder, PlotFiles, What};
use crate::progress::Progress;
use crate::score_text::{self, count, figures, number};
use crate::{
    calibration_text, checkpoint, findings, interrupt, recipes, report, run, source, subject, terminal,
    text_style, train_from, training_cost,
};
use anyhow::Result;
use pellucid::recipe::Task;
use pellucid::{EndedBy, Unfinished};
use pellucid_data::checkpoint::{CheckpointKeeper, Identity};
use pellucid_data::training::{CrossValidation, Plan, Scores, TableSession, Trained};
use pellucid_data::{DataError, OutputFile, write_together};
use pellucid_report::LineChart;
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn train(arguments: &Train) -> Result<ExitCode> {
    let started = Instant::now();
    let clock = || started.elapsed().as_secs_f64();
    let quiet = arguments.running.quiet;
    let (part, validation_file) =
        validation(arguments.training.validation.as_deref(), arguments.cv.is_some())?;
    let trains = arguments.cv.is_none() || arguments.out.is_some();
    if !trains {
        let of_model = [
            ("--plot", !arguments.pictures.plots.is_empty()),
            ("--report", arguments.report.is_some()),
            ("--save-recipe", arguments.save_recipe.is_some()),
            ("--chart", arguments.chart),
        ];
        refuse_flags(&of_model, |flag| {
            format!(
                "{flag} is about a model, and --cv alone makes none; add --out to train one on all rows as well"
            )
        })?;
    }
    let recipe = arguments
        .training
        .recipe
        .as_deref()
        .map(recipes::load)
        .transpose()?;
    check_files(arguments, validation_file)?;
    let mut request = arguments.training.request(&arguments.columns, recipe, part);
    request.has_validation_table = validation_file.is_some();
    request.set.clone_from(&arguments.set);
    request.unset.clone_from(&arguments.unset);
    request.ensemble = arguments.ensemble;
    arguments.afterwards.add_to(&mut request);
    let from = arguments.from.as_deref();
    let start = from.map(|path| train_from::read(path, arguments)).transpose()?;
    let table = match &start {
        Some(model) => {
            train_from::add_to(&mut request, model);
            subject::read_like_training(&arguments.data, &arguments.reading, &request)?
        }
        None => subject::read_table(&arguments.data, &arguments.reading, &mut request)?,
    };
    let read = |path| subject::read_like_training(path, &arguments.reading, &request);
    let validation_table = validation_file.map(read).transpose()?;
    let mut plan = Plan::new(&table, &request)?;
    if let (Some(model), Some(path)) = (&start, from) {
        plan = plan.starting_from(model, &path.display().to_string())?;
    }
    let threads = run::threads(arguments.running.threads, quiet);
    let note = |line: &str| {
        if !quiet {
            terminal::note(line);
        }
    };
    note(&source::size(&table));
    plan.choices().iter().for_each(|choice| note(choice));
    if let Some(path) = from {
        note(&train_from::note(path));
    }

    if trains && !quiet && is_announced(&plan, arguments) {
        note(&training_cost::line(&plan.estimate(threads, &clock)?));
    }

    let of_table = plan.recipe().data.table.as_ref();
    let holds_out = validation_table.is_some() || of_table.is_some_and(|table| table.validation > 0.0);
    let offer = pictures::table::offer(&plan, &table, holds_out);
    pictures::check(&arguments.pictures, &offer)?;
    interrupt::listen();
    let model_path = || {
        arguments
            .out
            .clone()
            .unwrap_or_else(|| free_name(&arguments.data))
    };
    let model_path = trains.then(model_path);
    if trains {
        plan.check_header_size()?;
    }
    let model_file = model_path.as_ref().map(OutputFile::prepare).transpose()?;
    let save_recipe = arguments.save_recipe.as_ref();
    let recipe_file = save_recipe.map(OutputFile::prepare).transpose()?;
    let files = PlotFiles::prepare(&arguments.pictures, arguments.report.as_deref(), &offer)?;
    let json = JsonOutput::prepare(arguments.json.as_deref())?;
    let identify = || Identity::of_table(&plan, validation_table.as_ref(), arguments.cv, trains);
    let mut keeper = checkpoint::open(&arguments.checkpoints, identify)?;

    let training_started = Instant::now();
    let name = table.source.as_str();
    let cross_validate = |folds| cross_validate(&plan, name, folds, threads, quiet, &clock, keeper.as_mut());
    let cross_validation = arguments.cv.map(cross_validate).transpose()?;
    let stopped_early = cross_validation.as_ref().is_some_and(|found| found.stopped);
    let mut curves = CurveRecorder::of_table(plan.recipe());
    let (mut trained, mut first_epoch, mut divergence) = (None, None, None);
    if trains && !stopped_early && plan.members() > 1 {
        if validation_file.is_some() {
            return misuse(
                "--validation FILE and an ensemble exclude each other: its networks stop by a fold each",
            );
        }
        let observers = (&mut curves, keeper.as_mut());
        trained = Some(train_ensemble(&plan, name, threads, quiet, &clock, observers)?);
    } else if trains && !stopped_early {
        let session = plan.session(validation_table.as_ref(), threads)?;
        let mut session = session.with_clock(&clock);
        if !quiet || arguments.json.is_some() || files.has_page() || files.want(What::Gradients) {
            session = session.diagnosed()?;
        }
        let observers = (&mut curves, keeper.as_mut());
        let (mut found, diverged, at) = run_session(session, name, quiet, observers)?;
        divergence = diverged.map(|unfinished| {
            let of_what = run::before_divergence(&found.summary);
            format!("{unfinished}; the model is of {of_what}")
        });
        let progress = Progress::new("all rows", quiet).with_epochs();
        if let Err(error) = plan.refit(&mut found, threads, &mut (progress, keeper.as_mut())) {
            let unfinished = error.divergence().map(ToString::to_string);
            let message = unfinished.ok_or(error)?;
            divergence = Some(format!(
                "the training on all rows failed: {message}; the model is of the training before"
            ));
        }
        first_epoch = at.map(|at| (at - started).as_secs_f64());
        trained = Some(found);
    }
    let training_seconds = training_started.elapsed().as_secs_f64();

    let ended_by = trained.as_ref().map(|trained| trained.summary.ended_by);
    let stopped = stopped_early || ended_by == Some(EndedBy::Interrupt);
    let notes = match &trained {
        Some(trained) => trained.notes.clone(),
        None => [table.notes.clone(), request.reading_notes.clone(), plan.notes()?].concat(),
    };
    // With --quiet as well: they say how the table was changed. Those of reading were shown then.
    let is_new = |note: &&String| !request.reading_notes.contains(note) && !table.notes.contains(note);
    terminal::notes("note", &notes.iter().filter(is_new).cloned().collect::<Vec<_>>());
    if let Some(trained) = &trained {
        calibration_text::lines(&trained.calibrated)
            .iter()
            .for_each(|line| note(line));
    }
    let results = results(trained.as_ref(), cross_validation.as_ref());
    let mut record = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "from": from,
        "data": table.source,
        "rows": table.rows(),
        "task": match plan.task() {
            Task::Classification => "classification",
            Task::Regression => "regression",
        },
        "target": plan.columns().targets,
        "features": plan.columns().features,
        "choices": plan.choices(),
        "notes": notes,
        "recipe": plan.recipe(),
        "threads": threads,
        "instruction_set": pellucid::instruction_set(),
        "stopped": stopped,
        "ended_by": ended_by,
        "training_seconds": training_seconds,
        "seconds_to_first_epoch": first_epoch,
        "cross_validation": cross_validation.as_ref().map(CrossValidation::to_json),
    });
    let (mut chart_text, mut outputs) = (String::new(), Vec::new());
    if let Some(trained) = trained {
        add_to_record(&mut record, &trained, model_path.as_deref());
        let target = trained.preparation.target().columns().join(", ");
        let title = format!("{target} from {}", source::file_name(&table.source));
        let source = TrainedTable {
            trained: &trained,
            plan: &plan,
            table: &table,
            validation: validation_table.as_ref(),
            threads,
        };
        let curves = curves.into_curves(trained.summary.best_epoch);
        if arguments.chart {
            chart_text = in_the_terminal(&curves.loss(&title, &source), &trained);
        }
        let plot_set = pictures::plots(&title, &title, &source, &curves, &files);
        let painted = plot_set.and_then(|plot_set| {
            files.paint(plot_set, |plot_set| {
                report::table::page(&title, &source, training_seconds, command(arguments), plot_set)
            })
        });
        let recipe = trained.recipe.to_toml();
        let model = trained.into_model();
        if let Some(file) = model_file {
            let bytes = model.to_bytes(file.path())?;
            outputs.push((file, bytes));
        }
        let others = painted.and_then(|painted| Ok((painted, recipe?)));
        match others {
            Ok((painted, recipe)) => {
                outputs.extend(recipe_file.map(|file| (file, recipe.into_bytes())));
                outputs.extend(painted);
            }
            // The model is what the time was spent on: it is written all the same.
            Err(error) => {
                write_together(outputs)?;
                return Err(error);
            }
        }
    }
    record["elapsed_seconds"] = json!(clock());
    let prints = !json.takes_standard_output();
    json.write_with(outputs, || record)?;
    if let Some(divergence) = divergence {
        let path = model_path.unwrap_or_default();
        return Ok(failure::failed(&format!(
            "error: {divergence}: {}",
            path.display()
        )));
    }
    if prints {
        terminal::print_lines(&results)?;
        if !chart_text.is_empty() {
            terminal::print(&chart_text)?;
        }
        if let Some(path) = &model_path {
            terminal::print(&format!("model: {}", path.display()))?;
        }
    }
    if stopped {
        let so_far = match model_path {
            Some(_) => "the model has the best weights so far",
            None => "the folds that were done are above",
        };
        let meaning = format!(
            "; {so_far}{}",
            checkpoint::how_to_go_on(keeper.as_ref().map(CheckpointKeeper::path))
        );
        return Ok(failure::failed(&interrupt::stopped(&meaning)));
    }
    note(&format!("trained in {training_seconds:.2} s"));
    Ok(ExitCode::SUCCESS)
}

/// The part of the rows that is held out to stop by, if it is given, and the file that has such rows instead.
pub(crate) fn validation(text: Option<&str>, cross_validates: bool) -> Result<(Option<f64>, Option<&Path>)> {
    let Some(text) = text else {
        return Ok((None, None));
    };
    match text.parse::<f64>() {
        Ok(part) if (0.0..1.0).contains(&part) => Ok((Some(part), None)),
        Ok(_) => misuse(format!(
            "--validation {text}: a part of the rows, from 0 (none) to less than 1, or a file is expected"
        )),
        Err(_) if cross_validates => {
            misuse("--cv holds out rows of each fold's own; --validation takes a part of them, not a file")
        }
        Err(_) => Ok((Some(0.0), Some(Path::new(text)))),
    }
}

fn check_files(arguments: &Train, validation: Option<&Path>) -> Result<()> {
    let read = [
        ("the data", source::file(&arguments.data)),
        ("the validation data", validation),
        (
            "the recipe",
            arguments.training.recipe.as_deref().and_then(recipes::file),
        ),
        ("the model that --from names", arguments.from.as_deref()),
    ];
    let mut written = vec![
        ("--out", arguments.out.as_deref()),
        ("--save-recipe", arguments.save_recipe.as_deref()),
    ];
    written.extend(pictures::paths(&arguments.pictures));
    written.push(("--report", arguments.report.as_deref()));
    written.push(("--checkpoint", arguments.checkpoints.checkpoint.as_deref()));
    written.push(("--json", arguments.json.as_deref()));
    outputs::check_distinct(&read, &written)?;
    pictures::check_formats(&arguments.pictures)
}

/// Whether the cost of a training is worth a line: where it is asked for, or may be more than some seconds.
fn is_announced(plan: &Plan<'_>, arguments: &Train) -> bool {
    const MANY: u64 = 300_000;
    let train = &plan.recipe().train;
    let passes = plan.rows().len() as u64 * train.epochs * plan.members() as u64;
    // The line search of L-BFGS decides how many passes an epoch takes.
    train.optimizer.takes_steps() && (arguments.training.effort.is_some() || passes > MANY)
}

/// The command that trains by the recipe of a training, once it is saved.
fn command(arguments: &Train) -> Vec<String> {
    let data = arguments.data.to_string_lossy();
    let mut command = ["pellucid", "train", &data, "--recipe", "recipe.toml"]
        .map(String::from)
        .to_vec();
    let mut add = |flag: &str, value: Option<String>| {
        command.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
    };
    let of_file = arguments.training.validation.clone();
    let of_file = of_file.filter(|text| text.parse::<f64>().is_err());
    add("--validation", of_file);
    for (flag, value) in arguments.reading.flags() {
        add(flag, value);
    }
    command
}

/// Trains. How it diverged, if it did, and when the first epoch ended, besides.
fn run_session(
    session: TableSession<'_>,
    name: &str,
    quiet: bool,
    observers: (&mut CurveRecorder, Option<&mut CheckpointKeeper<'_>>),
) -> Result<(Trained, Option<Box<Unfinished>>, Option<Instant>)> {
    let before = session.findings();
    findings::report(&before, &[], quiet);
    let mut observers = (Progress::new(name, quiet).with_epochs(), observers);
    let ended = session.run_to_divergence(&mut observers);
    let first_epoch = observers.0.first_epoch;
    drop(observers);
    let found = match &ended {
        Ok((trained, _)) => trained.summary.findings.as_slice(),
        Err(DataError::Training(unfinished)) => &unfinished.findings,
        Err(_) => &[],
    };
    findings::report(found, &before, quiet);
    let (trained, divergence) = ended?;
    if !quiet {
        let best = match trained.validation {
            Some(_) => format!(", the best of them epoch {}", trained.best_epoch()),
            None => String::new(),
        };
        terminal::note(&format!(
            "{} features, {} parameters; {} epochs{best}",
            count(trained.preparation.width()),
            count(trained.network.architecture().trained_count()),
            trained.summary.epochs
        ));
        let ended_by = trained.summary.ended_by;
        if matches!(ended_by, EndedBy::Patience | EndedBy::Target | EndedBy::Time) {
            terminal::note(&run::ended(&trained.summary, &trained.recipe));
        }
    }
    Ok((trained, divergence, first_epoch))
}

/// Trains an ensemble, with a line for each of its networks.
fn train_ensemble(
    plan: &Plan<'_>,
    name: &str,
    threads: NonZeroUsize,
    quiet: bool,
    clock: &dyn Fn() -> f64,
    (curves, keeper): (&mut CurveRecorder, Option<&mut CheckpointKeeper<'_>>),
) -> Result<Trained> {
    let progress = Progress::new(name, quiet);
    let bar = progress.bar.clone();
    let report = |member: usize, trained: &Trained| {
        let scores = trained.validation.as_ref().unwrap_or(&trained.training);
        let line = format!(
            "network {} of {}, best epoch {}{}",
            member + 1,
            plan.members(),
            trained.best_epoch(),
            first_figures(scores)
        );
        match &bar {
            _ if quiet => {}
            Some(bar) => bar.suspend(|| terminal::note(&line)),
            None => terminal::note(&line),
        }
    };
    let mut observers = (progress, keeper);
    let trained = plan.train_ensemble(threads, Some(clock), (&mut observers, curves), report);
    drop(observers);
    Ok(trained?)
}

/// The first figures of scores, for a line.
fn first_figures(scores: &Scores) -> String {
    let figures = figures(scores).into_iter().take(4);
    figures
        .map(|(name, value)| format!("  {name} {}", number(value)))
        .collect()
}

fn cross_validate(
    plan: &Plan<'_>,
    name: &str,
    folds: usize,
    threads: NonZeroUsize,
    quiet: bool,
    clock: &dyn Fn() -> f64,
    keeper: Option<&mut CheckpointKeeper<'_>>,
) -> Result<CrossValidation> {
    // Lines for epochs would drown those for folds.
    let progress = Progress::new(name, quiet);
    let bar = progress.bar.clone();
    let report = |fold: usize, scores: &Scores| {
        let line = format!("fold {} of {folds}{}", fold + 1, first_figures(scores));
        match &bar {
            _ if quiet => {}
            Some(bar) => bar.suspend(|| terminal::note(&line)),
            None => terminal::note(&line),
        }
    };
    let mut observers = (progress, keeper);
    let found = plan.cross_validate(folds, threads, Some(clock), &mut observers, report);
    drop(observers);
    let found = found?;
    terminal::notes("warning", found.warning.as_slice());
    Ok(found)
}

fn results(trained: Option<&Trained>, cross_validation: Option<&CrossValidation>) -> Vec<String> {
    let mut results = Vec::new();
    if let Some(found) = cross_validation.filter(|found| !found.folds.is_empty()) {
        let heading = format!("{} folds, mean ± deviation", found.folds.len());
        results.push([vec![heading], score_text::cross_validation(found)].concat());
    }
    if let Some(trained) = trained {
        let mut parts = vec![("training", trained.rows.len(), figures(&trained.training))];
        let validation = trained.validation.as_ref();
        parts.extend(validation.map(|scores| ("validation", trained.held_out_rows.len(), figures(scores))));
        let scores = score_text::aligned(&score_text::side_by_side(&parts, "-"));
        let heading = trained
            .refit
            .as_ref()
            .map(|_| "before the training on all rows".to_owned());
        results.push(heading.into_iter().chain(scores).collect());
    }
    results.join(&String::new())
}

fn add_to_record(record: &mut Value, trained: &Trained, model: Option<&Path>) {
    record["recipe"] = json!(trained.recipe);
    record["model"] = json!(model);
    record["parameters"] = json!(trained.network.architecture().trained_count());
    record["feature_names"] = json!(trained.preparation.feature_names());
    record["findings"] = json!(trained.summary.findings);
    record["epochs"] = json!(trained.summary.epochs);
    record["networks"] = json!(trained.networks().len());
    record["updates"] = json!(trained.summary.updates);
    record["best_epoch"] = json!(trained.best_epoch());
    record["training_rows"] = json!(trained.rows.len());
    record["validation_rows"] = json!(trained.held_out_rows.len());
    record["calibration"] = json!(trained.calibrated);
    record["metrics"] = json!({
        "training": trained.training.to_json(),
        "validation": trained.validation.as_ref().map(Scores::to_json),
    });
    record["history"] = json!(trained.summary.history);
}

/// The curve, and of classes the confusion matrix, that of held-out rows where there are any.
fn in_the_terminal(loss: &LineChart, trained: &Trained) -> String {
    let style = text_style::of_standard_output();
    let mut text = format!("\n{}", loss.text(&style));
    let (rows, scores) = match &trained.validation {
        Some(scores) => ("validation", scores),
        None => ("training", &trained.training),
    };
    if let Scores::Classification { classes, scores } = scores {
        text.push_str(&format!("\n{rows} rows\n"));
        text.push_str(&score_text::shaded_confusion(classes, scores, &style));
    }
    text
}

/// A name for the model that no file has yet.
fn free_name(data: &Path) -> PathBuf {
    let name = data
        .file_name()
        .map_or("model".into(), |name| name.to_string_lossy());
    let stem = match name.split('.').next() {
        None | Some("" | "-") => "model",
        // A pattern.
        Some(stem) if stem.contains(['*', '?', '[']) => "model",
        Some(stem) => stem,
    };
    let names = std::iter::once(format!("{stem}.safetensors"));
    let numbered = (2..u32::MAX).map(|number| format!("{stem}-{number}.safetensors"));
    let mut names = names.chain(numbered).map(PathBuf::from);
    names
        .find(|name| std::fs::symlink_metadata(name).is_err())
        .unwrap_or_else(|| "model.safetensors".into())
}
