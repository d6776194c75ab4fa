//! The parts from the input to the loss.

use super::super::axes::Axis;
use super::super::catalogue;
use super::{Numbers, Phase, Rule, SCALED_INPUT, Walkthrough, readable, slice};
use pellucid::Activation;
use pellucid::inspection::trace::{InputScalesTrace, NormalisationTrace};

const INVERSE_DEVIATION: &str = r"\frac{1}{\sqrt{\sigma^2 + \varepsilon}}@";

/// f(z) of a layer with parametric activations.
const FUNCTION: &str = "f@";

impl<'a> Walkthrough<'a> {
    /// The input x, and the array of the targets y.
    pub(super) fn input(&mut self) {
        let explanation = self.explanation;
        let rows = explanation.rows.len();
        let mut words = match rows {
            1 => "The input: one sample, one row.".to_string(),
            _ => format!("The input: {rows} samples, one row each."),
        };
        if let Some(count) = self.axes.inputs_that_count {
            let inputs = explanation.input.first().map_or(0, |row| row.0.len());
            words.push_str(&format!(
                " {count} of the {inputs} inputs are not 0 in {}; the others add nothing to any pre-activation.",
                if rows == 1 { "it" } else { "some of them" }
            ));
        }
        self.units("x", &explanation.input);
        self.part(Rule::Given, "Input", &[], "", words);
        let outputs = Axis::Units(explanation.layers.len());
        self.array("y", &explanation.target, Axis::Samples, outputs);
    }

    pub(super) fn forward(&mut self) {
        let layer = self.trace();
        if let Some(scales) = &layer.input_scales {
            self.scale_inputs(scales);
        }
        let below = self.input_symbol();
        self.weights("W@", &layer.weights);
        let (bias, plus) = match &layer.bias {
            Some(bias) => {
                self.row("b@", bias);
                (" and its bias", " + b@")
            }
            None => ("", ""),
        };
        match &layer.normalisation {
            Some(normalisation) => self.units("s@", &normalisation.sums),
            None => self.units("z@", &layer.z),
        }
        self.part(
            Rule::Affine,
            "pre-activations",
            &[("", below), ("·", "W@"), ("+", "b@")],
            &format!(r" = {below} \cdot W@{plus}"),
            format!(
                "Each unit of {} multiplies every input by its weight for that input and adds up the products{bias}. W has one \
                 column per unit.",
                self.name(self.layer)
            ),
        );
        if let Some(normalisation) = &layer.normalisation {
            self.normalise(normalisation);
        }
        match &layer.parametric {
            Some(parametric) => self.units(FUNCTION, &parametric.function),
            None => self.units("a@", &layer.activation),
        }
        let name = readable(layer.function.name());
        let words = match layer.function {
            Activation::Softmax => {
                "Softmax turns the pre-activations of a sample into probabilities: all are above 0, and together they are \
                 1."
                    .into()
            }
            Activation::Identity => "The pre-activations pass through unchanged.".into(),
            function => match function.range() {
                (low, high) if low.is_finite() && high.is_finite() => format!(
                    "Each pre-activation goes through the function f, here {name}, whose values lie between {low} and {high}."
                ),
                _ => format!("Each pre-activation goes through the function f, here {name}."),
            },
        };
        let (rule, left) = match layer.function {
            Activation::Softmax => (Rule::Softmax, "f(z)_j"),
            _ => (Rule::Function, "f(z)"),
        };
        let (f, _) = catalogue::activation(layer.function);
        let formula = format!(r" = f(z@), \quad {left} = {f}");
        let title = format!("activation ({name})");
        self.part(rule, &title, &[("f of", "z@")], &formula, words);
        if let Some(parametric) = &layer.parametric {
            self.row(r"\alpha@", &parametric.factors);
            self.units("a@", &layer.activation);
            self.part(
                Rule::Pointwise,
                "parametric activation",
                &[("of", "z@"), ("and", FUNCTION), ("and", r"\alpha@")],
                &format!(r" = z@ + \alpha@ \odot ({FUNCTION} - z@)"),
                "Each unit mixes its pre-activation and the function of it by its factor α, which is learnt: 1 gives the function, \
                 0 the pre-activation.",
            );
        }
        if let Some(dropout) = &layer.dropout {
            self.units("m@", &dropout.mask);
            self.units("h@", &dropout.output);
            self.part(
                Rule::Product,
                "dropout",
                &[("", "a@"), ("⊙", "m@")],
                r" = a@ \odot m@",
                "Some units, drawn at random, are left out of this step: their factor is 0. The others are scaled up to \
                 compensate.",
            );
        }
    }

