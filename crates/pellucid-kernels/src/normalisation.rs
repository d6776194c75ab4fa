//! Batch and layer normalisation of pre-activations, between z = x·W + b and the activation: x̂ = (z − μ)/√(σ² + ε),
//! and the activation receives γ·x̂ + β, with a learnt gain γ and shift β for each unit.
//!
//! Batch normalisation takes μ and σ² of each unit over the rows of the batch, and for predictions their running means
//! (Ioffe & Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift*,
//! 2015). Layer normalisation takes them of each row over the units of the layer, in training and in prediction (Ba,
//! Kiros & Hinton, *Layer Normalization*, 2016). Both compute what PyTorch's `BatchNorm1d` and `LayerNorm` compute.

use crate::choice;
use crate::descriptor::{Descriptor, Range, Setting};
use crate::simd::scalar::Scalar;
use crate::simd::{Isa, Task};

choice! {
    /// How the pre-activations of a layer are normalised. The settings are by default those of PyTorch.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Normalisation: Descriptor, key "network.normalisation", tag "name", unnamed None, alone true {
        /// Each unit's over the rows of a batch.
        Batch { momentum, epsilon } => Descriptor::new("batch", "batch normalisation")
            .formula(
                "γ·(z − μ)/√(σ² + ε) + β, μ and σ² of each unit over the rows of a step; in predictions the running \
                        ones, to which each step adds its own by `momentum`",
                NORMALISED,
            )
            .paper("Ioffe & Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate \
                    Shift, 2015"),
        /// Each row's over the units of the layer.
        Layer { epsilon } => Descriptor::new("layer", "layer normalisation")
            .formula("γ·(z − μ)/√(σ² + ε) + β, μ and σ² of each row over the units of the layer", NORMALISED)
            .paper("Ba, Kiros & Hinton, Layer Normalization, 2016"),
    }
    settings {
        momentum: f64 = 0.1, Setting::number(
            Range::FRACTION,
            "the weight of a batch's mean and variance in the running ones: μ ← (1 − momentum)·μ + momentum·μ of the batch",
        );
        epsilon: f64 = 1e-5, Setting::number(Range::POSITIVE, "ε: keeps the quotient finite");
    }
}

const NORMALISED: &str = r"\gamma \cdot \frac{z - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta";

impl Normalisation {
    /// Batch normalisation with PyTorch's settings: momentum 0.1, ε = 1e-5.
    pub const BATCH: Self = Self::ALL[0];
    /// Layer normalisation with PyTorch's setting: ε = 1e-5.
    pub const LAYER: Self = Self::ALL[1];

    /// Whether it keeps running means and variances, for predictions.
    pub fn keeps_statistics(self) -> bool {
        matches!(self, Self::Batch { .. })
    }
}

/// The state that a normalised layer keeps from a forward pass for the backward pass.
#[derive(Debug, Clone)]
pub struct Normalised<T> {
    kind: Normalisation,
    width: usize,
    rows: usize,
    /// Whether mean and variance are those of this batch; otherwise they are the running ones, which do not depend on
    /// it.
    of_batch: bool,
    /// x̂, (rows, width).
    x_hat: Vec<T>,
    /// One mean for each unit (batch normalisation) or for each row (layer normalisation).
    means: Vec<f64>,
    variances: Vec<f64>,
    /// 1/√(σ² + ε).
    inverses: Vec<f64>,
    /// ∂L/∂γ of each unit, then ∂L/∂β of each unit: the order of gain and shift in the parameters.
    derivatives: Vec<f64>,
}

impl<T: Scalar> Normalised<T> {
    /// The state for up to `capacity` rows of a layer of `width` units.
    pub fn new(kind: Normalisation, width: usize, capacity: usize) -> Self {
        let groups = match kind {
            Normalisation::Batch { .. } => width,
            Normalisation::Layer { .. } => capacity,
        };
        Self {
            kind,
            width,
            rows: 0,
            of_batch: true,
            x_hat: vec![T::ZERO; width * capacity],
            means: vec![0.0; groups],
            variances: vec![0.0; groups],
            inverses: vec![0.0; groups],
            derivatives: vec![0.0; 2 * width],
        }
    }

