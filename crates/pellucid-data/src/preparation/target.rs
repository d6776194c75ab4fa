//! The target of a network: fitted classes or numbers, encoded for training and decoded from outputs.

use super::choice::find;
use super::error::{at, listed};
use super::labels::Labels;
use super::large_integer::{large_integers, merged};
use super::regression_target::{RegressionTarget, never_changes};
use super::settings::PreparationSettings;
use super::spelling::{case_variants, spellings};
use super::words::{Words, in_spelling_of, numbers, read_as, truth};
use crate::error::{DataError, Result, problem};
use crate::table::{Categories, ColumnKind, Table, Values, boolean};
use pellucid::Scalar;
use pellucid::data::dataset::Targets;
use pellucid::data::matrix::Matrix;
use pellucid::evaluation::metrics::class_of;
use pellucid::recipe::Task;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A target column of classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassTarget<C> {
    /// Its name.
    pub column: String,
    /// The kind of its values.
    pub kind: ColumnKind,
    /// The classes as most training rows spell them: false before true, the lower number before the higher, words sorted.
    pub classes: C,
    /// Of two classes, the probability of the second above which a row has it; ½ if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

/// A target column of two classes.
pub type LabelTarget = ClassTarget<[String; 2]>;

/// The target of a network, fitted to training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TargetPreparation {
    /// Two classes: one output, the probability of the second.
    Binary(LabelTarget),
    /// More classes: an output each, its probability.
    Classes(ClassTarget<Vec<String>>),
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

/// The decoded outputs of a network.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    /// Of classes.
    Classes {
        /// The classes by name.
        classes: Vec<String>,
        /// The most probable class of each row, the first of equals; of two classes, by the threshold if there is one. A row
        /// whose probabilities are not finite has none, [`Categories::MISSING`].
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

impl Predictions {
    /// The probabilities or numbers, (rows, [`Predictions::names`]).
    pub fn values(&self) -> &Matrix<f64> {
        match self {
            Self::Classes { probabilities, .. } | Self::Labels { probabilities, .. } => probabilities,
            Self::Numbers { values, .. } => values,
        }
    }

    /// What each column of the values is of: a class by name, or else a target column.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Classes { classes, .. } => classes,
            Self::Labels { columns, .. } | Self::Numbers { columns, .. } => columns,
        }
    }
}

/// The task for these targets, if the caller does not say. Words and booleans are classes. Numbers are classes if all are
/// integers and few are distinct: at most 20, and at most a tenth of the rows or two. All other numbers are regression.
/// Several targets are classes, two each, if all of them are words, booleans, or only 0 and 1; otherwise regression. So
/// the points of a wine from 3 to 9 are classes, and the rings of an abalone from 1 to 29 are a number.
///
/// # Errors
/// There is no target, or one is not in the table.
pub fn choose_task(table: &Table, rows: &[u32], targets: &[String], task: Option<Task>) -> Result<Task> {
    let numbers = |target: &String| match &find(table, target, "target")?.values {
        Values::Numbers(numbers) => Ok(Some(rows.iter().map(|&row| numbers[row as usize]))),
        Values::Categories(_) | Values::Booleans(_) => Ok::<_, DataError>(None),
    };
    let is_classes = match (targets, task) {
        ([], _) => {
            let message = "no target is named; at least one is needed";
            return Err(problem(&table.source, message));
        }
        ([target], Some(task)) => return find(table, target, "target").map(|_| task),
        (_, Some(task)) => return Ok(task),
        ([target], None) if has_many_large_integers(table, rows, target) => false,
        ([target], None) => {
            let most = most_classes(rows.len());
            let mut distinct = HashSet::new();
            numbers(target)?.is_none_or(|numbers| {
                numbers.filter(|number| !number.is_nan()).all(|number| {
                    distinct.insert((number + 0.0).to_bits());
                    number.is_finite() && number.trunc() == number && distinct.len() <= most
                })
            })
        }
        (targets, None) => {
            for target in targets {
                let numbers = numbers(target)?;
                if numbers.is_some_and(|mut numbers| numbers.any(|number| ![0.0, 1.0].contains(&number))) {
                    return Ok(Task::Regression);
                }
            }
            true
        }
    };
    Ok(match is_classes {
        true => Task::Classification,
        false => Task::Regression,
    })
}

