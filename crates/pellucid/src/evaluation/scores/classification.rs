//! Scores predicted probabilities of classes.

use super::counts::{self, Counts};
use super::reliability::{ReliabilityBin, expected_calibration_error, reliability};
use super::{class_of, count_rows, ratio};
use crate::error::{Error, Result};
use pellucid_kernels::simd::elementary;
use serde::Serialize;

/// The scores of a classifier. A row's predicted class is its most probable one, of equal ones the first, unless the caller
/// says which it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassificationScores {
    /// The fraction of rows whose class is right.
    pub accuracy: f64,
    /// The mean recall of the classes that have rows.
    pub balanced_accuracy: f64,
    /// The mean of −ln p, where p is the probability of a row's true class, kept ε = 2⁻⁵² away from 0 and 1.
    pub log_loss: f64,
    /// The probability that a row of a class gets a higher probability of it than a row of another class, where equal ones
    /// count half: for two classes that of the second, for more classes the mean over each class against the rest. `None`
    /// where a class has no rows.
    pub roc_auc: Option<f64>,
    /// The mean F1 of the classes that have rows or are predicted.
    pub macro_f1: f64,
    /// The mean F1 of the classes, each weighted by its rows.
    pub weighted_f1: f64,
    /// The mean over the rows of |accuracy − confidence| of the row's bin of [`reliability`](Self::reliability). Guo, Pleiss,
    /// Sun & Weinberger, *On Calibration of Modern Neural Networks*, 2017.
    pub expected_calibration_error: f64,
    /// How often the most probable class is right where its probability is how large, whatever class is predicted; bins
    /// without rows are left out.
    pub reliability: Vec<ReliabilityBin>,
    /// The scores of each class.
    pub per_class: Vec<ClassScores>,
    /// The number of rows of each true class (rows) that are predicted as each class (columns).
    pub confusion: Vec<Vec<usize>>,
}

/// The scores of one class against the rest; 0 where the denominator is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassScores {
    /// The fraction of the rows predicted as the class that belong to it.
    pub precision: f64,
    /// The fraction of the class's rows that are predicted as it.
    pub recall: f64,
    /// The harmonic mean of precision and recall.
    pub f1: f64,
    /// The number of rows of the class.
    pub support: usize,
}

impl ClassificationScores {
    /// Scores `probabilities`, (rows, `classes`), against the true class of each row.
    ///
    /// ```
    /// use pellucid::evaluation::scores::ClassificationScores;
    /// let scores = ClassificationScores::from_probabilities(&[0.9, 0.1, 0.6, 0.4, 0.2, 0.8], &[0, 1, 1], 2)?;
    /// assert_eq!(scores.accuracy, 2.0 / 3.0);
    /// assert_eq!(scores.roc_auc, Some(1.0)); // 0.4 and 0.8 are above 0.1
    /// assert_eq!(scores.confusion, [[1, 0], [1, 1]]);
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] for no rows, fewer than two classes, a number of labels other than one per
    /// row, or a label out of range; [`Error::NonFiniteInput`].
    pub fn from_probabilities(probabilities: &[f64], labels: &[usize], classes: usize) -> Result<Self> {
        let predicted: Vec<usize> = probabilities.chunks(classes.max(1)).map(class_of).collect();
        Self::from_decisions(probabilities, &predicted, labels, classes)
    }

    /// The same where `predicted` is the predicted class of each row, as a threshold other than ½ decides.
    ///
    /// # Errors
    /// As [`from_probabilities`](Self::from_probabilities); a number of predicted classes other than one per row, or one out
    /// of range.
    pub fn from_decisions(
        probabilities: &[f64],
        predicted: &[usize],
        labels: &[usize],
        classes: usize,
    ) -> Result<Self> {
        let rows = count_rows("the probabilities", probabilities, classes)?;
        if classes < 2 {
            return Err(Error::shape(
                "a row of probabilities",
                classes.to_string(),
                "2 or more",
            ));
        }
        check_classes("labels", labels, rows, classes)?;
        check_classes("predicted classes", predicted, rows, classes)?;

        let mut confusion = vec![vec![0; classes]; classes];
        let mut log_loss = 0.0;
        for ((row, &label), &predicted) in probabilities.chunks_exact(classes).zip(labels).zip(predicted) {
            confusion[label][predicted] += 1;
            log_loss += negative_log(row[label]);
        }
        let counted: Vec<Counts> = (0..classes)
            .map(|class| Counts {
                right: confusion[class][class],
                predicted: confusion.iter().map(|row| row[class]).sum(),
                support: confusion[class].iter().sum(),
            })
            .collect();
        let reliability = reliability(probabilities, labels, classes);
        Ok(Self {
            accuracy: ratio(counted.iter().map(|class| class.right).sum(), rows),
            balanced_accuracy: counts::balanced_accuracy(&counted),
            log_loss: log_loss / rows as f64,
            roc_auc: roc_auc(probabilities, labels, classes),
            macro_f1: counts::macro_f1(&counted),
            weighted_f1: counts::weighted_f1(&counted),
            expected_calibration_error: expected_calibration_error(&reliability),
            reliability,
            per_class: counted.into_iter().map(Counts::scores).collect(),
            confusion,
        })
    }
}

