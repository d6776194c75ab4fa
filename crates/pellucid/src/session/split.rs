//! The samples of a training: those it learns from, those that judge its epochs, and those that test its end.

use crate::data::dataset::Dataset;
use std::sync::Arc;

/// Samples, split by purpose. Whatever they come from (a recipe's data, a table), a [`Session`](super::Session) trains on
/// this.
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
