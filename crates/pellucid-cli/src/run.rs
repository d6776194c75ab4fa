//! `pellucid run`: one recipe, from its data to its results.

use crate::arguments::{Run, Settings};
use crate::line_template::{LineTemplate, shortest};
use crate::outputs::{self, JsonOutput};
use crate::pictures::{self, CurveRecorder, PlotFiles, What};
use crate::progress::Progress;
use crate::terminal::Results;
use crate::{checkpoint, failure, findings, interrupt, recipes, report, terminal, text_style};
use anyhow::{Context, Result};
use indicatif::ProgressBar;
use pellucid::data::dataset::Targets;
use pellucid::evaluation::evaluate::Evaluation;
use pellucid::evaluation::metrics::Metric;
use pellucid::optimization::lbfgs::{Minimum, Reason};
use pellucid::session::Summary;
use pellucid::session::record::{MetricsRecord, Numbers};
use pellucid::training::observe::{Event, Observer, Position, end_if};
use pellucid::{EndedBy, Finished, Recipe, Scalar, Session, Split, Unfinished, with_precision};
use pellucid_data::checkpoint::{CheckpointKeeper, Identity};
use pellucid_data::{DownloadProgress, check_memory};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

pub(crate) fn run(arguments: &Run) -> Result<ExitCode> {
    let started = Instant::now();
    let recipe = recipes::find(&arguments.recipe, &arguments.settings)?;
    with_precision!(recipe.train.precision, T => run_at::<T>(arguments, recipe, started))
        .with_context(|| format!("recipe {}", arguments.recipe))
}

fn run_at<T: Scalar>(arguments: &Run, recipe: Recipe, started: Instant) -> Result<ExitCode> {
    let settings = &arguments.settings;
    let template = LineTemplate::from_recipe(&recipe)?;
    let (json_path, report_path) = (settings.json.as_deref(), arguments.report.as_deref());
    let mut written = vec![("--json", json_path)];
    written.extend(pictures::paths(&arguments.pictures));
    written.push(("--report", report_path));
    written.push(("--checkpoint", arguments.checkpoints.checkpoint.as_deref()));
    outputs::check_distinct(&[("the recipe", recipes::file(&arguments.recipe))], &written)?;
    pictures::check_formats(&arguments.pictures)?;
    let threads = threads(settings.threads, settings.quiet);

    let clock = || started.elapsed().as_secs_f64();
    let split = Arc::new(load::<T>(&recipe, settings.data.as_deref(), settings.quiet)?);
    check_memory(&recipe, split.training.rows(), split.validation.is_some())?;
    let identify = || Identity::of_samples(&recipe, &split);
    let mut keeper = checkpoint::open(&arguments.checkpoints, identify)?;
    let mut session = Session::new(recipe.clone(), Arc::clone(&split), threads)?.with_clock(&clock);
    let offer = pictures::samples::offer(&session);
    // Findings that no output shows are not looked for.
    let shows_findings = !settings.quiet
        || json_path.is_some()
        || report_path.is_some()
        || pictures::wants(&arguments.pictures, &offer, What::Gradients);
    if shows_findings {
        session = session.diagnosed(&[])?;
    }
    findings::report(session.findings(), &[], settings.quiet);
    // A recipe with patience and no held-out rows trains for all its epochs.
    if !settings.quiet && recipe.train.patience.is_some() && session.split().validation.is_none() {
        terminal::note(
            "note: train.patience waits for held-out rows, and none are held out; data.validation=0.2 holds out a fifth",
        );
    }
    pictures::check(&arguments.pictures, &offer)?;
    interrupt::listen();
    // Before the work, so that a path that cannot be written to does not cost it; but after Ctrl-C is listened to, so
    // that it leaves no temporary file.
    let json = JsonOutput::prepare(json_path)?;
    let files = PlotFiles::prepare(&arguments.pictures, report_path, &offer)?;
    let results = Results::new(!json.takes_standard_output());
    let writes_files = !files.is_empty() || matches!(json, JsonOutput::File(_));

    let progress = Progress::new(&arguments.recipe, settings.quiet);
    let lines = LogLines {
        template: (!settings.quiet).then_some(&template),
        results: &results,
        bar: progress.bar.clone(),
        or_files_are_written: writes_files,
    };
    let wants_loss = files.want(What::Loss) || arguments.chart;
    let curves = CurveRecorder::of_samples(&session, wants_loss, files.want(What::Metrics));
    let mut observers = (lines, (curves, (progress, keeper.as_mut())));
    let before = session.findings().to_vec();
    let ended = session.run_to_divergence(&mut observers);
    let (_, (curves, (progress, _))) = observers;
    drop(progress);
    let (finished, divergence) = ended.map_err(|unfinished| {
        findings::report(&unfinished.findings, &before, settings.quiet);
        unfinished.error
    })?;
    if !writes_files {
        results.check()?;
    }

    let metrics = finished.evaluate();
    if divergence.is_none() {
        print_results(&finished, &metrics, &results);
    }
    let summary = &finished.summary;
    let mut painted = Vec::new();
    if !files.is_empty() || arguments.chart {
        let title = match recipe.title.is_empty() {
            true => &arguments.recipe,
            false => &recipe.title,
        };
        let curves = curves.into_curves(summary.best_epoch);
        if arguments.chart {
            let chart = curves.loss(title, &finished);
            let text = chart.text(&text_style::of_standard_output());
            results.line(&format!("\n{}", text.trim_end()));
        }
        let plot_set = pictures::plots(title, &arguments.recipe, &finished, &curves, &files)?;
        painted = files.paint(plot_set, |plot_set| {
            report::samples::page(title, &finished, &metrics, settings.data.as_deref(), plot_set)
        })?;
    }
    json.write_with(painted, || finished.record(metrics, clock()))?;
    findings::report(&summary.findings, &summary.warnings, settings.quiet);
    if let Some(divergence) = divergence {
        return Ok(failure::failed(&format!(
            "error: recipe {}: {divergence}; what was written is of {}",
            arguments.recipe,
            before_divergence(summary)
        )));
    }
    if summary.ended_by == EndedBy::Interrupt {
        let meaning = format!(
            " after {} steps; what was written is of the network as it stands{}",
            summary.updates,
            checkpoint::how_to_go_on(keeper.as_ref().map(CheckpointKeeper::path))
        );
        return Ok(failure::failed(&interrupt::stopped(&meaning)));
    }
    results.check()?;
    if !settings.quiet {
        note_of_the_end(summary, &recipe);
        terminal::note(&format!("trained in {:.3} s", summary.seconds));
    }
    Ok(ExitCode::SUCCESS)
}