/// The largest number of different integers that are classes.
fn most_classes(rows: usize) -> usize {
    const MOST_CLASSES: usize = 20;
    MOST_CLASSES.min((rows / 10).max(2))
}

/// Whether a target is whole numbers that doubles do not hold, more different ones than classes.
fn has_many_large_integers(table: &Table, rows: &[u32], target: &str) -> bool {
    let column = table
        .column(target)
        .filter(|column| column.values.kind() == ColumnKind::Category);
    column.is_some_and(|column| {
        let integers = large_integers(&Words::in_rows(column, rows));
        integers.is_some_and(|integers| integers.iter().flatten().count() > most_classes(rows.len()))
    })
}

impl TargetPreparation {
    /// Fits to the training rows.
    ///
    /// # Errors
    /// A target is not there, missing in some row, the same in all rows, or of words where numbers are needed; a number
    /// has no logarithm where that is to be learnt; one of several targets that are to be classes has more than two.
    pub fn fit(
        table: &Table,
        rows: &[u32],
        targets: &[String],
        settings: &PreparationSettings,
    ) -> Result<Self> {
        if choose_task(table, rows, targets, settings.task)? == Task::Regression {
            let (transform, clamps) = (settings.target_transform, settings.clamp_predictions);
            let column = |target: &String| {
                let values = target_numbers(table, rows, target)?;
                RegressionTarget::fit((table, rows), target, &values, transform, clamps)
            };
            let columns = targets.iter().map(column).collect::<Result<_>>()?;
            return Ok(Self::Regression { columns });
        }
        if let [target] = targets {
            return Self::fit_classes(table, rows, target);
        }
        let label = |target: &String| match Self::fit_classes(table, rows, target)? {
            Self::Binary(label) => Ok(label),
            other => {
                let message = format!(
                    "it has {} classes: {}; several targets can be learned as classes only if each has two; choose one \
                     target",
                    other.classes().len(),
                    listed(other.classes())
                );
                Err(problem(at(table, target, None), message))
            }
        };
        let labels = targets.iter().map(label).collect::<Result<_>>()?;
        Ok(Self::Labels { labels })
    }

    fn fit_classes(table: &Table, rows: &[u32], target: &str) -> Result<Self> {
        let found = find(table, target, "target")?;
        let words = Words::in_rows(found, rows);
        check_present(table, rows, target, |at| words.codes[at] == Categories::MISSING)?;
        let seen = words
            .names
            .iter()
            .zip(words.counts())
            .filter(|(_, rows)| *rows > 0);
        let mut classes: Vec<String> = seen.map(|(name, _)| name.clone()).collect();
        let kind = found.values.kind();
        match kind {
            ColumnKind::Number => {
                let number = |class: &String| class.parse::<f64>().unwrap_or(f64::NAN);
                classes.sort_by(|a, b| number(a).total_cmp(&number(b)));
                for class in &mut classes {
                    if let Some(spelled) = table.spelling(target, number(class)) {
                        *class = spelled.to_owned();
                    }
                }
            }
            ColumnKind::Category => {
                let variants = case_variants(&words);
                let rarer: Vec<&str> = variants.iter().flat_map(|group| &group[1..]).copied().collect();
                classes.retain(|class| !rarer.contains(&class.as_str()));
                classes.sort_unstable();
                if classes.iter().all(|class| boolean(class).is_some()) {
                    classes.sort_by_key(|class| boolean(class));
                }
            }
            ColumnKind::Boolean => {}
        }
        let column = target.to_owned();
        match <[String; 2]>::try_from(classes) {
            Ok(classes) => Ok(Self::Binary(ClassTarget {
                column,
                kind,
                classes,
                threshold: None,
            })),
            Err(classes) if classes.len() < 2 => {
                let only = classes.first().map(|class| format!("`{class}`"));
                Err(never_changes(table, target, &only.unwrap_or("missing".into())))
            }
            Err(classes) => Ok(Self::Classes(ClassTarget {
                column,
                kind,
                classes,
                threshold: None,
            })),
        }
    }

