//! One training step as a worked example, in plain numbers: what every renderer reads, and what a machine may recompute.
//!
//! Rows are samples; weights are fan_in rows of fan_out numbers. Everything is copied from the workspace and the parameters
//! that the step was taken with; nothing is computed here.

mod notes;

use crate::activation::Activation;
use crate::inspection::trace::{LayerTrace, NormalisationTrace};
use crate::loss::Reduction;
use crate::model::network::Network;
use crate::model::pass::Update;
use crate::optimization::optimizer::Optimizer;
use crate::recipe::Recipe;
use crate::scalar::{Precision, Scalar};
use crate::session::experiment::Experiment;
use crate::session::record::{Number, Numbers};
use crate::training::observe::Position;
use crate::training::trainer::StepTrace;
use serde::Serialize;

/// One training step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// What it is of: a recipe's name, or a model's.
    pub name: String,
    /// The sizes of the layers, as in `2-3-1`.
    pub network: String,
    /// The precision of the arithmetic.
    pub precision: Precision,
    /// Which step of the run.
    pub position: Option<StepPosition>,
    /// The numbers of the samples, counted from 1.
    pub rows: Vec<u64>,
    /// The features by name, empty where they have none.
    pub input_names: Vec<String>,
    /// The outputs by name, empty where they have none.
    pub output_names: Vec<String>,
    /// The features as the network got them.
    pub input: Vec<Numbers>,
    /// The features as the data have them, where training changed them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_before_noise: Option<Vec<Numbers>>,
    /// The targets as they were trained towards.
    pub target: Vec<Numbers>,
    /// The targets as the data have them, where labels are smoothed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_before_smoothing: Option<Vec<Numbers>>,
    /// What each sample counts for, where they do not count alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_weights: Option<Numbers>,
    /// The loss of the batch before the step, by the reduction; without penalties.
    pub loss: Number,
    /// How the samples' losses became one.
    pub reduction: Reduction,
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerExplanation>,
    /// From the gradient to the step.
    pub update: UpdateExplanation,
    /// What is particular about this step, a sentence each.
    pub notes: Vec<String>,
    /// How it is trained, and the rest of the recipe.
    pub recipe: Recipe,
    /// The version that ran it.
    pub version: String,
}

/// Where a step stands in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StepPosition {
    /// The epoch, counted from where the recipe counts.
    pub epoch: u64,
    /// The step of the epoch, counted from 1.
    pub step: u64,
    /// How many steps an epoch has.
    pub steps_per_epoch: u64,
    /// The step of the whole run, counted from 1.
    pub step_of_run: u64,
}

/// One layer in the step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerExplanation {
    /// f.
    pub function: Activation,
    /// How many numbers come in.
    pub fan_in: usize,
    /// How many units it has.
    pub fan_out: usize,
    /// W before the step, (fan_in, fan_out).
    pub weights: Vec<Numbers>,
    /// b before the step, (fan_out), or null.
    pub bias: Option<Numbers>,
    /// What f is applied to, (rows, fan_out): x·W + b, or what normalisation makes of it.
    pub z: Vec<Numbers>,
    /// f(z), (rows, fan_out).
    pub activation: Vec<Numbers>,
    /// Dropout's factors and what they leave of the activations, (rows, fan_out): what the next layer gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<DropoutExplanation>,
    /// What comes between x·W + b and z, where the layer is normalised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<NormalisationExplanation>,
    /// ∂L/∂a, (rows, fan_out).
    pub d_loss_d_activation: Vec<Numbers>,
    /// ∂a/∂z, (rows, fan_out); of softmax the diagonal aⱼ(1 − aⱼ) of its Jacobian.
    pub d_activation_d_z: Vec<Numbers>,
    /// δ = ∂L/∂(x·W + b), (rows, fan_out).
    pub delta: Vec<Numbers>,
    /// ∂L/∂W = xᵀδ, (fan_in, fan_out).
    pub d_loss_d_weights: Vec<Numbers>,
    /// ∂L/∂b = Σ δ, (fan_out), or null.
    pub d_loss_d_bias: Option<Numbers>,
    /// W after the step, (fan_in, fan_out); null where the optimizer takes no such step.
    pub weights_after: Option<Vec<Numbers>>,
    /// b after the step, (fan_out), or null.
    pub bias_after: Option<Numbers>,
    /// What the optimizer made of the gradient, where the step is more than −η·∂L/∂W.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<LayerUpdate>,
}

/// Dropout of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DropoutExplanation {
    /// The factor of each activation, 0 or 1/(1 − rate).
    pub mask: Vec<Numbers>,
    /// The activations times these.
    pub output: Vec<Numbers>,
}

