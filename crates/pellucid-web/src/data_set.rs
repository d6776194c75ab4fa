//! A data set as the page holds it, and as the engine takes it.

use crate::thrown::Thrown;
use pellucid::data::dataset::{Dataset, Features, Targets};
use pellucid::data::matrix::Matrix;
use pellucid::{Recipe, Scalar, Split};
use serde::{Deserialize, Serialize};

/// Whether targets are classes or numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// A class a row.
    Classes,
    /// One number a row, or several.
    Numbers,
}

/// The width and the height of images whose pixels are the features.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Image {
    /// Pixels across.
    pub width: usize,
    /// Pixels downwards.
    pub height: usize,
}

/// Rows as numbers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rows {
    /// (rows, features).
    pub inputs: Vec<Vec<f64>>,
    /// The target of each row.
    pub targets: RowTargets,
}

/// The targets of rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RowTargets {
    /// The index of the class of each row.
    Classes(Vec<u32>),
    /// (rows, targets).
    Numbers(Vec<Vec<f64>>),
}

impl Default for RowTargets {
    fn default() -> Self {
        Self::Classes(Vec::new())
    }
}

/// A data set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DataSet {
    /// Its name.
    pub name: String,
    /// What the targets are.
    pub task: Task,
    /// The names of the features.
    #[serde(default)]
    pub feature_names: Vec<String>,
    /// The names of the classes, or of the targets.
    #[serde(default)]
    pub target_names: Vec<String>,
    /// The rows to train on.
    pub training: Rows,
    /// The rows to test on; none where there are none.
    #[serde(default)]
    pub test: Rows,
    /// What reader and preparation assumed, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Where the features are pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// A recipe in TOML that suits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_recipe: Option<String>,
    /// The number under which the preparation of a table is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preparation: Option<u32>,
}

impl DataSet {
    /// The samples, as a network of `outputs` outputs takes them: two classes are 0 and 1 where it has one output. Where the
    /// recipe has rules that need held-out rows, the test rows are these.
    pub fn split<T: Scalar>(&self, recipe: &Recipe) -> Result<Split<T>, Thrown> {
        let outputs = recipe.network.layers.last().copied().unwrap_or(0);
        let training = self.dataset("the training rows", &self.training, outputs)?;
        let test = match self.test.inputs.is_empty() {
            true => None,
            false => Some(self.dataset("the test rows", &self.test, outputs)?),
        };
        let (validation, test) = match judges_by_held_out_rows(recipe) {
            true => (test, None),
            false => (None, test),
        };
        Ok(Split {
            training,
            validation,
            test,
        })
    }

    /// Whether its targets are classes.
    pub fn has_classes(&self) -> bool {
        self.task == Task::Classes
    }

    fn dataset<T: Scalar>(&self, what: &str, rows: &Rows, outputs: usize) -> Result<Dataset<T>, Thrown> {
        let inputs = Matrix::from_rows(what, &rows.inputs)?;
        let targets = match &rows.targets {
            RowTargets::Numbers(numbers) => Targets::Dense(Matrix::from_rows(what, numbers)?),
            RowTargets::Classes(labels) if outputs == 1 => {
                let numbers = labels.iter().map(|&label| T::from_f64(f64::from(label)));
                Targets::Dense(Matrix::new(labels.len(), 1, numbers.collect())?)
            }
            RowTargets::Classes(labels) => Targets::Classes {
                labels: labels.clone(),
                classes: self.target_names.len().max(outputs),
            },
        };
        Ok(Dataset::new(Features::Dense(inputs), targets)?)
    }
}

/// Whether the recipe ends a training, or changes its learning rate, by rows that it is not trained on.
fn judges_by_held_out_rows(recipe: &Recipe) -> bool {
    use pellucid::optimization::schedule::WatchedLoss;

    recipe.train.patience.is_some()
        || recipe.train.stop_at.is_some()
        || recipe.train.schedule.watched_loss() == Some(WatchedLoss::Validation)
}
