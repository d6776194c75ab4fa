//! `pellucid evaluate`: the scores of a model on rows whose answers are known.

use crate::arguments::Evaluate;
use crate::outputs::{self, JsonOutput};
use crate::pictures::{self, PlotFiles};
use crate::source::{CHUNK_ROWS, Chunks};
use crate::{run, score_text, source, terminal, text_style};
use anyhow::Result;
use pellucid::data::matrix::Matrix;
use pellucid_data::model_file::Model;
use pellucid_data::preparation::{Counts, Predictions, Preparation, TargetPreparation, rows_with_target};
use pellucid_data::training::{self, Answers, Scores};
use pellucid_data::{ColumnKind, Table};
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
    let plots = PlotFiles::prepare(&arguments.pictures, None, &offer)?;
    let json = JsonOutput::prepare(arguments.json.as_deref())?;

    let target = preparation.target();
    let expected = expected_with_target(preparation);
    let options = source::options_for(&arguments.reading, preparation.reading());
    let mut chunks = Chunks::open(&arguments.data, &options, &expected, CHUNK_ROWS)?;
    let mut met = Counts::default();
    let extra_columns = preparation.unknown_columns(&chunks.names());
    let (mut answers, mut outputs) = (Answers::default(), Vec::new());
    let (mut rows, mut left_out) = (0, 0);
    for chunk in chunks.by_ref() {
        let chunk = preparation.reading().read(chunk?)?;
        let scored = match arguments.drop_missing_target {
            true => rows_with_target(&chunk, &target.columns())?,
            false => all_rows(&chunk),
        };
        left_out += chunk.rows() - scored.len();
        answers.append(target, &chunk, &scored)?;
        let (predictions, counts) = training::predict(&model.network, preparation, &chunk, &scored, threads)?;
        met.merge(counts);
        rows += scored.len();
        match predictions {
            Predictions::Classes { probabilities, .. } => outputs.extend_from_slice(probabilities.values()),
            Predictions::Labels { probabilities, .. } => outputs.extend_from_slice(probabilities.values()),
            Predictions::Numbers { values, .. } => outputs.extend_from_slice(values.values()),
        }
    }
    met.extra_columns = extra_columns;
    let mut warnings = met.warnings();
    warnings.extend(match left_out {
        0 => None,
        1 => Some("1 row has no target and is left out".to_owned()),
        more => Some(format!("{more} rows have no target and are left out")),
    });
    let notes = chunks.notes();
    terminal::notes("note", &notes);
    terminal::notes("warning", &warnings);
    let width = outputs.len() / rows.max(1);
    let outputs = Matrix::new(rows, width, outputs)?;
    let predictions = as_predictions(preparation, outputs);
    let scores = Scores::from_predictions(&predictions, &answers)?;
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
        record["notes"] = json!(notes);
        record["warnings"] = json!(warnings);
        record
    })?;
    if prints {
        let style = arguments.chart.then(text_style::of_standard_output);
        terminal::print_lines(score_text::whole(rows, &scores, style.as_ref()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_predictions(preparation: &Preparation, outputs: Matrix<f64>) -> Predictions {
    let target = preparation.target();
    let columns = || target.columns().into_iter().map(str::to_owned).collect();
    if let TargetPreparation::Labels { labels } = target {
        return Predictions::Labels {
            columns: columns(),
            classes: labels.iter().map(|label| label.classes.clone()).collect(),
            probabilities: outputs,
        };
    }
    match target.classes() {
        [] => Predictions::Numbers {
            columns: columns(),
            values: outputs,
        },
        classes => Predictions::Classes {
            classes: classes.to_vec(),
            labels: Vec::new(),
            probabilities: outputs,
        },
    }
}

/// The columns of a table that a model needs where the answers are known, and the kinds to read them as.
pub(crate) fn expected_with_target(preparation: &Preparation) -> Vec<(String, ColumnKind)> {
    let of_target = preparation.target().expected_columns();
    preparation
        .reading()
        .expected([preparation.expected_columns(), of_target].concat())
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

pub(crate) fn all_rows(table: &Table) -> Vec<u32> {
    (0..table.rows() as u32).collect()
}
