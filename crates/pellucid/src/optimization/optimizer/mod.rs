//! Moves parameters along their gradient. Optimizers see flat slices and know nothing of layers.

mod settings;

pub use settings::{Optimizer, OptimizerDescriptor, OptimizerSettings};

use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::state::State;
use pellucid_kernels::aligned::Aligned;
use pellucid_kernels::optimizer_step::{Coefficients, OptimizerStep, StepRule};
use pellucid_kernels::simd::elementary;
use std::num::NonZeroUsize;

/// How slowly the momentum of NAdam rises: ψ of Dozat's schedule, with PyTorch's value.
const NADAM_DECAY: f64 = 0.004;

/// What an optimizer remembers of its steps: enough to continue from there, to the bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory<T> {
    /// How many steps it took.
    pub steps: i32,
    /// Its numbers of each parameter, such as moments; nothing where it has none.
    pub slots: [Vec<T>; 3],
    /// NAdam's product of momenta, iRprop⁺'s last losses.
    pub scalars: [f64; 3],
}

/// An optimizer in a training: its settings, and what it remembers of the steps before.
#[derive(Debug, Clone)]
pub struct OptimizerState<T> {
    optimizer: Optimizer,
    settings: OptimizerSettings,
    steps: i32,
    threads: NonZeroUsize,
    slots: [Aligned<T>; 3],
    /// Weight decay is for the first so many parameters.
    decayed: usize,
    /// What weight decay is multiplied by.
    decay_share: f64,
    /// NAdam: the product of the momenta so far.
    momentum_product: f64,
    /// iRprop⁺: the loss at this step and at the one before.
    losses: [f64; 2],
}

impl<T: Scalar> OptimizerState<T> {
    /// An optimizer for `parameter_count` parameters, before its first step.
    pub fn new(optimizer: Optimizer, parameter_count: usize) -> Self {
        let used = optimizer.memory().len();
        let slot = |index: usize| Aligned::zeros(if index < used { parameter_count } else { 0 });
        Self {
            optimizer,
            settings: optimizer.all_settings(),
            steps: 0,
            threads: NonZeroUsize::MIN,
            slots: [slot(0), slot(1), slot(2)],
            decayed: parameter_count,
            decay_share: 1.0,
            momentum_product: 1.0,
            losses: [f64::INFINITY; 2],
        }
    }

