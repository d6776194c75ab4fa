//! What a network learns to say, and what its outputs mean.

use super::choice::find;
use super::column_kind::{Words, in_spelling_of, numbers, read_as, truth};
use super::error::{at, listed, problem};
use super::number::mean_and_std;
use super::{ColumnKind, Labels, Task};
use crate::error::Result;
use crate::table::{Categories, Table, Values};
use pellucid::Scalar;
use pellucid::data::dataset::Targets;
use pellucid::data::matrix::Matrix;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A target column of numbers, which a network learns as (number − mean) / std.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegressionTarget {
    /// Its name.
    pub column: String,
    /// The mean of training rows.
    pub mean: f64,
    /// The standard deviation, over all training rows.
    pub std: f64,
}

/// A target column of two classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelTarget {
    /// Its name.
    pub column: String,
    /// What the column holds.
    pub kind: ColumnKind,
    /// The classes by name, in the order of [`TargetPreparation::Binary`].
    pub classes: [String; 2],
}

impl LabelTarget {
    /// The same as the only target.
    fn alone(&self) -> TargetPreparation {
        TargetPreparation::Binary {
            column: self.column.clone(),
            kind: self.kind,
            classes: self.classes.clone(),
        }
    }

    /// 0 or 1 for each row.
    fn codes(&self, table: &Table, rows: &[u32]) -> Result<Vec<u32>> {
        let labels = self.alone().labels(table, rows)?;
        Ok(labels.map_or_else(Vec::new, |labels| labels.labels))
    }
}

/// What a network learns, fitted to training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TargetPreparation {
    /// Two classes: one output, the probability of the second.
    Binary {
        /// The column.
        column: String,
        /// What the column holds.
        kind: ColumnKind,
        /// The classes by name: false before true, the lower number before the higher, words sorted.
        classes: [String; 2],
    },
    /// More classes: an output each, its probability.
    Classes {
        /// The column.
        column: String,
        /// What the column holds.
        kind: ColumnKind,
        /// The classes by name, numbers and words sorted.
        classes: Vec<String>,
    },
    /// Several targets of two classes, of which a row may have any: an output each, the probability of the second.
    Labels {
        /// The columns.
        labels: Vec<LabelTarget>,
    },
    /// Numbers: an output each.
    Regression {
        /// The columns.
        columns: Vec<RegressionTarget>,
    },
}

/// What outputs say, a row each.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    /// Of classes.
    Classes {
        /// The classes by name.
        classes: Vec<String>,
        /// The most probable class of each row; of two equals the first.
        labels: Vec<u32>,
        /// The probability of each class, (rows, classes).
        probabilities: Matrix<f64>,
    },
    /// Of several targets of two classes.
    Labels {
        /// The target columns by name.
        columns: Vec<String>,
        /// The classes of each by name.
        classes: Vec<[String; 2]>,
        /// The probability of the second class of each, (rows, columns).
        probabilities: Matrix<f64>,
    },
    /// Of numbers, in the units of the table.
    Numbers {
        /// The target columns by name.
        columns: Vec<String>,
        /// (rows, columns).
        values: Matrix<f64>,
    },
}

/// What these targets ask for, where the caller does not say. Words and booleans are classes. Numbers are classes
/// where all are integers and few are different: at most 20, and one in ten rows or two. Any other number is regression.
/// Several targets are classes, two each, where all of them are words, booleans, or 0 and 1 alone; regression otherwise. So
/// a wine's points from 3 to 9 are classes, and an abalone's rings from 1 to 29
/// are a number.
///
/// # Errors
/// [`DataError::Preparation`](crate::DataError::Preparation): no target, one that is not there.
///
/// # Panics
/// When there is no such row.
pub fn choose_task(table: &Table, rows: &[u32], targets: &[String], task: Option<Task>) -> Result<Task> {
    const MOST_CLASSES: usize = 20;
    let [target] = targets else {
        if targets.is_empty() {
            return Err(problem(
                &table.source,
                "no target is named; at least one is needed",
            ));
        }
        if let Some(task) = task {
            return Ok(task);
        }
        for target in targets {
            if let Values::Numbers(numbers) = &find(table, target, "target")?.values {
                let is_label = |&row: &u32| [0.0, 1.0].contains(&numbers[row as usize]);
                if !rows.iter().all(is_label) {
                    return Ok(Task::Regression);
                }
            }
        }
        return Ok(Task::Classification);
    };
    let column = find(table, target, "target")?;
    if let Some(task) = task {
        return Ok(task);
    }
    let Values::Numbers(numbers) = &column.values else {
        return Ok(Task::Classification);
    };
    let most = MOST_CLASSES.min((rows.len() / 10).max(2));
    let mut distinct = HashSet::new();
    let few_integers = rows
        .iter()
        .map(|&row| numbers[row as usize])
        .filter(|number| !number.is_nan())
        .all(|number| {
            distinct.insert((number + 0.0).to_bits());
            number.is_finite() && number.trunc() == number && distinct.len() <= most
        });
    Ok(if few_integers {
        Task::Classification
    } else {
        Task::Regression
    })
}

