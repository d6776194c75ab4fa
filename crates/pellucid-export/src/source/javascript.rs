//! An ES module of a program, without dependencies, for browsers and Node.

use super::identifiers::calls;
use super::loops::{Dense, Language, Table, answer, loops};
use crate::program::erf::{ERF_IS_ONE_FROM, RANGE_OF_T, coefficients};
use crate::program::{Answers, Function, Operator, Precision, Program};
use serde_json::json;
use std::fmt::Write;

/// The module of a program.
pub(crate) fn write(program: &Program) -> String {
    let language = JavaScript(program);
    let body = loops(program, &language);
    let mut function = String::new();
    match program.feature_count() {
        Some(count) => {
            let _ = writeln!(
                function,
                "/** The prediction of a row of {count} features. */\nexport function predict(features) {{"
            );
        }
        None => {
            function += "/**\n * The prediction of a row, an object of numbers and strings by the names of columns. What is undefined, null, NaN or\n \
                         * an empty string is missing; dates are seconds since 1970-01-01T00:00:00Z.\n */\nexport function predict(row) {\n";
            let numbers: Vec<String> = program
                .number_columns()
                .iter()
                .map(|column| format!("number(row[{}])", json!(column.name)))
                .collect();
            if !numbers.is_empty() {
                let _ = writeln!(function, "    const numbers = [{}];", numbers.join(", "));
            }
        }
    }
    function += &body.statements;
    let answers = &program.answers;
    let numbers: Vec<String> = (0..answers.names().len())
        .map(|place| answer(program, &language, answers.numbers(), place))
        .collect();
    let numbers = numbers.join(", ");
    let _ = match answers {
        Answers::Classes { class, .. } => {
            let class = answer(program, &language, *class, 0);
            writeln!(
                function,
                "    return {{ label: classes[{class}] ?? null, probabilities: [{numbers}] }};\n}}"
            )
        }
        Answers::Labels { labels, columns, .. } => {
            let labels: Vec<String> = (0..columns.len())
                .map(|place| {
                    let label = answer(program, &language, *labels, place);
                    format!("classes[{place}][{label}] ?? null")
                })
                .collect();
            let labels = labels.join(", ");
            writeln!(
                function,
                "    return {{ labels: [{labels}], probabilities: [{numbers}] }};\n}}"
            )
        }
        Answers::Numbers { .. } => writeln!(function, "    return {{ prediction: [{numbers}] }};\n}}"),
    };

    let mut text = format!(
        "// A multilayer perceptron with the preparation of its table, exported by pellucid {}.\n\n",
        env!("CARGO_PKG_VERSION")
    );
    let _ = match answers {
        Answers::Classes { classes, .. } => writeln!(
            text,
            "/** The classes, in the order of the probabilities. */\nexport const classes = {};\n",
            json!(classes)
        ),
        Answers::Labels { columns, classes, .. } => writeln!(
            text,
            "/** The targets, and the two classes of each; the probabilities are of the second. */\n\
             export const targets = {};\nexport const classes = {};\n",
            json!(columns),
            json!(classes)
        ),
        Answers::Numbers { columns, .. } => writeln!(
            text,
            "/** The targets, in the order of the predictions. */\nexport const targets = {};\n",
            json!(columns)
        ),
    };
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
                let kind = array_type(*precision);
                writeln!(text, "const {name} = {kind}.of({});", values.join(", "))
            }
            Table::Places { name, places } => writeln!(text, "const {name} = {};", json!(places)),
        };
    }
    for (number, column) in program.word_columns().iter().enumerate() {
        let _ = writeln!(text, "const words_{number} = new Map({});", json!(column.codes));
    }
    for (helper, source) in helpers() {
        if calls(&function, helper) {
            text += &source;
        }
    }
    text.push('\n');
    text + &function
}

fn array_type(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "Float32Array",
        Precision::Double => "Float64Array",
    }
}

fn literal(number: f64, precision: Precision) -> String {
    match number {
        _ if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => match precision {
            Precision::Single => format!("{:?}", number as f32),
            Precision::Double => format!("{number:?}"),
        },
    }
}