/// The normalisation of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NormalisationExplanation {
    /// `batch` or `layer`.
    pub name: String,
    /// x·W + b, (rows, fan_out).
    pub sums: Vec<Numbers>,
    /// μ, of each unit over the batch or of each row over the layer.
    pub mean: Numbers,
    /// 1/√(σ² + ε), as many.
    pub inverse_deviation: Numbers,
    /// x̂, (rows, fan_out).
    pub normal: Vec<Numbers>,
    /// γ before the step, (fan_out).
    pub gain: Numbers,
    /// β before the step, (fan_out).
    pub shift: Numbers,
    /// ∂L/∂z, (rows, fan_out), z being γ·x̂ + β.
    pub d_loss_d_z: Vec<Numbers>,
    /// ∂L/∂γ, (fan_out).
    pub d_loss_d_gain: Numbers,
    /// ∂L/∂β, (fan_out).
    pub d_loss_d_shift: Numbers,
    /// γ after the step, (fan_out).
    pub gain_after: Option<Numbers>,
    /// β after the step, (fan_out).
    pub shift_after: Option<Numbers>,
}

/// The step's rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateExplanation {
    /// The optimizer.
    pub optimizer: Optimizer,
    /// η of the step; 0 where the optimizer has none.
    pub learning_rate: Number,
    /// How many steps the optimizer has taken, this one included, where it goes by that.
    pub steps: u64,
    /// Whether the step is −η·∂L/∂W and nothing else.
    pub is_plain: bool,
    /// When a layer's weights took their step.
    pub order: Update,
    /// Whether the parameters stay, because this batch only gathers for a later step.
    pub only_gathered: bool,
}

/// A layer's weights and bias, fan_in rows of fan_out and fan_out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Affine {
    /// (fan_in, fan_out).
    pub weights: Vec<Numbers>,
    /// (fan_out), or null.
    pub bias: Option<Numbers>,
}

/// What the optimizer made of a layer's gradient.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerUpdate {
    /// What the penalties add to the gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<Affine>,
    /// What the optimizer was given, where it is not ∂L/∂W as it stands: of all batches of the step, with penalties, clipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient: Option<Affine>,
    /// What the optimizer remembers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub memory: Vec<Memory>,
}

/// What an optimizer remembers of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// What it is called in the optimizer's formula.
    pub name: String,
    /// Before the step.
    pub before: Affine,
    /// After it.
    pub after: Affine,
}

/// What is known of the samples and the run besides the numbers.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// What is explained.
    pub name: String,
    /// The features by name.
    pub input_names: Vec<String>,
    /// The outputs by name.
    pub output_names: Vec<String>,
    /// The numbers of the samples, counted from 1; those of the trace unless given.
    pub rows: Option<Vec<u64>>,
    /// More to be told.
    pub notes: Vec<String>,
}

