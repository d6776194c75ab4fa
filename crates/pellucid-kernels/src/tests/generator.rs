//! A seeded generator of uniform random numbers for the tests.

use rand_mt::Mt;

/// The Mersenne Twister, with 53 random bits per number.
pub(super) struct RandomState(Mt);

impl RandomState {
    pub(super) fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// Uniform in 0..1.
    pub(super) fn random_sample(&mut self) -> f64 {
        let (high, low) = (self.0.next_u32() >> 5, self.0.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Uniform in low..high.
    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random_sample()
    }
}
