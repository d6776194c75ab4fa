//! Penalises large parameters: adds to the gradient, and to the reported loss only where a recipe asks for it.

use crate::model::network::Architecture;
use crate::scalar::Scalar;

/// λ₁‖W‖₁ + ½λ₂‖W‖², of the weights, and of the biases too where they are asked for. Both together are the elastic net:
/// Zou & Hastie, *Regularization and Variable Selection via the Elastic Net*, 2005.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalty<T> {
    l1: T,
    l2: T,
    /// Whether it is divided by what a batch's rows count for.
    is_shared: bool,
    /// Whether the reported losses include it.
    pub(crate) is_reported: bool,
    /// It is on the first so many parameters.
    parameters: usize,
}

impl<T: Scalar> Penalty<T> {
    /// λ₁ and λ₂ on the first `parameters` parameters, divided by what a batch's rows count for where `is_shared`, and
    /// included in reported losses where `is_reported`.
    pub(crate) fn new([l1, l2]: [f64; 2], parameters: usize, is_shared: bool, is_reported: bool) -> Self {
        Self {
            l1: T::from_f64(l1),
            l2: T::from_f64(l2),
            is_shared,
            is_reported,
            parameters,
        }
    }

    /// Whether there is none.
    pub(crate) fn is_none(&self) -> bool {
        self.l1 == T::ZERO && self.l2 == T::ZERO
    }

    /// The same in a batch whose rows count for `weight` together.
    #[inline(always)]
    pub(crate) fn of_batch(mut self, weight: f64) -> Self {
        if self.is_shared {
            let share = if weight > 0.0 { 1.0 / weight } else { 0.0 };
            self.l1 = T::from_f64(self.l1.to_f64() * share);
            self.l2 = T::from_f64(self.l2.to_f64() * share);
        }
        self
    }

    /// The penalty itself, in `LANES` independent partial sums.
    pub(crate) fn value<const LANES: usize>(&self, parameters: &[T]) -> f64 {
        let (mut sizes, mut squares) = ([0.0; LANES], [0.0; LANES]);
        for weights in parameters[..self.parameters].chunks(LANES) {
            let sums = sizes.iter_mut().zip(&mut squares);
            for (weight, (size, square)) in weights.iter().zip(sums) {
                let weight = weight.to_f64();
                *size += weight.abs();
                *square += weight * weight;
            }
        }
        let [sizes, squares] = [sizes, squares].map(|sums| sums.iter().sum::<f64>());
        self.l1.to_f64() * sizes + 0.5 * self.l2.to_f64() * squares
    }

    /// Adds the penalty's derivatives, λ₁·sign(w) + λ₂·w, to the gradient. At 0, where |w| has none, its derivative counts as 0.
    #[inline(always)]
    pub(crate) fn add_to(&self, gradient: &mut [T], parameters: &[T]) {
        let pairs = gradient[..self.parameters].iter_mut().zip(parameters);
        if self.l1 == T::ZERO {
            for (derivative, &weight) in pairs {
                *derivative += self.l2 * weight;
            }
        } else {
            for (derivative, &weight) in pairs {
                let sign = if weight > T::ZERO {
                    self.l1
                } else if weight < T::ZERO {
                    -self.l1
                } else {
                    T::ZERO
                };
                *derivative += sign + self.l2 * weight;
            }
        }
    }
}

/// Penalties and weight decay are on the first so many parameters: weights lie before biases, and gains and shifts, which
/// have neither, behind both.
pub(crate) fn penalized_parameters(penalize_biases: bool, architecture: &Architecture) -> usize {
    if penalize_biases {
        architecture.affine_count()
    } else {
        architecture.weight_count()
    }
}
