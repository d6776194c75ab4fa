//! The step as a story: which number is computed from which, in the order in which training computes them, with the words
//! and the formula for each. The terminal, the Markdown and the page all tell this one.

use super::axes::{Axes, Axis};
use super::catalogue;
use super::formula::Formula;
use pellucid::explanation::{Affine, Explanation, LayerExplanation};
use pellucid::record::Numbers;
use pellucid::{Activation, Update};
use serde::Serialize;

/// What part of the step it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    Forward,
    Loss,
    Backward,
    Update,
}

impl Phase {
    pub(super) fn title(self) -> &'static str {
        match self {
            Phase::Forward => "Forward: from the input to the output",
            Phase::Loss => "Loss: how wrong the output is",
            Phase::Backward => "Backward: where the loss comes from, by the chain rule",
            Phase::Update => "Update: every weight takes a step downhill",
        }
    }
}

/// How the numbers of a result come from those of its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
    /// They are given.
    Given,
    /// Row of the first times column of the second, plus the third.
    Affine,
    /// A function of the first's number, by itself.
    Function,
    /// A function of all numbers of the first's row.
    Softmax,
    /// Of all numbers of the operands.
    Loss,
    /// Of the operands' numbers at the same place.
    Pointwise,
    /// The product of the operands' numbers at the same place.
    Product,
    /// Row of the first times row of the second.
    Back,
    /// Column of the first times column of the second.
    Gradient,
    /// The sum of a column.
    Sum,
    /// The first minus η times the second.
    Descend,
    /// (Number − mean) times inverse deviation.
    Normal,
}

/// A matrix of numbers, by reference.
#[derive(Debug, Clone, Copy)]
pub(super) enum Values<'a> {
    Table(&'a [Numbers]),
    Row(&'a Numbers),
    Number(f64),
}

impl Values<'_> {
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        match self {
            Values::Table(rows) => rows
                .get(row)
                .and_then(|row| row.0.get(column))
                .copied()
                .unwrap_or(f64::NAN),
            Values::Row(numbers) => numbers.0.get(column).copied().unwrap_or(f64::NAN),
            Values::Number(number) => *number,
        }
    }
}

/// A matrix with its symbol, and what its rows and columns stand for.
#[derive(Debug, Clone)]
pub(super) struct Array<'a> {
    pub(super) symbol: Formula,
    pub(super) values: Values<'a>,
    pub(super) rows: Axis,
    pub(super) columns: Axis,
}

/// One thing that is computed.
#[derive(Debug, Clone)]
pub(super) struct Chapter {
    pub(super) phase: Phase,
    /// Counted from 1; nothing for what belongs to none.
    pub(super) layer: Option<usize>,
    pub(super) title: String,
    pub(super) words: String,
    pub(super) formula: Formula,
    /// What the formula's parts are, a formula a line.
    pub(super) more: Vec<Formula>,
    pub(super) rule: Rule,
    /// By number in the story's arrays.
    pub(super) result: usize,
    /// With what stands before each.
    pub(super) operands: Vec<(&'static str, usize)>,
}

/// The whole step.
pub(super) struct Story<'a> {
    pub(super) explanation: &'a Explanation,
    pub(super) axes: Axes,
    pub(super) arrays: Vec<Array<'a>>,
    pub(super) chapters: Vec<Chapter>,
}

/// Where the arrays of a layer are in the story.
#[derive(Clone, Copy)]
struct Places {
    weights: usize,
    bias: Option<usize>,
    input: usize,
    activation: usize,
    mask: Option<usize>,
    delta: usize,
}

impl<'a> Story<'a> {
    pub(super) fn of(explanation: &'a Explanation, axes: Axes) -> Self {
        let mut story = Self {
            explanation,
            axes,
            arrays: Vec::new(),
            chapters: Vec::new(),
        };
        let mut below = story.given();
        let target = story.array(
            "y",
            Values::Table(&explanation.target),
            Axis::Samples,
            story.last(),
        );
        let mut places = Vec::new();
        for (index, layer) in explanation.layers.iter().enumerate() {
            let place = story.forward(index + 1, layer, below);
            below = story.chapters.last().map_or(below, |chapter| chapter.result);
            places.push(place);
        }
        story.loss(places[places.len() - 1].activation, target);
        let takes_a_step = explanation
            .layers
            .iter()
            .all(|layer| layer.weights_after.is_some());
        let at_once = takes_a_step && explanation.update.order == Update::TopDown;
        for number in (1..=places.len()).rev() {
            story.backward(number, &mut places, target, at_once);
            if at_once {
                story.update(number, places[number - 1]);
            }
        }
        if !at_once {
            for number in (1..=places.len()).rev() {
                story.update(number, places[number - 1]);
            }
        }
        story
    }

    fn last(&self) -> Axis {
        Axis::Units(self.explanation.layers.len())
    }

    fn array(&mut self, symbol: impl Into<Formula>, values: Values<'a>, rows: Axis, columns: Axis) -> usize {
        self.arrays.push(Array {
            symbol: symbol.into(),
            values,
            rows,
            columns,
        });
        self.arrays.len() - 1
    }

    fn of_units(&mut self, symbol: String, values: &'a [Numbers], layer: usize) -> usize {
        self.array(symbol, Values::Table(values), Axis::Samples, Axis::Units(layer))
    }

