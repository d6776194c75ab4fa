//! A Python module of a program that needs NumPy alone and takes any number of rows at a time.

use crate::program::{Answers, Computed, Function, Operator, Precision, Program, Step, Test, Value};
use serde_json::json;
use std::fmt::Write;

/// The module of a program.
pub(crate) fn write(program: &Program) -> String {
    let mut body = String::new();
    let mut arrays = String::new();
    for array in &program.arrays {
        let kind = kind(array.precision);
        let values: Vec<String> = array
            .numbers
            .iter()
            .map(|&number| literal(number, array.precision))
            .collect();
        let shape = if array.shape.len() > 1 {
            format!(".reshape({}, {})", array.shape[0], array.shape[1])
        } else {
            String::new()
        };
        let _ = writeln!(
            arrays,
            "{} = np.array([{}], np.{kind}){shape}",
            array.name,
            values.join(", ")
        );
    }
    for (value, computed) in program.steps.iter().enumerate() {
        match &computed.step {
            Step::Constant(numbers) => {
                let values: Vec<String> = numbers
                    .iter()
                    .map(|&number| literal(number, computed.precision))
                    .collect();
                let _ = writeln!(
                    arrays,
                    "c{value} = np.array([{}], np.{})",
                    values.join(", "),
                    kind(computed.precision)
                );
            }
            _ => _ = writeln!(body, "        v{value} = {}", expression(program, computed)),
        }
    }
    let answers = &program.answers;
    let numbers = name(program, answers.numbers());
    let given = match program.feature_count() {
        Some(count) => format!(
            "def predict(features):\n    \"\"\"The predictions of rows of {count} features.\"\"\"\n    \
             features = np.asarray(features, np.{}).reshape(-1, {count})\n",
            kind(program.network)
        ),
        None => {
            let mut text = String::from(TABLE_DOCS);
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
    };
    let names = answers.names();
    let result = match answers {
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
    };
    let mut text = format!(
        "\"\"\"A multilayer perceptron with the preparation of its table, exported by pellucid {}. Needs NumPy.\"\"\"\n\n\
         import math\n\nimport numpy as np\n\n",
        env!("CARGO_PKG_VERSION")
    );
    let _ = match answers {
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
    text += &arrays;
    text += FUNCTIONS;
    text += &given;
    text += "    with np.errstate(all=\"ignore\"):\n";
    text += &body;
    text + &result
}

const TABLE_DOCS: &str = "def predict(table):
    \"\"\"The predictions of rows: a data frame, or arrays or lists by the names of columns.

    What is None or NaN is missing, and an empty word; dates are seconds since 1970-01-01T00:00:00Z.
    \"\"\"
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

fn kind(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "float32",
        Precision::Double => "float64",
    }
}

fn literal(number: f64, precision: Precision) -> String {
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
        Step::Apply(function, a) => {
            let function = match function {
                Function::Negative | Function::Erf => "",
                Function::Absolute => "np.abs",
                Function::Exponential => "np.exp",
                Function::Logarithm => "np.log",
                Function::Tanh => "np.tanh",
                Function::Sigmoid => "_sigmoid",
                Function::SquareRoot => "np.sqrt",
                Function::Floor => "np.floor",
                Function::Sine => "np.sin",
                Function::Cosine => "np.cos",
            };
            format!("{function}({})", name(a))
        }
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