    /// A sentence for each target of classes of which words that differ in case only are one, and for each of numbers of
    /// which the logarithm or the quantiles may be learnt better.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers).
    pub(super) fn notes(&self, table: &Table, rows: &[u32]) -> Result<Vec<String>> {
        if let Self::Regression { columns } = self {
            let note = |target: &RegressionTarget| {
                let values = target_numbers(table, rows, &target.column)?;
                Ok(target.note(&values))
            };
            let notes: Vec<Option<String>> = columns.iter().map(note).collect::<Result<_>>()?;
            return Ok(notes.into_iter().flatten().collect());
        }
        let merged = |(target, kind): (&str, ColumnKind)| {
            let column = table.column(target).filter(|_| kind == ColumnKind::Category)?;
            let words = Words::in_rows(column, rows);
            let variants = case_variants(&words);
            (!variants.is_empty()).then(|| {
                let spellings = spellings(&variants);
                format!("target `{target}`: words that differ in case only are one class: {spellings}")
            })
        };
        Ok(self
            .columns()
            .into_iter()
            .zip(self.kinds())
            .filter_map(merged)
            .collect())
    }

    /// The target columns by name.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Binary(target) => vec![&target.column],
            Self::Classes(target) => vec![&target.column],
            Self::Labels { labels } => labels.iter().map(|target| target.column.as_str()).collect(),
            Self::Regression { columns } => columns.iter().map(|target| target.column.as_str()).collect(),
        }
    }

    /// The kind of each target column in training.
    pub fn kinds(&self) -> Vec<ColumnKind> {
        match self {
            Self::Binary(target) => vec![target.kind],
            Self::Classes(target) => vec![target.kind],
            Self::Labels { labels } => labels.iter().map(|target| target.kind).collect(),
            Self::Regression { columns } => vec![ColumnKind::Number; columns.len()],
        }
    }

    /// The target columns, and the kinds to read them as: booleans as words.
    pub fn expected_columns(&self) -> Vec<(String, ColumnKind)> {
        let columns = self.columns().into_iter().map(str::to_owned);
        columns.zip(self.kinds().into_iter().map(read_as)).collect()
    }

    /// The classes by name; none for regression, and none for several targets, of which each has its own.
    pub fn classes(&self) -> &[String] {
        match self {
            Self::Binary(label) => &label.classes,
            Self::Classes(target) => &target.classes,
            Self::Labels { .. } | Self::Regression { .. } => &[],
        }
    }

    /// Of two classes, the probability of the second above which a row has it, where it is another than ½.
    pub fn threshold(&self) -> Option<f64> {
        match self {
            Self::Binary(target) => target.threshold,
            _ => None,
        }
    }

    /// Whether every number in it makes sense, as a file of one's own making may not.
    pub(crate) fn is_consistent(&self) -> bool {
        match self {
            Self::Regression { columns } => columns.iter().all(RegressionTarget::is_consistent),
            _ => self
                .threshold()
                .is_none_or(|threshold| (0.0..=1.0).contains(&threshold)),
        }
    }

    /// The number of outputs of the network.
    pub fn outputs(&self) -> usize {
        match self {
            Self::Binary(_) => 1,
            Self::Classes(target) => target.classes.len(),
            Self::Labels { labels } => labels.len(),
            Self::Regression { columns } => columns.len(),
        }
    }

    /// Mean and standard deviation of each target column of regression, of its logarithms where those are learnt; nothing
    /// for classes.
    pub fn units(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Regression { columns } => columns.iter().map(|column| (column.mean, column.std)).collect(),
            _ => Vec::new(),
        }
    }

    /// The class of each row; `None` for regression, and for several targets.
    ///
    /// # Errors
    /// The target is not there, missing in some row, or not one of the classes.
    pub fn labels(&self, table: &Table, rows: &[u32]) -> Result<Option<Labels>> {
        let labels = match self {
            Self::Binary(target) => target.labels(table, rows)?,
            Self::Classes(target) => target.labels(table, rows)?,
            Self::Labels { .. } | Self::Regression { .. } => return Ok(None),
        };
        let classes = self.classes().to_vec();
        Ok(Some(Labels { labels, classes }))
    }

    /// The targets as the network learns them: 0 or 1 for two classes, of one target or of several, a label for more
    /// classes, standardised numbers.
    ///
    /// # Errors
    /// As [`TargetPreparation::labels`]; for regression also words and infinite numbers.
    pub fn encode<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<Targets<T>> {
        if let Self::Classes(target) = self {
            let labels = target.labels(table, rows)?;
            let classes = target.classes.len();
            return Ok(Targets::Classes { labels, classes });
        }
        let mut values = self.numbers(table, rows)?;
        if let Self::Regression { columns } = self {
            for (index, value) in values.iter_mut().enumerate() {
                let (target, row) = (&columns[index % columns.len()], rows[index / columns.len()]);
                let number = target.encode(table, row, *value)?;
                if !T::from_f64(number).is_finite() {
                    let message = format!("{value} is too large to compute with, once scaled");
                    return Err(problem(at(table, &target.column, Some(row)), message));
                }
                *value = number;
            }
        }
        let values = values.into_iter().map(T::from_f64).collect();
        Ok(Targets::Dense(Matrix::new(rows.len(), self.outputs(), values)?))
    }

    /// The targets in the units of the table, (rows, targets): of regression its numbers, of two classes 0 for the first
    /// and 1 for the second; nothing for a target of more classes.
    ///
    /// # Errors
    /// As [`TargetPreparation::encode`].
    pub fn numbers(&self, table: &Table, rows: &[u32]) -> Result<Vec<f64>> {
        let numbers = |target: &RegressionTarget| target_numbers(table, rows, &target.column);
        let zeros_and_ones = |label: &LabelTarget| -> Result<Vec<f64>> {
            let labels = label.labels(table, rows)?;
            Ok(labels.into_iter().map(f64::from).collect())
        };
        let columns: Vec<Vec<f64>> = match self {
            Self::Regression { columns } => columns.iter().map(numbers).collect::<Result<_>>()?,
            Self::Labels { labels } => labels.iter().map(zeros_and_ones).collect::<Result<_>>()?,
            Self::Binary(label) => vec![zeros_and_ones(label)?],
            Self::Classes { .. } => return Ok(Vec::new()),
        };
        let row = |row: usize| columns.iter().map(move |column| column[row]);
        Ok((0..rows.len()).flat_map(row).collect())
    }

    /// The predictions in a network's outputs, (rows, [`TargetPreparation::outputs`]).
    ///
    /// # Errors
    /// The number of outputs is not that of the targets.
    pub fn decode<T: Scalar>(&self, outputs: &Matrix<T>) -> Result<Predictions> {
        let (rows, width) = (outputs.rows(), self.outputs());
        if outputs.columns() != width {
            let found = format!("{} outputs", outputs.columns());
            let expected = format!("{width} as the targets have");
            return Err(pellucid::Error::shape("the network", found, expected).into());
        }
        let outputs = outputs.values().iter().map(|output| output.to_f64());
        let (columns, numbers): (usize, Vec<f64>) = match self {
            Self::Regression { columns } => {
                let numbers = outputs.zip(columns.iter().cycle());
                let numbers = numbers.map(|(output, target)| target.decode(output));
                (width, numbers.collect())
            }
            Self::Binary(_) => (2, outputs.flat_map(|second| [1.0 - second, second]).collect()),
            Self::Labels { .. } | Self::Classes(_) => (width, outputs.collect()),
        };
        Ok(self.predictions(Matrix::new(rows, columns, numbers)?))
    }

    /// The predictions in these numbers: the probability of each class, or of the second class of each of several targets,
    /// or numbers in the units of the table.
    pub fn predictions(&self, numbers: Matrix<f64>) -> Predictions {
        let columns = || self.columns().into_iter().map(str::to_owned).collect();
        match self {
            Self::Regression { .. } => Predictions::Numbers {
                columns: columns(),
                values: numbers,
            },
            Self::Labels { labels } => Predictions::Labels {
                columns: columns(),
                classes: labels.iter().map(|label| label.classes.clone()).collect(),
                probabilities: numbers,
            },
            Self::Binary(_) | Self::Classes(_) => {
                let class = |row: &[f64]| match self.threshold() {
                    _ if row.iter().any(|value| !value.is_finite()) => Categories::MISSING,
                    Some(threshold) => u32::from(row[1] > threshold),
                    None => class_of(row) as u32,
                };
                let each_row = numbers.values().chunks_exact(numbers.columns().max(1));
                Predictions::Classes {
                    classes: self.classes().to_vec(),
                    labels: each_row.map(class).collect(),
                    probabilities: numbers,
                }
            }
        }
    }
}

