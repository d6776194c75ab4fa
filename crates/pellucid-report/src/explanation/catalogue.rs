//! The formulas of activations, losses and optimizers: the only place where the walkthrough takes them from.

use pellucid::descriptor::Choice;
use pellucid::inspection::explanation::Explanation;
use pellucid::loss::Reduction;
use pellucid::{Activation, Loss, Optimizer};

/// f(z), and f′(z) in terms of what is known by then.
pub(super) fn activation(of: Activation) -> (&'static str, &'static str) {
    let descriptor = of.descriptor();
    (descriptor.common.formula.latex, descriptor.derivative.latex)
}

/// A sample's loss for one output, and its derivative by that output.
pub(super) fn loss(of: Loss) -> (String, String) {
    let with_settings = |latex: &str| match of {
        Loss::Huber { delta } => latex.replace(r"\delta", &delta.to_string()),
        Loss::Quantile { quantile } => latex.replace(r"\tau", &quantile.to_string()),
        _ => latex.to_owned(),
    };
    let descriptor = of.descriptor();
    let value = match of {
        Loss::Custom(custom) => format!(r"\text{{{}}}", custom.name()),
        _ => with_settings(descriptor.common.formula.latex),
    };
    (value, with_settings(descriptor.derivative.latex))
}

/// δ of the output layer, where loss and activation are differentiated together.
pub(super) fn paired_delta(loss: Loss, output: Activation) -> Option<&'static str> {
    match loss {
        _ if !loss.is_paired_with(output) => None,
        Loss::PoissonDeviance => Some(r"2 \cdot (a - y)"),
        _ => Some("a - y"),
    }
}

/// The number that every derivative is divided by, where samples are averaged.
pub(super) fn share(explanation: &Explanation) -> Option<usize> {
    let rows = explanation.rows.len();
    (explanation.reduction != Reduction::Sum && rows > 1).then_some(rows)
}

/// The same as a factor in a formula; empty where there is none.
pub(super) fn share_factor(explanation: &Explanation) -> String {
    share(explanation).map_or(String::new(), |rows| format!(r"\frac{{1}}{{{rows}}} \cdot "))
}

/// An optimizer's memory in its formula.
pub(super) fn memory(name: &str) -> &str {
    match name {
        "b" => r"\text{velocity}",
        "Δ" => r"\Delta",
        "Δθ" => r"\text{step}",
        "v̂" => r"\hat{v}",
        other => other,
    }
}

/// The rule of a step, one formula per line, for weights W with gradient g.
pub(super) fn optimizer(explanation: &Explanation) -> Vec<String> {
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

/// 1 − β, without the rounding of binary fractions.
fn rest(of: f64) -> String {
    let rest = format!("{:.10}", 1.0 - of);
    rest.trim_end_matches('0').trim_end_matches('.').into()
}

fn power(of: f64) -> String {
    super::number::short_latex(of)
}
