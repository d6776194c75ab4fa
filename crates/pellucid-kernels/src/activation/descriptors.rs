//! The activations: what each is called and computes, and the shape of its function.

use super::functions;
use crate::choice;
use crate::descriptor::{Descriptor, Formula};

/// What an activation is called and computes.
#[derive(Debug, Clone, Copy)]
pub struct ActivationDescriptor {
    /// Names, formula a = f(z) and paper.
    pub common: Descriptor,
    /// f(z) for exports to other runtimes: numbers, `z`, `+ - * /`, and the functions `exp`, `log`, `tanh`, `sigmoid`, `erf`,
    /// `abs`, `min` and `max`, arranged so that no part overflows where f does not; `softmax(z)` for that alone.
    pub expression: &'static str,
    /// f′(z), in terms of z or of a.
    pub derivative: Formula,
    /// The lowest and the highest value of f, or its limits; a minimum that has no closed form is rounded down.
    pub range: (f64, f64),
    /// Whether f takes its finite bounds as values.
    pub reaches_bounds: bool,
    /// Whether weights of He et al. suit it: about half of its inputs give 0, or nearly so.
    pub is_rectifier: bool,
    /// The largest |f′|, or an upper bound of it; for softmax that of the diagonal of its Jacobian.
    pub derivative_bound: f64,
}

impl AsRef<Descriptor> for ActivationDescriptor {
    fn as_ref(&self) -> &Descriptor {
        &self.common
    }
}

/// The facts of most activations.
const TYPICAL: ActivationDescriptor = ActivationDescriptor {
    common: Descriptor::new("", ""),
    expression: "",
    derivative: Formula::new("", ""),
    range: (f64::NEG_INFINITY, f64::INFINITY),
    reaches_bounds: false,
    is_rectifier: false,
    derivative_bound: 1.0,
};

