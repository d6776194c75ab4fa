//! A Rust module of a program, without the standard library, allocation or dependencies.

use super::identifiers::{calls, identifiers};
use super::loops::{Dense, Language, Table, answer, loops};
use crate::golden::GoldenRows;
use crate::golden_text::{class_names, tolerance};
use crate::program::erf::{ERF_IS_ONE_FROM, RANGE_OF_T, coefficients};
use crate::program::{Answers, Function, Operator, Precision, Program};
use std::fmt::Write;

const RESERVED: [&str; 51] = [
    "as", "break", "const", "continue", "crate", "else", "enum", "extern", "false", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "async", "await", "dyn",
    "abstract", "become", "box", "do", "final", "gen", "macro", "override", "priv", "try", "typeof",
    "unsized", "virtual", "yield",
];

/// The module of a program, and the program that compares it with golden rows.
pub(crate) fn write(program: &Program, name: &str, golden: &GoldenRows) -> [String; 2] {
    let numbers = program.number_columns().iter().map(|column| column.name.as_str());
    let words = program.word_columns().iter().map(|column| column.name.as_str());
    let members = identifiers(numbers.chain(words), &RESERVED);
    [module(program, &members), test(program, name, &members, golden)]
}

fn kind(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "f32",
        Precision::Double => "f64",
    }
}

fn literal(number: f64, precision: Precision) -> String {
    let of = kind(precision);
    match number {
        _ if number.is_nan() => format!("{of}::NAN"),
        f64::INFINITY => format!("{of}::INFINITY"),
        f64::NEG_INFINITY => format!("{of}::NEG_INFINITY"),
        _ => {
            let text = match precision {
                Precision::Single => format!("{:?}", number as f32),
                Precision::Double => format!("{number:?}"),
            };
            if number.is_sign_negative() {
                format!("({text}_{of})")
            } else {
                format!("{text}_{of}")
            }
        }
    }
}

/// The type of the answer: its name and its fields.
fn answer_type(program: &Program) -> String {
    let count = program.answers.names().len();
    let fields = match &program.answers {
        Answers::Classes { .. } => format!(
            "    /// The index of the most probable class; `None` for a row that has no answer.\n    pub class: Option<usize>,\n    \
             /// The probability of each class, or NaN.\n    pub probabilities: [f64; {count}],\n"
        ),
        Answers::Labels { .. } => format!(
            "    /// The index of the class of each target; `None` for a row that has no answer.\n    \
             pub classes: [Option<usize>; {count}],\n    /// The probability of the second class of each target, or NaN.\n    \
             pub probabilities: [f64; {count}],\n"
        ),
        Answers::Numbers { .. } => {
            format!(
                "    /// A number for each target, or NaN for a row that has no answer.\n    pub numbers: [f64; {count}],\n"
            )
        }
    };
    format!(
        "/// The prediction of a row.\n#[derive(Debug, Clone, Copy, PartialEq)]\npub struct Prediction {{\n{fields}}}\n\n"
    )
}

