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
use pellucid::inspection::trace::LayerTrace;
use pellucid::session::record::Numbers;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::slice;

/// The phase of the step that a part belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Phase {
    Forward,
    Loss,
    Backward,
    Update,
}

impl Phase {
    fn title(self) -> &'static str {
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
pub(super) enum Rule {
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

/// A matrix with its symbol, and what its rows and columns stand for.
#[derive(Debug, Clone)]
pub(super) struct Array<'a> {
    pub(super) symbol: Formula,
    pub(super) rows: Axis,
    pub(super) columns: Axis,
    values: Cow<'a, [Numbers]>,
}

impl Array<'_> {
    /// The number at a place; where there is only one row, it is the row of every place.
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        let row = if self.rows == Axis::One { 0 } else { row };
        let found = self.values.get(row).and_then(|row| row.0.get(column));
        found.copied().unwrap_or(f64::NAN)
    }

    /// Whether it is no matrix, but one number.
    pub(super) fn is_number(&self) -> bool {
        (self.rows, self.columns) == (Axis::One, Axis::One)
    }
}

/// One computation of the step.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Part {
    pub(super) phase: Phase,
    /// The title of the phase.
    pub(super) heading: &'static str,
    /// The layer, counted from 1; none for input and loss.
    pub(super) layer: Option<usize>,
    pub(super) title: String,
    pub(super) words: String,
    #[serde(serialize_with = "as_mathml")]
    pub(super) formulas: Vec<Formula>,
    pub(super) rule: Rule,
    /// Index into the arrays.
    pub(super) result: usize,
    /// The sign before each operand, and its index into the arrays.
    pub(super) operands: Vec<(&'static str, usize)>,
}

fn as_mathml<S: Serializer>(formulas: &[Formula], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(formulas.iter().map(|formula| formula.mathml(true)))
}

/// The whole step.
pub(super) struct Walkthrough<'a> {
    pub(super) explanation: &'a Explanation,
    pub(super) axes: Axes,
    pub(super) arrays: Vec<Array<'a>>,
    pub(super) parts: Vec<Part>,
    /// The phase that parts are added to.
    phase: Phase,
    /// The layer that arrays and parts are added to, counted from 1; 0 for input and loss.
    layer: usize,
}

/// The symbol of the features times their scales.
const SCALED_INPUT: &str = r"x_{\text{scaled}}";

impl<'a> Walkthrough<'a> {
    pub(super) fn new(explanation: &'a Explanation, axes: Axes) -> Self {
        let mut all = Self {
            explanation,
            axes,
            arrays: Vec::new(),
            parts: Vec::new(),
            phase: Phase::Forward,
            layer: 0,
        };
        let count = explanation.layers.len();
        all.input();
        for layer in 1..=count {
            all.layer = layer;
            all.forward();
        }
        all.loss();
        let takes_a_step = (explanation.layers.iter()).all(|layer| layer.weights_after.is_some());
        let at_once = takes_a_step && explanation.update.order == Update::TopDown;
        for layer in (1..=count).rev() {
            all.layer = layer;
            all.backward();
            if at_once {
                all.update();
            }
        }
        if !at_once {
            for layer in (1..=count).rev() {
                all.layer = layer;
                all.update();
            }
        }
        all
    }

