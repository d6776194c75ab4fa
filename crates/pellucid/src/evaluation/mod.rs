//! Measures what a network predicts: outputs, losses, metrics and scores.

pub mod evaluate;
pub mod metrics;
pub mod scores;
