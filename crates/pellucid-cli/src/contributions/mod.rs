//! `pellucid explain --contributions`: what each column of a table contributes to one prediction.

mod explained;

use crate::arguments::explain::{Explain, FormatArgument};
use crate::evaluate::preparation;
use crate::explain::{chosen, format};
use crate::failure::{self, misuse};
use crate::outputs::{self, PlotOutput};
use crate::progress::counted;
use crate::score_text::list;
use crate::source::file_name;
use crate::subject::is_model;
use crate::{interrupt, run, source, terminal};
use anyhow::{Context, Result};
use explained::Explained;
use pellucid_data::importance::{
    ContributionSettings, Contributions, PreparedRows, background_rows, contributions as divide,
};
use pellucid_data::model_file::Model;
use pellucid_data::preparation::TargetPreparation;
use pellucid_data::{OutputFile, Table, Values, write_together};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn contributions(arguments: &Explain) -> Result<ExitCode> {
    let asked = &arguments.contributions;
    let format = format(arguments)?;
    let data = checked(arguments, format)?;
    let model = Model::load(&arguments.source)?;
    let preparation = preparation(&model, Path::new(&arguments.source))?;
    let target = preparation.target();
    let named = asked.class.as_deref().map(|name| output_named(name, target));
    let named = named.transpose()?;
    let threads = run::threads(arguments.running.threads, arguments.running.quiet);
    interrupt::listen();
    let light_or_dark = |path| PlotOutput::prepare(path, asked.theme);
    let plot = asked.plot.as_deref().map(light_or_dark).transpose()?;
    let file = arguments.output.as_deref().filter(|path| path.as_os_str() != "-");
    let file = file.map(OutputFile::prepare).transpose()?;

    let options = source::options_for(&arguments.reading, preparation.reading());
    let written_as = source::read_as(data, &options, &preparation.expected_columns())?;
    let row = chosen(arguments, written_as.rows(), "the table has")?.map_or(0, |rows| rows[0]);
    let columns = preparation.columns().iter();
    let cells = columns
        .map(|column| cell(&written_as, &column.name, row))
        .collect();
    let table = preparation.reading().read(written_as)?;
    let seed = arguments.seed.unwrap_or(0);
    let background = background_rows(table.rows(), asked.background, seed);
    // The explained row, then the background.
    let mut rows = PreparedRows::new(&model.networks(), preparation, threads);
    let met = rows.append(&table, &[row])?;
    terminal::notes("warning", &met.warnings());
    rows.append(&table, &background)?;
    let Some(found) = divided(&rows, asked.rounds, seed, arguments.running.quiet)? else {
        return Ok(failure::failed(&interrupt::stopped("; nothing was written")));
    };
    let explained = Explained {
        output: named.unwrap_or_else(|| output_predicted(&found, target)),
        target,
        row: u64::from(row) + 1,
        data: file_name(&data.to_string_lossy()),
        cells,
        found,
    };
    let text = match format {
        FormatArgument::Json => {
            let mut record = explained.record();
            record["model"] = json!(arguments.source);
            record["data"] = json!(data);
            record["seed"] = json!(seed);
            serde_json::to_string(&record).context("the record cannot be written as JSON")?
        }
        _ => explained.text().join("\n"),
    };
    let painted = plot.map(|plot| plot.paint(&explained.chart())).transpose()?;
    let mut outputs: Vec<_> = painted.into_iter().collect();
    match file {
        Some(file) => {
            outputs.push((file, (text + "\n").into_bytes()));
            write_together(outputs)?;
        }
        None => {
            write_together(outputs)?;
            terminal::print(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The table of the row, where the arguments go together.
fn checked(arguments: &Explain, format: FormatArgument) -> Result<&Path> {
    let model = &arguments.source;
    if !is_model(model) {
        return misuse(format!(
            "--contributions is about a prediction of a model, a file that ends in .safetensors; {model} is a recipe"
        ));
    }
    if matches!(format, FormatArgument::Markdown | FormatArgument::Html) {
        return misuse("--contributions has the formats terminal and json; --plot draws it");
    }
    let Some(data) = arguments.data.as_deref() else {
        return misuse(
            "--contributions needs a table with the row and with rows to compare it with; name it with --data, such as the \
             one of the training",
        );
    };
    if arguments.row.is_none() {
        return misuse("--contributions explains one prediction; name its row with --row N, counted from 1");
    }
    let read = [
        ("the model", Some(Path::new(model))),
        ("the data", source::file(data)),
    ];
    let written = [
        ("--output", arguments.output.as_deref()),
        ("--plot", arguments.contributions.plot.as_deref()),
    ];
    outputs::check_distinct(&read, &written)?;
    Ok(data)
}

/// The contributions to the prediction for the first row, against the background of the others; `None` after Ctrl-C.
fn divided(rows: &PreparedRows<'_>, rounds: usize, seed: u32, quiet: bool) -> Result<Option<Contributions>> {
    let background: Vec<usize> = (1..rows.rows()).collect();
    let settings = ContributionSettings { rounds, seed };
    let bar = terminal::bar("{wide_bar} {percent:>3}%  {eta} left", quiet);
    let found = divide(rows, 0, &background, &settings, &mut |done, of| {
        counted(bar.as_ref(), done, of)
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(found?)
}

/// A cell as the table has it; `None` where it is missing.
fn cell(table: &Table, column: &str, row: u32) -> Option<String> {
    let row = row as usize;
    let values = &table.column(column)?.values;
    match values {
        _ if values.is_missing(row) => None,
        Values::Numbers(numbers) => Some(numbers[row].to_string()),
        Values::Categories(words) | Values::Booleans(words) => {
            words.names.get(words.codes[row] as usize).cloned()
        }
    }
}

/// The output of a class or a target.
fn output_named(name: &str, target: &TargetPreparation) -> Result<usize> {
    let outputs: Vec<&str> = match target.classes() {
        [] => target.columns(),
        classes => classes.iter().map(String::as_str).collect(),
    };
    match outputs.iter().position(|output| *output == name) {
        Some(place) => Ok(place),
        None => misuse(format!("--class {name}: the model predicts {}", list(&outputs))),
    }
}

/// The predicted class, or the first target.
fn output_predicted(found: &Contributions, target: &TargetPreparation) -> usize {
    let better = |best, class| match found.prediction[class] > found.prediction[best] {
        true => class,
        false => best,
    };
    (0..target.classes().len()).fold(0, better)
}
