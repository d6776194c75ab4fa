//! The step as a story: which number is computed from which, in the order in which training computes them, with the words
//! and the formula for each. The terminal, the Markdown and the page all tell this one.

mod backward;
mod forward;
mod update;

use super::axes::{Axes, Axis};
use super::formula::Formula;
use pellucid::Update;
use pellucid::inspection::explanation::Explanation;
use pellucid::session::record::Numbers;
use serde::Serialize;

/// What part of the step it belongs to.
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

/// How the numbers of a result come from those of its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::explanation) enum Rule {
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
pub(in crate::explanation) enum Values<'a> {
    Table(&'a [Numbers]),
    Row(&'a Numbers),
    Number(f64),
}

impl Values<'_> {
    pub(in crate::explanation) fn at(&self, row: usize, column: usize) -> f64 {
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
pub(in crate::explanation) struct Array<'a> {
    pub(in crate::explanation) symbol: Formula,
    pub(in crate::explanation) values: Values<'a>,
    pub(in crate::explanation) rows: Axis,
    pub(in crate::explanation) columns: Axis,
}

/// One thing that is computed.
#[derive(Debug, Clone)]
pub(in crate::explanation) struct Chapter {
    pub(in crate::explanation) phase: Phase,
    /// Counted from 1; nothing for what belongs to none.
    pub(in crate::explanation) layer: Option<usize>,
    pub(in crate::explanation) title: String,
    pub(in crate::explanation) words: String,
    pub(in crate::explanation) formula: Formula,
    /// What the formula's parts are, a formula a line.
    pub(in crate::explanation) more: Vec<Formula>,
    pub(in crate::explanation) rule: Rule,
    /// By number in the story's arrays.
    pub(in crate::explanation) result: usize,
    /// With what stands before each.
    pub(in crate::explanation) operands: Vec<(&'static str, usize)>,
}

/// The whole step.
pub(in crate::explanation) struct Story<'a> {
    pub(in crate::explanation) explanation: &'a Explanation,
    pub(in crate::explanation) axes: Axes,
    pub(in crate::explanation) arrays: Vec<Array<'a>>,
    pub(in crate::explanation) chapters: Vec<Chapter>,
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
    pub(in crate::explanation) fn of(explanation: &'a Explanation, axes: Axes) -> Self {
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
    pub(in crate::explanation) fn name(&self, number: usize) -> String {
        let count = self.explanation.layers.len();
        match (number == count, count) {
            (true, _) => "the output layer".into(),
            (false, 2) => "the hidden layer".into(),
            (false, _) => format!("hidden layer {number}"),
        }
    }

    /// What a row or a column is called; nothing where there is only one.
    pub(in crate::explanation) fn label(&self, axis: Axis, index: usize) -> Option<String> {
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
    pub(in crate::explanation) fn shape(&self, array: usize) -> String {
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
    pub(in crate::explanation) fn example(&self, chapter: &Chapter) -> (usize, usize) {
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

fn readable(name: &str) -> String {
    name.replace('_', " ")
}
