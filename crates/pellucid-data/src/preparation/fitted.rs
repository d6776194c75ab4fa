//! A fitted preparation: the transforms of all feature columns, and the target.

use super::choice::{ChosenColumns, find_all, missing};
use super::counts::{ColumnCounts, Counts};
use super::number::NumberFit;
use super::piecewise::{BinChoice, USUAL_BINS};
use super::reading::TableReading;
use super::settings::PreparationSettings;
use super::target::TargetPreparation;
use super::transform::{Handling, Transform, fit_column};
use super::words::read_as;
use crate::error::{Result, problem};
use crate::memory::zeros;
use crate::table::{ColumnKind, Table};
use pellucid::Scalar;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::recipe::Scale;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

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
        let fit = NumberFit {
            scale: settings.scale,
            bins: bin_choice(settings, || target.encode(table, rows))?,
        };
        let left_out: HashSet<&String> = chosen.reading.left_out.iter().collect();
        let named: HashSet<&String> = chosen.named.iter().collect();
        let positions = table.positions();
        for name in chosen.features.iter().filter(|name| !left_out.contains(name)) {
            let Some(&position) = positions.get(name.as_str()) else {
                return Err(missing(table, name, "feature"));
            };
            let is_named = named.contains(name);
            let (transform, note) = fit_column(table, position, rows, chosen, is_named, &fit)?;
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
        let used: HashSet<&String> = columns.iter().map(|column| &column.name).collect();
        let unused = table.columns.iter().map(|column| column.name.clone());
        let fitted = Self {
            settings: *settings,
            unused: unused.filter(|name| !used.contains(name)).collect(),
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

    /// A feature column whose parts contradict each other, as one of a file of one's own making may.
    pub(crate) fn inconsistent_column(&self) -> Option<&str> {
        let mut columns = self.columns.iter();
        let found = columns.find(|column| !column.transform.is_consistent());
        found.map(|column| column.name.as_str())
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
        let of_features = self.columns.iter().map(|column| column.name.as_str());
        let unused = self.unused.iter().map(String::as_str);
        let known: HashSet<&str> = of_features.chain(unused).chain(self.target.columns()).collect();
        let unknown = names.iter().filter(|name| !known.contains(name.as_str()));
        unknown.cloned().collect()
    }

    /// The columns that [`Preparation::transform`] needs, and the kinds to read them as: booleans as words, and whatever is
    /// read in a way of its own.
    pub fn expected_columns(&self) -> Vec<(String, ColumnKind)> {
        let expected = |column: &FeatureColumn| (column.name.clone(), read_as(column.transform.kind()));
        self.reading.expected(self.columns.iter().map(expected).collect())
    }

    /// The columns that a model needs where the answers are known, and the kinds to read them as: those of
    /// [`Preparation::expected_columns`], and the targets.
    pub fn expected_with_target(&self) -> Vec<(String, ColumnKind)> {
        let all = [self.expected_columns(), self.target.expected_columns()].concat();
        self.reading.expected(all)
    }

    /// The features of some rows, (rows, [`Preparation::width`]), and the counts of unusual values. Columns are found by
    /// name.
    ///
    /// # Errors
    /// A column is missing; a value is a word where numbers are expected, infinite, too large for `T` once scaled, or an
    /// unknown word if the settings refuse those.
    pub fn transform<T: Scalar>(&self, table: &Table, rows: &[u32]) -> Result<(Matrix<T>, Counts)> {
        self.transform_with(table, rows, false)
    }

    /// The same, with an infinity for a number that is too large for `T` once scaled.
    ///
    /// # Errors
    /// As [`Preparation::transform`], but for such numbers.
    pub(crate) fn transform_any<T: Scalar>(
        &self,
        table: &Table,
        rows: &[u32],
    ) -> Result<(Matrix<T>, Counts)> {
        self.transform_with(table, rows, true)
    }

    fn transform_with<T: Scalar>(
        &self,
        table: &Table,
        rows: &[u32],
        keeps_too_large: bool,
    ) -> Result<(Matrix<T>, Counts)> {
        let handling = Handling {
            unseen: self.settings.unseen,
            keeps_too_large,
        };
        let width = self.width();
        let mut features = zeros(rows.len().saturating_mul(width), || {
            format!("{}: the {width} features of {} rows", table.source, rows.len())
        })?;
        let names = self.columns.iter().map(|column| &column.name);
        // Looking up hundreds of names takes longer than a small network takes for a row.
        let in_order = names.clone().eq(table.columns.iter().map(|column| &column.name));
        let mut counts = Counts::default();
        let found = match in_order {
            true => table.columns.iter().collect(),
            false => {
                counts.extra_columns = self.unknown_columns(&table.names());
                find_all(table, names, "feature")?
            }
        };
        let found = found.into_iter().map(|column| self.reading.column(table, column));
        let found = found.collect::<Result<Vec<_>>>()?;
        let mut met_in_all = vec![ColumnCounts::default(); self.columns.len()];
        // Rows that do not all fit into memory are written part by part, and not once for each column.
        let part = (PART_BYTES / (width.max(1) * size_of::<T>())).max(1);
        for (rows, features) in rows.chunks(part).zip(features.chunks_mut(part * width.max(1))) {
            let mut start = 0;
            for ((FeatureColumn { transform, .. }, column), met_in_all) in
                self.columns.iter().zip(&found).zip(&mut met_in_all)
            {
                let end = start + transform.width();
                let mut met = ColumnCounts::default();
                let block = features
                    .chunks_exact_mut(width.max(1))
                    .map(|row| &mut row[start..end]);
                transform.write((table, column), rows, block, handling, &mut met)?;
                met_in_all.merge(met);
                start = end;
            }
        }
        for (position, (mut met, of)) in met_in_all.into_iter().zip(&self.columns).enumerate() {
            if !met.is_empty() {
                met.column.clone_from(&of.name);
                met.position = position;
                counts.columns.push(met);
            }
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

/// The bytes of prepared rows that are written at a time.
const PART_BYTES: usize = 64 << 20;

/// How the bins of numbers are chosen; trees choose them by the targets of the training rows.
fn bin_choice(
    settings: &PreparationSettings,
    targets: impl FnOnce() -> Result<Targets<f64>>,
) -> Result<BinChoice> {
    let most = settings.bins.unwrap_or(USUAL_BINS).max(1);
    Ok(match settings.scale {
        Scale::PiecewiseQuantile => BinChoice::Quantiles(most),
        Scale::PiecewiseTree => BinChoice::Tree(most, targets()?),
        Scale::Standardize | Scale::MinMax | Scale::Robust | Scale::Normal | Scale::None => BinChoice::None,
    })
}
