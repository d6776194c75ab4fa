//! Functions, losses and optimizers as formulas.

use pellucid::descriptor::Choice;
use pellucid::inspection::explanation::Explanation;
use pellucid::loss::Reduction;
use pellucid::{Activation, Loss, Optimizer};

/// a = f(z), and ∂a/∂z by what is known by then.
pub(super) fn function(of: Activation) -> (&'static str, &'static str) {
    use Activation as A;
    match of {
        A::Identity => ("z", "1"),
        A::Sigmoid => (r"\frac{1}{1 + e^{-z}}", r"a \cdot (1 - a)"),
        A::Tanh => (r"\tanh(z)", "1 - a^2"),
        A::Relu => (r"\max(0, z)", r"1 \text{ where z is above 0, else } 0"),
        A::LeakyRelu => (
            r"z \text{ where z is above 0, else } 0.01 \cdot z",
            r"1 \text{ where z is above 0, else } 0.01",
        ),
        A::Elu => (
            r"z \text{ where z is above 0, else } e^{z} - 1",
            r"1 \text{ where z is above 0, else } e^{z}",
        ),
        A::Selu => (
            r"1.0507 \cdot z \text{ where z is above 0, else } 1.7581 \cdot (e^{z} - 1)",
            r"1.0507 \text{ where z is above 0, else } 1.7581 \cdot e^{z}",
        ),
        A::Gelu => (r"z \cdot \Phi(z)", r"\Phi(z) + z \cdot \varphi(z)"),
        A::GeluTanh => (
            r"\frac{z}{2} (1 + t), \quad t = \tanh(0.79788 \cdot (z + 0.044715 \cdot z^3))",
            r"\frac{1 + t}{2} + \frac{z}{2} (1 - t^2) \cdot 0.79788 \cdot (1 + 0.134145 \cdot z^2)",
        ),
        A::Silu => (
            r"z \cdot s, \quad s = \frac{1}{1 + e^{-z}}",
            r"s \cdot (1 + z \cdot (1 - s))",
        ),
        A::Mish => (
            r"z \cdot t, \quad t = \tanh(\ln(1 + e^{z}))",
            r"t + z \cdot (1 - t^2) \cdot \frac{1}{1 + e^{-z}}",
        ),
        A::Softplus => (r"\ln(1 + e^{z})", r"\frac{1}{1 + e^{-z}}"),
        A::Softsign => (r"\frac{z}{1 + |z|}", r"\frac{1}{(1 + |z|)^2}"),
        A::HardSigmoid => (
            r"\frac{z}{6} + \frac{1}{2} \text{, no lower than 0 and no higher than 1}",
            r"\frac{1}{6} \text{ where z is between -3 and 3, else } 0",
        ),
        A::HardTanh => (
            r"z \text{, no lower than -1 and no higher than 1}",
            r"1 \text{ where z is between -1 and 1, else } 0",
        ),
        A::Exponential => ("e^{z}", "a"),
        A::Softmax => (
            r"\frac{e^{z_j}}{\sum_{k} e^{z_k}}",
            r"a_j \cdot (1 - a_j) \text{ by its own z}",
        ),
    }
}

