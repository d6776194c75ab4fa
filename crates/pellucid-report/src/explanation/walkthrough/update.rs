//! The parts from δ of each layer to the parameters after the step.

use super::super::axes::Axis;
use super::super::catalogue;
use super::super::formula::Formula;
use super::super::number::short_latex;
use super::{Phase, Rule, SCALED_INPUT, Walkthrough};
use pellucid::inspection::trace::{
    InputScalesTrace, LayerTrace, LayerUpdate, ParametricTrace, WeightsAndBias,
};
use std::slice;

const BY_W: &str = r"\frac{\partial L}{\partial W@}";
const BY_B: &str = r"\frac{\partial L}{\partial b@}";

impl<'a> Walkthrough<'a> {
    pub(super) fn update(&mut self) {
        self.phase = Phase::Update;
        let explanation = self.explanation;
        let layer = self.trace();
        self.gradient(layer);
        let Some(weights_after) = &layer.weights_after else {
            return;
        };
        let received = match &layer.update {
            Some(update) => self.optimizer_input(update),
            None => [BY_W, BY_B],
        };
        let update = &explanation.update;
        let eta = short_latex(update.learning_rate.0);
        let eta_text = Formula::from(eta.as_str()).text();
        let rule = match update.is_plain {
            true => Rule::Descend,
            false => Rule::Pointwise,
        };
        // A batch that only contributes to a later step moves nothing.
        let moved = 1 + usize::from(!update.only_gathered);
        let (words, formula) = match (update.only_gathered, update.is_plain) {
            (true, _) => (
                "They stay: this batch only contributes to a later step.".into(),
                " = W@".into(),
            ),
            (_, true) => (
                format!(
                    "Each weight moves against its derivative: down where an increase would raise the loss, up where it \
                     would lower it, by η = {eta_text} times the derivative."
                ),
                format!(r" = W@ - {eta} \cdot {BY_W}"),
            ),
            _ => (
                format!(
                    "Each weight takes the step of the optimizer, {}, with η = {eta_text}.",
                    update.optimizer.title()
                ),
                r" \leftarrow W@".into(),
            ),
        };
        self.weights(r"\text{new } W@", weights_after);
        let operands = [("", "W@"), ("− η ·", received[0])];
        let title = "the weights after the step";
        let part = self.part(rule, title, &operands[..moved], &formula, words);
        if !update.is_plain && !update.only_gathered {
            let lines = catalogue::optimizer(explanation);
            part.formulas.extend(lines.into_iter().map(Formula::from));
        }
        if let Some(bias_after) = &layer.bias_after {
            let formula = match update.is_plain {
                true => format!(r" = b@ - {eta} \cdot {BY_B}"),
                false => r" \leftarrow b@".into(),
            };
            self.row(r"\text{new } b@", bias_after);
            let operands = [("", "b@"), ("− η ·", received[1])];
            let (title, words) = ("the biases after the step", "The biases move in the same way.");
            self.part(rule, title, &operands[..moved], &formula, words);
        }
        if let Some(scales) = &layer.input_scales {
            self.scales_after(scales, rule);
        }
        if let Some(parametric) = &layer.parametric {
            self.factors_after(parametric, rule);
        }
        let Some(n) = &layer.normalisation else { return };
        for (letter, what, derivatives, before, after) in [
            (r"\gamma@", "gain γ", &n.d_loss_d_gain, &n.gain, &n.gain_after),
            (r"\beta@", "shift β", &n.d_loss_d_shift, &n.shift, &n.shift_after),
        ] {
            let Some(after) = after else { continue };
            let by = format!(r"\frac{{\partial L}}{{\partial {letter}}}");
            self.row(&by, derivatives);
            self.row(letter, before);
            self.row(&format!(r"\text{{new }} {letter}"), after);
            self.part(
                rule,
                &format!("the {what} after the step"),
                &[("", letter), ("− η ·", &by)],
                &format!(r" \leftarrow {letter}"),
                format!("The {what} of each unit is learnt as weights are."),
            );
        }
    }

    /// ∂L/∂α, and the factors of the activations after the step.
    fn factors_after(&mut self, parametric: &'a ParametricTrace, rule: Rule) {
        let Some(after) = &parametric.factors_after else {
            return;
        };
        const BY_ALPHA: &str = r"\frac{\partial L}{\partial \alpha@}";
        self.row(BY_ALPHA, &parametric.d_loss_d_factors);
        self.part(
            Rule::Pointwise,
            "how the loss changes with each factor",
            &[("of", r"\frac{\partial L}{\partial a@}"), ("and", "f@"), ("and", "z@")],
            r" = \sum_{n} \frac{\partial L}{\partial a@_n} \odot (f@_n - z@_n)",
            "A factor multiplies the difference between the function and the pre-activation, so the loss changes with it by \
             that difference times what comes back to the activation, added up over the samples.",
        );
        self.row(r"\text{new } \alpha@", after);
        self.part(
            rule,
            "the factors after the step",
            &[("", r"\alpha@"), ("− η ·", BY_ALPHA)],
            r" \leftarrow \alpha@",
            "The factors are learnt as weights are.",
        );
    }

