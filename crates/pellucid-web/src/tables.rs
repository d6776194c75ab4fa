//! Tables: read and prepared as the command does it.

use crate::data_set::{DataSet, RowTargets, Rows, Task};
use crate::thrown::Thrown;
use pellucid::data::dataset::{BatchBuffers, Dataset, Rows as Range, Samples, Targets};
use pellucid_data::model_file::Model;
use pellucid_data::preparation::Preparation;
use pellucid_data::training::{Plan, TrainingRequest, samples};
use pellucid_data::{ReadOptions, Table, TableSource, read_table};
use serde::Deserialize;
use std::cell::RefCell;
use std::num::NonZeroUsize;

thread_local! {
    /// The preparations of the tables that were read, each with its number.
    static PREPARATIONS: RefCell<Vec<Preparation>> = const { RefCell::new(Vec::new()) };
}

/// The preparation that was kept under a number.
pub fn preparation(number: u32) -> Option<Preparation> {
    PREPARATIONS.with_borrow(|kept| kept.get(number as usize).cloned())
}

/// What the page asks of a table.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TableSettings {
    /// The column to predict; the last one by default.
    pub target: Option<String>,
    /// The part of the rows that is held out.
    pub test_fraction: Option<f64>,
    /// The seed of that choice, and of the training.
    pub seed: Option<u32>,
}

/// A model from whose weights a training begins, and what messages call it.
pub struct Start<'a> {
    pub model: &'a Model,
    pub name: &'a str,
}

/// A table of any format that the command reads, as rows of numbers; those of a model where the training begins from one.
pub fn read(
    bytes: Vec<u8>,
    name: &str,
    settings: &TableSettings,
    start: Option<Start<'_>>,
) -> Result<DataSet, Thrown> {
    let source = TableSource::Memory {
        name: name.to_owned(),
        bytes: bytes.into(),
    };
    let reading = start.as_ref().and_then(|start| start.model.preparation.as_ref());
    let options = reading.map_or_else(ReadOptions::default, |preparation| ReadOptions {
        separators: preparation.reading().separators(),
        keep_na_words: preparation.reading().keep_na_words,
        ..ReadOptions::default()
    });
    prepare(read_table(&source, &options)?, settings, start)
}

/// The rows of a table as numbers, with a recipe for them.
fn prepare(table: Table, settings: &TableSettings, start: Option<Start<'_>>) -> Result<DataSet, Thrown> {
    let name = table.source.clone();
    let mut notes = Vec::new();
    let mut request = TrainingRequest {
        validation: settings.test_fraction,
        seed: settings.seed,
        ..TrainingRequest::default()
    };
    match &start {
        Some(Start { model, .. }) => {
            request.recipe = Some(model.recipe.clone());
            if let Some(preparation) = &model.preparation {
                request.reading.clone_from(preparation.reading());
            }
        }
        None => {
            request.columns.target = vec![target(&table, settings, &mut notes)?];
            request.ensemble = Some(0);
        }
    }
    let table = request.read(table)?;
    let mut plan = Plan::new(&table, &request)?;
    if let Some(Start { model, name }) = start {
        plan = plan.starting_from(model, name)?;
    }
    notes.extend(plan.choices().iter().cloned());
    let session = plan.session(None, NonZeroUsize::MIN)?;
    notes.extend(session.notes().iter().cloned());
    let preparation = session.preparation();
    let of_table = session.recipe().data.table.clone().unwrap_or_default();
    let rows = |rows: &[u32]| -> Result<Rows, Thrown> {
        if rows.is_empty() {
            return Ok(Rows::default());
        }
        let (data, _) = samples::<f64>(preparation, &of_table, &table, rows)?;
        Ok(rows_of(&data))
    };
    let training = rows(session.training_rows())?;
    let task = task_of(&training);
    let target = preparation.target();
    let target_names = match (target.classes(), task) {
        ([], Task::Classes) => vec!["0".into(), "1".into()],
        ([], Task::Numbers) => target.columns().iter().map(ToString::to_string).collect(),
        (classes, _) => classes.to_vec(),
    };
    let data = DataSet {
        name,
        task,
        feature_names: preparation.feature_names(),
        target_names,
        test: rows(session.held_out_rows())?,
        training,
        notes,
        image: None,
        suggested_recipe: Some(session.recipe().to_toml()?),
        preparation: Some(PREPARATIONS.with_borrow_mut(|kept| {
            kept.push(preparation.clone());
            kept.len() as u32 - 1
        })),
    };
    Ok(data)
}

/// The column to predict: the last one where none is chosen, which is noted.
fn target(table: &Table, settings: &TableSettings, notes: &mut Vec<String>) -> Result<String, Thrown> {
    match (&settings.target, table.columns.last()) {
        (Some(target), _) => Ok(target.clone()),
        (None, Some(last)) => {
            notes.push(format!(
                "the target is the last column, {}, since none was chosen",
                last.name
            ));
            Ok(last.name.clone())
        }
        (None, None) => Err(format!("{}: the table has no columns", table.source).into()),
    }
}

/// Samples as rows of numbers.
pub fn rows_of(data: &Dataset<f64>) -> Rows {
    let mut buffers = BatchBuffers::default();
    let (input, targets) = data.gather(Range::Range(0, data.rows()), &mut buffers);
    let lines = |numbers: &[f64], width: usize| numbers.chunks_exact(width).map(<[f64]>::to_vec).collect();
    let inputs = lines(&input.to_vec(), data.features().columns());
    let width = data.targets().width();
    let targets = match data.targets() {
        Targets::Classes { labels, .. } => RowTargets::Classes(labels.clone()),
        of_two if width == 1 && of_two.are_zero_or_one() => {
            RowTargets::Classes(targets.iter().map(|&target| target as u32).collect())
        }
        Targets::Dense(_) => RowTargets::Numbers(lines(targets, width)),
    };
    Rows { inputs, targets }
}

/// Whether rows have classes or numbers.
pub fn task_of(rows: &Rows) -> Task {
    match rows.targets {
        RowTargets::Classes(_) => Task::Classes,
        RowTargets::Numbers(_) => Task::Numbers,
    }
}
