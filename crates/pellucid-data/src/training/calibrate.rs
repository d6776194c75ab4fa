//! What a training does with its held-out rows once the network is trained.

use super::prediction::{predict, raw_outputs};
use crate::calibration::{
    Calibrated, Decisions, Residuals, Temperature, Threshold, scale_output_layer, without_output_activation,
};
use crate::error::{Result, setting};
use crate::model_file::AnyNetwork;
use crate::preparation::{Predictions, Preparation, TargetPreparation};
use crate::table::Table;
use pellucid::recipe::{Calibration, Recipe, TableRecipe, TargetTransform};
use pellucid::{Activation, Network, Scalar};
use std::num::NonZeroUsize;

/// Refuses settings that make no sense for a target, or for the network that a recipe describes.
pub(super) fn check_settings(recipe: &Recipe, target: &TargetPreparation) -> Result<()> {
    let Some(table) = &recipe.data.table else {
        return Ok(());
    };
    let is_regression = matches!(target, TargetPreparation::Regression { .. });
    let temperature = |expected: &str| Err(setting("data.table.calibrate", "\"temperature\"", expected));
    if table.calibrate == Calibration::Temperature {
        if is_regression {
            return temperature("it is for the probabilities of classes, and the target is numbers");
        }
        let output = recipe.architecture()?.output_layer().activation;
        if !matches!(output, Activation::Softmax | Activation::Sigmoid) {
            return temperature(
                "it divides what enters softmax or sigmoid, and the output layer has neither",
            );
        }
    }
    if table.calibrate == Calibration::Temperature && recipe.network.members.is_some() {
        return temperature(
            "it divides what enters the output layer's activation, and the probabilities of a network of members are the \
             mean of several; leave it out",
        );
    }
    if let Some(metric) = table.tune_threshold
        && !matches!(target, TargetPreparation::Binary(_))
    {
        let found = format!("\"{}\"", metric.name());
        let expected = "a threshold is between two classes of one target; leave it out";
        return Err(setting("data.table.tune_threshold", found, expected));
    }
    if table.clamp_predictions && !is_regression {
        let expected = "it limits predicted numbers, and the target is classes; leave it out";
        return Err(setting("data.table.clamp_predictions", true, expected));
    }
    if table.target_transform != TargetTransform::Standard && !is_regression {
        let expected =
            "it is for targets of numbers, and the target is classes; leave it out, or set --task regression";
        return Err(setting("data.table.target_transform", "(set)", expected));
    }
    Ok(())
}

/// Refuses settings that need held-out rows.
pub(super) fn check_held_out(table: &TableRecipe, is_held_out: bool) -> Result<()> {
    let threshold = table
        .tune_threshold
        .map(|metric| format!("\"{}\"", metric.name()));
    let temperature = (table.calibrate == Calibration::Temperature).then(|| "\"temperature\"".to_owned());
    let needing = [
        ("data.table.calibrate", temperature),
        ("data.table.tune_threshold", threshold),
        ("data.table.refit", table.refit.then(|| "true".to_owned())),
    ];
    let set = needing.into_iter().find_map(|(key, found)| Some((key, found?)));
    match set {
        Some((key, found)) if !is_held_out => {
            let expected = "it needs held-out rows, and none are; hold some out, with --validation 0.2 say";
            Err(setting(key, found, expected))
        }
        _ => Ok(()),
    }
}

