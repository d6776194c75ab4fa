//! The recipe: the whole of a run, in one value. TOML for the command, keyword arguments from Python, JSON from a
//! page and the header of a model file are all this.
//!
//! A run is a function of its recipe and its data: the same recipe and the same data give the same bits.

mod built_in;
mod class_weight;
mod dropout;
mod normalisation;
mod reading;
mod settings;
mod spelling;
mod stopping;
mod table;

pub use built_in::{BUILT_IN, BuiltIn};
pub use class_weight::ClassWeight;
pub use dropout::DropoutRates;
pub use normalisation::Normalisations;
pub use reading::RecipeError;
pub use settings::{Activations, BatchSize};
pub use stopping::StopAt;
pub use table::{Scale, TableRecipe, Task, Unseen};

use crate::activation::Activation;
use crate::descriptor::{Choice, SettingError};
use crate::error::{Error, Result};
use crate::evaluation::metrics::{Figure, Metric};
use crate::loss::{Loss, Reduction};
use crate::model::dropout::check_rate;
use crate::model::init::Init;
use crate::model::network::Architecture;
use crate::model::pass::Update;
use crate::optimization::averaging::Average;
use crate::optimization::optimizer::Optimizer;
use crate::optimization::schedule::Schedule;
use crate::scalar::Precision;
use serde::{Deserialize, Serialize};

/// The whole of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Recipe {
    /// One line that says what the run shows.
    #[serde(default)]
    pub title: String,
    /// What it is trained on.
    pub data: DataRecipe,
    /// The network's shape.
    pub network: NetworkRecipe,
    /// Where the parameters start.
    #[serde(default)]
    pub init: Init,
    /// How it is trained.
    pub train: TrainRecipe,
    /// What is told, and when.
    #[serde(default)]
    pub log: LogRecipe,
}

/// `[data]`: what the network is trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRecipe {
    /// Where the samples come from.
    pub source: Source,
    /// `inline`: the features, a row a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Vec<Vec<f64>>>,
    /// `inline` and `noisy-line`: the targets, a row a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<Vec<f64>>>,
    /// `noisy-line` and `regression`: how many features a sample has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<usize>,
    /// `regression`: how many samples there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// `noisy-line`: the half-width of the uniform noise; `regression`: the deviation of the normal noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// Seed of the samples that are drawn; `train.seed` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// `inline`: what each sample counts for in training; 1 each unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
    /// `inline` and `mnist`: what the samples of each class count for in training.
    #[serde(default, skip_serializing_if = "ClassWeight::is_none")]
    pub class_weight: ClassWeight,
    /// The part of the training rows that is held out to judge epochs by; 0 for none. A `table` has its own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub validation: f64,
    /// Whether every column is brought to mean 0 and standard deviation 1.
    #[serde(default)]
    pub standardise: bool,
    /// `table`: which columns are what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableRecipe>,
}

/// Where samples come from.
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
    /// How the sums of the hidden layers are normalised, or those of each layer.
    #[serde(default, skip_serializing_if = "Normalisations::is_none")]
    pub normalisation: Normalisations,
}

fn yes() -> bool {
    true
}

