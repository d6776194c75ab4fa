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

const ANY_TARGETS: LossDescriptor = LossDescriptor {
    common: Descriptor::new("", ""),
    derivative: Formula::new("", ""),
    targets: (f64::NEG_INFINITY, f64::INFINITY),
    target_words: "any numbers",
    wants_probabilities: false,
    needs_classes: false,
    pairs_with: None,
};
const COUNTS: LossDescriptor = LossDescriptor {
    targets: (0.0, f64::INFINITY),
    target_words: "counts, 0 or more",
    pairs_with: Some(Activation::Exponential),
    ..ANY_TARGETS
};
const PROBABILITIES: LossDescriptor = LossDescriptor {
    targets: (0.0, 1.0),
    target_words: "probabilities, 0 to 1",
    wants_probabilities: true,
    ..ANY_TARGETS
};

choice! {
    /// Loss function to minimise. y is the target, a the output, d = a − y.
    #[derive(Debug, Clone, Copy, PartialEq)]
    pub enum Loss: LossDescriptor, key "loss", tag "name", unnamed None, alone true {
        /// Σ (a − y)².
        SquaredError => LossDescriptor {
            common: Descriptor::new("squared_error", "squared error")
                .formula("(a − y)²", r"(a - y)^2"),
            derivative: Formula::new("2(a − y)", r"2 \cdot (a - y)"),
            ..ANY_TARGETS
        },
        /// ½ Σ (a − y)².
        HalfSquaredError => LossDescriptor {
            common: Descriptor::new("half_squared_error", "half squared error")
                .formula("½(a − y)²", r"\frac{1}{2} (a - y)^2"),
            derivative: Formula::new("a − y", r"a - y"),
            ..ANY_TARGETS
        },
        /// ½ Σ (a − y)² over the number of outputs: scikit-learn's loss of a regression.
        HalfMeanSquaredError => LossDescriptor {
            common: Descriptor::new("half_mean_squared_error", "half mean squared error")
                .formula(
                    "½(a − y)² over the number of outputs",
                    r"\frac{1}{2 k} (a - y)^2 \text{ with k outputs}",
                ),
            derivative: Formula::new("(a − y) over the number of outputs", r"\frac{1}{k} (a - y)"),
            ..ANY_TARGETS
        },
        /// Σ |d|: the outputs become medians.
        AbsoluteError => LossDescriptor {
            common: Descriptor::new("absolute_error", "absolute error")
                .formula("|a − y|", r"|a - y|"),
            derivative: Formula::new("1 where a > y, −1 where a < y", r"1 \text{ where a is above y, } -1 \text{ where it is below}"),
            ..ANY_TARGETS
        },
        /// Σ ½d² for |d| ≤ δ, δ(|d| − ½δ) beyond.
        Huber { delta } => LossDescriptor {
            common: Descriptor::new("huber", "Huber loss")
                .formula(
                    "½d² for |d| ≤ δ, δ(|d| − ½δ) beyond, d = a − y, δ being `delta`",
                    r"\frac{1}{2} d^2 \text{ for } |d| \le \delta, \quad \delta \cdot (|d| - \frac{1}{2} \cdot \delta) \text{ beyond, } d = a - y",
                )
                .paper("Huber, Robust Estimation of a Location Parameter, 1964"),
            derivative: Formula::new("a − y within −δ to δ", r"a - y \text{, no larger than \delta and no less than -\delta}"),
            ..ANY_TARGETS
        },
        /// Σ ln cosh d: like ½d² where it is small, like |d| where it is large.
        LogCosh => LossDescriptor {
            common: Descriptor::new("log_cosh", "log-cosh loss")
                .formula("ln cosh(a − y)", r"\ln \cosh(a - y)"),
            derivative: Formula::new("tanh(a − y)", r"\tanh(a - y)"),
            ..ANY_TARGETS
        },
        /// 2 Σ (y ln(y/a) − y + a), of counts and other numbers of 0 or more.
        PoissonDeviance => LossDescriptor {
            common: Descriptor::new("poisson_deviance", "Poisson deviance")
                .formula("2(y ln(y/a) − y + a)", r"2 (y \ln \frac{y}{a} - y + a)")
                .paper("McCullagh & Nelder, Generalized Linear Models, 1989, section 2.3"),
            derivative: Formula::new("2(1 − y/a)", r"2 (1 - \frac{y}{a})"),
            ..COUNTS
        },
        /// Half of it, Σ (y ln(y/a) − y + a): scikit-learn's.
        HalfPoissonDeviance => LossDescriptor {
            common: Descriptor::new("half_poisson_deviance", "half Poisson deviance")
                .formula("y ln(y/a) − y + a", r"y \ln \frac{y}{a} - y + a")
                .paper("McCullagh & Nelder, Generalized Linear Models, 1989, section 2.3"),
            derivative: Formula::new("1 − y/a", r"1 - \frac{y}{a}"),
            ..COUNTS
        },
        /// Σ max(−τd, (1 − τ)d), the pinball loss: the outputs become quantiles.
        Quantile { quantile } => LossDescriptor {
            common: Descriptor::new("quantile", "quantile loss")
                .formula(
                    "max(−τd, (1 − τ)d), d = a − y, τ being `quantile`",
                    r"\max(-\tau d, (1 - \tau) d), \quad d = a - y",
                )
                .paper("Koenker & Bassett, Regression Quantiles, 1978"),
            derivative: Formula::new("1 − τ where a > y, −τ where a < y", r"1 - \tau \text{ where a is above y, } -\tau \text{ where it is below}"),
            ..ANY_TARGETS
        },
        /// −Σ (y ln a + (1 − y) ln(1 − a)), each output a yes or no of its own.
        BinaryCrossEntropy => LossDescriptor {
            common: Descriptor::new("binary_cross_entropy", "binary cross-entropy")
                .formula("−(y ln a + (1 − y) ln(1 − a))", r"-(y \ln a + (1 - y) \ln(1 - a))"),
            derivative: Formula::new("(1 − y)/(1 − a) − y/a", r"\frac{1 - y}{1 - a} - \frac{y}{a}"),
            pairs_with: Some(Activation::Sigmoid),
            ..PROBABILITIES
        },
        /// −Σ y ln a, the outputs being one probability distribution.
        CategoricalCrossEntropy => LossDescriptor {
            common: Descriptor::new("categorical_cross_entropy", "categorical cross-entropy")
                .formula("−y ln a", r"-y \ln a"),
            derivative: Formula::new("−y/a", r"-\frac{y}{a}"),
            needs_classes: true,
            pairs_with: Some(Activation::Softmax),
            ..PROBABILITIES
        },
        /// Σ y ln(y/a), the divergence of the distribution a from the distribution y. It is less than the cross-entropy by the
        /// entropy of y, which does not depend on the outputs.
        KullbackLeibler => LossDescriptor {
            common: Descriptor::new("kullback_leibler", "Kullback-Leibler divergence")
                .formula("y ln(y/a)", r"y \ln \frac{y}{a}")
                .paper("Kullback & Leibler, On Information and Sufficiency, 1951"),
            derivative: Formula::new("−y/a", r"-\frac{y}{a}"),
            needs_classes: true,
            pairs_with: Some(Activation::Softmax),
            ..PROBABILITIES
        },
        /// Σ max(0, 1 − s·a), an output for each class, s being 1 for that of the sample and −1 for the others.
        Hinge => LossDescriptor {
            common: Descriptor::new("hinge", "hinge loss")
                .formula(
                    "max(0, 1 − s·a), s = 2y − 1",
                    r"\max(0, 1 - s a), \quad s = 1 \text{ for the class, } -1 \text{ for others}",
                )
                .paper("Crammer & Singer's loss in its one-against-all form: Rifkin & Klautau, In Defense of One-Vs-All Classification, 2004"),
            derivative: Formula::new("−s where s·a < 1, else 0", r"-s \text{ where } s a < 1 \text{, else } 0"),
            targets: (0.0, 1.0),
            target_words: "0 or 1 for each class",
            wants_probabilities: false,
            needs_classes: true,
            pairs_with: None,
        },
    }
    settings {
        delta: f64 = 1.0, Setting::number(
            Range::POSITIVE,
            "δ: where the square ends and the straight line begins",
        );
        quantile: f64 = 0.5, Setting::number(
            Range::between(0.0, 1.0, "a number is needed, above 0 and below 1"),
            "τ: the part of the targets that should lie below the outputs; 0.5 is the median",
        );
    }
    others {
        /// A program's own. Recipes cannot name it.
        Custom (CustomLoss) => LossDescriptor {
            common: Descriptor::new("custom", "loss of a program")
                .formula("as the program defines it", r"\text{as the program defines it}"),
            derivative: Formula::new("as the program defines it", r"\text{as the program defines it}"),
            ..ANY_TARGETS
        },
    }
}
