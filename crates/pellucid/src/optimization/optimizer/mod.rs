//! Optimizers: how the parameters move along the gradient. They see flat slices and know nothing of layers.

mod settings;

pub use settings::Rule;

use crate::error::{Error, Result};
use crate::scalar::Scalar;
use pellucid_kernels::aligned::Aligned;
use pellucid_kernels::optimizer_step::{
    Adadelta, Adagrad, Adam, Adamax, Amsgrad, Lion, Moments, Momentum, Nadam, OptimizerStep, RmsProp, Rprop,
    StepRule,
};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The rule by which parameters take their step. g is the gradient, η the learning rate, θ the parameters; the settings
/// of each, and what they are unless set, are in [`Rule`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Gradient descent, θ ← θ − η·g. Without momentum the backward pass takes this step itself. With it: Polyak, *Some
    /// Methods of Speeding Up the Convergence of Iteration Methods*, 1964; looking ahead: Nesterov, *A Method for
    /// Solving the Convex Programming Problem with Convergence Rate O(1/k²)*, 1983, as Sutskever et al., *On the
    /// Importance of Initialization and Momentum in Deep Learning*, 2013, write it.
    #[default]
    Sgd,
    /// Duchi, Hazan & Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic Optimization*, 2011.
    Adagrad,
    /// Tieleman & Hinton, *Neural Networks for Machine Learning*, lecture 6.5, 2012.
    Rmsprop,
    /// Zeiler, *ADADELTA: An Adaptive Learning Rate Method*, 2012.
    Adadelta,
    /// Kingma & Ba, *Adam: A Method for Stochastic Optimization*, 2015, algorithm 1.
    Adam,
    /// Adam with decoupled weight decay: Loshchilov & Hutter, *Decoupled Weight Decay Regularization*, 2019.
    Adamw,
    /// Adam whose second moment never falls: Reddi, Kale & Kumar, *On the Convergence of Adam and Beyond*, 2018.
    Amsgrad,
    /// Adam that looks ahead: Dozat, *Incorporating Nesterov Momentum into Adam*, 2016.
    Nadam,
    /// Adam that waits until its second moment is worth something: Liu et al., *On the Variance of the Adaptive
    /// Learning Rate and Beyond*, 2020.
    Radam,
    /// Adam by the largest slope instead of the second moment: Kingma & Ba, 2015, algorithm 2.
    Adamax,
    /// Steps of the same length for every parameter: Chen et al., *Symbolic Discovery of Optimization Algorithms*, 2023.
    Lion,
    /// Steps that grow while a slope keeps its sign, for full batches: Riedmiller & Braun, *A Direct Adaptive Method for
    /// Faster Backpropagation Learning: The RPROP Algorithm*, 1993, in the form iRprop⁻ of Igel & Hüsken, *Improving the
    /// Rprop Learning Algorithm*, 2000. The learning rate is the first step's length.
    Rprop,
    /// iRprop⁺ of the same: a step across a minimum is taken back if the loss has risen by it.
    IrpropPlus,
    /// L-BFGS with a line search, on all samples at once. It takes no steps of its own: [`minimize`](crate::optimization::lbfgs::minimize)
    /// says what it does.
    Lbfgs,
}

impl Optimizer {
    /// Every optimizer there is.
    pub const ALL: [Optimizer; 14] = [
        Optimizer::Sgd,
        Optimizer::Adagrad,
        Optimizer::Rmsprop,
        Optimizer::Adadelta,
        Optimizer::Adam,
        Optimizer::Adamw,
        Optimizer::Amsgrad,
        Optimizer::Nadam,
        Optimizer::Radam,
        Optimizer::Adamax,
        Optimizer::Lion,
        Optimizer::Rprop,
        Optimizer::IrpropPlus,
        Optimizer::Lbfgs,
    ];

    /// Whether it goes step by step, each with a learning rate: all but L-BFGS, which minimises the loss of all samples.
    pub fn takes_steps(self) -> bool {
        self != Optimizer::Lbfgs
    }

