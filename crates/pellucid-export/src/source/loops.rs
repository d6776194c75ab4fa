//! Writes the steps of a program as loops over arrays, for languages with indices and braces.
//!
//! A value that one step uses once, number by number, has no array: its formula stands in that step's loop.

use crate::program::{Computed, Function, Operator, Precision, Program, Step, Test, Value};
use std::fmt::Write;

/// A language that loops are written in.
pub(super) trait Language {
    /// The name of an array of constants.
    fn table(&self, name: &str) -> String {
        name.to_owned()
    }
    /// A number as text.
    fn literal(&self, number: f64, precision: Precision) -> String;
    /// A function of a number.
    fn function(&self, function: Function, of: &str, precision: Precision) -> String;
    /// The smaller or the larger of two numbers.
    fn extreme(&self, operator: Operator, a: &str, b: &str, precision: Precision) -> String;
    /// One of two numbers.
    fn select(&self, test: &str, then: &str, otherwise: &str) -> String;
    /// Whether a number is NaN.
    fn missing(&self, of: &str) -> String;
    /// A number in another precision.
    fn convert(&self, of: &str, to: Precision) -> String;
    /// A number as an index.
    fn index(&self, of: &str) -> String;
    /// The code of the word in a column of words.
    fn word(&self, column: usize) -> String;
    /// A name for a number that stays the same.
    fn scalar(&self, name: &str, number: &str, precision: Precision) -> String;
    /// A name for a number that changes.
    fn accumulator(&self, name: &str, precision: Precision) -> String;
    /// An array of zeros.
    fn array(&self, name: &str, width: usize, precision: Precision) -> String;
    /// The head of a loop of `i` from 0.
    fn repeat(&self, width: usize) -> String;
    /// x·W + b to an array.
    fn dense(&self, operands: &Dense<'_>) -> String;
    /// The softmax of an array to another.
    fn softmax(&self, from: &str, to: &str, width: usize, precision: Precision) -> String;
    /// The largest number of an array.
    fn largest(&self, of: &str, width: usize, precision: Precision) -> String;
    /// The place of the largest number of an array, as a number.
    fn place_of_largest(&self, of: &str, width: usize, precision: Precision) -> String;
}

/// The operands of a dense layer.
pub(super) struct Dense<'a> {
    pub(super) input: &'a str,
    pub(super) weights: &'a str,
    pub(super) bias: Option<&'a str>,
    pub(super) output: &'a str,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) precision: Precision,
}

/// Numbers that loops refer to by a name.
pub(super) enum Table {
    Numbers {
        name: String,
        numbers: Vec<f64>,
        precision: Precision,
    },
    Places {
        name: String,
        places: Vec<usize>,
    },
}

impl Table {
    fn name(&self) -> &str {
        match self {
            Self::Numbers { name, .. } | Self::Places { name, .. } => name,
        }
    }
}

/// Loops, and what they refer to.
pub(super) struct Loops {
    pub(super) statements: String,
    pub(super) tables: Vec<Table>,
}

/// The loops of a program, indented by four blanks.
pub(super) fn loops(program: &Program, language: &dyn Language) -> Loops {
    let mut writer = Writer {
        program,
        language,
        is_inline: inline_values(program),
        statements: String::new(),
        tables: Vec::new(),
    };
    let arrays = program.arrays.iter().map(|array| Table::Numbers {
        name: array.name.clone(),
        numbers: array.numbers.clone(),
        precision: array.precision,
    });
    writer.tables.extend(arrays);
    for (value, computed) in program.steps.iter().enumerate() {
        if !writer.is_inline[value] {
            writer.step(value, computed);
        }
        if let Step::Constant(numbers) = &computed.step
            && numbers.len() > 1
        {
            writer.tables.push(Table::Numbers {
                name: format!("constants_{value}"),
                numbers: numbers.clone(),
                precision: computed.precision,
            });
        }
        if let Step::Take(_, places) = &computed.step
            && contiguous(places).is_none()
        {
            writer.tables.push(Table::Places {
                name: format!("places_{value}"),
                places: places.clone(),
            });
        }
    }
    // Places that stand in a formula as numbers need no table.
    let Writer {
        statements,
        mut tables,
        ..
    } = writer;
    tables.retain(|table| names(&statements, &language.table(table.name())));
    Loops { statements, tables }
}

/// Whether a text has a name.
fn names(text: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[at + name.len()..].starts_with(is_part) && !text[..at].ends_with(is_part))
}

/// The text of a number of the answers, from its value and its place.
pub(super) fn answer(program: &Program, language: &dyn Language, value: Value, place: usize) -> String {
    let writer = Writer {
        program,
        language,
        is_inline: inline_values(program),
        statements: String::new(),
        tables: Vec::new(),
    };
    writer.number(value, &place.to_string())
}

