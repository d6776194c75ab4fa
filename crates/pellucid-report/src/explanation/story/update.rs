//! From each δ to the weights after the step.

use super::super::axes::Axis;
use super::super::catalogue;
use super::super::formula::Formula;
use super::super::number;
use super::{Chapter, Phase, Places, Rule, Story, Values};
use pellucid::inspection::trace::WeightsAndBias;

impl<'a> Story<'a> {
    /// Where the weights of a layer after the step are, once they were told of.
    pub(super) fn after(&self, number: usize) -> Option<usize> {
        let of = |chapter: &&Chapter| {
            chapter.phase == Phase::Update && chapter.layer == Some(number) && chapter.rule == Rule::Descend
        };
        self.chapters.iter().find(of).map(|chapter| chapter.result)
    }

    pub(super) fn update(&mut self, number: usize, place: Places) {
        let explanation = self.explanation;
        let layer = &explanation.layers[number - 1];
        let units = Axis::Units(number);
        let by = |letter: &str| format!(r"\frac{{\partial L}}{{\partial {letter}^{{({number})}}}}");
        let of = |letter: &str| format!("{letter}^{{({number})}}");
        let after = |letter: &str| format!(r"\text{{new }} {letter}^{{({number})}}");
        let input = self.arrays[place.input].symbol.latex().to_string();
        let weights = self.array(
            by("W"),
            Values::Table(&layer.d_loss_d_weights),
            Axis::Units(number - 1),
            units,
        );
        let samples = explanation.rows.len();
        let words = match samples {
            1 => "A weight carries the number that comes in to the unit's sum, so the loss changes with it by that number times the unit's δ.".to_string(),
            _ => "A weight carries the number that comes in to the unit's sum, so the loss changes with it by that number times the unit's δ, added up over the samples.".into(),
        };
        self.tell(
            Phase::Update,
            number,
            "how the loss changes with each weight",
            words,
            match input.contains('^') {
                true => format!(r"{} = ({input})^{{\top}} \cdot \delta^{{({number})}}", by("W")),
                false => format!(r"{} = {input}^{{\top}} \cdot \delta^{{({number})}}", by("W")),
            },
            Rule::Gradient,
            weights,
            vec![("", place.input), ("ᵀ ·", place.delta)],
        );
        let bias = layer.d_loss_d_bias.as_ref();
        let bias = bias.map(|bias| self.array(by("b"), Values::Row(bias), Axis::One, units));
        if let Some(bias) = bias {
            self.tell(
                Phase::Update,
                number,
                "how the loss changes with each bias",
                "A bias is added to the sum as it is, so its slope is the unit's δ, added up over the samples.".into(),
                format!(r"{} = \sum_{{n}} \delta^{{({number})}}_n", by("b")),
                Rule::Sum,
                bias,
                vec![("Σ", place.delta)],
            );
        }
        let Some(weights_after) = &layer.weights_after else {
            return;
        };
        let mut given = [Some(weights), bias];
        let is_plain = explanation.update.is_plain;
        if let Some(update) = &layer.update {
            if let Some(penalty) = &update.penalty {
                let of_penalty = |letter: &str| format!(r"\text{{penalty}} ({letter}^{{({number})}})");
                let places = self.affine([of_penalty("W"), of_penalty("b")], penalty, number);
                self.pair(
                    number,
                    "what the penalties add",
                    "The penalty on large weights pulls each of them towards 0.",
                    [
                        r"\lambda_1 \cdot \text{sign}(W) + \lambda_2 \cdot W",
                        r"\lambda_1 \cdot \text{sign}(b) + \lambda_2 \cdot b",
                    ],
                    Rule::Pointwise,
                    places,
                    [Some(place.weights), place.bias],
                );
            }
            if let Some(gradient) = &update.gradient {
                let of_g = [of("g"), of("g") + r"_{\text{bias}}"];
                let places = self.affine(of_g, gradient, number);
                self.pair(number, "the gradient that the optimizer gets", "The slopes of the loss with whatever the recipe adds: the batches before, the penalties, clipped where they are too large.", [&by("W"), &by("b")].map(|slope| format!(r"{slope} \text{{ with all that the recipe adds}}")).each_ref().map(String::as_str), Rule::Pointwise, places, given);
                given = places;
            }
            for memory in &update.memory {
                let letter = memory_symbol(&memory.name);
                let symbols = |when: &str| {
                    [
                        format!("{letter}_{{W, \\text{{{when}}}}}"),
                        format!("{letter}_{{b, \\text{{{when}}}}}"),
                    ]
                };
                let before = self.affine(symbols("before"), &memory.before, number);
                let now = self.affine(symbols("now"), &memory.after, number);
                let operands = before;
                self.pair(
                    number,
                    &format!("the optimizer's memory {}", Formula::from(letter).text()),
                    "What the optimizer remembers of each weight's slopes so far, with this one.",
                    [&format!("{letter}_W"), &format!("{letter}_b")]
                        .map(|s| format!(r"{s} \text{{ follows the slopes}}"))
                        .each_ref()
                        .map(String::as_str),
                    Rule::Pointwise,
                    now,
                    operands,
                );
            }
        }
        let eta = number::short_latex(explanation.update.learning_rate.0);
        let new = self.array(
            after("W"),
            Values::Table(weights_after),
            Axis::Units(number - 1),
            units,
        );
        let words = if explanation.update.only_gathered {
            "They stay: this batch only gathers for a later step.".to_string()
        } else if is_plain {
            format!(
                "Each weight moves against its slope: down where more of it would make the loss larger, up where it would make it smaller, by η = {} times the slope.",
                Formula::from(eta.as_str()).text()
            )
        } else {
            format!(
                "Each weight takes the step of the optimizer, {}, with η = {}.",
                explanation.update.optimizer.title(),
                Formula::from(eta.as_str()).text()
            )
        };
        let rule = if is_plain { Rule::Descend } else { Rule::Pointwise };
        let formula = if is_plain {
            format!(r"{} = {} - {eta} \cdot {}", after("W"), of("W"), by("W"))
        } else if explanation.update.only_gathered {
            format!("{} = {}", after("W"), of("W"))
        } else {
            format!(r"{} \leftarrow {}", after("W"), of("W"))
        };
        let mut operands = vec![("", place.weights)];
        if !explanation.update.only_gathered {
            operands.extend(given[0].map(|given| ("− η ·", given)));
        }
        self.tell(
            Phase::Update,
            number,
            "the weights after the step",
            words,
            formula,
            rule,
            new,
            operands,
        );
        if !is_plain
            && !explanation.update.only_gathered
            && let Some(last) = self.chapters.last_mut()
        {
            last.more = catalogue::rule(explanation)
                .into_iter()
                .map(Formula::from)
                .collect();
        }
        if let (Some(bias_after), Some(before)) = (&layer.bias_after, place.bias) {
            let new = self.array(after("b"), Values::Row(bias_after), Axis::One, units);
            let mut operands = vec![("", before)];
            operands.extend(
                given[1]
                    .filter(|_| !explanation.update.only_gathered)
                    .map(|given| ("− η ·", given)),
            );
            let formula = if is_plain {
                format!(r"{} = {} - {eta} \cdot {}", after("b"), of("b"), by("b"))
            } else {
                format!(r"{} \leftarrow {}", after("b"), of("b"))
            };
            self.tell(
                Phase::Update,
                number,
                "the biases after the step",
                "The biases move in the same way.".into(),
                formula,
                rule,
                new,
                operands,
            );
        }
        if let Some(normalisation) = &layer.normalisation {
            for (letter, slopes, before, now) in [
                (
                    r"\gamma",
                    &normalisation.d_loss_d_gain,
                    &normalisation.gain,
                    &normalisation.gain_after,
                ),
                (
                    r"\beta",
                    &normalisation.d_loss_d_shift,
                    &normalisation.shift,
                    &normalisation.shift_after,
                ),
            ] {
                let Some(now) = now else { continue };
                let slopes = self.array(by(letter), Values::Row(slopes), Axis::One, units);
                let before = self.array(of(letter), Values::Row(before), Axis::One, units);
                let now = self.array(after(letter), Values::Row(now), Axis::One, units);
                let what = if letter == r"\gamma" {
                    "gain γ"
                } else {
                    "shift β"
                };
                self.tell(
                    Phase::Update,
                    number,
                    &format!("the {what} after the step"),
                    format!("The {what} of each unit is learnt as weights are."),
                    format!(r"{} \leftarrow {}", after(letter), of(letter)),
                    rule,
                    now,
                    vec![("", before), ("− η ·", slopes)],
                );
            }
        }
    }

