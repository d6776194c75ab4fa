//! Prediction intervals by split conformal prediction, which assumes nothing of the distribution of the rows but that they
//! are exchangeable.
//!
//! V. Vovk, A. Gammerman and G. Shafer, *Algorithmic Learning in a Random World*, 2005; J. Lei, M. G'Sell, A. Rinaldo,
//! R. J. Tibshirani and L. Wasserman, *Distribution-Free Predictive Inference for Regression*, 2018, section 2.2.

use serde::{Deserialize, Serialize};

/// The largest number of residuals of a target that are kept. Of more rows an even selection is kept, whose intervals hold
/// their level as well.
pub const MOST_RESIDUALS: usize = 5000;

/// The sorted absolute residuals |y − a| of one target on rows that the network was not trained on, in the target's unit.
/// Where predictions come from is not part of it: from one network on held-out rows, or from the networks of a
/// cross-validation, each on its fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residuals {
    /// The target's name.
    pub target: String,
    sorted: Vec<f64>,
}

impl Residuals {
    /// The residuals of pairs of a true and a predicted number, in the order of the rows.
    pub fn from_pairs(target: &str, pairs: &[(f64, f64)]) -> Self {
        let kept = pairs.len().min(MOST_RESIDUALS);
        let pair = |at: usize| pairs[(at as u128 * pairs.len() as u128 / kept as u128) as usize];
        let residual = |(actual, predicted): (f64, f64)| (actual - predicted).abs();
        let mut sorted: Vec<f64> = (0..kept).map(pair).map(residual).collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            target: target.to_owned(),
            sorted,
        }
    }

    /// The number n of residuals.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Half the width of an interval around a prediction that holds the true number with at least the probability `level`,
    /// between 0 and 1: the ⌈(n + 1)·level⌉-th smallest residual. `None` with too few residuals for it.
    pub fn half_width(&self, level: f64) -> Option<f64> {
        let rank = rank(self.len(), level);
        self.sorted.get(rank.checked_sub(1)?).copied()
    }

    /// The smallest number of residuals that is enough for `level`.
    pub fn needed_for(level: f64) -> usize {
        let mut rows = (level / (1.0 - level)).floor().max(1.0) as usize;
        while rows > 1 && rank(rows - 1, level) < rows {
            rows -= 1;
        }
        while rank(rows, level) > rows && rows < usize::MAX {
            rows += 1;
        }
        rows
    }
}

/// The ends of an interval around a predicted number.
pub fn interval_around(predicted: f64, half_width: f64) -> [f64; 2] {
    [predicted - half_width, predicted + half_width]
}

/// What the intervals of one target are worth on other rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// The part of the rows whose true number lies in its interval, the ends included.
    pub coverage: f64,
    /// The mean width of the intervals, in the target's unit.
    pub mean_width: f64,
}

impl Coverage {
    /// Of intervals of half the width on both sides of predictions: pairs of a true and a predicted number.
    pub fn of_pairs(half_width: f64, pairs: impl ExactSizeIterator<Item = (f64, f64)>) -> Self {
        let rows = pairs.len();
        let covered = pairs.filter(|(actual, predicted)| (actual - predicted).abs() <= half_width);
        Self {
            coverage: covered.count() as f64 / rows as f64,
            mean_width: 2.0 * half_width,
        }
    }
}

/// ⌈(n + 1)·level⌉. A product that rounding has moved above a whole number is that number: 0.56·100 is 56.00000000000001.
fn rank(residuals: usize, level: f64) -> usize {
    let product = (residuals as f64 + 1.0) * level;
    (product * (1.0 - 1e-14)).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: usize) -> Residuals {
        let pairs: Vec<(f64, f64)> = (1..=count).map(|at| (0.0, at as f64)).collect();
        Residuals::from_pairs("y", &pairs)
    }

    #[test]
    fn the_quantile_is_that_of_one_row_more() {
        assert_eq!(of(9).half_width(0.9), Some(9.0));
        assert_eq!(of(8).half_width(0.9), None);
        assert_eq!(of(99).half_width(0.9), Some(90.0));
        assert_eq!(of(99).half_width(0.56), Some(56.0));
        assert_eq!(of(100).half_width(0.9), Some(91.0));
        assert_eq!(of(0).half_width(0.5), None);
        assert_eq!(of(3).half_width(1e-9), Some(1.0));
    }

    #[test]
    fn so_many_rows_are_needed_and_no_more() {
        for (level, rows) in [(0.5, 1), (0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999)] {
            assert_eq!(Residuals::needed_for(level), rows, "{level}");
            assert!(of(rows).half_width(level).is_some() && of(rows - 1).half_width(level).is_none());
        }
    }

    #[test]
    fn of_many_rows_an_even_selection_is_kept() {
        let many = of(3 * MOST_RESIDUALS);
        assert_eq!(many.len(), MOST_RESIDUALS);
        assert_eq!((many.sorted[0], many.sorted[1]), (1.0, 4.0));
    }
}
