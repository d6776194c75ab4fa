//! Losses: how wrong the outputs are, and ∂L/∂z of the output layer.
//!
//! A loss is a sum over a sample's outputs; over the samples of a batch it is summed or averaged as
//! [`Reduction`] says. Where a loss and an output activation pair up (softmax with categorical cross-entropy,
//! sigmoid with binary cross-entropy) the joint form is used, in value and in delta, because the chain rule
//! through each alone loses all digits when a unit saturates (Bishop, *Pattern Recognition and Machine
//! Learning*, §4.3.6 and §5.2).

mod custom;
mod descriptors;
mod elementwise;
mod smoothing;

pub use custom::{CustomLoss, OutputRow};
pub use descriptors::{Loss, LossDescriptor};
pub use smoothing::LabelSmoothing;

use crate::activation::Activation;
use crate::descriptor::Choice;
use crate::simd::Isa;
use crate::simd::elementary;
use crate::simd::scalar::Scalar;
use crate::simd::vector::{self, MapPairs, Vector, lane_by_lane};
use serde::{Deserialize, Serialize};

/// How the losses of a batch's samples become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Their sum: the gradient grows with the batch.
    Sum,
    /// Their mean: the gradient does not depend on the batch's size.
    #[default]
    Mean,
    /// Their sum over the sum of the samples' weights; where these have none, the mean.
    WeightedMean,
}

impl Reduction {
    /// The factor of a sample's gradient in a batch of `rows` rows.
    #[inline(always)]
    pub fn factor<T: Scalar>(self, rows: usize) -> T {
        match self {
            Reduction::Sum => T::ONE,
            Reduction::Mean | Reduction::WeightedMean => T::ONE / T::from_f64(rows as f64),
        }
    }

    /// The same in a batch whose samples have the weights `weights`, or weight 1 where these are empty. 0 instead of
    /// infinity where all weights are 0, because there is nothing to learn.
    #[inline(always)]
    pub fn factor_of<T: Scalar>(self, rows: usize, weights: &[T]) -> T {
        if self != Reduction::WeightedMean || weights.is_empty() {
            return self.factor(rows);
        }
        let total: f64 = weights.iter().map(|weight| weight.to_f64()).sum();
        T::from_f64(if total > 0.0 { 1.0 / total } else { 0.0 })
    }
}

