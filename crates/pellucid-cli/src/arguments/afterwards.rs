//! The arguments of what follows a training.

use super::{Values, one_of};
use clap::Args;
use pellucid::recipe::{Calibration, TargetTransform, ThresholdMetric};
use pellucid_data::training::TrainingRequest;

const CALIBRATIONS: Values<Calibration, 2> = [
    ("none", "As the network computes them", Calibration::None),
    (
        "temperature",
        "Logits are divided by the number that gives the least log loss",
        Calibration::Temperature,
    ),
];

const TRANSFORMS: Values<TargetTransform, 5> = [
    (
        "standard",
        "To mean 0 and standard deviation 1",
        TargetTransform::Standard,
    ),
    ("none", "Not at all", TargetTransform::None),
    (
        "log",
        "To the logarithm, standardised; for numbers above 0",
        TargetTransform::Log,
    ),
    (
        "quantile-normal",
        "To the quantiles of a normal distribution",
        TargetTransform::QuantileNormal,
    ),
    ("quantile_normal", "", TargetTransform::QuantileNormal),
];

const THRESHOLD_METRICS: Values<ThresholdMetric, 8> = [
    (
        "accuracy",
        "The part of rows that are right",
        ThresholdMetric::Accuracy,
    ),
    (
        "balanced-accuracy",
        "The mean recall of both classes",
        ThresholdMetric::BalancedAccuracy,
    ),
    ("balanced_accuracy", "", ThresholdMetric::BalancedAccuracy),
    ("f1", "F1 of the second class", ThresholdMetric::F1),
    (
        "macro-f1",
        "The mean F1 of both classes",
        ThresholdMetric::MacroF1,
    ),
    ("macro_f1", "", ThresholdMetric::MacroF1),
    (
        "weighted-f1",
        "The mean F1 of both classes, weighted by their rows",
        ThresholdMetric::WeightedF1,
    ),
    ("weighted_f1", "", ThresholdMetric::WeightedF1),
];

/// What is done with held-out rows once the network is trained.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "After the training")]
pub(crate) struct Afterwards {
    /// How probabilities are calibrated on held-out rows [default: none]
    #[arg(long, value_parser = one_of(CALIBRATIONS))]
    pub(crate) calibrate: Option<Calibration>,

    /// Choose the probability above which a row has the second of two classes: by this score on held-out rows
    /// [default: 0.5, not chosen]
    #[arg(long, value_name = "METRIC", value_parser = one_of(THRESHOLD_METRICS))]
    pub(crate) tune_threshold: Option<ThresholdMetric>,

    /// How a target of numbers is transformed before it is learnt; predictions are in its own unit [default: standard]
    #[arg(long, value_parser = one_of(TRANSFORMS), help_heading = "Columns")]
    pub(crate) target_transform: Option<TargetTransform>,

    /// Limit predicted numbers to the range of the training rows
    #[arg(long)]
    pub(crate) clamp_predictions: bool,

    /// Train again on all rows, for as many epochs as were best on held-out rows; scores are those of the first training
    #[arg(long)]
    pub(crate) refit: bool,
}

impl Afterwards {
    /// What is requested, put into what is requested of a training.
    pub(crate) fn add_to(&self, request: &mut TrainingRequest) {
        request.calibrate = self.calibrate;
        request.tune_threshold = self.tune_threshold;
        request.target_transform = self.target_transform;
        request.clamp_predictions = self.clamp_predictions;
        request.refit = self.refit;
    }
}
