//! `pellucid run`: one recipe, from its data to its results.

use crate::arguments::{Run, Settings};
use crate::line_template::{LineTemplate, shortest};
use crate::outputs::{self, JsonOutput};
use crate::pictures::{self, PlotFiles, What, of_run};
use crate::progress::Progress;
use crate::terminal::Results;
use crate::{failure, findings, interrupt, recipes, report, terminal, text_style};
use anyhow::{Context, Result};
use pellucid::data::dataset::Dataset;
use pellucid::evaluation::evaluate::Evaluation;
use pellucid::evaluation::metrics::{Meters, Metric, suited_to};
use pellucid::inspection::layer_statistics::LayerStatisticsRecorder;
use pellucid::optimization::lbfgs::Reason;
use pellucid::session::record::{MetricsRecord, Numbers, RunRecord};
use pellucid::training::early_stopping::{EarlyStopping, EndedBy, Epoch, HeldOut, StopRules, TimeLimit};
use pellucid::training::observe::{EpochRecord, Event, History, LossCurve, Observer, Position};
use pellucid::{Experiment, Precision, Recipe, Scalar, Timing};
use pellucid_data::OutputFile;
use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Points of a training curve: more than a picture has pixels.
const CURVE_POINTS: u64 = 4000;
/// Points of a metric's curve: enough for a small chart, since each costs an epoch's metrics.
const METRIC_POINTS: u64 = 500;

pub(crate) fn run(arguments: &Run) -> Result<ExitCode> {
    let started = Instant::now();
    let recipe = recipes::find(&arguments.recipe, &arguments.settings)?;
    let done = match recipe.train.precision {
        Precision::F32 => run_at::<f32>(arguments, recipe, started),
        Precision::F64 => run_at::<f64>(arguments, recipe, started),
    };
    done.with_context(|| format!("recipe {}", arguments.recipe))
}