impl Loss {
    /// The name in recipes.
    pub fn name(&self) -> &'static str {
        match self {
            Loss::Custom(custom) => custom.name(),
            loss => loss.common().name,
        }
    }

    /// Whether targets and outputs must be probabilities.
    pub fn wants_probabilities(self) -> bool {
        self.descriptor().wants_probabilities
    }

    /// Whether it needs an output for each class, 2 or more.
    pub fn needs_classes(self) -> bool {
        self.descriptor().needs_classes
    }

    /// Whether it and this output activation have a joint form, δ = a − y or a multiple, in which f′ cancels.
    pub fn is_paired_with(self, output: Activation) -> bool {
        self.descriptor().pairs_with == Some(output)
    }

    /// The lowest and the highest target it is defined for, and what such targets are called.
    pub fn targets(self) -> (f64, f64, &'static str) {
        let descriptor = self.descriptor();
        let (low, high) = descriptor.targets;
        (low, high, descriptor.target_words)
    }

    /// Why the loss cannot be combined with an output activation, and what to do instead: where it takes the logarithm
    /// of numbers that may be 0 or below.
    pub fn objection_to(self, output: Activation) -> Option<String> {
        let (low, high) = output.range();
        let name = output.name();
        let reaches_its_ends = output.descriptor().reaches_bounds;
        if self.wants_probabilities() && (low < 0.0 || high > 1.0 || reaches_its_ends) {
            return Some(if reaches_its_ends && low >= 0.0 && high <= 1.0 {
                format!(
                    "{name} reaches 0 and 1, of which the logarithm is infinite; end with sigmoid or softmax"
                )
            } else {
                format!("its outputs are probabilities, but {name} gives others; end with sigmoid or softmax")
            });
        }
        let is_poisson = matches!(self, Loss::PoissonDeviance | Loss::HalfPoissonDeviance);
        (is_poisson && (low < 0.0 || reaches_its_ends)).then(|| {
            format!("its outputs are mean counts, above 0, but {name} gives others; end with exponential or softplus")
        })
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
            return self.value_of_one_unit(activation, z, outputs, targets);
        }
        let rows = z
            .chunks_exact(width)
            .zip(outputs.chunks_exact(width))
            .zip(targets.chunks_exact(width));
        let mut sum = 0.0;
        for ((z, a), y) in rows {
            sum += self.row_value(activation, z, a, y).to_f64();
        }
        sum
    }

    /// The same for one output per row: the divisions that count the rows are a tenth of a step of a small network.
    #[inline(always)]
    fn value_of_one_unit<T: Scalar>(
        self,
        activation: Activation,
        z: &[T],
        outputs: &[T],
        targets: &[T],
    ) -> f64 {
        let (Loss::SquaredError | Loss::HalfSquaredError) = self else {
            return self.value_by_rows_of_one(activation, z, outputs, targets);
        };
        let half = if self == Loss::SquaredError {
            T::ONE
        } else {
            T::HALF
        };
        let mut sum = 0.0;
        for (&a, &y) in outputs.iter().zip(targets) {
            sum += ((a - y) * (a - y) * half).to_f64();
        }
        sum
    }

    #[inline(never)]
    fn value_by_rows_of_one<T: Scalar>(self, activation: Activation, z: &[T], a: &[T], y: &[T]) -> f64 {
        let rows = z.iter().zip(a).zip(y);
        rows.map(|((z, a), y)| {
            let [z, a, y] = [z, a, y].map(std::slice::from_ref);
            self.row_value(activation, z, a, y).to_f64()
        })
        .sum()
    }

    #[inline(always)]
    fn row_value<T: Scalar>(self, activation: Activation, z: &[T], a: &[T], y: &[T]) -> T {
        match (self, activation) {
            (Loss::SquaredError, _) => sum_of_squares(a, y),
            (Loss::HalfSquaredError, _) => sum_of_squares(a, y) * T::HALF,
            (Loss::HalfMeanSquaredError, _) => {
                sum_of_squares(a, y) * self.factor_of_difference(T::HALF, a.len())
            }
            // max(z, 0) − z·y + ln(1 + e^−|z|)
            (Loss::BinaryCrossEntropy, Activation::Sigmoid) => {
                let of = |z: T, y: T| {
                    (if z > T::ZERO { z } else { T::ZERO }) - z * y + softplus_of_negative(z.abs())
                };
                z.iter().zip(y).map(|(&z, &y)| of(z, y)).sum()
            }
            (Loss::CategoricalCrossEntropy, Activation::Softmax) => cross_entropy_of_softmax(z, a, y),
            (Loss::KullbackLeibler, Activation::Softmax) => {
                let entropy = y.iter().map(|y| elementwise::log_ratio(y.to_f64(), 1.0)).sum();
                cross_entropy_of_softmax(z, a, y) + T::from_f64(entropy)
            }
            (Loss::PoissonDeviance, Activation::Exponential) => Self::poisson_of_exponential(z, a, y, 2.0),
            (Loss::HalfPoissonDeviance, Activation::Exponential) => {
                Self::poisson_of_exponential(z, a, y, 1.0)
            }
            (Loss::Custom(custom), _) => custom.value(z, a, y),
            (Loss::BinaryCrossEntropy, _) => {
                let of = |a: T, y: T| -(times_ln(y, a) + times_ln(T::ONE - y, T::ONE - a));
                a.iter().zip(y).map(|(&a, &y)| of(a, y)).sum()
            }
            (Loss::CategoricalCrossEntropy, _) => -a.iter().zip(y).map(|(&a, &y)| times_ln(y, a)).sum::<T>(),
            _ => self.value_of_outputs(a, y),
        }
    }

    /// ∂L/∂a for every output, times `factor`; shapes as in [`Loss::value`].
    #[inline(always)]
    pub fn gradient_on<I: Isa, T: Scalar>(
        self,
        z: &[T],
        outputs: &[T],
        targets: &[T],
        factor: T,
        gradient: &mut [T],
        width: usize,
    ) {
        match self {
            Loss::SquaredError | Loss::HalfSquaredError | Loss::HalfMeanSquaredError => {
                let factor = self.factor_of_difference(factor, width);
                vector::map_pairs::<I, T, _>(outputs, targets, gradient, DifferenceTimes { factor });
            }
            Loss::BinaryCrossEntropy => each_output(outputs, targets, gradient, |a, y| {
                (over(T::ONE - y, T::ONE - a) - over(y, a)) * factor
            }),
            Loss::CategoricalCrossEntropy => {
                each_output(outputs, targets, gradient, |a, y| -over(y, a) * factor);
            }
            Loss::Custom(custom) => custom.derivatives(false, [z, outputs, targets], factor, gradient, width),
            _ => self.derivatives_of_outputs(outputs, targets, factor, gradient),
        }
    }

    /// The factor of a − y in the derivative of a squared error: 2, or 1 for half of one, over `width` outputs.
    #[inline(always)]
    fn factor_of_difference<T: Scalar>(self, factor: T, width: usize) -> T {
        match self {
            Loss::SquaredError => factor + factor,
            Loss::HalfMeanSquaredError => factor / T::from_f64(width as f64),
            _ => factor,
        }
    }

    /// Computes δ from outputs and targets one register at a time, for the losses and activations that are simple
    /// enough.
    #[inline(always)]
    fn delta_of_register<T: Scalar>(
        self,
        activation: Activation,
        factor: T,
        width: usize,
    ) -> Option<DifferenceTimesDerivative<T>> {
        match self {
            // The derivative of the sigmoid cancels.
            Loss::BinaryCrossEntropy if activation == Activation::Sigmoid => {
                Some(DifferenceTimesDerivative {
                    factor,
                    activation: Activation::Identity,
                })
            }
            Loss::SquaredError | Loss::HalfSquaredError | Loss::HalfMeanSquaredError => {
                let factor = self.factor_of_difference(factor, width);
                activation
                    .is_applied_in_registers()
                    .then_some(DifferenceTimesDerivative { factor, activation })
            }
            _ => None,
        }
    }

    /// δ = ∂L/∂z of the output layer times `factor`, into `delta`; shapes as in [`Loss::value`].
    #[inline(always)]
    #[expect(
        clippy::too_many_arguments,
        reason = "the output layer's arrays are what the delta is made of"
    )]
    pub fn delta_on<I: Isa, T: Scalar>(
        self,
        activation: Activation,
        z: &[T],
        outputs: &[T],
        targets: &[T],
        factor: T,
        delta: &mut [T],
        width: usize,
    ) {
        if let Some(of_register) = self.delta_of_register(activation, factor, width) {
            vector::map_pairs::<I, T, _>(outputs, targets, delta, of_register);
            return;
        }
        match (self, activation) {
            // 2(1 − y/a)·a
            (Loss::PoissonDeviance | Loss::HalfPoissonDeviance, Activation::Exponential) => {
                let factor = if self == Loss::PoissonDeviance {
                    factor + factor
                } else {
                    factor
                };
                vector::map_pairs::<I, T, _>(outputs, targets, delta, DifferenceTimes { factor });
            }
            // a·Σy − y: Σy is not 1 for targets that are not a distribution (and for distributions the factor changes
            // nothing).
            (Loss::CategoricalCrossEntropy | Loss::KullbackLeibler, Activation::Softmax) => {
                let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width));
                for (delta, (a, y)) in delta.chunks_exact_mut(width).zip(rows) {
                    let total: T = y.iter().copied().sum();
                    each_output(a, y, delta, |a, y| (a * total - y) * factor);
                }
            }
            (Loss::Custom(custom), _) if custom.has_delta() => {
                custom.derivatives(true, [z, outputs, targets], factor, delta, width);
            }
            _ => {
                self.gradient_on::<I, T>(z, outputs, targets, factor, delta, width);
                activation.backpropagate_on::<I, T>(z, outputs, delta, width);
            }
        }
    }
}

