//! Weights of rows in training, from a column.

use super::choice::find;
use super::error::at;
use super::words::numbers;
use crate::error::{Result, problem};
use crate::table::Table;

/// The weights of some rows.
///
/// # Errors
/// The column is not there; a weight is missing, below 0, infinite or no number.
pub fn row_weights(table: &Table, column: &str, rows: &[u32]) -> Result<Vec<f64>> {
    let weights = numbers(table, find(table, column, "weight")?, rows)?;
    // NaN is a missing weight.
    let Some(wrong) = weights.iter().position(|weight| weight.is_nan() || *weight < 0.0) else {
        return Ok(weights);
    };
    let found = match weights[wrong] {
        missing if missing.is_nan() => "missing".into(),
        weight => weight.to_string(),
    };
    let message = format!("the weight is {found}; a number, 0 or more, is needed in every row");
    Err(problem(at(table, column, Some(rows[wrong])), message))
}
