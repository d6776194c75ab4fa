//! `pellucid importance`: which columns of a table matter to a model.

use crate::arguments::Importance;
use crate::bars::bar_table;
use crate::evaluate::preparation;
use crate::failure::{self, misuse};
use crate::outputs::{self, JsonOutput, PlotOutput};
use crate::pictures::importance::{chart, meaning};
use crate::progress::counted;
use crate::score_text::{aligned, count, figure_name, number, plural};
use crate::scored_rows::read_scored;
use crate::{interrupt, run, source, terminal};
use anyhow::Result;
use pellucid_data::importance::{
    ColumnImportance, PermutationImportance, PermutationSettings, PreparedRows, permutation_importance,
};
use pellucid_data::model_file::Model;
use pellucid_data::training::ScoreFigure;
use pellucid_report::legible;
use serde_json::json;
use std::process::ExitCode;

/// Bars of a picture, where --top does not say how many.
const MOST_BARS: usize = 40;

pub(crate) fn importance(arguments: &Importance) -> Result<ExitCode> {
    let read = [
        ("the model", Some(arguments.model.as_path())),
        ("the data", source::file(&arguments.data)),
    ];
    let written = [
        ("--json", arguments.json.as_deref()),
        ("--plot", arguments.plot.as_deref()),
    ];
    outputs::check_distinct(&read, &written)?;
    let model = Model::load(&arguments.model)?;
    let preparation = preparation(&model, &arguments.model)?;
    let metric = arguments.metric.as_deref();
    let figure = ScoreFigure::requested(preparation.target(), metric)
        .or_else(|problem| misuse(format!("--metric {}: {problem}", metric.unwrap_or_default())))?;
    let threads = run::threads(arguments.running.threads, arguments.running.quiet);
    interrupt::listen();
    let light_or_dark = |path| PlotOutput::prepare(path, arguments.theme);
    let plot = arguments.plot.as_deref().map(light_or_dark).transpose()?;
    let json = JsonOutput::prepare(arguments.json.as_deref())?;

    let mut rows = PreparedRows::new(&model.networks(), preparation, threads);
    let (scored, notes) = read_scored(
        &arguments.data,
        &arguments.reading,
        arguments.drop_missing_target,
        preparation,
        |table, of_table| {
            if interrupt::was_asked() {
                anyhow::bail!(interrupt::stopped(
                    " while the rows were read; nothing was written"
                ));
            }
            Ok(rows.append(table, of_table)?)
        },
    )?;
    let settings = PermutationSettings {
        repeats: arguments.repeats,
        seed: arguments.seed,
        figure,
    };
    let data = source::file_name(&arguments.data.to_string_lossy());
    let bar = terminal::bar(
        "{prefix} {wide_bar} {pos}/{len}  {eta} left",
        arguments.running.quiet,
    );
    let bar = bar.map(|bar| bar.with_prefix(legible(&data).into_owned()));
    let found = permutation_importance(&rows, &scored.answers, &settings, &mut |done, of| {
        counted(bar.as_ref(), done, of)
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let found = found?;
    let stopped = found.repeats < arguments.repeats;
    if found.repeats == 0 {
        anyhow::bail!(interrupt::stopped(
            " before every column was shuffled once; nothing was written"
        ));
    }
    let constant = found.notes();
    terminal::notes("note", &constant);

    let prints = !json.takes_standard_output();
    let of = format!("{data}: {}", plural(scored.rows, "row"));
    let paint = |plot: PlotOutput| plot.paint(&chart(&found, &of, arguments.top.unwrap_or(MOST_BARS)));
    let painted = plot.map(paint).transpose()?;
    json.write_with(painted.into_iter().collect(), || {
        let mut record = found.to_json();
        record["model"] = json!(arguments.model);
        record["data"] = json!(arguments.data);
        record["rows"] = json!(scored.rows);
        record["seed"] = json!(arguments.seed);
        record["notes"] = json!([&notes[..], &constant].concat());
        record["warnings"] = json!(scored.warnings);
        record["stopped"] = json!(stopped);
        record
    })?;
    if prints {
        terminal::print_lines(text(&found, scored.rows, arguments.top))?;
    }
    if stopped {
        let repeats = plural(found.repeats, "repeat");
        let of = count(arguments.repeats);
        let meaning = format!(" after {repeats} of {of}, which are the result");
        return Ok(failure::failed(&interrupt::stopped(&meaning)));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(found: &PermutationImportance, rows: usize, top: Option<usize>) -> Vec<String> {
    let top = top.unwrap_or(usize::MAX);
    let mut lines = aligned(&[
        vec!["rows".into(), count(rows)],
        vec![figure_name(found.figure.name()), number(found.score)],
        vec!["repeats".into(), count(found.repeats)],
    ]);
    lines.push(String::new());
    let titles = ["column", &meaning(found.figure), "±", "5%", "95%"].map(str::to_owned);
    let row = |column: &ColumnImportance| {
        let (low, high) = column.band;
        let mut cells = vec![column.column.clone()];
        cells.extend([column.mean, column.std, low, high].map(number));
        (cells, column.mean)
    };
    let shown = found.columns.iter().take(top).map(row);
    lines.extend(bar_table(titles.into(), shown.collect()));
    if top < found.columns.len() {
        lines.push(format!(
            "the first {top} of {} columns",
            count(found.columns.len())
        ));
    }
    lines
}