/// Checks that there is a class for each row, and that none is out of range.
fn check_classes(what: &str, found: &[usize], rows: usize, classes: usize) -> Result<()> {
    if found.len() != rows {
        let expected = format!("one for each of {rows} rows");
        return Err(Error::shape(
            format!("the list of {what}"),
            found.len().to_string(),
            expected,
        ));
    }
    match found.iter().position(|&class| class >= classes) {
        None => Ok(()),
        Some(row) => {
            let (place, expected) = (
                format!("row {} of the {what}", row + 1),
                format!("0 to {}", classes - 1),
            );
            Err(Error::shape(place, found[row].to_string(), expected))
        }
    }
}

/// −ln p of a true class, with p kept ε = 2⁻⁵² away from 0 and 1.
pub(crate) fn negative_log(p: f64) -> f64 {
    -elementary::ln(p.clamp(f64::EPSILON, 1.0 - f64::EPSILON))
}

/// The area under the ROC curve. `scores` are (rows, `classes`); only their order matters.
pub(crate) fn roc_auc(scores: &[f64], labels: &[usize], classes: usize) -> Option<f64> {
    if (0..classes).any(|class| !labels.contains(&class)) {
        return None;
    }
    let against_the_rest = |class: usize| {
        let of_class = scores[class..].iter().step_by(classes);
        let scored = of_class
            .zip(labels)
            .map(|(&score, &label)| (score, label == class));
        area_under_roc(scored.collect())
    };
    Some(match classes {
        2 => against_the_rest(1),
        _ => (0..classes).map(against_the_rest).sum::<f64>() / classes as f64,
    })
}

/// The area under the ROC curve from the rank sum of the positives (Mann & Whitney, 1947); equal scores share their mean
/// rank. Twice a rank is a whole number, so that the result does not depend on the order of the rows, to the last bit.
pub(super) fn area_under_roc(mut scored: Vec<(f64, bool)>) -> f64 {
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut before, mut positives, mut twice_ranks) = (0u128, 0u128, 0u128);
    // `==` holds for 0 and −0, which are neighbours under `total_cmp`.
    for equals in scored.chunk_by(|a, b| a.0 == b.0) {
        let positive = equals.iter().filter(|(_, positive)| *positive).count() as u128;
        twice_ranks += positive * (2 * before + equals.len() as u128 + 1);
        positives += positive;
        before += equals.len() as u128;
    }
    let twice_pairs = 2 * positives * (before - positives);
    (twice_ranks - positives * (positives + 1)) as f64 / twice_pairs as f64
}
