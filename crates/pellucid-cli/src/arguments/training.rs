//! The arguments of a training on a table, which `pellucid train` and `pellucid diagnose` take.

use super::{
    CLASS_WEIGHTS, Columns, EFFORTS, Hidden, NORMALISATIONS, PRECISIONS, PRESETS, activation, batch_size,
    dropout, epochs, figure, hidden, metric, one_of, optimizer, seed, stop_at,
};
use clap::Args;
use pellucid::descriptor::OrNone;
use pellucid::evaluation::metrics::{Figure, Metric};
use pellucid::recipe::{BatchSize, ClassWeight, DropoutRates, Recipe, StopAt};
use pellucid::{Activation, Normalisation, Optimizer, Precision};
use pellucid_data::training::{Effort, Preset, TrainingRequest};

/// Network, training and stopping.
#[derive(Debug, Args)]
pub(crate) struct TrainingFlags {
    /// Sizes of the hidden layers, such as 64,32; `none` for a linear model [default: 256,256,256, from 10,000 rows 128,64]
    #[arg(long, value_name = "SIZES", value_parser = hidden, help_heading = "Network")]
    pub(crate) hidden: Option<Hidden>,

    /// Activation of the hidden layers [default: selu for classes, mish for numbers, from 10,000 rows relu]
    #[arg(long, value_parser = activation, help_heading = "Network")]
    pub(crate) activation: Option<Activation>,

    /// How the pre-activations of hidden layers are normalised [default: none]
    #[arg(long, value_parser = one_of(NORMALISATIONS), help_heading = "Network")]
    pub(crate) normalisation: Option<OrNone<Normalisation>>,

    /// Arithmetic in single or double precision [default: f32]
    #[arg(long, value_parser = one_of(PRECISIONS), help_heading = "Network")]
    pub(crate) precision: Option<Precision>,

    /// Optimizer: sgd, adagrad, rmsprop, adadelta, adam, adamw, amsgrad, nadam, radam, adamax, lion, rprop,
    /// irprop_plus or lbfgs; a recipe has their settings [default: adam]
    #[arg(long, value_parser = optimizer, help_heading = "Training")]
    pub(crate) optimizer: Option<Optimizer>,

    /// Learning rate [default: 0.04 for classes, 0.07 for numbers, from 10,000 rows 0.001]
    #[arg(
        long,
        value_name = "RATE",
        allow_negative_numbers = true,
        help_heading = "Training"
    )]
    pub(crate) learning_rate: Option<f64>,

    /// Rows of a step: a number, or `full` [default: 256, from 10,000 rows 64 and more]
    #[arg(long, value_name = "ROWS", value_parser = batch_size, help_heading = "Training")]
    pub(crate) batch_size: Option<BatchSize>,

    /// Largest number of epochs [default: 256, from 10,000 rows 200]
    #[arg(long, allow_negative_numbers = true, value_parser = epochs, help_heading = "Training")]
    pub(crate) epochs: Option<u64>,

    /// λ of the penalty ½λ‖W‖² on the weights [default: 0, from 10,000 rows 0.001]
    #[arg(
        long,
        value_name = "LAMBDA",
        allow_negative_numbers = true,
        help_heading = "Training"
    )]
    pub(crate) l2: Option<f64>,

    /// The probability with which a hidden unit is left out of a step, or one for the inputs and each hidden layer, with
    /// commas [default: 0]
    #[arg(
        long,
        value_name = "RATE[,RATE…]",
        allow_negative_numbers = true,
        value_parser = dropout,
        help_heading = "Training"
    )]
    pub(crate) dropout: Option<DropoutRates>,

    /// Rows for early stopping: the part held out of DATA, 0 for none, or a file [default: 0.2, from 10,000 rows 0.1]
    #[arg(
        long,
        value_name = "PART|FILE",
        allow_negative_numbers = true,
        help_heading = "Training"
    )]
    pub(crate) validation: Option<String>,

    /// Metrics to report for each epoch: accuracy, balanced_accuracy, top_N, log_loss, roc_auc, micro_f1, macro_f1,
    /// weighted_f1, mean_squared_error, root_mean_squared_error, mean_absolute_error, r2, explained_variance
    #[arg(long, value_name = "METRICS", value_delimiter = ',', value_parser = metric, help_heading = "Training")]
    pub(crate) metrics: Option<Vec<Metric>>,

    /// Figure that compares epochs: loss, or a metric on held-out rows [default: accuracy, or root_mean_squared_error of numbers; from 10,000 rows loss]
    #[arg(long, value_name = "METRIC", value_parser = figure, help_heading = "Stopping")]
    pub(crate) monitor: Option<Figure>,

    /// Epochs without improvement that end the training [default: all are run, from 10,000 rows 20]
    #[arg(long, value_name = "EPOCHS", allow_negative_numbers = true, value_parser = epochs, help_heading = "Stopping")]
    pub(crate) patience: Option<u64>,

    /// Smallest improvement that counts [default: 0]
    #[arg(
        long,
        value_name = "NUMBER",
        allow_negative_numbers = true,
        help_heading = "Stopping"
    )]
    pub(crate) min_delta: Option<f64>,

    /// End the training when a figure reaches a value, such as accuracy=0.98 or loss=0.05
    #[arg(long, value_name = "METRIC=VALUE", value_parser = stop_at, help_heading = "Stopping")]
    pub(crate) stop_at: Option<StopAt>,

    /// End the training after this number of seconds
    #[arg(
        long,
        value_name = "SECONDS",
        allow_negative_numbers = true,
        help_heading = "Stopping"
    )]
    pub(crate) max_seconds: Option<f64>,

    /// Weights of the classes [default: none, 1 each]
    #[arg(long, value_parser = one_of(CLASS_WEIGHTS), help_heading = "Training")]
    pub(crate) class_weight: Option<ClassWeight>,

    /// Seed of all random numbers [default: 0]
    #[arg(long, allow_negative_numbers = true, value_parser = seed, help_heading = "Training")]
    pub(crate) seed: Option<u32>,

    /// Take all other settings from a recipe: a built-in one, or a TOML file
    #[arg(long, help_heading = "Training")]
    pub(crate) recipe: Option<String>,

    /// Take all other settings from a preset [default: default]
    #[arg(
        long,
        value_parser = one_of(PRESETS),
        conflicts_with = "recipe",
        help_heading = "Training"
    )]
    pub(crate) preset: Option<Preset>,

    /// How much time the training may take for a better model [default: default]
    #[arg(
        long,
        value_parser = one_of(EFFORTS),
        conflicts_with_all = ["recipe", "preset"],
        help_heading = "Training"
    )]
    pub(crate) effort: Option<Effort>,
}

