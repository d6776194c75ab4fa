//! Partial dependence: the mean prediction as a function of one source column.
//!
//! J. H. Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", *The Annals of Statistics* 29 (2001), section
//! 8.2: for each value of the column the mean over rows that all have this value there, and their own values elsewhere.

use super::prepared_rows::PreparedRows;
use crate::error::Result;
use crate::table::{Categories, Values};
use pellucid::data::matrix::Matrix;

/// Values of a column, each with the place, among some rows, of a row that has it.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnGrid {
    /// Numbers, ascending. Of dates, seconds since 1970.
    Numbers(Vec<(usize, f64)>),
    /// Words, the most frequent first.
    Words(Vec<(usize, String)>),
}

impl ColumnGrid {
    /// At most `most` values that these rows have: of numbers every one, or those at evenly spaced quantiles; of words the most
    /// frequent. Missing values are left out.
    ///
    /// # Panics
    /// A row is not in the column.
    pub fn new(values: &Values, rows: &[u32], most: usize) -> Self {
        match values {
            Values::Numbers(numbers) => {
                let numbered = rows.iter().map(|&row| numbers[row as usize]).enumerate();
                let mut sorted: Vec<(usize, f64)> = numbered.filter(|(_, number)| !number.is_nan()).collect();
                sorted.sort_by(|one, other| one.1.total_cmp(&other.1));
                let mut distinct = sorted.clone();
                distinct.dedup_by(|later, earlier| later.1 == earlier.1);
                if distinct.len() > most {
                    let last = sorted.len() - 1;
                    let steps = most.saturating_sub(1).max(1);
                    distinct = (0..most).map(|step| sorted[step * last / steps]).collect();
                    distinct.dedup_by(|later, earlier| later.1 == earlier.1);
                }
                Self::Numbers(distinct)
            }
            Values::Categories(words) | Values::Booleans(words) => {
                Self::Words(most_frequent(words, rows, most))
            }
        }
    }

    /// The place of the row of each value.
    pub fn places(&self) -> Vec<usize> {
        match self {
            Self::Numbers(numbers) => numbers.iter().map(|(place, _)| *place).collect(),
            Self::Words(words) => words.iter().map(|(place, _)| *place).collect(),
        }
    }
}

fn most_frequent(words: &Categories, rows: &[u32], most: usize) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, usize)> = vec![(0, 0); words.names.len()];
    for (place, &row) in rows.iter().enumerate() {
        if let Some((count, first)) = found.get_mut(words.codes[row as usize] as usize) {
            if *count == 0 {
                *first = place;
            }
            *count += 1;
        }
    }
    let mut seen: Vec<(usize, usize, &String)> = found
        .into_iter()
        .zip(&words.names)
        .map(|((count, first), name)| (count, first, name))
        .filter(|(count, ..)| *count > 0)
        .collect();
    seen.sort_by(|one, other| other.0.cmp(&one.0).then(one.2.cmp(other.2)));
    let kept = seen.into_iter().take(most);
    kept.map(|(_, first, name)| (first, name.clone())).collect()
}

/// The mean prediction over the rows `over` with the features of source column `column` from each of the rows `at`: (at,
/// outputs).
///
/// # Errors
/// There are no rows to take the mean over; the network's outputs are not those of the targets.
///
/// # Panics
/// A row or the column is not there.
pub fn partial_dependence(
    rows: &PreparedRows<'_>,
    column: usize,
    at: &[usize],
    over: &[usize],
) -> Result<Matrix<f64>> {
    if over.is_empty() {
        return Err(rows.problem("there are no rows to take the mean over; at least one is needed"));
    }
    let (mut means, mut outputs) = (Vec::new(), 0);
    for &value in at {
        let from = |row: usize, of: usize| if of == column { value } else { over[row] };
        let predictions = rows.predict_composed(over.len(), from)?;
        outputs = predictions.names().len();
        let values = predictions.values().values();
        let mean = |output: usize| {
            let of_output = values.iter().skip(output).step_by(outputs);
            of_output.sum::<f64>() / over.len() as f64
        };
        means.extend((0..outputs).map(mean));
    }
    Ok(Matrix::new(at.len(), outputs, means)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_of_numbers_has_their_quantiles_with_a_row_each() {
        let numbers = Values::Numbers(vec![5.0, f64::NAN, 1.0, 3.0, 1.0, 4.0, 2.0]);
        let all = ColumnGrid::new(&numbers, &[0, 1, 2, 3, 4], 10);
        assert_eq!(all, ColumnGrid::Numbers(vec![(2, 1.0), (3, 3.0), (0, 5.0)]));
        let three = ColumnGrid::new(&numbers, &[6, 5, 3, 2, 0], 3);
        assert_eq!(three, ColumnGrid::Numbers(vec![(3, 1.0), (2, 3.0), (4, 5.0)]));
        assert_eq!(three.places(), [3, 2, 4]);
    }

    #[test]
    fn a_grid_of_words_has_the_most_frequent() {
        let words = Values::Categories(Categories {
            names: ["a", "b", "c"].map(String::from).into(),
            codes: vec![2, 1, Categories::MISSING, 1, 0, 2],
        });
        let grid = ColumnGrid::new(&words, &[1, 2, 3, 4, 5], 2);
        assert_eq!(grid, ColumnGrid::Words(vec![(0, "b".into()), (3, "a".into())]));
    }
}
