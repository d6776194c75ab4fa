//! Losses that are a sum over outputs of a function of one output: their values and derivatives, number by number. They
//! are computed in double precision for networks of either precision, because their cost is negligible next to a
//! layer's products.

use super::{Loss, each_output, over};
use crate::simd::scalar::Scalar;

impl Loss {
    /// The loss of one output a with target y, for the losses of this module.
    pub(super) fn value_of_output(self, a: f64, y: f64) -> f64 {
        let d = a - y;
        match self {
            Loss::AbsoluteError => d.abs(),
            Loss::Huber { delta } if d.abs() <= delta => 0.5 * d * d,
            Loss::Huber { delta } => delta * (d.abs() - 0.5 * delta),
            // ln cosh d = |d| + ln(1 + e^−2|d|) − ln 2; near 0, where that cancels, by its series.
            Loss::LogCosh if d.abs() < 1e-2 => {
                let square = d * d;
                square * (0.5 - square * (1.0 / 12.0 - square / 45.0))
            }
            Loss::LogCosh => d.abs() + libm::log1p(libm::exp(-2.0 * d.abs())) - std::f64::consts::LN_2,
            Loss::PoissonDeviance => 2.0 * (log_ratio(y, a) + d),
            Loss::HalfPoissonDeviance => log_ratio(y, a) + d,
            Loss::Quantile { quantile } => (quantile * -d).max((1.0 - quantile) * d),
            Loss::Hinge => margin(a, y).max(0.0),
            Loss::KullbackLeibler => log_ratio(y, a),
            Loss::SquaredError
            | Loss::HalfSquaredError
            | Loss::HalfMeanSquaredError
            | Loss::BinaryCrossEntropy
            | Loss::CategoricalCrossEntropy
            | Loss::Custom(_) => f64::NAN,
        }
    }

    /// Its derivative ∂/∂a. At a kink, where it does not exist, it counts as 0, or as the derivative of the side where
    /// the loss is 0.
    pub(super) fn derivative_of_output(self, a: f64, y: f64) -> f64 {
        let d = a - y;
        match self {
            Loss::AbsoluteError => sign(d),
            Loss::Huber { delta } => d.clamp(-delta, delta),
            Loss::LogCosh => libm::tanh(d),
            Loss::PoissonDeviance => 2.0 * (1.0 - over(y, a)),
            Loss::HalfPoissonDeviance => 1.0 - over(y, a),
            Loss::Quantile { quantile } if d < 0.0 => -quantile,
            Loss::Quantile { quantile } => (1.0 - quantile) * sign(d),
            Loss::Hinge if margin(a, y) > 0.0 => 1.0 - 2.0 * y,
            Loss::Hinge => 0.0,
            Loss::KullbackLeibler => -over(y, a),
            Loss::SquaredError
            | Loss::HalfSquaredError
            | Loss::HalfMeanSquaredError
            | Loss::BinaryCrossEntropy
            | Loss::CategoricalCrossEntropy
            | Loss::Custom(_) => f64::NAN,
        }
    }

    /// [`Loss::value_of_output`], summed.
    #[inline(never)]
    pub(super) fn value_of_outputs<T: Scalar>(self, a: &[T], y: &[T]) -> T {
        let pairs = a.iter().zip(y);
        T::from_f64(
            pairs
                .map(|(a, y)| self.value_of_output(a.to_f64(), y.to_f64()))
                .sum(),
        )
    }

    /// The Poisson deviance of outputs e^z, with `factor` 1 for half of it and 2 for all of it. It uses z, which is
    /// still finite where e^z has overflowed or underflowed.
    #[inline(never)]
    pub(super) fn poisson_of_exponential<T: Scalar>(z: &[T], a: &[T], y: &[T], factor: f64) -> T {
        let of = |z: f64, a: f64, y: f64| factor * (log_ratio(y, 1.0) - y * z - y + a);
        let rows = z.iter().zip(a).zip(y);
        T::from_f64(
            rows.map(|((z, a), y)| of(z.to_f64(), a.to_f64(), y.to_f64()))
                .sum(),
        )
    }

    /// [`Loss::derivative_of_output`] of each output, times `factor`.
    #[inline(never)]
    pub(super) fn derivatives_of_outputs<T: Scalar>(self, a: &[T], y: &[T], factor: T, gradient: &mut [T]) {
        each_output(a, y, gradient, |a, y| {
            T::from_f64(self.derivative_of_output(a.to_f64(), y.to_f64())) * factor
        });
    }
}

/// 1 − s·a, where s is −1 for a target of 0 and 1 for a target of 1.
fn margin(a: f64, y: f64) -> f64 {
    1.0 - (2.0 * y - 1.0) * a
}

/// −1, 0 or 1; a NaN stays.
fn sign(d: f64) -> f64 {
    if d == 0.0 { 0.0 } else { d.signum() }
}

/// y ln(y/a); 0 for y = 0, for any a.
pub(super) fn log_ratio(y: f64, a: f64) -> f64 {
    if y == 0.0 { 0.0 } else { y * libm::log(y / a) }
}