    /// From the features to what the first layer's weights multiply.
    fn scale_inputs(&mut self, scales: &'a InputScalesTrace) {
        let features = Axis::Units(0);
        self.array("c", slice::from_ref(&scales.scales), Axis::One, features);
        self.array(SCALED_INPUT, &scales.scaled, Axis::Samples, features);
        self.part(
            Rule::Product,
            "scaled input",
            &[("", "x"), ("⊙", "c")],
            r" = x \odot c",
            "Each input is multiplied by its scale, which is learnt: training weakens inputs that are of no use.",
        );
    }

    /// From s = x·W + b to z.
    fn normalise(&mut self, normalisation: &'a NormalisationTrace) {
        let (columns, over) = match normalisation.name.as_str() {
            "batch" => (
                Axis::Units(self.layer),
                "The pre-activations of each unit over the batch",
            ),
            _ => (Axis::Samples, "The pre-activations of each sample over the layer"),
        };
        let moments = [
            (r"\mu@", &normalisation.mean),
            (INVERSE_DEVIATION, &normalisation.inverse_deviation),
        ];
        for (symbol, values) in moments {
            self.array(symbol, slice::from_ref(values), Axis::One, columns);
        }
        self.units(r"\hat{x}@", &normalisation.normal);
        self.part(
            Rule::Normal,
            "normalised pre-activations",
            &[("", "s@"), ("−", r"\mu@"), ("×", INVERSE_DEVIATION)],
            r" = \frac{s@ - \mu@}{\sqrt{\sigma^2 + \varepsilon}}",
            format!("{over} are brought to mean 0 and standard deviation 1."),
        );
        self.row(r"\gamma@", &normalisation.gain);
        self.row(r"\beta@", &normalisation.shift);
        self.units("z@", &self.trace().z);
        self.part(
            Rule::ScaleShift,
            "scaled and shifted",
            &[("", r"\gamma@"), ("⊙", r"\hat{x}@"), ("+", r"\beta@")],
            r" = \gamma@ \odot \hat{x}@ + \beta@",
            "Each unit multiplies its normalised pre-activations by its gain γ and adds its shift β; both are learnt.",
        );
    }

    pub(super) fn loss(&mut self) {
        let explanation = self.explanation;
        let output = self.at_layer("a@");
        (self.phase, self.layer) = (Phase::Loss, 0);
        let loss = vec![Numbers(vec![explanation.loss.0])];
        self.array("L", loss, Axis::One, Axis::One);
        let (value, _) = catalogue::loss(explanation.recipe.train.loss);
        let rows = explanation.rows.len();
        let outputs = explanation.layers.last().map_or(1, |layer| layer.fan_out);
        let sum = match (rows, outputs) {
            (1, 1) => "",
            (1, _) => r"\sum_{j} ",
            (_, 1) => r"\sum_{n} ",
            _ => r"\sum_{n} \sum_{j} ",
        };
        let value = match value.starts_with('-') && !sum.is_empty() {
            true => format!("({value})"),
            false => value,
        };
        let (factor, over) = match (rows, catalogue::share(explanation)) {
            (1, _) => (String::new(), "of this one sample"),
            (_, Some(rows)) => (format!(r"\frac{{1}}{{{rows}}} "), "the mean of the samples"),
            (_, None) => (String::new(), "summed over the samples"),
        };
        self.part(
            Rule::Loss,
            &format!("Loss ({})", readable(explanation.recipe.train.loss.name())),
            &[("of", &output), ("and", "y")],
            &format!(" = {factor}{sum}{value}"),
            format!(
                "One number says how far the outputs a are from the targets y, {over}. Training makes it smaller."
            ),
        );
    }
}
