//! `pellucid compare`: several recipes from the same initial weights, their curves in one picture.

use crate::arguments::Compare;
use crate::progress::Progress;
use crate::run::{JsonOutput, PlotOutput, prepare, scale_for, threads};
use crate::{failure, interrupt, recipes, terminal};
use anyhow::{Context, Result, bail};
use pellucid::observe::{LossCurve, Observer};
use pellucid::recipe::DataRecipe;
use pellucid::{Ending, Experiment, Network, Precision, Recipe, Scalar};
use pellucid_report::{Comparison, Curve, LineChart, Series};
use serde::Serialize;
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
        bail!(
            "the recipes differ in train.precision; give one to all with --precision f32 or --precision f64"
        );
    }
    if recipes
        .iter()
        .any(|recipe| recipe.logged_loss() != recipes[0].logged_loss())
    {
        bail!(
            "the recipes log different losses, which cannot be compared; give one to all with --set log.loss=NAME"
        );
    }
    match precision {
        Precision::F32 => compare_at::<f32>(arguments, &recipes),
        Precision::F64 => compare_at::<f64>(arguments, &recipes),
    }
}

fn compare_at<T: Scalar>(arguments: &Compare, recipes: &[Recipe]) -> Result<ExitCode> {
    let settings = &arguments.settings;
    let json = settings.json.as_deref().map(JsonOutput::prepare).transpose()?;
    let plot = arguments.plot.as_deref().map(PlotOutput::prepare).transpose()?;
    let threads = threads(settings);
    interrupt::listen();
    note_different_data(recipes, arguments);

    let mut curves = Vec::new();
    let mut start: Option<Network<T>> = None;
    for (name, recipe) in arguments.recipes.iter().zip(recipes) {
        let mut experiment: Experiment<T> =
            prepare(recipe, settings, threads).with_context(|| format!("recipe {name}"))?;
        match &start {
            Some(network) => {
                let context = || {
                    format!(
                        "recipe {name} cannot start from the weights of {}",
                        arguments.recipes[0]
                    )
                };
                experiment = experiment.starting_from(network).with_context(context)?;
            }
            None => start = Some(experiment.initial().clone()),
        }
        let mut losses = LossCurve::new(1);
        let mut progress = Progress::new(name, settings.quiet);
        let started = Instant::now();
        let observers: &mut [&mut dyn Observer<T>] = &mut [&mut losses, &mut progress];
        let ending = experiment.run(observers);
        let seconds = started.elapsed().as_secs_f64();
        progress.finish();
        match ending {
            Ok(Ending::Completed) => {}
            Ok(Ending::Stopped) => {
                terminal::tell("stopped by Ctrl-C; there is nothing to compare");
                return Ok(ExitCode::from(failure::FAILED));
            }
            // A run that diverges is an answer too: its curve ends there.
            Err(
                error @ (pellucid::Error::NonFiniteLoss { .. } | pellucid::Error::NonFiniteParameters { .. }),
            ) => {
                terminal::tell(&format!("warning: {name}: {error}"));
            }
            Err(error) => return Err(error).with_context(|| format!("recipe {name}")),
        }
        let losses: Vec<f64> = losses.points().iter().map(|&(_, loss)| loss).collect();
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