/// Whether each value stands in the loop of the step that uses it.
pub(super) fn inline_values(program: &Program) -> Vec<bool> {
    let counts = program.use_counts();
    let answers = [Some(program.answers.numbers()), program.answers.classes()];
    let mut is_inline: Vec<bool> = program
        .steps
        .iter()
        .enumerate()
        .map(|(value, computed)| match computed.step {
            Step::Numbers | Step::Features | Step::Constant(_) => true,
            Step::Apply(..) | Step::Combine(..) | Step::Select(..) | Step::Take(..) | Step::Look(..) => {
                counts[value] == 1 && !answers.contains(&Some(value))
            }
            Step::Convert(_) => counts[value] == 1 && !answers.contains(&Some(value)),
            _ => false,
        })
        .collect();
    for user in &program.steps {
        let reads_once = matches!(
            user.step,
            Step::Apply(..)
                | Step::Combine(..)
                | Step::Select(..)
                | Step::Take(..)
                | Step::Look(..)
                | Step::Convert(_)
                | Step::Join(_)
                | Step::Sum(_)
        );
        for used in user.step.uses() {
            let of = &program.steps[used];
            let is_given = matches!(of.step, Step::Numbers | Step::Features | Step::Constant(_));
            let is_repeated = user.width > of.width && !matches!(user.step, Step::Join(_));
            if !is_given && (!reads_once || is_repeated) {
                is_inline[used] = false;
            }
        }
    }
    is_inline
}

/// The first of places that follow each other.
fn contiguous(places: &[usize]) -> Option<usize> {
    let first = *places.first()?;
    places
        .iter()
        .copied()
        .eq(first..first + places.len())
        .then_some(first)
}

