//! Describes a complete run in one value, the recipe. TOML for the command, keyword arguments from Python, JSON from a page
//! and the header of a model file all have this form.
//!
//! A run is a function of its recipe and its data: the same recipe and the same data give the same bits.

mod built_in;
mod class_weight;
mod depth;
mod of_layers;
mod reading;
mod settings;
mod spelling;
mod table;

pub use built_in::{BUILT_IN, BuiltIn};
pub use class_weight::ClassWeight;
pub use depth::{DEEPEST, check_depth};
pub use of_layers::{Activations, DropoutRates, Normalisations, OfLayers};
pub use reading::{RecipeError, shortened};
pub use settings::{BatchSize, StopAt};
pub use table::{
    Calibration, DateFeature, NumberEmbedding, Scale, TableRecipe, TargetTransform, Task, ThresholdMetric,
    Unseen,
};

use crate::activation::Activation;
use crate::descriptor::{Choice, Range, SettingError, SettingValue};
use crate::error::Result;
use crate::evaluation::metrics::{Figure, Metric};
use crate::loss::{Loss, Reduction};
use crate::model::dropout::check_rate;
use crate::model::embedding::Embedding;
use crate::model::init::Init;
use crate::model::network::Architecture;
use crate::model::pass::Update;
use crate::optimization::averaging::Average;
use crate::optimization::optimizer::Optimizer;
use crate::optimization::parameter_groups::{Parametrisation, RateFactors};
use crate::optimization::schedule::Schedule;
use crate::scalar::Precision;
use pellucid_kernels::simd::{InstructionSet, choose_instruction_set};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// A complete run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Recipe {
    /// One line that describes the run.
    #[serde(default)]
    pub title: String,
    /// The data.
    pub data: DataRecipe,
    /// The network.
    pub network: NetworkRecipe,
    /// The initial parameters.
    #[serde(default)]
    pub init: Init,
    /// The training.
    pub train: TrainRecipe,
    /// What to report, and when.
    #[serde(default)]
    pub log: LogRecipe,
}

/// `[data]`: the samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    /// The source of the samples.
    pub source: Source,
    /// `inline`: the features, one row per sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<Vec<f64>>>,
    /// `inline` and `noisy-line`: the targets, one row per sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Vec<f64>>>,
    /// `noisy-line` and `regression`: the number of features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<usize>,
    /// `regression`: the number of samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// `noisy-line`: the half-width of the uniform noise; `regression`: the standard deviation of the normal noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// Seed of drawn samples; `train.seed` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// `inline`: the weight of each sample in training; 1 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
    /// `inline` and `mnist`: the weight of the samples of each class in training.
    #[serde(default, skip_serializing_if = "ClassWeight::is_none")]
    pub class_weight: ClassWeight,
    /// The fraction of the training rows that is held out to compare epochs by; 0 for none. A `table` has its own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub validation: f64,
    /// Whether to scale every column to mean 0 and standard deviation 1.
    #[serde(default)]
    pub standardise: bool,
    /// `table`: the roles of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableRecipe>,
}

/// The source of the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// From the recipe itself.
    Inline,
    /// MNIST's handwritten digits, from its four IDX files: pixels over 255, the digit as a class.
    Mnist,
    /// One sample: points evenly spaced from 0 to 1, each moved by uniform noise.
    NoisyLine,
    /// Normal features, the target tanh of a random direction plus normal noise.
    Regression,
    /// A table, such as a CSV file; `pellucid train` reads it.
    Table,
}

/// `[network]`: the network's shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkRecipe {
    /// The sizes of the layers, the inputs first.
    pub layers: Vec<usize>,
    /// One activation for all layers after the inputs, or a list, one for each.
    pub activation: Activations,
    /// Whether the layers have a bias.
    #[serde(default = "yes")]
    pub bias: bool,
    /// The normalisation of the hidden layers, or of each layer.
    #[serde(default, skip_serializing_if = "Normalisations::is_none")]
    pub normalisation: Normalisations,
    /// Whether the first layer multiplies each feature by a trained scale.
    #[serde(default, skip_serializing_if = "is_default")]
    pub input_scales: bool,
    /// Whether each hidden unit has a learnt factor α in a = z + α·(f(z) − z).
    #[serde(default, skip_serializing_if = "is_default")]
    pub parametric_activations: bool,
    /// What stands in the place of features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embeddings: Vec<Embedding>,
    /// The number of members that share the hidden layers, each with input scales and an output layer of its own, 2 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<usize>,
}

