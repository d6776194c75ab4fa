//! The formulas of activations, losses and optimizers: the only place where the walkthrough takes them from.

use super::number::short_latex;
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

const FIRST_MOMENT: &str = r"m \leftarrow [beta_1] \cdot m + [1-beta_1] \cdot g";
const SECOND_MOMENT: &str = r"v \leftarrow [beta_2] \cdot v + [1-beta_2] \cdot g^2";
const MEAN_SQUARE: &str = r"v \leftarrow [rho] \cdot v + [1-rho] \cdot g^2";
const BY_VELOCITY: &str = r"W \leftarrow W - \eta \cdot \text{velocity}";

/// The rule of a step, one formula per line, for weights W with gradient g. In the lines here a setting's key stands in
/// brackets for its number, and t for the number of steps.
pub(super) fn optimizer(explanation: &Explanation) -> Vec<String> {
    let optimizer = explanation.recipe.train.optimizer;
    let steps = explanation.update.steps;
    let lines: &[&str] = match optimizer {
        Optimizer::Sgd { momentum: 0.0, .. } => &[r"W \leftarrow W - \eta \cdot g"],
        Optimizer::Sgd {
            dampening, nesterov, ..
        } => &[
            match dampening == 0.0 || steps == 1 {
                true => r"\text{velocity} \leftarrow [momentum] \cdot \text{velocity} + g",
                false => {
                    r"\text{velocity} \leftarrow [momentum] \cdot \text{velocity} + [1-dampening] \cdot g"
                }
            },
            match nesterov {
                true => r"W \leftarrow W - \eta \cdot (g + [momentum] \cdot \text{velocity})",
                false => BY_VELOCITY,
            },
        ],
        Optimizer::Adagrad { .. } => &[
            r"s \leftarrow s + g^2",
            r"W \leftarrow W - \eta \cdot \frac{g}{\sqrt{s} + [epsilon]}",
        ],
        Optimizer::Rmsprop { .. } => &[
            MEAN_SQUARE,
            r"\text{velocity} \leftarrow [momentum] \cdot \text{velocity} + \frac{g}{\sqrt{v} + [epsilon]}",
            BY_VELOCITY,
        ],
        Optimizer::Adadelta { .. } => &[
            MEAN_SQUARE,
            r"d = \frac{\sqrt{u + [epsilon]}}{\sqrt{v + [epsilon]}} \cdot g",
            r"u \leftarrow [rho] \cdot u + [1-rho] \cdot d^2",
            r"W \leftarrow W - \eta \cdot d",
        ],
        Optimizer::Adam { .. } | Optimizer::Adamw { .. } => &[
            FIRST_MOMENT,
            SECOND_MOMENT,
            r"W \leftarrow W - \eta \cdot \frac{m}{1 - [beta_1]^{[t]}} / (\sqrt{\frac{v}{1 - [beta_2]^{[t]}}} + [epsilon])",
        ],
        Optimizer::Amsgrad { .. } => &[
            FIRST_MOMENT,
            SECOND_MOMENT,
            r"\hat{v} \leftarrow \max(\hat{v}, v)",
            r"W \leftarrow W - \eta \cdot \frac{m}{1 - [beta_1]^{[t]}} / (\sqrt{\frac{\hat{v}}{1 - [beta_2]^{[t]}}} + [epsilon])",
        ],
        Optimizer::Nadam { .. } => &[
            FIRST_MOMENT,
            SECOND_MOMENT,
            r"W \leftarrow W - \eta \cdot \frac{\text{m, looking ahead}}{\sqrt{\text{v, corrected}} + \varepsilon}",
        ],
        Optimizer::Radam { .. } => &[
            FIRST_MOMENT,
            SECOND_MOMENT,
            r"W \leftarrow W - \eta \cdot \text{rectified} \cdot \frac{m}{1 - [beta_1]^{[t]}}",
        ],
        Optimizer::Adamax { .. } => &[
            FIRST_MOMENT,
            r"u \leftarrow \max([beta_2] \cdot u, |g| + [epsilon])",
            r"W \leftarrow W - \eta \cdot \frac{m}{1 - [beta_1]^{[t]}} / u",
        ],
        Optimizer::Lion { .. } => &[
            r"W \leftarrow W - \eta \cdot \text{sign}([beta_1] \cdot m + [1-beta_1] \cdot g)",
            r"m \leftarrow [beta_2] \cdot m + [1-beta_2] \cdot g",
        ],
        Optimizer::Rprop { .. } | Optimizer::IrpropPlus { .. } => &[
            r"\Delta \leftarrow [increase] \cdot \Delta \text{ while the sign of g stays, } [decrease] \cdot \Delta \text{ when it changes}",
            r"W \leftarrow W - \text{sign}(g) \cdot \Delta",
        ],
        Optimizer::Lbfgs { .. } => &[],
    };
    let number = |key: &str| optimizer.number(key).unwrap_or(0.0);
    let with_numbers = |line: &str| {
        let pieces = line.split(['[', ']']).enumerate();
        let pieces = pieces.map(|(index, piece)| match (index % 2, piece) {
            (0, text) => text.into(),
            (_, "t") => steps.to_string(),
            (_, "epsilon") => short_latex(number(piece)),
            (_, key) => match key.strip_prefix("1-") {
                Some(key) => rest(number(key)),
                None => number(key).to_string(),
            },
        });
        pieces.collect()
    };
    let decay = r"W \leftarrow (1 - \eta \cdot [weight_decay]) \cdot W";
    let decay = (optimizer.weight_decay() > 0.0).then_some(decay);
    decay
        .into_iter()
        .chain(lines.iter().copied())
        .map(with_numbers)
        .collect()
}

/// 1 − β, without the rounding of binary fractions.
fn rest(of: f64) -> String {
    let rest = format!("{:.10}", 1.0 - of);
    rest.trim_end_matches('0').trim_end_matches('.').into()
}