struct Writer<'a> {
    program: &'a Program,
    language: &'a dyn Language,
    is_inline: Vec<bool>,
    statements: String,
    tables: Vec<Table>,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.statements, "{}{text}", "    ".repeat(depth));
    }

    /// The number of a value at a place.
    fn number(&self, value: Value, place: &str) -> String {
        let Computed {
            step,
            width,
            precision,
        } = &self.program.steps[value];
        let place = if *width == 1 { "0" } else { place };
        match step {
            Step::Constant(numbers) => match numbers[..] {
                [only] => self.language.literal(only, *precision),
                _ => format!("{}[{place}]", self.language.table(&format!("constants_{value}"))),
            },
            Step::Numbers => format!("numbers[{place}]"),
            Step::Features => format!("features[{place}]"),
            _ if self.is_inline[value] => self.formula(value, place),
            _ if *width == 1 => format!("v{value}"),
            _ => format!("v{value}[{place}]"),
        }
    }

    /// The formula of a value, number by number.
    fn formula(&self, value: Value, place: &str) -> String {
        let Computed { step, precision, .. } = &self.program.steps[value];
        match step {
            Step::Apply(function, a) => {
                self.language
                    .function(*function, &self.number(*a, place), *precision)
            }
            Step::Combine(operator, a, b) => {
                let (a, b) = (self.number(*a, place), self.number(*b, place));
                let sign = match operator {
                    Operator::Add => "+",
                    Operator::Subtract => "-",
                    Operator::Multiply => "*",
                    Operator::Divide => "/",
                    Operator::Smaller | Operator::Larger => {
                        return self.language.extreme(*operator, &a, &b, *precision);
                    }
                };
                format!("({a} {sign} {b})")
            }
            Step::Select(test, then, otherwise) => {
                let number = |value: Value| self.number(value, place);
                let test = match *test {
                    Test::Less(a, b) => format!("{} < {}", number(a), number(b)),
                    Test::AtMost(a, b) => format!("{} <= {}", number(a), number(b)),
                    Test::Equal(a, b) => format!("{} == {}", number(a), number(b)),
                    Test::Missing(a) => self.language.missing(&number(a)),
                };
                self.language.select(&test, &number(*then), &number(*otherwise))
            }
            Step::Take(from, places) => match (contiguous(places), place) {
                (Some(first), "0") => self.number(*from, &first.to_string()),
                (Some(0), place) => self.number(*from, place),
                (Some(first), place) => self.number(*from, &format!("{place} + {first}")),
                (None, place) => {
                    let places = self.language.table(&format!("places_{value}"));
                    self.number(*from, &format!("{places}[{place}]"))
                }
            },
            Step::Look(table, places) => {
                let place = self.language.index(&self.number(*places, place));
                format!(
                    "{}[{place}]",
                    self.language.table(&self.program.arrays[*table].name)
                )
            }
            Step::Convert(a) => self.language.convert(&self.number(*a, place), *precision),
            _ => format!("v{value}[{place}]"),
        }
    }

    /// The name of the array of a value, which has one.
    fn array_of(&self, value: Value) -> String {
        match &self.program.steps[value].step {
            Step::Numbers => "numbers".into(),
            Step::Features => "features".into(),
            Step::Constant(_) => self.language.table(&format!("constants_{value}")),
            _ => format!("v{value}"),
        }
    }

    /// The array of a value; one number gets an array first.
    fn as_array(&mut self, value: Value) -> String {
        let Computed {
            step,
            width,
            precision,
        } = &self.program.steps[value];
        if *width > 1 || matches!(step, Step::Numbers | Step::Features) {
            return self.array_of(value);
        }
        let (name, number) = (
            format!("a{value}_{}", self.statements.len()),
            self.number(value, "0"),
        );
        let declared = self.language.array(&name, 1, *precision);
        self.line(1, &declared);
        self.line(1, &format!("{name}[0] = {number};"));
        name
    }

    fn declare(&mut self, value: Value) {
        let Computed { width, precision, .. } = self.program.steps[value];
        let declared = self.language.array(&format!("v{value}"), width, precision);
        self.line(1, &declared);
    }

    fn scalar(&mut self, value: Value, number: &str) {
        let precision = self.program.steps[value].precision;
        let text = self.language.scalar(&format!("v{value}"), number, precision);
        self.line(1, &text);
    }

    fn step(&mut self, value: Value, computed: &Computed) {
        let (width, precision) = (computed.width, computed.precision);
        match &computed.step {
            Step::Numbers | Step::Features | Step::Constant(_) => {}
            Step::Word(column) => {
                let code = self.language.word(*column);
                self.scalar(value, &code);
            }
            Step::Dense { input, weights, bias } => {
                let input = self.as_array(*input);
                let is_one = width == 1;
                let output = if is_one {
                    format!("d{value}")
                } else {
                    format!("v{value}")
                };
                let declared = self.language.array(&output, width, precision);
                self.line(1, &declared);
                let arrays = &self.program.arrays;
                let name = |array: usize| self.language.table(&arrays[array].name);
                let (of_weights, bias) = (name(*weights), bias.map(name));
                let text = self.language.dense(&Dense {
                    input: &input,
                    weights: &of_weights,
                    bias: bias.as_deref(),
                    output: &output,
                    inputs: arrays[*weights].shape[0],
                    outputs: width,
                    precision,
                });
                self.line(1, &text);
                if is_one {
                    self.scalar(value, &format!("{output}[0]"));
                }
            }
            Step::Join(values) => {
                self.declare(value);
                let mut start = 0;
                for &part in values {
                    let of = self.program.steps[part].width;
                    if of == 1 {
                        let number = self.number(part, "0");
                        self.line(1, &format!("v{value}[{start}] = {number};"));
                    } else {
                        let head = self.language.repeat(of);
                        self.line(1, &head);
                        let number = self.number(part, "i");
                        let to = if start == 0 {
                            "i".to_owned()
                        } else {
                            format!("i + {start}")
                        };
                        self.line(2, &format!("v{value}[{to}] = {number};"));
                        self.line(1, "}");
                    }
                    start += of;
                }
            }
            Step::Sum(a) => {
                let text = self.language.accumulator(&format!("v{value}"), precision);
                self.line(1, &text);
                let head = self.language.repeat(self.program.steps[*a].width);
                self.line(1, &head);
                let number = self.number(*a, "i");
                self.line(2, &format!("v{value} += {number};"));
                self.line(1, "}");
            }
            Step::Largest(a) | Step::PlaceOfLargest(a) => {
                let of = self.as_array(*a);
                let width = self.program.steps[*a].width;
                let number = match computed.step {
                    Step::Largest(_) => self.language.largest(&of, width, precision),
                    _ => self.language.place_of_largest(&of, width, precision),
                };
                self.scalar(value, &number);
            }
            Step::Softmax(a) => {
                let from = self.as_array(*a);
                let to = if width == 1 {
                    format!("d{value}")
                } else {
                    format!("v{value}")
                };
                let declared = self.language.array(&to, width, precision);
                self.line(1, &declared);
                let text = self.language.softmax(&from, &to, width, precision);
                self.line(1, &text);
                if width == 1 {
                    self.scalar(value, &format!("{to}[0]"));
                }
            }
            _ if width == 1 => {
                let formula = self.formula(value, "0");
                self.scalar(value, &formula);
            }
            _ => {
                self.declare(value);
                let head = self.language.repeat(width);
                self.line(1, &head);
                let formula = self.formula(value, "i");
                self.line(2, &format!("v{value}[i] = {formula};"));
                self.line(1, "}");
            }
        }
    }
}
