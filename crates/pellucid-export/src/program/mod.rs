//! The prediction of a model as a list of steps on vectors, from which every form is written.
//!
//! A program predicts one row. Its values are vectors of numbers, each computed from earlier ones; a form that takes many rows
//! at a time adds a first dimension to them. The steps say how a trained model is evaluated, and are never evaluated
//! here: predictions are the engine's.
//!
//! Numbers of the table, the features made of them and the answers are in double precision, as in the engine; the network is
//! in its own.

mod answers;
mod build;
mod builder;
mod dates;
mod embeddings;
pub(crate) mod erf;
mod expression;
mod features;
mod network;
mod normal_quantile;
mod perceptron;
mod quantiles;
mod scaling;

pub(crate) use build::build;
pub(crate) use expression::Expression;
pub(crate) use perceptron::PlainLayer;

use pellucid::Activation;
use std::ops::Range;

/// A value: its index among those of the program.
pub(crate) type Value = usize;

/// The code of a word that stands for no feature.
pub(crate) const NO_WORD: i64 = -1;
/// The code of a word that the model refuses.
pub(crate) const REFUSED_WORD: i64 = -2;
/// The index of the class of a row that has no answer.
pub(crate) const NO_CLASS: i64 = -1;

/// The precision of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    Single,
    Double,
}

/// What a program computes a prediction of.
#[derive(Debug, Clone)]
pub(crate) enum Inputs {
    /// The columns of a table.
    Table {
        /// Columns of numbers, NaN where one is missing; dates are seconds since 1970-01-01T00:00:00Z.
        numbers: Vec<NumberColumn>,
        /// Columns of words.
        words: Vec<WordColumn>,
    },
    /// So many features in the precision of the network, for a model that was trained on arrays.
    Features(usize),
}

/// A column of numbers.
#[derive(Debug, Clone)]
pub(crate) struct NumberColumn {
    pub(crate) name: String,
    /// Whether they are seconds since 1970.
    pub(crate) is_date: bool,
}

/// A column of words, and the code that each becomes.
#[derive(Debug, Clone)]
pub(crate) struct WordColumn {
    pub(crate) name: String,
    /// Each word, and its code.
    pub(crate) codes: Vec<(String, i64)>,
    /// The code of a missing word.
    pub(crate) missing: i64,
    /// The code of any other word.
    pub(crate) other: i64,
}

/// Functions of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Negative,
    Absolute,
    Exponential,
    Logarithm,
    Tanh,
    Sigmoid,
    Erf,
    SquareRoot,
    Floor,
    Sine,
    Cosine,
}

impl Function {
    /// Its usual name in programs. A negative is an operator there.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Negative => "-",
            Self::Absolute => "abs",
            Self::Exponential => "exp",
            Self::Logarithm => "log",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Erf => "erf",
            Self::SquareRoot => "sqrt",
            Self::Floor => "floor",
            Self::Sine => "sin",
            Self::Cosine => "cos",
        }
    }
}

/// Operators of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Smaller,
    Larger,
}

/// Conditions of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Test {
    /// The first is less than the second.
    Less(Value, Value),
    /// The first is at most the second.
    AtMost(Value, Value),
    /// Both are equal.
    Equal(Value, Value),
    /// It is NaN.
    Missing(Value),
}

/// A step. Steps of several values take them number by number, where one of width 1 counts for each number of the others.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// The numbers of the row, in the order of the columns of numbers.
    Numbers,
    /// The code of the row's word in a column of words, counted from 0.
    Word(usize),
    /// The features of the row.
    Features,
    /// Numbers that are the same for all rows.
    Constant(Vec<f64>),
    /// A function of each number.
    Apply(Function, Value),
    /// An operator.
    Combine(Operator, Value, Value),
    /// The second value where the test holds, else the third.
    Select(Test, Value, Value),
    /// x·W + b.
    Dense {
        input: Value,
        /// W, (width of the input, width), row-major: an index of [`Program::arrays`].
        weights: usize,
        /// b, (width): an index of [`Program::arrays`].
        bias: Option<usize>,
    },
    /// The numbers at these places.
    Take(Value, Vec<usize>),
    /// The number of a table, an index of [`Program::arrays`], at the place that each number says, which lies within it.
    Look(usize, Value),
    /// One after the other.
    Join(Vec<Value>),
    /// The sum of the numbers.
    Sum(Value),
    /// The largest number; NaN, or any number, if one is NaN.
    Largest(Value),
    /// The place of the largest number, the first of equals.
    PlaceOfLargest(Value),
    /// e^xⱼ / Σₖ e^xₖ.
    Softmax(Value),
    /// The same numbers in the other precision.
    Convert(Value),
}

/// A step with what it makes.
#[derive(Debug, Clone)]
pub(crate) struct Computed {
    pub(crate) step: Step,
    /// How many numbers.
    pub(crate) width: usize,
    pub(crate) precision: Precision,
}

/// Numbers that steps refer to.
#[derive(Debug, Clone)]
pub(crate) struct Array {
    /// A name of letters, digits and underscores, unique in the program.
    pub(crate) name: String,
    pub(crate) numbers: Vec<f64>,
    /// (rows, columns) of a matrix, (columns) of a vector.
    pub(crate) shape: Vec<usize>,
    pub(crate) precision: Precision,
}

