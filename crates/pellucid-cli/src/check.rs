//! `pellucid check`: compares the gradient of backpropagation with numerical derivatives of the loss.

use crate::arguments::Check;
use crate::evaluate::preparation;
use crate::failure::{self, misuse, refuse_flags};
use crate::outputs::{self, JsonOutput};
use crate::score_text::{count, plural, titled};
use crate::{interrupt, recipes, run, source, subject, terminal};
use anyhow::{Context, Result};
use pellucid::data::dataset::{BatchBuffers, Dataset, Features, Rows, Samples, Targets, evenly};
use pellucid::data::matrix::Matrix;
use pellucid::inspection::gradient_check::{CheckSettings, GradientEntry, LayerCheck, check_layers};
use pellucid::numpy_random::RandomState;
use pellucid::recipe::Recipe;
use pellucid::session::record::Number;
use pellucid::{Activation, Loss, Network, Objective, Precision, Update};
use pellucid_data::model_file::{AnyNetwork, Model};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

const CHECKED_IN_F64: &str = "and is checked in f64, where a difference can be distinguished from rounding";

/// What is checked.
struct Checked {
    recipe: Recipe,
    network: Network<f64>,
    data: Dataset<f64>,
    /// Where network and rows come from, and what is left out.
    notes: Vec<String>,
}

pub(crate) fn check(arguments: &Check) -> Result<ExitCode> {
    let read = [
        ("the subject", Some(Path::new(&arguments.source))),
        ("the data", arguments.data.as_deref().and_then(source::file)),
    ];
    outputs::check_distinct(&read, &[("--json", arguments.json.as_deref())])?;
    let checked = if subject::is_model(&arguments.source) {
        of_model(arguments)?
    } else if subject::is_recipe(&arguments.source) {
        of_recipe(arguments).with_context(|| format!("recipe {}", arguments.source))?
    } else {
        return misuse(format!(
            "{}: a recipe (a built-in one, or a file ending in .toml) or a model ending in .safetensors is checked; for a table \
             train a model first",
            arguments.source
        ));
    };
    interrupt::listen_to_end_at_once();
    let json = JsonOutput::prepare(arguments.json.as_deref())?;
    if !arguments.running.quiet {
        terminal::notes("note", &checked.notes);
    }
    let rows = checked.data.rows();
    let train = &checked.recipe.train;
    let objective = Objective {
        loss: train.loss,
        reduction: train.reduction,
        update: Update::Textbook,
    };
    let settings = CheckSettings {
        samples: arguments.samples,
        tolerance: arguments.tolerance,
        seed: arguments.seed.unwrap_or(train.seed),
    };
    let mut buffers = BatchBuffers::default();
    let (input, targets) = checked.data.gather(Rows::Range(0, rows), &mut buffers);
    let parts = check_layers(&checked.network, input, targets, objective, settings);
    let is_right = parts.iter().all(|part| part.report.is_right());
    json.print(lines(&checked, &parts))?;
    json.write(|| record(arguments, &checked, &parts, is_right))?;
    Ok(match is_right {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(failure::FAILED),
    })
}

fn of_recipe(arguments: &Check) -> Result<Checked> {
    let settings = arguments.settings();
    let mut recipe = recipes::find(&arguments.source, &settings)?;
    let mut notes = Vec::new();
    if recipe.train.precision == Precision::F32 {
        notes.push(format!("the recipe trains in f32, {CHECKED_IN_F64}"));
        recipe.train.precision = Precision::F64;
    }
    let threads = run::threads(arguments.running.threads, settings.quiet);
    let session = run::session::<f64>(&recipe, &settings, threads)?;
    let data = session.training().sampled(arguments.rows)?;
    notes.extend(left_out(&recipe));
    Ok(Checked {
        network: session.initial().clone(),
        data,
        notes,
        recipe,
    })
}

fn of_model(arguments: &Check) -> Result<Checked> {
    let of_recipe = [
        ("--set", !arguments.set.is_empty()),
        ("--unset", !arguments.unset.is_empty()),
    ];
    refuse_flags(&of_recipe, |flag| {
        format!("{flag} is for a recipe, and a model is checked as it is")
    })?;
    let path = Path::new(&arguments.source);
    let model = Model::load(path)?;
    let mut notes: Vec<String> = model.note_of_first_network().into_iter().collect();
    let network = match &model.network {
        AnyNetwork::F64(network) => network.clone(),
        AnyNetwork::F32(network) => {
            notes.push(format!("the model is in f32, {CHECKED_IN_F64}"));
            let parameters = network.parameters().iter().map(|&value| f64::from(value));
            Network::new(network.architecture().clone(), parameters.collect())?
        }
    };
    let data = match &arguments.data {
        Some(data) => {
            let preparation = preparation(&model, path)?;
            let options = source::options_for(&arguments.reading, preparation.reading());
            let table = preparation.reading().read(source::read(data, &options, 0)?)?;
            preparation
                .dataset(&table, &evenly(table.rows(), arguments.rows))?
                .0
        }
        None => {
            let note =
                "the rows are drawn at random, since a model holds none; --data names a table of others";
            notes.push(note.into());
            drawn(&network, model.recipe.train.loss, arguments)?
        }
    };
    notes.extend(left_out(&model.recipe));
    Ok(Checked {
        recipe: model.recipe,
        network,
        data,
        notes,
    })
}