    /// Turns z, (rows, width), into γ·x̂ + β in place. `running` are running means, then running variances, in place of
    /// those of the batch.
    #[inline(always)]
    pub fn normalise(&mut self, z: &mut [T], gain: &[T], shift: &[T], running: Option<&[T]>) {
        let width = self.width;
        self.rows = z.len() / width;
        self.of_batch = running.is_none();
        match self.kind {
            Normalisation::Batch { epsilon, .. } => {
                match running {
                    Some(running) => {
                        let (means, variances) = running.split_at(width);
                        for j in 0..width {
                            self.means[j] = means[j].to_f64();
                            self.variances[j] = variances[j].to_f64();
                        }
                    }
                    None => self.moments_of_units(z),
                }
                for (inverse, variance) in self.inverses.iter_mut().zip(&self.variances) {
                    *inverse = 1.0 / (variance + epsilon).sqrt();
                }
            }
            Normalisation::Layer { epsilon } => self.moments_of_rows(z, epsilon),
        }
        let (gain, shift) = (&gain[..width], &shift[..width]);
        let rows = z.chunks_exact_mut(width).zip(self.x_hat.chunks_exact_mut(width));
        match self.kind {
            Normalisation::Batch { .. } => {
                let (means, inverses) = (&self.means[..width], &self.inverses[..width]);
                for (z, x_hat) in rows {
                    for j in 0..width {
                        let normal = (z[j].to_f64() - means[j]) * inverses[j];
                        x_hat[j] = T::from_f64(normal);
                        z[j] = T::from_f64(gain[j].to_f64() * normal + shift[j].to_f64());
                    }
                }
            }
            Normalisation::Layer { .. } => {
                let moments = self.means.iter().zip(&self.inverses);
                for ((z, x_hat), (mean, inverse)) in rows.zip(moments) {
                    for j in 0..width {
                        let normal = (z[j].to_f64() - mean) * inverse;
                        x_hat[j] = T::from_f64(normal);
                        z[j] = T::from_f64(gain[j].to_f64() * normal + shift[j].to_f64());
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn moments_of_units(&mut self, z: &[T]) {
        let (width, count) = (self.width, self.rows as f64);
        self.means.fill(0.0);
        for z in z.chunks_exact(width) {
            for (mean, z) in self.means.iter_mut().zip(z) {
                *mean += z.to_f64();
            }
        }
        self.means.iter_mut().for_each(|mean| *mean /= count);
        self.variances.fill(0.0);
        for z in z.chunks_exact(width) {
            for ((variance, mean), z) in self.variances.iter_mut().zip(&self.means).zip(z) {
                let d = z.to_f64() - mean;
                *variance += d * d;
            }
        }
        self.variances.iter_mut().for_each(|variance| *variance /= count);
    }

    #[inline(always)]
    fn moments_of_rows(&mut self, z: &[T], epsilon: f64) {
        let count = self.width as f64;
        for (row, z) in z.chunks_exact(self.width).enumerate() {
            let mut mean = 0.0;
            for z in z {
                mean += z.to_f64();
            }
            mean /= count;
            let mut variance = 0.0;
            for z in z {
                let d = z.to_f64() - mean;
                variance += d * d;
            }
            variance /= count;
            self.means[row] = mean;
            self.inverses[row] = 1.0 / (variance + epsilon).sqrt();
        }
    }

    /// Computes ∂L/∂γ and ∂L/∂β, and turns `delta` from ∂L/∂(γ·x̂ + β) into ∂L/∂z. Ioffe & Szegedy, 2015, section 3.
    #[inline(always)]
    fn backpropagate(&mut self, gain: &[T], delta: &mut [T]) {
        let width = self.width;
        let (gain_derivatives, shift_derivatives) = self.derivatives.split_at_mut(width);
        gain_derivatives.fill(0.0);
        shift_derivatives.fill(0.0);
        for (delta, x_hat) in delta.chunks_exact(width).zip(self.x_hat.chunks_exact(width)) {
            for j in 0..width {
                gain_derivatives[j] += delta[j].to_f64() * x_hat[j].to_f64();
                shift_derivatives[j] += delta[j].to_f64();
            }
        }
        let rows = delta.chunks_exact_mut(width).zip(self.x_hat.chunks_exact(width));
        match self.kind {
            Normalisation::Batch { .. } => {
                // Running moments do not depend on z, so they contribute nothing to ∂L/∂z.
                let share = if self.of_batch {
                    1.0 / self.rows as f64
                } else {
                    0.0
                };
                for (delta, x_hat) in rows {
                    for j in 0..width {
                        let through =
                            (shift_derivatives[j] + x_hat[j].to_f64() * gain_derivatives[j]) * share;
                        let derivative = gain[j].to_f64() * self.inverses[j] * (delta[j].to_f64() - through);
                        delta[j] = T::from_f64(derivative);
                    }
                }
            }
            Normalisation::Layer { .. } => {
                let share = 1.0 / width as f64;
                for (row, (delta, x_hat)) in rows.enumerate() {
                    let (mut sum, mut along) = (0.0, 0.0);
                    for j in 0..width {
                        let derivative = delta[j].to_f64() * gain[j].to_f64();
                        sum += derivative;
                        along += derivative * x_hat[j].to_f64();
                    }
                    for j in 0..width {
                        let through = (sum + x_hat[j].to_f64() * along) * share;
                        let derivative = delta[j].to_f64() * gain[j].to_f64() - through;
                        delta[j] = T::from_f64(self.inverses[row] * derivative);
                    }
                }
            }
        }
    }

    /// ∂L/∂γ and ∂L/∂β of the last backward pass, in the order of gain and shift in the parameters.
    pub fn derivatives(&self) -> &[f64] {
        &self.derivatives
    }

    /// The normalisation.
    pub fn kind(&self) -> Normalisation {
        self.kind
    }

    /// x̂ of the last forward pass, (rows, width), with the means and 1/√(σ² + ε): one each for each unit (batch
    /// normalisation) or for each row (layer normalisation).
    pub fn last(&self) -> (&[T], &[f64], &[f64]) {
        let groups = match self.kind {
            Normalisation::Batch { .. } => self.width,
            Normalisation::Layer { .. } => self.rows,
        };
        (
            &self.x_hat[..self.rows * self.width],
            &self.means[..groups],
            &self.inverses[..groups],
        )
    }

    /// Moves running means and variances, stored one after the other, towards those of the batch. The variance is the
    /// sample variance, with divisor rows − 1. A batch of a single row has none and changes nothing.
    pub fn update_running(&self, running: &mut [T]) {
        let Normalisation::Batch { momentum, .. } = self.kind else {
            return;
        };
        if self.rows < 2 || !self.of_batch {
            return;
        }
        let rows = self.rows as f64;
        let (means, variances) = running.split_at_mut(self.width);
        let blend = |from: T, to: f64| T::from_f64((1.0 - momentum) * from.to_f64() + momentum * to);
        for (running, &mean) in means.iter_mut().zip(&self.means) {
            *running = blend(*running, mean);
        }
        for (running, &variance) in variances.iter_mut().zip(&self.variances) {
            *running = blend(*running, variance * rows / (rows - 1.0));
        }
    }
}

/// Backward pass: ∂L/∂(γ·x̂ + β), (rows, width), becomes ∂L/∂z in place.
pub struct Backward<'a, T> {
    /// The state of the normalisation.
    pub normalised: &'a mut Normalised<T>,
    /// The gain γ, (width).
    pub gain: &'a [T],
    /// δ = ∂L/∂z, (rows, fan_out).
    pub delta: &'a mut [T],
}

impl<T: Scalar> Task for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.normalised.backpropagate(self.gain, self.delta);
    }
}