/// An activation, and the steps of its formula.
#[derive(Debug, Clone)]
pub(crate) struct Activated {
    pub(crate) activation: Activation,
    /// The pre-activations.
    pub(crate) of: Value,
    /// The activations: `of` itself for the identity.
    pub(crate) to: Value,
    /// The steps that make `to` of `of`, which nothing else uses but the last.
    pub(crate) steps: Range<Value>,
}

/// What a program answers.
#[derive(Debug, Clone)]
pub(crate) enum Answers {
    /// One of some classes.
    Classes {
        /// The classes by name.
        classes: Vec<String>,
        /// The probability of each, or NaN.
        probabilities: Value,
        /// The index of the class, or [`NO_CLASS`].
        class: Value,
    },
    /// For several targets of two classes each.
    Labels {
        /// The columns.
        columns: Vec<String>,
        /// The classes of each.
        classes: Vec<[String; 2]>,
        /// The probability of the second class of each, or NaN.
        probabilities: Value,
        /// The index of the class of each, or [`NO_CLASS`].
        labels: Value,
    },
    /// Numbers.
    Numbers {
        /// The target columns; `output 1` and so on for a model that was trained on arrays.
        columns: Vec<String>,
        /// A number for each, in the units of the table, or NaN.
        numbers: Value,
    },
}

impl Answers {
    /// The probabilities or numbers.
    pub(crate) fn numbers(&self) -> Value {
        match self {
            Self::Classes { probabilities, .. } | Self::Labels { probabilities, .. } => *probabilities,
            Self::Numbers { numbers, .. } => *numbers,
        }
    }

    /// The index of the class, or of the class of each target; `None` for numbers.
    pub(crate) fn classes(&self) -> Option<Value> {
        match self {
            Self::Classes { class, .. } => Some(*class),
            Self::Labels { labels, .. } => Some(*labels),
            Self::Numbers { .. } => None,
        }
    }

    /// What each of the numbers is of: a class, or a target.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Classes { classes, .. } => classes.clone(),
            Self::Labels { columns, .. } | Self::Numbers { columns, .. } => columns.clone(),
        }
    }
}

/// The prediction of a model.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) inputs: Inputs,
    pub(crate) steps: Vec<Computed>,
    pub(crate) arrays: Vec<Array>,
    /// The activations of all layers, for forms that have them as functions.
    pub(crate) activations: Vec<Activated>,
    pub(crate) answers: Answers,
    /// The features that the network gets.
    pub(crate) features: Value,
    /// The outputs of the network, the mean of several.
    pub(crate) outputs: Value,
    /// The precision of the network.
    pub(crate) network: Precision,
}

impl Step {
    /// The values that the step uses.
    pub(crate) fn uses(&self) -> Vec<Value> {
        match self {
            Self::Numbers | Self::Word(_) | Self::Features | Self::Constant(_) => Vec::new(),
            Self::Apply(_, a)
            | Self::Take(a, _)
            | Self::Look(_, a)
            | Self::Sum(a)
            | Self::Largest(a)
            | Self::PlaceOfLargest(a)
            | Self::Softmax(a)
            | Self::Convert(a)
            | Self::Dense { input: a, .. } => vec![*a],
            Self::Combine(_, a, b) => vec![*a, *b],
            Self::Select(test, a, b) => [test.uses(), vec![*a, *b]].concat(),
            Self::Join(values) => values.clone(),
        }
    }
}

impl Step {
    /// The arrays that the step uses, indices of [`Program::arrays`].
    pub(crate) fn array_uses(&self) -> Vec<usize> {
        match self {
            Self::Dense { weights, bias, .. } => [*weights].into_iter().chain(*bias).collect(),
            Self::Look(table, _) => vec![*table],
            _ => Vec::new(),
        }
    }
}

impl Test {
    /// The values that it compares.
    pub(crate) fn uses(&self) -> Vec<Value> {
        match *self {
            Self::Less(a, b) | Self::AtMost(a, b) | Self::Equal(a, b) => vec![a, b],
            Self::Missing(a) => vec![a],
        }
    }
}

impl Program {
    /// How often each value is used by steps, and by the answers.
    pub(crate) fn use_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.steps.len()];
        let of_steps = self.steps.iter().flat_map(|computed| computed.step.uses());
        let of_answers = [self.answers.numbers()].into_iter().chain(self.answers.classes());
        for value in of_steps.chain(of_answers) {
            counts[value] += 1;
        }
        counts
    }

    /// Whether a value is made of the features, up to the outputs.
    pub(crate) fn is_of_network(&self, value: Value) -> bool {
        (self.features + 1..=self.outputs).contains(&value)
    }

    /// The columns of numbers.
    pub(crate) fn number_columns(&self) -> &[NumberColumn] {
        match &self.inputs {
            Inputs::Table { numbers, .. } => numbers,
            Inputs::Features(_) => &[],
        }
    }

    /// The columns of words.
    pub(crate) fn word_columns(&self) -> &[WordColumn] {
        match &self.inputs {
            Inputs::Table { words, .. } => words,
            Inputs::Features(_) => &[],
        }
    }

    /// How many features a model that was trained on arrays has.
    pub(crate) fn feature_count(&self) -> Option<usize> {
        match self.inputs {
            Inputs::Features(count) => Some(count),
            Inputs::Table { .. } => None,
        }
    }
}
