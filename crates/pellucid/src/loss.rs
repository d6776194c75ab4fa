//! Losses: how wrong the outputs are, and ∂L/∂z of the output layer.
//!
//! A loss is a sum over a sample's outputs; over the samples of a batch it is summed or averaged as
//! [`Reduction`] says. Where a loss and an output activation pair up (softmax with categorical cross-entropy,
//! sigmoid with binary cross-entropy) the joint form is used, in value and in delta, because the chain rule
//! through each alone loses all digits when a unit is sure of itself (Bishop, *Pattern Recognition and Machine
//! Learning*, §4.3.6 and §5.2).

use crate::activation::Activation;
use crate::kernels::isa::Isa;
use crate::kernels::vector::{self, MapPairs, Vector};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// What training makes small. y is the target, a the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Σ (a − y)².
    SquaredError,
    /// ½ Σ (a − y)².
    HalfSquaredError,
    /// −Σ (y ln a + (1 − y) ln(1 − a)), each output a yes or no of its own.
    BinaryCrossEntropy,
    /// −Σ y ln a, the outputs being one probability distribution.
    CategoricalCrossEntropy,
}

/// How the losses of a batch's samples become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// Their sum: the gradient grows with the batch.
    Sum,
    /// Their mean: the gradient does not depend on the batch's size.
    #[default]
    Mean,
}

impl Reduction {
    /// What a sample's gradient is multiplied with in a batch of `rows`.
    #[inline(always)]
    pub fn factor<T: Scalar>(self, rows: usize) -> T {
        match self {
            Reduction::Sum => T::ONE,
            Reduction::Mean => T::ONE / T::from_f64(rows as f64),
        }
    }
}

impl Loss {
    /// Every loss there is.
    pub const ALL: [Loss; 4] = [
        Loss::SquaredError,
        Loss::HalfSquaredError,
        Loss::BinaryCrossEntropy,
        Loss::CategoricalCrossEntropy,
    ];

    /// The name in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Loss::SquaredError => "squared_error",
            Loss::HalfSquaredError => "half_squared_error",
            Loss::BinaryCrossEntropy => "binary_cross_entropy",
            Loss::CategoricalCrossEntropy => "categorical_cross_entropy",
        }
    }

    /// Whether the targets must be probabilities.
    pub fn wants_probabilities(self) -> bool {
        matches!(self, Loss::BinaryCrossEntropy | Loss::CategoricalCrossEntropy)
    }

    /// The loss summed over all rows. `z`, `outputs` and `targets` are (rows, width); `activation` made the
    /// outputs from `z`.
    #[inline(always)]
    pub fn value<T: Scalar>(
        self,
        activation: Activation,
        z: &[T],
        outputs: &[T],
        targets: &[T],
        width: usize,
    ) -> f64 {
        if width == 1 {
            // The quotients that rows are counted by are a tenth of a step of a small network.
            let mut sum = 0.0;
            for ((z, a), y) in z.iter().zip(outputs).zip(targets) {
                let [z, a, y] = [z, a, y].map(std::slice::from_ref);
                sum += self.row_value(activation, z, a, y).to_f64();
            }
            return sum;
        }
        let rows = z
            .chunks_exact(width)
            .zip(outputs.chunks_exact(width))
            .zip(targets.chunks_exact(width));
        rows.map(|((z, a), y)| self.row_value(activation, z, a, y).to_f64())
            .sum()
    }

    #[inline(always)]
    fn row_value<T: Scalar>(self, activation: Activation, z: &[T], a: &[T], y: &[T]) -> T {
        match (self, activation) {
            (Loss::SquaredError, _) => sum_of_squares(a, y),
            (Loss::HalfSquaredError, _) => sum_of_squares(a, y) * T::HALF,
            // max(z, 0) − z·y + ln(1 + e^−|z|)
            (Loss::BinaryCrossEntropy, Activation::Sigmoid) => {
                let of = |z: T, y: T| {
                    (if z > T::ZERO { z } else { T::ZERO }) - z * y + softplus_of_negative(z.abs())
                };
                z.iter().zip(y).map(|(&z, &y)| of(z, y)).sum()
            }
            // Σ y (ln Σ e^zₖ − z), and ln Σ e^zₖ = z_max − ln a_max, where a_max ≥ 1/width is never tiny.
            (Loss::CategoricalCrossEntropy, Activation::Softmax) => {
                let largest = (1..z.len()).fold(0, |best, j| if z[j] > z[best] { j } else { best });
                let log_sum = z[largest] - a[largest].ln();
                z.iter()
                    .zip(y)
                    .map(|(&z, &y)| if y == T::ZERO { T::ZERO } else { y * (log_sum - z) })
                    .sum()
            }
            (Loss::BinaryCrossEntropy, _) => {
                let of = |a: T, y: T| -(times_ln(y, a) + times_ln(T::ONE - y, T::ONE - a));
                a.iter().zip(y).map(|(&a, &y)| of(a, y)).sum()
            }
            (Loss::CategoricalCrossEntropy, _) => -a.iter().zip(y).map(|(&a, &y)| times_ln(y, a)).sum::<T>(),
        }
    }

    /// ∂L/∂a for every output, times `factor`; shapes as in [`Loss::value`].
    #[inline(always)]
    pub(crate) fn gradient_on<I: Isa, T: Scalar>(
        self,
        outputs: &[T],
        targets: &[T],
        factor: T,
        gradient: &mut [T],
    ) {
        let pairs = outputs.iter().zip(targets);
        match self {
            Loss::SquaredError | Loss::HalfSquaredError => {
                let factor = if self == Loss::SquaredError {
                    factor + factor
                } else {
                    factor
                };
                vector::map_pairs::<I, T, _>(outputs, targets, gradient, DifferenceTimes { factor });
            }
            Loss::BinaryCrossEntropy => {
                gradient.iter_mut().zip(pairs).for_each(|(g, (&a, &y))| {
                    *g = (over(T::ONE - y, T::ONE - a) - over(y, a)) * factor;
                });
            }
            Loss::CategoricalCrossEntropy => {
                gradient
                    .iter_mut()
                    .zip(pairs)
                    .for_each(|(g, (&a, &y))| *g = -over(y, a) * factor);
            }
        }
    }

    /// δ = ∂L/∂z of the output layer times `factor`, into `delta`; shapes as in [`Loss::value`].
    #[inline(always)]
    #[expect(
        clippy::too_many_arguments,
        reason = "the output layer's arrays are what the delta is made of"
    )]
    pub(crate) fn delta_on<I: Isa, T: Scalar>(
        self,
        activation: Activation,
        z: &[T],
        outputs: &[T],
        targets: &[T],
        factor: T,
        delta: &mut [T],
        width: usize,
    ) {
        match (self, activation) {
            (Loss::BinaryCrossEntropy, Activation::Sigmoid) => {
                vector::map_pairs::<I, T, _>(outputs, targets, delta, DifferenceTimes { factor });
            }
            // a·Σy − y: targets that are no distribution have no Σy of 1 (and for those that are, it changes nothing).
            (Loss::CategoricalCrossEntropy, Activation::Softmax) => {
                let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width));
                for (delta, (a, y)) in delta.chunks_exact_mut(width).zip(rows) {
                    let total: T = y.iter().copied().sum();
                    let pairs = a.iter().zip(y);
                    delta
                        .iter_mut()
                        .zip(pairs)
                        .for_each(|(d, (&a, &y))| *d = (a * total - y) * factor);
                }
            }
            _ => {
                self.gradient_on::<I, T>(outputs, targets, factor, delta);
                activation.backpropagate_on::<I, T>(z, outputs, delta, width);
            }
        }
    }
}

