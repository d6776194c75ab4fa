//! From the loss back to each sum, by the chain rule.

use super::super::catalogue;
use super::{Phase, Places, Rule, Story, readable};
use pellucid::Activation;

impl Story<'_> {
    pub(super) fn backward(&mut self, number: usize, places: &mut [Places], target: usize, at_once: bool) {
        let explanation = self.explanation;
        let layer = &explanation.layers[number - 1];
        let of = |letter: &str| format!("{letter}^{{({number})}}");
        let by = |letter: &str| format!(r"\frac{{\partial L}}{{\partial {letter}^{{({number})}}}}");
        let slope = format!(r"\frac{{\partial a^{{({number})}}}}{{\partial z^{{({number})}}}}");
        let is_output = number == places.len();
        let place = places[number - 1];
        let name = self.name(number);
        let upstream = self.of_units(by("a"), &layer.d_loss_d_activation, number);
        if is_output {
            let (_, of_loss) = catalogue::loss(explanation.recipe.train.loss);
            let factor = catalogue::share(explanation)
                .map_or(String::new(), |rows| format!(r"\frac{{1}}{{{rows}}} \cdot "));
            let of_loss = match factor.is_empty() || !of_loss.contains(" - ") || of_loss.starts_with('2') {
                true => of_loss,
                false => format!("({of_loss})"),
            };
            let weighted = if explanation.row_weights.is_some() {
                r" \cdot \text{weight of the sample}"
            } else {
                ""
            };
            self.tell(
                Phase::Backward,
                number,
                "how the loss changes with each output",
                "If an output grew by a tiny bit, the loss would change by this many times that bit: positive where the \
                 output is too large, negative where it is too small."
                    .into(),
                format!("{} = {factor}{of_loss}{weighted}", by("a")),
                Rule::Pointwise,
                upstream,
                vec![("of", place.activation), ("and", target)],
            );
        } else {
            let next = number + 1;
            let above = places[number];
            let moved = if at_once { r"\text{new }" } else { "" };
            let mask = place
                .mask
                .map_or(String::new(), |_| format!(r" \odot {}", of("m")));
            let weights = if at_once {
                self.after(next).unwrap_or(above.weights)
            } else {
                above.weights
            };
            let mut operands = vec![("", above.delta), ("·", weights)];
            operands.extend(place.mask.map(|mask| ("⊙", mask)));
            self.tell(
                Phase::Backward,
                number,
                "how the loss changes with each activation",
                format!(
                    "A unit of {name} acts on the loss through every unit that it feeds. The δ of each of those comes \
                     back through the weight between the two, and all that come back add up."
                ),
                format!(r"{} = \delta^{{({next})}} \cdot ({moved} W^{{({next})}})^{{\top}}{mask}", by("a")),
                Rule::Back,
                upstream,
                operands,
            );
        }
        let (_, derivative) = catalogue::function(layer.function);
        let own = self.of_units(slope.clone(), &layer.d_activation_d_z, number);
        let known = match layer.function {
            Activation::Sigmoid | Activation::Tanh | Activation::Exponential | Activation::Softmax => {
                place.activation
            }
            _ => place.delta, // still z
        };
        self.tell(
            Phase::Backward,
            number,
            &format!("slope of the activation ({})", readable(layer.function.name())),
            "How much the activation changes where its sum does: the slope of f at z.".into(),
            format!("{slope} = {derivative}"),
            Rule::Pointwise,
            own,
            vec![("of", known)],
        );
        let joint =
            catalogue::joint_delta(explanation.recipe.train.loss, layer.function).filter(|_| is_output);
        if let Some(normalisation) = &layer.normalisation {
            let before = self.of_units(by("z"), &normalisation.d_loss_d_z, number);
            self.tell(
                Phase::Backward,
                number,
                "how the loss changes with z",
                "The chain rule: the two slopes, one after the other, multiply.".into(),
                format!(r"{} = {} \odot {slope}", by("z"), by("a")),
                if layer.function == Activation::Softmax {
                    Rule::Softmax
                } else {
                    Rule::Product
                },
                before,
                vec![("", upstream), ("⊙", own)],
            );
            let delta = self.of_units(of(r"\delta"), &layer.delta, number);
            let mean = if normalisation.name == "batch" {
                r"\text{mean over the batch}"
            } else {
                r"\text{mean over the layer}"
            };
            self.tell(
                Phase::Backward,
                number,
                "δ, how the loss changes with each sum",
                "Back through the normalisation: mean and deviation depend on all of these sums, so what they share is taken out.".into(),
                format!(
                    r"{} = \frac{{1}}{{\sqrt{{\sigma^2 + \varepsilon}}}} (u - {mean} (u) - \hat{{x}} \cdot {mean} (u \hat{{x}})), \quad u = \gamma \odot {}",
                    of(r"\delta"),
                    by("z")
                ),
                Rule::Pointwise,
                delta,
                vec![("of", before)],
            );
            places[number - 1].delta = delta;
            return;
        }
        let delta = self.of_units(of(r"\delta"), &layer.delta, number);
        places[number - 1].delta = delta;
        let product = format!(r"{} \odot {slope}", by("a"));
        let (words, formula, rule, operands) = match (joint, layer.function) {
            (Some(joint), function) => {
                let factor = catalogue::share(explanation)
                    .map_or(String::new(), |rows| format!(r"\frac{{1}}{{{rows}}} \cdot "));
                let joint = if factor.is_empty() || joint.starts_with('2') {
                    joint.to_string()
                } else {
                    format!("({joint})")
                };
                let weighted = if explanation.row_weights.is_some() {
                    r" \cdot \text{weight of the sample}"
                } else {
                    ""
                };
                let all = if function == Activation::Softmax {
                    "Every output depends on every sum. Multiplied out, the chain rule leaves something very simple"
                } else {
                    "The chain rule: the two slopes multiply. Multiplied out, they leave something very simple"
                };
                (
                    format!("{all}, and that is what is computed: the difference between output and target."),
                    format!("{} = {factor}{joint}{weighted}", of(r"\delta")),
                    Rule::Pointwise,
                    vec![("of", place.activation), ("and", target)],
                )
            }
            (None, Activation::Softmax) => (
                "Every activation depends on every sum, so the slopes of all come together.".into(),
                format!(
                    r"{}_j = a_j \cdot (\frac{{\partial L}}{{\partial a_j}} - \sum_{{k}} a_k \frac{{\partial L}}{{\partial a_k}})",
                    of(r"\delta")
                ),
                Rule::Softmax,
                vec![("of", upstream), ("and", place.activation)],
            ),
            (None, _) => (
                format!(
                    "The chain rule: if the sum of a unit of {name} changes, its activation does, and so does the loss. The \
                     two slopes multiply."
                ),
                format!("{} = {product}", of(r"\delta")),
                Rule::Product,
                vec![("", upstream), ("⊙", own)],
            ),
        };
        self.tell(
            Phase::Backward,
            number,
            "δ, how the loss changes with each sum",
            words,
            formula,
            rule,
            delta,
            operands,
        );
    }
}
