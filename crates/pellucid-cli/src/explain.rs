//! `pellucid explain`: one training step as a worked example.

use crate::arguments::explain::{ColorArgument, Explain, FormatArgument};
use crate::evaluate::preparation;
use crate::failure::{self, Misuse};
use crate::progress::Progress;
use crate::run::{session, threads};
use crate::{interrupt, outputs, recipes, source, terminal};
use anyhow::{Context, Result};
use pellucid::inspection::explanation::{Explanation, Labels, class_names};
use pellucid::recipe::{Recipe, TableRecipe};
use pellucid::{Scalar, with_precision};
use pellucid_data::model_file::{AnyNetwork, Model};
use pellucid_data::preparation::{Preparation, TargetPreparation};
use pellucid_data::{ColumnKind, OutputFile, Table, training};
use pellucid_report::{UnitArithmetic, WorkedExample};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

/// Columns where neither COLUMNS nor a terminal says how many there are: a worked step has wide matrices.
const COLUMNS: usize = 100;

pub(crate) fn explain(arguments: &Explain) -> Result<ExitCode> {
    let format = format(arguments)?;
    let mut read = vec![("the recipe or model", Path::new(&arguments.source))];
    read.extend(arguments.data.as_deref().map(|data| ("the data", data)));
    outputs::check_distinct(&read, &[("--output", arguments.output.as_deref())])?;
    let threads = threads(arguments.running.threads, arguments.running.quiet);
    let explanation = match is_model(&arguments.source) {
        true => of_model(arguments, threads)?,
        false => of_recipe(arguments, threads).with_context(|| format!("recipe {}", arguments.source))?,
    };
    let Some(explanation) = explanation else {
        terminal::note("stopped by Ctrl-C before the step; nothing was written");
        return Ok(ExitCode::from(failure::FAILED));
    };
    let mut example = WorkedExample::new(&explanation);
    if arguments.full {
        example = example.in_full();
    }
    if let Some(unit) = arguments.unit {
        let layers = explanation.layers.len();
        if UnitArithmetic::new(&explanation, unit).is_none() {
            let there_are = match explanation.layers.get(unit.layer - 1) {
                Some(layer) => format!("layer {} has units 1 to {}", unit.layer, layer.fan_out),
                None => format!("the layers are 1 to {layers}, the inputs being none"),
            };
            return Err(Misuse(format!("--unit {}:{}: {there_are}", unit.layer, unit.unit)).into());
        }
        example = example.with_unit(unit);
    }
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
        FormatArgument::Json => {
            let record = Record {
                explanation: &explanation,
                unit: arguments
                    .unit
                    .and_then(|unit| UnitArithmetic::new(&explanation, unit)),
            };
            let text = serde_json::to_string(&record).context("the record cannot be written as JSON")?;
            text + "\n"
        }
    };
    match file {
        Some(path) => {
            OutputFile::prepare(path)?.write(text.as_bytes())?;
            if !arguments.running.quiet {
                terminal::note(&format!("{}", path.display()));
            }
        }
        None => terminal::print(text.trim_end_matches('\n'))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The JSON: the record, and the arithmetic of a unit.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    explanation: &'a Explanation,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<UnitArithmetic>,
}

