//! `pellucid find-rate`: suggests a learning rate by the range test.

use crate::arguments::FindRate;
use crate::failure::{self, Misuse};
use crate::outputs::{self, JsonOutput, PlotOutput};
use crate::pictures::scale_for;
use crate::progress::Progress;
use crate::run::{session, threads};
use crate::source::file_name;
use crate::subject::Subject;
use crate::{interrupt, recipes, terminal};
use anyhow::{Context, Result};
use pellucid::recipe::Recipe;
use pellucid::session::rate_finder::{self, EXPLOSION, RatePoint, RateRange, RateTest, SMOOTHING};
use pellucid::session::record::Number;
use pellucid::with_precision;
use pellucid_data::training::Plan;
use pellucid_report::{LineChart, PictureFormat, Scale, Series, Theme};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

/// Lines of the table on the terminal.
const LINES: usize = 25;

pub(crate) fn find_rate(arguments: &FindRate) -> Result<ExitCode> {
    let range = RateRange {
        from: arguments.from,
        to: arguments.to,
        steps: arguments.steps,
    };
    range.check().map_err(|error| Misuse(format!("--{error}")))?;
    let (json_path, plot_path) = (arguments.json.as_deref(), arguments.plot.as_deref());
    let read = [
        ("the data or recipe", Some(Path::new(&arguments.source))),
        ("the recipe", arguments.recipe.as_deref().and_then(recipes::file)),
    ];
    outputs::check_distinct(&read, &[("--json", json_path), ("--plot", plot_path)])?;
    if let Some(path) = plot_path {
        PictureFormat::from_path(path)?;
    }
    let threads = threads(arguments.running.threads, arguments.running.quiet);
    let subject = Subject::read(
        &arguments.source,
        arguments.settings(),
        &arguments.columns,
        arguments.recipe.as_deref(),
        &arguments.reading,
    )?;
    interrupt::listen();
    let json = JsonOutput::prepare(json_path)?;
    let light = |path| PlotOutput::prepare(path, Theme::Light);
    let plot = plot_path.map(light).transpose()?;
    let mut progress = Progress::new(&arguments.source, arguments.running.quiet);
    let found = test(arguments, subject, range, threads, &mut progress);
    drop(progress);
    let (found, recipe) = found?;

    if !arguments.running.quiet {
        json.print(table(&found))?;
    }
    json.print(suggestion(&found, range))?;
    let paint = |plot: PlotOutput| plot.paint(&chart(&found, &arguments.source, &recipe));
    let painted = plot.map(paint).transpose()?;
    json.write_with(painted.into_iter().collect(), || {
        record(&found, range, &recipe, threads)
    })?;
    if found.stopped {
        let steps = found.points.len();
        let meaning = format!(" after {steps} steps; what was written is of those");
        return Ok(failure::failed(&interrupt::stopped(&meaning)));
    }
    Ok(ExitCode::SUCCESS)
}

/// The test, and the recipe that was trained by.
fn test(
    arguments: &FindRate,
    subject: Subject,
    range: RateRange,
    threads: NonZeroUsize,
    progress: &mut Progress,
) -> Result<(RateTest, Recipe)> {
    match subject {
        Subject::Recipe(mut recipe, settings) => {
            let train = &mut recipe.train;
            train.optimizer = arguments.optimizer.unwrap_or(train.optimizer);
            train.batch_size = arguments.batch_size.unwrap_or(train.batch_size);
            let found = with_precision!(recipe.train.precision, T => {
                session::<T>(&recipe, &settings, threads)
                    .and_then(|session| Ok(rate_finder::find_rate(&session, range, progress)?))
            });
            let found = found.with_context(|| format!("recipe {}", arguments.source))?;
            Ok((found, *recipe))
        }
        Subject::Table(table, mut request) => {
            request.optimizer = arguments.optimizer;
            request.batch_size = arguments.batch_size;
            let plan = Plan::new(&table, &request)?;
            if !arguments.running.quiet {
                plan.choices()
                    .iter()
                    .take(1)
                    .for_each(|choice| terminal::note(choice));
            }
            let found = plan.find_rate(range, threads, progress)?;
            Ok((found, plan.recipe().clone()))
        }
    }
}

