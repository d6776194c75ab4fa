//! Scores predicted probabilities of labels, of which a row may have none, one or several.

use super::classification::area_under_roc;
use super::counts::{self, Counts};
use super::{ClassScores, count_pairs, ratio};
use crate::error::Result;
use serde::Serialize;

/// The scores of a multi-label classifier. A row is predicted to have the labels whose probability is above ½.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelScores {
    /// The fraction of rows all of whose labels are right.
    pub accuracy: f64,
    /// The mean area under the ROC curve over the labels. `None` where all rows have a label, or no row has it.
    pub roc_auc: Option<f64>,
    /// F1 of all decisions together.
    pub micro_f1: f64,
    /// The mean F1 of the labels.
    pub macro_f1: f64,
    /// The mean F1 of the labels, each weighted by its rows.
    pub weighted_f1: f64,
    /// The scores of each label.
    pub per_label: Vec<ClassScores>,
}

impl LabelScores {
    /// Scores `probabilities` against `targets`, 1 where a row has a label and 0 where not, both (rows, `labels`).
    ///
    /// ```
    /// use pellucid::evaluation::scores::LabelScores;
    /// let scores = LabelScores::from_probabilities(&[0.9, 0.8, 0.2, 0.7], &[1.0, 0.0, 0.0, 1.0], 2)?;
    /// assert_eq!((scores.accuracy, scores.micro_f1), (0.5, 0.8));
    /// # Ok::<(), pellucid::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) for no rows, or probabilities and targets of different shape;
    /// [`Error::NonFiniteInput`](crate::Error::NonFiniteInput).
    pub fn from_probabilities(probabilities: &[f64], targets: &[f64], labels: usize) -> Result<Self> {
        let rows = count_pairs("the probabilities", probabilities, targets, labels)?;
        let mut counted = vec![Counts::default(); labels];
        let mut right = 0;
        for (row, of_row) in probabilities
            .chunks_exact(labels)
            .zip(targets.chunks_exact(labels))
        {
            for ((p, y), counts) in row.iter().zip(of_row).zip(&mut counted) {
                counts.add(*y > 0.5, *p > 0.5);
            }
            right += usize::from(row.iter().zip(of_row).all(|(p, y)| (*p > 0.5) == (*y > 0.5)));
        }
        Ok(Self {
            accuracy: ratio(right, rows),
            roc_auc: label_roc_auc(probabilities, targets, labels),
            micro_f1: counts::micro_f1(&counted),
            macro_f1: counts::macro_f1_of_labels(&counted),
            weighted_f1: counts::weighted_f1(&counted),
            per_label: counted.into_iter().map(Counts::scores).collect(),
        })
    }
}

/// The mean area under the ROC curve over the labels. Both slices are (rows, `labels`).
pub(crate) fn label_roc_auc(probabilities: &[f64], targets: &[f64], labels: usize) -> Option<f64> {
    let of_label = |label: usize| {
        let scores = probabilities[label..].iter().step_by(labels);
        let truths = targets[label..].iter().step_by(labels).map(|y| *y > 0.5);
        let scored: Vec<(f64, bool)> = scores.copied().zip(truths).collect();
        let positives = scored.iter().filter(|(_, positive)| *positive).count();
        (0 < positives && positives < scored.len()).then(|| area_under_roc(scored))
    };
    let areas: Vec<f64> = (0..labels).map(of_label).collect::<Option<_>>()?;
    Some(areas.iter().sum::<f64>() / labels as f64)
}
