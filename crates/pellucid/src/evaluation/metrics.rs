//! Defines the metrics: figures beside the loss that describe a run and can stop it.

mod meters;

pub use crate::evaluation::scores::class_of;
pub use meters::Meters;

use crate::activation::Activation;
use crate::data::dataset::{Dataset, Targets};
use crate::descriptor::{Descriptor, SettingError, is_same_name, unknown_name};
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::network::Layer;
use crate::scalar::Scalar;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::num::NonZeroU32;

macro_rules! metrics {
    ($(
        $Metric:ident $(($Parameter:ty = $example:expr))? => $name:literal, $title:literal, $better:expr,
            is_of_classes $is_of_classes:literal, needs $Needs:ident, $plain:literal, $latex:literal;
    )*) => {
        /// A measure of the quality of outputs. [`scores`](crate::evaluation::scores) computes those that it has too. The class
        /// of a row is that of the largest output, of equal ones the first, or for a single output whether it is above ½. A row
        /// has the labels whose output is above ½. The area under the ROC curve is that of the second of two classes; it is NaN
        /// where a class has no rows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric {
            $( #[doc = concat!("`", $name, "`: ", $plain, ".")] $Metric $(($Parameter))?, )*
        }

        impl Metric {
            /// All metrics; top-k is there with k = 2.
            pub const ALL: [Metric; [$( $name ),*].len()] = [$( Metric::$Metric $(($example))? ),*];

            /// The descriptor; the name of [`TopK`](Self::TopK) stands for every `top_` with a number.
            pub fn descriptor(self) -> &'static MetricDescriptor {
                use Better::{Higher, Lower};
                match self {
                    $(
                        Metric::$Metric { .. } => const {
                            &MetricDescriptor {
                                common: Descriptor::new($name, $title).formula($plain, $latex),
                                better: $better,
                                is_of_classes: $is_of_classes,
                                needs: Needs::$Needs,
                            }
                        },
                    )*
                }
            }
        }
    };
}

metrics! {
    Accuracy => "accuracy", "accuracy", Some(Higher), is_of_classes true, needs Sums,
        "the part of rows whose class, or all of whose labels, are right",
        r"\frac{c}{n} \text{, c of n rows being right}";
    BalancedAccuracy => "balanced_accuracy", "balanced accuracy", Some(Higher), is_of_classes true, needs Counts,
        "the mean recall of the classes that have rows",
        r"\frac{1}{k} \sum_{j} \frac{c_j}{n_j} \text{ over k classes}";
    TopK(NonZeroU32 = NonZeroU32::MIN.saturating_add(1)) =>
        "top_5", "top-k accuracy", Some(Higher), is_of_classes true, needs Sums,
        "the part of rows whose class is among so many of the largest outputs: `top_2`, `top_5`, …",
        r"\frac{c}{n} \text{, c of n rows having their class among the k largest outputs}";
    LogLoss => "log_loss", "log loss", Some(Lower), is_of_classes true, needs Sums,
        "the mean of −ln p, p being the probability of the true class",
        r"-\frac{1}{n} \sum_{i} \ln p_i";
    RocAuc => "roc_auc", "area under the ROC curve", Some(Higher), is_of_classes true, needs Outputs,
        "the area under the ROC curve; of more than two classes the mean over each against the rest, of labels the mean",
        r"\text{the area under the ROC curve}";
    MicroF1 => "micro_f1", "micro F1", Some(Higher), is_of_classes true, needs Counts,
        "F1 of all decisions together; of classes it is the accuracy",
        r"\frac{2 t}{2 t + f + m} \text{ of all true positives, false positives and misses}";
    MacroF1 => "macro_f1", "macro F1", Some(Higher), is_of_classes true, needs Counts,
        "the mean F1 of the classes that occur, or of all labels",
        r"\frac{1}{k} \sum_{j} F_j";
    WeightedF1 => "weighted_f1", "weighted F1", Some(Higher), is_of_classes true, needs Counts,
        "the mean F1, each class or label weighted by its rows",
        r"\frac{1}{n} \sum_{j} n_j F_j";
    MeanAbsoluteError => "mean_absolute_error", "mean absolute error", Some(Lower), is_of_classes false, needs Sums,
        "the mean of |a − y| over rows and outputs",
        r"\frac{1}{n} \sum_{i} |a_i - y_i|";
    MeanSquaredError => "mean_squared_error", "mean squared error", Some(Lower), is_of_classes false, needs Sums,
        "the mean of (a − y)² over rows and outputs",
        r"\frac{1}{n} \sum_{i} (a_i - y_i)^2";
    RootMeanSquaredError =>
        "root_mean_squared_error", "root mean squared error", Some(Lower), is_of_classes false, needs Outputs,
        "√ of the mean of (a − y)² of an output, its mean over the outputs",
        r"\sqrt{\frac{1}{n} \sum_{i} (a_i - y_i)^2}";
    R2 => "r2", "R²", Some(Higher), is_of_classes false, needs Outputs,
        "1 − Σ(y − a)²/Σ(y − ȳ)² of an output, its mean over the outputs; NaN for a single row",
        r"1 - \frac{\sum_{i} (y_i - a_i)^2}{\sum_{i} (y_i - m)^2} \text{, m the mean of y}";
    ExplainedVariance => "explained_variance", "explained variance", Some(Higher), is_of_classes false, needs Outputs,
        "1 − var(y − a)/var(y) of an output, its mean over the outputs",
        r"1 - \frac{\text{var}(y - a)}{\text{var}(y)}";
    YPred => "y_pred", "mean output", None, is_of_classes false, needs Sums,
        "the mean of the outputs",
        r"\frac{1}{n} \sum_{i} a_i";
}

