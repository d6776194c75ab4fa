//! A query of a program that scores the rows of a table, for PostgreSQL and DuckDB, or for SQLite.
//!
//! Each stage of the query adds the columns that follow from those of the stage before. NULL stands for NaN.

use super::loops::inline_values;
use crate::error::{ExportError, Result};
use crate::program::{Answers, Computed, Function, Operator, Program, Step, Test, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A database's way of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// PostgreSQL from 12 on, and DuckDB.
    Standard,
    /// SQLite from 3.35 on, with its mathematical functions.
    SQLite,
}

/// The most columns of a stage, below the limits of the databases: 1,664 of PostgreSQL, 2,000 of SQLite.
const MOST_COLUMNS: usize = 1500;
/// The most arguments of a function that SQLite takes are 127.
const MOST_ARGUMENTS: usize = 100;
/// Beyond this, databases refuse eˣ as too large or too small.
const LARGEST_EXPONENT: f64 = 700.0;

/// The query of a program over the table `table`.
///
/// # Errors
/// The network is too large for a query.
pub(crate) fn write(program: &Program, table: &str, dialect: Dialect) -> Result<String> {
    let mut writer = Writer {
        program,
        dialect,
        is_inline: inline_values(program),
        stages: BTreeMap::new(),
        levels: vec![0; program.steps.len()],
        columns: 0,
    };
    for (value, computed) in program.steps.iter().enumerate() {
        writer.step(value, computed);
    }
    if writer.columns > MOST_COLUMNS {
        return Err(ExportError::Inexpressible {
            form: "sql",
            part: format!(
                "{} numbers between the layers, more than the columns of a table",
                writer.columns
            ),
            advice: "train a smaller network, or choose another form".into(),
        });
    }
    Ok(writer.query(table))
}

/// A name in quotes.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
fn text(of: &str) -> String {
    format!("'{}'", of.replace('\'', "''"))
}

/// A sum in the form of a balanced tree, because databases limit the depth of formulas.
fn sum(terms: &[String]) -> String {
    match terms {
        [] => "0".into(),
        [only] => only.clone(),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({} + {})", sum(left), sum(right))
        }
    }
}

struct Writer<'a> {
    program: &'a Program,
    dialect: Dialect,
    is_inline: Vec<bool>,
    /// The columns that each stage adds: names and formulas.
    stages: BTreeMap<usize, Vec<(String, String)>>,
    /// The stage after which each value is known.
    levels: Vec<usize>,
    columns: usize,
}

