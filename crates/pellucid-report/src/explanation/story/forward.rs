//! From the input to the loss.

use super::super::axes::Axis;
use super::super::catalogue;
use super::{Chapter, Phase, Places, Rule, Story, Values, readable};
use pellucid::Activation;
use pellucid::inspection::trace::LayerTrace;

impl<'a> Story<'a> {
    pub(super) fn given(&mut self) -> usize {
        let explanation = self.explanation;
        let x = self.array(
            "x",
            Values::Table(&explanation.input),
            Axis::Samples,
            Axis::Units(0),
        );
        let rows = explanation.rows.len();
        let mut words = match rows {
            1 => "The numbers that go in: one sample, one row.".to_string(),
            _ => format!("The numbers that go in: {rows} samples, a row each."),
        };
        if let Some(count) = self.axes.inputs_that_count {
            let inputs = explanation.input.first().map_or(0, |row| row.0.len());
            words.push_str(&format!(
                " {count} of the {inputs} inputs are not 0 in {}; the others add nothing to any sum.",
                if rows == 1 { "it" } else { "some of them" }
            ));
        }
        self.chapters.push(Chapter {
            phase: Phase::Forward,
            layer: None,
            title: "Input".into(),
            words,
            formula: "x".into(),
            more: Vec::new(),
            rule: Rule::Given,
            result: x,
            operands: Vec::new(),
        });
        x
    }

    pub(super) fn forward(&mut self, number: usize, layer: &'a LayerTrace, input: usize) -> Places {
        let below = self.arrays[input].symbol.latex().to_string();
        let name = self.name(number);
        let units = Axis::Units(number);
        let of = |letter: &str| format!("{letter}^{{({number})}}");
        let weights = self.array(
            of("W"),
            Values::Table(&layer.weights),
            Axis::Units(number - 1),
            units,
        );
        let bias = layer.bias.as_ref();
        let bias = bias.map(|bias| self.array(of("b"), Values::Row(bias), Axis::One, units));
        let affine = format!(
            "{below} \\cdot {}{}",
            of("W"),
            if bias.is_some() {
                format!(" + {}", of("b"))
            } else {
                String::new()
            }
        );
        let mut operands = vec![("", input), ("·", weights)];
        operands.extend(bias.map(|bias| ("+", bias)));
        let words = format!(
            "Each unit of {name} multiplies every number that comes in with its weight for it and adds up the products{}. \
             W has a column for each unit.",
            if bias.is_some() { ", and its bias" } else { "" }
        );
        let sums = match &layer.normalisation {
            Some(normalisation) => &normalisation.sums,
            None => &layer.z,
        };
        let letter = if layer.normalisation.is_some() { "s" } else { "z" };
        let mut z = self.of_units(of(letter), sums, number);
        self.tell(
            Phase::Forward,
            number,
            "weighted sums",
            words,
            format!("{} = {affine}", of(letter)),
            Rule::Affine,
            z,
            operands,
        );
        if let Some(normalisation) = &layer.normalisation {
            let by = if normalisation.name == "batch" {
                units
            } else {
                Axis::Samples
            };
            let (rows, columns) = if by == units {
                (Axis::One, units)
            } else {
                (Axis::One, Axis::Samples)
            };
            let mean = self.array(of(r"\mu"), Values::Row(&normalisation.mean), rows, columns);
            let inverse = self.array(
                format!(r"\frac{{1}}{{\sqrt{{\sigma^2 + \varepsilon}}}}^{{({number})}}"),
                Values::Row(&normalisation.inverse_deviation),
                rows,
                columns,
            );
            let normal = self.of_units(of(r"\hat{x}"), &normalisation.normal, number);
            let over = if by == units {
                "Each unit's sums over the batch"
            } else {
                "Each sample's sums over the layer"
            };
            self.tell(
                Phase::Forward,
                number,
                "normalised sums",
                format!("{over} are brought to mean 0 and deviation 1."),
                format!(
                    r"{} = \frac{{{} - {}}}{{\sqrt{{\sigma^2 + \varepsilon}}}}",
                    of(r"\hat{x}"),
                    of("s"),
                    of(r"\mu")
                ),
                Rule::Normal,
                normal,
                vec![("", z), ("−", mean), ("×", inverse)],
            );
            let gain = self.array(of(r"\gamma"), Values::Row(&normalisation.gain), Axis::One, units);
            let shift = self.array(of(r"\beta"), Values::Row(&normalisation.shift), Axis::One, units);
            z = self.of_units(of("z"), &layer.z, number);
            self.tell(
                Phase::Forward,
                number,
                "scaled and shifted",
                "Each unit stretches its normalised sums by its gain γ and moves them by its shift β, which are learnt.".into(),
                format!(r"{} = {} \odot {} + {}", of("z"), of(r"\gamma"), of(r"\hat{x}"), of(r"\beta")),
                Rule::Pointwise,
                z,
                vec![("", gain), ("⊙", normal), ("+", shift)],
            );
        }
        let (f, _) = catalogue::function(layer.function);
        let activation = self.of_units(of("a"), &layer.activation, number);
        let title = format!("activation ({})", readable(layer.function.name()));
        let words = match layer.function {
            Activation::Softmax => "Softmax turns the sums of a sample into probabilities: all are above 0, and together they are 1.".into(),
            Activation::Identity => "The sums go on as they are.".to_string(),
            function => format!("Each sum goes through the function f, here {}.", with_range(function)),
        };
        let (rule, left) = match layer.function {
            Activation::Softmax => (Rule::Softmax, "f(z)_j"),
            _ => (Rule::Function, "f(z)"),
        };
        self.tell(
            Phase::Forward,
            number,
            &title,
            words,
            format!("{} = f({}), \\quad {left} = {f}", of("a"), of("z")),
            rule,
            activation,
            vec![("f of", z)],
        );
        let mut mask = None;
        if let Some(dropout) = &layer.dropout {
            let factors = self.of_units(of("m"), &dropout.mask, number);
            let output = self.of_units(of("h"), &dropout.output, number);
            mask = Some(factors);
            self.tell(
                Phase::Forward,
                number,
                "dropout",
                "Some units are left out of this step, drawn by lot: their factor is 0. The others are made larger, to make up for them.".into(),
                format!(r"{} = {} \odot {}", of("h"), of("a"), of("m")),
                Rule::Product,
                output,
                vec![("", activation), ("⊙", factors)],
            );
        }
        Places {
            weights,
            bias,
            input,
            activation,
            mask,
            delta: z,
        }
    }

