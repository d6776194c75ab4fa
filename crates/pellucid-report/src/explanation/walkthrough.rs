//! The step as a list of parts in the order of training: which matrix is computed from which, with words and a formula.
//!
//! Text, Markdown and page all come from this list.

mod backward;
mod forward;
mod update;

use super::axes::{Axes, Axis};
use super::formula::Formula;
use pellucid::Update;
use pellucid::inspection::explanation::Explanation;
use pellucid::session::record::Numbers;
use serde::Serialize;

/// The phase of the step that a part belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::explanation) enum Phase {
    Forward,
    Loss,
    Backward,
    Update,
}

impl Phase {
    pub(in crate::explanation) fn title(self) -> &'static str {
        match self {
            Phase::Forward => "Forward: from the input to the output",
            Phase::Loss => "Loss: how wrong the output is",
            Phase::Backward => "Backward: where the loss comes from, by the chain rule",
            Phase::Update => "Update: every weight takes a step downhill",
        }
    }
}

/// How a number of the result is computed from numbers of the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::explanation) enum Rule {
    /// It is given.
    Given,
    /// Row of the first operand times column of the second, plus the third.
    Affine,
    /// The activation function of the first operand's number.
    Function,
    /// The derivative of the activation function, by the first operand's number.
    Derivative,
    /// A function of all numbers of the operands' rows.
    Softmax,
    /// A function of all numbers of the operands.
    Loss,
    /// ∂L/∂a of the output layer, by output and target.
    LossDerivative,
    /// δ of the output layer, where loss and activation are differentiated together.
    PairedDelta,
    /// A function of the operands' numbers at the same place.
    Pointwise,
    /// The product of the operands' numbers at the same place.
    Product,
    /// First times second plus third operand, at the same place.
    ScaleShift,
    /// Row of the first operand times row of the second.
    Back,
    /// Column of the first operand times column of the second.
    Gradient,
    /// The sum of a column.
    Sum,
    /// The first operand minus η times the second.
    Descend,
    /// (Number − mean) times inverse standard deviation.
    Normal,
}

/// A matrix of the record, by reference.
#[derive(Debug, Clone, Copy)]
pub(in crate::explanation) enum Values<'a> {
    Table(&'a [Numbers]),
    Row(&'a Numbers),
    Number(f64),
}

impl Values<'_> {
    pub(in crate::explanation) fn at(&self, row: usize, column: usize) -> f64 {
        let found = match self {
            Values::Table(rows) => rows.get(row).and_then(|row| row.0.get(column)),
            Values::Row(numbers) => numbers.0.get(column),
            Values::Number(number) => Some(number),
        };
        found.copied().unwrap_or(f64::NAN)
    }
}

/// A matrix with its symbol, and what its rows and columns stand for.
#[derive(Debug, Clone)]
pub(in crate::explanation) struct Array<'a> {
    pub(in crate::explanation) symbol: Formula,
    pub(in crate::explanation) values: Values<'a>,
    pub(in crate::explanation) rows: Axis,
    pub(in crate::explanation) columns: Axis,
}

/// One computation of the step.
#[derive(Debug, Clone)]
pub(in crate::explanation) struct Part {
    pub(in crate::explanation) phase: Phase,
    /// The layer, counted from 1; none for input and loss.
    pub(in crate::explanation) layer: Option<usize>,
    pub(in crate::explanation) title: String,
    pub(in crate::explanation) words: String,
    pub(in crate::explanation) formulas: Vec<Formula>,
    pub(in crate::explanation) rule: Rule,
    /// Index into the arrays.
    pub(in crate::explanation) result: usize,
    /// The sign before each operand, and its index into the arrays.
    pub(in crate::explanation) operands: Vec<(&'static str, usize)>,
}

impl Part {
    fn words(&mut self, words: impl Into<String>) -> &mut Self {
        self.words = words.into();
        self
    }

