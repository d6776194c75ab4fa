//! Label smoothing, which moves a little probability from each target to all classes: Szegedy et al., *Rethinking the
//! Inception Architecture for Computer Vision*, 2016, section 7.

use super::Loss;
use crate::simd::scalar::Scalar;

/// Smooths targets: y ← (1 − ε)·y + ε/classes.
#[derive(Debug, Clone)]
pub struct LabelSmoothing<T> {
    kept: T,
    added: T,
    smoothed: Vec<T>,
}

impl<T: Scalar> LabelSmoothing<T> {
    /// Smoothing by `epsilon` for a network of `outputs` outputs; each output of a binary cross-entropy counts as two
    /// classes. `None` for an `epsilon` of 0.
    pub fn new(epsilon: f64, loss: Loss, outputs: usize) -> Option<Self> {
        let classes = if loss == Loss::BinaryCrossEntropy {
            2
        } else {
            outputs
        };
        (epsilon > 0.0).then(|| Self {
            kept: T::from_f64(1.0 - epsilon),
            added: T::from_f64(epsilon / classes as f64),
            smoothed: Vec::new(),
        })
    }

    /// The last smoothed targets.
    pub fn last(&self) -> &[T] {
        &self.smoothed
    }

    /// The smoothed targets.
    pub fn apply(&mut self, targets: &[T]) -> &[T] {
        let (kept, added) = (self.kept, self.added);
        self.smoothed.clear();
        self.smoothed.extend(targets.iter().map(|&y| kept * y + added));
        &self.smoothed
    }
}
