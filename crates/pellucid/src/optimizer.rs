//! Optimizers: how the parameters move along the gradient. They see flat slices and know nothing of layers.

use crate::kernels::aligned::Aligned;
use crate::kernels::isa::{Isa, Task};
use crate::kernels::team;
use crate::kernels::vector::{self, MapThree, Vector};
use crate::scalar::Scalar;
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The rule by which parameters take their step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Plain gradient descent, θ ← θ − η·∂L/∂θ. The backward pass takes this step itself.
    #[default]
    Sgd,
    /// Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8: Kingma & Ba, *Adam: A Method for Stochastic Optimization*,
    /// 2015, algorithm 1.
    Adam,
}

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// An optimizer at work: its rule, and what it remembers of the steps before.
#[derive(Debug, Clone)]
pub struct OptimizerState<T> {
    rule: Optimizer,
    steps: i32,
    threads: NonZeroUsize,
    first_moment: Aligned<T>,
    second_moment: Aligned<T>,
}

impl<T: Scalar> OptimizerState<T> {
    /// An optimizer for `parameter_count` parameters, before its first step.
    pub fn new(rule: Optimizer, parameter_count: usize) -> Self {
        let slots = || match rule {
            Optimizer::Sgd => Aligned::zeros(0),
            Optimizer::Adam => Aligned::zeros(parameter_count),
        };
        Self {
            rule,
            steps: 0,
            threads: NonZeroUsize::MIN,
            first_moment: slots(),
            second_moment: slots(),
        }
    }

    /// The same, with up to `threads` threads where there are parameters enough to gain by them. The numbers do not
    /// depend on it, to the bit.
    #[must_use]
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// Whether the backward pass may update the parameters itself, storing no gradient.
    #[inline(always)]
    pub fn is_plain_descent(&self) -> bool {
        self.rule == Optimizer::Sgd
    }

    /// Moves the parameters one step. `gradient` is laid out as `parameters` are.
    ///
    /// # Panics
    /// When the gradient or the optimizer is for another number of parameters.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T], learning_rate: T) {
        assert_eq!(parameters.len(), gradient.len(), "a gradient for each parameter");
        T::optimizer_step(Step {
            state: self,
            parameters,
            gradient,
            learning_rate,
        });
    }

    #[inline(always)]
    fn step_on<I: Isa>(&mut self, parameters: &mut [T], gradient: &[T], learning_rate: T) {
        match self.rule {
            Optimizer::Sgd => {
                for (parameter, &gradient) in parameters.iter_mut().zip(gradient) {
                    *parameter -= learning_rate * gradient;
                }
            }
            Optimizer::Adam => {
                assert_eq!(
                    self.first_moment.len(),
                    parameters.len(),
                    "an optimizer for these parameters"
                );
                self.steps = self.steps.saturating_add(1);
                let correction_1 = 1.0 - BETA_1.powi(self.steps);
                let correction_2 = 1.0 - BETA_2.powi(self.steps);
                // m̂ / (√v̂ + ε) with the corrections of m and v taken out of the loop.
                let step = AdamStep {
                    beta_1: T::from_f64(BETA_1),
                    rest_1: T::from_f64(1.0 - BETA_1),
                    beta_2: T::from_f64(BETA_2),
                    rest_2: T::from_f64(1.0 - BETA_2),
                    rate: T::from_f64(learning_rate.to_f64() / correction_1),
                    root: T::from_f64(1.0 / correction_2.sqrt()),
                    epsilon: T::from_f64(EPSILON),
                };
                let [first, second] = [&mut self.first_moment[..], &mut self.second_moment[..]];
                AdamPart {
                    step,
                    numbers: [parameters, first, second],
                    gradient,
                }
                .split::<I>(self.threads);
            }
        }
    }
}

/// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − rate·m / (root·√v + ε).
#[derive(Clone, Copy)]
struct AdamStep<T> {
    beta_1: T,
    rest_1: T,
    beta_2: T,
    rest_2: T,
    /// η with the first moment's correction.
    rate: T,
    /// The root of the second moment's correction.
    root: T,
    epsilon: T,
}