    /// Adds a formula, a [template](at_layer) of the part's layer.
    fn formula(&mut self, template: &str) -> &mut Self {
        let latex = self
            .layer
            .map_or_else(|| template.into(), |layer| at_layer(template, layer));
        self.formulas.push(latex.into());
        self
    }

    fn rule(&mut self, rule: Rule) -> &mut Self {
        self.rule = rule;
        self
    }
}

/// LaTeX with the layer's number in the place of `@`, and that of the next layer in the place of `@+`: `W@` is `W^{(2)}`.
fn at_layer(template: &str, layer: usize) -> String {
    template
        .replace("@+", &format!("^{{({})}}", layer + 1))
        .replace('@', &format!("^{{({layer})}}"))
}

/// The whole step.
pub(in crate::explanation) struct Walkthrough<'a> {
    pub(in crate::explanation) explanation: &'a Explanation,
    pub(in crate::explanation) axes: Axes,
    pub(in crate::explanation) arrays: Vec<Array<'a>>,
    pub(in crate::explanation) parts: Vec<Part>,
}

/// The indices of a layer's arrays.
#[derive(Clone, Copy)]
struct LayerArrays {
    weights: usize,
    bias: Option<usize>,
    input: usize,
    z: usize,
    activation: usize,
    mask: Option<usize>,
    delta: usize,
    weights_after: Option<usize>,
}