    fn affine(&mut self, symbols: [String; 2], of: &'a Affine, layer: usize) -> [Option<usize>; 2] {
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

    fn given(&mut self) -> usize {
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

    fn forward(&mut self, number: usize, layer: &'a LayerExplanation, input: usize) -> Places {
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

    fn loss(&mut self, output: usize, target: usize) {
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

    fn backward(&mut self, number: usize, places: &mut [Places], target: usize, at_once: bool) {
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

    /// Where the weights of a layer after the step are, once they were told of.
    fn after(&self, number: usize) -> Option<usize> {
        let of = |chapter: &&Chapter| {
            chapter.phase == Phase::Update && chapter.layer == Some(number) && chapter.rule == Rule::Descend
        };
        self.chapters.iter().find(of).map(|chapter| chapter.result)
    }

    fn update(&mut self, number: usize, place: Places) {
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
        let eta = super::number::short_latex(explanation.update.learning_rate.0);
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

    #[expect(clippy::too_many_arguments, reason = "what a chapter is made of")]
    fn tell(
        &mut self,
        phase: Phase,
        layer: usize,
        title: &str,
        words: String,
        formula: String,
        rule: Rule,
        result: usize,
        operands: Vec<(&'static str, usize)>,
    ) {
        let name = self.name(layer);
        let mut name: String = name.trim_start_matches("the ").into();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        self.chapters.push(Chapter {
            phase,
            layer: Some(layer),
            title: format!("{name}: {title}"),
            words,
            formula: formula.into(),
            more: Vec::new(),
            rule,
            result,
            operands,
        });
    }

    /// What a layer is called in a sentence.
    pub(super) fn name(&self, number: usize) -> String {
        let count = self.explanation.layers.len();
        match (number == count, count) {
            (true, _) => "the output layer".into(),
            (false, 2) => "the hidden layer".into(),
            (false, _) => format!("hidden layer {number}"),
        }
    }

    /// What a row or a column is called; nothing where there is only one.
    pub(super) fn label(&self, axis: Axis, index: usize) -> Option<String> {
        let of = self.explanation;
        Some(match axis {
            Axis::One => return None,
            Axis::Samples => format!("sample {}", of.rows.get(index)?),
            Axis::Units(0) => match of.input_names.get(index) {
                Some(name) => name.clone(),
                None => format!("input {}", index + 1),
            },
            Axis::Units(layer) if layer == of.layers.len() => match of.output_names.get(index) {
                Some(name) => format!("output {name}"),
                None => format!("output {}", index + 1),
            },
            Axis::Units(_) => format!("unit {}", index + 1),
        })
    }

    /// A shape in words, as in `4×3: samples × units`.
    pub(super) fn shape(&self, array: usize) -> String {
        let Array {
            rows,
            columns,
            values,
            ..
        } = &self.arrays[array];
        if matches!(values, Values::Number(_)) {
            return "one number".into();
        }
        let length = |axis: &Axis| self.axes.shown(*axis).length;
        let name = |axis: &Axis| match axis {
            Axis::One => String::new(),
            Axis::Samples => "samples".to_string(),
            Axis::Units(0) => "inputs".into(),
            Axis::Units(layer) if *layer == self.explanation.layers.len() => "outputs".into(),
            Axis::Units(_) if self.explanation.layers.len() == 2 => "hidden units".into(),
            Axis::Units(layer) => format!("units of layer {layer}"),
        };
        match rows {
            Axis::One => format!("1×{}: {}", length(columns), name(columns)),
            _ => format!(
                "{}×{}: {} × {}",
                length(rows),
                length(columns),
                name(rows),
                name(columns)
            ),
        }
    }

    /// The place of a result whose arithmetic is shown: of the first sample whose inputs are not all 0, and of the first
    /// unit; of a weight the first whose slope is not 0.
    pub(super) fn example(&self, chapter: &Chapter) -> (usize, usize) {
        let array = &self.arrays[chapter.result];
        let (rows, columns) = (self.axes.shown(array.rows), self.axes.shown(array.columns));
        let first = (
            rows.indices.first().copied().unwrap_or(0),
            columns.indices.first().copied().unwrap_or(0),
        );
        if array.rows == Axis::Samples {
            let input = &self.explanation.input;
            let is_there = |row: &&usize| input[**row].0.iter().any(|x| *x != 0.0);
            return (
                rows.indices.iter().find(is_there).copied().unwrap_or(first.0),
                first.1,
            );
        }
        let slopes = match chapter.rule {
            Rule::Descend => chapter
                .operands
                .get(1)
                .map_or(chapter.result, |(_, slopes)| *slopes),
            _ => chapter.result,
        };
        let mut places = rows
            .indices
            .iter()
            .flat_map(|&row| columns.indices.iter().map(move |&column| (row, column)));
        places
            .find(|&(row, column)| self.arrays[slopes].values.at(row, column) != 0.0)
            .unwrap_or(first)
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

fn readable(name: &str) -> String {
    name.replace('_', " ")
}

fn with_range(function: Activation) -> String {
    let (low, high) = function.range();
    let name = readable(function.name());
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{name}, whose values lie between {low} and {high}"),
        _ => name,
    }
}