fn yes() -> bool {
    true
}

/// `[train]`: the training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainRecipe {
    /// Loss function to minimise.
    pub loss: Loss,
    /// ε of the smoothed targets (1 − ε)·y + ε/classes, for cross-entropies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub label_smoothing: f64,
    /// How the losses of a batch become one.
    #[serde(default)]
    pub reduction: Reduction,
    /// The optimizer.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// η, the learning rate; the highest one if a schedule changes it. `lbfgs` has none: 0.
    #[serde(default, skip_serializing_if = "is_default")]
    pub learning_rate: f64,
    /// How the learning rate changes over the run.
    #[serde(default)]
    pub schedule: Schedule,
    /// Factors of the learning rate for weights, biases and input scales.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rate_factors: RateFactors,
    /// The parameters that the optimizer moves: the weights, or weights that are √fan_in times as large.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parametrisation: Parametrisation,
    /// The number of samples per step: a number, 1 for online training, or `"full"`.
    #[serde(default)]
    pub batch_size: BatchSize,
    /// The number of batches whose gradients form one step.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub accumulate: u64,
    /// The mean of the weights that is evaluated and kept; the last weights by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Average>,
    /// Whether to shuffle the samples each epoch.
    #[serde(default)]
    pub shuffle: bool,
    /// Whether to shuffle the order of the previous epoch instead of the original order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub reshuffle: bool,
    /// Shuffles within windows of so many samples, each of 256 blocks of neighbours from anywhere, as data needs that is larger
    /// than memory; all samples by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffle_window: Option<NonZeroUsize>,
    /// The number of passes over all samples.
    pub epochs: u64,
    /// When the weights of a layer are updated.
    #[serde(default)]
    pub update: Update,
    /// λ of the penalty λ‖W‖₁ on the weights; reported losses do not include it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub l1: f64,
    /// λ of the penalty ½λ‖W‖² on the weights, not on the biases; reported losses do not include it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub l2: f64,
    /// Whether to divide penalties by the divisor of a batch's losses, its rows or their weights.
    #[serde(default, skip_serializing_if = "is_default")]
    pub share_penalty: bool,
    /// Whether the reported training loss includes the penalties.
    #[serde(default, skip_serializing_if = "is_default")]
    pub report_penalty: bool,
    /// Whether penalties and weight decay apply to biases too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub penalize_biases: bool,
    /// The largest size of each number of the gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f64>,
    /// The largest Euclidean norm of the gradient, applied after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// The dropout rate of hidden units, or one rate for each layer except the last.
    #[serde(default, skip_serializing_if = "DropoutRates::is_none")]
    pub dropout: DropoutRates,
    /// How the dropout rates change over the run: its fractions are of these rates.
    #[serde(default, skip_serializing_if = "is_default")]
    pub dropout_schedule: Schedule,
    /// How the optimizer's weight decay changes over the run: its fractions are of that decay, which the learning rate
    /// multiplies besides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub decay_schedule: Schedule,
    /// The standard deviation of normal noise on the features in training.
    #[serde(default, skip_serializing_if = "is_default")]
    pub input_noise: f64,
    /// The largest norm of a unit's incoming weights after a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_norm: Option<f64>,
    /// The figure that compares epochs: the loss, or a metric; on held-out rows if there are any.
    #[serde(default, skip_serializing_if = "is_default")]
    pub monitor: Figure,
    /// The number of epochs without improvement that ends the run; unlimited by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// The least improvement of `monitor` that counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub min_delta: f64,
    /// Whether of epochs with an equal figure the last is kept; by default the first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keep_last_of_equals: bool,
    /// A figure and the value at which the run ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_at: Option<StopAt>,
    /// The time limit in seconds; the result then depends on the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_seconds: Option<f64>,
    /// The precision of the arithmetic.
    #[serde(default)]
    pub precision: Precision,
    /// Seed of every draw without a seed of its own.
    #[serde(default)]
    pub seed: u32,
    /// The instruction set, on which the last bits of all numbers depend; by default the best one of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruction_set: Option<InstructionSet>,
}

