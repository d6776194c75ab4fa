//! From a table to numbers for a network: fitted once, on training rows, and saved with the model.
//!
//! ```
//! use pellucid_data::preparation::{ColumnChoice, Preparation, PreparationSettings, choose_columns};
//! use pellucid_data::{Categories, Column, Table, Values};
//!
//! let words = |names: &[&str], codes| Categories { names: names.iter().map(|&n| n.into()).collect(), codes };
//! let column = |name: &str, values| Column { name: name.into(), values };
//! let table = Table {
//!     source: "the example".into(),
//!     columns: vec![
//!         column("age", Values::Numbers(vec![20.0, 40.0, f64::NAN, 30.0])),
//!         column("colour", Values::Categories(words(&["blue", "red"], vec![0, 1, 1, 0]))),
//!         column("buys", Values::Booleans(words(&["no", "yes"], vec![0, 1, 1, 0]))),
//!     ],
//! };
//! let choice = ColumnChoice { target: vec!["buys".into()], ..ColumnChoice::default() };
//! let chosen = choose_columns(&table, &choice)?;
//! let rows = [0, 1, 2, 3];
//! let (preparation, _notes) = Preparation::fit(&table, &rows, &chosen, &PreparationSettings::default())?;
//! assert_eq!(preparation.feature_names(), ["age", "age is missing", "colour=blue", "colour=red"]);
//! let (features, _counts) = preparation.transform::<f64>(&table, &rows)?;
//! assert_eq!(features.row(2), [0.0, 1.0, 0.0, 1.0]); // the median, 30, is the mean as well
//! # Ok::<(), pellucid_data::DataError>(())
//! ```

mod category;
mod choice;
mod column_kind;
mod error;
mod labels;
mod note;
mod number;
mod split;
mod target;

pub use category::{CategoryTransform, MOST_NAMES};
pub use choice::{ChosenColumns, ColumnChoice, choose_columns};
pub use column_kind::ColumnKind;
pub use labels::Labels;
pub use note::{ColumnCounts, Counts, Note};
pub use number::NumberTransform;
pub use split::{Folds, Split, hold_out, k_fold};
pub use target::{Predictions, RegressionTarget, TargetPreparation, Task, choose_task};

use crate::error::Result;
use crate::table::{Categories, Column, Table, Values};
use column_kind::{Words, numbers};
use error::{at, problem};
use pellucid::Scalar;
use pellucid::dataset::{Dataset, Features};
use pellucid::matrix::Matrix;
use serde::{Deserialize, Serialize};

/// How numbers and booleans are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// To mean 0 and standard deviation 1 over training rows.
    #[default]
    Standardize,
    /// To 0 to 1 over training rows.
    MinMax,
    /// Not at all.
    None,
}

/// What becomes of a word that training rows do not have, and of a missing one where none was missing in training.
/// A missing number is the median whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unseen {
    /// All of a category's features are 0; a boolean is as if missing.
    #[default]
    Zeros,
    /// An error.
    Error,
    /// It is as if missing, where training rows had missing ones; all features are 0 otherwise.
    Missing,
}

/// How a table becomes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreparationSettings {
    /// How numbers are scaled.
    pub scale: Scale,
    /// What becomes of unknown words.
    pub unseen: Unseen,
    /// What the target asks for; where absent, [`choose_task`] says.
    pub task: Option<Task>,
}

/// What makes features of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Transform {
    /// Of numbers: one feature, and one for missing values.
    Number(NumberTransform),
    /// Of words: one feature a name.
    Category(CategoryTransform),
    /// Of two words: as a number, 0 and 1.
    Boolean {
        /// What means 0, what means 1.
        names: [String; 2],
        /// Of the number.
        number: NumberTransform,
    },
}

/// A column of the table that features are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureColumn {
    /// Its name, by which it is found.
    pub name: String,
    /// What makes features of it.
    pub transform: Transform,
}

/// A table's way to numbers, fitted to training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    settings: PreparationSettings,
    columns: Vec<FeatureColumn>,
    /// Columns of the training table that are not used: no news in another table.
    unused: Vec<String>,
    target: TargetPreparation,
}