    /// The same, with up to `threads` threads where there are parameters enough to gain by them. The numbers do not
    /// depend on it, to the bit.
    #[must_use]
    pub fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = threads;
        self
    }

    /// The same, whose weight decay is for the first `count` parameters alone: the weights, which lie before the biases.
    #[must_use]
    pub fn decaying(mut self, count: usize) -> Self {
        self.decayed = count;
        self
    }

    /// Sets what weight decay is multiplied by in the next steps, 0 to 1.
    pub fn set_decay_share(&mut self, share: f64) {
        self.decay_share = share;
    }

    /// Whether the backward pass may update the parameters itself, storing no gradient.
    #[inline(always)]
    pub fn is_plain_descent(&self) -> bool {
        self.optimizer.is_plain_descent()
    }

    /// What it remembers of each parameter, and what that is called.
    pub fn named_memory(&self) -> impl Iterator<Item = (&'static str, &[T])> {
        let names = self.optimizer.memory();
        names.iter().copied().zip(self.slots.iter().map(|slot| &slot[..]))
    }

    /// How many steps it has taken.
    pub fn steps(&self) -> u64 {
        self.steps.unsigned_abs().into()
    }

    /// The optimizer with its settings.
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer
    }

    /// Whether it needs the loss beside the gradient, by [`set_loss`](Self::set_loss) before each step.
    pub fn needs_loss(&self) -> bool {
        matches!(self.optimizer, Optimizer::IrpropPlus { .. })
    }

    /// Sets the loss at the parameters that the next step starts from. Only iRprop⁺ uses it.
    pub fn set_loss(&mut self, loss: f64) {
        self.losses = [loss, self.losses[0]];
    }

    /// What it remembers: how many steps it took, and its numbers of each parameter, in an order of its own.
    pub fn memory(&self) -> Memory<T> {
        Memory {
            steps: self.steps,
            slots: self.slots.each_ref().map(|slot| slot.to_vec()),
            scalars: [self.momentum_product, self.losses[0], self.losses[1]],
        }
    }

    /// The same optimizer, continuing from what one like it remembered.
    ///
    /// # Errors
    /// [`Error::Shape`] when that was of other parameters or of another optimizer.
    pub fn remembering(mut self, memory: &Memory<T>) -> Result<Self> {
        for (slot, remembered) in self.slots.iter_mut().zip(&memory.slots) {
            if slot.len() != remembered.len() {
                let found = format!("{} numbers", remembered.len());
                let expected = format!("{}, as this network and its optimizer have,", slot.len());
                return Err(Error::shape("what the optimizer remembers", found, expected));
            }
            slot.copy_from_slice(remembered);
        }
        self.steps = memory.steps;
        self.momentum_product = memory.scalars[0];
        self.losses = [memory.scalars[1], memory.scalars[2]];
        Ok(self)
    }

    /// Adds what it remembers to a state.
    pub(crate) fn save(&self, state: &mut State) {
        let Memory {
            steps,
            slots,
            scalars,
        } = self.memory();
        state.put_counts("optimizer/steps", &[u64::from(steps.unsigned_abs())]);
        state.put_numbers("optimizer/scalars", &scalars);
        for (index, slot) in slots.iter().enumerate() {
            state.put_numbers(&format!("optimizer/slot {index}"), slot);
        }
    }

    /// Continues from a state.
    pub(crate) fn load(&mut self, state: &State) -> Result<()> {
        let [steps] = state.count("optimizer/steps")?;
        self.steps = i32::try_from(steps).unwrap_or(i32::MAX);
        let [product, now, before] = state.exactly("optimizer/scalars")?;
        (self.momentum_product, self.losses) = (product, [now, before]);
        for (index, slot) in self.slots.iter_mut().enumerate() {
            state.copy_numbers(&format!("optimizer/slot {index}"), slot)?;
        }
        Ok(())
    }

    /// Moves the parameters one step. `gradient` is laid out as `parameters` are.
    ///
    /// # Panics
    /// When the gradient or the optimizer is for another number of parameters, or the optimizer
    /// [takes no steps](Optimizer::takes_steps).
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T], learning_rate: T) {
        self.next_step(parameters, gradient, learning_rate).take();
    }

    /// The next step, for the update loops: counts it, and works out its coefficients.
    pub(crate) fn next_step<'a>(
        &'a mut self,
        parameters: &'a mut [T],
        gradient: &'a [T],
        learning_rate: T,
    ) -> OptimizerStep<'a, T> {
        assert!(self.optimizer.takes_steps(), "an optimizer that takes steps");
        assert_eq!(parameters.len(), gradient.len(), "a gradient for each parameter");
        if !self.optimizer.memory().is_empty() {
            assert_eq!(
                self.slots[0].len(),
                parameters.len(),
                "an optimizer for these parameters"
            );
        }
        self.steps = self.steps.saturating_add(1);
        let rate = learning_rate.to_f64();
        let weight_decay = self.decay_share * self.settings.weight_decay;
        let decay = (weight_decay > 0.0).then(|| T::from_f64(1.0 - rate * weight_decay));
        let (rule, coefficients) = self.rule(learning_rate);
        OptimizerStep {
            rule,
            coefficients,
            decay,
            decayed: self.decayed,
            parameters,
            slots: self.slots.each_mut().map(|slot| &mut slot[..]),
            gradient,
            threads: self.threads,
        }
    }

    /// The rule of the next step, and its coefficients.
    fn rule(&mut self, learning_rate: T) -> (StepRule, Coefficients<T>) {
        let steps = self.steps;
        let number = T::from_f64;
        let rate = learning_rate.to_f64();
        let of = self.settings;
        let [now, before] = self.losses;
        let mut with = Coefficients {
            rate: learning_rate,
            rate_of_gradient: T::ZERO,
            momentum: number(of.momentum),
            rest: T::ONE,
            ahead: T::ONE,
            nesterov: of.nesterov,
            rho: number(of.rho),
            beta_1: number(of.beta_1),
            rest_1: number(1.0 - of.beta_1),
            beta_2: number(of.beta_2),
            rest_2: number(1.0 - of.beta_2),
            root: T::ONE,
            epsilon: number(of.epsilon),
            increase: number(of.increase),
            decrease: number(of.decrease),
            least: number(of.least_step),
            largest: number(of.largest_step),
            taken_back: number(f64::from(u8::from(now > before))),
        };
        let rule = match self.optimizer {
            // `next_step` refuses L-BFGS.
            Optimizer::Lbfgs { .. } | Optimizer::Sgd { momentum: 0.0, .. } => StepRule::Descent,
            Optimizer::Sgd { .. } => {
                with.rest = number(1.0 - if steps == 1 { 0.0 } else { of.dampening });
                if of.velocity {
                    // With the rate in b instead of before it, b is what is taken from θ.
                    (with.rate, with.rest, with.ahead) = (T::ONE, learning_rate, learning_rate);
                }
                StepRule::Momentum
            }
            Optimizer::Adagrad { .. } => StepRule::Adagrad,
            Optimizer::Rmsprop { .. } => StepRule::RmsProp,
            Optimizer::Adadelta { .. } => StepRule::Adadelta,
            Optimizer::Adam { .. } | Optimizer::Adamw { .. } => {
                (with.rate, with.root) = self.corrected(rate);
                StepRule::Adam
            }
            Optimizer::Amsgrad { .. } => {
                (with.rate, with.root) = self.corrected(rate);
                StepRule::Amsgrad
            }
            Optimizer::Nadam { .. } => {
                let momentum = |t: f64| of.beta_1 * (1.0 - 0.5 * elementary::pow(0.96, t * NADAM_DECAY));
                let (now, next) = (momentum(f64::from(steps)), momentum(f64::from(steps) + 1.0));
                self.momentum_product *= now;
                let product = self.momentum_product;
                (_, with.root) = self.corrected(rate);
                with.rate_of_gradient = number(rate * (1.0 - now) / (1.0 - product));
                with.rate = number(rate * next / (1.0 - product * next));
                StepRule::Nadam
            }
            Optimizer::Radam { .. } => {
                let [correction_1, correction_2] = self.corrections();
                let rectified = rectification(of.beta_2, steps);
                with.rate = number(rate / correction_1 * rectified.map_or(1.0, |r| r * correction_2.sqrt()));
                if rectified.is_none() {
                    // While there is no second moment to divide by, √v has no weight.
                    (with.root, with.epsilon) = (T::ZERO, T::ONE);
                }
                StepRule::Adam
            }
            Optimizer::Adamax { .. } => {
                (with.rate, _) = self.corrected(rate);
                StepRule::Adamax
            }
            Optimizer::Lion { .. } => StepRule::Lion,
            Optimizer::Rprop { .. } | Optimizer::IrpropPlus { .. } => {
                if steps == 1 {
                    self.slots[1].fill(learning_rate);
                }
                if self.needs_loss() {
                    StepRule::RpropPlus
                } else {
                    StepRule::Rprop
                }
            }
        };
        (rule, with)
    }

    /// The rate and the factor of √v with which m̂/(√v̂ + ε) is m/(factor·√v + ε) times the rate: the corrections of m and v
    /// taken out of the loop.
    fn corrected(&self, rate: f64) -> (T, T) {
        let [correction_1, correction_2] = self.corrections();
        if self.settings.epsilon_hat {
            (T::from_f64(rate * correction_2.sqrt() / correction_1), T::ONE)
        } else {
            (
                T::from_f64(rate / correction_1),
                T::from_f64(1.0 / correction_2.sqrt()),
            )
        }
    }

    /// 1 − β₁ᵗ and 1 − β₂ᵗ.
    fn corrections(&self) -> [f64; 2] {
        [self.settings.beta_1, self.settings.beta_2].map(|beta| 1.0 - beta.powi(self.steps))
    }
}

