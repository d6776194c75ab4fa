//! Contributions from every subset of the columns.

use super::{Ends, Game, ROWS_AT_A_TIME, mean_of_rows};
use crate::error::Result;
use crate::importance::progress::Progress;

impl Game<'_> {
    /// The contributions, (columns, outputs). `None` if `progress` stops it.
    pub(super) fn exact(&self, ends: &Ends, progress: &mut Progress<'_>) -> Result<Option<Vec<f64>>> {
        let (columns, outputs) = (self.columns, ends.base.len());
        let Some(worths) = self.worths(ends, progress)? else {
            return Ok(None);
        };
        let worth = |subset: usize| &worths[subset * outputs..(subset + 1) * outputs];
        let weights = weights(columns);
        let mut values = vec![0.0; columns * outputs];
        for (column, values) in values.chunks_exact_mut(outputs).enumerate() {
            let with_column = 1usize << column;
            let without = (0..1usize << columns).filter(|subset| subset & with_column == 0);
            for subset in without {
                let weight = weights[subset.count_ones() as usize];
                let differences = worth(subset | with_column).iter().zip(worth(subset));
                let differences = differences.map(|(with, without)| with - without);
                for (value, difference) in values.iter_mut().zip(differences) {
                    *value += weight * difference;
                }
            }
        }
        Ok(Some(values))
    }

    /// v(S) for every subset of the columns, (subsets, outputs). Bit j of a subset's number is column j.
    fn worths(&self, ends: &Ends, progress: &mut Progress<'_>) -> Result<Option<Vec<f64>>> {
        let (subsets, outputs, rows) = (1usize << self.columns, ends.base.len(), self.background.len());
        let at_a_time = (ROWS_AT_A_TIME / rows).max(1);
        let mut worths = ends.base.clone();
        // The empty set and that of all columns are known.
        for first in (1..subsets - 1).step_by(at_a_time) {
            if progress(first, subsets).is_break() {
                return Ok(None);
            }
            let count = at_a_time.min(subsets - 1 - first);
            let from = |row: usize, column: usize| match (first + row / rows) >> column & 1 {
                1 => self.explained,
                _ => self.background[row % rows],
            };
            let predictions = self.rows.predict_composed(count * rows, from)?;
            for subset in predictions.values().values().chunks_exact(rows * outputs) {
                worths.extend(mean_of_rows(subset, outputs, rows));
            }
        }
        worths.extend_from_slice(&ends.prediction);
        Ok(Some(worths))
    }
}

/// |S|!(n − |S| − 1)!/n! for each size of S, which is 1/(n·C(n − 1, |S|)).
fn weights(columns: usize) -> Vec<f64> {
    let mut choices = 1.0;
    let weight = |size: usize| {
        let weight = 1.0 / (columns as f64 * choices);
        choices *= (columns - 1 - size) as f64 / (size + 1) as f64;
        weight
    };
    (0..columns).map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::weights;

    #[test]
    fn the_weights_of_all_subsets_add_up_to_one() {
        assert_eq!(weights(1), [1.0]);
        assert_eq!(weights(3), [1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0]);
        for columns in 1..=12 {
            let choices = |size: usize| (0..size).map(|k| (columns - 1 - k) as f64 / (k + 1) as f64);
            let all = weights(columns).into_iter().enumerate();
            let all = all.map(|(size, weight)| weight * choices(size).product::<f64>());
            assert!((all.sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