impl Preparation {
    /// Fits to the training rows of a table; no other row is looked at. What it left out or did beyond the plain is
    /// in the notes.
    ///
    /// # Errors
    /// [`DataError::Preparation`](crate::DataError::Preparation): no rows, an infinite number, numbers too large, no feature left, and what
    /// [`TargetPreparation::fit`] finds.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn fit(
        table: &Table,
        rows: &[u32],
        chosen: &ChosenColumns,
        settings: &PreparationSettings,
    ) -> Result<(Self, Vec<Note>)> {
        if rows.is_empty() {
            return Err(problem(
                &table.source,
                "there are no training rows; at least one is needed",
            ));
        }
        let target = TargetPreparation::fit(table, rows, &chosen.targets, settings.task)?;
        let (mut columns, mut notes) = (Vec::new(), Vec::new());
        for name in &chosen.features {
            let column = choice::find(table, name, "feature")?;
            let (transform, note) = fit_column(table, column, rows, chosen.asked_for, settings.scale)?;
            notes.extend(note);
            columns.extend(transform.map(|transform| FeatureColumn {
                name: name.clone(),
                transform,
            }));
        }
        if columns.is_empty() {
            let why: Vec<String> = notes.iter().map(Note::to_string).collect();
            let message = format!("no feature is left: {}", why.join("; "));
            return Err(problem(&table.source, message));
        }
        let used = |name: &String| columns.iter().any(|column| column.name == *name);
        let unused = table.columns.iter().map(|column| column.name.clone());
        let fitted = Self {
            settings: *settings,
            unused: unused.filter(|name| !used(name)).collect(),
            columns,
            target,
        };
        Ok((fitted, notes))
    }

    /// The settings it was fitted with.
    pub fn settings(&self) -> &PreparationSettings {
        &self.settings
    }

    /// The columns that features are made of, in the order of the training table.
    pub fn columns(&self) -> &[FeatureColumn] {
        &self.columns
    }

    /// The targets.
    pub fn target(&self) -> &TargetPreparation {
        &self.target
    }

    /// How many features a row has: the width of the network's input.
    pub fn width(&self) -> usize {
        self.columns.iter().map(|column| column.transform.width()).sum()
    }

    /// The features by name, such as `age`, `age is missing`, `workclass=Private`.
    pub fn feature_names(&self) -> Vec<String> {
        let names = |column: &FeatureColumn| match &column.transform {
            Transform::Category(category) => category.feature_names(&column.name),
            Transform::Number(number) | Transform::Boolean { number, .. } => {
                let missing = number
                    .marks_missing
                    .then(|| format!("{} is missing", column.name));
                std::iter::once(column.name.clone()).chain(missing).collect()
            }
        };
        self.columns.iter().flat_map(names).collect()
    }

    /// The columns that [`Preparation::transform`] looks for, and what it hopes to find in them.
    pub fn expected_columns(&self) -> impl Iterator<Item = (&str, ColumnKind)> {
        self.columns.iter().map(|column| {
            let kind = match column.transform {
                Transform::Number(_) => ColumnKind::Number,
                Transform::Category(_) => ColumnKind::Category,
                Transform::Boolean { .. } => ColumnKind::Boolean,
            };
            (column.name.as_str(), kind)
        })
    }

    /// The features of some rows, (rows, [`Preparation::width`]), and what was met. Columns are found by name.
    ///
    /// # Errors
    /// [`DataError::Preparation`](crate::DataError::Preparation): a column that is not there, a word where numbers are expected, an infinite number,
    /// a number too large for `T` once scaled, and an unknown word where the settings say so.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn transform<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Matrix<T>, Counts)> {
        let width = self.width();
        let mut features = vec![T::ZERO; rows.len() * width];
        let targets = self.target.columns();
        let known = |name: &String| {
            self.columns.iter().any(|column| column.name == *name)
                || self.unused.contains(name)
                || targets.contains(&name.as_str())
        };
        let names = table.columns.iter().map(|column| column.name.clone());
        let mut counts = Counts {
            columns: Vec::new(),
            extra_columns: names.filter(|name| !known(name)).collect(),
        };
        let mut start = 0;
        for FeatureColumn { name, transform } in &self.columns {
            let end = start + transform.width();
            let column = choice::find(table, name, "feature")?;
            let mut met = ColumnCounts {
                column: name.clone(),
                ..ColumnCounts::default()
            };
            let block = features
                .chunks_exact_mut(width.max(1))
                .map(|row| &mut row[start..end]);
            transform.write(table, column, rows, block, self.settings.unseen, &mut met)?;
            counts.columns.push(met);
            start = end;
        }
        Ok((Matrix::new(rows.len(), width, features)?, counts))
    }

    /// Features and targets of some rows.
    ///
    /// # Errors
    /// As [`Preparation::transform`] and [`TargetPreparation::encode`]; [`DataError::Engine`](crate::DataError::Engine) where there are no rows.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn dataset<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Dataset<T>, Counts)> {
        let (features, counts) = self.transform(table, rows)?;
        let targets = self.target.encode(table, rows)?;
        Ok((Dataset::new(Features::Dense(features), targets)?, counts))
    }
}

impl Transform {
    fn width(&self) -> usize {
        match self {
            Transform::Category(category) => category.width(),
            Transform::Number(number) | Transform::Boolean { number, .. } => number.width(),
        }
    }