impl TargetPreparation {
    /// Fits to the training rows.
    ///
    /// # Errors
    /// [`DataError::Preparation`](crate::DataError::Preparation): a target that is not there, missing in some row, the same in
    /// all rows, or of words where numbers are needed; several targets that are to be classes, one of them of more than
    /// two.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn fit(table: &Table, rows: &[u32], targets: &[String], task: Option<Task>) -> Result<Self> {
        let task = choose_task(table, rows, targets, task)?;
        let never_changes = |target: &str, value: &str| {
            problem(
                at(table, target, None),
                format!(
                    "the target is {value} in every training row, so there is nothing to learn; choose another \
                     target, or other rows"
                ),
            )
        };
        if task == Task::Regression {
            let columns = targets.iter().map(|target| {
                let values = target_numbers(table, rows, target)?;
                let (mean, std) = mean_and_std(values.iter().copied());
                if std == 0.0 {
                    return Err(never_changes(target, &mean.to_string()));
                }
                if !mean.is_finite() || !std.is_finite() {
                    let message = "the numbers are too large to compute with; divide them by a power of ten";
                    return Err(problem(at(table, target, None), message));
                }
                Ok(RegressionTarget {
                    column: target.clone(),
                    mean,
                    std,
                })
            });
            return Ok(Self::Regression {
                columns: columns.collect::<Result<_>>()?,
            });
        }
        let [target] = targets else {
            let label = |target: &String| {
                let alone = Self::fit(
                    table,
                    rows,
                    std::slice::from_ref(target),
                    Some(Task::Classification),
                )?;
                match alone {
                    Self::Binary {
                        column,
                        kind,
                        classes,
                    } => Ok(LabelTarget {
                        column,
                        kind,
                        classes,
                    }),
                    other => {
                        let message = format!(
                            "it has {} classes: {}; several targets can be learnt as classes only where each has two; \
                             choose one target",
                            other.classes().len(),
                            listed(other.classes().iter().map(String::as_str))
                        );
                        Err(problem(at(table, target, None), message))
                    }
                }
            };
            return Ok(Self::Labels {
                labels: targets.iter().map(label).collect::<Result<_>>()?,
            });
        };
        let found = find(table, target, "target")?;
        let words = Words::of(found, rows);
        check_present(table, rows, target, |at| words.codes[at] == Categories::MISSING)?;
        let counts = words.counts();
        let seen = words.names.iter().zip(counts).filter(|(_, rows)| *rows > 0);
        let mut classes: Vec<String> = seen.map(|(name, _)| name.clone()).collect();
        let kind = match found.values {
            Values::Numbers(_) => ColumnKind::Number,
            Values::Categories(_) => ColumnKind::Category,
            Values::Booleans(_) => ColumnKind::Boolean,
        };
        match kind {
            ColumnKind::Number => {
                let number = |class: &String| class.parse::<f64>().unwrap_or(f64::NAN);
                classes.sort_by(|a, b| number(a).total_cmp(&number(b)));
            }
            ColumnKind::Category => classes.sort(),
            ColumnKind::Boolean => {}
        }
        let column = target.clone();
        match <[String; 2]>::try_from(classes) {
            Ok(classes) => Ok(Self::Binary {
                column,
                kind,
                classes,
            }),
            Err(classes) if classes.len() < 2 => {
                let only = classes
                    .first()
                    .map_or("missing".into(), |class| format!("`{class}`"));
                Err(never_changes(target, &only))
            }
            Err(classes) => Ok(Self::Classes {
                column,
                kind,
                classes,
            }),
        }
    }

    /// The target columns by name.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Binary { column, .. } | Self::Classes { column, .. } => vec![column],
            Self::Labels { labels } => labels.iter().map(|target| target.column.as_str()).collect(),
            Self::Regression { columns } => columns.iter().map(|target| target.column.as_str()).collect(),
        }
    }

    /// What each target column held in training.
    pub fn kinds(&self) -> Vec<ColumnKind> {
        match self {
            Self::Binary { kind, .. } | Self::Classes { kind, .. } => vec![*kind],
            Self::Labels { labels } => labels.iter().map(|target| target.kind).collect(),
            Self::Regression { columns } => vec![ColumnKind::Number; columns.len()],
        }
    }

    /// The target columns, and as what [`TargetPreparation::encode`] would have them read: booleans as words.
    pub fn expected_columns(&self) -> impl Iterator<Item = (&str, ColumnKind)> {
        let kinds = self.kinds().into_iter().map(read_as);
        self.columns().into_iter().zip(kinds)
    }

    /// The classes by name; none for regression, and none for several targets, each of which has its own.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Binary { classes, .. } => classes,
            Self::Classes { classes, .. } => classes,
            Self::Labels { .. } | Self::Regression { .. } => &[],
        }
    }

    /// How many outputs a network needs.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Binary { .. } => 1,
            Self::Classes { classes, .. } => classes.len(),
            Self::Labels { labels } => labels.len(),
            Self::Regression { columns } => columns.len(),
        }
    }

    /// Mean and deviation of each target column, which its numbers were brought to 0 and 1 by; nothing for classes.
    pub fn units(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Regression { columns } => columns.iter().map(|column| (column.mean, column.std)).collect(),
            _ => Vec::new(),
        }
    }

    /// The class of each row; `None` for regression, and for several targets.
    ///
    /// # Errors
    /// [`DataError::Preparation`](crate::DataError::Preparation): the target is not there, missing in some row, or not one of the
    /// classes.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn labels(&self, table: &Table, rows: &[u32]) -> Result<Option<Labels>> {
        let (column, kind) = match self {
            Self::Binary { column, kind, .. } | Self::Classes { column, kind, .. } => (column, *kind),
            Self::Labels { .. } | Self::Regression { .. } => return Ok(None),
        };
        let classes = self.classes();
        let words = Words::of(find(table, column, "target")?, rows);
        check_present(table, rows, column, |at| words.codes[at] == Categories::MISSING)?;
        let class = |word: &String| {
            if kind == ColumnKind::Boolean {
                return truth(classes, word);
            }
            let word = in_spelling_of(kind, word);
            classes.iter().position(|class| *class == *word)
        };
        let class: Vec<Option<usize>> = words.names.iter().map(class).collect();
        let label = |(&code, &row): (&u32, &u32)| {
            let label = class[code as usize].map(|class| class as u32);
            label.ok_or_else(|| {
                let (word, known) = (
                    &words.names[code as usize],
                    listed(classes.iter().map(String::as_str)),
                );
                let message = format!("`{word}` is not a class of the training rows, which are {known}");
                problem(at(table, column, Some(row)), message)
            })
        };
        Ok(Some(Labels {
            labels: words.codes.iter().zip(rows).map(label).collect::<Result<_>>()?,
            classes: classes.to_vec(),
        }))
    }

    /// The targets as a network learns them: 0 or 1 for two classes, of one target or of each, a label for more, standardised numbers.
    ///
    /// # Errors
    /// As [`TargetPreparation::labels`]; for regression words where numbers are needed, and infinite ones.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn encode<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<Targets<T>> {
        if let Some(Labels { labels, classes }) = self.labels(table, rows)? {
            if classes.len() > 2 {
                let classes = classes.len();
                return Ok(Targets::Classes { labels, classes });
            }
            let ones = labels.iter().map(|&label| T::from_f64(f64::from(label)));
            return Ok(Targets::Dense(Matrix::new(rows.len(), 1, ones.collect())?));
        }
        let columns = match self {
            Self::Regression { columns } => columns,
            _ => {
                let zeros_and_ones = self.numbers(table, rows)?.into_iter().map(T::from_f64);
                return Ok(Targets::Dense(Matrix::new(
                    rows.len(),
                    self.outputs(),
                    zeros_and_ones.collect(),
                )?));
            }
        };
        let mut standardised = vec![T::ZERO; rows.len() * columns.len()];
        for (c, RegressionTarget { column, mean, std }) in columns.iter().enumerate() {
            let values = target_numbers(table, rows, column)?;
            for (r, value) in values.into_iter().enumerate() {
                let number = T::from_f64((value - mean) / std);
                if !number.is_finite() {
                    let message = format!("{value} is too large to compute with, once scaled");
                    return Err(problem(at(table, column, Some(rows[r])), message));
                }
                standardised[r * columns.len() + c] = number;
            }
        }
        Ok(Targets::Dense(Matrix::new(
            rows.len(),
            columns.len(),
            standardised,
        )?))
    }

    /// The targets of regression in the units of the table, (rows, targets); of several targets of two classes 0 for the
    /// first and 1 for the second; nothing for a single target of classes.
    ///
    /// # Errors
    /// As [`TargetPreparation::encode`].
    ///
    /// # Panics
    /// When there is no such row.
    pub fn numbers(&self, table: &Table, rows: &[u32]) -> Result<Vec<f64>> {
        let columns: Vec<Vec<f64>> = match self {
            Self::Regression { columns } => {
                let numbers = columns
                    .iter()
                    .map(|target| target_numbers(table, rows, &target.column));
                numbers.collect::<Result<_>>()?
            }
            Self::Labels { labels } => {
                let number = |codes: Vec<u32>| codes.into_iter().map(f64::from).collect();
                let codes = labels.iter().map(|label| label.codes(table, rows).map(number));
                codes.collect::<Result<_>>()?
            }
            _ => return Ok(Vec::new()),
        };
        let mut numbers = vec![0.0; rows.len() * columns.len()];
        for (c, values) in columns.iter().enumerate() {
            for (row, &value) in numbers.chunks_exact_mut(columns.len()).zip(values) {
                row[c] = value;
            }
        }
        Ok(numbers)
    }

    /// What a network's outputs say, (rows, [`TargetPreparation::outputs`]).
    ///
    /// # Errors
    /// [`DataError::Engine`](crate::DataError::Engine) where there are not as many outputs as targets.
    pub fn decode<T: Scalar>(&self, outputs: &Matrix<T>) -> Result<Predictions> {
        let (rows, width) = (outputs.rows(), self.outputs());
        if outputs.columns() != width {
            return Err(pellucid::Error::Shape {
                what: "the network".into(),
                found: format!("{} outputs", outputs.columns()),
                expected: format!("{width} as the targets have"),
                hint: String::new(),
            }
            .into());
        }
        let outputs = outputs.values().iter().map(|output| output.to_f64());
        if let Self::Regression { columns } = self {
            let numbers = outputs
                .zip(columns.iter().cycle())
                .map(|(output, target)| target.mean + target.std * output);
            return Ok(Predictions::Numbers {
                columns: columns.iter().map(|target| target.column.clone()).collect(),
                values: Matrix::new(rows, width, numbers.collect())?,
            });
        }
        if let Self::Labels { labels } = self {
            return Ok(Predictions::Labels {
                columns: labels.iter().map(|label| label.column.clone()).collect(),
                classes: labels.iter().map(|label| label.classes.clone()).collect(),
                probabilities: Matrix::new(rows, width, outputs.collect())?,
            });
        }
        let probabilities: Vec<f64> = match self {
            Self::Binary { .. } => outputs.flat_map(|second| [1.0 - second, second]).collect(),
            _ => outputs.collect(),
        };
        let classes = self.classes().to_vec();
        let most_probable = |row: &[f64]| {
            let best =
                (0..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
            best as u32
        };
        Ok(Predictions::Classes {
            labels: probabilities
                .chunks_exact(classes.len().max(1))
                .map(most_probable)
                .collect(),
            probabilities: Matrix::new(rows, classes.len(), probabilities)?,
            classes,
        })
    }
}

fn target_numbers(table: &Table, rows: &[u32], target: &str) -> Result<Vec<f64>> {
    let column = find(table, target, "target")?;
    check_present(table, rows, target, |at| {
        column.values.is_missing(rows[at] as usize)
    })?;
    numbers(table, column, rows)
}

/// A row without a target teaches nothing.
fn check_present(table: &Table, rows: &[u32], target: &str, missing: impl Fn(usize) -> bool) -> Result<()> {
    let without: Vec<usize> = (0..rows.len()).filter(|&at| missing(at)).collect();
    let Some(&first) = without.first() else {
        return Ok(());
    };
    let message = match without.len() {
        1 => "the target is missing; remove this row".into(),
        count => format!("the target is missing, first here, in {count} rows; remove those rows"),
    };
    Err(problem(at(table, target, Some(rows[first])), message))
}
