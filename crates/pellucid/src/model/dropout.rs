//! Drops units of hidden layers at random in training (dropout).
//!
//! Srivastava et al., *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, JMLR 15, 2014.
//! This is the usual inverted form: training scales the kept activations by 1/(1 − rate), so that a prediction uses the
//! weights unchanged.

use crate::descriptor::Range;
use crate::error::Result;
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;

/// The dropout of the hidden layers: their rates, and a random stream of its own, so that a run with dropout has the same
/// initial values and the same order of samples as a run without.
#[derive(Debug, Clone)]
pub struct Dropout {
    /// The rate of each hidden layer, the first layer first.
    rates: Vec<f64>,
    /// What the rates are multiplied by.
    share: f64,
    generator: RandomState,
}

impl Dropout {
    /// Dropout of each unit of hidden layer `index`, counted from 0, with the probability `rates[index]`; further layers
    /// have no dropout.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) for a rate that is not 0 ≤ rate < 1.
    pub fn new(rates: &[f64], seed: u32) -> Result<Self> {
        rates.iter().try_for_each(|&rate| check_rate(rate))?;
        Ok(Self {
            rates: rates.to_vec(),
            share: 1.0,
            generator: RandomState::new(seed),
        })
    }

    /// The probability that dropout drops a unit of a hidden layer; layers are counted from 0.
    pub fn rate(&self, layer: usize) -> f64 {
        self.rates.get(layer).copied().unwrap_or(0.0)
    }

    /// Sets what the rates are multiplied by in the next steps, 0 to 1.
    pub(crate) fn set_share(&mut self, share: f64) {
        self.share = share;
    }

    /// The stream of random numbers.
    pub(crate) fn generator(&self) -> &RandomState {
        &self.generator
    }

    /// Continues with another stream of random numbers.
    pub(crate) fn set_generator(&mut self, generator: RandomState) {
        self.generator = generator;
    }

    /// Draws a factor for each activation of a hidden layer: 0 with the probability of its rate, otherwise 1/(1 − rate).
    pub(crate) fn draw<T: Scalar>(&mut self, layer: usize, mask: &mut [T]) {
        draw_mask(self.share * self.rate(layer), &mut self.generator, mask);
    }
}

/// Draws a factor for each number: 0 with the probability `rate`, otherwise 1/(1 − rate).
pub(crate) fn draw_mask<T: Scalar>(rate: f64, generator: &mut RandomState, mask: &mut [T]) {
    let kept = T::from_f64(1.0 / (1.0 - rate));
    // Of the 2³² values of a word, those below this drop the unit: the rate to ten digits.
    let dropping = (rate * 4_294_967_296.0).round() as u64;
    generator.words_for(mask, |word, factor| {
        *factor = if u64::from(word) < dropping { T::ZERO } else { kept };
    });
}

/// Checks that a dropout rate is 0 or more, and below 1.
pub(crate) fn check_rate(rate: f64) -> Result<()> {
    let range = Range::BELOW_ONE.described("the fraction of units to drop must be 0 or more, and below 1");
    Ok(range.check("train.dropout", &rate)?)
}
