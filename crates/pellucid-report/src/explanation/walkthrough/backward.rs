//! The parts from the loss back to δ of each layer, by the chain rule.

use super::super::catalogue;
use super::{LayerArrays, Phase, Rule, Walkthrough, readable};
use pellucid::Activation;

const BY_A: &str = r"\frac{\partial L}{\partial a@}";
const BY_Z: &str = r"\frac{\partial L}{\partial z@}";
const DERIVATIVE: &str = r"\frac{\partial a@}{\partial z@}";

impl Walkthrough<'_> {
    pub(super) fn backward(
        &mut self,
        number: usize,
        layers: &mut [LayerArrays],
        target: usize,
        at_once: bool,
    ) {
        let explanation = self.explanation;
        let layer = &explanation.layers[number - 1];
        let loss = explanation.recipe.train.loss;
        let is_output = number == layers.len();
        let arrays = layers[number - 1];
        let name = self.name(number);
        let factor = catalogue::share_factor(explanation);
        let weighted = match explanation.row_weights {
            Some(_) => r" \cdot \text{weight of the sample}",
            None => "",
        };
        let of_output = [("of", arrays.activation), ("and", target)];
        let upstream = self.units(number, BY_A, &layer.d_loss_d_activation);
        if is_output {
            let (_, derivative) = catalogue::loss(loss);
            let derivative =
                match factor.is_empty() || !derivative.contains(" - ") || derivative.starts_with('2') {
                    true => derivative,
                    false => format!("({derivative})"),
                };
            let title = "how the loss changes with each output";
            self.part(Phase::Backward, number, title, upstream, &of_output)
                .words(
                    "If an output grew by a tiny amount, the loss would change by this many times that amount: positive where \
                     the output is too large, negative where it is too small.",
                )
                .formula(&format!("{BY_A} = {factor}{derivative}{weighted}"))
                .rule(Rule::LossDerivative);
        } else {
            let above = layers[number];
            let (moved, weights) = match above.weights_after.filter(|_| at_once) {
                Some(after) => (r"\text{new }", after),
                None => ("", above.weights),
            };
            let mut operands = vec![("", above.delta), ("·", weights)];
            operands.extend(arrays.mask.map(|mask| ("⊙", mask)));
            let mask = arrays.mask.map_or("", |_| r" \odot m@");
            let title = "how the loss changes with each activation";
            self.part(Phase::Backward, number, title, upstream, &operands)
                .words(format!(
                    "A unit of {name} acts on the loss through every unit that it feeds. The δ of each of those comes back \
                     through the weight between the two, and the products add up."
                ))
                .formula(&format!(r"{BY_A} = \delta@+ \cdot ({moved} W@+)^{{\top}}{mask}"))
                .rule(Rule::Back);
        }
        let (_, derivative) = catalogue::activation(layer.function);
        let own = self.units(number, DERIVATIVE, &layer.d_activation_d_z);
        let known = match layer.function {
            Activation::Sigmoid | Activation::Tanh | Activation::Exponential | Activation::Softmax => {
                arrays.activation
            }
            _ => arrays.z,
        };
        let title = format!(
            "derivative of the activation ({})",
            readable(layer.function.name())
        );
        self.part(Phase::Backward, number, &title, own, &[("of", known)])
            .words("How much the activation changes when its pre-activation does: the derivative of f at z.")
            .formula(&format!("{DERIVATIVE} = {derivative}"))
            .rule(Rule::Derivative);
        let product = [("", upstream), ("⊙", own)];
        let title = "δ, how the loss changes with each pre-activation";
        if let Some(normalisation) = &layer.normalisation {
            let by_z = self.units(number, BY_Z, &normalisation.d_loss_d_z);
            self.part(
                Phase::Backward,
                number,
                "how the loss changes with z",
                by_z,
                &product,
            )
            .words("The chain rule: the two derivatives multiply.")
            .formula(&format!(r"{BY_Z} = {BY_A} \odot {DERIVATIVE}"))
            .rule(match layer.function {
                Activation::Softmax => Rule::Softmax,
                _ => Rule::Product,
            });
            let delta = self.units(number, r"\delta@", &layer.delta);
            let mean = match normalisation.name.as_str() {
                "batch" => r"\text{mean over the batch}",
                _ => r"\text{mean over the layer}",
            };
            self.part(Phase::Backward, number, title, delta, &[("of", by_z)])
                .words(
                    "Back through the normalisation: mean and standard deviation depend on all of these pre-activations, so \
                     their common part is subtracted.",
                )
                .formula(&format!(
                    r"\delta@ = \frac{{1}}{{\sqrt{{\sigma^2 + \varepsilon}}}} (u - {mean} (u) - \hat{{x}} \cdot {mean} (u \hat{{x}})), \quad u = \gamma \odot {BY_Z}"
                ));
            layers[number - 1].delta = delta;
            return;
        }
        let delta = self.units(number, r"\delta@", &layer.delta);
        layers[number - 1].delta = delta;
        let paired = catalogue::paired_delta(loss, layer.function).filter(|_| is_output);
        match (paired, layer.function) {
            (Some(paired), function) => {
                let paired = match factor.is_empty() || paired.starts_with('2') {
                    true => paired.to_string(),
                    false => format!("({paired})"),
                };
                let rule = match function {
                    Activation::Softmax => "Every output depends on every pre-activation. Multiplied out, the chain rule leaves",
                    _ => "The chain rule: the two derivatives multiply. Multiplied out, they leave",
                };
                self.part(Phase::Backward, number, title, delta, &of_output)
                    .words(format!(
                        "{rule} something very simple, and that is what is computed: the difference between output and target."
                    ))
                    .formula(&format!(r"\delta@ = {factor}{paired}{weighted}"))
                    .rule(Rule::PairedDelta)
            }
            (None, Activation::Softmax) => {
                let operands = [("of", upstream), ("and", arrays.activation)];
                self.part(Phase::Backward, number, title, delta, &operands)
                    .words("Every activation depends on every pre-activation, so the derivatives of all of them combine.")
                    .formula(
                        r"\delta@_j = a_j \cdot (\frac{\partial L}{\partial a_j} - \sum_{k} a_k \frac{\partial L}{\partial a_k})",
                    )
                    .rule(Rule::Softmax)
            }
            (None, _) => self
                .part(Phase::Backward, number, title, delta, &product)
                .words(format!(
                    "The chain rule: if the pre-activation of a unit of {name} changes, its activation changes, and so does \
                     the loss. The two derivatives multiply."
                ))
                .formula(&format!(r"\delta@ = {BY_A} \odot {DERIVATIVE}"))
                .rule(Rule::Product),
        };
    }
}
