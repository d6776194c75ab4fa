//! `average` of `[train]`.

use pellucid_kernels::name_or_table;
use serde::{Deserialize, Serialize};

/// An average's name, or a table with its settings; [`Average`](crate::optimization::averaging::Average) says what they do.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct AverageRecipe {
    /// Which.
    #[serde(default)]
    pub name: AverageName,
    /// `ema`: how slowly it follows; 0.999 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// `swa`: the first epoch of the mean, counted from 1, or the part of the epochs before it; 0.75 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
}

/// The averages of weights; [`Average`](crate::optimization::averaging::Average) says what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AverageName {
    /// Of all steps, the last ones counting most.
    #[default]
    Ema,
    /// Of the ends of epochs.
    Swa,
}

impl AverageName {
    /// The name in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ema => "ema",
            Self::Swa => "swa",
        }
    }
}

name_or_table!(AverageRecipe of AverageName, "the name of an average, or a table with its name and settings");
