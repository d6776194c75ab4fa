//! An optimizer's settings: what a recipe says of them, and what they are where it says nothing.

use super::Optimizer;
use crate::error::{Error, Result};
use crate::optimization::lbfgs::Lbfgs;
use crate::recipe::OptimizerRecipe;

/// An optimizer with all of its settings. Those it does not use are 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Which.
    pub optimizer: Optimizer,
    /// μ of gradient descent and RMSProp: how much of the step before is in this one.
    pub momentum: f64,
    /// What of the gradient does not enter the momentum: 0 for all of it.
    pub dampening: f64,
    /// Whether the momentum looks ahead.
    pub nesterov: bool,
    /// Whether each gradient stays in the momentum with the learning rate it came with, v ← μv − η·g, θ ← θ + v, as
    /// Sutskever et al., 2013, and scikit-learn have it. It makes a difference where the rate changes.
    pub velocity: bool,
    /// β₁, how slowly the first moment follows the gradient.
    pub beta_1: f64,
    /// β₂, how slowly the second moment follows its square.
    pub beta_2: f64,
    /// ρ, how slowly RMSProp's and AdaDelta's mean square follows.
    pub rho: f64,
    /// ε, which keeps a quotient finite.
    pub epsilon: f64,
    /// Whether Adam's ε is added to √v before v is corrected: the ε̂ of Kingma & Ba, section 2, which scikit-learn has.
    pub epsilon_hat: bool,
    /// λ of the decoupled decay θ ← (1 − ηλ)·θ before the step, of weights alone.
    pub weight_decay: f64,
    /// What Rprop multiplies a step with whose slope has kept its sign.
    pub increase: f64,
    /// And one whose slope has changed it.
    pub decrease: f64,
    /// The least step of Rprop.
    pub least_step: f64,
    /// And the largest.
    pub largest_step: f64,
    /// Those of L-BFGS; its iterations are the run's epochs.
    pub lbfgs: Lbfgs,
}

impl From<Optimizer> for Rule {
    /// The settings of the papers and of PyTorch.
    fn from(optimizer: Optimizer) -> Self {
        let none = Self {
            optimizer,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            velocity: false,
            beta_1: 0.0,
            beta_2: 0.0,
            rho: 0.0,
            epsilon: 0.0,
            epsilon_hat: false,
            weight_decay: 0.0,
            increase: 0.0,
            decrease: 0.0,
            least_step: 0.0,
            largest_step: 0.0,
            // scikit-learn's `tol`, for the rest SciPy's settings.
            lbfgs: Lbfgs {
                gradient_tolerance: 1e-4,
                ..Lbfgs::default()
            },
        };
        let adam = Self {
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            ..none
        };
        match optimizer {
            Optimizer::Sgd | Optimizer::Lbfgs => none,
            Optimizer::Adagrad => Self {
                epsilon: 1e-10,
                ..none
            },
            Optimizer::Rmsprop => Self {
                rho: 0.99,
                epsilon: 1e-8,
                ..none
            },
            Optimizer::Adadelta => Self {
                rho: 0.9,
                epsilon: 1e-6,
                ..none
            },
            Optimizer::Adam
            | Optimizer::Amsgrad
            | Optimizer::Nadam
            | Optimizer::Radam
            | Optimizer::Adamax => adam,
            Optimizer::Adamw => Self {
                weight_decay: 0.01,
                ..adam
            },
            Optimizer::Lion => Self {
                beta_1: 0.9,
                beta_2: 0.99,
                ..none
            },
            Optimizer::Rprop | Optimizer::IrpropPlus => Self {
                increase: 1.2,
                decrease: 0.5,
                least_step: 1e-6,
                largest_step: 50.0,
                ..none
            },
        }
    }
}

impl Rule {
    /// Whether it is θ ← θ − η·g and nothing else.
    pub fn is_plain_descent(&self) -> bool {
        self.optimizer == Optimizer::Sgd && self.momentum == 0.0 && self.weight_decay == 0.0
    }

