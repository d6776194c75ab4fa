//! The losses: what each is called and computes, and which targets and output activations suit it.

use super::CustomLoss;
use crate::activation::Activation;
use crate::choice;
use crate::descriptor::{Descriptor, Formula, Range, Setting};

/// What a loss is called and computes. y is the target of an output, a the output, d = a − y.
#[derive(Debug, Clone, Copy)]
pub struct LossDescriptor {
    /// Names, formula of one output, and paper. In LaTeX `\\delta` and `\\tau` stand for the settings.
    pub common: Descriptor,
    /// The derivative by that output.
    pub derivative: Formula,
    /// The lowest and the highest target it is defined for.
    pub targets: (f64, f64),
    /// Such targets in words.
    pub target_words: &'static str,
    /// Whether targets and outputs must be probabilities.
    pub wants_probabilities: bool,
    /// Whether it needs an output for each class, 2 or more.
    pub needs_classes: bool,
    /// The output activation with which it has a joint form, in value and derivative, where f′ cancels.
    pub pairs_with: Option<Activation>,
}

impl AsRef<Descriptor> for LossDescriptor {
    fn as_ref(&self) -> &Descriptor {
        &self.common
    }
}

const DELTA: Setting = Setting::number(
    "delta",
    Range::POSITIVE,
    "δ: where the square ends and the straight line begins",
);
const QUANTILE: Setting = Setting::number(
    "quantile",
    Range::between(0.0, 1.0, "a number is needed, above 0 and below 1"),
    "τ: the part of the targets that should lie below the outputs; 0.5 is the median",
);

