//! `pellucid explain`: one training step as a worked example.

use crate::arguments::explain::{ColorArgument, Explain, FormatArgument};
use crate::encoded_numbers::encoded_numbers;
use crate::evaluate::preparation;
use crate::failure::{self, Misuse, misuse, refuse_flags};
use crate::progress::Progress;
use crate::run::{session, threads};
use crate::source::file_name;
use crate::subject::is_model;
use crate::{interrupt, outputs, recipes, source, terminal};
use anyhow::{Context, Result};
use pellucid::inspection::explanation::{Explanation, Labels, class_names};
use pellucid::recipe::Recipe;
use pellucid::{Network, Scalar, with_precision};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{Preparation, TargetPreparation};
use pellucid_data::{ColumnKind, OutputFile, Table, training};
use pellucid_report::{WorkedExample, legible};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

/// Columns where neither COLUMNS nor a terminal says how many there are: a worked step has wide matrices.
const COLUMNS: usize = 100;

pub(crate) fn explain(arguments: &Explain) -> Result<ExitCode> {
    let format = format(arguments)?;
    let read = [
        ("the recipe or model", Some(Path::new(&arguments.source))),
        ("the data", arguments.data.as_deref()),
    ];
    outputs::check_distinct(&read, &[("--output", arguments.output.as_deref())])?;
    let threads = threads(arguments.running.threads, arguments.running.quiet);
    let explanation = match is_model(&arguments.source) {
        true => of_model(arguments, threads)?,
        false => of_recipe(arguments, threads).with_context(|| format!("recipe {}", arguments.source))?,
    };
    let Some(mut explanation) = explanation else {
        let note = interrupt::stopped(" before the step; nothing was written");
        return Ok(failure::failed(&note));
    };
    if let Some(unit) = arguments.unit {
        let layers = explanation.layers.len();
        let there_are = match explanation.layers.get(unit.layer - 1).map(|layer| layer.fan_out) {
            Some(units) if unit.unit <= units => None,
            Some(units) => Some(format!("layer {} has units 1 to {units}", unit.layer)),
            None => Some(format!("the layers are 1 to {layers}, the inputs being none")),
        };
        if let Some(there_are) = there_are {
            return misuse(format!("--unit {}:{}: {there_are}", unit.layer, unit.unit));
        }
    }
    if format != FormatArgument::Json {
        let names = explanation
            .input_names
            .iter_mut()
            .chain(&mut explanation.output_names);
        for name in names.chain([&mut explanation.name]) {
            *name = legible(name).into_owned();
        }
    }
    let example = WorkedExample {
        explanation: &explanation,
        full: arguments.full,
        unit: arguments.unit,
    };
    let file = arguments.output.as_deref().filter(|path| path.as_os_str() != "-");
    let text = match format {
        FormatArgument::Terminal => {
            let to_terminal = file.is_none();
            let coloured = match arguments.color {
                ColorArgument::Always => true,
                ColorArgument::Never => false,
                ColorArgument::Auto => to_terminal && terminal::is_coloured(),
            };
            example.terminal(terminal::width(to_terminal, COLUMNS), coloured)
        }
        FormatArgument::Markdown => example.markdown(),
        FormatArgument::Html => example.html(),
        FormatArgument::Json => example.json().context("the record cannot be written as JSON")? + "\n",
    };
    match file {
        Some(path) => {
            OutputFile::prepare(path)?.write(text.as_bytes())?;
            if !arguments.running.quiet {
                terminal::note(&format!("{}", path.display()));
            }
        }
        // Every name in it is legible, and colours may be asked for.
        None => terminal::print_as_it_is(text.trim_end_matches('\n'))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The format: as given, or by the name of the file.
pub(crate) fn format(arguments: &Explain) -> Result<FormatArgument> {
    let Some(path) = arguments.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        return Ok(arguments.format.unwrap_or(FormatArgument::Terminal));
    };
    let extension = path.extension().unwrap_or_default();
    let by_name = match &*extension.to_string_lossy().to_lowercase() {
        "md" | "markdown" => Some(FormatArgument::Markdown),
        "html" | "htm" => Some(FormatArgument::Html),
        "json" => Some(FormatArgument::Json),
        "txt" => Some(FormatArgument::Terminal),
        _ => None,
    };
    arguments.format.or(by_name).ok_or_else(|| {
        Misuse(format!(
            "--output {}: the name gives no format; end it in .md, .html, .json or .txt, or use --format",
            path.display()
        ))
        .into()
    })
}

/// The rows of `--row` or `--rows`, counted from 0.
pub(crate) fn chosen(arguments: &Explain, there_are: usize, of: &str) -> Result<Option<Vec<u32>>> {
    let Some((first, last)) = arguments.chosen_rows() else {
        return Ok(None);
    };
    if last > there_are as u64 {
        let flag = match arguments.row {
            Some(row) => format!("--row {row}"),
            None => format!("--rows {first}..{last}"),
        };
        let rows = if there_are == 1 { "row" } else { "rows" };
        return misuse(format!("{flag}: {of} {there_are} {rows}, counted from 1"));
    }
    Ok(Some((first as u32 - 1..last as u32).collect()))
}

/// A step of a recipe's training; none where Ctrl-C ended the training before it.
fn of_recipe(arguments: &Explain, threads: NonZeroUsize) -> Result<Option<Explanation>> {
    let of_table = arguments.reading.flags().into_iter();
    let of_table: Vec<_> = of_table.map(|(flag, value)| (flag, value.is_some())).collect();
    refuse_flags(&of_table, |flag| {
        format!("{flag} is for the table of a model, and this is a recipe")
    })?;
    let recipe = recipes::find(&arguments.source, &arguments.settings())?;
    with_precision!(recipe.train.precision, T => of_recipe_at::<T>(arguments, recipe, threads))
}

fn of_recipe_at<T: Scalar>(
    arguments: &Explain,
    recipe: Recipe,
    threads: NonZeroUsize,
) -> Result<Option<Explanation>> {
    let session = session::<T>(&recipe, &arguments.settings(), threads)?;
    let rows = chosen(arguments, session.training().rows(), "the training data have")?;
    let step = step_of_run(arguments, &recipe, session.steps_per_epoch())?;
    interrupt::listen();
    let labels = Labels {
        name: file_name(&arguments.source),
        output_names: class_names(session.training()),
        ..Labels::default()
    };
    let quiet = arguments.running.quiet || step < 1000;
    let mut progress = Progress::new(&arguments.source, quiet);
    let found = session.trace(step, rows.as_deref(), &mut progress)?;
    match found {
        Some((position, trace)) => Ok(Some(Explanation::from_trace(&recipe, &trace, position, labels))),
        None if interrupt::was_asked() => Ok(None),
        None => anyhow::bail!("the run stopped before step {}; choose an earlier one", step + 1),
    }
}

/// The step of `--epoch` and `--step`, of the whole run, counted from 0.
fn step_of_run(arguments: &Explain, recipe: &Recipe, per_epoch: u64) -> Result<u64> {
    let train = &recipe.train;
    if !train.optimizer.takes_steps() {
        if arguments.epoch.is_some() || arguments.step.is_some() {
            return misuse(
                "--epoch and --step are for optimizers that take steps on batches; L-BFGS works on all samples at once, and \
                 its gradient is explained at its starting point",
            );
        }
        return Ok(0);
    }
    let first = recipe.log.count_from;
    let last = first + train.epochs.saturating_sub(1);
    let within = arguments.step.unwrap_or(1) - 1;
    let Some(epoch) = arguments.epoch else {
        let all = train.epochs.saturating_mul(per_epoch);
        if within >= all {
            let step = within + 1;
            return misuse(format!("--step {step}: the run has {all} steps, counted from 1"));
        }
        return Ok(within);
    };
    if !(first..=last).contains(&epoch) {
        return misuse(format!(
            "--epoch {epoch}: the recipe's epochs are {first} to {last}; --set train.epochs=N gives it more"
        ));
    }
    if within >= per_epoch {
        let steps = if per_epoch == 1 { "step" } else { "steps" };
        return misuse(format!(
            "--step {}: an epoch has {per_epoch} {steps}, counted from 1",
            within + 1
        ));
    }
    Ok((epoch - first) * per_epoch + within)
}

/// The step that a model would take next on rows of a table.
fn of_model(arguments: &Explain, threads: NonZeroUsize) -> Result<Option<Explanation>> {
    let of_recipe = [
        ("--epoch", arguments.epoch.is_some()),
        ("--step", arguments.step.is_some()),
        ("--precision", arguments.precision.is_some()),
    ];
    refuse_flags(&of_recipe, |flag| {
        let has = if flag == "--precision" {
            "has its own"
        } else {
            "is trained already"
        };
        format!("{flag} is for a recipe: a model {has}")
    })?;
    let path = Path::new(&arguments.source);
    let mut model = Model::load(path)?;
    recipes::change(&mut model.recipe, &arguments.settings())?;
    if let Some(seed) = arguments.seed {
        model.recipe.set_seed(seed);
    }
    model.recipe.validate()?;
    let preparation = preparation(&model, path)?;
    let Some(data) = &arguments.data else {
        return misuse(format!(
            "{}: a model holds no samples; name a table with --data, such as the one it was trained on",
            arguments.source
        ));
    };
    let mut expected = preparation.expected_with_target();
    let weight = model
        .recipe
        .data
        .table
        .iter()
        .filter_map(|table| table.weight.clone());
    expected.extend(weight.map(|weight| (weight, ColumnKind::Number)));
    let options = source::options_for(&arguments.reading, preparation.reading());
    let table = source::read_as(data, &options, &preparation.reading().expected(expected))?;
    let table = preparation.reading().read(table)?;
    let rows = chosen(arguments, table.rows(), "the table has")?;
    let rows = rows.unwrap_or_else(|| {
        let batch = model.recipe.train.batch_size.rows_per_batch(table.rows());
        (0..batch.min(table.rows()) as u32).collect()
    });
    let name = file_name(&arguments.source);
    let mut explanation = match &model.network {
        AnyNetwork::F32(network) => next_step(name, &model, network, preparation, &table, &rows, threads)?,
        AnyNetwork::F64(network) => next_step(name, &model, network, preparation, &table, &rows, threads)?,
    };
    if let Some(row) = rows.first() {
        let notes = encoded_numbers(preparation, &table, *row, arguments.full)?;
        explanation.notes.extend(notes);
    }
    Ok(Some(explanation))
}

fn next_step<T: Scalar>(
    name: String,
    model: &Model,
    network: &Network<T>,
    preparation: &Preparation,
    table: &Table,
    rows: &[u32],
    threads: NonZeroUsize,
) -> Result<Explanation> {
    let recipe = &model.recipe;
    let counts_for = recipe.data.table.clone().unwrap_or_default();
    let (data, met) = training::samples::<T>(preparation, &counts_for, table, rows)?;
    terminal::notes("warning", &met.warnings());
    let optimizer = recipe.train.optimizer;
    let note = optimizer.takes_steps().then(|| {
        format!(
            "The step that training would take next on these rows, with the recipe's η. A model's file does not hold the memory \
             of {}, where it has any, so the optimizer starts without it.",
            optimizer.title()
        )
    });
    let labels = Labels {
        name,
        input_names: preparation.feature_names(),
        output_names: output_names(preparation.target()),
        rows: Some(rows.iter().map(|&row| u64::from(row) + 1).collect()),
        notes: note.into_iter().chain(model.note_of_first_network()).collect(),
    };
    Ok(Explanation::of_next_step(
        recipe,
        network.clone(),
        &data,
        labels,
        threads,
    )?)
}

/// The names of the outputs.
fn output_names(target: &TargetPreparation) -> Vec<String> {
    match target.classes() {
        [_, second] if target.outputs() == 1 => vec![second.clone()],
        [] => target.columns().into_iter().map(String::from).collect(),
        classes => classes.to_vec(),
    }
}
