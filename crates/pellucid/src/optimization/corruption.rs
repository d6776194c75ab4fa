//! Corrupts the features of a batch in training: adds noise (Bishop, *Training
//! with Noise is Equivalent to Tikhonov Regularization*, 1995), and leaves features out, as dropout does with hidden
//! units (Srivastava et al., 2014; Vincent et al., *Extracting and Composing Robust Features with Denoising
//! Autoencoders*, 2008). Predictions use the features as they are.

use crate::error::Result;
use crate::model::dropout::draw_mask;
use crate::numpy_random::RandomState;
use crate::scalar::Scalar;
use crate::state::State;
use pellucid_kernels::layer::Input;

/// Noise and dropout of the inputs, each with a stream of random numbers of its own: so a run draws the same initial
/// values, orders and masks of hidden units as one without.
#[derive(Debug, Clone)]
pub(crate) struct Corruption<T> {
    noise: f64,
    of_noise: RandomState,
    dropout: f64,
    of_dropout: RandomState,
    corrupted: Vec<T>,
    mask: Vec<T>,
}

impl<T: Scalar> Corruption<T> {
    /// Noise of the standard deviation `noise` and dropout of the rate `dropout`; nothing where both are 0.
    pub(crate) fn new(noise: f64, dropout: f64, seed: u32) -> Option<Self> {
        // Streams from one seed would be one stream: the masks of hidden units come from the seed itself.
        let stream = |name: &[u8; 4]| RandomState::new(seed ^ u32::from_le_bytes(*name));
        (noise > 0.0 || dropout > 0.0).then(|| Self {
            noise,
            of_noise: stream(b"nois"),
            dropout,
            of_dropout: stream(b"drop"),
            corrupted: Vec::new(),
            mask: Vec::new(),
        })
    }

    /// Adds its streams of random numbers to a state.
    pub(crate) fn save(&self, state: &mut State) {
        state.put_generator("corruption/noise", &self.of_noise);
        state.put_generator("corruption/dropout", &self.of_dropout);
    }

    /// Continues from a state.
    pub(crate) fn load(&mut self, state: &State) -> Result<()> {
        self.of_noise = state.generator("corruption/noise")?;
        self.of_dropout = state.generator("corruption/dropout")?;
        Ok(())
    }

    /// The last corrupted batch.
    pub(crate) fn last(&self) -> Input<'_, T> {
        Input::Dense(&self.corrupted)
    }

    /// x + std·ε, then times the mask.
    #[inline(never)]
    pub(crate) fn apply(&mut self, input: Input<'_, T>) -> Input<'_, T> {
        let corrupted = &mut self.corrupted;
        corrupted.clear();
        match input {
            Input::Dense(x) => corrupted.extend_from_slice(x),
            Input::Bytes { bytes, values } => {
                corrupted.extend(bytes.iter().map(|&byte| values[usize::from(byte)]));
            }
            // Noise leaves no zeros.
            Input::Sparse(rows) => corrupted.extend(rows.to_vec()),
        }
        if self.noise > 0.0 {
            for x in &mut *corrupted {
                *x += T::from_f64(self.noise * self.of_noise.standard_normal());
            }
        }
        if self.dropout > 0.0 {
            self.mask.resize(corrupted.len(), T::ZERO);
            draw_mask(self.dropout, &mut self.of_dropout, &mut self.mask);
            for (x, &factor) in corrupted.iter_mut().zip(&self.mask) {
                *x *= factor;
            }
        }
        Input::Dense(&self.corrupted)
    }
}
