//! The parts from the loss back to δ of each layer, by the chain rule.

use super::super::catalogue;
use super::{Phase, Rule, Walkthrough, readable};
use pellucid::Activation;

const BY_A: &str = r"\frac{\partial L}{\partial a@}";
const BY_Z: &str = r"\frac{\partial L}{\partial z@}";
const DERIVATIVE: &str = r"\frac{\partial a@}{\partial z@}";

const OF_OUTPUT: [(&str, &str); 2] = [("of", "a@"), ("and", "y")];
const CHAIN_RULE: [(&str, &str); 2] = [("", BY_A), ("⊙", DERIVATIVE)];

impl Walkthrough<'_> {
    pub(super) fn backward(&mut self) {
        self.phase = Phase::Backward;
        let explanation = self.explanation;
        let layer = self.trace();
        let loss = explanation.recipe.train.loss;
        let is_output = self.layer == explanation.layers.len();
        let name = self.name(self.layer);
        let factor = catalogue::share_factor(explanation);
        let weighted = match explanation.row_weights {
            Some(_) => r" \cdot \text{weight of the sample}",
            None => "",
        };
        self.units(BY_A, &layer.d_loss_d_activation);
        if is_output {
            let (_, derivative) = catalogue::loss(loss);
            let derivative =
                match factor.is_empty() || !derivative.contains(" - ") || derivative.starts_with('2') {
                    true => derivative,
                    false => format!("({derivative})"),
                };
            self.part(
                Rule::LossDerivative,
                "how the loss changes with each output",
                &OF_OUTPUT,
                &format!(" = {factor}{derivative}{weighted}"),
                "If an output grew by a tiny amount, the loss would change by this many times that amount: positive where \
                 the output is too large, negative where it is too small.",
            );
        } else {
            // Where the layers are updated from the output down, those of the layer above are new by now.
            let weights = match self.find(r"\text{new } W@+") {
                Some(_) => r"\text{new } W@+",
                None => " W@+",
            };
            let mask = layer.dropout.as_ref().map_or("", |_| r" \odot m@");
            self.part(
                Rule::Back,
                "how the loss changes with each activation",
                &[("", r"\delta@+"), ("·", weights.trim_start()), ("⊙", "m@")],
                &format!(r" = \delta@+ \cdot ({weights})^{{\top}}{mask}"),
                format!(
                    "A unit of {name} acts on the loss through every unit that it feeds. The δ of each of those comes back \
                     through the weight between the two, and the products add up."
                ),
            );
        }
        let (_, derivative) = catalogue::activation(layer.function);
        let known = match layer.function {
            Activation::Sigmoid | Activation::Tanh | Activation::Exponential | Activation::Softmax => "a@",
            _ => "z@",
        };
        self.units(DERIVATIVE, &layer.d_activation_d_z);
        let title = format!(
            "derivative of the activation ({})",
            readable(layer.function.name())
        );
        match &layer.parametric {
            None => self.part(
                Rule::Derivative,
                &title,
                &[("of", known)],
                &format!(" = {derivative}"),
                "How much the activation changes when its pre-activation does: the derivative of f at z.",
            ),
            Some(_) => self.part(
                Rule::Pointwise,
                &title,
                &[("of", "z@"), ("and", r"\alpha@")],
                r" = 1 + \alpha@ \odot (f'(z@) - 1)",
                "How much the activation changes when its pre-activation does: by the factor α the derivative of f at z, and else \
                 1.",
            ),
        };
        let title = "δ, how the loss changes with each pre-activation";
        if let Some(normalisation) = &layer.normalisation {
            self.units(BY_Z, &normalisation.d_loss_d_z);
            self.part(
                match layer.function {
                    Activation::Softmax => Rule::Softmax,
                    _ => Rule::Product,
                },
                "how the loss changes with z",
                &CHAIN_RULE,
                &format!(r" = {BY_A} \odot {DERIVATIVE}"),
                "The chain rule: the two derivatives multiply.",
            );
            let mean = match normalisation.name.as_str() {
                "batch" => r"\text{mean over the batch}",
                _ => r"\text{mean over the layer}",
            };
            self.units(r"\delta@", &layer.delta);
            self.part(
                Rule::Pointwise,
                title,
                &[("of", BY_Z)],
                &format!(
                    r" = \frac{{1}}{{\sqrt{{\sigma^2 + \varepsilon}}}} (u - {mean} (u) - \hat{{x}} \cdot {mean} (u \hat{{x}})), \quad u = \gamma \odot {BY_Z}"
                ),
                "Back through the normalisation: mean and standard deviation depend on all of these pre-activations, so \
                 their common part is subtracted.",
            );
            return;
        }
        self.units(r"\delta@", &layer.delta);
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
                self.part(
                    Rule::PairedDelta,
                    title,
                    &OF_OUTPUT,
                    &format!(" = {factor}{paired}{weighted}"),
                    format!(
                        "{rule} something very simple, and that is what is computed: the difference between output and target."
                    ),
                )
            }
            (None, Activation::Softmax) => self.part(
                Rule::Softmax,
                title,
                &[("of", BY_A), ("and", "a@")],
                r"_j = a_j \cdot (\frac{\partial L}{\partial a_j} - \sum_{k} a_k \frac{\partial L}{\partial a_k})",
                "Every activation depends on every pre-activation, so the derivatives of all of them combine.",
            ),
            (None, _) => self.part(
                Rule::Product,
                title,
                &CHAIN_RULE,
                &format!(r" = {BY_A} \odot {DERIVATIVE}"),
                format!(
                    "The chain rule: if the pre-activation of a unit of {name} changes, its activation changes, and so does \
                     the loss. The two derivatives multiply."
                ),
            ),
        };
    }
}
