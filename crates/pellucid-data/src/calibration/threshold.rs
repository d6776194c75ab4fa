//! The threshold between two classes that gives the best score on held-out rows.

use pellucid::recipe::ThresholdMetric;
use serde::{Deserialize, Serialize};

/// ½, the threshold of the most probable class.
const USUAL: f64 = 0.5;

/// A threshold, and the score that chose it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The probability of the second class above which a row has it.
    pub value: f64,
    /// The score.
    pub metric: ThresholdMetric,
    /// The number of held-out rows that chose it.
    pub rows: usize,
    /// Their score at ½.
    pub score_before: f64,
    /// Their score at the threshold.
    pub score: f64,
}

/// How rows of two classes are decided.
#[derive(Debug, Clone, Copy)]
struct Decided {
    /// Rows of each class.
    rows: [usize; 2],
    /// Those of each class that are decided to be of the second.
    as_second: [usize; 2],
}

impl Decided {
    fn score(self, metric: ThresholdMetric) -> f64 {
        let ratio = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        let [of_first, of_second] = self.rows;
        let [missed, found] = self.as_second;
        let right = [of_first - missed, found];
        let decided_so = [self.rows.iter().sum::<usize>() - missed - found, missed + found];
        let present = |class: usize| self.rows[class] + decided_so[class] > 0;
        let f1 = |class: usize| ratio(2 * right[class], self.rows[class] + decided_so[class]);
        let recall = |class: usize| ratio(right[class], self.rows[class]);
        let mean = |of: &dyn Fn(usize) -> f64, counts: &dyn Fn(usize) -> bool| {
            let counted: Vec<f64> = (0..2).filter(|&class| counts(class)).map(of).collect();
            counted.iter().sum::<f64>() / counted.len().max(1) as f64
        };
        match metric {
            ThresholdMetric::Accuracy => ratio(right[0] + right[1], of_first + of_second),
            ThresholdMetric::BalancedAccuracy => mean(&recall, &|class| self.rows[class] > 0),
            ThresholdMetric::F1 => f1(1),
            ThresholdMetric::MacroF1 => mean(&f1, &present),
            ThresholdMetric::WeightedF1 => {
                let weighted = |class: usize| self.rows[class] as f64 * f1(class);
                (weighted(0) + weighted(1)) / (of_first + of_second).max(1) as f64
            }
        }
    }
}

impl Threshold {
    /// The threshold with the best score of rows, each its probability of the second class and whether it has that class:
    /// ½ where nothing is better, otherwise the middle between two neighbouring probabilities, of equally good middles the
    /// nearest to ½. `None` without rows.
    pub fn best(metric: ThresholdMetric, rows: &[(f64, bool)]) -> Option<Self> {
        let mut sorted = rows.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let of_second = rows.iter().filter(|(_, is_second)| *is_second).count();
        let mut decided = Decided {
            rows: [rows.len() - of_second, of_second],
            as_second: [rows.len() - of_second, of_second],
        };
        // That all rows have the second class, a threshold can say unless some probability is 0.
        let lowest = sorted.first()?.0;
        let all = decided.score(metric);
        let mut best = (
            if lowest > 0.0 { all } else { f64::NEG_INFINITY },
            between(0.0, lowest),
        );
        let mut before = all;
        let mut at = 0;
        while let Some(&(probability, _)) = sorted.get(at) {
            // Equal probabilities are decided together.
            while let Some((_, is_second)) = sorted.get(at).filter(|row| row.0 == probability) {
                decided.as_second[usize::from(*is_second)] -= 1;
                at += 1;
            }
            let next = sorted.get(at).map_or(1.0, |row| row.0);
            let found = (decided.score(metric), between(probability, next));
            if probability <= USUAL {
                before = found.0;
            }
            let is_nearer = (found.1 - USUAL).abs() < (best.1 - USUAL).abs();
            if found.0 > best.0 || (found.0 == best.0 && is_nearer) {
                best = found;
            }
        }
        Some(Self {
            value: best.1,
            metric,
            rows: rows.len(),
            score_before: before,
            score: best.0,
        })
    }
}

/// A threshold at or above `low` and below `high`: ½ if it is one, otherwise the middle.
fn between(low: f64, high: f64) -> f64 {
    if (low..high).contains(&USUAL) {
        return USUAL;
    }
    let middle = f64::midpoint(low, high);
    if middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid::ClassificationScores;
    use proptest::prelude::*;

    const METRICS: [ThresholdMetric; 5] = [
        ThresholdMetric::Accuracy,
        ThresholdMetric::BalancedAccuracy,
        ThresholdMetric::F1,
        ThresholdMetric::MacroF1,
        ThresholdMetric::WeightedF1,
    ];

    /// The score as evaluation computes it.
    fn score(metric: ThresholdMetric, rows: &[(f64, bool)], threshold: f64) -> f64 {
        let probabilities: Vec<f64> = rows.iter().flat_map(|(p, _)| [1.0 - p, *p]).collect();
        let predicted: Vec<usize> = rows.iter().map(|(p, _)| usize::from(*p > threshold)).collect();
        let labels: Vec<usize> = rows
            .iter()
            .map(|(_, is_second)| usize::from(*is_second))
            .collect();
        let scores = ClassificationScores::from_decisions(&probabilities, &predicted, &labels, 2).unwrap();
        match metric {
            ThresholdMetric::Accuracy => scores.accuracy,
            ThresholdMetric::BalancedAccuracy => scores.balanced_accuracy,
            ThresholdMetric::F1 => scores.per_class[1].f1,
            ThresholdMetric::MacroF1 => scores.macro_f1,
            ThresholdMetric::WeightedF1 => scores.weighted_f1,
        }
    }

    proptest! {
        #[test]
        fn no_threshold_has_a_better_score(
            rows in prop::collection::vec(((0..=20u32).prop_map(|p| f64::from(p) / 20.0), any::<bool>()), 1..40),
        ) {
            for metric in METRICS {
                let found = Threshold::best(metric, &rows).unwrap();
                prop_assert!((score(metric, &rows, found.value) - found.score).abs() < 1e-12);
                prop_assert!((score(metric, &rows, USUAL) - found.score_before).abs() < 1e-12);
                for step in 0..=40 {
                    let other = f64::from(step) / 40.0;
                    prop_assert!(score(metric, &rows, other) <= found.score + 1e-12, "{:?} at {}", metric, other);
                }
                prop_assert_eq!(found.value == USUAL, found.score_before == found.score, "{:?}", metric);
            }
        }
    }

    #[test]
    fn one_half_stays_where_nothing_is_better() {
        let rows = [(0.1, false), (0.4, false), (0.6, true), (0.9, true)];
        assert_eq!(Threshold::best(ThresholdMetric::F1, &rows).unwrap().value, 0.5);
        assert_eq!(Threshold::best(ThresholdMetric::F1, &[]), None);
        let lower = [(0.1, false), (0.2, true), (0.4, true)];
        let found = Threshold::best(ThresholdMetric::Accuracy, &lower).unwrap();
        assert!((found.value - 0.15).abs() < 1e-15);
        assert_eq!((found.score_before, found.score), (1.0 / 3.0, 1.0));
    }
}
