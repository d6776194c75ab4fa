//! Splits the samples of a training by purpose: training, validation and test.

use crate::data::dataset::Dataset;
use std::sync::Arc;

/// Samples, split by purpose: the input of a [`Session`](super::Session), from any source.
#[derive(Debug, Clone)]
pub struct Split<T> {
    /// The rows that the network is trained on.
    pub training: Dataset<T>,
    /// Held-out rows, which judge each epoch, where there are any.
    pub validation: Option<Dataset<T>>,
    /// Test rows, which judge the trained network, where there are any.
    pub test: Option<Dataset<T>>,
}

impl<T> From<Dataset<T>> for Split<T> {
    /// Training rows alone.
    fn from(training: Dataset<T>) -> Self {
        Self {
            training,
            validation: None,
            test: None,
        }
    }
}

impl<T> From<Dataset<T>> for Arc<Split<T>> {
    fn from(training: Dataset<T>) -> Self {
        Arc::new(training.into())
    }
}