/// A sample's loss for one output, and its slope by that output.
pub(super) fn loss(of: Loss) -> (String, String) {
    let (value, slope) = match of {
        Loss::SquaredError => ("(a - y)^2", r"2 \cdot (a - y)"),
        Loss::HalfSquaredError => (r"\frac{1}{2} (a - y)^2", "a - y"),
        Loss::HalfMeanSquaredError => (
            r"\frac{1}{2 k} (a - y)^2 \text{ with k outputs}",
            r"\frac{1}{k} (a - y)",
        ),
        Loss::AbsoluteError => (
            "|a - y|",
            r"1 \text{ where a is above y, } -1 \text{ where it is below}",
        ),
        Loss::Huber { delta } => {
            return (
                format!(
                    r"\frac{{1}}{{2}} d^2 \text{{ for }} |d| \le {delta}, \quad {delta} \cdot (|d| - \frac{{1}}{{2}} \cdot {delta}) \text{{ beyond, }} d = a - y"
                ),
                format!(r"a - y \text{{, no larger than {delta} and no less than -{delta}}}"),
            );
        }
        Loss::LogCosh => (r"\ln \cosh(a - y)", r"\tanh(a - y)"),
        Loss::PoissonDeviance => (r"2 (y \ln \frac{y}{a} - y + a)", r"2 (1 - \frac{y}{a})"),
        Loss::HalfPoissonDeviance => (r"y \ln \frac{y}{a} - y + a", r"1 - \frac{y}{a}"),
        Loss::Quantile { quantile } => {
            return (
                format!(r"\max(-{quantile} d, (1 - {quantile}) d), \quad d = a - y"),
                format!(
                    r"1 - {quantile} \text{{ where a is above y, }} -{quantile} \text{{ where it is below}}"
                ),
            );
        }
        Loss::BinaryCrossEntropy => (
            r"-(y \ln a + (1 - y) \ln(1 - a))",
            r"\frac{1 - y}{1 - a} - \frac{y}{a}",
        ),
        Loss::CategoricalCrossEntropy => (r"-y \ln a", r"-\frac{y}{a}"),
        Loss::KullbackLeibler => (r"y \ln \frac{y}{a}", r"-\frac{y}{a}"),
        Loss::Hinge => (
            r"\max(0, 1 - s a), \quad s = 1 \text{ for the class, } -1 \text{ for others}",
            r"-s \text{ where } s a < 1 \text{, else } 0",
        ),
        Loss::Custom(custom) => {
            return (
                format!(r"\text{{{}}}", custom.name()),
                r"\text{as the program says}".into(),
            );
        }
    };
    (value.into(), slope.into())
}

/// δ of the output layer where loss and activation go together so well that it is computed in one go.
pub(super) fn joint_delta(loss: Loss, output: Activation) -> Option<&'static str> {
    match (loss, output) {
        (Loss::BinaryCrossEntropy, Activation::Sigmoid) => Some("a - y"),
        (Loss::CategoricalCrossEntropy | Loss::KullbackLeibler, Activation::Softmax) => Some("a - y"),
        (Loss::PoissonDeviance, Activation::Exponential) => Some(r"2 (a - y)"),
        (Loss::HalfPoissonDeviance, Activation::Exponential) => Some("a - y"),
        _ => None,
    }
}

/// What every slope is divided by, where samples are averaged.
pub(super) fn share(explanation: &Explanation) -> Option<usize> {
    let rows = explanation.rows.len();
    (explanation.reduction != Reduction::Sum && rows > 1).then_some(rows)
}