    /// The rule that a recipe asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] for a key that the optimizer does not use, and for a value that makes no sense.
    pub fn of(recipe: &OptimizerRecipe) -> Result<Self> {
        use Optimizer::{Adadelta, Adagrad, IrpropPlus, Lion, Rmsprop, Rprop, Sgd};
        let name = recipe.name;
        let refuse = |key: &str, found: String, expected: String| {
            Err(Error::Setting {
                key: format!("train.optimizer.{key}"),
                found,
                expected,
            })
        };
        let mut rule = Self::from(name);
        let is_rprop = matches!(name, Rprop | IrpropPlus);
        let is_adam =
            !is_rprop && !matches!(name, Sgd | Adagrad | Rmsprop | Adadelta | Lion | Optimizer::Lbfgs);
        let below_one: (fn(f64) -> bool, &str) = (|x| (0.0..1.0).contains(&x), "0 or more, below 1");
        let up_to_one: (fn(f64) -> bool, &str) = (|x| (0.0..=1.0).contains(&x), "0 to 1");
        let positive: (fn(f64) -> bool, &str) = (|x| x > 0.0 && x.is_finite(), "above 0");
        let keys = [
            (
                "momentum",
                recipe.momentum,
                matches!(name, Sgd | Rmsprop),
                &mut rule.momentum,
                up_to_one,
            ),
            (
                "dampening",
                recipe.dampening,
                name == Sgd,
                &mut rule.dampening,
                below_one,
            ),
            (
                "beta_1",
                recipe.beta_1,
                is_adam || name == Lion,
                &mut rule.beta_1,
                below_one,
            ),
            (
                "beta_2",
                recipe.beta_2,
                is_adam || name == Lion,
                &mut rule.beta_2,
                below_one,
            ),
            (
                "rho",
                recipe.rho,
                matches!(name, Rmsprop | Adadelta),
                &mut rule.rho,
                below_one,
            ),
            (
                "epsilon",
                recipe.epsilon,
                is_adam || matches!(name, Adagrad | Rmsprop | Adadelta),
                &mut rule.epsilon,
                positive,
            ),
            (
                "weight_decay",
                recipe.weight_decay,
                name != Optimizer::Lbfgs,
                &mut rule.weight_decay,
                (|x| x >= 0.0 && x.is_finite(), "0 or more"),
            ),
            (
                "gradient_tolerance",
                recipe.gradient_tolerance,
                name == Optimizer::Lbfgs,
                &mut rule.lbfgs.gradient_tolerance,
                (|x| x >= 0.0 && x.is_finite(), "0 or more"),
            ),
            (
                "loss_tolerance",
                recipe.loss_tolerance,
                name == Optimizer::Lbfgs,
                &mut rule.lbfgs.loss_tolerance,
                (|x| x >= 0.0 && x.is_finite(), "0 or more"),
            ),
            (
                "increase",
                recipe.increase,
                is_rprop,
                &mut rule.increase,
                (|x| x > 1.0 && x.is_finite(), "above 1"),
            ),
            (
                "decrease",
                recipe.decrease,
                is_rprop,
                &mut rule.decrease,
                (|x| x > 0.0 && x < 1.0, "above 0, below 1"),
            ),
            (
                "least_step",
                recipe.least_step,
                is_rprop,
                &mut rule.least_step,
                positive,
            ),
            (
                "largest_step",
                recipe.largest_step,
                is_rprop,
                &mut rule.largest_step,
                positive,
            ),
        ];
        for (key, asked, is_used, place, (is_valid, range)) in keys {
            let Some(value) = asked else { continue };
            if !is_used {
                return refuse(
                    key,
                    value.to_string(),
                    format!("{} does not use it", name.title()),
                );
            }
            if !is_valid(value) {
                return refuse(key, value.to_string(), format!("a number is needed, {range}"));
            }
            *place = value;
        }
        let counts = [
            ("history", recipe.history.map(|pairs| pairs as u64)),
            ("max_evaluations", recipe.max_evaluations),
        ];
        for (key, asked) in counts {
            let Some(count) = asked else { continue };
            if name != Optimizer::Lbfgs {
                let expected = format!("{} does not use it", name.title());
                return refuse(key, count.to_string(), expected);
            }
            if count == 0 {
                return refuse(key, "0".into(), "a whole number is needed, 1 or more".into());
            }
        }
        rule.lbfgs.history = recipe.history.unwrap_or(rule.lbfgs.history);
        rule.lbfgs.max_evaluations = recipe.max_evaluations.unwrap_or(rule.lbfgs.max_evaluations);
        for (key, asked, is_used, place) in [
            ("nesterov", recipe.nesterov, name == Sgd, &mut rule.nesterov),
            ("velocity", recipe.velocity, name == Sgd, &mut rule.velocity),
            (
                "epsilon_hat",
                recipe.epsilon_hat,
                matches!(name, Optimizer::Adam | Optimizer::Adamw),
                &mut rule.epsilon_hat,
            ),
        ] {
            let Some(asked) = asked else { continue };
            if !is_used {
                let expected = format!("{} does not use it", name.title());
                return refuse(key, asked.to_string(), expected);
            }
            *place = asked;
        }
        if rule.velocity && rule.dampening > 0.0 {
            let expected = "a velocity takes all of the gradient; 0 is needed".into();
            return refuse("dampening", rule.dampening.to_string(), expected);
        }
        if (rule.nesterov || recipe.dampening.is_some()) && rule.momentum == 0.0 {
            let key = if rule.nesterov { "nesterov" } else { "dampening" };
            let found = if rule.nesterov {
                "true".into()
            } else {
                rule.dampening.to_string()
            };
            return refuse(
                key,
                found,
                "it is a kind of momentum; set train.optimizer.momentum, to 0.9 say".into(),
            );
        }
        if rule.nesterov && rule.dampening > 0.0 {
            let found = rule.dampening.to_string();
            return refuse(
                "dampening",
                found,
                "momentum that looks ahead takes all of the gradient; 0 is needed".into(),
            );
        }
        if rule.least_step > rule.largest_step {
            let expected = format!("no more than largest_step, {}, is needed", rule.largest_step);
            return refuse("least_step", rule.least_step.to_string(), expected);
        }
        Ok(rule)
    }
}
