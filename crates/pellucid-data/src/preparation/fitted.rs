//! A fitted preparation: the transforms of all feature columns, and the target.

use super::choice::{ChosenColumns, find};
use super::counts::{ColumnCounts, Counts};
use super::reading::TableReading;
use super::settings::PreparationSettings;
use super::target::TargetPreparation;
use super::transform::{Transform, fit_column};
use super::words::read_as;
use crate::error::{Result, problem};
use crate::table::{ColumnKind, Table};
use pellucid::Scalar;
use pellucid::data::dataset::{Dataset, Features};
use pellucid::data::matrix::Matrix;
use serde::{Deserialize, Serialize};

/// A column of the table that features are made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureColumn {
    /// Its name.
    pub name: String,
    /// The transform that makes its features.
    pub transform: Transform,
}

/// The preparation of a table, fitted to training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    settings: PreparationSettings,
    columns: Vec<FeatureColumn>,
    /// Columns of the training table that are not used: known, and so not reported in another table.
    unused: Vec<String>,
    #[serde(default, skip_serializing_if = "TableReading::is_plain")]
    reading: TableReading,
    target: TargetPreparation,
}

impl Preparation {
    /// Fits to the training rows of a table; other rows are not read. The notes say which columns are left out or treated
    /// in an unusual way.
    ///
    /// # Errors
    /// No rows, an infinite number, numbers too large, no feature left, and the errors of [`TargetPreparation::fit`].
    pub fn fit(
        table: &Table,
        rows: &[u32],
        chosen: &ChosenColumns,
        settings: &PreparationSettings,
    ) -> Result<(Self, Vec<String>)> {
        if rows.is_empty() {
            let message = "there are no training rows; at least one is needed";
            return Err(problem(&table.source, message));
        }
        let target = TargetPreparation::fit(table, rows, &chosen.targets, settings)?;
        let (mut columns, mut notes) = (Vec::new(), target.notes(table, rows)?);
        let is_left_out = |name: &&String| !chosen.reading.left_out.contains(name);
        for name in chosen.features.iter().filter(is_left_out) {
            let column = find(table, name, "feature")?;
            let (transform, note) = fit_column(table, column, rows, chosen, settings.scale)?;
            notes.extend(note);
            columns.extend(transform.map(|transform| FeatureColumn {
                name: name.clone(),
                transform,
            }));
        }
        if columns.is_empty() {
            let message = format!("no feature is left: {}", notes.join("; "));
            return Err(problem(&table.source, message));
        }
        let used = |name: &String| columns.iter().any(|column| column.name == *name);
        let unused = table.columns.iter().map(|column| column.name.clone());
        let fitted = Self {
            settings: *settings,
            unused: unused.filter(|name| !used(name)).collect(),
            columns,
            reading: chosen.reading.clone(),
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

    /// Sets the threshold between two classes; see [`ClassTarget::threshold`](super::ClassTarget::threshold).
    pub(crate) fn set_threshold(&mut self, threshold: f64) {
        if let TargetPreparation::Binary(target) = &mut self.target {
            target.threshold = Some(threshold);
        }
    }

    /// How the cells of a table's columns are read.
    pub fn reading(&self) -> &TableReading {
        &self.reading
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

    /// The columns that [`Preparation::transform`] needs, and the kinds to read them as: booleans as words, and whatever is
    /// read in a way of its own.
    pub fn expected_columns(&self) -> Vec<(String, ColumnKind)> {
        let expected = |column: &FeatureColumn| (column.name.clone(), read_as(column.transform.kind()));
        self.reading.expected(self.columns.iter().map(expected).collect())
    }

    /// The features of some rows, (rows, [`Preparation::width`]), and the counts of unusual values. Columns are found by
    /// name.
    ///
    /// # Errors
    /// A column is missing; a value is a word where numbers are expected, infinite, too large for `T` once scaled, or an
    /// unknown word if the settings refuse those.
    pub fn transform<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Matrix<T>, Counts)> {
        let width = self.width();
        let mut features = vec![T::ZERO; rows.len() * width];
        let mut counts = Counts {
            columns: Vec::new(),
            extra_columns: self.unknown_columns(&table.names()),
        };
        let mut start = 0;
        for FeatureColumn { name, transform } in &self.columns {
            let end = start + transform.width();
            let column = self.reading.column(table, find(table, name, "feature")?)?;
            let mut met = ColumnCounts {
                column: name.clone(),
                ..ColumnCounts::default()
            };
            let block = features
                .chunks_exact_mut(width.max(1))
                .map(|row| &mut row[start..end]);
            transform.write(table, &column, rows, block, self.settings.unseen, &mut met)?;
            counts.columns.push(met);
            start = end;
        }
        Ok((Matrix::new(rows.len(), width, features)?, counts))
    }

    /// Features and targets of some rows.
    ///
    /// # Errors
    /// As [`Preparation::transform`] and [`TargetPreparation::encode`]; there are no rows.
    pub fn dataset<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Dataset<T>, Counts)> {
        let (features, counts) = self.transform(table, rows)?;
        let targets = self.target.encode(table, rows)?;
        Ok((Dataset::new(Features::Dense(features), targets)?, counts))
    }
}
