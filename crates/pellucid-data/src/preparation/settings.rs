//! The settings of a preparation.

use pellucid::recipe::{Scale, TargetTransform, Task, Unseen};
use serde::{Deserialize, Serialize};

/// The settings of a preparation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreparationSettings {
    /// How numbers are scaled.
    pub scale: Scale,
    /// The most bins of a number, where it is scaled piecewise; 8 if absent.
    #[serde(skip_serializing_if = "is_default")]
    pub bins: Option<usize>,
    /// The treatment of words that no training row has.
    pub unseen: Unseen,
    /// Classes or numbers; chosen by [`choose_task`](super::choose_task) if absent.
    pub task: Option<Task>,
    /// How targets of numbers are transformed.
    #[serde(skip_serializing_if = "is_default")]
    pub target_transform: TargetTransform,
    /// Whether predicted numbers are limited to the range of the training rows.
    #[serde(skip_serializing_if = "is_default")]
    pub clamp_predictions: bool,
}

fn is_default<D: Default + PartialEq>(value: &D) -> bool {
    *value == D::default()
}
