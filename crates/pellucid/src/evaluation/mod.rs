//! What a network predicts, and how well: outputs, losses, metrics and scores.

pub mod evaluate;
pub mod metrics;
pub mod scores;
