//! Computes the scores of a trained model, by the definitions of scikit-learn.

mod classification;
mod counts;
mod labels;
mod regression;
mod reliability;

pub use classification::{ClassScores, ClassificationScores};
pub(crate) use classification::{negative_log, roc_auc};
pub(crate) use counts::{Counts, balanced_accuracy, macro_f1, macro_f1_of_labels, micro_f1, weighted_f1};
pub use labels::LabelScores;
pub(crate) use labels::label_roc_auc;
pub use regression::{OutputScores, RegressionScores};
pub use reliability::ReliabilityBin;

use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// The predicted class of a row of outputs: the first of the largest; for a single output whether it is above ½.
pub fn class_of<T: Scalar>(outputs: &[T]) -> usize {
    match outputs {
        [single] => usize::from(*single > T::HALF),
        many => (1..many.len()).fold(0, |best, j| if many[j] > many[best] { j } else { best }),
    }
}

/// The number of rows of `numbers`, (rows, `width`). Checks that there is a row and that all numbers are finite.
fn count_rows(what: &str, numbers: &[f64], width: usize) -> Result<usize> {
    if numbers.is_empty() || width == 0 || !numbers.len().is_multiple_of(width) {
        return Err(Error::shape(
            what,
            format!("{} numbers", numbers.len()),
            format!("one row or more of {width}"),
        ));
    }
    match numbers.iter().position(|number| !number.is_finite()) {
        None => Ok(numbers.len() / width),
        Some(at) => Err(Error::NonFiniteInput {
            place: format!("row {}, column {} of {what}", at / width + 1, at % width + 1),
            value: numbers[at],
        }),
    }
}

/// The number of rows of predictions and targets, both (rows, `width`).
fn count_pairs(what: &str, predictions: &[f64], targets: &[f64], width: usize) -> Result<usize> {
    let rows = count_rows(what, predictions, width)?;
    let expected = count_rows("the targets", targets, width)?;
    if rows != expected {
        let expected = format!("{expected}, as the targets have,");
        return Err(Error::shape(what, format!("{rows} rows"), expected));
    }
    Ok(rows)
}

/// The fraction `part` / `whole`; 0 where `whole` is 0.
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}