/// (a − y)·factor.
#[derive(Clone, Copy)]
struct DifferenceTimes<T> {
    factor: T,
}
impl<T: Scalar> MapPairs<T> for DifferenceTimes<T> {
    #[inline(always)]
    fn apply<V: Vector<T>>(self, a: V, y: V) -> V {
        a.sub(y).mul(V::splat(self.factor))
    }
}

#[inline(always)]
fn sum_of_squares<T: Scalar>(a: &[T], y: &[T]) -> T {
    let mut sum = T::ZERO;
    for (&a, &y) in a.iter().zip(y) {
        sum += (a - y) * (a - y);
    }
    sum
}

/// ln(1 + e⁻ˣ) for x ≥ 0.
fn softplus_of_negative<T: Scalar>(x: T) -> T {
    T::from_f64((-x.to_f64()).exp()).ln_1p()
}

/// y ln a, which is 0 for y = 0 whatever a is.
fn times_ln<T: Scalar>(y: T, a: T) -> T {
    if y == T::ZERO { T::ZERO } else { y * a.ln() }
}

/// y / a, which is 0 for y = 0 whatever a is.
fn over<T: Scalar>(y: T, a: T) -> T {
    if y == T::ZERO { T::ZERO } else { y / a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squared_error_sums_over_outputs() {
        let value = Loss::SquaredError.value(
            Activation::Identity,
            &[0.0; 4],
            &[1.0, 2.0, 3.0, 4.0],
            &[0.0; 4],
            2,
        );
        assert_eq!(value, 30.0f64);
    }

    #[test]
    fn cross_entropies_stay_finite_where_the_chain_rule_would_not() {
        let z = [800.0f64, -800.0];
        let mut a = [0.0; 2];
        Activation::Softmax.apply(&z, &mut a, 2);
        let value = Loss::CategoricalCrossEntropy.value(Activation::Softmax, &z, &a, &[0.0, 1.0], 2);
        assert_eq!(value, 1600.0);
        Activation::Sigmoid.apply(&z, &mut a, 2);
        let value = Loss::BinaryCrossEntropy.value(Activation::Sigmoid, &z, &a, &[0.0, 1.0], 2);
        assert_eq!(value, 1600.0);
    }

    #[test]
    fn joint_and_separate_forms_agree() {
        let z = [0.3f64, -1.2, 0.7];
        let y = [0.2, 0.5, 0.3];
        let mut a = [0.0; 3];
        Activation::Softmax.apply(&z, &mut a, 3);
        let joint = Loss::CategoricalCrossEntropy.value(Activation::Softmax, &z, &a, &y, 3);
        let separate = Loss::CategoricalCrossEntropy.value(Activation::Identity, &a, &a, &y, 3);
        assert!((joint - separate).abs() < 1e-15);
        Activation::Sigmoid.apply(&z, &mut a, 3);
        let joint = Loss::BinaryCrossEntropy.value(Activation::Sigmoid, &z, &a, &y, 3);
        let separate = Loss::BinaryCrossEntropy.value(Activation::Identity, &a, &a, &y, 3);
        assert!((joint - separate).abs() < 1e-15);
    }
}