impl Explanation {
    /// The record of a traced step. `position` is where its run stood, where it is part of one.
    pub fn of<T: Scalar>(
        recipe: &Recipe,
        trace: &StepTrace<T>,
        position: Option<Position>,
        labels: Labels,
    ) -> Self {
        let architecture = trace.before.architecture();
        let optimizer = recipe.train.optimizer.name;
        let is_plain = trace.update.handed.is_none()
            && trace.update.memory.is_empty()
            && optimizer == Optimizer::Sgd
            && recipe.train.optimizer.weight_decay.is_none()
            && recipe.train.max_norm.is_none()
            && !trace.update.only_gathered;
        let layers = architecture.layers().iter().zip(&trace.pass.layers).enumerate();
        let mut notes = labels.notes;
        notes.extend(notes::notes(recipe, trace));
        Self {
            name: labels.name,
            network: architecture.describe(),
            precision: recipe.train.precision,
            position: position.map(|position| StepPosition {
                epoch: position.epoch + recipe.log.count_from,
                step: position.batch + 1,
                steps_per_epoch: position.steps_per_epoch,
                step_of_run: position.step + 1,
            }),
            rows: labels
                .rows
                .unwrap_or_else(|| trace.rows.iter().map(|&row| u64::from(row) + 1).collect()),
            input_names: labels.input_names,
            output_names: labels.output_names,
            input: table(&trace.input, architecture.input_width()),
            input_before_noise: trace
                .uncorrupted
                .as_ref()
                .map(|input| table(input, architecture.input_width())),
            target: table(&trace.targets, architecture.output_width()),
            target_before_smoothing: trace
                .unsmoothed
                .as_ref()
                .map(|targets| table(targets, architecture.output_width())),
            row_weights: trace.row_weights.as_deref().map(numbers),
            loss: Number(trace.pass.loss),
            reduction: recipe.train.reduction,
            layers: layers
                .map(|(index, (layer, pass))| {
                    let LayerTrace { normalisation, .. } = pass;
                    let width = layer.fan_out;
                    let after = trace.after.as_ref();
                    LayerExplanation {
                        function: layer.activation,
                        fan_in: layer.fan_in,
                        fan_out: width,
                        weights: table(trace.before.weights(index), width),
                        bias: trace.before.bias(index).map(numbers),
                        z: table(&pass.z, width),
                        activation: table(&pass.activation, width),
                        dropout: pass
                            .mask
                            .as_ref()
                            .zip(pass.dropped.as_ref())
                            .map(|(mask, output)| DropoutExplanation {
                                mask: table(mask, width),
                                output: table(output, width),
                            }),
                        normalisation: normalisation
                            .as_ref()
                            .map(|found| normalised(found, trace, index, pass)),
                        d_loss_d_activation: table(&pass.d_loss_d_activation, width),
                        d_activation_d_z: table(&pass.d_activation_d_z, width),
                        delta: table(&pass.delta, width),
                        d_loss_d_weights: table(&pass.d_loss_d_weights, width),
                        d_loss_d_bias: pass.d_loss_d_bias.as_deref().map(numbers),
                        weights_after: after.map(|after| table(after.weights(index), width)),
                        bias_after: after.and_then(|after| after.bias(index)).map(numbers),
                        update: (!is_plain && after.is_some()).then(|| layer_update(trace, index)),
                    }
                })
                .collect(),
            update: UpdateExplanation {
                optimizer,
                learning_rate: Number(trace.learning_rate),
                steps: trace.update.steps,
                is_plain,
                order: recipe.train.update,
                only_gathered: trace.update.only_gathered,
            },
            notes,
            recipe: recipe.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// What layer `index` gets, counted from 0, (rows, fan_in): the input, or what the layer below puts out.
    pub fn input_of(&self, index: usize) -> &[Numbers] {
        match index.checked_sub(1).map(|below| &self.layers[below]) {
            None => &self.input,
            Some(below) => match &below.dropout {
                Some(dropout) => &dropout.output,
                None => &below.activation,
            },
        }
    }
}

impl<T: Scalar> Experiment<T> {
    /// The names that a recipe's own data give: classes by number, and nothing else.
    pub fn output_names(&self) -> Vec<String> {
        match self.training().targets() {
            crate::data::dataset::Targets::Classes { classes, .. } => {
                (0..*classes).map(|class| class.to_string()).collect()
            }
            crate::data::dataset::Targets::Dense(_) => Vec::new(),
        }
    }
}

fn normalised<T: Scalar>(
    found: &NormalisationTrace<T>,
    trace: &StepTrace<T>,
    index: usize,
    pass: &LayerTrace<T>,
) -> NormalisationExplanation {
    let layer = trace.before.architecture().layer(index);
    let width = layer.fan_out;
    let slopes = |slopes: &Option<Vec<T>>| numbers(slopes.as_deref().unwrap_or_default());
    let of = |network: &Network<T>, shift: bool| {
        let values = if shift {
            network.shift(index)
        } else {
            network.gain(index)
        };
        numbers(values.unwrap_or_default())
    };
    NormalisationExplanation {
        name: layer.normalisation().map_or("", |kind| kind.name()).into(),
        sums: table(&found.sums, width),
        mean: Numbers(found.mean.clone()),
        inverse_deviation: Numbers(found.inverse_deviation.clone()),
        normal: table(&found.normal, width),
        gain: of(&trace.before, false),
        shift: of(&trace.before, true),
        d_loss_d_z: table(&found.d_loss_d_z, width),
        d_loss_d_gain: slopes(&pass.d_loss_d_gain),
        d_loss_d_shift: slopes(&pass.d_loss_d_shift),
        gain_after: trace.after.as_ref().map(|after| of(after, false)),
        shift_after: trace.after.as_ref().map(|after| of(after, true)),
    }
}

fn layer_update<T: Scalar>(trace: &StepTrace<T>, index: usize) -> LayerUpdate {
    let layer = trace.before.architecture().layer(index);
    let affine = |of: &Vec<T>| Affine {
        weights: table(&of[layer.weights()], layer.fan_out),
        bias: layer.bias().map(|range| numbers(&of[range])),
    };
    LayerUpdate {
        penalty: trace.update.penalty.as_ref().map(affine),
        gradient: trace.update.handed.as_ref().map(affine),
        memory: trace
            .update
            .memory
            .iter()
            .map(|(name, before, after)| Memory {
                name: (*name).into(),
                before: affine(before),
                after: affine(after),
            })
            .collect(),
    }
}

fn numbers<T: Scalar>(values: &[T]) -> Numbers {
    Numbers(values.iter().map(|value| value.to_f64()).collect())
}

fn table<T: Scalar>(values: &[T], width: usize) -> Vec<Numbers> {
    values.chunks_exact(width).map(numbers).collect()
}
