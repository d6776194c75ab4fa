//! `optimizer` of `[train]`.

use crate::optimization::optimizer::Optimizer;
use pellucid_kernels::name_or_table;
use serde::{Deserialize, Serialize};

/// An optimizer's name, or a table with its settings. [`Rule`](crate::optimization::optimizer::Rule) says what they do, and what they
/// are where they are not given.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct OptimizerRecipe {
    /// Which.
    #[serde(default)]
    pub name: Optimizer,
    /// `sgd`, `rmsprop`: how much of the step before is in this one, such as 0.9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// `sgd`: what of the gradient does not enter the momentum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dampening: Option<f64>,
    /// `sgd`: whether the momentum looks ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nesterov: Option<bool>,
    /// `sgd`: whether each gradient stays in the momentum with the learning rate it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub velocity: Option<bool>,
    /// Adam and its kin, `lion`: how slowly the first moment follows the gradient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_1: Option<f64>,
    /// Adam and its kin, `lion`: how slowly the second moment, or Lion's memory, follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta_2: Option<f64>,
    /// `rmsprop`, `adadelta`: how slowly the mean square follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// All but `sgd`, `lion` and `rprop`: what keeps a quotient finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<f64>,
    /// `adam`, `adamw`: whether ε is added before the second moment is corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon_hat: Option<bool>,
    /// λ of the decoupled decay of the weights, θ ← (1 − ηλ)·θ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// `rprop`: what a step grows by while its slope keeps its sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increase: Option<f64>,
    /// `rprop`: what it shrinks by when the sign changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decrease: Option<f64>,
    /// `rprop`: the least step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_step: Option<f64>,
    /// `rprop`: the largest step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_step: Option<f64>,
    /// `lbfgs`: how many of the last steps it remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<usize>,
    /// `lbfgs`: it is done when no slope is larger than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_tolerance: Option<f64>,
    /// `lbfgs`: it is done when an iteration lowers the loss by no more than this, over the loss where that is above 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_tolerance: Option<f64>,
    /// `lbfgs`: after so many evaluations of the loss no iteration is begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_evaluations: Option<u64>,
}

name_or_table!(OptimizerRecipe of Optimizer, "the name of an optimizer, or a table with its name and settings");