fn run_at<T: Scalar>(arguments: &Run, recipe: Recipe, started: Instant) -> Result<ExitCode> {
    let settings = &arguments.settings;
    let template = LineTemplate::of(&recipe)?;
    let recipe_file: Vec<(&str, &Path)> = recipes::file(&arguments.recipe)
        .into_iter()
        .map(|file| ("the recipe", file))
        .collect();
    let (json_path, report_path) = (settings.json.as_deref(), arguments.report.as_deref());
    let mut written = vec![("--json", json_path)];
    written.extend(pictures::paths(&arguments.pictures));
    written.push(("--report", report_path));
    outputs::check_distinct(&recipe_file, &written)?;
    pictures::check_formats(&arguments.pictures)?;
    let threads = threads(settings.threads, settings.quiet);

    let (mut experiment, validation) = prepare::<T>(&recipe, settings, threads)?;
    if !settings.quiet {
        findings::tell(experiment.findings(), &[]);
    }
    let offer = of_run::offer(&experiment);
    pictures::check(&arguments.pictures, &offer)?;
    interrupt::listen();
    // Before the work, so that a path nobody can write to does not cost it; but after Ctrl-C is listened to, so that
    // it leaves no temporary file.
    let json = json_path.map(JsonOutput::prepare).transpose()?;
    let plots = PlotFiles::prepare(&arguments.pictures, &offer)?;
    let report = report_path.map(OutputFile::prepare).transpose()?;
    let want = |what: What| plots.want(what) || (report.is_some() && offer.has(what));
    let results = if matches!(json, Some(JsonOutput::Stdout)) {
        Results::not_to_standard_output()
    } else {
        Results::to_standard_output()
    };
    let writes_files = !plots.is_empty() || report.is_some() || matches!(json, Some(JsonOutput::File(_)));

    let mut progress = Progress::new(&arguments.recipe, settings.quiet);
    let bar = progress.bar();
    // What the epoch came to on held-out rows, which is known before its line is told.
    let on_validation: RefCell<Option<Evaluation>> = RefCell::new(None);
    let tell_entry = |entry: &EpochRecord| {
        if settings.quiet {
            return;
        }
        let entry = EpochRecord {
            validation: on_validation.borrow().clone(),
            ..entry.clone()
        };
        let line = template.fill(&entry);
        match &bar {
            Some(bar) => bar.suspend(|| results.log_line(&line)),
            None => results.log_line(&line),
        }
    };
    let mut history = History::new(
        recipe.log_every(),
        recipe.log.count_from,
        Meters::new(&recipe.log.metrics, experiment.training()),
        tell_entry,
    );
    let mut stopping = stopping(&recipe, &experiment, validation.as_ref(), |epoch| {
        on_validation.replace(epoch.validation.clone());
    });
    let mut time = recipe
        .train
        .max_seconds
        .map(|seconds| TimeLimit::new(seconds, || started.elapsed().as_secs_f64()));
    let mut curve = LossCurve::new(if want(What::Loss) || arguments.chart {
        recipe.train.epochs.div_ceil(CURVE_POINTS)
    } else {
        u64::MAX
    });
    let mut metrics = want(What::Metrics).then(|| metric_curves(&recipe, &experiment));
    let mut reader = WhileRead {
        results: &results,
        or_files_are_written: writes_files,
    };

    // Where nobody is told of findings, nobody looks for them.
    let are_told = !settings.quiet || json.is_some() || report.is_some() || want(What::Gradients);
    let mut layer_statistics = match are_told {
        false => None,
        true => Some(LayerStatisticsRecorder::new(
            &recipe,
            experiment.initial(),
            experiment.training(),
        )?),
    };

    let training_started = Instant::now();
    let mut observers: Vec<&mut dyn Observer<T>> = Vec::new();
    observers.extend(stopping.as_mut().map(|stopping| stopping as &mut dyn Observer<T>));
    observers.extend(time.as_mut().map(|time| time as &mut dyn Observer<T>));
    let others: [&mut dyn Observer<T>; 4] = [&mut history, &mut curve, &mut progress, &mut reader];
    observers.extend(others);
    observers.extend(metrics.as_mut().map(|metrics| metrics as &mut dyn Observer<T>));
    observers.extend(
        layer_statistics
            .as_mut()
            .map(|layer_statistics| layer_statistics as &mut dyn Observer<T>),
    );
    let ending = experiment.run(observers.as_mut_slice());
    let training_seconds = training_started.elapsed().as_secs_f64();
    progress.finish();
    if let Some(stopping) = stopping.as_ref().filter(|_| ending.is_ok()) {
        experiment.keep_best(stopping);
    }
    let found = match &layer_statistics {
        Some(layer_statistics) => experiment.diagnose(
            layer_statistics.entries(),
            stopping.as_ref(),
            ending.as_ref().err(),
        )?,
        None => Vec::new(),
    };
    if !settings.quiet && ending.is_err() {
        findings::tell(&found, experiment.findings());
    }
    let ending = ending?;
    if !writes_files {
        results.check()?;
    }

    let rule = stopping.as_ref().and_then(EarlyStopping::ended_by);
    let ended_by = EndedBy::of(ending, rule, time.as_ref().is_some_and(TimeLimit::is_over));
    let judged = MetricsRecord {
        validation: validation.as_ref().map(|rows| experiment.evaluate_on(rows)),
        ..experiment.evaluate()
    };
    print_results(&experiment, &judged, &results);
    let kept = stopping.as_ref().filter(|stopping| stopping.keeps_weights());
    let best_epoch = kept.and_then(EarlyStopping::best_epoch);
    if !plots.is_empty() || report.is_some() || arguments.chart {
        let title = match recipe.title.is_empty() {
            true => &arguments.recipe,
            false => &recipe.title,
        };
        let seen = of_run::Seen {
            title,
            name: &arguments.recipe,
            experiment: &experiment,
            validation: validation.as_ref(),
            curve: &curve,
            metrics: metrics.as_ref().map_or(&[][..], History::entries),
            stopping: stopping.as_ref(),
            layer_statistics: layer_statistics
                .as_ref()
                .map_or(&[][..], LayerStatisticsRecorder::entries),
            theme: plots.theme,
        };
        if arguments.chart {
            let style = text_style::of_standard_output();
            let chart = seen.album(|what| what == What::Loss)?.loss;
            let text = chart.map_or_else(String::new, |chart| chart.text(&style));
            results.line(&format!("\n{}", text.trim_end()));
        }
        let album = seen.album(want)?;
        let painted = plots.paint(&album)?;
        if let Some(file) = report {
            let subject = report::of_run::Subject {
                title,
                experiment: &experiment,
                metrics: &judged,
                held_out: validation.as_ref().map(Dataset::rows),
                best_epoch,
                ended_by,
                seconds: training_seconds,
                data: settings.data.as_deref(),
                findings: &found,
            };
            file.write(subject.page(album)?.html()?.as_bytes())?;
        }
        plots.write(painted)?;
    }
    if let Some(json) = json {
        let timing = Timing {
            training_seconds,
            elapsed_seconds: started.elapsed().as_secs_f64(),
        };
        let record = experiment.record(&history, stopping.as_ref(), ended_by, judged, timing);
        json.write(&RunRecord {
            findings: found.clone(),
            ..record
        })?;
    }
    if !settings.quiet {
        findings::tell(&found, experiment.findings());
    }
    if ended_by == EndedBy::Interrupt {
        terminal::note(&format!(
            "stopped by Ctrl-C after {} steps; what was written is of the network as it stands",
            experiment.updates()
        ));
        return Ok(ExitCode::from(failure::FAILED));
    }
    results.check()?;
    if !settings.quiet {
        if let Some(how) = how_it_converged(&experiment) {
            terminal::note(&how);
        } else if ended_by != EndedBy::Epochs {
            terminal::note(&ended(ended_by, &recipe, experiment.completed_epochs()));
        }
        if let Some(best) = best_epoch {
            terminal::note(&format!("the weights are those of epoch {best}"));
        }
        terminal::note(&format!("trained in {training_seconds:.3} s"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What is to be said of the minimum that a run came to, where it looked for one.
fn how_it_converged<T: Scalar>(experiment: &Experiment<T>) -> Option<String> {
    let minimum = experiment.minimum()?;
    let why = match minimum.reason {
        Reason::Gradient => "no slope is larger than gradient_tolerance",
        Reason::Decrease => "the last iteration lowered the loss by no more than loss_tolerance",
        Reason::LineSearch => "no step lowers the loss any more",
        Reason::Evaluations => "max_evaluations is reached",
        Reason::Iterations => "train.epochs is reached",
        Reason::Stopped | Reason::NotFinite => return None,
    };
    Some(format!(
        "{} iterations, {} evaluations, largest slope {:.2e}: {why}",
        minimum.iterations, minimum.evaluations, minimum.largest_slope
    ))
}

/// What ended a run before its last epoch.
pub(crate) fn ended(by: EndedBy, recipe: &Recipe, epochs: u64) -> String {
    let epochs = match epochs {
        1 => "1 epoch".to_string(),
        more => format!("{more} epochs"),
    };
    format!("ended after {epochs}: {}", by.sentence(recipe))
}

/// What stops a run by its figures; nothing where the recipe asks for none of it.
pub(crate) fn stopping<'a, T: Scalar>(
    recipe: &Recipe,
    experiment: &Experiment<T>,
    validation: Option<&'a Dataset<T>>,
    mut on_epoch: impl FnMut(&Epoch) + 'a,
) -> Option<EarlyStopping<'a, T>> {
    let rules = StopRules::of(recipe);
    if rules.are_none() && validation.is_none() {
        return None;
    }
    // What is told of training rows the history measures; the rules have to only where there are no others.
    let of_training = match validation {
        Some(_) => Vec::new(),
        None => rules.with_metrics(&[]),
    };
    let held_out = validation.map(|data| HeldOut {
        data,
        loss: recipe.logged_loss(),
        metrics: rules.with_metrics(&recipe.log.metrics),
        threads: experiment.threads(),
    });
    let meters = Meters::new(&of_training, experiment.training());
    Some(EarlyStopping::new(
        rules,
        meters,
        held_out,
        move |epoch: &Epoch| {
            on_epoch(epoch);
            ControlFlow::Continue(())
        },
    ))
}

/// Ends a run whose lines nobody reads any more, unless it writes files.
struct WhileRead<'a> {
    results: &'a Results,
    or_files_are_written: bool,
}

impl<T: Scalar> Observer<T> for WhileRead<'_> {
    fn on(&mut self, _: &Event<'_, T>) -> ControlFlow<()> {
        if self.results.failed() && !self.or_files_are_written {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next_epoch(&mut self, _: Position) -> u64 {
        u64::MAX
    }
}

/// The threads asked for, the machine's cores unless any were, and a word when there are not as many cores.
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

/// The recipe with its data, ready to run, and the rows held out of it.
pub(crate) fn prepare<T: Scalar>(
    recipe: &Recipe,
    settings: &Settings,
    threads: NonZeroUsize,
) -> Result<(Experiment<T>, Option<Dataset<T>>)> {
    let quiet = settings.quiet;
    let mut told = String::new();
    let samples = pellucid_data::load::<T>(recipe, settings.data.as_deref(), &mut |download| {
        if !quiet && told != download.file {
            told = download.file.to_string();
            terminal::note(&format!("downloading {told}"));
        }
    })?;
    let experiment = Experiment::new(recipe.clone(), samples.training, samples.test, threads)?;
    Ok((experiment, samples.validation))
}

fn print_results<T: Scalar>(experiment: &Experiment<T>, metrics: &MetricsRecord, results: &Results) {
    if experiment.recipe().log.predictions {
        results.line("\nPredictions (target, output, rounded):");
        let targets = match experiment.training().targets() {
            pellucid::data::dataset::Targets::Dense(matrix) => matrix.to_rows(),
            pellucid::data::dataset::Targets::Classes { labels, .. } => {
                labels.iter().map(|&label| vec![f64::from(label)]).collect()
            }
        };
        for (target, Numbers(output)) in targets.iter().zip(experiment.outputs()) {
            let texts = |values: &[f64]| {
                values
                    .iter()
                    .map(|&value| shortest(value))
                    .collect::<Vec<_>>()
                    .join(" ")
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
    let line = |name: &str, evaluation: &pellucid::evaluation::evaluate::Evaluation| {
        let of = |(metric, value): &(pellucid::evaluation::metrics::Metric, f64)| match metric {
            pellucid::evaluation::metrics::Metric::Accuracy => format!(", accuracy {:.2}%", value * 100.0),
            other => format!(", {} {value:.6}", other.name().replace('_', " ")),
        };
        let rest: String = evaluation.metrics.iter().map(of).collect();
        results.line(&format!("{name}: loss {:.6}{rest}", evaluation.loss));
    };
    line("training data", &metrics.training);
    if let Some(validation) = &metrics.validation {
        line("held-out data", validation);
    }
    if let Some(test) = &metrics.test {
        line("test data    ", test);
    }
}

/// Metrics of training rows for curves: those the recipe names, and accuracy where targets are classes.
fn metric_curves<T: Scalar>(recipe: &Recipe, experiment: &Experiment<T>) -> History<'static> {
    let mut metrics = recipe.log.metrics.clone();
    metrics.retain(|metric| *metric != Metric::YPred);
    let are_zero_or_one = experiment.training().targets().are_zero_or_one();
    let suited = suited_to(recipe.train.loss, are_zero_or_one);
    if metrics.is_empty() {
        metrics = suited;
    } else if suited.contains(&Metric::Accuracy) && !metrics.contains(&Metric::Accuracy) {
        metrics.insert(0, Metric::Accuracy);
    }
    let meters = Meters::new(&metrics, experiment.training());
    History::new(recipe.train.epochs.div_ceil(METRIC_POINTS), 1, meters, |_| {})
}