/// The rule of a step, a formula a line, for weights W whose gradient is g.
pub(super) fn rule(explanation: &Explanation) -> Vec<String> {
    let optimizer = explanation.recipe.train.optimizer;
    let number = |key: &str| optimizer.number(key).unwrap_or(0.0);
    let (beta_1, beta_2, weight_decay) = (number("beta_1"), number("beta_2"), optimizer.weight_decay());
    let mut lines: Vec<String> = Vec::new();
    if weight_decay > 0.0 {
        lines.push(format!(r"W \leftarrow (1 - \eta \cdot {}) \cdot W", weight_decay));
    }
    let (m, v) = (
        format!(r"m \leftarrow {} \cdot m + {} \cdot g", beta_1, rest(beta_1)),
        format!(r"v \leftarrow {} \cdot v + {} \cdot g^2", beta_2, rest(beta_2)),
    );
    let t = explanation.update.steps;
    let first = format!(r"\frac{{m}}{{1 - {}^{{{t}}}}}", beta_1);
    let adam = |second: &str| {
        format!(
            r"W \leftarrow W - \eta \cdot {first} / (\sqrt{{\frac{{{second}}}{{1 - {}^{{{t}}}}}}} + {})",
            beta_2,
            power(number("epsilon"))
        )
    };
    let mean_square = |rho: f64| format!(r"v \leftarrow {rho} \cdot v + {} \cdot g^2", rest(rho));
    let epsilon = power(number("epsilon"));
    match optimizer {
        Optimizer::Sgd { momentum, dampening, nesterov, .. } if momentum > 0.0 => {
            let share = match dampening {
                0.0 => "g".to_string(),
                _ if t == 1 => "g".to_string(),
                dampening => format!(r"{} \cdot g", rest(dampening)),
            };
            lines.push(format!(
                r"\text{{velocity}} \leftarrow {} \cdot \text{{velocity}} + {share}",
                momentum
            ));
            lines.push(if nesterov {
                format!(
                    r"W \leftarrow W - \eta \cdot (g + {} \cdot \text{{velocity}})",
                    momentum
                )
            } else {
                r"W \leftarrow W - \eta \cdot \text{velocity}".into()
            });
        }
        Optimizer::Sgd { .. } => lines.push(r"W \leftarrow W - \eta \cdot g".into()),
        Optimizer::Adagrad { .. } => {
            lines.push(r"s \leftarrow s + g^2".into());
            lines.push(format!(r"W \leftarrow W - \eta \cdot \frac{{g}}{{\sqrt{{s}} + {epsilon}}}"));
        }
        Optimizer::Rmsprop { momentum, rho, .. } => {
            lines.push(mean_square(rho));
            lines.push(format!(
                r"\text{{velocity}} \leftarrow {} \cdot \text{{velocity}} + \frac{{g}}{{\sqrt{{v}} + {epsilon}}}",
                momentum
            ));
            lines.push(r"W \leftarrow W - \eta \cdot \text{velocity}".into());
        }
        Optimizer::Adadelta { rho, .. } => {
            lines.push(mean_square(rho));
            lines.push(format!(
                r"d = \frac{{\sqrt{{u + {epsilon}}}}}{{\sqrt{{v + {epsilon}}}}} \cdot g"
            ));
            lines.push(format!(r"u \leftarrow {} \cdot u + {} \cdot d^2", rho, rest(rho)));
            lines.push(r"W \leftarrow W - \eta \cdot d".into());
        }
        Optimizer::Adam { .. } | Optimizer::Adamw { .. } => lines.extend([m, v, adam("v")]),
        Optimizer::Amsgrad { .. } => {
            lines.extend([m, v, r"\hat{v} \leftarrow \max(\hat{v}, v)".into(), adam(r"\hat{v}")]);
        }
        Optimizer::Nadam { .. } => lines.extend([
            m,
            v,
            r"W \leftarrow W - \eta \cdot \frac{\text{m, looking ahead}}{\sqrt{\text{v, corrected}} + \varepsilon}".into(),
        ]),
        Optimizer::Radam { .. } => lines.extend([
            m,
            v,
            format!(r"W \leftarrow W - \eta \cdot \text{{rectified}} \cdot {first}"),
        ]),
        Optimizer::Adamax { .. } => lines.extend([
            m,
            format!(r"u \leftarrow \max({} \cdot u, |g| + {epsilon})", beta_2),
            format!(r"W \leftarrow W - \eta \cdot {first} / u"),
        ]),
        Optimizer::Lion { .. } => lines.extend([
            format!(
                r"W \leftarrow W - \eta \cdot \text{{sign}}({} \cdot m + {} \cdot g)",
                beta_1,
                rest(beta_1)
            ),
            format!(r"m \leftarrow {} \cdot m + {} \cdot g", beta_2, rest(beta_2)),
        ]),
        Optimizer::Rprop { .. } | Optimizer::IrpropPlus { .. } => lines.extend([
            format!(
                r"\Delta \leftarrow {} \cdot \Delta \text{{ while the sign of g stays, }} {} \cdot \Delta \text{{ when it changes}}",
                number("increase"), number("decrease")
            ),
            r"W \leftarrow W - \text{sign}(g) \cdot \Delta".into(),
        ]),
        Optimizer::Lbfgs { .. } => {}
    }
    lines
}

/// 1 − β, as a person writes it.
fn rest(of: f64) -> String {
    let rest = format!("{:.10}", 1.0 - of);
    rest.trim_end_matches('0').trim_end_matches('.').into()
}

fn power(of: f64) -> String {
    super::number::short_latex(of)
}
