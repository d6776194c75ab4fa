//! Dropout: Srivastava et al., *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, JMLR 15, 2014.
//! Here as it is usually computed: what stays is made 1/(1 − rate) times as large in training, so that a prediction
//! uses the weights as they are.

use crate::error::{Error, Result};
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;

/// The dropout of a run: its rate, and its own stream of random numbers, so that a run with dropout draws the same
/// initial values and the same order of samples as one without.
#[derive(Debug, Clone)]
pub struct Dropout {
    rate: f64,
    generator: RandomState,
}

impl Dropout {
    /// Dropout of each unit of the hidden layers with the probability `rate`, 0 ≤ rate < 1.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other rate.
    pub fn new(rate: f64, seed: u32) -> Result<Self> {
        if !(0.0..1.0).contains(&rate) {
            return Err(Error::Setting {
                key: "train.dropout".into(),
                found: rate.to_string(),
                expected: "the part of the hidden units that is left out is needed: 0 or more, below 1"
                    .into(),
            });
        }
        Ok(Self {
            rate,
            generator: RandomState::new(seed),
        })
    }

    /// Draws a factor for each activation: 0 with the probability of the rate, otherwise 1/(1 − rate).
    pub(crate) fn draw<T: Scalar>(&mut self, mask: &mut [T]) {
        let kept = T::from_f64(1.0 / (1.0 - self.rate));
        for factor in mask {
            *factor = if self.generator.random_sample() < self.rate {
                T::ZERO
            } else {
                kept
            };
        }
    }
}