/// Adjusts a network by its held-out rows, as the recipe asks. What a user should know of it, besides.
pub(super) fn calibrate(
    network: &mut AnyNetwork,
    preparation: &mut Preparation,
    recipe: &TableRecipe,
    (table, rows): (&Table, &[u32]),
    threads: NonZeroUsize,
) -> Result<(Calibrated, Vec<String>)> {
    let (mut calibrated, mut notes) = (Calibrated::default(), Vec::new());
    if rows.is_empty() {
        return Ok((calibrated, notes));
    }
    if recipe.calibrate == Calibration::Temperature {
        let decisions = match &*network {
            AnyNetwork::F32(network) => decisions(network, preparation, table, rows, threads)?,
            AnyNetwork::F64(network) => decisions(network, preparation, table, rows, threads)?,
        };
        calibrated.temperature = decisions.temperature().map(|value| Temperature {
            value,
            rows: rows.len(),
            log_loss_before: decisions.log_loss(1.0),
            log_loss: decisions.log_loss(1.0 / value),
        });
        match calibrated.temperature {
            Some(Temperature { value, .. }) => scale(network, value),
            // Where all rows are right, there is nothing to calibrate.
            None if decisions.are_right() => {}
            None => notes.push(format!(
                "the probabilities are not calibrated: no temperature has the least log loss on {} held-out rows; hold out more",
                rows.len()
            )),
        }
    }
    let (predictions, _) = predict(&[network], preparation, table, rows, threads)?;
    decide(&predictions, preparation, recipe, (table, rows), &mut calibrated)?;
    Ok((calibrated, notes))
}

/// Chooses the threshold and keeps the residuals, by the predictions of rows that were not trained on.
pub(super) fn decide(
    predictions: &Predictions,
    preparation: &mut Preparation,
    recipe: &TableRecipe,
    (table, rows): (&Table, &[u32]),
    calibrated: &mut Calibrated,
) -> Result<()> {
    if let (Predictions::Classes { probabilities, .. }, Some(metric)) = (predictions, recipe.tune_threshold) {
        let labels = preparation.target().labels(table, rows)?;
        let is_second = labels
            .iter()
            .flat_map(|labels| &labels.labels)
            .map(|&label| label == 1);
        let second = probabilities.values().iter().skip(1).step_by(2).copied();
        let decided: Vec<(f64, bool)> = second.zip(is_second).collect();
        calibrated.threshold = Threshold::best(metric, &decided);
        if let Some(threshold) = &calibrated.threshold {
            preparation.set_threshold(threshold.value);
        }
    }
    if let Predictions::Numbers { columns, values } = predictions {
        let actual = preparation.target().numbers(table, rows)?;
        let residuals = |(at, name): (usize, &String)| {
            let column = |numbers: &[f64]| -> Vec<f64> {
                numbers.iter().skip(at).step_by(columns.len()).copied().collect()
            };
            let pairs: Vec<_> = column(&actual).into_iter().zip(column(values.values())).collect();
            Residuals::from_pairs(name, &pairs)
        };
        calibrated.residuals = columns.iter().enumerate().map(residuals).collect();
    }
    Ok(())
}

/// Divides the logits of a network of either precision by a temperature.
pub(super) fn scale(network: &mut AnyNetwork, temperature: f64) {
    match network {
        AnyNetwork::F32(network) => scale_output_layer(network, temperature),
        AnyNetwork::F64(network) => scale_output_layer(network, temperature),
    }
}

/// The logits of rows, beside their classes.
fn decisions<T: Scalar>(
    network: &Network<T>,
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<Decisions> {
    let target = preparation.target();
    let plain = without_output_activation(network)?;
    let (logits, _) = raw_outputs(&[&plain], preparation, table, rows, threads)?;
    let logits: Vec<f64> = logits.values().iter().map(|logit| logit.to_f64()).collect();
    let is_softmax = network.architecture().output_layer().activation == Activation::Softmax;
    Ok(match target.labels(table, rows)? {
        Some(labels) if is_softmax => {
            let classes = target.outputs();
            let labels: Vec<usize> = labels.labels.iter().map(|&label| label as usize).collect();
            Decisions::of_softmax(&logits, &labels, classes)
        }
        Some(labels) => {
            // One sigmoid is the probability of the second class, several are those of a class each.
            let outputs = target.outputs() as u32;
            let is_second = |label: &u32| match outputs {
                1 => vec![*label == 1],
                outputs => (0..outputs).map(|class| class == *label).collect(),
            };
            Decisions::of_sigmoids(&logits, labels.labels.iter().flat_map(is_second))
        }
        None => {
            let answers = target.numbers(table, rows)?;
            Decisions::of_sigmoids(&logits, answers.into_iter().map(|answer| answer > 0.5))
        }
    })
}
