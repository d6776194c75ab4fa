//! The record of one training step as a worked example: the only source of every renderer, and the JSON that a machine
//! recomputes.
//!
//! Every number is copied from the workspace and the parameters of the step; nothing is computed here.

mod notes;
mod step_finder;

pub(crate) use step_finder::StepFinder;

use crate::data::dataset::{Dataset, Targets};
use crate::error::Result;
use crate::inspection::trace::{
    self, EmbeddingTrace, LayerTrace, LayerUpdate, MemoryTrace, WeightsAndBias, numbers, table,
};
use crate::loss::Reduction;
use crate::model::network::Network;
use crate::model::pass::Update;
use crate::number::{Number, Numbers};
use crate::numpy_random::RandomState;
use crate::optimization::optimizer::Optimizer;
use crate::optimization::parameter_groups::{Parametrisation, RateFactors};
use crate::recipe::Recipe;
use crate::scalar::{Precision, Scalar};
use crate::training::observe::Position;
use crate::training::trainer::{StepTrace, Trainer};
use pellucid_kernels::layer::Input;
use serde::{Serialize, Serializer};
use std::num::NonZeroUsize;

/// One training step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The name of the recipe or of the model.
    pub name: String,
    /// The sizes of the layers, as in `2-3-1`.
    pub network: String,
    /// The precision of the arithmetic.
    pub precision: Precision,
    /// The place of the step in its run.
    pub position: Option<StepPosition>,
    /// The numbers of the samples, counted from 1.
    pub rows: Vec<u64>,
    /// The names of the features, empty where they have none.
    pub input_names: Vec<String>,
    /// The names of the outputs, empty where they have none.
    pub output_names: Vec<String>,
    /// The features as the first layer received them, (rows, inputs); where some are embedded, what they became.
    pub input: Vec<Numbers>,
    /// The features before they were embedded, and the parameters of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<EmbeddingTrace>,
    /// The features as the data have them, where training changed them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_before_noise: Option<Vec<Numbers>>,
    /// The targets that training used, (rows, outputs).
    pub target: Vec<Numbers>,
    /// The targets as the data have them, where labels are smoothed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_before_smoothing: Option<Vec<Numbers>>,
    /// The weight of each sample, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_weights: Option<Numbers>,
    /// The loss of the batch before the step, by the reduction; without penalties.
    pub loss: Number,
    /// How the losses of the samples are combined.
    pub reduction: Reduction,
    /// The layers, the first hidden one first.
    pub layers: Vec<LayerTrace>,
    /// The optimizer's rule.
    pub update: UpdateExplanation,
    /// The particulars of this step, one sentence each.
    pub notes: Vec<String>,
    /// The whole recipe.
    pub recipe: Recipe,
    /// The version of the engine.
    pub version: String,
}

/// The place of a step in its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StepPosition {
    /// The epoch, counted from where the recipe counts.
    pub epoch: u64,
    /// The step of the epoch, counted from 1.
    pub step: u64,
    /// The number of steps of an epoch.
    pub steps_per_epoch: u64,
    /// The step of the whole run, counted from 1.
    pub step_of_run: u64,
}

/// The optimizer's rule, as far as it is the same for all layers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateExplanation {
    /// The optimizer; in records its name.
    #[serde(serialize_with = "name_of")]
    pub optimizer: Optimizer,
    /// η of the step; 0 where the optimizer has none.
    pub learning_rate: Number,
    /// The number of steps that the optimizer has taken, this one included, where it counts them.
    pub steps: u64,
    /// Whether the step is −η·∂L/∂W and nothing else.
    pub is_plain: bool,
    /// When the weights of a layer take their step.
    pub order: Update,
    /// Whether the parameters stay, because this batch only contributes to a later step.
    pub only_gathered: bool,
}

fn name_of<S: Serializer>(optimizer: &Optimizer, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(optimizer.name())
}

/// What the trace of a step does not know: names, and further notes.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    /// The name of the recipe or of the model.
    pub name: String,
    /// The names of the features.
    pub input_names: Vec<String>,
    /// The names of the outputs.
    pub output_names: Vec<String>,
    /// The numbers of the samples, counted from 1; those of the trace by default.
    pub rows: Option<Vec<u64>>,
    /// Notes that come before those on the step.
    pub notes: Vec<String>,
}