fn module(program: &Program, members: &[String]) -> String {
    let language = Rust { program, members };
    let body = loops(program, &language);
    let answers = &program.answers;
    let names = answers.names();
    let mut text = format!(
        "//! A multilayer perceptron with the preparation of its table, exported by pellucid {}. Needs `core` alone.\n\n",
        env!("CARGO_PKG_VERSION")
    );
    let _ = match answers {
        Answers::Classes { classes, .. } => writeln!(
            text,
            "/// The classes, in the order of the probabilities.\npub const CLASSES: [&str; {}] = {classes:?};\n",
            classes.len()
        ),
        Answers::Labels { classes, .. } => writeln!(
            text,
            "/// The targets.\npub const TARGETS: [&str; {0}] = {names:?};\n/// The two classes of each.\n\
             pub const CLASSES: [[&str; 2]; {0}] = {classes:?};\n",
            classes.len()
        ),
        Answers::Numbers { .. } => {
            writeln!(
                text,
                "/// The targets.\npub const TARGETS: [&str; {}] = {names:?};\n",
                names.len()
            )
        }
    };
    let parameter = match program.feature_count() {
        Some(count) => format!("features: &[{}; {count}]", kind(program.network)),
        None => {
            text += &row_type(program, members);
            let lifetime = if program.word_columns().is_empty() {
                ""
            } else {
                "<'_>"
            };
            format!("row: &Row{lifetime}")
        }
    };
    text += &answer_type(program);
    for table in &body.tables {
        let _ = match table {
            Table::Numbers {
                name,
                numbers,
                precision,
            } => {
                let values: Vec<String> = numbers
                    .iter()
                    .map(|&number| literal(number, *precision))
                    .collect();
                let (name, of) = (name.to_uppercase(), kind(*precision));
                writeln!(
                    text,
                    "static {name}: [{of}; {}] = [{}];",
                    numbers.len(),
                    values.join(", ")
                )
            }
            Table::Places { name, places } => {
                writeln!(
                    text,
                    "static {}: [usize; {}] = {places:?};",
                    name.to_uppercase(),
                    places.len()
                )
            }
        };
    }
    for (number, column) in program.word_columns().iter().enumerate() {
        let _ = writeln!(
            text,
            "static WORDS_{number}: [(&str, i16); {}] = {:?};",
            column.codes.len(),
            column.codes
        );
    }
    let mut function =
        format!("/// The prediction of a row.\npub fn predict({parameter}) -> Prediction {{\n");
    let numbers = program.number_columns().len();
    if numbers > 0 {
        let of: Vec<String> = members[..numbers]
            .iter()
            .map(|member| format!("row.{member}"))
            .collect();
        let _ = writeln!(function, "    let numbers = [{}];", of.join(", "));
    }
    if program.feature_count().is_some() {
        // An array, as every other value is.
        function += "    let features = *features;\n";
    }
    function += &body.statements;
    let list = |value, count: usize, wrap: fn(String) -> String| -> String {
        let each = (0..count).map(|place| wrap(answer(program, &language, value, place)));
        each.collect::<Vec<_>>().join(", ")
    };
    let of_answers = list(answers.numbers(), names.len(), |number| number);
    let class = |number: String| format!("class_of({number})");
    let _ = match answers {
        Answers::Classes { class: of, .. } => {
            let class = list(*of, 1, class);
            writeln!(
                function,
                "    Prediction {{ class: {class}, probabilities: [{of_answers}] }}\n}}"
            )
        }
        Answers::Labels { labels, columns, .. } => {
            let classes = list(*labels, columns.len(), class);
            writeln!(
                function,
                "    Prediction {{ classes: [{classes}], probabilities: [{of_answers}] }}\n}}"
            )
        }
        Answers::Numbers { .. } => writeln!(function, "    Prediction {{ numbers: [{of_answers}] }}\n}}"),
    };
    for (helper, source) in HELPERS {
        if calls(&function, helper) {
            text.push('\n');
            text += source;
        }
    }
    if function.contains("elementary::") {
        let [centre, half] = RANGE_OF_T;
        let series: Vec<String> = coefficients()
            .iter()
            .map(|number| format!("{number:?}"))
            .collect();
        text += &include_str!("../templates/elementary.rs.template")
            .replace("    pub fn", "    #[allow(dead_code)]\n    pub fn")
            .replace("@TERMS@", &series.len().to_string())
            .replace("@SERIES@", &series.join(", "))
            .replace("@LIMIT@", &format!("{ERF_IS_ONE_FROM:?}"))
            .replace("@CENTRE@", &format!("{centre:?}"))
            .replace("@HALF@", &format!("{half:?}"));
    }
    text.push('\n');
    text + &function
}

fn row_type(program: &Program, members: &[String]) -> String {
    let numbers = program.number_columns();
    let words = program.word_columns();
    let lifetime = if words.is_empty() { "" } else { "<'a>" };
    let mut text = format!(
        "/// A row of the table. A missing number is NaN, a missing word `None` or empty.\n#[derive(Debug, Clone, Copy)]\n\
         pub struct Row{lifetime} {{\n"
    );
    let plain = |name: &str| {
        name.chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect::<String>()
    };
    for (column, member) in numbers.iter().zip(members) {
        let note = if column.is_date {
            ", in seconds since 1970-01-01T00:00:00Z"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "    /// {}{note}\n    pub {member}: f64,",
            plain(&column.name)
        );
    }
    for (column, member) in words.iter().zip(&members[numbers.len()..]) {
        let _ = writeln!(
            text,
            "    /// {}\n    pub {member}: Option<&'a str>,",
            plain(&column.name)
        );
    }
    text + "}\n\n"
}

