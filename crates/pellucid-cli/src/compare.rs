//! `pellucid compare`: several recipes from the same initial weights, their curves in one picture.

use crate::arguments::Compare;
use crate::failure::{self, Misuse};
use crate::outputs::{self, JsonOutput, PlotOutput};
use crate::progress::Progress;
use crate::run::{prepare, scale_for, threads};
use crate::{interrupt, recipes, terminal};
use anyhow::{Context, Result};
use pellucid::early_stopping::StopRules;
use pellucid::observe::{LossCurve, Observer};
use pellucid::recipe::DataRecipe;
use pellucid::{Ending, Error, Experiment, Precision, Recipe, Scalar};
use pellucid_report::{Comparison, Curve, LineChart, PictureFormat, Series};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Serialize)]
struct ComparisonRecord<'a> {
    recipes: &'a [Recipe],
    comparison: &'a Comparison,
    version: &'static str,
}

pub(crate) fn compare(arguments: &Compare) -> Result<ExitCode> {
    let recipes = arguments
        .recipes
        .iter()
        .map(|name| recipes::find(name, &arguments.settings));
    let recipes = recipes.collect::<Result<Vec<_>>>()?;
    let precision = recipes[0].train.precision;
    if recipes.iter().any(|recipe| recipe.train.precision != precision) {
        let message =
            "the recipes differ in train.precision; give one to all with --precision f32 or --precision f64";
        return Err(Misuse(message.into()).into());
    }
    if recipes
        .iter()
        .any(|recipe| recipe.logged_loss() != recipes[0].logged_loss())
    {
        let message = "the recipes log different losses, which cannot be compared; give one to all with \
                       --set log.loss=NAME";
        return Err(Misuse(message.into()).into());
    }
    match precision {
        Precision::F32 => compare_at::<f32>(arguments, &recipes),
        Precision::F64 => compare_at::<f64>(arguments, &recipes),
    }
}

fn compare_at<T: Scalar>(arguments: &Compare, recipes: &[Recipe]) -> Result<ExitCode> {
    let settings = &arguments.settings;
    let files: Vec<(&str, &Path)> = arguments
        .recipes
        .iter()
        .filter_map(|name| Some(("the recipe", recipes::file(name)?)))
        .collect();
    let (json_path, plot_path) = (settings.json.as_deref(), arguments.plot.as_deref());
    outputs::check_distinct(&files, &[("--json", json_path), ("--plot", plot_path)])?;
    if let Some(path) = plot_path {
        PictureFormat::from_path(path)?;
    }
    note_different_data(recipes, arguments);
    let experiments = prepare_all::<T>(arguments, recipes)?;
    interrupt::listen();
    let json = json_path.map(JsonOutput::prepare).transpose()?;
    let plot = plot_path.map(PlotOutput::prepare).transpose()?;

    let mut curves = Vec::new();
    for ((name, recipe), mut experiment) in arguments.recipes.iter().zip(recipes).zip(experiments) {
        let mut losses = LossCurve::new(1);
        let mut progress = Progress::new(name, settings.quiet);
        let started = Instant::now();
        let observers: &mut [&mut dyn Observer<T>] = &mut [&mut losses, &mut progress];
        let ending = experiment.run(observers);
        let seconds = started.elapsed().as_secs_f64();
        progress.finish();
        let mut diverged = None;
        match ending {
            Ok(Ending::Completed | Ending::Converged) => {}
            Ok(Ending::Stopped) => {
                terminal::tell("stopped by Ctrl-C; there is nothing to compare");
                return Ok(ExitCode::from(failure::FAILED));
            }
            Err(error) => diverged = Some(error),
        }
        let mut losses: Vec<f64> = losses.points().iter().map(|&(_, loss)| loss).collect();
        // A run that diverges is an answer too: its curve ends there.
        match diverged {
            None => {}
            Some(error @ Error::NonFiniteLoss { loss, .. }) => {
                terminal::tell(&format!("warning: {name}: {error}"));
                losses.push(loss);
            }
            Some(error @ Error::NonFiniteParameters { .. }) => {
                terminal::tell(&format!("warning: {name}: {error}"));
                losses.pop();
                losses.push(f64::NAN);
            }
            Some(error) => return Err(error).with_context(|| format!("recipe {name}")),
        }
        let batch = recipe.train.batch_size.of(experiment.training().rows());
        let updates_per_epoch = experiment.training().rows().div_ceil(batch) as u64;
        curves.push(Curve {
            name: name.clone(),
            losses,
            updates_per_epoch,
            seconds,
        });
    }

    let comparison = Comparison::new(&curves, arguments.reach.as_deref())?;
    if !matches!(json, Some(JsonOutput::Stdout)) {
        terminal::print(comparison.to_string().trim_end())?;
    }
    if let Some(plot) = plot {
        plot.write(&chart(&curves, recipes))?;
    }
    if let Some(json) = json {
        json.write(&ComparisonRecord {
            recipes,
            comparison: &comparison,
            version: env!("CARGO_PKG_VERSION"),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All before the first is trained, so that what is wrong with one does not cost the others' training.
fn prepare_all<T: Scalar>(arguments: &Compare, recipes: &[Recipe]) -> Result<Vec<Experiment<T>>> {
    let threads = threads(arguments.settings.threads, arguments.settings.quiet);
    let mut experiments: Vec<Experiment<T>> = Vec::new();
    for (name, recipe) in arguments.recipes.iter().zip(recipes) {
        // Rows held out are left out here too: the training rows are those of `pellucid run`.
        let (mut experiment, _) =
            prepare::<T>(recipe, &arguments.settings, threads).with_context(|| format!("recipe {name}"))?;
        if !arguments.settings.quiet
            && (!StopRules::of(recipe).are_none() || recipe.train.max_seconds.is_some())
        {
            terminal::tell(&format!(
                "note: {name}: all epochs are run, so that the curves can be compared, whatever train.patience, \
                 train.stop_at and train.max_seconds say"
            ));
        }
        if let Some(first) = experiments.first() {
            let first_name = &arguments.recipes[0];
            let context = || format!("recipe {name} cannot start from the weights of {first_name}");
            experiment = experiment.starting_from(first.initial()).with_context(context)?;
        }
        for finding in experiment.findings().iter().filter(|_| !arguments.settings.quiet) {
            terminal::tell(&format!("warning: {name}: {finding}"));
        }
        experiments.push(experiment);
    }
    Ok(experiments)
}

fn note_different_data(recipes: &[Recipe], arguments: &Compare) {
    let without_seed = |data: &DataRecipe| DataRecipe {
        seed: None,
        ..data.clone()
    };
    for (name, recipe) in arguments.recipes.iter().zip(recipes).skip(1) {
        if without_seed(&recipe.data) != without_seed(&recipes[0].data) {
            let first = &arguments.recipes[0];
            terminal::tell(&format!(
                "warning: {name} is trained on other data than {first}: their losses are not one"
            ));
        }
    }
}

fn chart(curves: &[Curve], recipes: &[Recipe]) -> LineChart {
    let series = curves.iter().map(|curve| Series {
        name: curve.name.clone(),
        points: curve
            .losses
            .iter()
            .enumerate()
            .map(|(epoch, &loss)| ((epoch + 1) as f64, loss))
            .collect(),
    });
    let loss = recipes[0].logged_loss().name().replace('_', " ");
    let title = "Loss against epochs, from the same initial weights";
    let mut chart = LineChart::new(title, "epoch", format!("{loss} (mean of a sample)"));
    chart.y_scale = scale_for(curves.iter().flat_map(|curve| curve.losses.iter().copied()));
    chart.series = series.collect();
    chart
}