    /// The name in recipes.
    pub fn name(self) -> &'static str {
        match self {
            Optimizer::Sgd => "sgd",
            Optimizer::Adagrad => "adagrad",
            Optimizer::Rmsprop => "rmsprop",
            Optimizer::Adadelta => "adadelta",
            Optimizer::Adam => "adam",
            Optimizer::Adamw => "adamw",
            Optimizer::Amsgrad => "amsgrad",
            Optimizer::Nadam => "nadam",
            Optimizer::Radam => "radam",
            Optimizer::Adamax => "adamax",
            Optimizer::Lion => "lion",
            Optimizer::Rprop => "rprop",
            Optimizer::IrpropPlus => "irprop_plus",
            Optimizer::Lbfgs => "lbfgs",
        }
    }

    /// The name as people write it.
    pub fn title(self) -> &'static str {
        match self {
            Optimizer::Sgd => "gradient descent",
            Optimizer::Adagrad => "AdaGrad",
            Optimizer::Rmsprop => "RMSProp",
            Optimizer::Adadelta => "AdaDelta",
            Optimizer::Adam => "Adam",
            Optimizer::Adamw => "AdamW",
            Optimizer::Amsgrad => "AMSGrad",
            Optimizer::Nadam => "NAdam",
            Optimizer::Radam => "RAdam",
            Optimizer::Adamax => "Adamax",
            Optimizer::Lion => "Lion",
            Optimizer::Rprop => "Rprop",
            Optimizer::IrpropPlus => "iRprop+",
            Optimizer::Lbfgs => "L-BFGS",
        }
    }

    /// A learning rate to begin with, where nothing is known: those of PyTorch and the papers, and for gradient descent
    /// what standardised inputs bear. L-BFGS has none: 0.
    pub fn usual_learning_rate(self) -> f64 {
        match self {
            Optimizer::Adadelta => 1.0,
            Optimizer::Sgd
            | Optimizer::Adagrad
            | Optimizer::Rmsprop
            | Optimizer::Rprop
            | Optimizer::IrpropPlus => 0.01,
            Optimizer::Nadam | Optimizer::Adamax => 2e-3,
            Optimizer::Adam | Optimizer::Adamw | Optimizer::Amsgrad | Optimizer::Radam => 1e-3,
            Optimizer::Lion => 1e-4,
            Optimizer::Lbfgs => 0.0,
        }
    }

    /// What the numbers are called that it remembers of each parameter, as the formulas in [`Rule`] have them.
    fn memory(self, momentum: f64) -> &'static [&'static str] {
        match self {
            Optimizer::Sgd if momentum > 0.0 => &["b"],
            Optimizer::Sgd | Optimizer::Lbfgs => &[],
            Optimizer::Adagrad => &["s"],
            Optimizer::Lion => &["m"],
            Optimizer::Rmsprop => &["v", "b"],
            Optimizer::Adadelta => &["v", "u"],
            Optimizer::Adam | Optimizer::Adamw | Optimizer::Nadam | Optimizer::Radam => &["m", "v"],
            Optimizer::Adamax => &["m", "u"],
            Optimizer::Rprop => &["g", "Δ"],
            Optimizer::Amsgrad => &["m", "v", "v̂"],
            Optimizer::IrpropPlus => &["g", "Δ", "Δθ"],
        }
    }

    /// How many numbers it remembers of each parameter.
    fn slots(self, momentum: f64) -> usize {
        self.memory(momentum).len()
    }
}

/// How slowly NAdam's momentum rises: the ψ of Dozat's schedule, as PyTorch has it.
const NADAM_DECAY: f64 = 0.004;

/// What an optimizer remembers of its steps: enough to go on from there, to the bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory<T> {
    /// How many steps it took.
    pub steps: i32,
    /// Its numbers of each parameter, such as moments; nothing where it has none.
    pub slots: [Vec<T>; 3],
    /// NAdam's product of momenta, iRprop⁺'s last losses.
    pub scalars: [f64; 3],
}

/// An optimizer at work: its rule, and what it remembers of the steps before.
#[derive(Debug, Clone)]
pub struct OptimizerState<T> {
    rule: Rule,
    steps: i32,
    threads: NonZeroUsize,
    slots: [Aligned<T>; 3],
    /// How many parameters, from the first on, weight decay is for.
    decayed: usize,
    /// NAdam: the product of the momenta so far.
    momentum_product: f64,
    /// iRprop⁺: the loss at this step and at the one before.
    losses: [f64; 2],
}

