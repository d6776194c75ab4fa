//! A Python module of a program that needs NumPy alone and takes any number of rows at a time.

use crate::program::{Answers, Array, Computed, Function, Operator, Precision, Program, Step, Test, Value};
use serde_json::json;
use std::fmt::Write;

/// A network that a library computes in the place of steps in NumPy.
pub(super) struct LibraryNetwork {
    /// What the module needs, for its first line.
    pub(super) needs: &'static str,
    /// The imports besides NumPy and those of the standard library, a line each.
    pub(super) imports: String,
    /// Whether the definitions read a file beside the module.
    pub(super) reads_file: bool,
    /// What defines the network.
    pub(super) definitions: String,
    /// The function of the definitions that makes an array of outputs of an array of features.
    pub(super) function: &'static str,
}

/// The module of a program in NumPy alone.
pub(crate) fn write(program: &Program) -> String {
    let all: Vec<Value> = (0..program.steps.len()).collect();
    let mut text = head(program, "NumPy", false, "", &all);
    text += FUNCTIONS;
    text += &signature(program, "predict", DOCS);
    text += &statements(program, &all);
    text + &result(program)
}

/// The module of a program whose network a library computes.
pub(super) fn write_with(program: &Program, network: &LibraryNetwork) -> String {
    let (before, after): (Vec<Value>, Vec<Value>) = (0..program.steps.len())
        .filter(|&value| !program.is_of_network(value))
        .partition(|&value| value <= program.features);
    let own = [before.as_slice(), &after].concat();
    let mut text = head(program, network.needs, network.reads_file, &network.imports, &own);
    text += FUNCTIONS;
    text += &network.definitions;
    text += "\n\n";
    let (features, outputs) = (program.features, program.outputs);
    if program.feature_count().is_some() {
        text += &signature(program, "predict", DOCS);
        let _ = writeln!(text, "    v{features} = features");
    } else {
        let width = program.steps[features].width;
        let docs = format!(
            "The features that the network takes, (rows, {width}), of rows that are given as to ``predict``."
        );
        let carried = carried(program, &after);
        if carried == [features] {
            text += &signature(program, "prepare", &docs);
            text += &statements(program, &before);
            let _ = write!(text, "    return v{features}\n\n\n");
        } else {
            let made = "The features of rows, and what decides besides on their answers.";
            text += &signature(program, "_prepared", made);
            text += &statements(program, &before);
            let _ = write!(
                text,
                "    return {}\n\n\ndef prepare(table):\n    \"\"\"{docs}\"\"\"\n    return _prepared(table)[0]\n\n\n",
                listed(&carried)
            );
        }
        let _ = write!(text, "def predict(table):\n    \"\"\"{DOCS}\"\"\"\n");
        let _ = match carried == [features] {
            true => writeln!(text, "    v{features} = prepare(table)"),
            false => writeln!(text, "    {} = _prepared(table)", listed(&carried)),
        };
    }
    let _ = writeln!(text, "    v{outputs} = {}(v{features})", network.function);
    text += &statements(program, &after);
    text + &result(program)
}

/// The features, and the values before them that steps behind the network use.
fn carried(program: &Program, after: &[Value]) -> Vec<Value> {
    let used = after.iter().flat_map(|&value| program.steps[value].step.uses());
    let mut carried = vec![program.features];
    for value in used.filter(|&value| value < program.features) {
        let is_constant = matches!(program.steps[value].step, Step::Constant(_));
        if !is_constant && !carried.contains(&value) {
            carried.push(value);
        }
    }
    carried
}

fn listed(values: &[Value]) -> String {
    let names: Vec<String> = values.iter().map(|value| format!("v{value}")).collect();
    names.join(", ")
}