/// The loss of a network's outputs over a run of training steps.
pub struct OutputLoss<T> {
    loss: Loss,
    logged: Loss,
    activation: Activation,
    width: usize,
    factor: T,
    of_register: Option<DifferenceTimesDerivative<T>>,
}

impl<T: Scalar> OutputLoss<T> {
    /// `loss`, times `factor`, is minimised; `logged` is reported. Both are of `width` outputs of `activation`.
    pub fn new(loss: Loss, logged: Loss, activation: Activation, width: usize, factor: T) -> Self {
        Self {
            loss,
            logged,
            activation,
            width,
            factor,
            of_register: loss.delta_of_register(activation, factor, width),
        }
    }

    /// [`Loss::value`]; as an error where it is not finite.
    #[inline(always)]
    pub fn value(&self, z: &[T], outputs: &[T], targets: &[T]) -> Result<f64, f64> {
        let value = self
            .logged
            .value(self.activation, z, outputs, targets, self.width);
        if value.is_finite() { Ok(value) } else { Err(value) }
    }

    /// The same for a width of 1.
    #[inline(always)]
    pub fn value_of_one_unit(&self, z: &[T], outputs: &[T], targets: &[T]) -> Result<f64, f64> {
        let value = self
            .logged
            .value_of_one_unit(self.activation, z, outputs, targets);
        if value.is_finite() { Ok(value) } else { Err(value) }
    }