/// `[log]`: what to report, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogRecipe {
    /// The number of epochs from one line to the next; about 20 lines per run by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// The number of the first epoch, 0 or 1.
    pub count_from: u64,
    /// The loss to report, if it is not the one to minimise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// The metrics to report.
    pub metrics: Vec<Metric>,
    /// The line, with `{epoch}`, `{loss}` and the metrics' names in braces, formatted as in Python: `{loss:.4f}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Whether to print the outputs for the training samples at the end, raw and rounded.
    pub predictions: bool,
}

fn is_default<D: Default + PartialEq>(value: &D) -> bool {
    *value == D::default()
}

fn is_one(number: &u64) -> bool {
    *number == 1
}

fn one() -> u64 {
    1
}

impl Recipe {
    /// Chooses the instruction set that the recipe names, for the whole process and before its first computation; nothing
    /// where it names none.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting): the machine does not have it, or the process computes with another one.
    pub fn choose_instruction_set(&self) -> Result<()> {
        let Some(set) = self.train.instruction_set else {
            return Ok(());
        };
        choose_instruction_set(set).map_err(|reason| {
            SettingError::new("train.instruction_set", format!("\"{}\"", set.name()), reason).into()
        })
    }
}

impl Default for LogRecipe {
    fn default() -> Self {
        Self {
            every: None,
            count_from: one(),
            loss: None,
            metrics: Vec::new(),
            line: None,
            predictions: false,
        }
    }
}

/// Why batches cannot be accumulated as requested.
fn objection_to_accumulation(train: &TrainRecipe) -> Option<&'static str> {
    match train.accumulate {
        0 => Some("at least 1 batch makes a step"),
        1 => None,
        _ if train.batch_size == BatchSize::Full => {
            Some("a full batch makes a step of its own; set train.batch_size, to 32 say")
        }
        _ if train.share_penalty || train.reduction == Reduction::WeightedMean => Some(
            "what a batch's losses and penalties are divided by is that batch's own; use reduction = \"mean\" without share_penalty",
        ),
        _ if matches!(train.optimizer, Optimizer::IrpropPlus { .. }) => {
            Some("irprop_plus compares the losses of whole steps, and a batch has only its own")
        }
        _ => None,
    }
}

/// Refuses the settings that L-BFGS cannot use.
fn check_for_lbfgs(train: &TrainRecipe) -> Result<()> {
    if train.learning_rate != 0.0 {
        let why = "lbfgs finds the length of each step by a line search; leave it out";
        return refuse("train.learning_rate", train.learning_rate, why);
    }
    if let BatchSize::Rows(rows) = train.batch_size {
        let why = "lbfgs needs the same loss at every step, that of all rows; set it to \"full\"";
        return refuse("train.batch_size", rows, why);
    }
    if train.shuffle {
        let why = "lbfgs takes all rows at once, whose order does not matter; set it to false";
        return refuse("train.shuffle", true, why);
    }
    if train.schedule != Schedule::default() {
        let why = "lbfgs has no learning rate that could follow a schedule; leave it out";
        return refuse("train.schedule", quoted(&train.schedule.name()), why);
    }
    if train.rate_factors != RateFactors::default() {
        let why = "lbfgs has no learning rate that they could multiply; leave them out";
        return refuse("train.rate_factors", "a factor other than 1", why);
    }
    if train.parametrisation != Parametrisation::Standard {
        let why = "lbfgs scales its steps itself; leave it out";
        return refuse("train.parametrisation", "\"ntk\"", why);
    }
    if !train.dropout.is_none() {
        let why = "lbfgs needs the same loss at every step, and dropout changes it; use \"adam\", or l2 in its place";
        return refuse("train.dropout", "a rate above 0", why);
    }
    if train.input_noise != 0.0 {
        let why =
            "lbfgs needs the same loss at every step, and noise changes it; use \"adam\", or l2 in its place";
        return refuse("train.input_noise", train.input_noise, why);
    }
    if let Some(most) = train.max_norm {
        let why = "lbfgs takes steps to a minimum without constraints; use \"adam\", or l2 in its place";
        return refuse("train.max_norm", most, why);
    }
    if train.l1 != 0.0 {
        let why =
            "lbfgs needs derivatives that change smoothly, and |w| has a kink at 0; use l2, or \"adam\"";
        return refuse("train.l1", train.l1, why);
    }
    let clips = [
        ("train.clip_value", train.clip_value),
        ("train.clip_norm", train.clip_norm),
    ];
    if let Some((key, clip)) = clips.iter().find_map(|(key, clip)| Some((*key, (*clip)?))) {
        let why = "lbfgs needs the gradient itself, and takes no step that raises the loss; leave it out";
        return refuse(key, clip, why);
    }
    if let Some(average) = &train.average {
        let why = "lbfgs ends at a minimum, and a mean of the way there is none; leave it out";
        return refuse("train.average", quoted(&average.name()), why);
    }
    Ok(())
}

