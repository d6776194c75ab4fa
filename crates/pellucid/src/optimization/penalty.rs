//! Penalties on large parameters: they add to the gradient, and to the loss that is told only where that is asked for.

use crate::model::network::Architecture;
use crate::recipe::TrainRecipe;
use crate::scalar::Scalar;

/// λ₁‖W‖₁ + ½λ₂‖W‖², of the weights, and of the biases too where they are asked for. Both together are the elastic net:
/// Zou & Hastie, *Regularization and Variable Selection via the Elastic Net*, 2005.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Penalty<T> {
    l1: T,
    l2: T,
    /// Whether it is divided by what a batch's rows count for.
    is_shared: bool,
    /// Whether it is part of the losses that are told.
    pub(crate) is_told: bool,
    /// How many parameters, from the first on, it is on.
    parameters: usize,
}

impl<T: Scalar> Penalty<T> {
    pub(crate) fn of(train: &TrainRecipe, architecture: &Architecture) -> Self {
        Self {
            l1: T::from_f64(train.l1),
            l2: T::from_f64(train.l2),
            is_shared: train.share_penalty,
            is_told: train.tell_penalty,
            parameters: penalized_parameters(train, architecture),
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

    /// The penalty itself, by `LANES` sums side by side, which do not wait for one another.
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

    /// Adds the penalty's slopes, λ₁·sign(w) + λ₂·w, to the gradient. At 0, where |w| has none, its slope counts as 0.
    #[inline(always)]
    pub(crate) fn add_to(&self, gradient: &mut [T], parameters: &[T]) {
        let pairs = gradient[..self.parameters].iter_mut().zip(parameters);
        if self.l1 == T::ZERO {
            for (slope, &weight) in pairs {
                *slope += self.l2 * weight;
            }
        } else {
            for (slope, &weight) in pairs {
                let sign = if weight > T::ZERO {
                    self.l1
                } else if weight < T::ZERO {
                    -self.l1
                } else {
                    T::ZERO
                };
                *slope += sign + self.l2 * weight;
            }
        }
    }
}

/// How many parameters, from the first on, penalties and weight decay are on: weights lie before biases, and gains and
/// shifts behind both, which neither is on.
pub(crate) fn penalized_parameters(train: &TrainRecipe, architecture: &Architecture) -> usize {
    if train.penalize_biases {
        architecture.affine_count()
    } else {
        architecture.weight_count()
    }
}