/// What a training does besides, which is no part of the gradient of the loss.
fn left_out(recipe: &Recipe) -> Option<String> {
    let train = &recipe.train;
    let dropout = train
        .dropout
        .of_hidden(recipe.network.layers.len().saturating_sub(2));
    let named = [
        ("dropout", dropout.iter().any(|&rate| rate > 0.0)),
        ("noise on the inputs", train.input_noise > 0.0),
        ("label smoothing", train.label_smoothing > 0.0),
        ("penalties", train.l1 > 0.0 || train.l2 > 0.0),
    ];
    let used = named.into_iter().filter(|(_, is_used)| *is_used);
    let named: Vec<&str> = used.map(|(name, _)| name).collect();
    (!named.is_empty()).then(|| format!("checked is the loss alone, without {}", named.join(", ")))
}

/// Normal features, as standardised columns are, and targets of which the loss can be asked.
fn drawn(network: &Network<f64>, loss: Loss, arguments: &Check) -> Result<Dataset<f64>> {
    let architecture = network.architecture();
    let (inputs, outputs) = (architecture.input_width(), architecture.output_width());
    let mut random = RandomState::new(arguments.seed.unwrap_or(0));
    let rows = arguments.rows;
    let features = (0..rows * inputs).map(|_| random.standard_normal()).collect();
    let is_one_of_many = outputs > 1 && architecture.output_layer().activation == Activation::Softmax;
    let (_, highest, _) = loss.targets();
    let mut targets = vec![0.0; rows * outputs];
    for row in targets.chunks_exact_mut(outputs) {
        if is_one_of_many {
            row[random.uniform(0.0, outputs as f64) as usize] = 1.0;
        } else if highest == 1.0 {
            row.fill_with(|| f64::from(u8::from(random.random_sample() < 0.5)));
        } else if highest == f64::INFINITY && loss == Loss::PoissonDeviance {
            row.fill_with(|| random.uniform(0.0, 3.0));
        } else {
            row.fill_with(|| random.standard_normal());
        }
    }
    Ok(Dataset::new(
        Features::Dense(Matrix::new(rows, inputs, features)?),
        Targets::Dense(Matrix::new(rows, outputs, targets)?),
    )?)
}

fn worst(part: &LayerCheck) -> Option<&GradientEntry> {
    let by_error = |a: &&GradientEntry, b: &&GradientEntry| a.relative_error.total_cmp(&b.relative_error);
    part.report.entries.iter().max_by(by_error)
}

fn kinks(part: &LayerCheck) -> usize {
    part.report.entries.iter().filter(|entry| entry.at_kink).count()
}

fn verdict(part: &LayerCheck) -> String {
    let (wrong, kinks) = (part.report.wrong().count(), kinks(part));
    match (wrong, kinks) {
        (0, 0) => "right".into(),
        (0, 1) => "right; 1 at a kink".into(),
        (0, kinks) => format!("right; {kinks} at a kink"),
        (wrong, _) => format!("WRONG in {wrong}"),
    }
}

fn lines(checked: &Checked, parts: &[LayerCheck]) -> Vec<String> {
    let titles = "layer|parameters|checked|worst relative error|at|gradient|numeric|verdict";
    let architecture = checked.network.architecture();
    let row = |part: &LayerCheck| {
        let activation = architecture.layer(part.part.layer - 1).activation.name();
        let [error, at, gradient, numeric] = match worst(part) {
            Some(worst) => {
                let [from, to] = part.part.place(worst.index);
                let [gradient, numeric] = [worst.given, worst.numeric].map(|value| format!("{value:.6e}"));
                let error = format!("{:.1e}", worst.relative_error);
                [error, format!("[{from}, {to}]"), gradient, numeric]
            }
            None => std::array::from_fn(|_| "-".into()),
        };
        vec![
            format!("{} {} ({activation})", part.part.layer, part.part.name()),
            count(part.part.range.len()),
            count(part.report.entries.len()),
            error,
            at,
            gradient,
            numeric,
            verdict(part),
        ]
    };
    let mut lines = titled(titles, parts.iter().map(row));
    let checked_entries: usize = parts.iter().map(|part| part.report.entries.len()).sum();
    let wrong: usize = parts.iter().map(|part| part.report.wrong().count()).sum();
    let of = format!(
        "{} of {} parameters, on {}",
        count(checked_entries),
        count(architecture.trained_count()),
        plural(checked.data.rows(), "row")
    );
    let found = match wrong {
        0 => format!("the gradient is right: {of}"),
        wrong => format!("the gradient is WRONG in {wrong} entries: {of}"),
    };
    lines.extend([String::new(), found]);
    lines
}

fn record(arguments: &Check, checked: &Checked, parts: &[LayerCheck], is_right: bool) -> Value {
    let of_part = |part: &LayerCheck| {
        let worst = worst(part).map(|worst| {
            json!({
                "at": part.part.place(worst.index),
                "gradient": Number(worst.given),
                "numeric": Number(worst.numeric),
                "relative_error": Number(worst.relative_error),
            })
        });
        json!({
            "layer": part.part.layer,
            "part": part.part.kind,
            "member": part.part.member,
            "shape": [part.part.rows, part.part.columns],
            "parameters": part.part.range.len(),
            "checked": part.report.entries.len(),
            "wrong": part.report.wrong().count(),
            "at_kinks": kinks(part),
            "right": part.report.is_right(),
            "worst": worst,
        })
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "source": arguments.source,
        "recipe": checked.recipe,
        "rows": checked.data.rows(),
        "tolerance": arguments.tolerance,
        "right": is_right,
        "layers": parts.iter().map(of_part).collect::<Vec<_>>(),
        "notes": checked.notes,
    })
}