/// Some of the steps, evenly spread, and the last.
fn table(found: &RateTest) -> Vec<String> {
    let every = found.points.len().div_ceil(LINES).max(1);
    let last = found.points.len().saturating_sub(1);
    let shown = found.points.iter().enumerate();
    let shown = shown.filter(|(step, _)| step % every == 0 || *step == last);
    let line = |cells: [&str; 3]| format!("{:>10}  {:>12}  {:>13}", cells[0], cells[1], cells[2]);
    let mut lines = vec![line(["rate", "loss", "smoothed loss"])];
    lines.extend(shown.map(|(_, point)| line([&rate(point.rate), &loss(point.loss), &loss(point.smoothed)])));
    lines.push(String::new());
    lines
}

fn rate(rate: f64) -> String {
    format!("{rate:.2e}")
}

fn loss(loss: f64) -> String {
    if loss != 0.0 && !(1e-4..1e6).contains(&loss.abs()) {
        format!("{loss:.4e}")
    } else {
        format!("{loss:.6}")
    }
}

/// What is suggested, and how it was come by.
fn suggestion(found: &RateTest, range: RateRange) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match found.points.last() {
        Some(last) if found.exploded => format!(
            "at {} the loss explodes: it is no number, or, smoothed, more than {EXPLOSION} times its lowest",
            rate(last.rate)
        ),
        _ if found.stopped => "the loss had not exploded yet".into(),
        _ => format!("the loss does not explode up to {}", rate(range.to)),
    });
    match (found.steepest(), found.lowest()) {
        (Some(steepest), Some(lowest)) => {
            lines.push(format!(
                "suggested: {}, where the smoothed loss falls fastest against the logarithm of the rate",
                rate(steepest.rate)
            ));
            lines.push(format!(
                "or:        {}, a tenth of {}, where the smoothed loss is lowest",
                rate(lowest.rate / 10.0),
                rate(lowest.rate)
            ));
        }
        _ => lines.push(format!(
            "nothing is suggested: the smoothed loss does not fall at any rate from {} on; try another --from and --to, \
             or more --steps",
            rate(range.from)
        )),
    }
    lines
}

fn chart(found: &RateTest, source: &str, recipe: &Recipe) -> LineChart {
    let name = file_name(source);
    let of_loss = recipe.logged_loss().name().replace('_', " ");
    let title = format!("Learning-rate range test of {name}");
    let mut chart = LineChart::new(title, "learning rate", format!("{of_loss} (mean of a batch)"));
    chart.x_scale = Scale::Log;
    let of = |of_point: fn(&RatePoint) -> f64| -> Vec<(f64, f64)> {
        let points = found.points.iter();
        points.map(|point| (point.rate, of_point(point))).collect()
    };
    let smoothed = of(|point| point.smoothed);
    chart.y_scale = scale_for(smoothed.iter().map(|point| point.1));
    let mut series = |name: String, points| chart.series.push(Series { name, points });
    series("smoothed loss".into(), smoothed);
    series("loss".into(), of(|point| point.loss));
    if let (Some(steepest), Some(lowest)) = (found.steepest(), found.lowest()) {
        let dot = |point: &RatePoint| vec![(point.rate, point.smoothed)];
        series(format!("falls fastest: {}", rate(steepest.rate)), dot(steepest));
        series(format!("lowest: {}", rate(lowest.rate)), dot(lowest));
    }
    let ends = match found.exploded {
        true => "the loss explodes at the last rate",
        false => "the loss does not explode",
    };
    chart.subtitle = format!("{} steps; {ends}", found.points.len());
    chart
}

fn record(found: &RateTest, range: RateRange, recipe: &Recipe, threads: NonZeroUsize) -> Value {
    let point = |point: &RatePoint| {
        json!({
            "rate": point.rate,
            "loss": Number(point.loss),
            "smoothed_loss": Number(point.smoothed),
        })
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "recipe": recipe,
        "from": range.from,
        "to": range.to,
        "steps": range.steps,
        "smoothing": SMOOTHING,
        "points": found.points.iter().map(point).collect::<Vec<_>>(),
        "exploded": found.exploded,
        "stopped": found.stopped,
        "steepest": found.steepest().map(point),
        "lowest": found.lowest().map(point),
        "suggested": found.steepest().map(|point| point.rate),
        "threads": threads,
    })
}
