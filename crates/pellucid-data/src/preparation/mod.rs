//! The preparation of a table: the features and targets of a network, fitted to training rows and saved with the model.
//!
//! Rows are named by their index in the table; each function panics if one is not there.
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
//!     notes: Vec::new(),
//!     left_out: Vec::new(),
//!     spellings: Vec::new(),
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
mod counts;
mod date;
mod duplicates;
mod error;
mod fitted;
mod labels;
mod large_integer;
mod limit_values;
mod moments;
mod named;
mod normal;
mod number;
mod piecewise;
mod reading;
mod regression_target;
mod row_index;
mod row_weight;
mod settings;
mod spelling;
mod split;
mod split_by;
mod target;
mod transform;
mod tree_edges;
mod words;

pub use crate::table::ColumnKind;
pub use category::{CategoryTransform, MOST_NAMES};
pub use choice::{ChosenColumns, ColumnChoice, choose_columns};
pub use counts::{ColumnCounts, Counts};
pub use date::{DatePart, DateTransform};
pub use duplicates::{note_of_repeated, repeated_rows};
pub use fitted::{FeatureColumn, Preparation};
pub use labels::Labels;
pub(crate) use moments::mean_and_std;
pub use normal::NORMAL_QUANTILE_RATIOS;
pub(crate) use normal::quantiles;
pub use number::NumberTransform;
pub use pellucid::recipe::{DateFeature, Scale, TargetTransform, Task, Unseen};
pub use piecewise::USUAL_BINS;
pub use reading::{ColumnReading, ReadTable, ReadingRequest, TableReading};
pub use regression_target::RegressionTarget;
pub use row_weight::row_weights;
pub use settings::PreparationSettings;
pub use split::{
    Folds, RowSplit, group_folds, hold_out, hold_out_groups, hold_out_latest, k_fold, never_held_out,
    time_folds,
};
pub use split_by::SplitBy;
pub use target::{ClassTarget, LabelTarget, Predictions, TargetPreparation, choose_task, rows_with_target};
pub use transform::Transform;
pub use words::words_of_truths;

#[cfg(test)]
mod tests;
