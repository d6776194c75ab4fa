//! What each row counts for in training, from a column that says so.

use super::choice::find;
use super::column_kind::numbers;
use super::error::{at, problem};
use crate::error::Result;
use crate::table::Table;

/// The weights of some rows.
///
/// # Errors
/// [`DataError::Preparation`](crate::DataError::Preparation): a column that is not there, a weight that is missing, below 0,
/// infinite or no number.
///
/// # Panics
/// When there is no such row.
pub fn row_weights(table: &Table, column: &str, rows: &[u32]) -> Result<Vec<f64>> {
    let found = find(table, column, "weight")?;
    let weights = numbers(table, found, rows)?;
    // A NaN is a missing one.
    match (0..rows.len()).find(|&at| weights[at].is_nan() || weights[at] < 0.0) {
        None => Ok(weights),
        Some(wrong) => Err(problem(
            at(table, column, Some(rows[wrong])),
            format!(
                "the weight is {}; a number, 0 or more, is needed in every row",
                match weights[wrong] {
                    missing if missing.is_nan() => "missing".into(),
                    weight => weight.to_string(),
                }
            ),
        )),
    }
}
