//! `[data.table]`: the roles of the columns of a table, and how they become numbers.

use super::ClassWeight;
use crate::model::embedding::EmbeddingMethod;
use serde::{Deserialize, Serialize};

/// `table` of `[data]`, for `source = "table"`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRecipe {
    /// The names of the columns to predict.
    pub target: Vec<String>,
    /// The only features; by default all columns without another role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Columns that are not features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// The column that names each row, and is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The column of the weights of the rows in training; it is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The column of groups, of which none is both trained on and held out; it is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The column of times: the latest rows are held out, and each fold is trained on earlier ones; it is no feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Whether rows without a target are left out; otherwise they are an error.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub drop_missing_target: bool,
    /// Columns that are words, also if they look like numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<String>,
    /// Columns that are numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numeric: Vec<String>,
    /// Columns of free text, which are no features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// Columns that are dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub date: Vec<String>,
    /// What dates become; by default every feature that differs among the training rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub date_features: Vec<DateFeature>,
    /// Further texts that stand for a missing value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub na: Vec<String>,
    /// Whether `NA`, `null` and the like are words in columns of words, and not missing values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_na_words: bool,
    /// The decimal separator of numbers; by default the cells show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// The thousands separator of numbers; by default the cells show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// Whether the target is a class or a number; by default the column decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// How numbers are scaled.
    #[serde(default)]
    pub scale: Scale,
    /// The most bins of a number, where `scale` is piecewise; 8 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bins: Option<usize>,
    /// How the features of numbers are embedded; by default not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed_numbers: Option<NumberEmbedding>,
    /// Columns of words with more features than this have their features embedded together, as 8 numbers; by default none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embed_categories_above: Option<usize>,
    /// The treatment of words that training rows do not have.
    #[serde(default)]
    pub unseen: Unseen,
    /// The fraction of the rows that is held out for early stopping; 0 for none.
    #[serde(default)]
    pub validation: f64,
    /// The number of networks whose outputs are averaged, each trained on all folds of the rows but one; 0 for one network.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub ensemble: usize,
    /// The weight of the rows of each class.
    #[serde(default)]
    pub class_weight: ClassWeight,
    /// How a target of numbers is transformed before it is learnt.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub target_transform: TargetTransform,
    /// How the probabilities are calibrated on the held-out rows.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub calibrate: Calibration,
    /// The score on held-out rows that chooses the probability above which a row has the second of two classes; ½ by
    /// default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tune_threshold: Option<ThresholdMetric>,
    /// Whether predicted numbers are limited to the range of the training rows.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub clamp_predictions: bool,
    /// Whether the network is trained again on all rows, for as many epochs as were best on the held-out ones.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub refit: bool,
}

impl TableRecipe {
    /// Whether a setting is used that changes predictions, or the network, after the training or in the target's units.
    pub fn adjusts_predictions(&self) -> bool {
        self.calibrate != Calibration::None
            || self.target_transform != TargetTransform::Standard
            || self.tune_threshold.is_some()
            || self.clamp_predictions
            || self.refit
    }
}

/// How each number is embedded, with the usual settings of the method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberEmbedding {
    /// As 4 numbers: [`EmbeddingMethod::Pbld`].
    Pbld,
    /// As 8 numbers: [`EmbeddingMethod::Plr`].
    Plr,
    /// All features of a piecewise number together, as 8 numbers: [`EmbeddingMethod::Linear`].
    Linear,
}

impl NumberEmbedding {
    /// The method.
    pub fn method(self) -> EmbeddingMethod {
        match self {
            Self::Pbld => EmbeddingMethod::Pbld,
            Self::Plr => EmbeddingMethod::Plr,
            Self::Linear => EmbeddingMethod::Linear,
        }
    }
}

/// What a date becomes. The parts that return are a sine and a cosine each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateFeature {
    /// The year, a number.
    Year,
    /// The month of the year.
    Month,
    /// The day of the week.
    Weekday,
    /// The day of the year.
    DayOfYear,
    /// The time of the day.
    Hour,
    /// Days since 1970, a number.
    Elapsed,
}

/// The kind of prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A class.
    Classification,
    /// A number.
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
    /// To median 0 and an interquartile range of 1 over training rows, then smoothly clipped to −3 to 3: x/√(1 + (x/3)²).
    /// Holzmüller, Grinsztajn & Steinwart, *Better by Default*, 2024, section 3.
    Robust,
    /// To the quantiles of a standard normal distribution, by those of the training rows: scikit-learn's
    /// `QuantileTransformer`.
    Normal,
    /// To a feature for each of some bins, whose edges are quantiles of the training rows: 0 below the bin, 1 above it, and
    /// the part of it that is below the number within; linear beyond the first and the last edge. Gorishniy, Rubachev &
    /// Babenko, *On Embeddings for Numerical Features in Tabular Deep Learning*, 2022, section 3.2.
    PiecewiseQuantile,
    /// The same with edges where a small decision tree of the column alone splits the training rows by their target: section
    /// 3.2.2.
    PiecewiseTree,
    /// Not at all.
    None,
}

impl Scale {
    /// Whether a number becomes a feature for each of some bins.
    pub fn is_piecewise(self) -> bool {
        matches!(self, Self::PiecewiseQuantile | Self::PiecewiseTree)
    }
}

/// The treatment of a word that training rows do not have, and of a missing one if none was missing in training.
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

/// How probabilities are calibrated after the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// Not at all.
    #[default]
    None,
    /// The inputs of the softmax or of the sigmoids are divided by one number, the temperature, that minimises the log loss
    /// of the held-out rows. Guo, Pleiss, Sun & Weinberger, *On Calibration of Modern Neural Networks*, 2017, section 4.2.
    Temperature,
}

/// How a target of numbers is transformed before it is learnt. Predictions are transformed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetTransform {
    /// To mean 0 and standard deviation 1 over training rows.
    #[default]
    Standard,
    /// Not at all.
    None,
    /// To the natural logarithm, of mean 0 and standard deviation 1 over training rows.
    Log,
    /// To the quantiles of a standard normal distribution, by those of the training rows: scikit-learn's
    /// `QuantileTransformer`.
    QuantileNormal,
}

/// A score of two classes that depends on the threshold between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdMetric {
    /// The part of the rows that are right.
    Accuracy,
    /// The mean recall of both classes.
    BalancedAccuracy,
    /// F1 of the second class.
    F1,
    /// The mean F1 of both classes.
    MacroF1,
    /// The mean F1 of both classes, each weighted by its rows.
    WeightedF1,
}

impl ThresholdMetric {
    /// The name in recipes and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::F1 => "f1",
            Self::MacroF1 => "macro_f1",
            Self::WeightedF1 => "weighted_f1",
        }
    }
}