impl<T: Scalar> OptimizerState<T> {
    /// An optimizer for `parameter_count` parameters, before its first step.
    pub fn new(rule: impl Into<Rule>, parameter_count: usize) -> Self {
        let rule = rule.into();
        let used = rule.optimizer.slots(rule.momentum);
        let slot = |index: usize| Aligned::zeros(if index < used { parameter_count } else { 0 });
        Self {
            rule,
            steps: 0,
            threads: NonZeroUsize::MIN,
            slots: [slot(0), slot(1), slot(2)],
            decayed: parameter_count,
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

    /// Whether the backward pass may update the parameters itself, storing no gradient.
    #[inline(always)]
    pub fn is_plain_descent(&self) -> bool {
        self.rule.is_plain_descent()
    }

    /// What it remembers of each parameter, and what that is called.
    pub fn named_memory(&self) -> impl Iterator<Item = (&'static str, &[T])> {
        let names = self.rule.optimizer.memory(self.rule.momentum);
        names.iter().copied().zip(self.slots.iter().map(|slot| &slot[..]))
    }

    /// How many steps it has taken.
    pub fn steps(&self) -> u64 {
        self.steps.unsigned_abs().into()
    }

    /// Its settings.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// Whether it goes by the loss, beside the gradient: it is to be [told](Self::tell_loss) of it before each step.
    pub fn wants_loss(&self) -> bool {
        self.rule.optimizer == Optimizer::IrpropPlus
    }

    /// Says what the loss is at the parameters that the next step starts from. Only iRprop⁺ listens.
    pub fn tell_loss(&mut self, loss: f64) {
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

    /// The same rule going on from what one like it remembered.
    ///
    /// # Errors
    /// [`Error::Shape`] when that was of other parameters or of another rule.
    pub fn remembering(mut self, memory: &Memory<T>) -> Result<Self> {
        for (slot, remembered) in self.slots.iter_mut().zip(&memory.slots) {
            if slot.len() != remembered.len() {
                return Err(Error::Shape {
                    what: "what the optimizer remembers".into(),
                    found: format!("{} numbers", remembered.len()),
                    expected: format!("{}, as this network and its rule have,", slot.len()),
                    hint: String::new(),
                });
            }
            slot.copy_from_slice(remembered);
        }
        self.steps = memory.steps;
        self.momentum_product = memory.scalars[0];
        self.losses = [memory.scalars[1], memory.scalars[2]];
        Ok(self)
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
        assert!(self.rule.optimizer.takes_steps(), "an optimizer that takes steps");
        assert_eq!(parameters.len(), gradient.len(), "a gradient for each parameter");
        let rule = self.rule;
        if rule.optimizer.slots(rule.momentum) > 0 {
            assert_eq!(
                self.slots[0].len(),
                parameters.len(),
                "an optimizer for these parameters"
            );
        }
        self.steps = self.steps.saturating_add(1);
        let steps = self.steps;
        let number = T::from_f64;
        let rate = learning_rate.to_f64();
        let decay = (rule.weight_decay > 0.0).then(|| number(1.0 - rate * rule.weight_decay));
        let correction_1 = 1.0 - rule.beta_1.powi(steps);
        let correction_2 = 1.0 - rule.beta_2.powi(steps);
        let epsilon = number(rule.epsilon);
        let rho = number(rule.rho);
        let moments = Moments {
            beta_1: number(rule.beta_1),
            rest_1: number(1.0 - rule.beta_1),
            beta_2: number(rule.beta_2),
            rest_2: number(1.0 - rule.beta_2),
        };
        // m̂ / (√v̂ + ε) with the corrections of m and v taken out of the loop.
        let adam = if rule.epsilon_hat {
            Adam {
                moments,
                rate: number(rate * correction_2.sqrt() / correction_1),
                root: T::ONE,
                epsilon,
            }
        } else {
            Adam {
                moments,
                rate: number(rate / correction_1),
                root: number(1.0 / correction_2.sqrt()),
                epsilon,
            }
        };
        let rule = match rule.optimizer {
            // `takes_steps` excludes L-BFGS.
            Optimizer::Lbfgs => StepRule::Descent { rate: learning_rate },
            Optimizer::Sgd if rule.momentum == 0.0 => StepRule::Descent { rate: learning_rate },
            Optimizer::Sgd => {
                let dampening = if steps == 1 { 0.0 } else { rule.dampening };
                // With the rate in b instead of before it, b is what is taken from θ.
                let (rate, rest) = if rule.velocity {
                    (T::ONE, learning_rate)
                } else {
                    (learning_rate, number(1.0 - dampening))
                };
                StepRule::Momentum(Momentum {
                    rate,
                    momentum: number(rule.momentum),
                    rest,
                    ahead: if rule.velocity { learning_rate } else { T::ONE },
                    nesterov: rule.nesterov,
                })
            }
            Optimizer::Adagrad => StepRule::Adagrad(Adagrad {
                rate: learning_rate,
                epsilon,
            }),
            Optimizer::Rmsprop => StepRule::RmsProp(RmsProp {
                rate: learning_rate,
                rho,
                epsilon,
                momentum: number(rule.momentum),
            }),
            Optimizer::Adadelta => StepRule::Adadelta(Adadelta {
                rate: learning_rate,
                rho,
                epsilon,
            }),
            Optimizer::Adam | Optimizer::Adamw => StepRule::Adam(adam),
            Optimizer::Amsgrad => StepRule::Amsgrad(Amsgrad(adam)),
            Optimizer::Nadam => {
                let momentum = |t: f64| rule.beta_1 * (1.0 - 0.5 * 0.96f64.powf(t * NADAM_DECAY));
                let (now, next) = (momentum(f64::from(steps)), momentum(f64::from(steps) + 1.0));
                self.momentum_product *= now;
                let product = self.momentum_product;
                StepRule::Nadam(Nadam {
                    moments,
                    rate_of_gradient: number(rate * (1.0 - now) / (1.0 - product)),
                    rate_of_moment: number(rate * next / (1.0 - product * next)),
                    root: adam.root,
                    epsilon,
                })
            }
            Optimizer::Radam => {
                let rectified = rectification(rule.beta_2, steps);
                StepRule::Adam(Adam {
                    rate: number(rate / correction_1 * rectified.map_or(1.0, |r| r * correction_2.sqrt())),
                    // Without a second moment to go by, √v counts for nothing.
                    root: if rectified.is_some() { T::ONE } else { T::ZERO },
                    epsilon: if rectified.is_some() { epsilon } else { T::ONE },
                    ..adam
                })
            }
            Optimizer::Adamax => StepRule::Adamax(Adamax {
                moments,
                rate: adam.rate,
                epsilon,
            }),
            Optimizer::Lion => StepRule::Lion(Lion {
                moments,
                rate: learning_rate,
            }),
            Optimizer::Rprop | Optimizer::IrpropPlus => {
                if steps == 1 {
                    self.slots[1].fill(learning_rate);
                }
                let [now, before] = self.losses;
                let rprop = Rprop {
                    increase: number(rule.increase),
                    decrease: number(rule.decrease),
                    least: number(rule.least_step),
                    largest: number(rule.largest_step),
                    taken_back: number(f64::from(u8::from(now > before))),
                };
                if rule.optimizer == Optimizer::Rprop {
                    StepRule::Rprop(rprop)
                } else {
                    StepRule::RpropPlus(rprop)
                }
            }
        };
        OptimizerStep {
            rule,
            decay,
            decayed: self.decayed,
            parameters,
            slots: self.slots.each_mut().map(|slot| &mut slot[..]),
            gradient,
            threads: self.threads,
        }
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
        let mut adam = OptimizerState::new(Optimizer::Adam, 2);
        let mut theta = [1.0f64, -2.0];
        adam.step(&mut theta, &[2.0, -4.0], 0.1);
        assert!(
            (theta[0] - 0.9).abs() < 1e-9 && (theta[1] + 1.9).abs() < 1e-9,
            "{theta:?}"
        );
    }

    #[test]
    fn names_are_those_of_recipes() {
        for optimizer in Optimizer::ALL {
            let written = serde_json::to_string(&optimizer).unwrap();
            assert_eq!(written, format!("\"{}\"", optimizer.name()));
        }
    }

    #[test]
    fn weight_decay_is_for_the_weights_alone() {
        for optimizer in Optimizer::ALL
            .into_iter()
            .filter(|optimizer| optimizer.takes_steps())
        {
            let mut rule = Rule::from(optimizer);
            rule.weight_decay = 0.5;
            let mut state = OptimizerState::new(rule, 3).decaying(2);
            let mut theta = [1.0f64, -2.0, 3.0];
            state.step(&mut theta, &[0.0; 3], 0.1);
            assert_eq!(theta, [0.95, -1.9, 3.0], "{}", optimizer.name());
        }
    }
}