impl<'a> Walkthrough<'a> {
    pub(in crate::explanation) fn new(explanation: &'a Explanation, axes: Axes) -> Self {
        let mut all = Self {
            explanation,
            axes,
            arrays: Vec::new(),
            parts: Vec::new(),
        };
        let count = explanation.layers.len();
        let mut below = all.input();
        let target = all.array(
            "y",
            Values::Table(&explanation.target),
            Axis::Samples,
            Axis::Units(count),
        );
        let mut layers = Vec::new();
        for number in 1..=count {
            layers.push(all.forward(number, below));
            below = all.parts.last().map_or(below, |part| part.result);
        }
        all.loss(layers[count - 1].activation, target);
        let takes_a_step = explanation
            .layers
            .iter()
            .all(|layer| layer.weights_after.is_some());
        let at_once = takes_a_step && explanation.update.order == Update::TopDown;
        for number in (1..=count).rev() {
            all.backward(number, &mut layers, target, at_once);
            if at_once {
                all.update(number, &mut layers[number - 1]);
            }
        }
        if !at_once {
            for number in (1..=count).rev() {
                all.update(number, &mut layers[number - 1]);
            }
        }
        all
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

    /// (rows, fan_out) of a layer.
    fn units(&mut self, layer: usize, symbol: &str, values: &'a [Numbers]) -> usize {
        let symbol = at_layer(symbol, layer);
        self.array(symbol, Values::Table(values), Axis::Samples, Axis::Units(layer))
    }

    /// (fan_in, fan_out) of a layer.
    fn weights(&mut self, layer: usize, symbol: &str, values: &'a [Numbers]) -> usize {
        let (symbol, values) = (at_layer(symbol, layer), Values::Table(values));
        self.array(symbol, values, Axis::Units(layer - 1), Axis::Units(layer))
    }

    /// (fan_out) of a layer.
    fn row(&mut self, layer: usize, symbol: &str, values: &'a Numbers) -> usize {
        let symbol = at_layer(symbol, layer);
        self.array(symbol, Values::Row(values), Axis::One, Axis::Units(layer))
    }

    /// Adds a part of a layer.
    fn part(
        &mut self,
        phase: Phase,
        layer: usize,
        title: &str,
        result: usize,
        operands: &[(&'static str, usize)],
    ) -> &mut Part {
        let name = self.name(layer);
        let mut name: String = name.trim_start_matches("the ").into();
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let title = format!("{name}: {title}");
        self.add(phase, Some(layer), title, result, operands)
    }

    fn add(
        &mut self,
        phase: Phase,
        layer: Option<usize>,
        title: String,
        result: usize,
        operands: &[(&'static str, usize)],
    ) -> &mut Part {
        let part = Part {
            phase,
            layer,
            title,
            words: String::new(),
            formulas: Vec::new(),
            rule: Rule::Pointwise,
            result,
            operands: operands.to_vec(),
        };
        self.parts.push(part);
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    /// The name of a layer in a sentence.
    pub(in crate::explanation) fn name(&self, number: usize) -> String {
        let count = self.explanation.layers.len();
        match (number == count, count) {
            (true, _) => "the output layer".into(),
            (false, 2) => "the hidden layer".into(),
            (false, _) => format!("hidden layer {number}"),
        }
    }

    /// The label of a row or a column; none where there is only one.
    pub(in crate::explanation) fn label(&self, axis: Axis, index: usize) -> Option<String> {
        let of = self.explanation;
        let named = |names: &[String], kind: &str| match names.get(index) {
            Some(name) if kind == "input" => name.clone(),
            Some(name) => format!("{kind} {name}"),
            None => format!("{kind} {}", index + 1),
        };
        Some(match axis {
            Axis::One => return None,
            Axis::Samples => format!("sample {}", of.rows.get(index)?),
            Axis::Units(0) => named(&of.input_names, "input"),
            Axis::Units(layer) if layer == of.layers.len() => named(&of.output_names, "output"),
            Axis::Units(_) => format!("unit {}", index + 1),
        })
    }

    /// The labels of a place, as in `sample 2, unit 1`.
    pub(in crate::explanation) fn place(&self, array: usize, row: usize, column: usize) -> String {
        let array = &self.arrays[array];
        let labels = [self.label(array.rows, row), self.label(array.columns, column)];
        labels.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// A shape in words, as in `4×3: samples × units`.
    pub(in crate::explanation) fn shape(&self, array: usize) -> String {
        let Array { rows, columns, .. } = self.arrays[array];
        if matches!(self.arrays[array].values, Values::Number(_)) {
            return "one number".into();
        }
        let length = |axis: Axis| self.axes.shown(axis).length;
        let layers = self.explanation.layers.len();
        let name = |axis: Axis| match axis {
            Axis::One => String::new(),
            Axis::Samples => "samples".into(),
            Axis::Units(0) => "inputs".into(),
            Axis::Units(layer) if layer == layers => "outputs".into(),
            Axis::Units(_) if layers == 2 => "hidden units".into(),
            Axis::Units(layer) => format!("units of layer {layer}"),
        };
        let (height, width) = (length(rows), length(columns));
        match rows {
            Axis::One => format!("1×{width}: {}", name(columns)),
            _ => format!("{height}×{width}: {} × {}", name(rows), name(columns)),
        }
    }

    /// The place of a result whose arithmetic is shown: of the first sample whose inputs are not all 0, and of the first
    /// unit; of a weight the first whose derivative is not 0.
    pub(in crate::explanation) fn example(&self, part: &Part) -> (usize, usize) {
        let array = &self.arrays[part.result];
        let rows = &self.axes.shown(array.rows).indices;
        let columns = &self.axes.shown(array.columns).indices;
        let first = (
            rows.first().copied().unwrap_or(0),
            columns.first().copied().unwrap_or(0),
        );
        if array.rows == Axis::Samples {
            let input = &self.explanation.input;
            let is_there = |row: &&usize| input[**row].0.iter().any(|x| *x != 0.0);
            return (rows.iter().find(is_there).copied().unwrap_or(first.0), first.1);
        }
        let derivatives = match part.rule {
            Rule::Descend => part.operands.get(1).map_or(part.result, |(_, array)| *array),
            _ => part.result,
        };
        let mut places = rows
            .iter()
            .flat_map(|&row| columns.iter().map(move |&column| (row, column)));
        places
            .find(|&(row, column)| self.arrays[derivatives].values.at(row, column) != 0.0)
            .unwrap_or(first)
    }
}

fn readable(name: &str) -> String {
    name.replace('_', " ")
}