    /// The record of the layer.
    fn trace(&self) -> &'a LayerTrace {
        &self.explanation.layers[self.layer - 1]
    }

    /// LaTeX with the layer's number in the place of `@`, that of the layer above in the place of `@+`, and that of the layer
    /// below in the place of `@-`: `W@` is `W^{(2)}`.
    fn at_layer(&self, template: &str) -> String {
        let Some(below) = self.layer.checked_sub(1) else {
            return template.into();
        };
        template
            .replace("@+", &format!("^{{({})}}", self.layer + 1))
            .replace("@-", &format!("^{{({below})}}"))
            .replace('@', &format!("^{{({})}}", self.layer))
    }

    /// The array of a symbol, [at the layer](Self::at_layer), that was added last.
    fn find(&self, symbol: &str) -> Option<usize> {
        let symbol = self.at_layer(symbol);
        let mut arrays = self.arrays.iter();
        arrays.rposition(|array| array.symbol.latex() == symbol)
    }

    /// The symbol of the layer's input.
    fn input_symbol(&self) -> &'static str {
        match self.layer.checked_sub(2) {
            None if self.trace().input_scales.is_some() => SCALED_INPUT,
            None => "x",
            Some(below) if self.explanation.layers[below].dropout.is_some() => "h@-",
            Some(_) => "a@-",
        }
    }

    fn array(&mut self, symbol: &str, values: impl Into<Cow<'a, [Numbers]>>, rows: Axis, columns: Axis) {
        self.arrays.push(Array {
            symbol: self.at_layer(symbol).into(),
            rows,
            columns,
            values: values.into(),
        });
    }

    /// (rows, fan_out) of the layer.
    fn units(&mut self, symbol: &str, values: &'a [Numbers]) {
        self.array(symbol, values, Axis::Samples, Axis::Units(self.layer));
    }

    /// (fan_in, fan_out) of the layer.
    fn weights(&mut self, symbol: &str, values: &'a [Numbers]) {
        let (rows, columns) = (Axis::Units(self.layer - 1), Axis::Units(self.layer));
        self.array(symbol, values, rows, columns);
    }

    /// (fan_out) of the layer.
    fn row(&mut self, symbol: &str, values: &'a Numbers) {
        let (values, columns) = (slice::from_ref(values), Axis::Units(self.layer));
        self.array(symbol, values, Axis::One, columns);
    }

    /// Adds the computation of the array added last. The formula follows its symbol; there is none where it is empty. Operands
    /// are given by symbol, and those that the layer does not have are left out.
    fn part(
        &mut self,
        rule: Rule,
        title: &str,
        operands: &[(&'static str, &str)],
        formula: &str,
        words: impl Into<String>,
    ) -> &mut Part {
        let result = self.arrays.len() - 1;
        let symbol = self.arrays[result].symbol.latex();
        let formula = (!formula.is_empty()).then(|| format!("{symbol}{}", self.at_layer(formula)).into());
        let operands = (operands.iter())
            .filter_map(|(sign, symbol)| Some((*sign, self.find(symbol)?)))
            .collect();
        let layer = (self.layer > 0).then_some(self.layer);
        let name = layer.map_or_else(String::new, |layer| {
            let name = self.name(layer);
            let name = name.trim_start_matches("the ");
            format!("{}{}: ", name[..1].to_ascii_uppercase(), &name[1..])
        });
        self.parts.push(Part {
            phase: self.phase,
            heading: self.phase.title(),
            layer,
            title: format!("{name}{title}"),
            words: words.into(),
            formulas: formula.into_iter().collect(),
            rule,
            result,
            operands,
        });
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    /// The name of a layer in a sentence.
    pub(super) fn name(&self, number: usize) -> String {
        let count = self.explanation.layers.len();
        match (number == count, count) {
            (true, _) => "the output layer".into(),
            (false, 2) => "the hidden layer".into(),
            (false, _) => format!("hidden layer {number}"),
        }
    }

    /// The label of a row or a column; none where there is only one.
    pub(super) fn label(&self, axis: Axis, index: usize) -> Option<String> {
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
    pub(super) fn place(&self, array: usize, row: usize, column: usize) -> String {
        let array = &self.arrays[array];
        let labels = [self.label(array.rows, row), self.label(array.columns, column)];
        labels.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// A shape in words, as in `4×3: samples × units`.
    pub(super) fn shape(&self, array: usize) -> String {
        let array = &self.arrays[array];
        if array.is_number() {
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
        let (height, width, columns) = (length(array.rows), length(array.columns), name(array.columns));
        match array.rows {
            Axis::One => format!("1×{width}: {columns}"),
            rows => format!("{height}×{width}: {} × {columns}", name(rows)),
        }
    }

    /// The place of a result whose arithmetic is shown: of the first sample whose inputs are not all 0, and of the first
    /// unit; of a weight the first whose derivative is not 0.
    pub(super) fn example(&self, part: &Part) -> (usize, usize) {
        let array = &self.arrays[part.result];
        let rows = &self.axes.shown(array.rows).indices;
        let columns = &self.axes.shown(array.columns).indices;
        let [first_row, column] = [rows, columns].map(|shown| shown.first().copied().unwrap_or(0));
        if array.rows == Axis::Samples {
            let input = &self.explanation.input;
            let is_there = |row: &&usize| input[**row].0.iter().any(|x| *x != 0.0);
            return (rows.iter().find(is_there).copied().unwrap_or(first_row), column);
        }
        let derivatives = match (part.rule, part.operands.get(1)) {
            (Rule::Descend, Some((_, derivatives))) => &self.arrays[*derivatives],
            _ => array,
        };
        self.axes
            .places(array.rows, array.columns)
            .find(|&(row, column)| derivatives.at(row, column) != 0.0)
            .unwrap_or((first_row, column))
    }
}

fn readable(name: &str) -> String {
    name.replace('_', " ")
}
