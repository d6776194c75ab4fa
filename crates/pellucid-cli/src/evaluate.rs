//! `pellucid evaluate`: the scores of a model on rows whose answers are known.

use crate::arguments::Evaluate;
use crate::outputs::{self, JsonOutput};
use crate::pictures::{self, PlotFiles};
use crate::scored_rows::ScoredRows;
use crate::{interrupt, run, score_text, source, terminal, text_style};
use anyhow::Result;
use pellucid::data::matrix::Matrix;
use pellucid_data::calibration::Coverage;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{Predictions, Preparation};
use pellucid_data::training::{self, Answers, Scores};
use pellucid_report::Report;
use serde_json::{Map, Value, json};
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
    let networks = model.networks();
    let mut outputs = Vec::new();
    let scored = ScoredRows::read(
        &arguments.data,
        &arguments.reading,
        arguments.drop_missing_target,
        preparation,
        |table, rows| {
            let (predictions, counts) = training::predict(&networks, preparation, table, rows, threads)?;
            outputs.extend_from_slice(predictions.values().values());
            Ok(counts)
        },
    )?;
    let ScoredRows {
        answers,
        rows,
        notes,
        warnings,
    } = scored;
    let width = outputs.len() / rows.max(1);
    let outputs = Matrix::new(rows, width, outputs)?;
    let predictions = target.predictions(outputs);
    let scores = Scores::from_predictions(&predictions, &answers)?;
    let coverages = coverages(&model, arguments, &predictions, &answers)?;
    if !plots.is_empty() {
        let of = source::file_name(&arguments.data.to_string_lossy());
        let drawn = pictures::table::judged(&of, &scores, &predictions, &answers);
        let painted = plots.paint(drawn, |_| Ok(Report::default()))?;
        pictures::write(painted)?;
    }
    let prints = !json.takes_standard_output();
    json.write(|| {
        let mut record = scores.to_json();
        record["model"] = json!(arguments.model);
        record["data"] = json!(arguments.data);
        record["rows"] = json!(rows);
        if let Some(Coverages { level, of_targets }) = &coverages {
            let targets: Map<String, Value> = of_targets
                .iter()
                .map(|(name, coverage)| (name.clone(), json!(coverage)))
                .collect();
            record["interval"] = json!({"level": level, "targets": targets});
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
            terminal::print_lines(coverages.lines())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What intervals of a level are worth on the rows of a table, for each target.
struct Coverages {
    level: f64,
    of_targets: Vec<(String, Coverage)>,
}

/// At the requested level; without one at 0.9, if the model keeps enough residuals.
fn coverages(
    model: &Model,
    arguments: &Evaluate,
    predictions: &Predictions,
    answers: &Answers,
) -> Result<Option<Coverages>> {
    const USUAL_LEVEL: f64 = 0.9;
    let target = preparation(model, &arguments.model)?.target();
    let level = arguments.interval.unwrap_or(USUAL_LEVEL);
    let path = arguments.model.display().to_string();
    let half_widths = match model.calibrated.half_widths(target, level, &path) {
        Ok(half_widths) => half_widths,
        Err(error) if arguments.interval.is_some() => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    let Predictions::Numbers { columns, values } = predictions else {
        return Ok(None);
    };
    let of_target = |(at, (name, half_width)): (usize, (&String, f64))| {
        let pairs = answers
            .numbers()
            .iter()
            .copied()
            .zip(values.values().iter().copied());
        let pairs = pairs.skip(at).step_by(columns.len());
        (name.clone(), Coverage::of_pairs(half_width, pairs))
    };
    let of_targets = columns.iter().zip(half_widths).enumerate().map(of_target);
    Ok(Some(Coverages {
        level,
        of_targets: of_targets.collect(),
    }))
}

impl Coverages {
    fn lines(&self) -> Vec<String> {
        let titles = format!("intervals of level {}|coverage|mean width", self.level);
        let row = |(name, of): &(String, Coverage)| {
            vec![
                name.clone(),
                score_text::number(of.coverage),
                score_text::number(of.mean_width),
            ]
        };
        let lines = score_text::titled(&titles, self.of_targets.iter().map(row));
        std::iter::once(String::new()).chain(lines).collect()
    }
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