/// What stands before the functions: imports, classes, words, and the numbers that steps use.
fn head(program: &Program, needs: &str, reads_file: bool, imports: &str, steps: &[Value]) -> String {
    let mut text = format!(
        "\"\"\"A multilayer perceptron with the preparation of its table, exported by pellucid {}. Needs {needs}.\"\"\"\n\nimport math\n",
        env!("CARGO_PKG_VERSION")
    );
    if reads_file {
        text += "from pathlib import Path\n";
    }
    let _ = write!(text, "\n{}\n", sorted_imports(imports));
    let names = program.answers.names();
    let _ = match &program.answers {
        Answers::Classes { classes, .. } => writeln!(
            text,
            "#: The classes, in the order of the probabilities.\nCLASSES = {}",
            json!(classes)
        ),
        Answers::Labels { classes, .. } => writeln!(
            text,
            "#: The targets, and the two classes of each; the probabilities are of the second.\nTARGETS = {}\nCLASSES = {}",
            json!(names),
            json!(classes)
        ),
        Answers::Numbers { .. } => writeln!(
            text,
            "#: The targets, in the order of the predictions.\nTARGETS = {}",
            json!(names)
        ),
    };
    for (number, column) in program.word_columns().iter().enumerate() {
        let codes: serde_json::Map<String, serde_json::Value> = column
            .codes
            .iter()
            .map(|(word, code)| (word.clone(), json!(code)))
            .collect();
        let _ = writeln!(text, "WORDS_{number} = {}", json!(codes));
    }
    for (at, array) in program.arrays.iter().enumerate() {
        if steps
            .iter()
            .any(|&value| program.steps[value].step.array_uses().contains(&at))
        {
            let _ = writeln!(text, "{} = {}", array.name, array_literal(array));
        }
    }
    let used: Vec<Value> = steps
        .iter()
        .flat_map(|&value| program.steps[value].step.uses())
        .collect();
    for &value in steps {
        if let Computed {
            step: Step::Constant(numbers),
            precision,
            ..
        } = &program.steps[value]
            && used.contains(&value)
        {
            let values: Vec<String> = numbers
                .iter()
                .map(|&number| literal(number, *precision))
                .collect();
            let _ = writeln!(
                text,
                "c{value} = np.array([{}], np.{})",
                values.join(", "),
                kind(*precision)
            );
        }
    }
    text
}

/// `import` lines first, then `from` lines, both in the order of their modules.
fn sorted_imports(others: &str) -> String {
    let mut lines: Vec<&str> = others.lines().chain(["import numpy as np"]).collect();
    lines.sort_by_key(|line| (line.starts_with("from"), *line));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// An array of NumPy as text.
pub(super) fn array_literal(array: &Array) -> String {
    let values: Vec<String> = array
        .numbers
        .iter()
        .map(|&number| literal(number, array.precision))
        .collect();
    let shape = match array.shape[..] {
        [rows, columns] => format!(".reshape({rows}, {columns})"),
        _ => String::new(),
    };
    format!(
        "np.array([{}], np.{}){shape}",
        values.join(", "),
        kind(array.precision)
    )
}

/// The head of a function of rows, with the statements that read them.
fn signature(program: &Program, name: &str, docs: &str) -> String {
    if let Some(count) = program.feature_count() {
        return format!(
            "def {name}(features):\n    \"\"\"The predictions of rows of {count} features.\"\"\"\n    \
             features = np.asarray(features, np.{}).reshape(-1, {count})\n",
            kind(program.network)
        );
    }
    let mut text = format!("def {name}(table):\n    \"\"\"{docs}\"\"\"\n");
    let columns: Vec<&str> = program
        .number_columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    if !columns.is_empty() {
        let _ = writeln!(
            text,
            "    numbers = np.stack([_numbers(table[name]) for name in {}], axis=1)",
            json!(columns)
        );
    }
    for (at, column) in program.word_columns().iter().enumerate() {
        let _ = writeln!(
            text,
            "    word_{at} = _codes(table[{}], WORDS_{at}, {}, {})",
            json!(column.name),
            column.missing,
            column.other
        );
    }
    text
}

/// The statements of steps; infinities and NaN make no warnings.
fn statements(program: &Program, steps: &[Value]) -> String {
    let computed = steps
        .iter()
        .map(|&value| (value, &program.steps[value]))
        .filter(|(_, computed)| !matches!(computed.step, Step::Constant(_)));
    let lines = computed
        .map(|(value, computed)| format!("        v{value} = {}\n", expression(program, computed)))
        .collect::<String>();
    match lines.is_empty() {
        true => lines,
        false => format!("    with np.errstate(all=\"ignore\"):\n{lines}"),
    }
}

fn result(program: &Program) -> String {
    let numbers = name(program, program.answers.numbers());
    match &program.answers {
        Answers::Classes { class, .. } => format!(
            "    index = {}.astype(int)\n    label = np.array([*CLASSES, None], object)[index[:, 0]]\n    \
             return {{\"label\": label, \"classes\": index, \"probabilities\": {numbers}}}\n",
            name(program, *class)
        ),
        Answers::Labels { labels, .. } => format!(
            "    index = {}.astype(int)\n    labels = np.array([[[*two, None][at] for two, at in zip(CLASSES, row)] for row in index], object)\n    \
             return {{\"labels\": labels, \"classes\": index, \"probabilities\": {numbers}}}\n",
            name(program, *labels)
        ),
        Answers::Numbers { .. } => format!("    return {{\"prediction\": {numbers}}}\n"),
    }
}

const DOCS: &str = "The predictions of rows: a data frame, or arrays or lists by the names of columns.

    What is None or NaN is missing, and an empty word; dates are seconds since 1970-01-01T00:00:00Z.
    ";

const FUNCTIONS: &str = "

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _numbers(column):
    return np.array([np.nan if cell is None else cell for cell in column], np.float64)


def _codes(column, codes, missing, other):
    def code(word):
        is_missing = word is None or word == \"\" or word != word
        return missing if is_missing else codes.get(str(word), other)

    return np.array([[code(word)] for word in column], np.float64)


";

pub(super) fn kind(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "float32",
        Precision::Double => "float64",
    }
}

