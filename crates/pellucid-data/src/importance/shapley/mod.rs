//! The contributions of the source columns to one prediction: Shapley values.
//!
//! v(S) is the mean prediction over background rows that have the columns of S from the explained row. The contribution of a
//! column is the mean, over all orders in which columns could be taken from the explained row, of the difference that taking
//! this column makes: φⱼ = Σ_S |S|!(n − |S| − 1)!/n! · (v(S ∪ j) − v(S)), S without j. All contributions add up to the
//! prediction minus the mean prediction over the background.
//!
//! L. S. Shapley, "A Value for n-Person Games" (1953); E. Štrumbelj and I. Kononenko, "Explaining prediction models and
//! individual predictions with feature contributions", *Knowledge and Information Systems* 41 (2014); S. M. Lundberg and
//! S.-I. Lee, "A Unified Approach to Interpreting Model Predictions", *NeurIPS* 30 (2017). Columns are taken from the background
//! whatever the other columns are (*interventional* values), so that a column that the model does not read contributes 0.

mod exact;
mod sampled;

use super::prepared_rows::PreparedRows;
use super::progress::Progress;
use crate::error::Result;
use pellucid::data::matrix::Matrix;
use pellucid::numpy_random::RandomState;

/// The most source columns of which every subset is tried: 2ⁿ subsets, each with every background row.
pub const MOST_EXACT_COLUMNS: usize = 12;

/// Rows that are predicted together; the predictions of more are not in memory at once.
const ROWS_AT_A_TIME: usize = 8192;

/// How contributions are sampled, where there are too many columns for every subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContributionSettings {
    /// Rounds of sampling, at least 2. In each round every background row has an order of the columns and its reverse.
    pub rounds: usize,
    /// The seed of the orders.
    pub seed: u32,
}

/// How contributions were computed.
#[derive(Debug, Clone, PartialEq)]
pub enum ContributionMethod {
    /// From every subset of the columns.
    Exact,
    /// From sampled orders of the columns.
    Sampled {
        /// How many orders, in all.
        orders: usize,
        /// The standard error of each contribution, (columns, outputs).
        standard_errors: Matrix<f64>,
    },
}

/// What each source column contributes to one prediction, in the unit of the prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The source columns, in the order of the training table.
    pub columns: Vec<String>,
    /// The classes whose probability is predicted, or the target columns.
    pub outputs: Vec<String>,
    /// The prediction, for each output.
    pub prediction: Vec<f64>,
    /// The mean prediction over the background, for each output.
    pub base: Vec<f64>,
    /// The number of background rows.
    pub background_rows: usize,
    /// The contributions, (columns, outputs); those to an output add up to its prediction minus its base.
    pub values: Matrix<f64>,
    /// How they were computed.
    pub method: ContributionMethod,
}

/// The contributions of the source columns to the prediction of row `explained`, against the background of other rows of
/// `rows`. `None` if `progress` stops it.
///
/// # Errors
/// There are no background rows; the network's outputs are not those of the targets.
///
/// # Panics
/// A row is not there.
pub fn contributions(
    rows: &PreparedRows<'_>,
    explained: usize,
    background: &[usize],
    settings: &ContributionSettings,
    progress: &mut Progress<'_>,
) -> Result<Option<Contributions>> {
    if background.is_empty() {
        return Err(rows.problem("there are no background rows; at least one is needed"));
    }
    let columns: Vec<String> = rows.columns().map(str::to_owned).collect();
    let game = Game {
        rows,
        explained,
        background,
        columns: columns.len(),
    };
    let of_rows = rows.predict_composed(background.len() + 1, |row, _| {
        background.get(row).copied().unwrap_or(explained)
    })?;
    let outputs = of_rows.names().to_vec();
    let ends = Ends {
        base: mean_of_rows(of_rows.values().values(), outputs.len(), background.len()),
        prediction: of_rows.values().row(background.len()).to_vec(),
        of_background: of_rows.values().clone(),
    };
    let found = match columns.len() <= MOST_EXACT_COLUMNS {
        true => game.exact(&ends, progress)?.map(|values| (values, None)),
        false => game
            .sampled(&ends, settings, progress)?
            .map(|(values, errors)| (values, Some(errors))),
    };
    let Some((values, standard_errors)) = found else {
        return Ok(None);
    };
    let matrix = |values| Matrix::new(columns.len(), outputs.len(), values);
    let method = match standard_errors {
        None => ContributionMethod::Exact,
        Some(errors) => ContributionMethod::Sampled {
            orders: 2 * settings.rounds.max(2) * background.len(),
            standard_errors: matrix(errors)?,
        },
    };
    Ok(Some(Contributions {
        values: matrix(values)?,
        prediction: ends.prediction,
        base: ends.base,
        background_rows: background.len(),
        columns,
        outputs,
        method,
    }))
}

/// At most `most` of the rows of a table, drawn at random without repetition: a background.
pub fn background_rows(rows: usize, most: usize, seed: u32) -> Vec<u32> {
    let mut drawn = RandomState::new(seed).permutation(rows);
    drawn.truncate(most);
    drawn.into_iter().map(|row| row as u32).collect()
}

/// A row that is explained, and the rows that columns come from otherwise.
struct Game<'a> {
    rows: &'a PreparedRows<'a>,
    explained: usize,
    background: &'a [usize],
    columns: usize,
}

/// The predictions with no column and with every column from the explained row, (outputs) each.
struct Ends {
    base: Vec<f64>,
    prediction: Vec<f64>,
    /// The predictions of the background, (rows, outputs); the explained row follows.
    of_background: Matrix<f64>,
}

/// The mean of the first `count` rows of `values`, (rows, `width`).
fn mean_of_rows(values: &[f64], width: usize, count: usize) -> Vec<f64> {
    let mut means = vec![0.0; width];
    for row in values.chunks_exact(width.max(1)).take(count) {
        means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    means.iter_mut().for_each(|sum| *sum /= count as f64);
    means
}
