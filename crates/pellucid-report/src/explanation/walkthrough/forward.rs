//! The parts from the input to the loss.

use super::super::axes::Axis;
use super::super::catalogue;
use super::{LayerArrays, Phase, Rule, Values, Walkthrough, at_layer, readable};
use pellucid::Activation;
use pellucid::inspection::trace::NormalisationTrace;

impl<'a> Walkthrough<'a> {
    pub(super) fn input(&mut self) -> usize {
        let explanation = self.explanation;
        let x = self.array(
            "x",
            Values::Table(&explanation.input),
            Axis::Samples,
            Axis::Units(0),
        );
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
        self.add(Phase::Forward, None, "Input".into(), x, &[])
            .words(words)
            .rule(Rule::Given);
        x
    }

    pub(super) fn forward(&mut self, number: usize, input: usize) -> LayerArrays {
        let layer = &self.explanation.layers[number - 1];
        let below = self.arrays[input].symbol.latex().to_string();
        let weights = self.weights(number, "W@", &layer.weights);
        let bias = layer.bias.as_ref().map(|bias| self.row(number, "b@", bias));
        let mut operands = vec![("", input), ("·", weights)];
        operands.extend(bias.map(|bias| ("+", bias)));
        let (words, plus) = match bias {
            Some(_) => (" and its bias", " + b@"),
            None => ("", ""),
        };
        let words = format!(
            "Each unit of {} multiplies every input by its weight for that input and adds up the products{words}. W has one \
             column per unit.",
            self.name(number)
        );
        let (letter, sums) = match &layer.normalisation {
            Some(normalisation) => ("s@", &normalisation.sums),
            None => ("z@", &layer.z),
        };
        let mut z = self.units(number, letter, sums);
        self.part(Phase::Forward, number, "pre-activations", z, &operands)
            .words(words)
            .formula(&format!(r"{letter} = {below} \cdot W@{plus}"))
            .rule(Rule::Affine);
        if let Some(normalisation) = &layer.normalisation {
            z = self.normalise(number, normalisation, z);
        }
        let activation = self.units(number, "a@", &layer.activation);
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
        let title = format!("activation ({name})");
        self.part(Phase::Forward, number, &title, activation, &[("f of", z)])
            .words(words)
            .formula(&format!(r"a@ = f(z@), \quad {left} = {f}"))
            .rule(rule);
        let mask = layer.dropout.as_ref().map(|dropout| {
            let mask = self.units(number, "m@", &dropout.mask);
            let output = self.units(number, "h@", &dropout.output);
            let operands = [("", activation), ("⊙", mask)];
            self.part(Phase::Forward, number, "dropout", output, &operands)
                .words(
                    "Some units, drawn at random, are left out of this step: their factor is 0. The others are scaled up to \
                     compensate.",
                )
                .formula(r"h@ = a@ \odot m@")
                .rule(Rule::Product);
            mask
        });
        LayerArrays {
            weights,
            bias,
            input,
            z,
            activation,
            mask,
            delta: z,
            weights_after: None,
        }
    }

    /// From s = x·W + b to z; the index of z.
    fn normalise(&mut self, number: usize, normalisation: &'a NormalisationTrace, sums: usize) -> usize {
        let layer = &self.explanation.layers[number - 1];
        let is_batch = normalisation.name == "batch";
        let columns = match is_batch {
            true => Axis::Units(number),
            false => Axis::Samples,
        };
        let mean = at_layer(r"\mu@", number);
        let mean = self.array(mean, Values::Row(&normalisation.mean), Axis::One, columns);
        let inverse = at_layer(r"\frac{1}{\sqrt{\sigma^2 + \varepsilon}}@", number);
        let values = Values::Row(&normalisation.inverse_deviation);
        let inverse = self.array(inverse, values, Axis::One, columns);
        let normal = self.units(number, r"\hat{x}@", &normalisation.normal);
        let over = match is_batch {
            true => "The pre-activations of each unit over the batch",
            false => "The pre-activations of each sample over the layer",
        };
        let operands = [("", sums), ("−", mean), ("×", inverse)];
        self.part(
            Phase::Forward,
            number,
            "normalised pre-activations",
            normal,
            &operands,
        )
        .words(format!("{over} are brought to mean 0 and standard deviation 1."))
        .formula(r"\hat{x}@ = \frac{s@ - \mu@}{\sqrt{\sigma^2 + \varepsilon}}")
        .rule(Rule::Normal);
        let gain = self.row(number, r"\gamma@", &normalisation.gain);
        let shift = self.row(number, r"\beta@", &normalisation.shift);
        let z = self.units(number, "z@", &layer.z);
        let operands = [("", gain), ("⊙", normal), ("+", shift)];
        self.part(Phase::Forward, number, "scaled and shifted", z, &operands)
            .words("Each unit multiplies its normalised pre-activations by its gain γ and adds its shift β; both are learnt.")
            .formula(r"z@ = \gamma@ \odot \hat{x}@ + \beta@")
            .rule(Rule::ScaleShift);
        z
    }

    pub(super) fn loss(&mut self, output: usize, target: usize) {
        let explanation = self.explanation;
        let loss = self.array("L", Values::Number(explanation.loss.0), Axis::One, Axis::One);
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
        let title = format!("Loss ({})", readable(explanation.recipe.train.loss.name()));
        self.add(Phase::Loss, None, title, loss, &[("of", output), ("and", target)])
            .words(format!(
                "One number says how far the outputs a are from the targets y, {over}. Training makes it smaller."
            ))
            .formula(&format!("L = {factor}{sum}{value}"))
            .rule(Rule::Loss);
    }
}
