//! The parts from δ of each layer to the parameters after the step.

use super::super::catalogue;
use super::super::formula::Formula;
use super::super::number::short_latex;
use super::{LayerArrays, Phase, Rule, Walkthrough};
use pellucid::inspection::trace::{LayerTrace, LayerUpdate, WeightsAndBias};

const BY_W: &str = r"\frac{\partial L}{\partial W@}";
const BY_B: &str = r"\frac{\partial L}{\partial b@}";

/// The indices of an array for the weights and of one for the biases.
type Pair = [Option<usize>; 2];

impl<'a> Walkthrough<'a> {
    pub(super) fn update(&mut self, number: usize, arrays: &mut LayerArrays) {
        let explanation = self.explanation;
        let layer = &explanation.layers[number - 1];
        let gradient = self.gradient(number, layer, arrays);
        let Some(weights_after) = &layer.weights_after else {
            return;
        };
        let before = [Some(arrays.weights), arrays.bias];
        let received = match &layer.update {
            Some(update) => self.optimizer_input(number, update, before, gradient),
            None => gradient,
        };
        let update = &explanation.update;
        let eta = short_latex(update.learning_rate.0);
        let eta_text = Formula::from(eta.as_str()).text();
        let rule = match update.is_plain {
            true => Rule::Descend,
            false => Rule::Pointwise,
        };
        let operands = |before: usize, gradient: Option<usize>| {
            let moved = gradient.filter(|_| !update.only_gathered);
            let mut operands = vec![("", before)];
            operands.extend(moved.map(|gradient| ("− η ·", gradient)));
            operands
        };
        let after = self.weights(number, r"\text{new } W@", weights_after);
        arrays.weights_after = Some(after);
        let words = match (update.only_gathered, update.is_plain) {
            (true, _) => "They stay: this batch only contributes to a later step.".into(),
            (_, true) => format!(
                "Each weight moves against its derivative: down where an increase would raise the loss, up where it would \
                 lower it, by η = {eta_text} times the derivative."
            ),
            _ => format!(
                "Each weight takes the step of the optimizer, {}, with η = {eta_text}.",
                update.optimizer.title()
            ),
        };
        let title = "the weights after the step";
        let part = self.part(
            Phase::Update,
            number,
            title,
            after,
            &operands(arrays.weights, received[0]),
        );
        part.words(words)
            .rule(rule)
            .formula(&match (update.is_plain, update.only_gathered) {
                (true, _) => format!(r"\text{{new }} W@ = W@ - {eta} \cdot {BY_W}"),
                (_, true) => r"\text{new } W@ = W@".into(),
                _ => r"\text{new } W@ \leftarrow W@".into(),
            });
        if !update.is_plain && !update.only_gathered {
            let lines = catalogue::optimizer(explanation);
            part.formulas.extend(lines.into_iter().map(Formula::from));
        }
        if let (Some(bias_after), Some(before)) = (&layer.bias_after, arrays.bias) {
            let after = self.row(number, r"\text{new } b@", bias_after);
            let title = "the biases after the step";
            self.part(
                Phase::Update,
                number,
                title,
                after,
                &operands(before, received[1]),
            )
            .words("The biases move in the same way.")
            .rule(rule)
            .formula(&match update.is_plain {
                true => format!(r"\text{{new }} b@ = b@ - {eta} \cdot {BY_B}"),
                false => r"\text{new } b@ \leftarrow b@".into(),
            });
        }
        let Some(n) = &layer.normalisation else { return };
        for (letter, what, derivatives, before, after) in [
            (r"\gamma@", "gain γ", &n.d_loss_d_gain, &n.gain, &n.gain_after),
            (r"\beta@", "shift β", &n.d_loss_d_shift, &n.shift, &n.shift_after),
        ] {
            let Some(after) = after else { continue };
            let by = format!(r"\frac{{\partial L}}{{\partial {letter}}}");
            let new = format!(r"\text{{new }} {letter}");
            let derivatives = self.row(number, &by, derivatives);
            let before = self.row(number, letter, before);
            let after = self.row(number, &new, after);
            let (title, operands) = (
                format!("the {what} after the step"),
                [("", before), ("− η ·", derivatives)],
            );
            self.part(Phase::Update, number, &title, after, &operands)
                .words(format!("The {what} of each unit is learnt as weights are."))
                .formula(&format!(r"{new} \leftarrow {letter}"))
                .rule(rule);
        }
    }