/// The variance rectification of RAdam's step, once there is a variance to speak of: Liu et al., 2020, algorithm 2.
fn rectification(beta_2: f64, step: i32) -> Option<f64> {
    let power = beta_2.powi(step);
    let longest = 2.0 / (1.0 - beta_2) - 1.0;
    let length = longest - 2.0 * f64::from(step) * power / (1.0 - power);
    let ratio = |rho: f64| (rho - 4.0) * (rho - 2.0) / rho;
    (length > 5.0).then(|| (ratio(length) / ratio(longest)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gradient of the same size in each direction, of either sign.
    #[test]
    fn adam_steps_by_the_learning_rate_at_first() {
        let mut adam = OptimizerState::new(Optimizer::ADAM, 2);
        let mut theta = [1.0f64, -2.0];
        adam.step(&mut theta, &[2.0, -4.0], 0.1);
        assert!(
            (theta[0] - 0.9).abs() < 1e-9 && (theta[1] + 1.9).abs() < 1e-9,
            "{theta:?}"
        );
    }

    #[test]
    fn constants_are_what_they_are_called() {
        let names = [Optimizer::SGD, Optimizer::ADAM, Optimizer::LBFGS].map(|optimizer| optimizer.name());
        assert_eq!(names, ["sgd", "adam", "lbfgs"]);
    }

    #[test]
    fn weight_decay_is_for_the_weights_alone() {
        for optimizer in Optimizer::ALL
            .into_iter()
            .filter(|optimizer| optimizer.takes_steps())
        {
            let settings = serde_json::json!({ "name": optimizer.name(), "weight_decay": 0.5 });
            let decaying = serde_json::from_value(settings).unwrap();
            let mut state = OptimizerState::new(decaying, 3).decaying(2);
            let mut theta = [1.0f64, -2.0, 3.0];
            state.step(&mut theta, &[0.0; 3], 0.1);
            assert_eq!(theta, [0.95, -1.9, 3.0], "{}", optimizer.name());
        }
    }
}
