//! `pellucid inspect`: describes a model file.

use crate::arguments::Inspect;
use crate::outputs::{self, JsonOutput};
use crate::score_text::{aligned, count, figure_name, number};
use crate::terminal;
use anyhow::Result;
use pellucid::model::network::Architecture;
use pellucid::recipe::Scale;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{FeatureColumn, LabelTarget, Preparation, TargetPreparation, Transform};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Columns, classes and words that are shown without --all.
const SHOWN: usize = 20;

pub(crate) fn inspect(arguments: &Inspect) -> Result<ExitCode> {
    outputs::check_distinct(
        &[("the model", &arguments.model)],
        &[("--json", arguments.json.as_deref())],
    )?;
    let model = Model::load(&arguments.model)?;
    if let Some(path) = &arguments.json {
        JsonOutput::prepare(path)?.write(&record(&model))?;
        return Ok(ExitCode::SUCCESS);
    }
    let shown = if arguments.all { usize::MAX } else { SHOWN };
    let mut lines = network(&model);
    if let Some(preparation) = &model.preparation {
        lines.extend(target(preparation, &model, shown));
        lines.push(String::new());
        lines.extend(columns(preparation, shown));
    }
    lines.push(String::new());
    lines.extend(training(&model));
    lines.extend(scores(&model.metrics));
    lines.extend(model.warnings.iter().map(|warning| format!("note: {warning}")));
    for line in lines {
        terminal::print(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn record(model: &Model) -> Value {
    let architecture = model.network.architecture();
    let layers = architecture.layers();
    json!({
        "version": model.version,
        "layers": std::iter::once(architecture.input_width())
            .chain(layers.iter().map(|layer| layer.fan_out))
            .collect::<Vec<_>>(),
        "activations": layers.iter().map(|layer| layer.activation).collect::<Vec<_>>(),
        "normalisation": layers.iter().map(|layer| layer.normalisation().map(|one| one.name())).collect::<Vec<_>>(),
        "parameters": architecture.trained_count(),
        "precision": model.network.precision(),
        "classes": model.classes,
        "feature_names": model.feature_names,
        "preparation": model.preparation,
        "recipe": model.recipe,
        "history": model.history,
        "metrics": model.metrics,
        "warnings": model.warnings,
    })
}

/// Sizes and activations, as in `4 → 100 relu → 3 softmax`.
pub(crate) fn shape(architecture: &Architecture) -> String {
    let mut shape = count(architecture.input_width());
    for layer in architecture.layers() {
        shape += &format!(" → {} ", count(layer.fan_out));
        if let Some(normalisation) = layer.normalisation() {
            shape += &format!("{}-normalised ", normalisation.name());
        }
        shape += layer.activation.name();
    }
    shape
}

fn network(model: &Model) -> Vec<String> {
    let architecture = model.network.architecture();
    vec![
        format!("network     {}", shape(architecture)),
        format!(
            "parameters  {}, {}",
            count(architecture.trained_count()),
            match model.network.precision() {
                pellucid::Precision::F32 => "single precision",
                pellucid::Precision::F64 => "double precision",
            }
        ),
        format!("made by     pellucid {}", model.version),
    ]
}

fn target(preparation: &Preparation, model: &Model, shown: usize) -> Vec<String> {
    let target = preparation.target();
    let mut lines = vec![match target {
        TargetPreparation::Regression { columns } => {
            let columns: Vec<String> = columns
                .iter()
                .map(|target| {
                    format!(
                        "{} (mean {}, standard deviation {})",
                        target.column,
                        number(target.mean),
                        number(target.std)
                    )
                })
                .collect();
            format!("target      {}", cut(&columns, shown))
        }
        TargetPreparation::Labels { labels } => {
            let label = |label: &LabelTarget| {
                format!("{} ({} or {})", label.column, label.classes[0], label.classes[1])
            };
            let labels: Vec<String> = labels.iter().map(label).collect();
            format!("target      {}", cut(&labels, shown))
        }
        classes => format!(
            "target      {}: {}",
            classes.columns().join(", "),
            cut(classes.classes(), shown)
        ),
    }];
    let id = model
        .recipe
        .data
        .table
        .as_ref()
        .and_then(|table| table.id.as_ref());
    lines.extend(id.map(|id| format!("id          {id}")));
    lines
}

fn columns(preparation: &Preparation, shown: usize) -> Vec<String> {
    let titles = ["column", "type", "features", "from", "to", "missing counts as"];
    let mut rows = vec![titles.map(String::from).to_vec()];
    rows.extend(preparation.columns().iter().take(shown).map(column));
    let mut lines = aligned(&rows);
    let all = preparation.columns().len();
    if all > shown {
        lines.push(format!("and {} more; --all shows them", all - shown));
    }
    lines.push(match preparation.settings().scale {
        Scale::Standardize => "numbers are scaled to mean 0 and standard deviation 1".into(),
        Scale::MinMax => "numbers are scaled to 0 to 1".into(),
        Scale::None => "numbers are used as they are".into(),
    });
    lines
}

fn column(column: &FeatureColumn) -> Vec<String> {
    let name = column.name.clone();
    let (kind, features, range, missing) = match &column.transform {
        Transform::Number(of) => {
            let mark = if of.marks_missing { ", marked" } else { "" };
            let range = [number(of.minimum), number(of.maximum)];
            (
                "number",
                1 + usize::from(of.marks_missing),
                range,
                format!("{}{mark}", number(of.median)),
            )
        }
        Transform::Boolean { names, number: of } => {
            let missing = match of.median {
                0.0 => names[0].clone(),
                1.0 => names[1].clone(),
                between => number(between),
            };
            let mark = if of.marks_missing { ", marked" } else { "" };
            (
                "boolean",
                1 + usize::from(of.marks_missing),
                names.clone(),
                format!("{missing}{mark}"),
            )
        }
        Transform::Category(of) => {
            let features = of.names.len() + usize::from(of.other) + usize::from(of.missing);
            let range = [of.names.first(), of.names.last()].map(|name| name.cloned().unwrap_or_default());
            let missing = if of.missing { "a separate word" } else { "no word" };
            ("words", features, range, missing.into())
        }
    };
    let [from, to] = range;
    vec![name, kind.into(), count(features), from, to, missing]
}

fn training(model: &Model) -> Vec<String> {
    let rows = |key: &str| model.metrics[key].as_u64();
    let mut lines = Vec::new();
    if let (Some(training), Some(validation)) = (rows("training_rows"), rows("validation_rows")) {
        let (training, validation) = (count(training as usize), count(validation as usize));
        lines.push(format!("trained on {training} rows, {validation} held out"));
    }
    let train = &model.recipe.train;
    let rate = if train.optimizer.takes_steps() {
        format!(" with learning rate {}", train.learning_rate)
    } else {
        String::new()
    };
    lines.push(format!("{}{rate}, seed {}", train.optimizer.title(), train.seed));
    let best = rows("best_epoch").unwrap_or(0);
    let epochs = [
        ("first", model.history.first()),
        (
            "best",
            model
                .history
                .iter()
                .find(|line| line.epoch + 1 == best + model.recipe.log.count_from),
        ),
        ("last", model.history.last()),
    ];
    let mut table = vec![
        ["", "epoch", "loss", "validation loss"]
            .map(String::from)
            .to_vec(),
    ];
    for (name, line) in epochs {
        table.extend(line.map(|line| {
            let validation = line.validation.as_ref();
            let validation = validation.map_or("-".into(), |validation| number(validation.loss));
            vec![
                name.to_string(),
                count(line.epoch as usize),
                number(line.loss),
                validation,
            ]
        }));
    }
    if table.len() > 1 {
        lines.extend(aligned(&table));
    }
    lines
}

fn scores(metrics: &Value) -> Vec<String> {
    let names = [
        "subset_accuracy",
        "accuracy",
        "balanced_accuracy",
        "log_loss",
        "roc_auc",
        "r2",
        "rmse",
        "mae",
    ];
    let of = |part: &str, name: &str| metrics[part][name].as_f64().map_or("-".into(), number);
    let mut table = vec![["", "training", "held out"].map(String::from).to_vec()];
    for name in names {
        if metrics["training"][name].is_number() {
            table.push(vec![
                figure_name(name),
                of("training", name),
                of("validation", name),
            ]);
        }
    }
    if table.len() == 1 {
        return Vec::new();
    }
    std::iter::once(String::new()).chain(aligned(&table)).collect()
}

fn cut(names: &[String], shown: usize) -> String {
    let mut text = names.iter().take(shown).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > shown {
        text += &format!(" and {} more", names.len() - shown);
    }
    text
}
