//! `pellucid predict`: the predictions of a model for the rows of a table, some rows at a time.

use crate::arguments::Predict;
use crate::evaluate::preparation;
use crate::score_text::count;
use crate::scored_rows::all_rows;
use crate::source::{CHUNK_ROWS, Chunks};
use crate::{interrupt, outputs, run, source, terminal};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pellucid::descriptor::nearest;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::Counts;
use pellucid_data::training::{self, PredictionColumns, UnansweredRows};
use pellucid_data::{OutputFile, TableWriter};
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub(crate) fn predict(arguments: &Predict) -> Result<ExitCode> {
    let started = Instant::now();
    let read = [
        ("the model", Some(arguments.model.as_path())),
        ("the data", source::file(&arguments.data)),
    ];
    outputs::check_distinct(&read, &[("--output", arguments.output.as_deref())])?;
    let model = Model::load(&arguments.model)?;
    let preparation = preparation(&model, &arguments.model)?;
    let path = arguments.model.display().to_string();
    let half_widths = |level| model.calibrated.half_widths(preparation.target(), level, &path);
    let half_widths = arguments.interval.map(half_widths).transpose()?;
    let threads = run::threads(arguments.running.threads, arguments.running.quiet);
    let expected = preparation.expected_columns();
    let options = source::options_for(&arguments.reading, preparation.reading());
    let chunks = Chunks::open(&arguments.data, &options, &expected, CHUNK_ROWS)?;
    let names = chunks.names();
    let of_training = model.recipe.data.table.as_ref();
    let id = of_training.and_then(|table| table.id.as_deref());
    let kept = kept(&names, id, arguments)?;
    let target = preparation.target();
    let layout = PredictionColumns::new(target, arguments.proba, half_widths, &kept);
    if arguments.proba && !layout.has_probabilities() {
        terminal::note("note: numbers are predicted, which have no probabilities");
    }
    let mut chunks = chunks.keeping(&kept)?;
    // Only now, so that a table that cannot be read leaves no file; and Ctrl-C leaves none either.
    interrupt::listen();
    let output = arguments.output.as_deref().filter(|path| path.as_os_str() != "-");
    let mut writer = match output {
        Some(path) => TableWriter::new(OutputFile::prepare(path)?),
        None => TableWriter::new(OutputFile::standard_output()?),
    };
    if arguments.csv_safe {
        writer = writer.safe_for_spreadsheets();
    }
    let is_parquet = output.is_some_and(|path| path.extension().is_some_and(|end| end == "parquet"));
    let bar = (!arguments.running.quiet && terminal::is_watched() && output.is_some()).then(rows_bar);
    let (mut met, mut unanswered, mut rows) = (Counts::default(), UnansweredRows::default(), 0);
    while let Some(chunk) = chunks.next() {
        let chunk = chunk?;
        let mut kept = chunks.take_kept();
        if is_parquet {
            kept = kept
                .into_iter()
                .map(|column| column.or_numbers_of(&chunk))
                .collect();
        }
        let all = all_rows(&chunk);
        let (predictions, counts, without) =
            training::predict_where_possible(&model.networks(), preparation, &chunk, &all, threads)?;
        met.merge(counts);
        unanswered.merge(without);
        rows += all.len();
        writer.write_beside(&kept, &layout.table(&chunk, predictions))?;
        if let Some(bar) = &bar {
            bar.set_position(rows as u64);
        }
        if interrupt::was_asked() {
            let rows = count(rows);
            anyhow::bail!(interrupt::stopped(&format!(
                " after {rows} rows; nothing was written"
            )));
        }
    }
    writer.finish()?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    met.extra_columns = preparation.unknown_columns(&names);
    terminal::notes("note", &chunks.notes());
    terminal::notes("warning", &met.warnings());
    terminal::notes("warning", unanswered.warning().as_slice());
    if !arguments.running.quiet
        && let Some(path) = output
    {
        terminal::note(&format!(
            "{} rows in {:.2} s: {}",
            count(rows),
            started.elapsed().as_secs_f64(),
            path.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn rows_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {human_pos} rows  {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// The columns of the table that are repeated, in their order there.
fn kept(names: &[String], of_training: Option<&str>, arguments: &Predict) -> Result<Vec<String>> {
    let asked = arguments.id.as_deref();
    if let Some(id) = asked.filter(|id| names.iter().all(|name| name != id)) {
        let near = nearest(id, names.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let data = arguments.data.display();
        anyhow::bail!("{data}: there is no column `{id}`, which is requested as id{near}");
    }
    if let Some(id) = of_training.filter(|id| asked.is_none() && names.iter().all(|name| name != id)) {
        terminal::note(&format!(
            "note: the table has no column `{id}`, the id of the training rows; none is repeated"
        ));
    }
    let id = asked.or(of_training);
    let is_kept = |name: &&String| arguments.keep_columns || Some(name.as_str()) == id;
    Ok(names.iter().filter(is_kept).cloned().collect())
}
