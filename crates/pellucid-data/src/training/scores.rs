//! How good a model is on rows whose answer is known.

use crate::error::Result;
use crate::preparation::{Predictions, TargetPreparation};
use crate::table::Table;
use pellucid::metrics::Metric;
use pellucid::recipe::Task;
use pellucid::scores::{ClassificationScores, RegressionScores};
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
    /// Of numbers.
    Regression {
        /// The targets by name.
        columns: Vec<String>,
        /// Their scores, in the units of the table.
        scores: RegressionScores,
    },
}

/// The true answers of some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answers {
    labels: Vec<usize>,
    numbers: Vec<f64>,
}

impl Answers {
    /// Appends those of rows of a table.
    ///
    /// # Errors
    /// As [`TargetPreparation::labels`].
    ///
    /// # Panics
    /// When there is no such row.
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
    /// [`DataError::Engine`](crate::DataError::Engine) where there are no rows, or other rows.
    pub fn of(predictions: &Predictions, answers: &Answers) -> Result<Self> {
        Ok(match predictions {
            Predictions::Classes {
                classes,
                probabilities,
                ..
            } => Self::Classification {
                classes: classes.clone(),
                scores: ClassificationScores::of(probabilities.values(), &answers.labels, classes.len())?,
            },
            Predictions::Numbers { columns, values } => Self::Regression {
                columns: columns.clone(),
                scores: RegressionScores::of(values.values(), &answers.numbers, columns.len())?,
            },
        })
    }

    /// The figures of all classes or targets together, by name; those that are not defined are left out.
    pub fn figures(&self) -> Vec<(&'static str, f64)> {
        let figures: Vec<(&'static str, Option<f64>)> = match self {
            Self::Classification { scores, .. } => vec![
                ("accuracy", Some(scores.accuracy)),
                ("balanced_accuracy", Some(scores.balanced_accuracy)),
                ("log_loss", Some(scores.log_loss)),
                ("roc_auc", scores.roc_auc),
                ("macro_f1", Some(scores.macro_f1)),
                ("weighted_f1", Some(scores.weighted_f1)),
            ],
            Self::Regression { scores, .. } => vec![
                ("r2", scores.mean.r2),
                ("explained_variance", Some(scores.mean.explained_variance)),
                ("rmse", Some(scores.mean.rmse)),
                ("mae", Some(scores.mean.mae)),
            ],
        };
        let defined = figures.into_iter();
        defined.filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// One figure of all classes or targets together, as metrics call it; nothing where it is not defined or not known.
    pub fn figure(&self, metric: Metric) -> Option<f64> {
        match (self, metric) {
            (Self::Classification { scores, .. }, metric) => match metric {
                Metric::Accuracy | Metric::MicroF1 => Some(scores.accuracy),
                Metric::BalancedAccuracy => Some(scores.balanced_accuracy),
                Metric::LogLoss => Some(scores.log_loss),
                Metric::RocAuc => scores.roc_auc,
                Metric::MacroF1 => Some(scores.macro_f1),
                Metric::WeightedF1 => Some(scores.weighted_f1),
                _ => None,
            },
            (Self::Regression { scores, .. }, metric) => match metric {
                Metric::R2 => scores.mean.r2,
                Metric::ExplainedVariance => Some(scores.mean.explained_variance),
                Metric::RootMeanSquaredError => Some(scores.mean.rmse),
                Metric::MeanAbsoluteError => Some(scores.mean.mae),
                Metric::MeanSquaredError => Some(scores.mean.mse),
                _ => None,
            },
        }
    }

    /// The metrics that [`Scores::figure`] knows of a task.
    pub fn metrics(task: Task) -> &'static [Metric] {
        match task {
            Task::Classification => &[
                Metric::Accuracy,
                Metric::BalancedAccuracy,
                Metric::LogLoss,
                Metric::RocAuc,
                Metric::MicroF1,
                Metric::MacroF1,
                Metric::WeightedF1,
            ],
            Task::Regression => &[
                Metric::R2,
                Metric::ExplainedVariance,
                Metric::RootMeanSquaredError,
                Metric::MeanAbsoluteError,
                Metric::MeanSquaredError,
            ],
        }
    }

    /// All of it, for machines.
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
                all.insert("per_class".into(), named(classes, &scores.per_class));
                all.insert("confusion".into(), json!(scores.confusion));
            }
            Self::Regression { columns, scores } => {
                all.insert("targets".into(), named(columns, &scores.outputs));
            }
        }
        Value::Object(all)
    }
}
