//! Keeps training data in memory: matrices, and data sets of features and targets.

pub mod dataset;
pub mod matrix;
