//! How good a model is on rows whose answer is known.

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
        /// The part of rows of which every target is right.
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
            Predictions::Labels {
                columns,
                classes,
                probabilities,
            } => Self::of_labels(columns, classes, probabilities, &answers.numbers)?,
            Predictions::Numbers { columns, values } => Self::Regression {
                columns: columns.clone(),
                scores: RegressionScores::of(values.values(), &answers.numbers, columns.len())?,
            },
        })
    }

    /// `answers` are 0 or 1, (rows, columns).
    fn of_labels(
        columns: &[String],
        classes: &[[String; 2]],
        probabilities: &Matrix<f64>,
        answers: &[f64],
    ) -> Result<Self> {
        let width = columns.len();
        if answers.len() != probabilities.values().len() {
            return Err(pellucid::Error::Shape {
                what: "the list of answers".into(),
                found: answers.len().to_string(),
                expected: format!("one for each of {} probabilities", probabilities.values().len()),
                hint: String::new(),
            }
            .into());
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
            Ok(ClassificationScores::of(&both, &labels, 2)?)
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
            Self::Labels {
                scores,
                subset_accuracy,
                ..
            } => {
                let mean = |of: fn(&ClassificationScores) -> Option<f64>| -> Option<f64> {
                    let all: Option<Vec<f64>> = scores.iter().map(of).collect();
                    all.map(|all| all.iter().sum::<f64>() / all.len() as f64)
                };
                vec![
                    ("subset_accuracy", Some(*subset_accuracy)),
                    ("accuracy", mean(|of| Some(of.accuracy))),
                    ("log_loss", mean(|of| Some(of.log_loss))),
                    ("roc_auc", mean(|of| of.roc_auc)),
                    // Of the second class, which is what a label is about.
                    ("macro_f1", mean(|of| of.per_class.get(1).map(|class| class.f1))),
                ]
            }
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
            (Self::Labels { subset_accuracy, .. }, Metric::Accuracy) => Some(*subset_accuracy),
            (Self::Labels { .. }, _) => None,
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