impl<C: AsRef<[String]>> ClassTarget<C> {
    /// The index of the class of each row.
    fn labels(&self, table: &Table, rows: &[u32]) -> Result<Vec<u32>> {
        let (column, classes) = (&self.column, self.classes.as_ref());
        let words = Words::in_rows(find(table, column, "target")?, rows);
        check_present(table, rows, column, |at| words.codes[at] == Categories::MISSING)?;
        let class = |word: &String| {
            if self.kind == ColumnKind::Boolean {
                return truth(classes, word);
            }
            let word = in_spelling_of(self.kind, word);
            let same = |class: &String| in_spelling_of(self.kind, class) == word;
            let same = classes.iter().position(same);
            same.or_else(|| {
                let lower = word.to_lowercase();
                let mut alike = (0..classes.len()).filter(|&at| classes[at].to_lowercase() == lower);
                alike.next().filter(|_| alike.next().is_none())
            })
        };
        let class: Vec<Option<usize>> = words.names.iter().map(class).collect();
        let label = |(&code, &row): (&u32, &u32)| {
            let label = class[code as usize].map(|class| class as u32);
            label.ok_or_else(|| {
                let (word, known) = (&words.names[code as usize], listed(classes));
                let message = format!("`{word}` is not a class of the training rows, which are {known}");
                problem(at(table, column, Some(row)), message)
            })
        };
        words.codes.iter().zip(rows).map(label).collect()
    }
}