    /// ∂L/∂W and ∂L/∂b.
    fn gradient(&mut self, number: usize, layer: &'a LayerTrace, arrays: &LayerArrays) -> Pair {
        let input = match self.arrays[arrays.input].symbol.latex() {
            input if input.contains('^') => format!("({input})"),
            input => input.into(),
        };
        let over = match self.explanation.rows.len() {
            1 => "",
            _ => ", added up over the samples",
        };
        let weights = self.weights(number, BY_W, &layer.d_loss_d_weights);
        let operands = [("", arrays.input), ("ᵀ ·", arrays.delta)];
        let title = "how the loss changes with each weight";
        self.part(Phase::Update, number, title, weights, &operands)
            .words(format!(
                "A weight multiplies one input of the unit, so the loss changes with it by that input times the unit's δ{over}."
            ))
            .formula(&format!(r"{BY_W} = {input}^{{\top}} \cdot \delta@"))
            .rule(Rule::Gradient);
        let bias = layer.d_loss_d_bias.as_ref().map(|bias| {
            let bias = self.row(number, BY_B, bias);
            let title = "how the loss changes with each bias";
            self.part(Phase::Update, number, title, bias, &[("Σ", arrays.delta)])
                .words(
                    "A bias is added as it is, so its derivative is the unit's δ, added up over the samples.",
                )
                .formula(&format!(r"{BY_B} = \sum_{{n}} \delta@_n"))
                .rule(Rule::Sum);
            bias
        });
        [Some(weights), bias]
    }

    /// Penalties, the gradient that the optimizer receives, and its memory; the indices of the gradient received.
    fn optimizer_input(
        &mut self,
        number: usize,
        update: &'a LayerUpdate,
        before: Pair,
        gradient: Pair,
    ) -> Pair {
        let mut received = gradient;
        if let Some(penalty) = &update.penalty {
            let symbols = [r"\text{penalty} (W@)", r"\text{penalty} (b@)"];
            let right =
                ["W", "b"].map(|w| format!(r"\lambda_1 \cdot \text{{sign}}({w}) + \lambda_2 \cdot {w}"));
            let penalty = self.pair(number, symbols, penalty);
            let words = "The penalty on large weights pulls each of them towards 0.";
            self.parts_of_pair(number, "what the penalties add", words, right, penalty, before);
        }
        if let Some(gradient) = &update.gradient {
            let right = [BY_W, BY_B].map(|by| format!(r"{by} \text{{ with all that the recipe adds}}"));
            let pair = self.pair(number, ["g@", r"g@_{\text{bias}}"], gradient);
            let title = "the gradient that the optimizer receives";
            let words = "The derivatives of the loss with whatever the recipe adds: earlier batches, penalties, clipping.";
            self.parts_of_pair(number, title, words, right, pair, received);
            received = pair;
        }
        for memory in &update.memory {
            let letter = catalogue::memory(&memory.name);
            let symbols = |when: &str| ["W", "b"].map(|w| format!(r"{letter}_{{{w}, \text{{{when}}}}}"));
            let before = symbols("before");
            let before = self.pair(number, before.each_ref().map(String::as_str), &memory.before);
            let after = symbols("now");
            let after = self.pair(number, after.each_ref().map(String::as_str), &memory.after);
            let title = format!("the optimizer's memory {}", Formula::from(letter).text());
            let words = "What the optimizer remembers of the derivatives of each weight, this step included.";
            let right = ["W", "b"].map(|w| format!(r"{letter}_{w} \text{{ follows the derivatives}}"));
            self.parts_of_pair(number, &title, words, right, after, before);
        }
        received
    }

    fn pair(&mut self, number: usize, symbols: [&str; 2], of: &'a WeightsAndBias) -> Pair {
        let weights = self.weights(number, symbols[0], &of.weights);
        let bias = of.bias.as_ref().map(|bias| self.row(number, symbols[1], bias));
        [Some(weights), bias]
    }

    /// A part for the weights, and one for the biases where there are any.
    fn parts_of_pair(
        &mut self,
        number: usize,
        title: &str,
        words: &str,
        right: [String; 2],
        results: Pair,
        operands: Pair,
    ) {
        for (index, what) in ["weights", "biases"].into_iter().enumerate() {
            if let (Some(result), Some(operand)) = (results[index], operands[index]) {
                let formula = format!("{} = {}", self.arrays[result].symbol.latex(), right[index]);
                let title = format!("{title}, {what}");
                self.part(Phase::Update, number, &title, result, &[("of", operand)])
                    .words(words)
                    .formula(&formula);
            }
        }
    }
}