/// Functions that are written where they are called, by name.
const HELPERS: [(&str, &str); 8] = [
    (
        "class_of",
        "fn class_of(number: f64) -> Option<usize> {\n    if number >= 0.0 { Some(number as usize) } else { None }\n}\n",
    ),
    (
        "code_of",
        "fn code_of(word: Option<&str>, words: &[(&str, i16)], missing: i16, other: i16) -> f64 {\n    match word {\n        \
         None | Some(\"\") => f64::from(missing),\n        \
         Some(word) => f64::from(words.iter().find(|(one, _)| *one == word).map_or(other, |(_, code)| *code)),\n    }\n}\n",
    ),
    (
        "dense_f32",
        "/// z = x.W + b; W is (inputs, outputs).\nfn dense_f32(x: &[f32], w: &[f32], z: &mut [f32]) {\n    for (x, w) in x.iter().zip(w.chunks_exact(z.len())) {\n        for (z, w) in z.iter_mut().zip(w) {\n            *z += x * w;\n        }\n    }\n}\n",
    ),
    (
        "dense_f64",
        "/// z = x.W + b; W is (inputs, outputs).\nfn dense_f64(x: &[f64], w: &[f64], z: &mut [f64]) {\n    for (x, w) in x.iter().zip(w.chunks_exact(z.len())) {\n        for (z, w) in z.iter_mut().zip(w) {\n            *z += x * w;\n        }\n    }\n}\n",
    ),
    (
        "softmax_f32",
        "fn softmax_f32(from: &[f32], to: &mut [f32]) {\n    let most = from.iter().fold(f32::NEG_INFINITY, |most, x| most.max(*x));\n    let mut sum = 0.0;\n    for (to, x) in to.iter_mut().zip(from) {\n        *to = elementary::exp(f64::from(x - most)) as f32;\n        sum += *to;\n    }\n    for to in to {\n        *to /= sum;\n    }\n}\n",
    ),
    (
        "softmax_f64",
        "fn softmax_f64(from: &[f64], to: &mut [f64]) {\n    let most = from.iter().fold(f64::NEG_INFINITY, |most, x| most.max(*x));\n    let mut sum = 0.0;\n    for (to, x) in to.iter_mut().zip(from) {\n        *to = elementary::exp(x - most);\n        sum += *to;\n    }\n    for to in to {\n        *to /= sum;\n    }\n}\n",
    ),
    (
        "largest",
        "fn largest(x: &[f64]) -> f64 {\n    x.iter().fold(f64::NEG_INFINITY, |most, x| most.max(*x))\n}\n",
    ),
    (
        "place_of_largest",
        "fn place_of_largest(x: &[f64]) -> f64 {\n    let mut most = 0;\n    for (place, number) in x.iter().enumerate() {\n        \
         if *number > x[most] {\n            most = place;\n        }\n    }\n    most as f64\n}\n",
    ),
];

struct Rust<'a> {
    program: &'a Program,
    members: &'a [String],
}

impl Language for Rust<'_> {
    fn table(&self, name: &str) -> String {
        name.to_uppercase()
    }

    fn literal(&self, number: f64, precision: Precision) -> String {
        literal(number, precision)
    }

    fn function(&self, function: Function, of: &str, precision: Precision) -> String {
        let name = match function {
            Function::Negative => return format!("(-{of})"),
            Function::Absolute => return format!("({of}).abs()"),
            Function::Logarithm => "ln",
            other => other.name(),
        };
        match precision {
            Precision::Single => format!("(elementary::{name}(f64::from({of})) as f32)"),
            Precision::Double => format!("elementary::{name}({of})"),
        }
    }

    fn extreme(&self, operator: Operator, a: &str, b: &str, precision: Precision) -> String {
        let name = if operator == Operator::Smaller {
            "min"
        } else {
            "max"
        };
        format!("{}::{name}({a}, {b})", kind(precision))
    }

    fn select(&self, test: &str, then: &str, otherwise: &str) -> String {
        format!("(if {test} {{ {then} }} else {{ {otherwise} }})")
    }

    fn missing(&self, of: &str) -> String {
        format!("({of}).is_nan()")
    }

    fn convert(&self, of: &str, to: Precision) -> String {
        match to {
            Precision::Single => format!("({of} as f32)"),
            Precision::Double => format!("f64::from({of})"),
        }
    }

    fn index(&self, of: &str) -> String {
        format!("({of}) as usize")
    }

    fn word(&self, column: usize) -> String {
        let member = &self.members[self.program.number_columns().len() + column];
        let of = &self.program.word_columns()[column];
        format!(
            "code_of(row.{member}, &WORDS_{column}, {}, {})",
            of.missing, of.other
        )
    }

    fn scalar(&self, name: &str, number: &str, precision: Precision) -> String {
        format!("let {name}: {} = {number};", kind(precision))
    }

    fn accumulator(&self, name: &str, precision: Precision) -> String {
        format!("let mut {name} = 0.0_{};", kind(precision))
    }

    fn array(&self, name: &str, width: usize, precision: Precision) -> String {
        format!("let mut {name} = [0.0_{}; {width}];", kind(precision))
    }

    fn repeat(&self, width: usize) -> String {
        format!("for i in 0..{width} {{")
    }

    fn dense(&self, of: &Dense<'_>) -> String {
        let bias = match of.bias {
            Some(bias) => format!("{}.copy_from_slice(&{bias});\n    ", of.output),
            None => String::new(),
        };
        format!(
            "{bias}dense_{}(&{}, &{}, &mut {});",
            kind(of.precision),
            of.input,
            of.weights,
            of.output
        )
    }

    fn softmax(&self, from: &str, to: &str, _: usize, precision: Precision) -> String {
        format!("softmax_{}(&{from}, &mut {to});", kind(precision))
    }

    fn largest(&self, of: &str, _: usize, _: Precision) -> String {
        format!("largest(&{of})")
    }

    fn place_of_largest(&self, of: &str, _: usize, _: Precision) -> String {
        format!("place_of_largest(&{of})")
    }
}