choice! {
    /// The function that a layer applies to its pre-activations.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum Activation: ActivationDescriptor, key "network.activation", tag "name", unnamed None, alone true {
        /// a = z.
        Identity => ActivationDescriptor {
            common: Descriptor::new("identity", "identity")
                .formula("z", r"z"),
            expression: "z",
            derivative: Formula::new("1", r"1"),
            ..TYPICAL
        },
        /// a = 1/(1 + e⁻ᶻ), between 0 and 1.
        Sigmoid => ActivationDescriptor {
            common: Descriptor::new("sigmoid", "sigmoid")
                .formula("1/(1 + e⁻ᶻ)", r"\frac{1}{1 + e^{-z}}"),
            expression: "sigmoid(z)",
            derivative: Formula::new("a·(1 − a)", r"a \cdot (1 - a)"),
            range: (0.0, 1.0),
            derivative_bound: 0.25,
            ..TYPICAL
        },
        /// a = tanh z, between −1 and 1.
        Tanh => ActivationDescriptor {
            common: Descriptor::new("tanh", "tanh")
                .formula("tanh z", r"\tanh(z)"),
            expression: "tanh(z)",
            derivative: Formula::new("1 − a²", r"1 - a^2"),
            range: (-1.0, 1.0),
            ..TYPICAL
        },
        /// a = max(0, z).
        Relu => ActivationDescriptor {
            common: Descriptor::new("relu", "ReLU")
                .formula("max(0, z)", r"\max(0, z)"),
            expression: "max(z, 0)",
            derivative: Formula::new("1 where z > 0, else 0", r"1 \text{ where z is above 0, else } 0"),
            range: (0.0, f64::INFINITY),
            reaches_bounds: true,
            is_rectifier: true,
            ..TYPICAL
        },
        /// a = z for z > 0, 0.01·z below.
        LeakyRelu => ActivationDescriptor {
            common: Descriptor::new("leaky_relu", "leaky ReLU")
                .formula("z where z > 0, else 0.01·z", r"z \text{ where z is above 0, else } 0.01 \cdot z")
                .paper("Maas, Hannun & Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013"),
            expression: "max(z, 0.01 * z)",
            derivative: Formula::new("1 where z > 0, else 0.01", r"1 \text{ where z is above 0, else } 0.01"),
            is_rectifier: true,
            ..TYPICAL
        },
        /// a = z for z > 0, eᶻ − 1 below.
        Elu => ActivationDescriptor {
            common: Descriptor::new("elu", "ELU")
                .formula("z where z > 0, else eᶻ − 1", r"z \text{ where z is above 0, else } e^{z} - 1")
                .paper("Clevert, Unterthiner & Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, 2016"),
            expression: "max(z, 0) + (exp(min(z, 0)) - 1)",
            derivative: Formula::new("1 where z > 0, else eᶻ", r"1 \text{ where z is above 0, else } e^{z}"),
            range: (-1.0, f64::INFINITY),
            is_rectifier: true,
            ..TYPICAL
        },
        /// elu with 1.6733 times its negative half, and all of it 1.0507 times: with LeCun's normal weights activations keep mean 0
        /// and variance 1.
        Selu => ActivationDescriptor {
            common: Descriptor::new("selu", "SELU")
                .formula(
                    "1.0507·z where z > 0, else 1.7581·(eᶻ − 1)",
                    r"1.0507 \cdot z \text{ where z is above 0, else } 1.7581 \cdot (e^{z} - 1)",
                )
                .paper("Klambauer et al., Self-Normalizing Neural Networks, 2017"),
            expression: "1.0507009873554805 * max(z, 0) + 1.7580993408473766 * (exp(min(z, 0)) - 1)",
            derivative: Formula::new("1.0507 where z > 0, else 1.7581·eᶻ", r"1.0507 \text{ where z is above 0, else } 1.7581 \cdot e^{z}"),
            range: (-functions::SELU_SCALE * functions::SELU_ALPHA, f64::INFINITY),
            derivative_bound: functions::SELU_SCALE * functions::SELU_ALPHA,
            ..TYPICAL
        },
        /// a = z·Φ(z), Φ the normal distribution.
        Gelu => ActivationDescriptor {
            common: Descriptor::new("gelu", "GELU")
                .formula("z·Φ(z)", r"z \cdot \Phi(z)")
                .paper("Hendrycks & Gimpel, Gaussian Error Linear Units, 2016"),
            expression: "z * (0.5 * (erf(0.7071067811865476 * z) + 1))",
            derivative: Formula::new("Φ(z) + z·φ(z)", r"\Phi(z) + z \cdot \varphi(z)"),
            range: (-0.169_971_21, f64::INFINITY),
            is_rectifier: true,
            derivative_bound: 1.128_904_2,
            ..TYPICAL
        },
        /// gelu by way of tanh: a = ½z(1 + tanh(√(2/π)(z + 0.044715·z³))).
        GeluTanh => ActivationDescriptor {
            common: Descriptor::new("gelu_tanh", "GELU by tanh")
                .formula(
                    "½z·(1 + tanh(√(2/π)·(z + 0.044715·z³)))",
                    r"\frac{z}{2} (1 + t), \quad t = \tanh(0.79788 \cdot (z + 0.044715 \cdot z^3))",
                )
                .paper("Hendrycks & Gimpel, Gaussian Error Linear Units, 2016"),
            expression: "z * sigmoid(1.5957691216057308 * z * (1 + 0.044715 * z * z))",
            derivative: Formula::new("½(1 + t) + ½z·(1 − t²)·√(2/π)·(1 + 0.134145·z²)", r"\frac{1 + t}{2} + \frac{z}{2} (1 - t^2) \cdot 0.79788 \cdot (1 + 0.134145 \cdot z^2)"),
            range: (-0.170_040_76, f64::INFINITY),
            is_rectifier: true,
            derivative_bound: 1.129,
            ..TYPICAL
        },
        /// a = z/(1 + e⁻ᶻ), called swish too.
        Silu => ActivationDescriptor {
            common: Descriptor::new("silu", "SiLU")
                .formula("z/(1 + e⁻ᶻ)", r"z \cdot s, \quad s = \frac{1}{1 + e^{-z}}")
                .paper("Elfwing, Uchibe & Doya, Sigmoid-Weighted Linear Units, 2018"),
            expression: "z * sigmoid(z)",
            derivative: Formula::new("s·(1 + z·(1 − s)), s = 1/(1 + e⁻ᶻ)", r"s \cdot (1 + z \cdot (1 - s))"),
            range: (-0.278_464_55, f64::INFINITY),
            is_rectifier: true,
            derivative_bound: 1.099_839_4,
            ..TYPICAL
        },
        /// a = z·tanh(ln(1 + eᶻ)).
        Mish => ActivationDescriptor {
            common: Descriptor::new("mish", "Mish")
                .formula("z·tanh(ln(1 + eᶻ))", r"z \cdot t, \quad t = \tanh(\ln(1 + e^{z}))")
                .paper("Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2020"),
            expression: "z * tanh(max(z, 0) + log(1 + exp(-abs(z))))",
            derivative: Formula::new("t + z·(1 − t²)/(1 + e⁻ᶻ), t = tanh(ln(1 + eᶻ))", r"t + z \cdot (1 - t^2) \cdot \frac{1}{1 + e^{-z}}"),
            range: (-0.308_840_35, f64::INFINITY),
            is_rectifier: true,
            derivative_bound: 1.088_5,
            ..TYPICAL
        },
        /// a = ln(1 + eᶻ), above 0.
        Softplus => ActivationDescriptor {
            common: Descriptor::new("softplus", "softplus")
                .formula("ln(1 + eᶻ)", r"\ln(1 + e^{z})"),
            expression: "max(z, 0) + log(1 + exp(-abs(z)))",
            derivative: Formula::new("1/(1 + e⁻ᶻ)", r"\frac{1}{1 + e^{-z}}"),
            range: (0.0, f64::INFINITY),
            ..TYPICAL
        },
        /// a = z/(1 + |z|), between −1 and 1.
        Softsign => ActivationDescriptor {
            common: Descriptor::new("softsign", "softsign")
                .formula("z/(1 + |z|)", r"\frac{z}{1 + |z|}"),
            expression: "z / (1 + abs(z))",
            derivative: Formula::new("1/(1 + |z|)²", r"\frac{1}{(1 + |z|)^2}"),
            range: (-1.0, 1.0),
            ..TYPICAL
        },
        /// a = z/6 + ½, no lower than 0 and no higher than 1.
        HardSigmoid => ActivationDescriptor {
            common: Descriptor::new("hard_sigmoid", "hard sigmoid")
                .formula(
                    "z/6 + ½ within 0 to 1",
                    r"\frac{z}{6} + \frac{1}{2} \text{, no lower than 0 and no higher than 1}",
                ),
            expression: "min(max(z / 6 + 0.5, 0), 1)",
            derivative: Formula::new("1/6 where −3 < z < 3, else 0", r"\frac{1}{6} \text{ where z is between -3 and 3, else } 0"),
            range: (0.0, 1.0),
            reaches_bounds: true,
            derivative_bound: 1.0 / 6.0,
            ..TYPICAL
        },
        /// a = z, no lower than −1 and no higher than 1.
        HardTanh => ActivationDescriptor {
            common: Descriptor::new("hard_tanh", "hard tanh")
                .formula("z within −1 to 1", r"z \text{, no lower than -1 and no higher than 1}"),
            expression: "min(max(z, -1), 1)",
            derivative: Formula::new("1 where −1 < z < 1, else 0", r"1 \text{ where z is between -1 and 1, else } 0"),
            range: (-1.0, 1.0),
            reaches_bounds: true,
            ..TYPICAL
        },
        /// a = eᶻ: the output of a network that counts, beside a Poisson loss.
        Exponential => ActivationDescriptor {
            common: Descriptor::new("exponential", "exponential")
                .formula("eᶻ", r"e^{z}"),
            expression: "exp(z)",
            derivative: Formula::new("a", r"a"),
            range: (0.0, f64::INFINITY),
            derivative_bound: f64::INFINITY,
            ..TYPICAL
        },
        /// aⱼ = e^zⱼ / Σₖ e^zₖ over the units of the layer: a probability for each.
        Softmax => ActivationDescriptor {
            common: Descriptor::new("softmax", "softmax")
                .formula("e^zⱼ / Σₖ e^zₖ over the units of the layer", r"\frac{e^{z_j}}{\sum_{k} e^{z_k}}"),
            expression: "softmax(z)",
            derivative: Formula::new("aⱼ·(1 − aⱼ) by its own z", r"a_j \cdot (1 - a_j) \text{ by its own z}"),
            range: (0.0, 1.0),
            derivative_bound: 0.25,
            ..TYPICAL
        },
    }
}