/// The format: as given, or by the name of the file.
fn format(arguments: &Explain) -> Result<FormatArgument> {
    let Some(path) = arguments.output.as_deref().filter(|path| path.as_os_str() != "-") else {
        return Ok(arguments.format.unwrap_or(FormatArgument::Terminal));
    };
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    let by_name = match extension.as_deref() {
        Some("md" | "markdown") => Some(FormatArgument::Markdown),
        Some("html" | "htm") => Some(FormatArgument::Html),
        Some("json") => Some(FormatArgument::Json),
        Some("txt") => Some(FormatArgument::Terminal),
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

/// The name of a built-in recipe, or of a file without its folder.
fn file_name(source: &str) -> String {
    let name = Path::new(source).file_name();
    name.map_or(source.into(), |name| name.to_string_lossy().into_owned())
}

/// Whether an argument is a model: a safetensors file.
fn is_model(source: &str) -> bool {
    let extension = Path::new(source).extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"))
}

/// The rows of `--row` or `--rows`, counted from 0.
fn chosen(arguments: &Explain, there_are: usize, of: &str) -> Result<Option<Vec<u32>>> {
    let Some((first, last)) = arguments.chosen_rows() else {
        return Ok(None);
    };
    if last > there_are as u64 {
        let flag = match arguments.row {
            Some(row) => format!("--row {row}"),
            None => format!("--rows {first}..{last}"),
        };
        let rows = if there_are == 1 { "row" } else { "rows" };
        return Err(Misuse(format!("{flag}: {of} {there_are} {rows}, counted from 1")).into());
    }
    Ok(Some((first as u32 - 1..last as u32).collect()))
}

/// A step of a recipe's training; none where Ctrl-C ended the training before it.
fn of_recipe(arguments: &Explain, threads: NonZeroUsize) -> Result<Option<Explanation>> {
    let of_table = [
        ("--delimiter", arguments.reading.delimiter.is_some()),
        ("--header", arguments.reading.header.is_some()),
    ];
    if let Some((flag, _)) = of_table.iter().find(|(_, is_given)| *is_given) {
        return Err(Misuse(format!(
            "{flag} is for the table of a model, and this is a recipe"
        ))
        .into());
    }
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
    let mut progress = Progress::new(&arguments.source, arguments.running.quiet || step < 1000);
    let found = session.trace(step, rows.as_deref(), &mut progress);
    progress.finish();
    match found? {
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
            let message = "--epoch and --step are for optimizers that take steps on batches; L-BFGS works on all samples at \
                           once, and its gradient is explained at its starting point";
            return Err(Misuse(message.into()).into());
        }
        return Ok(0);
    }
    let first = recipe.log.count_from;
    let last = first + train.epochs.saturating_sub(1);
    let within = arguments.step.unwrap_or(1) - 1;
    let Some(epoch) = arguments.epoch else {
        let all = train.epochs.saturating_mul(per_epoch);
        if within >= all {
            let message = format!("--step {}: the run has {all} steps, counted from 1", within + 1);
            return Err(Misuse(message).into());
        }
        return Ok(within);
    };
    if !(first..=last).contains(&epoch) {
        return Err(Misuse(format!(
            "--epoch {epoch}: the recipe's epochs are {first} to {last}; --set train.epochs=N gives it more"
        ))
        .into());
    }
    if within >= per_epoch {
        let steps = if per_epoch == 1 { "step" } else { "steps" };
        let message = format!(
            "--step {}: an epoch has {per_epoch} {steps}, counted from 1",
            within + 1
        );
        return Err(Misuse(message).into());
    }
    Ok((epoch - first) * per_epoch + within)
}

/// The step that a model would take next on rows of a table.
fn of_model(arguments: &Explain, threads: NonZeroUsize) -> Result<Option<Explanation>> {
    let refused = [
        ("--epoch", arguments.epoch.is_some(), "a model is trained already"),
        ("--step", arguments.step.is_some(), "a model is trained already"),
        (
            "--precision",
            arguments.precision.is_some(),
            "a model has its own",
        ),
    ];
    if let Some((flag, _, why)) = refused.iter().find(|(_, is_given, _)| *is_given) {
        return Err(Misuse(format!("{flag} is for a recipe: {why}")).into());
    }
    let path = Path::new(&arguments.source);
    let mut model = Model::load(path)?;
    model.recipe.set_all(arguments.set.iter().map(String::as_str))?;
    if let Some(seed) = arguments.seed {
        model.recipe.set_seed(seed);
    }
    model.recipe.validate()?;
    let preparation = preparation(&model, path)?;
    let Some(data) = &arguments.data else {
        return Err(Misuse(format!(
            "{}: a model holds no samples; name a table with --data, such as the one it was trained on",
            arguments.source
        ))
        .into());
    };
    let counts_for = model.recipe.data.table.clone().unwrap_or_default();
    let target = preparation.target();
    let expected: Vec<(String, ColumnKind)> = preparation
        .expected_columns()
        .chain(target.expected_columns())
        .map(|(name, kind)| (name.to_owned(), kind))
        .chain(
            counts_for
                .weight
                .iter()
                .map(|weight| (weight.clone(), ColumnKind::Number)),
        )
        .collect();
    let table = source::read_as(data, &arguments.reading.options(), &expected)?;
    let rows = chosen(arguments, table.rows(), "the table has")?;
    let rows = rows.unwrap_or_else(|| {
        let rows = model
            .recipe
            .train
            .batch_size
            .rows_per_batch(table.rows())
            .min(table.rows());
        (0..rows as u32).collect()
    });
    let step = NextStep {
        name: file_name(&arguments.source),
        recipe: &model.recipe,
        preparation,
        table: &table,
        rows: &rows,
        counts_for: &counts_for,
        threads,
    };
    let explanation = match &model.network {
        AnyNetwork::F32(network) => step.explain(network)?,
        AnyNetwork::F64(network) => step.explain(network)?,
    };
    Ok(Some(explanation))
}

/// A model, and the rows of its next step.
struct NextStep<'a> {
    name: String,
    recipe: &'a Recipe,
    preparation: &'a Preparation,
    table: &'a Table,
    rows: &'a [u32],
    counts_for: &'a TableRecipe,
    threads: NonZeroUsize,
}

impl NextStep<'_> {
    fn explain<T: Scalar>(self, network: &pellucid::Network<T>) -> Result<Explanation> {
        let (data, met) = training::samples::<T>(self.preparation, self.counts_for, self.table, self.rows)?;
        for warning in met.warnings() {
            terminal::note(&format!("warning: {warning}"));
        }
        let train = &self.recipe.train;
        let mut notes = Vec::new();
        if train.optimizer.takes_steps() {
            let optimizer = train.optimizer.title();
            notes.push(format!(
                "The step that training would take next on these rows, with the recipe's η. A model's file does not hold the memory \
                 of {optimizer}, where it has any, so the optimizer starts without it."
            ));
        }
        let labels = Labels {
            name: self.name,
            input_names: self.preparation.feature_names(),
            output_names: output_names(self.preparation.target()),
            rows: Some(self.rows.iter().map(|&row| u64::from(row) + 1).collect()),
            notes,
        };
        let network = network.clone();
        Ok(Explanation::of_next_step(
            self.recipe,
            network,
            &data,
            labels,
            self.threads,
        )?)
    }
}

/// The names of the outputs.
fn output_names(target: &TargetPreparation) -> Vec<String> {
    match target.classes() {
        [_, second] if target.outputs() == 1 => vec![second.clone()],
        [] => target.columns().into_iter().map(String::from).collect(),
        classes => classes.to_vec(),
    }
}