impl Explanation {
    /// The record of a traced step. `position` is its place in a run, where it is part of one.
    pub fn from_trace<T: Scalar>(
        recipe: &Recipe,
        trace: &StepTrace<T>,
        position: Option<Position>,
        labels: Labels,
    ) -> Self {
        let architecture = trace.before.architecture();
        let (inputs, outputs) = (architecture.input_width(), architecture.output_width());
        let optimizer = recipe.train.optimizer;
        let is_plain = trace.optimizer_gradient.is_none()
            && trace.memory.is_empty()
            && matches!(
                optimizer,
                Optimizer::Sgd {
                    weight_decay: 0.0,
                    ..
                }
            )
            && recipe.train.max_norm.is_none()
            && recipe.train.rate_factors == RateFactors::default()
            && recipe.train.parametrisation == Parametrisation::Standard
            && !trace.only_gathered;
        let after = trace.after.as_ref();
        let input = Input::Dense(&trace.input);
        let mut layers = trace::layers(&trace.before, after, input, &trace.gradient, &trace.workspace);
        if !is_plain && after.is_some() {
            for (index, layer) in layers.iter_mut().enumerate() {
                layer.update = Some(layer_update(trace, index));
            }
        }
        let embedded = trace.workspace.embedded();
        let rows = trace.rows.iter().map(|&row| u64::from(row) + 1);
        let mut notes = labels.notes;
        notes.extend(notes::notes(recipe, trace, &layers));
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
            rows: labels.rows.unwrap_or_else(|| rows.collect()),
            input_names: architecture.embedded_names(labels.input_names),
            output_names: labels.output_names,
            input: match embedded {
                Some((embedded, _)) => table(embedded, architecture.layer(0).fan_in),
                None => table(&trace.input, inputs),
            },
            embedding: trace::embedding(
                &trace.before,
                after,
                &trace.input,
                &trace.gradient,
                &trace.workspace,
            ),
            input_before_noise: trace.uncorrupted.as_ref().map(|input| table(input, inputs)),
            target: table(&trace.targets, outputs),
            target_before_smoothing: trace.unsmoothed.as_ref().map(|targets| table(targets, outputs)),
            row_weights: trace.row_weights.as_deref().map(numbers),
            loss: Number(trace.loss),
            reduction: recipe.train.reduction,
            layers,
            update: UpdateExplanation {
                optimizer,
                learning_rate: Number(trace.learning_rate),
                steps: trace.steps,
                is_plain,
                order: recipe.train.update,
                only_gathered: trace.only_gathered,
            },
            notes,
            recipe: recipe.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// The record of the step that training of `network` by `recipe` would take next on all rows of `data`, at the recipe's
    /// learning rate and with an optimizer that remembers nothing.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for settings that make no sense,
    /// [`Error::NonFiniteLoss`](crate::Error::NonFiniteLoss).
    ///
    /// # Panics
    /// When the data do not have the network's shape.
    pub fn of_next_step<T: Scalar>(
        recipe: &Recipe,
        network: Network<T>,
        data: &Dataset<T>,
        labels: Labels,
        threads: NonZeroUsize,
    ) -> Result<Self> {
        let generator = RandomState::new(recipe.train.seed);
        let mut trainer = Trainer::new(recipe, network, generator, threads)?;
        let rows: Vec<u32> = (0..data.rows() as u32).collect();
        let rate = T::from_f64(recipe.train.learning_rate);
        let trace = trainer.trace_step(data, &rows, rate)?;
        Ok(Self::from_trace(recipe, &trace, None, labels))
    }

    /// What the weights of layer `index`, counted from 0, multiply, (rows, fan_in): the features, times their scales where
    /// they have any, or the output of the layer below.
    pub fn input_of(&self, index: usize) -> &[Numbers] {
        match index.checked_sub(1).map(|below| &self.layers[below]) {
            None => match &self.layers[0].input_scales {
                Some(scales) => &scales.scaled,
                None => &self.input,
            },
            Some(below) => match &below.dropout {
                Some(dropout) => &dropout.output,
                None => &below.activation,
            },
        }
    }
}

/// The names of the outputs that a recipe's own data give: the numbers of classes, and none for other targets.
pub fn class_names<T: Scalar>(data: &Dataset<T>) -> Vec<String> {
    match data.targets() {
        Targets::Classes { classes, .. } => (0..*classes).map(|class| class.to_string()).collect(),
        Targets::Dense(_) => Vec::new(),
    }
}

fn layer_update<T: Scalar>(trace: &StepTrace<T>, index: usize) -> LayerUpdate {
    let layer = trace.before.architecture().layer(index);
    let of_layer = |values: &Vec<T>| WeightsAndBias {
        weights: table(&values[layer.weights_of(0)], layer.fan_out),
        bias: layer.bias_of(0).map(|range| numbers(&values[range])),
    };
    let memory = trace.memory.iter().map(|(name, before, after)| MemoryTrace {
        name: (*name).into(),
        before: of_layer(before),
        after: of_layer(after),
    });
    LayerUpdate {
        penalty: trace.penalty.as_ref().map(of_layer),
        gradient: trace.optimizer_gradient.as_ref().map(of_layer),
        memory: memory.collect(),
    }
}