/// Functions that are written where they are called, by name.
fn helpers() -> Vec<(&'static str, String)> {
    let [centre, half] = RANGE_OF_T;
    let series: Vec<String> = coefficients()
        .iter()
        .map(|number| format!("{number:?}"))
        .collect();
    let erf = format!(
        "const series = [{}];
function erf(z) {{
    const x = Math.min(Math.abs(z), {ERF_IS_ONE_FROM:?});
    const t = 2 / (2 + x);
    const u = (t - {centre:?}) / {half:?};
    let last = 0;
    let before = 0;
    for (let i = series.length - 1; i > 0; i--) {{
        [last, before] = [2 * u * last - before + series[i], last];
    }}
    const positive = 1 - t * Math.exp(u * last - before + series[0] - x * x);
    return z < 0 ? -positive : positive;
}}
",
        series.join(", ")
    );
    let fixed = [
        (
            "number",
            "const number = (cell) => (cell === undefined || cell === null || cell === \"\" ? NaN : Number(cell));\n",
        ),
        (
            "code",
            "function code(word, codes, missing, other) {\n    \
             if (word === undefined || word === null || word === \"\" || Number.isNaN(word)) {\n        return missing;\n    }\n    \
             return codes.get(String(word)) ?? other;\n}\n",
        ),
        ("sigmoid", "const sigmoid = (z) => 1 / (1 + Math.exp(-z));\n"),
        (
            "dense",
            "// z = x.W + b; W is (inputs, outputs).\nfunction dense(x, w, b, z) {\n    if (b !== null) {\n        z.set(b);\n    }\n    \
             for (let i = 0; i < x.length; i++) {\n        for (let j = 0; j < z.length; j++) {\n            \
             z[j] += x[i] * w[i * z.length + j];\n        }\n    }\n}\n",
        ),
        (
            "softmax",
            "function softmax(from, to) {\n    const most = Math.max(...from);\n    let sum = 0;\n    \
             for (let i = 0; i < from.length; i++) {\n        to[i] = Math.exp(from[i] - most);\n        sum += to[i];\n    }\n    \
             for (let i = 0; i < from.length; i++) {\n        to[i] /= sum;\n    }\n}\n",
        ),
        ("largest", "const largest = (x) => Math.max(...x);\n"),
        (
            "place_of_largest",
            "function place_of_largest(x) {\n    let most = 0;\n    for (let i = 1; i < x.length; i++) {\n        \
             if (x[i] > x[most]) {\n            most = i;\n        }\n    }\n    return most;\n}\n",
        ),
    ];
    let fixed = fixed.into_iter().map(|(name, source)| (name, source.to_owned()));
    fixed.chain([("erf", erf)]).collect()
}

struct JavaScript<'a>(&'a Program);

impl Language for JavaScript<'_> {
    fn literal(&self, number: f64, precision: Precision) -> String {
        literal(number, precision)
    }

    fn function(&self, function: Function, of: &str, _: Precision) -> String {
        let library = match function {
            Function::Negative => return format!("(-{of})"),
            Function::Sigmoid | Function::Erf => "",
            _ => "Math.",
        };
        format!("{library}{}({of})", function.name())
    }

    fn extreme(&self, operator: Operator, a: &str, b: &str, _: Precision) -> String {
        let name = if operator == Operator::Smaller {
            "min"
        } else {
            "max"
        };
        format!("Math.{name}({a}, {b})")
    }

    fn select(&self, test: &str, then: &str, otherwise: &str) -> String {
        format!("({test} ? {then} : {otherwise})")
    }

    fn missing(&self, of: &str) -> String {
        format!("Number.isNaN({of})")
    }

    fn convert(&self, of: &str, to: Precision) -> String {
        match to {
            Precision::Single => format!("Math.fround({of})"),
            Precision::Double => of.to_owned(),
        }
    }

    fn index(&self, of: &str) -> String {
        of.to_owned()
    }

    fn word(&self, column: usize) -> String {
        let of = &self.0.word_columns()[column];
        format!(
            "code(row[{}], words_{column}, {}, {})",
            json!(of.name),
            of.missing,
            of.other
        )
    }

    fn scalar(&self, name: &str, number: &str, _: Precision) -> String {
        format!("const {name} = {number};")
    }

    fn accumulator(&self, name: &str, _: Precision) -> String {
        format!("let {name} = 0;")
    }

    fn array(&self, name: &str, width: usize, precision: Precision) -> String {
        format!("const {name} = new {}({width});", array_type(precision))
    }

    fn repeat(&self, width: usize) -> String {
        format!("for (let i = 0; i < {width}; i++) {{")
    }

    fn dense(&self, of: &Dense<'_>) -> String {
        format!(
            "dense({}, {}, {}, {});",
            of.input,
            of.weights,
            of.bias.unwrap_or("null"),
            of.output
        )
    }

    fn softmax(&self, from: &str, to: &str, _: usize, _: Precision) -> String {
        format!("softmax({from}, {to});")
    }

    fn largest(&self, of: &str, _: usize, _: Precision) -> String {
        format!("largest({of})")
    }

    fn place_of_largest(&self, of: &str, _: usize, _: Precision) -> String {
        format!("place_of_largest({of})")
    }
}