impl Writer<'_> {
    fn literal(&self, number: f64) -> String {
        match (number, self.dialect) {
            (number, _) if number.is_nan() => "NULL".into(),
            (f64::INFINITY, Dialect::Standard) => "'Infinity'::float8".into(),
            (f64::NEG_INFINITY, Dialect::Standard) => "'-Infinity'::float8".into(),
            (f64::INFINITY, Dialect::SQLite) => "9e999".into(),
            (f64::NEG_INFINITY, Dialect::SQLite) => "-9e999".into(),
            (number, Dialect::Standard) if number < 0.0 => format!("({number:?}::float8)"),
            (number, Dialect::Standard) => format!("{number:?}::float8"),
            (number, Dialect::SQLite) if number < 0.0 => format!("({number:?})"),
            (number, Dialect::SQLite) => format!("{number:?}"),
        }
    }

    /// The largest, or the smallest, of some numbers.
    fn extreme(&self, operator: Operator, of: &[String]) -> String {
        let name = match (operator, self.dialect) {
            (Operator::Smaller, Dialect::Standard) => "least",
            (Operator::Smaller, Dialect::SQLite) => "min",
            (_, Dialect::Standard) => "greatest",
            (_, Dialect::SQLite) => "max",
        };
        match of {
            [only] => only.clone(),
            _ if of.len() <= MOST_ARGUMENTS => format!("{name}({})", of.join(", ")),
            _ => {
                let parts: Vec<String> = of
                    .chunks(MOST_ARGUMENTS)
                    .map(|part| self.extreme(operator, part))
                    .collect();
                self.extreme(operator, &parts)
            }
        }
    }

    /// A number between two others; NULL stays NULL.
    fn within(&self, number: &str, limit: f64) -> String {
        let (low, high) = (self.literal(-limit), self.literal(limit));
        format!("CASE WHEN {number} > {high} THEN {high} WHEN {number} < {low} THEN {low} ELSE {number} END")
    }

    /// The number of a value at a place.
    fn number(&self, value: Value, place: usize) -> String {
        let Computed { step, width, .. } = &self.program.steps[value];
        let place = if *width == 1 { 0 } else { place };
        match step {
            Step::Constant(numbers) => self.literal(numbers[place]),
            Step::Numbers => format!(
                "CAST({} AS DOUBLE PRECISION)",
                quoted(&self.program.number_columns()[place].name)
            ),
            Step::Features => format!("CAST({} AS DOUBLE PRECISION)", quoted(&format!("x{}", place + 1))),
            _ if self.is_inline[value] => self.formula(value, place),
            _ => format!("_v{value}_{place}"),
        }
    }

    fn formula(&self, value: Value, place: usize) -> String {
        let number = |value: Value| self.number(value, place);
        match &self.program.steps[value].step {
            Step::Apply(function, a) => self.function(*function, &number(*a)),
            Step::Combine(operator, a, b) => {
                let sign = match operator {
                    Operator::Add => "+",
                    Operator::Subtract => "-",
                    Operator::Multiply => "*",
                    Operator::Divide => "/",
                    Operator::Smaller | Operator::Larger => {
                        return self.extreme(*operator, &[number(*a), number(*b)]);
                    }
                };
                format!("({} {sign} {})", number(*a), number(*b))
            }
            Step::Select(test, then, otherwise) => {
                let test = match *test {
                    Test::Less(a, b) => format!("{} < {}", number(a), number(b)),
                    Test::AtMost(a, b) => format!("{} <= {}", number(a), number(b)),
                    Test::Equal(a, b) => format!("{} = {}", number(a), number(b)),
                    Test::Missing(a) => format!("{} IS NULL", number(a)),
                };
                format!(
                    "CASE WHEN {test} THEN {} ELSE {} END",
                    number(*then),
                    number(*otherwise)
                )
            }
            Step::Take(from, places) => self.number(*from, places[place]),
            Step::Look(table, places) => {
                let numbers = self.program.arrays[*table].numbers.iter().enumerate();
                let cases: Vec<String> = numbers
                    .map(|(at, number)| format!("WHEN {at} THEN {}", self.literal(*number)))
                    .collect();
                format!(
                    "CASE CAST({} AS INTEGER) {} END",
                    number(*places),
                    cases.join(" ")
                )
            }
            // Databases compute in double precision.
            Step::Convert(a) => number(*a),
            _ => format!("_v{value}_{place}"),
        }
    }

    fn function(&self, function: Function, of: &str) -> String {
        let one = self.literal(1.0);
        let exp = |of: &str| format!("exp({})", self.within(of, LARGEST_EXPONENT));
        match function {
            Function::Negative => format!("(-{of})"),
            Function::Absolute => format!("abs({of})"),
            Function::Exponential => exp(of),
            Function::Logarithm => format!("ln({of})"),
            Function::Sigmoid => format!("({one} / ({one} + {}))", exp(&format!("(-{of})"))),
            // tanh z = 2/(1 + e^−2z) − 1, which every database has.
            Function::Tanh => {
                let two = self.literal(2.0);
                format!("({two} / ({one} + {}) - {one})", exp(&format!("(-{two} * {of})")))
            }
            Function::SquareRoot => format!("sqrt({of})"),
            Function::Floor => format!("floor({of})"),
            Function::Sine => format!("sin({of})"),
            Function::Cosine => format!("cos({of})"),
            // The program has its series instead.
            Function::Erf => format!("erf({of})"),
        }
    }

    /// The stage after which all that a value is computed of is known.
    fn level_of(&self, computed: &Computed) -> usize {
        computed
            .step
            .uses()
            .into_iter()
            .map(|used| self.levels[used])
            .max()
            .unwrap_or(0)
    }

    fn add(&mut self, level: usize, name: String, formula: String) {
        self.columns += 1;
        self.stages.entry(level).or_default().push((name, formula));
    }

    /// A function of one number is written out in its operand's place several times: that is a column of its own.
    fn step(&mut self, value: Value, computed: &Computed) {
        let level = self.level_of(computed);
        if self.is_inline[value] && !repeats_operand(&computed.step) && !self.is_operand_repeated(value) {
            self.levels[value] = level;
            return;
        }
        self.is_inline[value] = matches!(computed.step, Step::Numbers | Step::Features | Step::Constant(_));
        if self.is_inline[value] {
            return;
        }
        let mut level = level + 1;
        let width = computed.width;
        let name = |place: usize| format!("_v{value}_{place}");
        let all = |writer: &Self, of: Value| -> Vec<String> {
            (0..writer.program.steps[of].width)
                .map(|place| writer.number(of, place))
                .collect()
        };
        match &computed.step {
            Step::Word(column) => {
                let formula = self.word(*column);
                self.add(level, name(0), formula);
            }
            Step::Dense { input, weights, bias } => {
                let arrays = &self.program.arrays;
                let x = all(self, *input);
                for unit in 0..width {
                    let weights = arrays[*weights].numbers[unit..].iter().step_by(width);
                    let mut terms: Vec<String> = weights
                        .zip(&x)
                        .map(|(&weight, x)| format!("{} * {x}", self.literal(weight)))
                        .collect();
                    terms.extend(bias.map(|bias| self.literal(arrays[bias].numbers[unit])));
                    self.add(level, name(unit), sum(&terms));
                }
            }
            Step::Join(values) => {
                let parts: Vec<String> = values.iter().flat_map(|&part| all(self, part)).collect();
                for (place, formula) in parts.into_iter().enumerate() {
                    self.add(level, name(place), formula);
                }
            }
            Step::Sum(a) => {
                let formula = sum(&all(self, *a));
                self.add(level, name(0), formula);
            }
            Step::Largest(a) => {
                let formula = self.extreme(Operator::Larger, &all(self, *a));
                self.add(level, name(0), formula);
            }
            Step::PlaceOfLargest(a) => {
                let (numbers, most) = (all(self, *a), format!("_m{value}"));
                let formula = self.extreme(Operator::Larger, &numbers);
                self.add(level, most.clone(), formula);
                level += 1;
                let cases: Vec<String> = (0..numbers.len())
                    .map(|place| {
                        format!(
                            "WHEN {} = {most} THEN {}",
                            numbers[place],
                            self.literal(place as f64)
                        )
                    })
                    .collect();
                self.add(level, name(0), format!("CASE {} END", cases.join(" ")));
            }
            Step::Softmax(a) => {
                let (numbers, most) = (all(self, *a), format!("_m{value}"));
                let formula = self.extreme(Operator::Larger, &numbers);
                self.add(level, most.clone(), formula);
                level += 1;
                let exponentials: Vec<String> =
                    (0..width).map(|place| format!("_e{value}_{place}")).collect();
                for (exponential, number) in exponentials.iter().zip(&numbers) {
                    let formula = self.function(Function::Exponential, &format!("({number} - {most})"));
                    self.add(level, exponential.clone(), formula);
                }
                level += 1;
                for (place, exponential) in exponentials.iter().enumerate() {
                    self.add(
                        level,
                        name(place),
                        format!("{exponential} / {}", sum(&exponentials)),
                    );
                }
            }
            _ => {
                for place in 0..width {
                    let formula = self.formula(value, place);
                    self.add(level, name(place), formula);
                }
            }
        }
        self.levels[value] = level;
    }

    /// Whether a step that uses the value writes it several times.
    fn is_operand_repeated(&self, value: Value) -> bool {
        let of_one = matches!(
            self.program.steps[value].step,
            Step::Apply(..) | Step::Combine(..) | Step::Select(..) | Step::Look(..)
        );
        of_one
            && self
                .program
                .steps
                .iter()
                .any(|user| repeats_operand(&user.step) && user.step.uses().contains(&value))
    }

    /// The code of the word of a row.
    fn word(&self, column: usize) -> String {
        let of = &self.program.word_columns()[column];
        let name = format!("CAST({} AS TEXT)", quoted(&of.name));
        let code = |code: i64| self.literal(code as f64);
        let mut formula = format!(
            "CASE WHEN {name} IS NULL OR {name} = '' THEN {}",
            code(of.missing)
        );
        let mut words: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (word, code) in &of.codes {
            words.entry(*code).or_default().push(text(word));
        }
        for (of, words) in words {
            let _ = write!(
                formula,
                " WHEN {name} IN ({}) THEN {}",
                words.join(", "),
                code(of)
            );
        }
        let _ = write!(formula, " ELSE {} END", code(of.other));
        formula
    }

    fn query(&self, table: &str) -> String {
        let databases = match self.dialect {
            Dialect::Standard => "PostgreSQL 12 and DuckDB",
            Dialect::SQLite => "SQLite 3.35 with its mathematical functions",
        };
        let mut query = format!(
            "-- Scores the rows of the table {}, exported by pellucid {} for {databases}.\n\
             -- Other columns of the table, such as a key, may be added to the last SELECT.\n\
             WITH _s0 AS (SELECT * FROM {})",
            quoted(table),
            env!("CARGO_PKG_VERSION"),
            quoted(table)
        );
        let mut last = String::from("_s0");
        for (level, columns) in &self.stages {
            let added: Vec<String> = columns
                .iter()
                .map(|(name, formula)| format!("    {formula} AS {name}"))
                .collect();
            let _ = write!(
                query,
                ",\n_s{level} AS MATERIALIZED (SELECT {last}.*,\n{}\n  FROM {last})",
                added.join(",\n")
            );
            last = format!("_s{level}");
        }
        let given: Vec<String> = match self.program.feature_count() {
            Some(count) => (1..=count).map(|number| quoted(&format!("x{number}"))).collect(),
            None => {
                let numbers = self.program.number_columns().iter().map(|column| &column.name);
                let words = self.program.word_columns().iter().map(|column| &column.name);
                numbers.chain(words).map(|name| quoted(name)).collect()
            }
        };
        let mut answers = Vec::new();
        let class = |index: String, names: &[String]| {
            let cases: Vec<String> = names
                .iter()
                .enumerate()
                .map(|(at, name)| format!("WHEN {at} THEN {}", text(name)))
                .collect();
            format!("CASE CAST({index} AS INTEGER) {} END", cases.join(" "))
        };
        let name = |what: &str, of: &str| quoted(&format!("{what}_{of}"));
        match &self.program.answers {
            Answers::Classes {
                classes,
                probabilities,
                class: of,
                ..
            } => {
                answers.push(format!("{} AS prediction", class(self.number(*of, 0), classes)));
                answers.extend(classes.iter().enumerate().map(|(place, one)| {
                    format!(
                        "{} AS {}",
                        self.number(*probabilities, place),
                        name("probability", one)
                    )
                }));
            }
            Answers::Labels {
                columns,
                classes,
                probabilities,
                labels,
            } => {
                for (place, (column, classes)) in columns.iter().zip(classes).enumerate() {
                    let label = class(self.number(*labels, place), classes);
                    answers.push(format!("{label} AS {}", name("prediction", column)));
                    let probability = self.number(*probabilities, place);
                    let of = format!("{column}_{}", classes[1]);
                    answers.push(format!("{probability} AS {}", name("probability", &of)));
                }
            }
            Answers::Numbers { columns, numbers } => {
                let single = columns.len() == 1;
                answers.extend(columns.iter().enumerate().map(|(place, column)| {
                    let to = if single {
                        "prediction".to_owned()
                    } else {
                        name("prediction", column)
                    };
                    format!("{} AS {to}", self.number(*numbers, place))
                }));
            }
        }
        let _ = write!(
            query,
            "\nSELECT {},\n  {}\nFROM {last};\n",
            given.join(", "),
            answers.join(",\n  ")
        );
        query
    }
}

/// Whether a step's formula has its operand several times.
fn repeats_operand(step: &Step) -> bool {
    matches!(
        step,
        Step::Apply(Function::Exponential | Function::Sigmoid | Function::Tanh, _)
    )
}