fn refuse<T>(key: &str, found: impl ToString, expected: impl Into<String>) -> Result<T> {
    Err(SettingError::new(key, found, expected).into())
}

fn quoted(word: &dyn std::fmt::Display) -> String {
    format!("\"{word}\"")
}

const ABOVE_0: Range = Range::POSITIVE.described("a finite number above 0 is needed, such as 1");
const NOT_NEGATIVE: Range = Range::NOT_NEGATIVE.described("a finite number, 0 or more, is needed");
const SECONDS: Range = Range::POSITIVE.described("a finite number above 0 is needed, such as 60");
const SMOOTHING: Range = Range::BELOW_ONE.described("0 or more, below 1, is needed");
const HELD_OUT: Range =
    Range::BELOW_ONE.described("a part of the rows, from 0 (none) to less than 1, is held out");
const EPOCHS: Range = Range::COUNT.described("at least 1 epoch is needed");
const WAITED_EPOCHS: Range = Range::COUNT.described("at least 1 epoch is waited for");
const LOGGED_EPOCHS: Range = Range::COUNT.described("at least 1 epoch is needed between lines");
const FIRST_EPOCH: Range = Range::FRACTION.described("epochs are counted from 0 or from 1");

impl Recipe {
    /// The architecture.
    ///
    /// # Errors
    /// [`Error::Architecture`](crate::Error::Architecture) when it cannot be built.
    pub fn architecture(&self) -> Result<Architecture> {
        let layers = &self.network.layers;
        let activations: Vec<Activation> = match &self.network.activation {
            Activations::One(one) => vec![*one; layers.len().saturating_sub(1)],
            Activations::Each(list) => list.clone(),
        };
        let architecture = Architecture::new(layers, &activations, self.network.bias)?;
        let architecture = match self.network.input_scales {
            true => architecture.scaling_inputs(),
            false => architecture,
        };
        let architecture = match self.network.embeddings.is_empty() {
            true => architecture,
            false => architecture.embedding(&self.network.embeddings)?,
        };
        let architecture = match self.network.parametric_activations {
            true => architecture.with_parametric_activations(),
            false => architecture,
        };
        let architecture = match self.network.members {
            Some(count) => architecture.with_members(count)?,
            None => architecture,
        };
        let of_layers = self.network.normalisation.of_layers(architecture.layers().len());
        if of_layers.iter().all(Option::is_none) && of_layers.len() == architecture.layers().len() {
            return Ok(architecture);
        }
        architecture.normalised(&of_layers)
    }

    /// The loss to report.
    pub fn logged_loss(&self) -> Loss {
        self.log.loss.unwrap_or(self.train.loss)
    }

    /// Every how many epochs one is logged: each where a table is trained on, else about 20 of all, unless the recipe says.
    pub fn log_every(&self) -> u64 {
        let usual = match self.data.source {
            Source::Table => 1,
            _ => self.train.epochs.div_ceil(20),
        };
        self.log.every.unwrap_or(usual).max(1)
    }