/// `[train]`: how the network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainRecipe {
    /// Loss function to minimise.
    pub loss: Loss,
    /// ε of the targets (1 − ε)·y + ε/classes that are trained towards, in cross-entropies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_smoothing: f64,
    /// How the samples of a batch add up.
    #[serde(default)]
    pub reduction: Reduction,
    /// The rule of the step.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// η, the size of the step; the highest, where a schedule changes it. `lbfgs`, which finds its own, has none: 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub learning_rate: f64,
    /// How the learning rate changes over the run.
    #[serde(default)]
    pub schedule: Schedule,
    /// How many samples make a step: a number, 1 for online training, or `"full"`.
    #[serde(default)]
    pub batch_size: BatchSize,
    /// How many batches make a step together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub accumulate: u64,
    /// Which mean of the weights the training goes through is evaluated and kept; the last weights unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Average>,
    /// Whether the samples come in a new order each epoch.
    #[serde(default)]
    pub shuffle: bool,
    /// Whether each new order is a shuffle of the one before, not of the samples as they came.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reshuffle: bool,
    /// How many times all samples are gone through.
    pub epochs: u64,
    /// When a layer's weights take their step.
    #[serde(default)]
    pub update: Update,
    /// λ of the penalty λ‖W‖₁ on the weights; the losses that are told are without it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub l1: f64,
    /// λ of the penalty ½λ‖W‖² on the weights, not on the biases; the losses that are told are without it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub l2: f64,
    /// Whether penalties are divided by what a batch's losses are divided by, as part of a sum that becomes their mean.
    #[serde(default, skip_serializing_if = "is_false")]
    pub share_penalty: bool,
    /// Whether the losses that are told of training have the penalties in them.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tell_penalty: bool,
    /// Whether penalties and weight decay are on the biases too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub penalize_biases: bool,
    /// What each number of the gradient is brought down to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f64>,
    /// What the whole gradient's Euclidean norm is brought down to, after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// The probability with which a hidden unit is left out of a step, or one for each layer but the last.
    #[serde(default, skip_serializing_if = "DropoutRates::is_none")]
    pub dropout: DropoutRates,
    /// The standard deviation of the normal noise that is added to the features in training.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub input_noise: f64,
    /// What the norm of the weights coming into each unit is brought down to after a step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_norm: Option<f64>,
    /// What makes an epoch better than another: the loss, or a metric; on held-out rows, where there are any.
    #[serde(default, skip_serializing_if = "is_default")]
    pub monitor: Figure,
    /// How many epochs in a row without a better one end the run; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// By how much `monitor` must be better.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub min_delta: f64,
    /// A figure and the value at which the run ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_at: Option<StopAt>,
    /// How long the run may take, in seconds; what comes of it then depends on the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_seconds: Option<f64>,
    /// The arithmetic.
    #[serde(default)]
    pub precision: Precision,
    /// Seed of everything that is drawn without a seed of its own.
    #[serde(default)]
    pub seed: u32,
}

/// `[log]`: what is told, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRecipe {
    /// Every how many epochs a line is told; about 20 lines a run unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Whether the first epoch is called 0 or 1.
    #[serde(default = "one")]
    pub count_from: u64,
    /// The loss that is told, where it is not the one that is made small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// What is told besides.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// The line, with `{epoch}`, `{loss}` and the metrics' names in braces, formatted as in Python: `{loss:.4f}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Whether the outputs for the training samples are printed at the end, raw and rounded.
    #[serde(default)]
    pub predictions: bool,
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

fn is_default<D: Default + PartialEq>(value: &D) -> bool {
    *value == D::default()
}

fn is_false(truth: &bool) -> bool {
    !truth
}

fn is_one(number: &u64) -> bool {
    *number == 1
}

