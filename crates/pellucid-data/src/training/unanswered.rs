//! Rows whose predictions are not finite, because numbers in them are too large for the network's precision.

use crate::error::Result;
use crate::preparation::{Predictions, Preparation};
use crate::table::{Table, Values, number_text};
use pellucid::Scalar;
use pellucid::data::matrix::Matrix;
use pellucid::recipe::shortened;

/// Rows without a prediction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnansweredRows {
    /// Their number.
    pub rows: usize,
    /// The first of them, each with the column whose number is the furthest from the training rows.
    pub first: Vec<String>,
}

/// As many rows are named.
const NAMED: usize = 3;

impl UnansweredRows {
    /// The rows of a table that have no answer.
    pub(super) fn find(
        has_answer: &[bool],
        preparation: &Preparation,
        table: &Table,
        rows: &[u32],
    ) -> Result<Self> {
        let mut found = UnansweredRows::default();
        for (&row, _) in rows
            .iter()
            .zip(has_answer)
            .filter(|(_, has_answer)| !**has_answer)
        {
            found.rows += 1;
            if found.first.len() < NAMED {
                found.first.push(described(preparation, table, row)?);
            }
        }
        Ok(found)
    }

    /// Adds those of further rows.
    pub fn merge(&mut self, further: UnansweredRows) {
        self.rows += further.rows;
        self.first.extend(further.first);
        self.first.truncate(NAMED);
    }

    /// What a user should know of them; nothing if there are none.
    pub fn warning(&self) -> Option<String> {
        let rows = match self.rows {
            0 => return None,
            1 => "1 row has no prediction".to_owned(),
            rows => format!("{rows} rows have no prediction"),
        };
        let more = if self.rows > self.first.len() { ", …" } else { "" };
        Some(format!(
            "{rows}, because a number in each is too large for the network: {}{more}; correct it, or leave it empty where the \
             value is not known; {ADVICE}",
            self.first.join(", ")
        ))
    }

    /// The error where every row needs a prediction.
    pub(super) fn problem(&self) -> Option<String> {
        let first = self.first.first()?;
        let others = match self.rows - 1 {
            0 => String::new(),
            1 => ", nor has 1 other row".to_owned(),
            others => format!(", nor have {others} other rows"),
        };
        Some(format!(
            "{first} has no finite prediction{others}, because the number is too large for the network; correct it, or leave \
             it empty where the value is not known; {ADVICE}"
        ))
    }
}

const ADVICE: &str = "a training with --na reads such a number as missing";

/// A row, and the column whose feature is the furthest from 0.
fn described(preparation: &Preparation, table: &Table, row: u32) -> Result<String> {
    let (features, _) = preparation.transform_any::<f64>(table, &[row])?;
    let mut rest = features.values();
    let mut furthest: Option<(f64, &str)> = None;
    for column in preparation.columns() {
        let (own, others) = rest.split_at(column.transform.width());
        rest = others;
        let size = own.iter().fold(0.0, |size: f64, value| size.max(value.abs()));
        if furthest.is_none_or(|(other, _)| size > other) {
            furthest = Some((size, &column.name));
        }
    }
    let place = format!("data row {}", table.first_row + u64::from(row) + 1);
    let Some((_, name)) = furthest else {
        return Ok(place);
    };
    let value = table.column(name).map(|column| match &column.values {
        Values::Numbers(numbers) => number_text(numbers[row as usize]),
        Values::Categories(words) | Values::Booleans(words) => {
            words.get(row as usize).unwrap_or("missing").to_owned()
        }
    });
    let value = value.unwrap_or_default();
    Ok(format!(
        "{place} (column `{}`: {})",
        shortened(name, 100),
        shortened(&value, 100)
    ))
}

/// Of each row of features, whether one is so large that products of it may overflow within the network, where a hidden
/// layer may turn what is not a number into one.
pub(super) fn rows_with_large_numbers<T: Scalar>(features: &Matrix<T>) -> Vec<bool> {
    let largest = match size_of::<T>() {
        4 => 1e18,
        _ => 1e150,
    };
    let is_usual = |feature: &T| feature.to_f64().abs() <= largest;
    (0..features.rows())
        .map(|row| !features.row(row).iter().all(is_usual))
        .collect()
}

/// Of each row, whether its prediction is one.
pub(super) fn answered(predictions: &Predictions, are_too_large: &[bool]) -> Vec<bool> {
    let values = predictions.values();
    let is_finite = |row: usize| values.row(row).iter().all(|value| value.is_finite());
    let rows = are_too_large.iter().enumerate();
    rows.map(|(row, is_too_large)| !is_too_large && is_finite(row))
        .collect()
}

/// The predictions with NaN in the place of all numbers of rows that have no answer.
pub(super) fn without_others(
    predictions: Predictions,
    has_answer: &[bool],
    preparation: &Preparation,
) -> Result<Predictions> {
    let values = predictions.values();
    let (rows, columns) = (values.rows(), values.columns());
    let row = |(row, &has_answer): (usize, &bool)| match has_answer {
        true => values.row(row).to_vec(),
        false => vec![f64::NAN; columns],
    };
    let numbers = has_answer.iter().enumerate().flat_map(row).collect();
    let values = Matrix::new(rows, columns, numbers)?;
    Ok(preparation.target().predictions(values))
}
