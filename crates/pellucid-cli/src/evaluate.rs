//! `pellucid evaluate`: the scores of a model on rows whose answers are known.

use crate::arguments::Evaluate;
use crate::outputs::{self, JsonOutput};
use crate::pictures::{self, PlotFiles};
use crate::scored_rows::read_scored;
use crate::{interrupt, run, score_text, source, terminal, text_style};
use anyhow::Result;
use pellucid_data::calibration::Coverage;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::Preparation;
use pellucid_data::training::{Coverages, PredictedRows, ScoredRows, Scores};
use pellucid_report::Report;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn evaluate(arguments: &Evaluate) -> Result<ExitCode> {
    let read = [
        ("the model", Some(arguments.model.as_path())),
        ("the data", source::file(&arguments.data)),
    ];
    let mut written = vec![("--json", arguments.json.as_deref())];
    written.extend(pictures::paths(&arguments.pictures));
    outputs::check_distinct(&read, &written)?;
    pictures::check_formats(&arguments.pictures)?;
    let model = Model::load(&arguments.model)?;
    let preparation = preparation(&model, &arguments.model)?;
    let threads = run::threads(arguments.running.threads, arguments.running.quiet);
    let offer = pictures::table::offer_of_model(preparation);
    pictures::check(&arguments.pictures, &offer)?;
    interrupt::listen_to_end_at_once();
    let plots = PlotFiles::prepare(&arguments.pictures, None, &offer)?;
    let json = JsonOutput::prepare(arguments.json.as_deref())?;

    let target = preparation.target();
    let mut predicted = PredictedRows::new(model.networks(), preparation, threads);
    let (scored, notes) = read_scored(
        &arguments.data,
        &arguments.reading,
        arguments.drop_missing_target,
        preparation,
        |table, rows| Ok(predicted.append(table, rows)?),
    )?;
    let ScoredRows {
        answers,
        rows,
        warnings,
    } = scored;
    let predictions = predicted.finish()?;
    let scores = Scores::from_predictions(&predictions, &answers)?;
    let coverages = Coverages::measure(
        &model.calibrated,
        target,
        arguments.interval,
        &arguments.model.display().to_string(),
        (&predictions, &answers),
    )?;
    let mut painted = Vec::new();
    if !plots.is_empty() {
        let of = source::file_name(&arguments.data.to_string_lossy());
        let drawn = pictures::table::judged(&of, &scores, &predictions, &answers);
        painted = plots.paint(drawn, |_| Ok(Report::default()))?;
    }
    let prints = !json.takes_standard_output();
    json.write_with(painted, || {
        let mut record = scores.to_json();
        record["model"] = json!(arguments.model);
        record["data"] = json!(arguments.data);
        record["rows"] = json!(rows);
        if let Some(coverages) = &coverages {
            record["interval"] = coverages.to_json();
        }
        if let Some(threshold) = target.threshold() {
            record["threshold"] = json!(threshold);
        }
        record["notes"] = json!(notes);
        record["warnings"] = json!(warnings);
        record
    })?;
    if prints {
        let style = arguments.chart.then(text_style::of_standard_output);
        terminal::print_lines(score_text::whole(rows, &scores, style.as_ref()))?;
        if let (Some(threshold), [_, second]) = (target.threshold(), target.classes()) {
            let threshold = score_text::number(threshold);
            terminal::print(&format!(
                "\nrows with a probability of {second} above {threshold} are {second}"
            ))?;
        }
        if let Some(coverages) = &coverages {
            terminal::print_lines(lines(coverages))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(coverages: &Coverages) -> Vec<String> {
    let titles = format!("intervals of level {}|coverage|mean width", coverages.level);
    let row = |(name, of): &(String, Coverage)| {
        vec![
            name.clone(),
            score_text::number(of.coverage),
            score_text::number(of.mean_width),
        ]
    };
    let lines = score_text::titled(&titles, coverages.of_targets.iter().map(row));
    std::iter::once(String::new()).chain(lines).collect()
}

/// How a table becomes the model's input.
pub(crate) fn preparation<'a>(model: &'a Model, path: &Path) -> Result<&'a Preparation> {
    model.preparation.as_ref().ok_or_else(|| {
        anyhow::anyhow!(
            "{}: the model was not trained on a table, so no table can be prepared for it; train one with `pellucid train`",
            path.display()
        )
    })
}