/// Which network the results of a training that diverged are of.
pub(crate) fn before_divergence(summary: &Summary) -> String {
    match summary.best_epoch {
        Some(best) => format!("epoch {best}, the best before"),
        None => "the network before that batch".to_owned(),
    }
}

/// Why a training ended, where not after its last epoch, and whose weights are kept.
fn note_of_the_end(summary: &Summary, recipe: &Recipe) {
    if let Some(how) = summary.minimum.as_ref().and_then(how_it_converged) {
        terminal::note(&how);
    } else if summary.ended_by != EndedBy::Epochs {
        terminal::note(&ended(summary, recipe));
    }
    if let Some(best) = summary.best_epoch {
        terminal::note(&format!("the weights are those of epoch {best}"));
    }
}

/// How L-BFGS came to a minimum.
fn how_it_converged(minimum: &Minimum) -> Option<String> {
    let why = match minimum.reason {
        Reason::Gradient => "no derivative is larger than gradient_tolerance",
        Reason::Decrease => "the last iteration lowered the loss by no more than loss_tolerance",
        Reason::LineSearch => "no step lowers the loss any more",
        Reason::Evaluations => "max_evaluations is reached",
        Reason::Iterations => "train.epochs is reached",
        Reason::Stopped | Reason::NotFinite => return None,
    };
    Some(format!(
        "{} iterations, {} evaluations, largest derivative {:.2e}: {why}",
        minimum.iterations, minimum.evaluations, minimum.largest_derivative
    ))
}

/// What ended a training before its last epoch.
pub(crate) fn ended(summary: &Summary, recipe: &Recipe) -> String {
    let epochs = match summary.epochs {
        1 => "1 epoch".to_string(),
        more => format!("{more} epochs"),
    };
    format!("ended after {epochs}: {}", summary.ended_by.sentence(recipe))
}