fn one() -> u64 {
    1
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

/// Why batches cannot be gathered to steps as asked for.
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

/// The setting that makes no sense for L-BFGS, what it is, and why it does not.
fn objection_to_lbfgs(train: &TrainRecipe) -> Option<(&'static str, String, &'static str)> {
    let word = |word: &dyn std::fmt::Display| format!("\"{word}\"");
    if train.learning_rate != 0.0 {
        let why = "lbfgs finds the length of each step by a line search; leave it out";
        return Some(("learning_rate", train.learning_rate.to_string(), why));
    }
    if let BatchSize::Rows(rows) = train.batch_size {
        let why = "lbfgs needs the same loss at every step, that of all rows; set it to \"full\"";
        return Some(("batch_size", rows.to_string(), why));
    }
    if train.shuffle {
        let why = "lbfgs takes all rows at once, whose order does not matter; set it to false";
        return Some(("shuffle", "true".into(), why));
    }
    if train.schedule != Schedule::default() {
        let why = "lbfgs has no learning rate that could follow a schedule; leave it out";
        return Some(("schedule", word(&train.schedule.name()), why));
    }
    if !train.dropout.is_none() {
        let why = "lbfgs needs the same loss at every step, and dropout changes it; use \"adam\", or l2 in its place";
        return Some(("dropout", "a rate above 0".into(), why));
    }
    if train.input_noise != 0.0 {
        let why =
            "lbfgs needs the same loss at every step, and noise changes it; use \"adam\", or l2 in its place";
        return Some(("input_noise", train.input_noise.to_string(), why));
    }
    if let Some(most) = train.max_norm {
        let why = "lbfgs takes steps to a minimum without constraints; use \"adam\", or l2 in its place";
        return Some(("max_norm", most.to_string(), why));
    }
    if train.l1 != 0.0 {
        let why = "lbfgs needs slopes that change smoothly, and |w| has a corner at 0; use l2, or \"adam\"";
        return Some(("l1", train.l1.to_string(), why));
    }
    for (key, clip) in [("clip_value", train.clip_value), ("clip_norm", train.clip_norm)] {
        if let Some(clip) = clip {
            let why = "lbfgs needs the gradient itself, and takes no step that raises the loss; leave it out";
            return Some((key, clip.to_string(), why));
        }
    }
    if let Some(average) = &train.average {
        let why = "lbfgs ends at a minimum, and a mean of the way there is none; leave it out";
        return Some(("average", word(&average.name()), why));
    }
    None
}

impl From<SettingError> for Error {
    fn from(error: SettingError) -> Self {
        let SettingError { key, found, expected } = error;
        Self::Setting { key, found, expected }
    }
}

impl Recipe {
    /// The architecture.
    ///
    /// # Errors
    /// [`Error::Architecture`] when it cannot be built.
    pub fn architecture(&self) -> Result<Architecture> {
        let layers = &self.network.layers;
        let activations: Vec<Activation> = match &self.network.activation {
            Activations::All(one) => vec![*one; layers.len().saturating_sub(1)],
            Activations::Each(list) => list.clone(),
        };
        let architecture = Architecture::new(layers, &activations, self.network.bias)?;
        let of_layers = self.network.normalisation.of_layers(architecture.layers().len());
        if of_layers.iter().all(Option::is_none) && of_layers.len() == architecture.layers().len() {
            return Ok(architecture);
        }
        architecture.normalised(&of_layers)
    }

    /// The loss that is told.
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

    /// Checks every setting that can be checked without data.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::Architecture`], naming the key, what it holds and what it may hold.
    pub fn validate(&self) -> Result<()> {
        let refuse = |key: &str, found: String, expected: &str| {
            Err(Error::Setting {
                key: key.into(),
                found,
                expected: expected.into(),
            })
        };
        let train = &self.train;
        let architecture = self.architecture()?;
        let output = architecture.output_layer();
        let loss_name = || format!("\"{}\"", train.loss.name());
        if let Some(objection) = train.loss.objection_to(output.activation) {
            return refuse("train.loss", loss_name(), &objection);
        }
        if output.activation == Activation::Softmax && output.fan_out == 1 {
            let expected = "softmax of a single output is always 1; use sigmoid, or an output for each class";
            return refuse("network.activation", "\"softmax\"".into(), expected);
        }
        for loss in [Some(train.loss), self.log.loss].iter().flatten() {
            loss.check()?;
        }
        if train.loss.needs_classes() && output.fan_out == 1 {
            let expected =
                "it wants an output for each class, 2 or more; for one output use \"binary_cross_entropy\"";
            return refuse("train.loss", loss_name(), expected);
        }
        if !(0.0..1.0).contains(&train.label_smoothing) {
            let found = train.label_smoothing.to_string();
            return refuse("train.label_smoothing", found, "0 or more, below 1, is needed");
        }
        if train.label_smoothing > 0.0 && !train.loss.wants_probabilities() {
            let expected = format!("{} has no classes' probabilities to smooth", train.loss.name());
            return refuse(
                "train.label_smoothing",
                train.label_smoothing.to_string(),
                &expected,
            );
        }
        if !train.optimizer.takes_steps() {
            if let Some((key, found, why)) = objection_to_lbfgs(train) {
                return refuse(&format!("train.{key}"), found, why);
            }
        } else if !(train.learning_rate.is_finite() && train.learning_rate > 0.0) {
            let found = train.learning_rate.to_string();
            let expected = if train.learning_rate == 0.0 {
                "a finite number above 0 is needed, such as 0.01; where the recipe has none, add one"
            } else {
                "a finite number above 0 is needed, such as 0.01"
            };
            return refuse("train.learning_rate", found, expected);
        }
        train.schedule.check()?;
        train.optimizer.validate()?;
        self.init.validate()?;
        for (key, number) in [
            ("train.l1", train.l1),
            ("train.l2", train.l2),
            ("train.min_delta", train.min_delta),
            ("train.input_noise", train.input_noise),
        ] {
            if !(number.is_finite() && number >= 0.0) {
                return refuse(key, number.to_string(), "a finite number, 0 or more, is needed");
            }
        }
        for (key, number) in [
            ("train.clip_value", train.clip_value),
            ("train.clip_norm", train.clip_norm),
            ("train.max_norm", train.max_norm),
        ] {
            if let Some(number) = number.filter(|number| !(number.is_finite() && *number > 0.0)) {
                return refuse(
                    key,
                    number.to_string(),
                    "a finite number above 0 is needed, such as 1",
                );
            }
        }
        match &train.dropout {
            DropoutRates::Hidden(rate) => check_rate(*rate)?,
            DropoutRates::Each(rates) => {
                let layers = &self.network.layers;
                if rates.len() != layers.len() - 1 {
                    let expected = format!(
                        "a list has a rate for each layer but the last, the inputs first: {} for layers = {layers:?}",
                        layers.len() - 1
                    );
                    return refuse("train.dropout", format!("{rates:?}"), &expected);
                }
                rates.iter().try_for_each(|&rate| check_rate(rate))?;
            }
        }
        stopping::check(self)?;
        if train.patience == Some(0) {
            return refuse("train.patience", "0".into(), "at least 1 epoch is waited for");
        }
        if train.epochs == 0 {
            return refuse("train.epochs", "0".into(), "at least 1 epoch is needed");
        }
        if train.batch_size == BatchSize::Rows(0) {
            return refuse(
                "train.batch_size",
                "0".into(),
                "at least 1 row is needed, or \"full\"",
            );
        }
        if let Some(average) = &train.average {
            average.validate(train.epochs)?;
        }
        if train.reshuffle && !train.shuffle {
            let expected = "it says how the samples are shuffled; set train.shuffle = true, or leave it out";
            return refuse("train.reshuffle", "true".into(), expected);
        }
        let without_penalty = [train.l1, train.l2] == [0.0; 2];
        for (key, is_set) in [
            ("train.share_penalty", train.share_penalty),
            ("train.tell_penalty", train.tell_penalty),
        ] {
            if is_set && without_penalty {
                let expected = "there is no penalty; set train.l2, or leave it out";
                return refuse(key, "true".into(), expected);
            }
        }
        if train.share_penalty && train.reduction == Reduction::Sum {
            let expected =
                "the losses of a batch are not divided by anything; set train.reduction = \"mean\"";
            return refuse("train.share_penalty", "true".into(), expected);
        }
        if let Some(why) = objection_to_accumulation(train) {
            return refuse("train.accumulate", train.accumulate.to_string(), why);
        }
        let keeps_statistics = architecture
            .layers()
            .iter()
            .any(|layer| layer.statistics().is_some());
        if keeps_statistics && !train.optimizer.takes_steps() {
            let expected = "lbfgs tries out more batches than it goes by, and running means would follow them all; use \"layer\", \
                            or \"adam\"";
            return refuse("network.normalisation", "\"batch\"".into(), expected);
        }
        if keeps_statistics && train.batch_size == BatchSize::Rows(1) {
            let expected = "batch normalisation takes mean and variance over the rows of a step, 2 or more; or use \"layer\"";
            return refuse("train.batch_size", "1".into(), expected);
        }
        let is_plain = train.optimizer.is_plain_descent()
            && [train.l1, train.l2] == [0.0; 2]
            && train.dropout.is_none()
            && [train.clip_value, train.clip_norm, train.max_norm] == [None; 3]
            && train.accumulate == 1
            && !architecture.is_normalised();
        if train.update == Update::TopDown && !is_plain {
            let expected = "only plain gradient descent updates layer by layer: optimizer = \"sgd\", without momentum, \
                            decay, penalty, dropout, clipping, max_norm, accumulation or normalisation";
            return refuse("train.update", "\"top-down\"".into(), expected);
        }
        if self.log.every == Some(0) {
            return refuse("log.every", "0".into(), "lines are told every 1 epoch or more");
        }
        if self.log.count_from > 1 {
            let found = self.log.count_from.to_string();
            return refuse("log.count_from", found, "epochs are counted from 0 or from 1");
        }
        if let Some(noise) = self.data.noise
            && !(noise.is_finite() && noise >= 0.0)
        {
            return refuse(
                "data.noise",
                noise.to_string(),
                "a finite number, 0 or more, is needed",
            );
        }
        Ok(())
    }
}
