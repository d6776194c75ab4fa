//! Clips gradients: Pascanu, Mikolov & Bengio, *On the Difficulty of Training Recurrent Neural Networks*, 2013.

use crate::scalar::Scalar;

/// The limits of a gradient.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Clipping {
    pub(crate) value: Option<f64>,
    pub(crate) norm: Option<f64>,
}

impl Clipping {
    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.value.is_none() && self.norm.is_none()
    }

    /// Brings each number into ±value, then the whole gradient's Euclidean norm down to `norm`.
    #[inline(always)]
    pub(crate) fn apply<T: Scalar>(&self, gradient: &mut [T]) {
        if let Some(value) = self.value {
            let (low, high) = (T::from_f64(-value), T::from_f64(value));
            for derivative in &mut *gradient {
                // A NaN is neither, and stays.
                *derivative = if *derivative > high {
                    high
                } else if *derivative < low {
                    low
                } else {
                    *derivative
                };
            }
        }
        if let Some(most) = self.norm {
            let norm = gradient
                .iter()
                .map(|g| g.to_f64() * g.to_f64())
                .sum::<f64>()
                .sqrt();
            if norm > most {
                let factor = T::from_f64(most / norm);
                for derivative in &mut *gradient {
                    *derivative *= factor;
                }
            }
        }
    }
}