fn target_numbers(table: &Table, rows: &[u32], target: &str) -> Result<Vec<f64>> {
    let column = find(table, target, "target")?;
    check_present(table, rows, target, |at| {
        column.values.is_missing(rows[at] as usize)
    })?;
    if column.values.kind() == ColumnKind::Category
        && let Some(integers) = large_integers(&Words::in_rows(column, rows))
        && let Some(one) = merged(&integers, 0)
    {
        let message = format!(
            "the whole numbers are too large to be told apart in double precision: {one} is the same as another; subtract \
             the smallest from all, or divide them"
        );
        return Err(problem(at(table, target, None), message));
    }
    numbers(table, column, rows)
}

/// The rows of a table that have a value in every target.
///
/// # Errors
/// A target is not there.
pub fn rows_with_target<S: AsRef<str>>(table: &Table, targets: &[S]) -> Result<Vec<u32>> {
    let columns = targets
        .iter()
        .map(|target| find(table, target.as_ref(), "target"));
    let columns: Vec<_> = columns.collect::<Result<_>>()?;
    let has_all = |row: &u32| {
        columns
            .iter()
            .all(|column| !column.values.is_missing(*row as usize))
    };
    Ok((0..table.rows() as u32).filter(has_all).collect())
}

/// Refuses rows without a target.
fn check_present(table: &Table, rows: &[u32], target: &str, missing: impl Fn(usize) -> bool) -> Result<()> {
    const FLAG: &str = "--drop-missing-target (`train`, `tune`, `diagnose`, `evaluate`, `importance`)";
    let without: Vec<usize> = (0..rows.len()).filter(|&at| missing(at)).collect();
    let Some(&first) = without.first() else {
        return Ok(());
    };
    let message = match without.len() {
        1 => format!("the target is missing; remove this row, or leave it out with {FLAG}"),
        count => format!(
            "the target is missing, first here, in {count} rows; remove those rows, or leave them out with {FLAG}"
        ),
    };
    Err(problem(at(table, target, Some(rows[first])), message))
}

#[cfg(test)]
mod tests;
