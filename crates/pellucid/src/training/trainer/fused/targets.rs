//! Provides the targets of consecutive batches, without a copy where they are numbers.

use crate::data::dataset::{Targets, one_hot};
use crate::scalar::Scalar;

/// The targets of consecutive batches.
pub(super) enum BatchTargets<'a, T> {
    /// (rows, width)
    Numbers {
        all: &'a [T],
        length: usize,
        width: usize,
    },
    /// Labels, and the one-hot targets of the current batch.
    Classes {
        labels: &'a [u32],
        classes: usize,
        rows: usize,
        batch: Vec<T>,
    },
}

impl<'a, T: Scalar> BatchTargets<'a, T> {
    /// The targets of batches of `rows` rows.
    pub(super) fn new(targets: &'a Targets<T>, rows: usize) -> Self {
        match targets {
            Targets::Dense(matrix) => BatchTargets::Numbers {
                all: matrix.values(),
                length: rows * matrix.columns(),
                width: matrix.columns(),
            },
            Targets::Classes { labels, classes } => BatchTargets::Classes {
                labels,
                classes: *classes,
                rows,
                batch: Vec::with_capacity(rows * classes),
            },
        }
    }

    /// The targets of the batch that begins with row `start`, (rows, width).
    #[inline(always)]
    pub(super) fn from(&mut self, start: usize) -> &[T] {
        match self {
            BatchTargets::Numbers { all, length, width } => &all[start * *width..][..*length],
            BatchTargets::Classes {
                labels,
                classes,
                rows,
                batch,
            } => {
                one_hot(labels[start..][..*rows].iter().copied(), *classes, batch);
                batch
            }
        }
    }
}
