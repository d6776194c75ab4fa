//! Scores of a model on rows whose answers are known.

use crate::error::Result;
use crate::preparation::{Predictions, TargetPreparation};
use crate::table::Table;
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::metrics::Metric;
use pellucid::evaluation::scores::{ClassificationScores, RegressionScores};
use pellucid::recipe::Task;
use serde::Serialize;
use serde_json::{Value, json};

/// The scores of predictions.
#[derive(Debug, Clone, PartialEq)]
pub enum Scores {
    /// Of classes.
    Classification {
        /// The classes by name.
        classes: Vec<String>,
        /// Their scores, the classes in the same order.
        scores: ClassificationScores,
    },
    /// Of several targets of two classes.
    Labels {
        /// The targets by name.
        columns: Vec<String>,
        /// The classes of each by name.
        classes: Vec<[String; 2]>,
        /// The scores of each.
        scores: Vec<ClassificationScores>,
        /// The part of rows with every target right.
        subset_accuracy: f64,
    },
    /// Of numbers.
    Regression {
        /// The targets by name.
        columns: Vec<String>,
        /// Their scores, in the units of the table.
        scores: RegressionScores,
    },
}

/// A metric, its name if it is among the figures, and its value.
type Figure<S> = (Metric, &'static str, fn(&S) -> Option<f64>);

pub(super) const OF_CLASSES: [Figure<ClassificationScores>; 7] = [
    (Metric::Accuracy, "accuracy", |of| Some(of.accuracy)),
    (Metric::BalancedAccuracy, "balanced_accuracy", |of| {
        Some(of.balanced_accuracy)
    }),
    (Metric::LogLoss, "log_loss", |of| Some(of.log_loss)),
    (Metric::RocAuc, "roc_auc", |of| of.roc_auc),
    (Metric::MicroF1, "", |of| Some(of.accuracy)),
    (Metric::MacroF1, "macro_f1", |of| Some(of.macro_f1)),
    (Metric::WeightedF1, "weighted_f1", |of| Some(of.weighted_f1)),
];

/// The metric that a figure of several targets is the value of, if any, its name, and its value from the scores of each target
/// and the part of rows with every target right.
type LabelFigure = (
    Option<Metric>,
    &'static str,
    fn(&[ClassificationScores], f64) -> Option<f64>,
);

pub(super) const OF_LABELS: [LabelFigure; 5] = [
    (Some(Metric::Accuracy), "subset_accuracy", |_, subset| {
        Some(subset)
    }),
    (None, "accuracy", |each, _| mean(each, |of| Some(of.accuracy))),
    (None, "log_loss", |each, _| mean(each, |of| Some(of.log_loss))),
    (None, "roc_auc", |each, _| mean(each, |of| of.roc_auc)),
    // The F1 of the second class, which is the one that a label names.
    (None, "macro_f1", |each, _| {
        mean(each, |of| of.per_class.get(1).map(|class| class.f1))
    }),
];

pub(super) const OF_NUMBERS: [Figure<RegressionScores>; 5] = [
    (Metric::R2, "r2", |of| of.mean.r2),
    (Metric::ExplainedVariance, "explained_variance", |of| {
        Some(of.mean.explained_variance)
    }),
    (Metric::RootMeanSquaredError, "rmse", |of| Some(of.mean.rmse)),
    (Metric::MeanAbsoluteError, "mae", |of| Some(of.mean.mae)),
    (Metric::MeanSquaredError, "", |of| Some(of.mean.mse)),
];

/// The figure that has no metric.
const CALIBRATION_ERROR: &str = "expected_calibration_error";

/// The true answers of some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    labels: Vec<usize>,
    numbers: Vec<f64>,
}

impl Answers {
    /// The targets that are numbers, (rows, columns).
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }

    /// The class of each row, where the target is classes.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// Appends the answers of rows of a table.
    ///
    /// # Errors
    /// As [`TargetPreparation::labels`].
    ///
    /// # Panics
    /// A row is not in the table.
    pub fn append(&mut self, target: &TargetPreparation, table: &Table, rows: &[u32]) -> Result<()> {
        match target.labels(table, rows)? {
            Some(labels) => self
                .labels
                .extend(labels.labels.iter().map(|&label| label as usize)),
            None => self.numbers.extend(target.numbers(table, rows)?),
        }
        Ok(())
    }
}

impl Scores {
    /// Scores predictions against the answers of the same rows.
    ///
    /// # Errors
    /// There are no rows, or the numbers of predictions and answers differ.
    pub fn from_predictions(predictions: &Predictions, answers: &Answers) -> Result<Self> {
        Ok(match predictions {
            Predictions::Classes {
                classes,
                labels,
                probabilities,
            } => {
                let predicted: Vec<usize> = labels.iter().map(|&label| label as usize).collect();
                Self::Classification {
                    classes: classes.clone(),
                    scores: ClassificationScores::from_decisions(
                        probabilities.values(),
                        &predicted,
                        &answers.labels,
                        classes.len(),
                    )?,
                }
            }
            Predictions::Labels {
                columns,
                classes,
                probabilities,
            } => Self::from_labels(columns, classes, probabilities, &answers.numbers)?,
            Predictions::Numbers { columns, values } => Self::Regression {
                columns: columns.clone(),
                scores: RegressionScores::from_predictions(values.values(), &answers.numbers, columns.len())?,
            },
        })
    }