    /// Replaces every seed.
    pub fn set_seed(&mut self, seed: u32) {
        self.train.seed = seed;
        if let Some(of_data) = &mut self.data.seed {
            *of_data = seed;
        }
        if let Init::Draws { draws } = &mut self.init {
            for of_draw in draws.iter_mut().filter_map(|draw| draw.seed.as_mut()) {
                *of_draw = seed;
            }
        }
    }

    /// Checks every setting that does not need data.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) or [`Error::Architecture`](crate::Error::Architecture), naming the key, what it
    /// holds and what it may hold.
    pub fn validate(&self) -> Result<()> {
        let train = &self.train;
        let architecture = self.architecture()?;
        let output = architecture.output_layer();
        let loss_name = || quoted(&train.loss.name());
        if let Some(objection) = train.loss.objection_to(output.activation) {
            return refuse("train.loss", loss_name(), objection);
        }
        if output.activation == Activation::Softmax && output.fan_out == 1 {
            let expected = "softmax of a single output is always 1; use sigmoid, or an output for each class";
            return refuse("network.activation", "\"softmax\"", expected);
        }
        for loss in [Some(train.loss), self.log.loss].iter().flatten() {
            loss.check()?;
        }
        if train.loss.needs_classes() && output.fan_out == 1 {
            let expected =
                "it wants an output for each class, 2 or more; for one output use \"binary_cross_entropy\"";
            return refuse("train.loss", loss_name(), expected);
        }
        SMOOTHING.check("train.label_smoothing", &train.label_smoothing)?;
        if train.label_smoothing > 0.0 && !train.loss.wants_probabilities() {
            let expected = format!("{} has no classes' probabilities to smooth", train.loss.name());
            return refuse("train.label_smoothing", train.label_smoothing, expected);
        }
        if !train.optimizer.takes_steps() {
            check_for_lbfgs(train)?;
        } else if !(train.learning_rate.is_finite() && train.learning_rate > 0.0) {
            let expected = if train.learning_rate == 0.0 {
                "a finite number above 0 is needed, such as 0.01; where the recipe has none, add one"
            } else {
                "a finite number above 0 is needed, such as 0.01"
            };
            return refuse("train.learning_rate", train.learning_rate, expected);
        }
        train.schedule.check()?;
        for (key, schedule) in [
            ("train.dropout_schedule", train.dropout_schedule),
            ("train.decay_schedule", train.decay_schedule),
        ] {
            schedule.check()?;
            if schedule.watched_loss().is_some() {
                let expected = "it follows a loss, which only the schedule of the learning rate can; use another, such as \
                                \"flat_cosine\"";
                return refuse(key, quoted(&schedule.name()), expected);
            }
        }
        train.rate_factors.check()?;
        train.optimizer.validate()?;
        self.init.validate()?;
        if self.data.source == Source::Table && self.data.validation != 0.0 {
            let expected = "a table's rows are held out by data.table.validation";
            return refuse("data.validation", self.data.validation, expected);
        }
        let stop_at = train.stop_at;
        let ranges: [(&str, &dyn SettingValue, Range); 15] = [
            ("train.l1", &train.l1, NOT_NEGATIVE),
            ("train.l2", &train.l2, NOT_NEGATIVE),
            ("train.min_delta", &train.min_delta, NOT_NEGATIVE),
            ("train.input_noise", &train.input_noise, NOT_NEGATIVE),
            ("train.clip_value", &train.clip_value, ABOVE_0),
            ("train.clip_norm", &train.clip_norm, ABOVE_0),
            ("train.max_norm", &train.max_norm, ABOVE_0),
            ("train.stop_at.value", &stop_at.map(|at| at.value), Range::FINITE),
            ("train.max_seconds", &train.max_seconds, SECONDS),
            ("data.validation", &self.data.validation, HELD_OUT),
            ("train.patience", &train.patience, WAITED_EPOCHS),
            ("train.epochs", &train.epochs, EPOCHS),
            ("log.every", &self.log.every, LOGGED_EPOCHS),
            ("log.count_from", &self.log.count_from, FIRST_EPOCH),
            ("data.noise", &self.data.noise, NOT_NEGATIVE),
        ];
        for (key, value, range) in ranges {
            range.check(key, value)?;
        }
        if train.batch_size == BatchSize::Rows(0) {
            return refuse("train.batch_size", 0, "at least 1 row is needed, or \"full\"");
        }
        match &train.dropout {
            DropoutRates::One(rate) => check_rate(*rate)?,
            DropoutRates::Each(rates) => {
                let layers = &self.network.layers;
                if rates.len() != layers.len() - 1 {
                    let expected = format!(
                        "a list has a rate for each layer but the last, the inputs first: {} for layers = {layers:?}",
                        layers.len() - 1
                    );
                    return refuse("train.dropout", format!("{rates:?}"), expected);
                }
                rates.iter().try_for_each(|&rate| check_rate(rate))?;
            }
        }
        let judged = [
            ("train.monitor", Some(train.monitor)),
            ("train.stop_at.metric", stop_at.map(|at| at.metric)),
        ];
        for (key, figure) in judged {
            if let Some(figure) = figure.filter(|figure| figure.better().is_none()) {
                let expected = "neither more nor less of it is better; choose another";
                return refuse(key, quoted(&figure.name()), expected);
            }
        }
        if let Some(average) = &train.average {
            average.validate(train.epochs)?;
        }
        if train.reshuffle && !train.shuffle {
            let expected = "it says how the samples are shuffled; set train.shuffle = true, or leave it out";
            return refuse("train.reshuffle", true, expected);
        }
        if let Some(window) = train.shuffle_window {
            let expected = match (train.shuffle, train.reshuffle) {
                (false, _) => {
                    "it says how the samples are shuffled; set train.shuffle = true, or leave it out"
                }
                (_, true) => "the order of the epoch before has no windows; leave it or train.reshuffle out",
                _ => "",
            };
            if !expected.is_empty() {
                return refuse("train.shuffle_window", window, expected);
            }
        }
        let without_penalty = [train.l1, train.l2] == [0.0; 2];
        for (key, is_set) in [
            ("train.share_penalty", train.share_penalty),
            ("train.report_penalty", train.report_penalty),
        ] {
            if is_set && without_penalty {
                return refuse(key, true, "there is no penalty; set train.l2, or leave it out");
            }
        }
        if train.share_penalty && train.reduction == Reduction::Sum {
            let expected =
                "the losses of a batch are not divided by anything; set train.reduction = \"mean\"";
            return refuse("train.share_penalty", true, expected);
        }
        if let Some(why) = objection_to_accumulation(train) {
            return refuse("train.accumulate", train.accumulate, why);
        }
        let mut layers = architecture.layers().iter();
        let keeps_statistics = layers.any(|layer| layer.statistics().is_some());
        if keeps_statistics && !train.optimizer.takes_steps() {
            let expected = "lbfgs tries out more batches than it goes by, and running means would follow them all; use \"layer\", \
                            or \"adam\"";
            return refuse("network.normalisation", "\"batch\"", expected);
        }
        if keeps_statistics && train.batch_size == BatchSize::Rows(1) {
            let expected = "batch normalisation takes mean and variance over the rows of a step, 2 or more; or use \"layer\"";
            return refuse("train.batch_size", 1, expected);
        }
        let is_plain = train.optimizer.is_plain_descent()
            && without_penalty
            && train.dropout.is_none()
            && [train.clip_value, train.clip_norm, train.max_norm] == [None; 3]
            && train.accumulate == 1
            && train.rate_factors == RateFactors::default()
            && train.parametrisation == Parametrisation::Standard
            && architecture.is_plain();
        if train.update == Update::TopDown && !is_plain {
            let expected = "only plain gradient descent updates layer by layer: optimizer = \"sgd\", without momentum, \
                            decay, penalty, dropout, clipping, max_norm, accumulation, normalisation, input scales, \
                            embeddings, parametric activations, rate factors or parametrisation";
            return refuse("train.update", "\"top-down\"", expected);
        }
        Ok(())
    }
}
