//! `pellucid inspect`: describes a model file.

use crate::arguments::Inspect;
use crate::outputs::{self, JsonOutput};
use crate::score_text::{count, figure_name, number, one_line, titled};
use crate::{calibration_text, terminal};
use anyhow::Result;
use pellucid::model::network::Architecture;
use pellucid::recipe::{Scale, TargetTransform};
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{
    FeatureColumn, LabelTarget, NumberTransform, Preparation, RegressionTarget, TargetPreparation, Transform,
    USUAL_BINS,
};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Columns, classes and words that are shown without --all.
const SHOWN: usize = 20;

pub(crate) fn inspect(arguments: &Inspect) -> Result<ExitCode> {
    let read = [("the model", Some(arguments.model.as_path()))];
    outputs::check_distinct(&read, &[("--json", arguments.json.as_deref())])?;
    let model = Model::load(&arguments.model)?;
    if arguments.json.is_some() {
        JsonOutput::prepare(arguments.json.as_deref())?.write(|| record(&model))?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown = if arguments.all { usize::MAX } else { SHOWN };
    let mut parts = vec![network(&model)];
    if let Some(preparation) = &model.preparation {
        parts[0].extend(target(preparation, &model, shown));
        parts.push(columns(preparation, shown));
    }
    parts.push(training(&model));
    let adjusted = calibration_text::lines(&model.calibrated);
    parts.extend((!adjusted.is_empty()).then_some(adjusted));
    parts.extend(scores(&model.metrics));
    let mut lines = parts.join(&String::new());
    lines.extend(model.warnings.iter().map(|warning| format!("note: {warning}")));
    terminal::print_lines(lines)?;
    Ok(ExitCode::SUCCESS)
}

fn record(model: &Model) -> Value {
    let architecture = model.network.architecture();
    let layers = architecture.layers();
    json!({
        "version": model.version,
        "instruction_set": model.instruction_set,
        "layers": std::iter::once(architecture.input_width())
            .chain(layers.iter().map(|layer| layer.fan_out))
            .collect::<Vec<_>>(),
        "activations": layers.iter().map(|layer| layer.activation).collect::<Vec<_>>(),
        "normalisation": layers.iter().map(|layer| layer.normalisation().map(|one| one.name())).collect::<Vec<_>>(),
        "input_scales": architecture.input_scales().is_some(),
        "embeddings": architecture.embeddings().collect::<Vec<_>>(),
        "parametric_activations": architecture.has_parametric_activations(),
        "members": architecture.member_count(),
        "networks": model.networks().len(),
        "parameters": architecture.trained_count(),
        "precision": model.network.precision(),
        "classes": model.classes,
        "feature_names": model.feature_names,
        "preparation": model.preparation,
        "recipe": model.recipe,
        "history": model.history,
        "metrics": model.metrics,
        "calibration": model.calibrated,
        "warnings": model.warnings,
    })
}

/// Sizes and activations, as in `4 → 100 relu → 3 softmax`.
pub(crate) fn shape(architecture: &Architecture) -> String {
    let mut shape = count(architecture.input_width());
    if !architecture.embedded_parts().is_empty() {
        shape += &format!(" → {} embedded", count(architecture.layer(0).fan_in));
    }
    if architecture.input_scales().is_some() {
        shape += " scaled";
    }
    for layer in architecture.layers() {
        shape += &format!(" → {} ", count(layer.fan_out));
        if let Some(normalisation) = layer.normalisation() {
            shape += &format!("{}-normalised ", normalisation.name());
        }
        if layer.activation_factors().is_some() {
            shape += "parametric ";
        }
        shape += layer.activation.name();
    }
    match architecture.member_count() {
        1 => shape,
        members => format!("{shape}, {members} members that share the hidden layers"),
    }
}

fn network(model: &Model) -> Vec<String> {
    let architecture = model.network.architecture();
    let each = match model.networks().len() {
        1 => String::new(),
        networks => format!(" in each of {networks} networks, whose mean predicts"),
    };
    vec![
        format!("network     {}", shape(architecture)),
        format!(
            "parameters  {}{each}, {}",
            count(architecture.trained_count()),
            match model.network.precision() {
                pellucid::Precision::F32 => "single precision",
                pellucid::Precision::F64 => "double precision",
            }
        ),
        format!(
            "made by     pellucid {}{}",
            model.version,
            match model.instruction_set.as_str() {
                "" => String::new(),
                set => format!(", with the instruction set {set}"),
            }
        ),
    ]
}

fn target(preparation: &Preparation, model: &Model, shown: usize) -> Vec<String> {
    let target = match preparation.target() {
        TargetPreparation::Regression { columns } => {
            let column = |target: &RegressionTarget| {
                let [mean, std] = [target.mean, target.std].map(number);
                let learnt = match target.transform {
                    TargetTransform::Standard => format!("mean {mean}, standard deviation {std}"),
                    TargetTransform::None => "as it is".to_owned(),
                    TargetTransform::Log => format!("its logarithm, mean {mean}, standard deviation {std}"),
                    TargetTransform::QuantileNormal => "as normal quantiles".to_owned(),
                };
                let limits = target.range.map(|range| {
                    let [smallest, largest] = range.map(number);
                    format!("; predictions limited to {smallest} to {largest}")
                });
                format!("{} ({learnt}{})", target.column, limits.unwrap_or_default())
            };
            cut(&columns.iter().map(column).collect::<Vec<_>>(), shown)
        }
        TargetPreparation::Labels { labels } => {
            let label = |label: &LabelTarget| {
                format!("{} ({} or {})", label.column, label.classes[0], label.classes[1])
            };
            cut(&labels.iter().map(label).collect::<Vec<_>>(), shown)
        }
        classes => {
            let columns = classes.columns().join(", ");
            format!("{columns}: {}", cut(classes.classes(), shown))
        }
    };
    let mut lines = vec![format!("target      {target}")];
    let table = model.recipe.data.table.as_ref();
    let id = table.and_then(|table| table.id.as_ref());
    lines.extend(id.map(|id| format!("id          {id}")));
    lines
}

fn columns(preparation: &Preparation, shown: usize) -> Vec<String> {
    let titles = "column|type|features|from|to|missing counts as";
    let mut lines = titled(titles, preparation.columns().iter().take(shown).map(column));
    let all = preparation.columns().len();
    if all > shown {
        lines.push(format!("and {} more; --all shows them", all - shown));
    }
    lines.extend(edges(preparation, shown));
    let bins = preparation.settings().bins.unwrap_or(USUAL_BINS);
    lines.push(match preparation.settings().scale {
        Scale::Standardize => "numbers are scaled to mean 0 and standard deviation 1".into(),
        Scale::MinMax => "numbers are scaled to 0 to 1".into(),
        Scale::Robust => {
            "numbers are scaled to median 0 and interquartile range 1, then smoothly clipped to -3 to 3"
                .into()
        }
        Scale::Normal => "numbers become the quantiles of a normal distribution".into(),
        Scale::PiecewiseQuantile => {
            format!("numbers are encoded piecewise linearly, by at most {bins} bins between quantiles")
        }
        Scale::PiecewiseTree => format!(
            "numbers are encoded piecewise linearly, by at most {bins} bins of a decision tree of each on the target"
        ),
        Scale::None => "numbers are used as they are".into(),
    });
    lines
}

/// The edges of the bins of each shown column that has some.
fn edges(preparation: &Preparation, shown: usize) -> Vec<String> {
    let columns = preparation.columns().iter().take(shown);
    let line = |column: &FeatureColumn| {
        let edges: Vec<String> = column.transform.edges()?.iter().copied().map(number).collect();
        Some(format!(
            "edges of {}: {}",
            one_line(&column.name),
            cut(&edges, shown)
        ))
    };
    columns.filter_map(line).collect()
}

fn column(column: &FeatureColumn) -> Vec<String> {
    let (kind, features, [from, to], missing) = match &column.transform {
        Transform::Number(of) => (
            "number",
            column.transform.width(),
            [number(of.minimum), number(of.maximum)],
            missing_number(of, number(of.median)),
        ),
        Transform::LargeInteger { origin, number: of } => (
            "number",
            column.transform.width(),
            [of.minimum, of.maximum].map(|distance| format!("{origin} + {}", number(distance))),
            missing_number(of, format!("{origin} + {}", number(of.median))),
        ),
        Transform::Boolean { names, number: of } => {
            let missing = match of.median {
                0.0 => names[0].clone(),
                1.0 => names[1].clone(),
                between => number(between),
            };
            let features = column.transform.width();
            ("boolean", features, names.clone(), missing_number(of, missing))
        }
        Transform::Date(of) => {
            let missing = if of.marks_missing {
                "the median, marked"
            } else {
                "the median"
            };
            let features = column.transform.width();
            ("date", features, [String::new(), String::new()], missing.into())
        }
        Transform::Category(of) => {
            let features = of.names.len() + usize::from(of.other) + usize::from(of.missing);
            let range = [of.names.first(), of.names.last()].map(|name| name.cloned().unwrap_or_default());
            let missing = if of.missing { "a separate word" } else { "no word" };
            ("words", features, range, missing.into())
        }
    };
    vec![
        column.name.clone(),
        kind.into(),
        count(features),
        from,
        to,
        missing,
    ]
}

/// What a missing number counts as: the median, or no number where it has bins and a mark.
fn missing_number(of: &NumberTransform, median: String) -> String {
    match (of.marks_missing, of.edges.is_empty()) {
        (true, false) => "zeros, marked".into(),
        (true, true) => median + ", marked",
        (false, _) => median,
    }
}

fn training(model: &Model) -> Vec<String> {
    let rows = |key: &str| model.metrics[key].as_u64();
    let mut lines = Vec::new();
    if let (Some(training), Some(validation)) = (rows("training_rows"), rows("validation_rows")) {
        let (training, validation) = (count(training as usize), count(validation as usize));
        lines.push(format!("trained on {training} rows, {validation} held out"));
    }
    let train = &model.recipe.train;
    let rate = match train.optimizer.takes_steps() {
        true => format!(" with learning rate {}", train.learning_rate),
        false => String::new(),
    };
    lines.push(format!("{}{rate}, seed {}", train.optimizer.title(), train.seed));
    let best = rows("best_epoch").unwrap_or(0) + model.recipe.log.count_from;
    let history = &model.history;
    let epochs = [
        ("first", history.first()),
        ("best", history.iter().find(|line| line.epoch + 1 == best)),
        ("last", history.last()),
    ];
    let epochs = epochs.into_iter().filter_map(|(name, line)| {
        let line = line?;
        let validation = line.validation.as_ref();
        let validation = validation.map_or("-".into(), |validation| number(validation.loss));
        Some(vec![
            name.into(),
            count(line.epoch as usize),
            number(line.loss),
            validation,
        ])
    });
    if !history.is_empty() {
        lines.extend(titled("|epoch|loss|validation loss", epochs));
    }
    lines
}

fn scores(metrics: &Value) -> Option<Vec<String>> {
    let names =
        "subset_accuracy accuracy balanced_accuracy log_loss roc_auc expected_calibration_error r2 rmse mae";
    let names = names.split(' ');
    let of = |part: &str, name: &str| metrics[part][name].as_f64().map_or("-".into(), number);
    let known = names.filter(|name| metrics["training"][name].is_number());
    let row = |name: &str| vec![figure_name(name), of("training", name), of("validation", name)];
    let rows: Vec<Vec<String>> = known.map(row).collect();
    (!rows.is_empty()).then(|| titled("|training|held out", rows))
}

fn cut(names: &[String], shown: usize) -> String {
    let mut text = names.iter().take(shown).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > shown {
        text += &format!(" and {} more", names.len() - shown);
    }
    text
}