    /// Writes the features of all rows, which are zeros before, and counts.
    fn write<'a, T: Scalar>(
        &self,
        table: &Table,
        column: &Column,
        rows: &[u32],
        features: impl Iterator<Item = &'a mut [T]>,
        unseen: Unseen,
        met: &mut ColumnCounts,
    ) -> Result<()> {
        let unknown = |at_row: usize, words: &Words<'_>| {
            let found = match words.names.get(words.codes[at_row] as usize) {
                Some(word) => format!("`{word}` is not in any training row"),
                None => "the value is missing, and never was in training".into(),
            };
            let message = format!("{found}; correct it, or let unseen words count as zeros");
            problem(at(table, &column.name, Some(rows[at_row])), message)
        };
        let (number, values) = match self {
            Transform::Category(category) => {
                let words = Words::of(column, rows);
                return category
                    .write(&words, features, unseen, met)
                    .map_err(|at_row| unknown(at_row, &words));
            }
            Transform::Number(number) => (number, numbers(table, column, rows)?),
            Transform::Boolean { names, number } => {
                let words = Words::of(column, rows);
                let truth = |word: &String| names.iter().position(|name| name == word);
                let truth: Vec<Option<usize>> = words.names.iter().map(truth).collect();
                let mut values = Vec::with_capacity(rows.len());
                for (at_row, &code) in words.codes.iter().enumerate() {
                    let known = truth.get(code as usize).copied().flatten();
                    if known.is_none() && code != Categories::MISSING {
                        if unseen == Unseen::Error {
                            return Err(unknown(at_row, &words));
                        }
                        met.unseen += 1;
                        met.first_unseen
                            .get_or_insert_with(|| words.names[code as usize].clone());
                    }
                    values.push(known.map_or(f64::NAN, |truth| truth as f64));
                }
                (number, values)
            }
        };
        for ((&value, &row), features) in values.iter().zip(rows).zip(features) {
            number.write(value, features, met).ok_or_else(|| {
                let message = format!("{value} is too large to compute with, once scaled");
                problem(at(table, &column.name, Some(row)), message)
            })?;
        }
        met.missing -= met.unseen; // which were written as if missing
        Ok(())
    }
}

/// A column's transform, unless it is left out.
fn fit_column(
    table: &Table,
    column: &Column,
    rows: &[u32],
    asked_for: bool,
    scale: Scale,
) -> Result<(Option<Transform>, Option<Note>)> {
    /// An identifier is told from a category by this many rows without a word twice.
    const FEW_ROWS: usize = 20;
    let name = || column.name.clone();
    let number = |values: &[f64]| {
        NumberTransform::fit(values, scale).ok_or_else(|| {
            let message = "the numbers are too large to compute with; divide them by a power of ten";
            problem(at(table, &column.name, None), message)
        })
    };
    let missing = rows
        .iter()
        .filter(|&&row| column.values.is_missing(row as usize))
        .count();
    if missing == rows.len() {
        return Ok((None, Some(Note::Empty { column: name() })));
    }
    if let Values::Numbers(_) = column.values {
        let values = numbers(table, column, rows)?;
        if values.iter().all(|&value| value == values[0]) {
            return Ok((None, Some(Note::Constant { column: name() })));
        }
        let counts_rows = rows.len() > FEW_ROWS
            && rows
                .iter()
                .zip(&values)
                .all(|(&row, value)| value - f64::from(row) == values[0] - f64::from(rows[0]));
        let note = counts_rows.then(|| Note::RowNumbers { column: name() });
        return Ok((Some(Transform::Number(number(&values)?)), note));
    }
    let words = Words::of(column, rows);
    if let (Values::Booleans(_), [falsehood, truth]) = (&column.values, &*words.names)
        && words.counts().iter().all(|&rows| rows > 0)
    {
        let names = [falsehood.clone(), truth.clone()];
        let values = words.codes.iter().map(|&code| match code {
            Categories::MISSING => f64::NAN,
            code => f64::from(code),
        });
        let number = number(&values.collect::<Vec<_>>())?;
        return Ok((Some(Transform::Boolean { names, number }), None));
    }
    let (category, names, other_rows) = CategoryTransform::fit(&words);
    if names == 1 && missing == 0 {
        return Ok((None, Some(Note::Constant { column: name() })));
    }
    if names + missing == rows.len() && names > FEW_ROWS && !asked_for {
        return Ok((None, Some(Note::Identifier { column: name() })));
    }
    let note = category.other.then(|| Note::ManyNames {
        column: name(),
        names,
        other_rows,
    });
    Ok((Some(Transform::Category(category)), note))
}

#[cfg(test)]
mod tests;
