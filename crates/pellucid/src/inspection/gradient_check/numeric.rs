//! Numeric derivatives of a loss.
//!
//! The five-point central difference has an error that falls with the fourth power of the step (Abramowitz & Stegun,
//! §25.3.6). Where a kink, as relu has, lies within the step, smaller steps are tried; where it lies within those too, the
//! one-sided differences give the derivatives on its two sides.

use super::TOLERANCE;

/// Steps of the central difference, relative to the parameter where that is above 1.
pub(super) const STEPS: [f64; 3] = [7e-4, 3e-5, 1e-6];
/// The step of one-sided differences, so small that a kink which the central ones cross lies on one side of it.
const SIDE_STEP: f64 = 1e-5;
/// The relative error of one-sided differences.
pub(super) const ONE_SIDED: f64 = 1e-5;
/// The relative change of the derivative from one side to the other that makes a kink: a smooth curve changes it by the
/// step times its curvature.
const KINK: f64 = 1e-3;

/// A loss as a function of one parameter at a time.
pub(super) struct Difference<'a, F> {
    parameters: &'a [f64],
    moved: Vec<f64>,
    loss: F,
    /// The loss at the unchanged parameters.
    value: f64,
}

impl<'a, F: FnMut(&[f64]) -> f64> Difference<'a, F> {
    pub(super) fn new(parameters: &'a [f64], mut loss: F) -> Self {
        Self {
            value: loss(parameters),
            moved: parameters.to_vec(),
            parameters,
            loss,
        }
    }

    fn at(&mut self, index: usize, offset: f64) -> f64 {
        self.moved[index] = self.parameters[index] + offset;
        let loss = (self.loss)(&self.moved);
        self.moved[index] = self.parameters[index];
        loss
    }

    fn step(&self, index: usize, relative: f64) -> f64 {
        relative * self.parameters[index].abs().max(1.0)
    }

    /// The five-point central difference with the step of this number.
    pub(super) fn central(&mut self, index: usize, step: usize) -> f64 {
        let step = self.step(index, STEPS[step]);
        let near = self.at(index, step) - self.at(index, -step);
        let far = self.at(index, 2.0 * step) - self.at(index, -2.0 * step);
        (8.0 * near - far) / (12.0 * step)
    }

    /// The size below which a derivative cannot be distinguished from 0. The absolute error is the same for small and large
    /// entries, because all share the rounding of the loss, a few units of its last place.
    pub(super) fn floor(&self, derivatives: &[f64]) -> f64 {
        let largest = derivatives
            .iter()
            .filter(|v| v.is_finite())
            .fold(0.0f64, |most, v| most.max(v.abs()));
        let rounding = 16.0 * f64::EPSILON * self.value.abs() / STEPS[0];
        (largest * 1e-4).max(rounding / TOLERANCE).max(1e-12)
    }

    /// The lower and the higher derivative of the two sides, by three-point one-sided differences, where there is a kink:
    /// where they differ at a tenth of the step as much as at the step.
    pub(super) fn kink(&mut self, index: usize, floor: f64) -> Option<(f64, f64)> {
        let step = self.step(index, SIDE_STEP);
        let mut sides = |step: f64| {
            let here = self.at(index, 0.0);
            let mut side = |step: f64| {
                let (near, far) = (self.at(index, step), self.at(index, 2.0 * step));
                (4.0 * near - far - 3.0 * here) / (2.0 * step)
            };
            [side(-step), side(step)]
        };
        let ([left, right], [near_left, near_right]) = (sides(step), sides(0.1 * step));
        let size = near_left.abs().max(near_right.abs()).max(floor);
        let (gap, near_gap) = (right - left, near_right - near_left);
        let is_kink = near_gap.abs() > KINK * size && near_gap.abs() > 0.5 * gap.abs();
        is_kink.then(|| (near_left.min(near_right), near_left.max(near_right)))
    }
}