impl Metric {
    /// The name in recipes and records.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Metric::TopK(count) => format!("top_{count}").into(),
            other => other.descriptor().common.name.into(),
        }
    }

    /// The metric of a name, `-` and `_` alike.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(count) = name.strip_prefix("top_").or(name.strip_prefix("top-")) {
            return count.parse().ok().map(Metric::TopK);
        }
        let mut all = Self::ALL.into_iter();
        all.find(|metric| is_same_name(metric.descriptor().common.name, name))
    }

    /// Whether higher is better, or lower; none where neither is.
    pub fn better(self) -> Option<Better> {
        self.descriptor().better
    }

    /// Why the metric does not apply to such targets and outputs, or `None` where it applies.
    fn objection_to(self, kind: TargetKind, output: &Layer, loss: Loss) -> Option<String> {
        if !self.descriptor().is_of_classes {
            return None;
        }
        let only_argmax = matches!(self, Metric::Accuracy | Metric::TopK(_));
        let classes = output.fan_out.max(2);
        let objection = match kind {
            TargetKind::Numbers if !loss.wants_probabilities() => {
                "it needs classes, and the targets are numbers; use r2 or mean_squared_error"
            }
            TargetKind::Numbers if !only_argmax => {
                "it needs classes, and the targets are probabilities between 0 and 1; use accuracy"
            }
            TargetKind::Labels
                if matches!(self, Metric::BalancedAccuracy | Metric::TopK(_) | Metric::LogLoss) =>
            {
                "it needs one class per row, and rows have several or none; use accuracy, roc_auc, micro_f1, macro_f1 or \
                 weighted_f1"
            }
            TargetKind::Labels if loss == Loss::Hinge => {
                "rows have several classes or none, and the outputs of hinge cannot express that"
            }
            _ => {
                return match (self, output.activation) {
                    (Metric::TopK(count), _) if count.get() as usize >= classes => Some(format!(
                        "for {classes} classes it is always 1; choose top_{} or less",
                        classes - 1
                    )),
                    (Metric::LogLoss, Activation::Softmax) => None,
                    (Metric::LogLoss, Activation::Sigmoid) if output.fan_out == 1 => None,
                    (Metric::LogLoss, other) => Some(format!(
                        "it needs the probability of a class, from softmax, or from sigmoid for a single output; {} outputs \
                         of {} are not probabilities",
                        output.fan_out,
                        other.name()
                    )),
                    _ => None,
                };
            }
        };
        Some(objection.into())
    }
}

/// What a metric is called and computes.
#[derive(Debug, Clone, Copy)]
pub struct MetricDescriptor {
    /// Names and formula.
    pub common: Descriptor,
    /// Whether higher is better, or lower; none where neither is.
    pub better: Option<Better>,
    /// Whether it needs classes or labels as targets.
    pub is_of_classes: bool,
    needs: Needs,
}

