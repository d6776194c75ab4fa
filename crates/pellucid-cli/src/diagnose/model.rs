//! The diagnosis of a trained model.

use super::Diagnosis;
use crate::arguments::Diagnose;
use crate::evaluate::preparation;
use crate::score_text::count;
use crate::scored_rows::all_rows;
use crate::{run, source};
use anyhow::Result;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::inspection::diagnosis::{
    DataFacts, Facts, Finding, FindingKind, NetworkFacts, Severity, after_training,
};
use pellucid::{Network, Scalar};
use pellucid_data::Table;
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{Preparation, Transform};
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::Path;

/// The course of its training, and with a table its layers on the table's rows.
pub(super) fn diagnose(arguments: &Diagnose) -> Result<Diagnosis> {
    let path = Path::new(&arguments.source);
    let model = Model::load(path)?;
    let mut epochs = model.history.clone();
    for epoch in &mut epochs {
        epoch.epoch = epoch.epoch + 1 - model.recipe.log.count_from;
    }
    let course = Facts {
        recipe: &model.recipe,
        data: None,
        initial: None,
        trained: None,
        layer_statistics: &[],
        epochs: &epochs,
        best_epoch: model.metrics["best_epoch"].as_u64(),
        failure: None,
    };
    let mut examined = format!("the {} epochs of its training", count(epochs.len()));
    let (findings, notes) = match &arguments.data {
        None => (after_training(&course), Vec::new()),
        Some(data) => {
            let preparation = preparation(&model, path)?;
            let threads = run::threads(arguments.running.threads, arguments.running.quiet);
            let options = source::options_for(&arguments.reading, preparation.reading());
            let table = preparation.reading().read(source::read(data, &options, 0)?)?;
            let rows = count(table.rows());
            examined += &format!(" and its layers on {rows} rows of {}", table.source);
            let (mut found, notes) = match &model.network {
                AnyNetwork::F32(network) => on_rows(network, preparation, &table, course, threads)?,
                AnyNetwork::F64(network) => on_rows(network, preparation, &table, course, threads)?,
            };
            found.extend(unfamiliar(preparation, &table));
            (found, notes)
        }
    };
    Ok(Diagnosis {
        findings,
        examined,
        notes: model.note_of_first_network().into_iter().chain(notes).collect(),
        stopped: false,
        record: json!({ "model": arguments.source, "data": arguments.data, "recipe": model.recipe }),
    })
}

fn on_rows<T: Scalar>(
    network: &Network<T>,
    preparation: &Preparation,
    table: &Table,
    course: Facts<'_>,
    threads: NonZeroUsize,
) -> Result<(Vec<Finding>, Vec<String>)> {
    let rows = all_rows(table);
    let target = preparation.target();
    let columns = target.columns();
    let has_targets = columns.iter().all(|column| table.column(column).is_some());
    let (data, counts): (Dataset<T>, _) = match has_targets {
        true => preparation.dataset(table, &rows)?,
        false => {
            let (features, counts) = preparation.transform(table, &rows)?;
            let width = target.outputs();
            let zeros = Matrix::new(rows.len(), width, vec![T::ZERO; rows.len() * width])?;
            let data = Dataset::new(Features::Dense(features), Targets::Dense(zeros))?;
            (data, counts)
        }
    };
    let mut facts = DataFacts::from_data(&data, &preparation.feature_names());
    if !has_targets {
        facts.class_counts = None;
        facts.targets.clear();
    }
    let trained = NetworkFacts::from_network(course.recipe, network, &data, &facts, threads)?;
    let findings = after_training(&Facts {
        data: Some(&facts),
        trained: Some(&trained),
        ..course
    });
    Ok((findings, counts.warnings()))
}

/// How many times its width in training a column's range must be left by to be far.
const FAR: f64 = 1.0;
/// The part of the rows that may be far out in a column.
const FAR_ROWS: f64 = 0.01;

/// Columns in which rows lie further from the range of the training rows than that is wide. A network says nothing of
/// such rows that could be relied on: it continues its straight or flat ends.
fn unfamiliar(preparation: &Preparation, table: &Table) -> Vec<Finding> {
    let columns = preparation.columns().iter();
    let numbers = columns.filter_map(|column| match &column.transform {
        Transform::Number(number) => Some((&column.name, number)),
        _ => None,
    });
    let found = numbers.filter_map(|(name, number)| {
        let pellucid_data::Values::Numbers(values) = &table.column(name)?.values else {
            return None;
        };
        let margin = FAR * (number.maximum - number.minimum);
        let is_far = |value: &&f64| **value < number.minimum - margin || **value > number.maximum + margin;
        let far: Vec<f64> = values.iter().filter(is_far).copied().collect();
        let furthest = far.iter().copied().max_by(|a, b| {
            let distance = |value: f64| (number.minimum - value).max(value - number.maximum);
            distance(*a).total_cmp(&distance(*b))
        })?;
        let is_many = far.len() as f64 > FAR_ROWS * values.len() as f64;
        is_many.then(|| Finding {
            kind: FindingKind::UnfamiliarInputs,
            layer: None,
            severity: Severity::Warning,
            seen: format!(
                "{} of {} rows lie far outside what column {name} was in training, {} to {}: up to {furthest}",
                count(far.len()),
                count(values.len()),
                number.minimum,
                number.maximum
            ),
            why: "the network never saw such rows, and only continues what it learnt of others".into(),
            try_this: "check the column's unit; else train on rows like these too".into(),
        })
    });
    found.collect()
}