impl TrainingFlags {
    /// What is asked of a training on a table.
    pub(crate) fn request(
        &self,
        columns: &Columns,
        recipe: Option<Recipe>,
        validation: Option<f64>,
    ) -> TrainingRequest {
        TrainingRequest {
            class_weight: self.class_weight.clone(),
            validation,
            hidden: self.hidden.as_ref().map(|Hidden(sizes)| sizes.clone()),
            activation: self.activation,
            normalisation: self.normalisation,
            optimizer: self.optimizer,
            learning_rate: self.learning_rate,
            batch_size: self.batch_size,
            epochs: self.epochs,
            patience: self.patience,
            monitor: self.monitor,
            min_delta: self.min_delta,
            stop_at: self.stop_at,
            max_seconds: self.max_seconds,
            metrics: self.metrics.clone(),
            l2: self.l2,
            dropout: self.dropout.clone(),
            precision: self.precision,
            seed: self.seed,
            preset: self.preset,
            effort: self.effort,
            ..columns.request(recipe)
        }
    }

    /// Those that only a table's training takes, a recipe's not, and whether each is given.
    pub(crate) fn of_tables(&self) -> Vec<(&'static str, bool)> {
        vec![
            ("--hidden", self.hidden.is_some()),
            ("--activation", self.activation.is_some()),
            ("--normalisation", self.normalisation.is_some()),
            ("--optimizer", self.optimizer.is_some()),
            ("--learning-rate", self.learning_rate.is_some()),
            ("--batch-size", self.batch_size.is_some()),
            ("--l2", self.l2.is_some()),
            ("--dropout", self.dropout.is_some()),
            ("--validation", self.validation.is_some()),
            ("--metrics", self.metrics.is_some()),
            ("--monitor", self.monitor.is_some()),
            ("--patience", self.patience.is_some()),
            ("--min-delta", self.min_delta.is_some()),
            ("--stop-at", self.stop_at.is_some()),
            ("--max-seconds", self.max_seconds.is_some()),
            ("--class-weight", self.class_weight.is_some()),
            ("--recipe", self.recipe.is_some()),
            ("--preset", self.preset.is_some()),
            ("--effort", self.effort.is_some()),
        ]
    }
}