    /// `answers` are 0 or 1, (rows, columns).
    fn from_labels(
        columns: &[String],
        classes: &[[String; 2]],
        probabilities: &Matrix<f64>,
        answers: &[f64],
    ) -> Result<Self> {
        let width = columns.len();
        if answers.len() != probabilities.values().len() {
            let found = answers.len().to_string();
            let expected = format!("one for each of {} probabilities", probabilities.values().len());
            return Err(pellucid::Error::shape("the list of answers", found, expected).into());
        }
        let of_column = |column: usize| -> Result<ClassificationScores> {
            let of = |values: &[f64]| {
                values
                    .iter()
                    .skip(column)
                    .step_by(width)
                    .copied()
                    .collect::<Vec<f64>>()
            };
            let second = of(probabilities.values());
            let both: Vec<f64> = second.iter().flat_map(|p| [1.0 - p, *p]).collect();
            let labels: Vec<usize> = of(answers)
                .into_iter()
                .map(|answer| usize::from(answer > 0.5))
                .collect();
            Ok(ClassificationScores::from_probabilities(&both, &labels, 2)?)
        };
        let rows = probabilities
            .values()
            .chunks_exact(width)
            .zip(answers.chunks_exact(width));
        let all_right = |(p, y): &(&[f64], &[f64])| p.iter().zip(*y).all(|(p, y)| (*p > 0.5) == (*y > 0.5));
        Ok(Self::Labels {
            columns: columns.to_vec(),
            classes: classes.to_vec(),
            scores: (0..width).map(of_column).collect::<Result<_>>()?,
            subset_accuracy: rows.filter(all_right).count() as f64 / probabilities.rows() as f64,
        })
    }

    /// The figures over all classes or targets, by name, without those that are not defined.
    pub fn figures(&self) -> Vec<(&'static str, f64)> {
        let named = self.values().into_iter().filter(|(_, name, _)| !name.is_empty());
        named
            .filter_map(|(_, name, value)| Some((name, value?)))
            .collect()
    }

    /// The figure of a metric over all classes or targets; `None` if it is not defined or not known.
    pub fn figure(&self, metric: Metric) -> Option<f64> {
        let found = self
            .values()
            .into_iter()
            .find(|(known, ..)| *known == Some(metric));
        found.and_then(|(_, _, value)| value)
    }

    /// Each figure with the metric that it is the value of, if any, and with its name, if it is among the figures.
    pub(super) fn values(&self) -> Vec<(Option<Metric>, &'static str, Option<f64>)> {
        match self {
            Self::Classification { scores, .. } => {
                let known = OF_CLASSES.map(|(metric, name, value)| (Some(metric), name, value(scores)));
                let calibration = (None, CALIBRATION_ERROR, Some(scores.expected_calibration_error));
                known.into_iter().chain([calibration]).collect()
            }
            Self::Labels {
                scores,
                subset_accuracy,
                ..
            } => {
                let known =
                    OF_LABELS.map(|(metric, name, value)| (metric, name, value(scores, *subset_accuracy)));
                let error = mean(scores, |of| Some(of.expected_calibration_error));
                known
                    .into_iter()
                    .chain([(None, CALIBRATION_ERROR, error)])
                    .collect()
            }
            Self::Regression { scores, .. } => OF_NUMBERS
                .map(|(metric, name, value)| (Some(metric), name, value(scores)))
                .into(),
        }
    }

    /// The metrics of a task that [`Scores::figure`] knows.
    pub fn metrics(task: Task) -> Vec<Metric> {
        match task {
            Task::Classification => OF_CLASSES.map(|(metric, ..)| metric).into(),
            Task::Regression => OF_NUMBERS.map(|(metric, ..)| metric).into(),
        }
    }

    /// All scores as JSON.
    pub fn to_json(&self) -> Value {
        fn named<S: Serialize>(names: &[String], scores: &[S]) -> Value {
            let pairs = names.iter().cloned().zip(scores.iter().map(|score| json!(score)));
            Value::Object(pairs.collect())
        }
        let mut all: serde_json::Map<String, Value> = self
            .figures()
            .into_iter()
            .map(|(name, value)| (name.into(), json!(value)))
            .collect();
        match self {
            Self::Classification { classes, scores } => {
                all.insert("classes".into(), json!(classes));
                all.insert("reliability".into(), json!(scores.reliability));
                all.insert("per_class".into(), named(classes, &scores.per_class));
                all.insert("confusion".into(), json!(scores.confusion));
            }
            Self::Labels {
                columns,
                classes,
                scores,
                ..
            } => {
                let of_target = |(scores, classes): (&ClassificationScores, &[String; 2])| {
                    let mut of_target = json!(scores);
                    of_target["classes"] = json!(classes);
                    of_target
                };
                let of_targets: Vec<Value> = scores.iter().zip(classes).map(of_target).collect();
                all.insert("targets".into(), named(columns, &of_targets));
            }
            Self::Regression { columns, scores } => {
                all.insert("targets".into(), named(columns, &scores.outputs));
            }
        }
        Value::Object(all)
    }
}

/// The mean of a figure over several targets; `None` if that of one is not defined.
fn mean(
    scores: &[ClassificationScores],
    value: impl Fn(&ClassificationScores) -> Option<f64>,
) -> Option<f64> {
    let all: Option<Vec<f64>> = scores.iter().map(value).collect();
    all.map(|all| all.iter().sum::<f64>() / all.len() as f64)
}