    /// A chapter for weights, and one for biases where there are any.
    #[expect(clippy::too_many_arguments, reason = "what a chapter is made of")]
    fn pair(
        &mut self,
        number: usize,
        title: &str,
        words: &str,
        right: [&str; 2],
        rule: Rule,
        results: [Option<usize>; 2],
        operands: [Option<usize>; 2],
    ) {
        for (index, what) in ["weights", "biases"].into_iter().enumerate() {
            if let (Some(result), Some(operand)) = (results[index], operands[index]) {
                let formula = format!("{} = {}", self.arrays[result].symbol.latex(), right[index]);
                self.tell(
                    Phase::Update,
                    number,
                    &format!("{title}, {what}"),
                    words.into(),
                    formula,
                    rule,
                    result,
                    vec![("of", operand)],
                );
            }
        }
    }

    fn affine(&mut self, symbols: [String; 2], of: &'a WeightsAndBias, layer: usize) -> [Option<usize>; 2] {
        let weights = Values::Table(&of.weights);
        let weights = self.array(
            symbols[0].clone(),
            weights,
            Axis::Units(layer - 1),
            Axis::Units(layer),
        );
        let bias = of.bias.as_ref();
        let bias = bias.map(|bias| {
            self.array(
                symbols[1].clone(),
                Values::Row(bias),
                Axis::One,
                Axis::Units(layer),
            )
        });
        [Some(weights), bias]
    }
}

fn memory_symbol(name: &str) -> &str {
    match name {
        "b" => r"\text{velocity}",
        "Δ" => r"\Delta",
        "Δθ" => r"\text{step}",
        "v̂" => r"\hat{v}",
        other => other,
    }
}
