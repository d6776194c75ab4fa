//! One trial: its settings and its outcome.

use super::space::{Parameter, Space};
use crate::error::{DataError, Result, setting};
use crate::recipe_changes::change_recipe;
use crate::training::TrainingRequest;
use pellucid::Activation;
use pellucid::descriptor::Choice;
use pellucid::numpy_random::RandomState;
use pellucid::recipe::{Recipe, RecipeError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A setting and its value, as a recipe spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The setting.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A trial of a search: at a rung, where its method has several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, counted from 1.
    pub trial: usize,
    /// The rung, counted from 0.
    pub rung: usize,
    /// At most so many epochs.
    pub epochs: u64,
    /// What it tried.
    pub settings: Vec<Setting>,
    /// What it came to.
    pub outcome: TrialOutcome,
}

/// What a trial came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// It was trained.
    Trained {
        /// The metric on held-out rows, the mean over the folds.
        score: f64,
        /// Its deviation over the folds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deviation: Option<f64>,
        /// The validation loss of the best weights, the mean over the folds: it decides between equal scores.
        loss: Option<f64>,
        /// The epoch of the best weights, the mean over the folds.
        best_epoch: u64,
    },
    /// Its training diverged; the message says where.
    Failed(String),
}

impl fmt::Display for Setting {
    /// As `--set` takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

impl Trial {
    /// Its score; nothing where it failed.
    pub fn score(&self) -> Option<f64> {
        match self.outcome {
            TrialOutcome::Trained { score, .. } => Some(score),
            TrialOutcome::Failed(_) => None,
        }
    }

    pub(super) fn loss(&self) -> Option<f64> {
        match self.outcome {
            TrialOutcome::Trained { loss, .. } => loss,
            TrialOutcome::Failed(_) => None,
        }
    }
}

/// The settings of a trial, which depend on nothing but the seed and its number.
pub(super) fn draw(space: &Space, seed: u32, trial: usize) -> Vec<Setting> {
    let mut generator = RandomState::new(mixed(seed, trial));
    let setting = |parameter: &Parameter| Setting {
        key: parameter.key.clone(),
        value: parameter.range.draw(&mut generator),
    };
    space.parameters.iter().map(setting).collect()
}

/// Spreads seed and number over all seeds (the finaliser of SplitMix64: Steele et al., *Fast Splittable Pseudorandom
/// Number Generators*, 2014).
fn mixed(seed: u32, trial: usize) -> u32 {
    let mut z = (u64::from(seed) << 32 | trial as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ z >> 31) >> 32) as u32
}

/// A recipe with other settings, apart from `hidden` and `activation`, which are none of a recipe. An optimizer without a
/// learning rate gets its usual one.
///
/// # Errors
/// As [`change_recipe`].
pub fn with_settings(base: &Recipe, settings: &[Setting]) -> Result<Recipe, RecipeError> {
    let mut recipe = base.clone();
    let of_recipe = settings
        .iter()
        .filter(|setting| !["hidden", "activation"].contains(&setting.key.as_str()));
    let assignments: Vec<String> = of_recipe.map(ToString::to_string).collect();
    change_recipe(&mut recipe, &assignments, &[])?;
    let optimizer = recipe.train.optimizer;
    let names_rate = settings
        .iter()
        .any(|setting| setting.key == "train.learning_rate");
    if !optimizer.is_like(&base.train.optimizer) && !names_rate {
        recipe.train.learning_rate = optimizer.usual_learning_rate();
    }
    Ok(recipe)
}

/// The training that these settings ask for, everything else being as `base` says.
pub(super) fn request(base: &Recipe, settings: &[Setting]) -> Result<TrainingRequest> {
    let mut request = TrainingRequest::default();
    for Setting { key, value } in settings {
        match key.as_str() {
            "hidden" => {
                let expected = "whole numbers, 1 or more, are expected, such as 64 or \"128,64\"; or none";
                let sizes = hidden_sizes(value).ok_or_else(|| setting(key, value, expected))?;
                request.hidden = Some(sizes);
            }
            "activation" => {
                let known = elementwise().find(|known| known.name() == value);
                let expected = || format!("expected one of {}", elementwise_names());
                request.activation = Some(known.ok_or_else(|| setting(key, value, expected()))?);
            }
            _ => {}
        }
    }
    let recipe = with_settings(base, settings).map_err(|error| RecipeError {
        origin: error.origin.trim_start_matches("--set ").into(),
        ..error
    })?;
    recipe.validate().map_err(DataError::Engine)?;
    request.recipe = Some(recipe);
    Ok(request)
}

/// The sizes of hidden layers in a text such as `64,32`, or `none`.
pub fn hidden_sizes(text: &str) -> Option<Vec<usize>> {
    let size = |size: &str| size.trim().parse().ok().filter(|size| *size > 0);
    match text {
        "none" => Some(Vec::new()),
        sizes => sizes.split(',').map(size).collect(),
    }
}

fn elementwise() -> impl Iterator<Item = Activation> {
    Activation::ALL.into_iter().filter(|known| known.is_elementwise())
}

/// The names of the activations that hidden layers can have, with commas between them.
pub fn elementwise_names() -> String {
    let names: Vec<&str> = elementwise().map(|activation| activation.name()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trial_depends_on_seed_and_number_alone() {
        let space = Space::from_lines(&["learning_rate=log:1e-4..1", "hidden=8,16,32"]).unwrap();
        let all: Vec<_> = (1..200).map(|trial| draw(&space, 3, trial)).collect();
        assert_eq!(all[41], draw(&space, 3, 42));
        assert_ne!(all[41], draw(&space, 4, 42));
        let distinct: std::collections::HashSet<&str> = all.iter().map(|s| s[0].value.as_str()).collect();
        assert!(distinct.len() > 150, "{} of 199", distinct.len());
        for hidden in ["8", "16", "32"] {
            let count = all.iter().filter(|settings| settings[1].value == hidden).count();
            assert!((40..95).contains(&count), "{hidden}: {count}");
        }
    }
}
