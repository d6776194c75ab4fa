//! Permutation importance: how much worse a model's score becomes when one source column is shuffled.
//!
//! L. Breiman, "Random Forests", *Machine Learning* 45 (2001), section 10; for any model A. Fisher, C. Rudin and F. Dominici,
//! "All Models are Wrong, but Many are Useful", *Journal of Machine Learning Research* 20 (2019). As there, one permutation of
//! the rows moves the values of a column, and everything else stays in place.

use super::prepared_rows::PreparedRows;
use super::progress::Progress;
use crate::error::Result;
use crate::preparation::{Predictions, mean_and_std, quantiles};
use crate::training::{Answers, ScoreFigure, Scores};
use pellucid::evaluation::metrics::Better;
use pellucid::numpy_random::RandomState;
use serde_json::{Value, json};

/// The ends of the band of an importance, as parts of the repeats below them.
pub const BAND: (f64, f64) = (0.05, 0.95);

/// How importance is measured.
#[derive(Debug, Clone, Copy)]
pub struct PermutationSettings {
    /// How often each column is shuffled; at least once.
    pub repeats: usize,
    /// The seed of the permutations.
    pub seed: u32,
    /// The figure that gets worse.
    pub figure: ScoreFigure,
}

/// The importance of every source column of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutationImportance {
    /// The figure that gets worse.
    pub figure: ScoreFigure,
    /// Its value on the rows as they are.
    pub score: f64,
    /// How often each column was shuffled: fewer times than asked where it was stopped.
    pub repeats: usize,
    /// The columns, the most important first; of equal ones the first in the training table.
    pub columns: Vec<ColumnImportance>,
}

/// How much worse the figure becomes when a column is shuffled; below 0 where it becomes better.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnImportance {
    /// The column.
    pub column: String,
    /// In each repeat, in the unit of the figure.
    pub values: Vec<f64>,
    /// The mean over the repeats; 0 without any.
    pub mean: f64,
    /// The standard deviation over the repeats (dividing by their number, as NumPy's `std`).
    pub std: f64,
    /// The 5th and the 95th percentile of the repeats ([`BAND`]), with linear interpolation as NumPy's `percentile`.
    pub band: (f64, f64),
    /// Whether the column is the same in all rows, so that shuffling changes nothing.
    pub is_constant: bool,
}

impl ColumnImportance {
    /// What a user should know of it.
    pub fn note(&self) -> Option<String> {
        self.is_constant.then(|| {
            format!(
                "column `{}` is the same in every row here, so shuffling it changes nothing; these rows cannot say whether it \
                 matters",
                self.column
            )
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "column": self.column,
            "mean": self.mean,
            "std": self.std,
            "low": self.band.0,
            "high": self.band.1,
            "values": self.values,
            "constant": self.is_constant,
        })
    }
}

impl PermutationImportance {
    /// What a user should know, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        self.columns.iter().filter_map(ColumnImportance::note).collect()
    }

    /// The figure, its value on the rows as they are, and every column, as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "metric": self.figure.name(),
            "better": match self.figure.better() {
                Better::Higher => "higher",
                Better::Lower => "lower",
            },
            "score": self.score,
            "repeats": self.repeats,
            "band": [BAND.0, BAND.1],
            "columns": self.columns.iter().map(ColumnImportance::to_json).collect::<Vec<_>>(),
        })
    }
}

/// Measures the importance of every source column for the predictions of `rows`, whose true answers are `answers`.
///
/// The repeat is the outer loop, and every column has the same permutation in a repeat: the result does not depend on the order
/// of the columns or the number of threads, and what is stopped has whole repeats.
///
/// # Errors
/// There are fewer than two rows; the figure is not defined on these rows; answers and rows differ in number.
pub fn permutation_importance(
    rows: &PreparedRows<'_>,
    answers: &Answers,
    settings: &PermutationSettings,
    progress: &mut Progress<'_>,
) -> Result<PermutationImportance> {
    let figure = settings.figure;
    let count = rows.rows();
    if count < 2 {
        let found = if count == 1 {
            "there is 1 row"
        } else {
            "there are no rows"
        };
        let needed =
            "shuffling a column takes at least two; give a table with more rows whose answers are known";
        return Err(rows.problem(format!("{found}; {needed}")));
    }
    let score = |predictions: &Predictions| -> Result<f64> {
        let scores = Scores::from_predictions(predictions, answers)?;
        figure.value_in(&scores).ok_or_else(|| {
            let (name, others) = (figure.name(), defined_in(&scores));
            rows.problem(format!(
                "{name} is not defined on these rows, for it needs every class among them; choose one of {others}"
            ))
        })
    };
    let reference = score(&rows.predictions()?)?;

    let names: Vec<String> = rows.columns().map(str::to_owned).collect();
    let is_constant: Vec<bool> = (0..names.len()).map(|column| rows.is_constant(column)).collect();
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    let mut random = RandomState::new(settings.seed);
    let all = settings.repeats * names.len();
    let mut repeats = 0;
    'repeats: while repeats < settings.repeats {
        let order = random.permutation(count);
        for (shuffled, (values, is_constant)) in values.iter_mut().zip(&is_constant).enumerate() {
            if progress(repeats * names.len() + shuffled, all).is_break() {
                break 'repeats;
            }
            values.push(match is_constant {
                true => 0.0,
                false => {
                    let from = |row: usize, column: usize| if column == shuffled { order[row] } else { row };
                    figure.loss_of(score(&rows.predict_composed(count, from)?)?, reference)
                }
            });
        }
        repeats += 1;
    }

    let column = |((column, mut values), is_constant): ((String, Vec<f64>), bool)| {
        values.truncate(repeats);
        let (mean, std, band) = summary(&values);
        ColumnImportance {
            column,
            values,
            mean,
            std,
            band,
            is_constant,
        }
    };
    let columns = names.into_iter().zip(values).zip(is_constant);
    let mut columns: Vec<ColumnImportance> = columns.map(column).collect();
    columns.sort_by(|one, other| other.mean.total_cmp(&one.mean));
    Ok(PermutationImportance {
        figure,
        score: reference,
        repeats,
        columns,
    })
}

/// Mean, standard deviation and band of values; zeros without any.
fn summary(values: &[f64]) -> (f64, f64, (f64, f64)) {
    if values.is_empty() {
        return (0.0, 0.0, (0.0, 0.0));
    }
    let (mean, std) = mean_and_std(values.iter().copied());
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Every 5th percentile.
    let percentiles = quantiles(&sorted, 21);
    (mean, std, (percentiles[1], percentiles[19]))
}

/// The names of the figures that these rows have.
fn defined_in(scores: &Scores) -> String {
    let names: Vec<&str> = scores.figures().into_iter().map(|(name, _)| name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::summary;

    /// `np.mean`, `np.std` and `np.percentile(values, [5, 95])`.
    #[test]
    fn a_summary_is_that_of_numpy() {
        let (mean, std, (low, high)) = summary(&[0.3, 0.1, 0.4, 0.2]);
        assert!((mean - 0.25).abs() < 1e-15 && (std - 0.111_803_398_874_989_5).abs() < 1e-15);
        assert!((low - 0.115).abs() < 1e-15 && (high - 0.385).abs() < 1e-15);
        assert_eq!(summary(&[]), (0.0, 0.0, (0.0, 0.0)));
    }
}