choice! {
    /// Loss function to minimise. y is the target, a the output, d = a − y.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Loss: LossDescriptor, key "loss", tag "name", unnamed None, alone true {
        /// Σ (a − y)².
        SquaredError => LossDescriptor {
            common: Descriptor {
                name: "squared_error",
                aliases: &[],
                title: "squared error",
                formula: Formula {
                    plain: "(a − y)²",
                    latex: r"(a - y)^2",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "2(a − y)",
                latex: r"2 \cdot (a - y)",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// ½ Σ (a − y)².
        HalfSquaredError => LossDescriptor {
            common: Descriptor {
                name: "half_squared_error",
                aliases: &[],
                title: "half squared error",
                formula: Formula {
                    plain: "½(a − y)²",
                    latex: r"\frac{1}{2} (a - y)^2",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "a − y",
                latex: r"a - y",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// ½ Σ (a − y)² over the number of outputs: scikit-learn's loss of a regression.
        HalfMeanSquaredError => LossDescriptor {
            common: Descriptor {
                name: "half_mean_squared_error",
                aliases: &[],
                title: "half mean squared error",
                formula: Formula {
                    plain: "½(a − y)² over the number of outputs",
                    latex: r"\frac{1}{2 k} (a - y)^2 \text{ with k outputs}",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "(a − y) over the number of outputs",
                latex: r"\frac{1}{k} (a - y)",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// Σ |d|: the outputs become medians.
        AbsoluteError => LossDescriptor {
            common: Descriptor {
                name: "absolute_error",
                aliases: &[],
                title: "absolute error",
                formula: Formula {
                    plain: "|a − y|",
                    latex: r"|a - y|",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "1 where a > y, −1 where a < y",
                latex: r"1 \text{ where a is above y, } -1 \text{ where it is below}",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// Σ ½d² for |d| ≤ δ, δ(|d| − ½δ) beyond.
        Huber {
            delta: f64 = 1.0, DELTA;
        } => LossDescriptor {
            common: Descriptor {
                name: "huber",
                aliases: &[],
                title: "Huber loss",
                formula: Formula {
                    plain: "½d² for |d| ≤ δ, δ(|d| − ½δ) beyond, d = a − y, δ being `delta`",
                    latex: r"\frac{1}{2} d^2 \text{ for } |d| \le \delta, \quad \delta \cdot (|d| - \frac{1}{2} \cdot \delta) \text{ beyond, } d = a - y",
                },
                paper: "Huber, Robust Estimation of a Location Parameter, 1964",
            },
            derivative: Formula {
                plain: "a − y within −δ to δ",
                latex: r"a - y \text{, no larger than \delta and no less than -\delta}",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// Σ ln cosh d: like ½d² where it is small, like |d| where it is large.
        LogCosh => LossDescriptor {
            common: Descriptor {
                name: "log_cosh",
                aliases: &[],
                title: "log-cosh loss",
                formula: Formula {
                    plain: "ln cosh(a − y)",
                    latex: r"\ln \cosh(a - y)",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "tanh(a − y)",
                latex: r"\tanh(a - y)",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// 2 Σ (y ln(y/a) − y + a), of counts and other numbers of 0 or more.
        PoissonDeviance => LossDescriptor {
            common: Descriptor {
                name: "poisson_deviance",
                aliases: &[],
                title: "Poisson deviance",
                formula: Formula {
                    plain: "2(y ln(y/a) − y + a)",
                    latex: r"2 (y \ln \frac{y}{a} - y + a)",
                },
                paper: "McCullagh & Nelder, Generalized Linear Models, 1989, section 2.3",
            },
            derivative: Formula {
                plain: "2(1 − y/a)",
                latex: r"2 (1 - \frac{y}{a})",
            },
            targets: (0.0, f64::INFINITY),
            target_words: "counts, 0 or more",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: Some(Activation::Exponential),
        },
        /// Half of it, Σ (y ln(y/a) − y + a): scikit-learn's.
        HalfPoissonDeviance => LossDescriptor {
            common: Descriptor {
                name: "half_poisson_deviance",
                aliases: &[],
                title: "half Poisson deviance",
                formula: Formula {
                    plain: "y ln(y/a) − y + a",
                    latex: r"y \ln \frac{y}{a} - y + a",
                },
                paper: "McCullagh & Nelder, Generalized Linear Models, 1989, section 2.3",
            },
            derivative: Formula {
                plain: "1 − y/a",
                latex: r"1 - \frac{y}{a}",
            },
            targets: (0.0, f64::INFINITY),
            target_words: "counts, 0 or more",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: Some(Activation::Exponential),
        },
        /// Σ max(−τd, (1 − τ)d), the pinball loss: the outputs become quantiles.
        Quantile {
            quantile: f64 = 0.5, QUANTILE;
        } => LossDescriptor {
            common: Descriptor {
                name: "quantile",
                aliases: &[],
                title: "quantile loss",
                formula: Formula {
                    plain: "max(−τd, (1 − τ)d), d = a − y, τ being `quantile`",
                    latex: r"\max(-\tau d, (1 - \tau) d), \quad d = a - y",
                },
                paper: "Koenker & Bassett, Regression Quantiles, 1978",
            },
            derivative: Formula {
                plain: "1 − τ where a > y, −τ where a < y",
                latex: r"1 - \tau \text{ where a is above y, } -\tau \text{ where it is below}",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
        /// −Σ (y ln a + (1 − y) ln(1 − a)), each output a yes or no of its own.
        BinaryCrossEntropy => LossDescriptor {
            common: Descriptor {
                name: "binary_cross_entropy",
                aliases: &[],
                title: "binary cross-entropy",
                formula: Formula {
                    plain: "−(y ln a + (1 − y) ln(1 − a))",
                    latex: r"-(y \ln a + (1 - y) \ln(1 - a))",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "(1 − y)/(1 − a) − y/a",
                latex: r"\frac{1 - y}{1 - a} - \frac{y}{a}",
            },
            targets: (0.0, 1.0),
            target_words: "probabilities, 0 to 1",
            wants_probabilities: true,
            needs_classes: false,
            pairs_with: Some(Activation::Sigmoid),
        },
        /// −Σ y ln a, the outputs being one probability distribution.
        CategoricalCrossEntropy => LossDescriptor {
            common: Descriptor {
                name: "categorical_cross_entropy",
                aliases: &[],
                title: "categorical cross-entropy",
                formula: Formula {
                    plain: "−y ln a",
                    latex: r"-y \ln a",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "−y/a",
                latex: r"-\frac{y}{a}",
            },
            targets: (0.0, 1.0),
            target_words: "probabilities, 0 to 1",
            wants_probabilities: true,
            needs_classes: true,
            pairs_with: Some(Activation::Softmax),
        },
        /// Σ y ln(y/a), the divergence of the distribution a from the distribution y. It is less than the cross-entropy by the
        /// entropy of y, which does not depend on the outputs.
        KullbackLeibler => LossDescriptor {
            common: Descriptor {
                name: "kullback_leibler",
                aliases: &[],
                title: "Kullback-Leibler divergence",
                formula: Formula {
                    plain: "y ln(y/a)",
                    latex: r"y \ln \frac{y}{a}",
                },
                paper: "Kullback & Leibler, On Information and Sufficiency, 1951",
            },
            derivative: Formula {
                plain: "−y/a",
                latex: r"-\frac{y}{a}",
            },
            targets: (0.0, 1.0),
            target_words: "probabilities, 0 to 1",
            wants_probabilities: true,
            needs_classes: true,
            pairs_with: Some(Activation::Softmax),
        },
        /// Σ max(0, 1 − s·a), an output for each class, s being 1 for that of the sample and −1 for the others.
        Hinge => LossDescriptor {
            common: Descriptor {
                name: "hinge",
                aliases: &[],
                title: "hinge loss",
                formula: Formula {
                    plain: "max(0, 1 − s·a), s = 2y − 1",
                    latex: r"\max(0, 1 - s a), \quad s = 1 \text{ for the class, } -1 \text{ for others}",
                },
                paper: "Crammer & Singer's loss in its one-against-all form: Rifkin & Klautau, In Defense of One-Vs-All Classification, 2004",
            },
            derivative: Formula {
                plain: "−s where s·a < 1, else 0",
                latex: r"-s \text{ where } s a < 1 \text{, else } 0",
            },
            targets: (0.0, 1.0),
            target_words: "0 or 1 for each class",
            wants_probabilities: false,
            needs_classes: true,
            pairs_with: None,
        },
    }
    others {
        /// A program's own. Recipes cannot name it.
        Custom (CustomLoss) => LossDescriptor {
            common: Descriptor {
                name: "custom",
                aliases: &[],
                title: "loss of a program",
                formula: Formula {
                    plain: "as the program says",
                    latex: r"\text{as the program says}",
                },
                paper: "",
            },
            derivative: Formula {
                plain: "as the program says",
                latex: r"\text{as the program says}",
            },
            targets: (f64::NEG_INFINITY, f64::INFINITY),
            target_words: "any numbers",
            wants_probabilities: false,
            needs_classes: false,
            pairs_with: None,
        },
    }
}