impl<T: Scalar> MapThree<T> for AdamStep<T> {
    #[inline(always)]
    fn apply<V: Vector<T>>(self, [parameter, m, v]: [V; 3], g: V) -> [V; 3] {
        // The moments of an input that is hardly ever there decay until they are denormal, and stay so, and every
        // operation on them is a hundred times slower. Against ε they are nothing long before.
        let (least, least_square) = (V::splat(T::NEGLIGIBLE), V::splat(T::NEGLIGIBLE * T::NEGLIGIBLE));
        let g = g.flush_below(least);
        let m = V::splat(self.beta_1)
            .mul_add(m, V::splat(self.rest_1).mul(g))
            .flush_below(least_square);
        let v = V::splat(self.beta_2)
            .mul_add(v, V::splat(self.rest_2).mul(g.mul(g)))
            .flush_below(least_square);
        let root = v
            .root_closely()
            .mul_add(V::splat(self.root), V::splat(self.epsilon));
        [parameter.sub(V::splat(self.rate).mul(m).div_closely(root)), m, v]
    }
}

/// Adam's step on some of the parameters.
struct AdamPart<'a, T> {
    step: AdamStep<T>,
    /// The parameters, their first and their second moments.
    numbers: [&'a mut [T]; 3],
    gradient: &'a [T],
}

/// Parameters below which a second thread costs more than it saves.
const LEAST_PARAMETERS: usize = 32 * 1024;

impl<T: Scalar> AdamPart<'_, T> {
    /// Takes the step on up to `threads` threads. Each parameter's is its own, so the bits do not depend on them.
    #[inline(always)]
    fn split<I: Isa>(self, threads: NonZeroUsize) {
        let length = self.gradient.len();
        if threads.get() < 2 || length < LEAST_PARAMETERS {
            return I::call(self);
        }
        let count = threads.get().min(team::MOST_PARTS);
        let part_length = length.div_ceil(count).next_multiple_of(64);
        let mut parts: [Option<Self>; team::MOST_PARTS] = [const { None }; team::MOST_PARTS];
        let Self {
            step,
            numbers: [parameters, first, second],
            gradient,
        } = self;
        let moving = parameters.chunks_mut(part_length);
        let moments = first.chunks_mut(part_length).zip(second.chunks_mut(part_length));
        let all = moving.zip(moments).zip(gradient.chunks(part_length));
        for (part, ((parameters, (first, second)), gradient)) in parts.iter_mut().zip(all) {
            *part = Some(AdamPart {
                step,
                numbers: [parameters, first, second],
                gradient,
            });
        }
        team::for_each(threads, &mut parts[..count], |part| {
            if let Some(part) = part.take() {
                I::call(part);
            }
        });
    }
}

impl<T: Scalar> Task for AdamPart<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        vector::update_three::<I, T, _>(self.numbers, self.gradient, self.step);
    }
}

/// One step of an optimizer.
pub(crate) struct Step<'a, T> {
    pub(crate) state: &'a mut OptimizerState<T>,
    pub(crate) parameters: &'a mut [T],
    pub(crate) gradient: &'a [T],
    pub(crate) learning_rate: T,
}

impl<T: Scalar> Task for Step<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<I: Isa>(self) {
        self.state
            .step_on::<I>(self.parameters, self.gradient, self.learning_rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `torch.optim.Adam(lr=0.1)` on f(θ) = Σ θ² from (1, −2), PyTorch 2.x in double precision, is the paper's
    /// algorithm; its first step is η·sign(g) up to ε.
    #[test]
    fn adam_steps_by_the_learning_rate_at_first() {
        let mut adam = OptimizerState::new(Optimizer::Adam, 2);
        let mut theta = [1.0f64, -2.0];
        adam.step(&mut theta, &[2.0, -4.0], 0.1);
        assert!(
            (theta[0] - 0.9).abs() < 1e-9 && (theta[1] + 1.9).abs() < 1e-9,
            "{theta:?}"
        );
    }

    #[test]
    fn adam_equals_its_definition_over_many_steps() {
        let mut adam = OptimizerState::new(Optimizer::Adam, 1);
        let (mut theta, mut expected, mut m, mut v) = ([1.5f64], 1.5f64, 0.0, 0.0);
        for t in 1..=50 {
            let g = 2.0 * theta[0] + (f64::from(t) * 0.7).sin();
            adam.step(&mut theta, &[g], 0.05);
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            let (m_hat, v_hat): (f64, f64) = (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)));
            expected -= 0.05 * m_hat / (v_hat.sqrt() + 1e-8);
            assert!((theta[0] - expected).abs() < 1e-12, "step {t}");
        }
    }
}
