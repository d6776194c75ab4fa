//! Dropout: Srivastava et al., *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, JMLR 15, 2014.
//! Here as it is usually computed: what stays is made 1/(1 − rate) times as large in training, so that a prediction
//! uses the weights as they are.

use crate::error::{Error, Result};
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;

/// The dropout of a run's hidden layers: their rates, and its own stream of random numbers, so that a run with dropout
/// draws the same initial values and the same order of samples as one without.
#[derive(Debug, Clone)]
pub struct Dropout {
    /// Of each hidden layer, the first one first.
    rates: Vec<f64>,
    /// Of those beyond.
    others: f64,
    generator: RandomState,
}

impl Dropout {
    /// Dropout of each unit of the hidden layers with the probability `rate`, 0 ≤ rate < 1.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other rate.
    pub fn new(rate: f64, seed: u32) -> Result<Self> {
        check_rate(rate)?;
        Ok(Self {
            rates: Vec::new(),
            others: rate,
            generator: RandomState::new(seed),
        })
    }

    /// Dropout of each unit of hidden layer `index`, counted from 0, with the probability `rates[index]`; of layers beyond
    /// with none.
    ///
    /// # Errors
    /// [`Error::Setting`] for a rate that is not 0 ≤ rate < 1.
    pub fn of_layers(rates: &[f64], seed: u32) -> Result<Self> {
        rates.iter().try_for_each(|&rate| check_rate(rate))?;
        Ok(Self {
            rates: rates.to_vec(),
            others: 0.0,
            generator: RandomState::new(seed),
        })
    }

    /// The probability with which a unit of a hidden layer, counted from 0, is left out.
    pub fn rate(&self, layer: usize) -> f64 {
        self.rates.get(layer).copied().unwrap_or(self.others)
    }

    /// Draws a factor for each activation of a hidden layer: 0 with the probability of its rate, otherwise 1/(1 − rate).
    pub(crate) fn draw<T: Scalar>(&mut self, layer: usize, mask: &mut [T]) {
        let rate = self.rate(layer);
        draw_mask(rate, &mut self.generator, mask);
    }
}

/// A factor for each number: 0 with the probability `rate`, otherwise 1/(1 − rate).
pub(crate) fn draw_mask<T: Scalar>(rate: f64, generator: &mut RandomState, mask: &mut [T]) {
    let kept = T::from_f64(1.0 / (1.0 - rate));
    for factor in mask {
        *factor = if generator.random_sample() < rate {
            T::ZERO
        } else {
            kept
        };
    }
}

/// Whether so many of a layer's numbers can be left out.
pub(crate) fn check_rate(rate: f64) -> Result<()> {
    if (0.0..1.0).contains(&rate) {
        return Ok(());
    }
    Err(Error::Setting {
        key: "train.dropout".into(),
        found: rate.to_string(),
        expected: "the part of a layer's units that is left out is needed: 0 or more, below 1".into(),
    })
}