/// The log lines of a run. Ends a run whose reader has closed the output, unless it writes files.
struct LogLines<'a> {
    /// None where there are to be no lines.
    template: Option<&'a LineTemplate>,
    results: &'a Results,
    bar: Option<ProgressBar>,
    or_files_are_written: bool,
}

impl<T: Scalar> Observer<T> for LogLines<'_> {
    fn on(&mut self, event: &Event<'_, T>) -> ControlFlow<()> {
        if let Event::Recorded {
            record, is_logged, ..
        } = event
            && let Some(template) = self.template.filter(|_| *is_logged)
        {
            let line = template.fill(record);
            match &self.bar {
                Some(bar) => bar.suspend(|| self.results.log_line(&line)),
                None => self.results.log_line(&line),
            }
        }
        end_if(self.results.failed() && !self.or_files_are_written)
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

/// The threads asked for, the machine's cores unless any were, and a note when there are not as many cores.
pub(crate) fn threads(asked: Option<NonZeroUsize>, quiet: bool) -> NonZeroUsize {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = asked.unwrap_or(cores);
    if threads > cores && !quiet {
        terminal::note(&format!(
            "note: {threads} threads on {cores} cores are no faster; the numbers are the same"
        ));
    }
    threads
}

/// Notes the name of each file that is downloaded.
pub(crate) fn note_of_downloads(quiet: bool) -> impl FnMut(DownloadProgress<'_>) {
    let mut noted = String::new();
    move |download| {
        if !quiet && noted != download.file {
            noted = download.file.to_string();
            terminal::note(&format!("downloading {noted}"));
        }
    }
}

/// The samples of a recipe, with a note of a download.
pub(crate) fn load<T: Scalar>(recipe: &Recipe, data: Option<&Path>, quiet: bool) -> Result<Split<T>> {
    Ok(pellucid_data::load(recipe, data, &mut note_of_downloads(quiet))?)
}

/// A session on a recipe's own samples.
pub(crate) fn session<T: Scalar>(
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<Session<'static, T>> {
    let split = load::<T>(recipe, settings.data.as_deref(), settings.quiet)?;
    Ok(Session::new(recipe.clone(), split, threads)?)
}

/// A training that diverged, or the error that ended it otherwise.
pub(crate) fn diverged(unfinished: Box<Unfinished>) -> Result<Box<Unfinished>> {
    match unfinished.error.is_divergence() {
        true => Ok(unfinished),
        false => Err(unfinished.error.into()),
    }
}

fn print_results<T: Scalar>(finished: &Finished<T>, metrics: &MetricsRecord, results: &Results) {
    if finished.recipe().log.predictions {
        results.line("\nPredictions (target, output, rounded):");
        let targets = match finished.split().training.targets() {
            Targets::Dense(matrix) => matrix.to_rows(),
            Targets::Classes { labels, .. } => labels.iter().map(|&label| vec![f64::from(label)]).collect(),
        };
        for (target, Numbers(output)) in targets.iter().zip(finished.outputs()) {
            let texts = |values: &[f64]| {
                let texts = values.iter().map(|&value| shortest(value));
                texts.collect::<Vec<_>>().join(" ")
            };
            let rounded: Vec<String> = output.iter().map(|value| format!("{value:.0}")).collect();
            results.line(&format!(
                "  {:>6}  {:<22}  {}",
                texts(target),
                texts(&output),
                rounded.join(" ")
            ));
        }
    }
    let line = |name: &str, evaluation: &Evaluation| {
        let of = |(metric, value): &(Metric, f64)| match metric {
            Metric::Accuracy => format!(", accuracy {:.2}%", value * 100.0),
            other => format!(", {} {value:.6}", other.name().replace('_', " ")),
        };
        let rest: String = evaluation.metrics.iter().map(of).collect();
        results.line(&format!("{name}: loss {:.6}{rest}", evaluation.loss));
    };
    line("training data", &metrics.training);
    (metrics.validation.iter()).for_each(|evaluation| line("held-out data", evaluation));
    (metrics.test.iter()).for_each(|evaluation| line("test data    ", evaluation));
}