    pub(super) fn loss(&mut self, output: usize, target: usize) {
        let explanation = self.explanation;
        let loss = self.array("L", Values::Number(explanation.loss.0), Axis::One, Axis::One);
        let (value, _) = catalogue::loss(explanation.recipe.train.loss);
        let rows = explanation.rows.len();
        let outputs = explanation.layers.last().map_or(1, |layer| layer.fan_out);
        let share = catalogue::share(explanation);
        let sum = match (rows, outputs) {
            (1, 1) => String::new(),
            (1, _) => r"\sum_{j} ".into(),
            (_, 1) => r"\sum_{n} ".into(),
            _ => r"\sum_{n} \sum_{j} ".to_string(),
        };
        let factor = share.map_or(String::new(), |rows| format!(r"\frac{{1}}{{{rows}}} "));
        let value = match value.starts_with('-') && !sum.is_empty() {
            true => format!("({value})"),
            false => value,
        };
        let over = match (rows, share) {
            (1, _) => "of this one sample",
            (_, Some(_)) => "the mean of the samples",
            (_, None) => "summed over the samples",
        };
        let is_wrong = "One number says how far the outputs a are from the targets y";
        self.chapters.push(Chapter {
            phase: Phase::Loss,
            layer: None,
            title: format!("Loss ({})", readable(explanation.recipe.train.loss.name())),
            words: format!("{is_wrong}, {over}. Training makes it smaller."),
            formula: format!("L = {factor}{sum}{value}").into(),
            more: Vec::new(),
            rule: Rule::Loss,
            result: loss,
            operands: vec![("of", output), ("and", target)],
        });
    }
}

fn with_range(function: Activation) -> String {
    let (low, high) = function.range();
    let name = readable(function.name());
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{name}, whose values lie between {low} and {high}"),
        _ => name,
    }
}