/// What a metric follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A numerator and a denominator, each a sum over batches.
    Sums,
    /// The counts of each class.
    Counts,
    /// All outputs and targets.
    Outputs,
}

/// The direction in which a figure improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A higher value is better.
    Higher,
    /// A lower value is better.
    Lower,
}

impl Better {
    /// Whether `value` is better than `than` by more than `margin`; never for NaN.
    pub fn is(self, value: f64, than: f64, margin: f64) -> bool {
        match self {
            Better::Higher => value > than + margin,
            Better::Lower => value < than - margin,
        }
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Metric::named(&name).ok_or_else(|| unknown_name(&name, &Figure::names()[1..]))
    }
}

/// A figure that a run can be judged by: its loss, or a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// The loss.
    #[default]
    Loss,
    /// A metric.
    #[serde(untagged)]
    Metric(Metric),
}

impl Figure {
    /// The name in recipes and records.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Figure::Loss => "loss".into(),
            Figure::Metric(metric) => metric.name(),
        }
    }

    /// The figure of a name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "loss" => Some(Figure::Loss),
            other => Metric::named(other).map(Figure::Metric),
        }
    }

    /// Every name, `top_5` standing for every `top_` with a number.
    pub fn names() -> Vec<&'static str> {
        let metrics = Metric::ALL.map(|metric| metric.descriptor().common.name);
        std::iter::once("loss").chain(metrics).collect()
    }

    /// The metric of this figure, if it is one.
    pub fn metric(self) -> Option<Metric> {
        match self {
            Figure::Loss => None,
            Figure::Metric(metric) => Some(metric),
        }
    }

    /// Whether a higher or a lower value is better; `None` where neither is.
    pub fn better(self) -> Option<Better> {
        match self {
            Figure::Loss => Some(Better::Lower),
            Figure::Metric(metric) => metric.better(),
        }
    }

    /// The value of this figure among a loss and metrics; NaN where it is not among them.
    pub fn value_in(self, loss: f64, metrics: &[(Metric, f64)]) -> f64 {
        match self {
            Figure::Loss => loss,
            Figure::Metric(wanted) => metrics
                .iter()
                .find(|(metric, _)| *metric == wanted)
                .map_or(f64::NAN, |(_, value)| *value),
        }
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Figure::named(&name).ok_or_else(|| unknown_name(&name, &Figure::names()))
    }
}

/// The kind of the targets, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TargetKind {
    /// One class per row.
    Classes,
    /// Any number of labels per row: zeros and ones, not exactly one 1 in each row.
    Labels,
    /// Numbers.
    Numbers,
}

impl TargetKind {
    fn from_targets<T: Scalar>(targets: &Targets<T>) -> Self {
        match targets {
            Targets::Classes { .. } => Self::Classes,
            _ if !targets.are_zero_or_one() => Self::Numbers,
            Targets::Dense(matrix) => {
                let width = matrix.columns();
                let has_one_class = |row: &[T]| row.iter().filter(|y| **y == T::ONE).count() == 1;
                if width == 1 || matrix.values().chunks_exact(width).all(has_one_class) {
                    Self::Classes
                } else {
                    Self::Labels
                }
            }
        }
    }
}

/// Checks that these metrics, which the recipe names under `key`, apply to the data.
///
/// # Errors
/// [`Error::Setting`] for a metric that does not apply, such as one of classes where targets are numbers, or one of
/// probabilities where outputs are not probabilities.
pub fn check<T: Scalar>(
    key: &str,
    metrics: &[Metric],
    data: &Dataset<T>,
    output: &Layer,
    loss: Loss,
) -> Result<()> {
    if metrics.is_empty() {
        return Ok(());
    }
    let kind = TargetKind::from_targets(data.targets());
    for metric in metrics {
        if let Some(expected) = metric.objection_to(kind, output, loss) {
            let found = format!("\"{}\"", metric.name());
            return Err(Error::from(SettingError::new(key, found, expected)));
        }
    }
    Ok(())
}

/// The default metrics at the end of a run: errors, and accuracy where targets are classes.
pub fn suited_to(loss: Loss, targets_are_zero_or_one: bool) -> Vec<Metric> {
    let mut metrics = vec![Metric::MeanSquaredError, Metric::MeanAbsoluteError];
    if targets_are_zero_or_one || loss.wants_probabilities() {
        metrics.insert(0, Metric::Accuracy);
    }
    metrics
}
