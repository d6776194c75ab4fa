//! `[data.table]`: which columns of a table are what, and how they become numbers.

use super::ClassWeight;
use serde::{Deserialize, Serialize};

/// `table` of `[data]`, for `source = "table"`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRecipe {
    /// The columns to be predicted: names.
    pub target: Vec<String>,
    /// The only features; all columns that are nothing else unless given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Columns that are not features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// The column that names each row, and is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The column that says what each row counts for in training, and is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whether the target is a class or a number; chosen from the column unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// How numbers are scaled.
    #[serde(default)]
    pub scale: Scale,
    /// What becomes of words that training rows do not have.
    #[serde(default)]
    pub unseen: Unseen,
    /// The part of the rows that is held out to stop by; 0 for none.
    #[serde(default)]
    pub validation: f64,
    /// What the rows of a class count for.
    #[serde(default)]
    pub class_weight: ClassWeight,
}

/// What a target asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Which class.
    Classification,
    /// How much.
    Regression,
}

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