    /// [`Loss::delta_on`].
    #[inline(always)]
    pub fn delta_on<I: Isa>(&self, z: &[T], outputs: &[T], targets: &[T], delta: &mut [T]) {
        let (activation, factor, width) = (self.activation, self.factor, self.width);
        self.loss
            .delta_on::<I, T>(activation, z, outputs, targets, factor, delta, width);
    }

    /// Whether there is a [`delta_of_register`](Self::delta_of_register).
    pub fn is_computed_in_registers(&self) -> bool {
        self.of_register.is_some() && self.activation.is_applied_in_registers()
    }

    /// δ of a register of outputs; returns the outputs unchanged where they are not [computed in
    /// registers](Self::is_computed_in_registers).
    #[inline(always)]
    pub fn delta_of_register<V: Vector<T>>(&self, outputs: V, targets: V) -> V {
        match self.of_register {
            Some(of_register) => of_register.apply(outputs, targets),
            None => outputs,
        }
    }
}

/// to ← f(a, y), output by output.
#[inline(always)]
fn each_output<T: Scalar>(a: &[T], y: &[T], to: &mut [T], f: impl Fn(T, T) -> T) {
    for (to, (&a, &y)) in to.iter_mut().zip(a.iter().zip(y)) {
        *to = f(a, y);
    }
}

/// (a − y)·factor.
#[derive(Clone, Copy)]
struct DifferenceTimes<T> {
    factor: T,
}
lane_by_lane!(DifferenceTimes<T>: |self, a, y| a.sub(y).mul(V::splat(self.factor)));

/// (a − y)·factor times the derivative of the activation that gave a.
#[derive(Clone, Copy)]
struct DifferenceTimesDerivative<T> {
    factor: T,
    activation: Activation,
}
lane_by_lane!(DifferenceTimesDerivative<T>: |self, a, y| {
    let Self { factor, activation } = self;
    let mut gradient = [DifferenceTimes { factor }.apply(a, y)];
    activation.times_derivatives(&mut gradient, &[a], 1);
    gradient[0]
});

/// Σ y (ln Σ e^zₖ − z), and ln Σ e^zₖ = z_max − ln a_max, where a_max ≥ 1/width is never tiny.
#[inline(always)]
fn cross_entropy_of_softmax<T: Scalar>(z: &[T], a: &[T], y: &[T]) -> T {
    let largest = (1..z.len()).fold(0, |best, j| if z[j] > z[best] { j } else { best });
    let log_sum = z[largest] - a[largest].ln();
    z.iter()
        .zip(y)
        .map(|(&z, &y)| if y == T::ZERO { T::ZERO } else { y * (log_sum - z) })
        .sum()
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
    T::from_f64(elementary::exp(-x.to_f64())).ln_1p()
}

/// y ln a; 0 for y = 0, for any a.
fn times_ln<T: Scalar>(y: T, a: T) -> T {
    if y == T::ZERO { T::ZERO } else { y * a.ln() }
}

/// y / a; 0 for y = 0, for any a.
fn over<T: Scalar>(y: T, a: T) -> T {
    if y == T::ZERO { T::ZERO } else { y / a }
}

#[cfg(test)]
mod tests;
