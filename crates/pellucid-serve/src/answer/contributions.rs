//! What each column contributes to the predictions of a request.

use crate::failure::{Failure, FailureKind};
use crate::model::ServedModel;
use pellucid::data::matrix::Matrix;
use pellucid_data::Table;
use pellucid_data::importance::{ContributionSettings, PreparedRows, contributions};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Instant;

/// The contributions to the predictions of rows.
#[derive(Debug)]
pub(crate) struct Explained {
    pub(crate) columns: Vec<String>,
    /// The classes, or the targets.
    pub(crate) outputs: Vec<String>,
    /// The mean prediction over the background, for each output.
    pub(crate) base: Vec<f64>,
    /// Of each row, (columns, outputs).
    pub(crate) rows: Vec<Matrix<f64>>,
    /// What predictions are compared with.
    pub(crate) compared_with: String,
}

/// Predictions for one sampled explanation, about.
const SAMPLED_PREDICTIONS: usize = 20_000;

impl Explained {
    pub(super) fn new(model: &ServedModel) -> Self {
        Self {
            columns: Vec::new(),
            outputs: Vec::new(),
            base: Vec::new(),
            rows: Vec::new(),
            compared_with: model.background.description.clone(),
        }
    }
}

/// Adds the contributions to the predictions of rows of a table.
pub(super) fn explain(
    explained: &mut Explained,
    model: &ServedModel,
    table: &Table,
    rows: &[u32],
    deadline: Instant,
) -> Result<(), Failure> {
    let background = &model.background;
    let mut prepared = PreparedRows::new(&model.model.networks(), &model.preparation, NonZeroUsize::MIN);
    prepared
        .append(&background.table, &background.rows)
        .map_err(|error| {
            Failure::wrong(format!(
                "contributions need a background: {error}; start the server with --background"
            ))
        })?;
    prepared.append(table, rows)?;
    let of_background: Vec<usize> = (0..background.rows.len()).collect();
    let columns = model.expected.len();
    // Two walks through the columns for each background row in a round.
    let in_a_round = 2 * of_background.len() * columns;
    let settings = ContributionSettings {
        rounds: (SAMPLED_PREDICTIONS / in_a_round.max(1)).clamp(2, 100),
        seed: 0,
    };
    for row in 0..rows.len() {
        let mut progress = |_, _| match Instant::now() > deadline {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let place = of_background.len() + row;
        let found = contributions(&prepared, place, &of_background, &settings, &mut progress)?;
        let found = found.ok_or_else(too_slow)?;
        explained.columns = found.columns;
        explained.outputs = found.outputs;
        explained.base = found.base;
        explained.rows.push(found.values);
    }
    Ok(())
}

/// Why contributions were given up.
fn too_slow() -> Failure {
    let message = "the contributions take too long; ask for those of fewer rows";
    Failure::new(FailureKind::TooLarge, message)
}