/// The program that compares the module with golden rows.
fn test(program: &Program, name: &str, members: &[String], golden: &GoldenRows) -> String {
    let (rows, outputs) = (golden.len(), program.answers.names().len());
    let compared = class_names(program).len();
    let list = |numbers: &[f64], precision| -> String {
        let values: Vec<String> = numbers.iter().map(|&number| literal(number, precision)).collect();
        values.join(", ")
    };
    let (row_type, rows_text): (String, Vec<String>) = match program.feature_count() {
        Some(count) => (
            format!("[{}; {count}]", kind(program.network)),
            golden
                .numbers
                .iter()
                .map(|row| format!("[{}]", list(row, program.network)))
                .collect(),
        ),
        None => {
            let lifetime = if program.word_columns().is_empty() {
                ""
            } else {
                "<'static>"
            };
            let row = |(numbers, words): (&Vec<f64>, &Vec<Option<String>>)| {
                let numbers = numbers.iter().map(|&number| literal(number, Precision::Double));
                let words = words.iter().map(|word| format!("{word:?}"));
                let cells = members.iter().zip(numbers.chain(words));
                let cells: Vec<String> = cells.map(|(member, cell)| format!("{member}: {cell}")).collect();
                format!("{name}::Row {{ {} }}", cells.join(", "))
            };
            (
                format!("{name}::Row{lifetime}"),
                golden.numbers.iter().zip(&golden.words).map(row).collect(),
            )
        }
    };
    let mut text = format!(
        "//! Compares {name}.rs with predictions of the model that it was exported from.\n\nmod {name};\n\n\
         static ROWS: [{row_type}; {rows}] = [\n"
    );
    for row in rows_text {
        let _ = writeln!(text, "    {row},");
    }
    let _ = writeln!(text, "];\n\nstatic EXPECTED: [[f64; {outputs}]; {rows}] = [");
    for row in &golden.expected {
        let _ = writeln!(text, "    [{}],", list(row, Precision::Double));
    }
    let _ = writeln!(
        text,
        "];\n\n/// A class of -2 is decided by rounding.\nstatic CLASSES: [[i64; {compared}]; {rows}] = ["
    );
    for at in 0..rows {
        let _ = writeln!(
            text,
            "    {:?},",
            golden.classes.get(at).cloned().unwrap_or_default()
        );
    }
    let (numbers, classes) = match program.answers {
        Answers::Classes { .. } => ("probabilities", "[answer.class]"),
        Answers::Labels { .. } => ("probabilities", "answer.classes"),
        Answers::Numbers { .. } => ("numbers", "[None::<usize>; 0]"),
    };
    let _ = write!(
        text,
        "];

fn deviation(found: f64, expected: f64) -> f64 {{
    match (found.is_nan(), expected.is_nan()) {{
        (true, true) => 0.0,
        (false, false) => (found - expected).abs() / expected.abs().max(1.0),
        _ => f64::INFINITY,
    }}
}}

fn main() -> std::process::ExitCode {{
    let (mut largest, mut differ) = (0.0_f64, 0);
    for (row, (expected, classes)) in ROWS.iter().zip(EXPECTED.iter().zip(&CLASSES)) {{
        let answer = {name}::predict(row);
        for (found, expected) in answer.{numbers}.iter().zip(expected) {{
            largest = largest.max(deviation(*found, *expected));
        }}
        for (found, wanted) in {classes}.iter().zip(classes) {{
            differ += i32::from(*wanted != -2 && found.map_or(-1, |class| class as i64) != *wanted);
        }}
    }}
    println!(\"rows {{}}, largest deviation {{largest:e}}, classes that differ {{differ}}\", ROWS.len());
    std::process::ExitCode::from(u8::from(!(largest <= {:e} && differ == 0)))
}}
",
        tolerance(program, None)
    );
    text
}