    /// ∂L/∂c, and the scales of the features after the step.
    fn scales_after(&mut self, scales: &'a InputScalesTrace, rule: Rule) {
        let Some(after) = &scales.scales_after else {
            return;
        };
        const BY_C: &str = r"\frac{\partial L}{\partial c}";
        let features = Axis::Units(0);
        self.array(
            BY_C,
            slice::from_ref(&scales.d_loss_d_scales),
            Axis::One,
            features,
        );
        self.part(
            Rule::Pointwise,
            "how the loss changes with each scale",
            &[("of", "x"), ("and", r"\delta@"), ("and", "W@")],
            r" = \sum_{n} x_n \odot (\delta@_n \cdot {W@}^{\top})",
            "A scale multiplies one input for all units, so the loss changes with it by that input times what comes back to \
             it, added up over the samples.",
        );
        self.array(r"\text{new } c", slice::from_ref(after), Axis::One, features);
        self.part(
            rule,
            "the scales after the step",
            &[("", "c"), ("− η ·", BY_C)],
            r" \leftarrow c",
            "The scales are learnt as weights are.",
        );
    }

    /// ∂L/∂W and ∂L/∂b.
    fn gradient(&mut self, layer: &'a LayerTrace) {
        let input = match self.input_symbol() {
            input @ ("x" | SCALED_INPUT) => input.into(),
            below => format!("({below})"),
        };
        let over = match self.explanation.rows.len() {
            1 => "",
            _ => ", added up over the samples",
        };
        self.weights(BY_W, &layer.d_loss_d_weights);
        self.part(
            Rule::Gradient,
            "how the loss changes with each weight",
            &[("", self.input_symbol()), ("ᵀ ·", r"\delta@")],
            &format!(r" = {input}^{{\top}} \cdot \delta@"),
            format!(
                "A weight multiplies one input of the unit, so the loss changes with it by that input times the unit's δ{over}."
            ),
        );
        if let Some(bias) = &layer.d_loss_d_bias {
            self.row(BY_B, bias);
            self.part(
                Rule::Sum,
                "how the loss changes with each bias",
                &[("Σ", r"\delta@")],
                r" = \sum_{n} \delta@_n",
                "A bias is added as it is, so its derivative is the unit's δ, added up over the samples.",
            );
        }
    }

    /// Penalties, the gradient that the optimizer receives, and its memory; the symbols of the gradient received.
    fn optimizer_input(&mut self, update: &'a LayerUpdate) -> [&'static str; 2] {
        let mut received = [BY_W, BY_B];
        if let Some(penalty) = &update.penalty {
            let words = "The penalty on large weights pulls each of them towards 0.";
            let of = ["W", "b"].map(|w| {
                [
                    format!(r"\text{{penalty}} ({w}@)"),
                    format!("{w}@"),
                    format!(r" = \lambda_1 \cdot \text{{sign}}({w}) + \lambda_2 \cdot {w}"),
                ]
            });
            self.pair("what the penalties add", words, penalty, of);
        }
        if let Some(gradient) = &update.gradient {
            let title = "the gradient that the optimizer receives";
            let words = "The derivatives of the loss with whatever the recipe adds: earlier batches, penalties, clipping.";
            let of = [("g@", BY_W), (r"g@_{\text{bias}}", BY_B)].map(|(symbol, by)| {
                let formula = format!(r" = {by} \text{{ with all that the recipe adds}}");
                [symbol.into(), by.into(), formula]
            });
            self.pair(title, words, gradient, of);
            received = ["g@", r"g@_{\text{bias}}"];
        }
        for memory in &update.memory {
            let letter = catalogue::memory(&memory.name);
            let [weights, biases] = ["W", "b"].map(|w| {
                let symbol = |when: &str| format!(r"{letter}_{{{w}, \text{{{when}}}}}");
                let formula = format!(r" = {letter}_{w} \text{{ follows the derivatives}}");
                [symbol("now"), symbol("before"), formula]
            });
            self.weights(&weights[1], &memory.before.weights);
            if let Some(bias) = &memory.before.bias {
                self.row(&biases[1], bias);
            }
            let title = format!("the optimizer's memory {}", Formula::from(letter).text());
            let words = "What the optimizer remembers of the derivatives of each weight, this step included.";
            self.pair(&title, words, &memory.after, [weights, biases]);
        }
        received
    }

    /// Adds a part for the weights, and one for the biases where there are any. `of` has the symbols of result and operand, and
    /// the formula, of either.
    fn pair(&mut self, title: &str, words: &str, values: &'a WeightsAndBias, of: [[String; 3]; 2]) {
        for ([symbol, operand, formula], what) in of.iter().zip(["weights", "biases"]) {
            match (what, &values.bias) {
                ("weights", _) => self.weights(symbol, &values.weights),
                (_, Some(bias)) => self.row(symbol, bias),
                _ => return,
            }
            let title = format!("{title}, {what}");
            self.part(Rule::Pointwise, &title, &[("of", operand)], formula, words);
        }
    }
}