pub(super) fn literal(number: f64, precision: Precision) -> String {
    match number {
        _ if number.is_nan() => "np.nan".into(),
        f64::INFINITY => "np.inf".into(),
        f64::NEG_INFINITY => "-np.inf".into(),
        _ => match precision {
            Precision::Single => format!("{:?}", number as f32),
            Precision::Double => format!("{number:?}"),
        },
    }
}

fn name(program: &Program, value: Value) -> String {
    match &program.steps[value].step {
        Step::Constant(_) => format!("c{value}"),
        _ => format!("v{value}"),
    }
}

/// A value as an expression of earlier ones, (rows, width).
fn expression(program: &Program, computed: &Computed) -> String {
    let name = |value: &Value| name(program, *value);
    match &computed.step {
        Step::Numbers => "numbers".into(),
        Step::Features => "features".into(),
        Step::Word(column) => format!("word_{column}"),
        // Constants have names of their own.
        Step::Constant(_) => String::new(),
        Step::Apply(Function::Negative, a) => format!("-{}", name(a)),
        Step::Apply(Function::Erf, a) => format!("_erf({}).astype(np.{})", name(a), kind(computed.precision)),
        Step::Apply(Function::Sigmoid, a) => format!("_sigmoid({})", name(a)),
        Step::Apply(function, a) => format!("np.{}({})", function.name(), name(a)),
        Step::Combine(operator, a, b) => {
            let (a, b) = (name(a), name(b));
            match operator {
                Operator::Add => format!("{a} + {b}"),
                Operator::Subtract => format!("{a} - {b}"),
                Operator::Multiply => format!("{a} * {b}"),
                Operator::Divide => format!("{a} / {b}"),
                Operator::Smaller => format!("np.minimum({a}, {b})"),
                Operator::Larger => format!("np.maximum({a}, {b})"),
            }
        }
        Step::Select(test, then, otherwise) => {
            let test = match test {
                Test::Less(a, b) => format!("{} < {}", name(a), name(b)),
                Test::AtMost(a, b) => format!("{} <= {}", name(a), name(b)),
                Test::Equal(a, b) => format!("{} == {}", name(a), name(b)),
                Test::Missing(a) => format!("np.isnan({})", name(a)),
            };
            format!("np.where({test}, {}, {})", name(then), name(otherwise))
        }
        Step::Dense { input, weights, bias } => {
            let product = format!("{} @ {}", name(input), program.arrays[*weights].name);
            match bias {
                Some(bias) => format!("{product} + {}", program.arrays[*bias].name),
                None => product,
            }
        }
        Step::Take(from, places) => format!("{}[:, {}]", name(from), json!(places)),
        Step::Look(table, places) => format!("{}[{}.astype(int)]", program.arrays[*table].name, name(places)),
        Step::Join(values) => {
            let values: Vec<String> = values.iter().map(name).collect();
            format!("np.concatenate([{}], axis=1)", values.join(", "))
        }
        Step::Sum(a) => format!("{}.sum(axis=1, keepdims=True)", name(a)),
        Step::Largest(a) => format!("{}.max(axis=1, keepdims=True)", name(a)),
        Step::PlaceOfLargest(a) => format!("{}.argmax(axis=1)[:, None].astype(float)", name(a)),
        Step::Softmax(a) => format!("_softmax({})", name(a)),
        Step::Convert(a) => format!("{}.astype(np.{})", name(a), kind(computed.precision)),
    }
}
