//! From a table to numbers for a network: fitted once, on training rows, and saved with the model.
//!
//! ```
//! use pellucid_data::preparation::{ColumnChoice, Preparation, PreparationSettings, choose_columns};
//! use pellucid_data::{Categories, Column, Table, Values};
//!
//! let words = |names: &[&str], codes| Categories { names: names.iter().map(|&n| n.into()).collect(), codes };
//! let column = |name: &str, values| Column { name: name.into(), values };
//! let table = Table {
//!     first_row: 0,
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
mod row_weight;
mod split;
mod target;
mod transform;

pub use category::{CategoryTransform, MOST_NAMES};
pub use choice::{ChosenColumns, ColumnChoice, choose_columns};
pub use column_kind::ColumnKind;
pub use labels::Labels;
pub use note::{ColumnCounts, Counts, Note};
pub use number::NumberTransform;
pub use row_weight::row_weights;
pub use split::{Folds, Split, hold_out, k_fold};
pub use target::{LabelTarget, Predictions, RegressionTarget, TargetPreparation, choose_task};
pub use transform::Transform;

pub use pellucid::recipe::{Scale, Task, Unseen};

use crate::error::Result;
use crate::table::Table;
use error::problem;
use pellucid::Scalar;
use pellucid::data::dataset::{Dataset, Features};
use pellucid::data::matrix::Matrix;
use serde::{Deserialize, Serialize};

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
    /// [`DataError::Preparation`](crate::DataError::Preparation): no rows, an infinite number, numbers too large, no
    /// feature left, and what [`TargetPreparation::fit`] finds.
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
            let (transform, note) =
                transform::fit_column(table, column, rows, chosen.asked_for, settings.scale)?;
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
        let names = |column: &FeatureColumn| column.transform.feature_names(&column.name);
        self.columns.iter().flat_map(names).collect()
    }

    /// Those of these columns that were not in the training table: [`Preparation::transform`] ignores them.
    pub fn unknown_columns(&self, names: &[String]) -> Vec<String> {
        let targets = self.target.columns();
        let known = |name: &String| {
            self.columns.iter().any(|column| column.name == *name)
                || self.unused.contains(name)
                || targets.contains(&name.as_str())
        };
        names.iter().filter(|name| !known(name)).cloned().collect()
    }

    /// The columns that [`Preparation::transform`] looks for, and as what it would have them read: booleans as words.
    pub fn expected_columns(&self) -> impl Iterator<Item = (&str, ColumnKind)> {
        self.columns.iter().map(|column| {
            (
                column.name.as_str(),
                column_kind::read_as(column.transform.kind()),
            )
        })
    }

    /// The features of some rows, (rows, [`Preparation::width`]), and what was met. Columns are found by name.
    ///
    /// # Errors
    /// [`DataError::Preparation`](crate::DataError::Preparation): a column that is not there, a word where numbers
    /// are expected, an infinite number, a number too large for `T` once scaled, and an unknown word where the
    /// settings say so.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn transform<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Matrix<T>, Counts)> {
        let width = self.width();
        let mut features = vec![T::ZERO; rows.len() * width];
        let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let mut counts = Counts {
            columns: Vec::new(),
            extra_columns: self.unknown_columns(&names),
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
    /// As [`Preparation::transform`] and [`TargetPreparation::encode`];
    /// [`DataError::Engine`](crate::DataError::Engine) where there are no rows.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn dataset<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Dataset<T>, Counts)> {
        let (features, counts) = self.transform(table, rows)?;
        let targets = self.target.encode(table, rows)?;
        Ok((Dataset::new(Features::Dense(features), targets)?, counts))
    }
}

#[cfg(test)]
mod split_tests;
#[cfg(test)]
mod target_tests;
#[cfg(test)]
mod tests;
