//! A C99 header and source of a program: no allocation, no dependency but `<math.h>` and `<string.h>`, and no state, so that
//! threads may call it at the same time.

use super::elementary::{self, Mathematics};
use super::identifiers::{calls, identifiers};
use super::integers::IntegerNetwork;
use super::lines::wrapped;
use super::loops::{Dense, Language, Table, answer, loops};
use crate::golden::GoldenRows;
use crate::golden_text::{class_names, tolerance};
use crate::program::{Answers, Function, Operator, Precision, Program};
use std::fmt::Write;

const RESERVED: [&str; 44] = [
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum",
    "extern", "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return",
    "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
    "volatile", "while", "and", "or", "not", "xor", "class", "new", "this", "bool", "true", "false",
];

/// The header, the source and the test program.
pub(crate) struct CSource {
    pub(crate) header: String,
    pub(crate) source: String,
    pub(crate) test: String,
}

/// The C source of a program. Every name begins with `name`.
/// Its layers are integers where there are some for it.
pub(crate) fn write(
    program: &Program,
    name: &str,
    golden: &GoldenRows,
    integers: Option<&IntegerNetwork>,
    mathematics: Mathematics,
) -> CSource {
    let columns = Columns::of(program);
    let joined = integers.map(|_| program.with_joined_layers());
    let language = C {
        program: joined.as_ref().unwrap_or(program),
        columns: &columns,
        is_in_integers: integers.is_some(),
        name,
        mathematics,
    };
    CSource {
        header: header(program, name, &columns),
        source: source(&language, integers),
        test: test(program, name, golden, integers, mathematics),
    }
}

/// The columns by name, and their members of the struct of a row.
struct Columns {
    numbers: Vec<(String, String)>,
    words: Vec<(String, String)>,
}

impl Columns {
    fn of(program: &Program) -> Self {
        let numbers: Vec<&str> = program
            .number_columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let words: Vec<&str> = program
            .word_columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let members = identifiers(numbers.iter().chain(&words).copied(), &RESERVED);
        let mut both = numbers
            .iter()
            .chain(&words)
            .map(|name| (*name).to_owned())
            .zip(members);
        let numbers = both.by_ref().take(numbers.len()).collect();
        Self {
            numbers,
            words: both.collect(),
        }
    }
}

fn number_type(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "float",
        Precision::Double => "double",
    }
}

/// A string literal.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(byte));
            }
            // Not `?`, so that no trigraph arises.
            b' '..=b'~' if byte != b'?' => quoted.push(char::from(byte)),
            // Three octal digits end by themselves, whatever follows.
            _ => _ = write!(quoted, "\\{byte:03o}"),
        }
    }
    quoted + "\""
}

/// A text within a comment.
fn comment(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars()
        .map(plain)
        .collect::<String>()
        .replace("*/", "* /")
        .replace("/*", "/ *")
        .replace('\\', "/")
}

/// The parameters of the function.
fn parameters(program: &Program, name: &str) -> String {
    let row = match program.feature_count() {
        Some(count) => format!("const {} features[{count}]", number_type(program.network)),
        None => format!("const {name}_row *row"),
    };
    let count = program.answers.names().len();
    match &program.answers {
        Answers::Classes { .. } => format!("{row}, double probabilities[{count}]"),
        Answers::Labels { .. } => format!("{row}, double probabilities[{count}], int labels[{count}]"),
        Answers::Numbers { .. } => format!("{row}, double prediction[{count}]"),
    }
}

fn return_type(program: &Program) -> &'static str {
    match program.answers {
        Answers::Classes { .. } => "int",
        Answers::Labels { .. } | Answers::Numbers { .. } => "void",
    }
}

fn header(program: &Program, name: &str, columns: &Columns) -> String {
    let guard = format!("{}_H", name.to_uppercase());
    let mut text = format!(
        "/* A multilayer perceptron with the preparation of its table, exported by pellucid {}. C99. */\n\
         #ifndef {guard}\n#define {guard}\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n",
        env!("CARGO_PKG_VERSION")
    );
    if program.feature_count().is_none() {
        text += "/* A row of the table. A missing number is NAN, a missing word NULL or empty; words are UTF-8. */\n";
        text += "typedef struct {\n";
        for ((column, member), number) in columns.numbers.iter().zip(program.number_columns()) {
            let note = if number.is_date {
                ", in seconds since 1970-01-01T00:00:00Z"
            } else {
                ""
            };
            let _ = writeln!(text, "    double {member}; /* {}{note} */", comment(column));
        }
        for (column, member) in &columns.words {
            let _ = writeln!(text, "    const char *{member}; /* {} */", comment(column));
        }
        let _ = writeln!(text, "}} {name}_row;\n");
    }
    let names = program.answers.names();
    match &program.answers {
        Answers::Classes { classes, .. } => {
            let count = classes.len();
            let _ = write!(
                text,
                "/* The classes by name. */\nextern const char *const {name}_classes[{count}];\n\n\
                 /* Returns the index of the most probable class, or -1 for a row that has no answer, and writes the\n   \
                 probability of each class, or NAN. */\n"
            );
        }
        Answers::Labels { .. } => {
            let count = names.len();
            let _ = write!(
                text,
                "/* The two classes of each target. */\nextern const char *const {name}_classes[{count}][2];\n\n\
                 /* Writes the probability of the second class of each target, or NAN, and the index of its class, or -1:\n"
            );
            for target in &names {
                let _ = writeln!(text, "   {}", comment(target));
            }
            text += "*/\n";
        }
        Answers::Numbers { .. } => {
            text += "/* Writes a number for each target, or NAN for a row that has no answer:\n";
            for target in &names {
                let _ = writeln!(text, "   {}", comment(target));
            }
            text += "*/\n";
        }
    }
    let (kind, parameters) = (return_type(program), parameters(program, name));
    let _ = write!(
        text,
        "{kind} {name}_predict({parameters});\n\n#ifdef __cplusplus\n}}\n#endif\n\n#endif\n"
    );
    text
}

fn source(language: &C<'_>, integers: Option<&IntegerNetwork>) -> String {
    let C {
        program,
        columns,
        name,
        mathematics,
        ..
    } = *language;
    let body = loops(program, language);
    let mut function = String::new();
    let (kind, parameters) = (return_type(program), parameters(program, name));
    let _ = writeln!(function, "{kind} {name}_predict({parameters}) {{");
    if !columns.numbers.is_empty() {
        let members: Vec<String> = columns
            .numbers
            .iter()
            .map(|(_, member)| format!("row->{member}"))
            .collect();
        let _ = writeln!(
            function,
            "    const double numbers[] = {{{}}};",
            members.join(", ")
        );
    }
    function += &body.statements;
    let answers = &program.answers;
    let to = if answers.classes().is_some() {
        "probabilities"
    } else {
        "prediction"
    };
    for place in 0..answers.names().len() {
        let number = answer(program, language, answers.numbers(), place);
        let _ = writeln!(function, "    {to}[{place}] = {number};");
    }
    match answers {
        Answers::Classes { class, .. } => {
            let _ = writeln!(
                function,
                "    return (int){};",
                answer(program, language, *class, 0)
            );
        }
        Answers::Labels { labels, columns, .. } => {
            for place in 0..columns.len() {
                let label = answer(program, language, *labels, place);
                let _ = writeln!(function, "    labels[{place}] = (int){label};");
            }
        }
        Answers::Numbers { .. } => {}
    }
    function += "}\n";

    let mut text = format!("/* Exported by pellucid {}. */\n", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "#include \"{name}.h\"\n");
    if mathematics == Mathematics::Libm {
        text += "#include <math.h>\n";
    }
    if integers.is_some() || mathematics == Mathematics::Own {
        text += "#include <stdint.h>\n";
    }
    if !columns.words.is_empty() {
        text += "#include <string.h>\n";
    }
    text.push('\n');
    let mut helpers = String::new();
    for (helper, source) in HELPERS {
        if calls(&function, helper) {
            helpers += &match mathematics {
                Mathematics::Libm => source.replace('@', ""),
                Mathematics::Own => source.replace('@', &format!("{name}_")),
            };
            helpers.push('\n');
        }
    }
    if let Some(integers) = integers {
        helpers += &integers.c_source(program.network);
        helpers.push('\n');
    }
    for table in &body.tables {
        helpers += &language.declared(table);
    }
    if mathematics == Mathematics::Own {
        text += &elementary::used_by(&[helpers.as_str(), function.as_str()].concat(), name);
    }
    text += &helpers;
    for (number, column) in program.word_columns().iter().enumerate() {
        let words: Vec<String> = column.codes.iter().map(|(word, _)| string(word)).collect();
        let codes: Vec<String> = column.codes.iter().map(|(_, code)| code.to_string()).collect();
        let _ = writeln!(
            text,
            "static const char *const words_{number}[] = {{{}}};\nstatic const short codes_{number}[] = {{{}}};",
            words.join(", "),
            codes.join(", ")
        );
    }
    let names = |classes: &[String]| {
        classes
            .iter()
            .map(|class| string(class))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match answers {
        Answers::Classes { classes, .. } => {
            let _ = writeln!(
                text,
                "\nconst char *const {name}_classes[{}] = {{{}}};",
                classes.len(),
                names(classes)
            );
        }
        Answers::Labels { classes, .. } => {
            let each: Vec<String> = classes.iter().map(|two| format!("{{{}}}", names(two))).collect();
            let _ = writeln!(
                text,
                "\nconst char *const {name}_classes[{}][2] = {{{}}};",
                classes.len(),
                each.join(", ")
            );
        }
        Answers::Numbers { .. } => {}
    }
    text.push('\n');
    text + &function
}

fn literal(number: f64, precision: Precision) -> String {
    match number {
        _ if number.is_nan() => "NAN".into(),
        f64::INFINITY => "INFINITY".into(),
        f64::NEG_INFINITY => "-INFINITY".into(),
        _ => match precision {
            Precision::Single => format!("{:?}f", number as f32),
            Precision::Double => format!("{number:?}"),
        },
    }
}

/// Functions that are written where they are called, by name. `@` stands before the mathematical functions that they call.
const HELPERS: [(&str, &str); 11] = [
    (
        "sigmoidf",
        "static float sigmoidf(float z) { return 1.0f / (1.0f + @expf(-z)); }\n",
    ),
    (
        "sigmoid",
        "static double sigmoid(double z) { return 1.0 / (1.0 + @exp(-z)); }\n",
    ),
    (
        "smallerf",
        "static float smallerf(float a, float b) { return a < b ? a : b; }\n",
    ),
    (
        "smaller",
        "static double smaller(double a, double b) { return a < b ? a : b; }\n",
    ),
    (
        "largerf",
        "static float largerf(float a, float b) { return a > b ? a : b; }\n",
    ),
    (
        "larger",
        "static double larger(double a, double b) { return a > b ? a : b; }\n",
    ),
    (
        "largest",
        "static double largest(const double *x, int n) {\n    double most = x[0];\n    for (int i = 1; i < n; i++) {\n        \
         if (x[i] > most) {\n            most = x[i];\n        }\n    }\n    return most;\n}\n",
    ),
    (
        "place_of_largest",
        "static double place_of_largest(const double *x, int n) {\n    int most = 0;\n    for (int i = 1; i < n; i++) {\n        \
         if (x[i] > x[most]) {\n            most = i;\n        }\n    }\n    return (double)most;\n}\n",
    ),
    ("densef", DENSE_SINGLE),
    ("dense", DENSE_DOUBLE),
    (
        "code_of",
        "static int code_of(const char *word, const char *const *words, const short *codes, int n, int missing, int other) {\n    \
         if (word == NULL || word[0] == '\\0') {\n        return missing;\n    }\n    for (int i = 0; i < n; i++) {\n        \
         if (strcmp(word, words[i]) == 0) {\n            return codes[i];\n        }\n    }\n    return other;\n}\n",
    ),
];

/// The product of a layer, in C's type of a precision.
macro_rules! dense {
    ($name:literal, $number:literal) => {
        concat!(
            "/* z = x.W + b; W is (inputs, outputs). */\nstatic void ",
            $name,
            "(const ",
            $number,
            " *x, const ",
            $number,
            " *w, const ",
            $number,
            " *b, ",
            $number,
            " *z, int inputs, int outputs) {
    for (int j = 0; j < outputs; j++) {
        z[j] = b[j];
    }
    for (int i = 0; i < inputs; i++) {
        for (int j = 0; j < outputs; j++) {
            z[j] += x[i] * w[i * outputs + j];
        }
    }
}
"
        )
    };
}

const DENSE_SINGLE: &str = dense!("densef", "float");
const DENSE_DOUBLE: &str = dense!("dense", "double");

struct C<'a> {
    program: &'a Program,
    columns: &'a Columns,
    is_in_integers: bool,
    /// What the names of its functions begin with.
    name: &'a str,
    mathematics: Mathematics,
}

impl C<'_> {
    /// A function or a macro of `<math.h>`, or what stands for it.
    fn mathematical(&self, name: &str) -> String {
        match self.mathematics {
            Mathematics::Libm => name.to_owned(),
            Mathematics::Own => format!("{}_{name}", self.name),
        }
    }

    /// NAN, INFINITY or its negative, as it is called here.
    fn signed_macro(&self, text: &str) -> String {
        match text.strip_prefix('-') {
            Some(name) => format!("-{}", self.mathematical(name)),
            None => self.mathematical(text),
        }
    }

    fn declared(&self, table: &Table) -> String {
        match table {
            Table::Numbers {
                name,
                numbers,
                precision,
            } => {
                let values: Vec<String> = numbers
                    .iter()
                    .map(|&number| self.literal(number, *precision))
                    .collect();
                format!(
                    "static const {} {name}[] = {{{}}};\n",
                    number_type(*precision),
                    wrapped(&values)
                )
            }
            Table::Places { name, places } => {
                let values: Vec<String> = places.iter().map(usize::to_string).collect();
                format!("static const int {name}[] = {{{}}};\n", wrapped(&values))
            }
        }
    }
}

/// The letter that the names of functions of single precision end with.
fn suffix(precision: Precision) -> &'static str {
    match precision {
        Precision::Single => "f",
        Precision::Double => "",
    }
}

impl Language for C<'_> {
    fn literal(&self, number: f64, precision: Precision) -> String {
        let text = literal(number, precision);
        match (self.mathematics, number.is_finite(), precision) {
            (Mathematics::Libm, ..) | (_, true, _) => text,
            (_, false, Precision::Double) => self.signed_macro(&text),
            (_, false, Precision::Single) => format!("(float){}", self.signed_macro(&text)),
        }
    }

    fn function(&self, function: Function, of: &str, precision: Precision) -> String {
        let name = match function {
            Function::Negative => return format!("(-{of})"),
            // A function that is written with the others, of the library's exponential or of an own one.
            Function::Sigmoid => return format!("sigmoid{}({of})", suffix(precision)),
            Function::Absolute => "fabs",
            other => other.name(),
        };
        let name = self.mathematical(name);
        format!("{name}{}({of})", suffix(precision))
    }

    fn extreme(&self, operator: Operator, a: &str, b: &str, precision: Precision) -> String {
        let name = if operator == Operator::Smaller {
            "smaller"
        } else {
            "larger"
        };
        format!("{name}{}({a}, {b})", suffix(precision))
    }

    fn select(&self, test: &str, then: &str, otherwise: &str) -> String {
        format!("({test} ? {then} : {otherwise})")
    }

    fn missing(&self, of: &str) -> String {
        format!("{}({of})", self.mathematical("isnan"))
    }

    fn convert(&self, of: &str, to: Precision) -> String {
        format!("({}){of}", number_type(to))
    }

    fn index(&self, of: &str) -> String {
        format!("(int){of}")
    }

    fn word(&self, column: usize) -> String {
        let member = &self.columns.words[column].1;
        let of = &self.program.word_columns()[column];
        format!(
            "code_of(row->{member}, words_{column}, codes_{column}, {}, {}, {})",
            of.codes.len(),
            of.missing,
            of.other
        )
    }

    fn scalar(&self, name: &str, number: &str, precision: Precision) -> String {
        format!("const {} {name} = {number};", number_type(precision))
    }

    fn accumulator(&self, name: &str, precision: Precision) -> String {
        format!("{} {name} = 0;", number_type(precision))
    }

    fn array(&self, name: &str, width: usize, precision: Precision) -> String {
        format!("{} {name}[{width}];", number_type(precision))
    }

    fn repeat(&self, width: usize) -> String {
        format!("for (int i = 0; i < {width}; i++) {{")
    }

    fn dense(&self, of: &Dense<'_>) -> String {
        if self.is_in_integers {
            return format!("integer_layers({}, {});", of.input, of.output);
        }
        let zeros;
        let bias = match of.bias {
            Some(bias) => bias,
            None => {
                zeros = format!("({}[{}]){{0}}", number_type(of.precision), of.outputs);
                &zeros
            }
        };
        format!(
            "dense{}({}, {}, {bias}, {}, {}, {});",
            suffix(of.precision),
            of.input,
            of.weights,
            of.output,
            of.inputs,
            of.outputs
        )
    }

    fn softmax(&self, from: &str, to: &str, width: usize, precision: Precision) -> String {
        let kind = number_type(precision);
        let exp = self.mathematical("exp") + suffix(precision);
        format!(
            "{{\n        {kind} most = {from}[0], sum = 0;\n        for (int i = 1; i < {width}; i++) {{\n            \
             most = {from}[i] > most ? {from}[i] : most;\n        }}\n        for (int i = 0; i < {width}; i++) {{\n            \
             {to}[i] = {exp}({from}[i] - most);\n            sum += {to}[i];\n        }}\n        \
             for (int i = 0; i < {width}; i++) {{\n            {to}[i] /= sum;\n        }}\n    }}"
        )
    }

    fn largest(&self, of: &str, width: usize, _: Precision) -> String {
        format!("largest({of}, {width})")
    }

    fn place_of_largest(&self, of: &str, width: usize, _: Precision) -> String {
        format!("place_of_largest({of}, {width})")
    }
}

/// The program that compares the source with golden rows.
fn test(
    program: &Program,
    name: &str,
    golden: &GoldenRows,
    integers: Option<&IntegerNetwork>,
    mathematics: Mathematics,
) -> String {
    let (rows, outputs) = (golden.len(), program.answers.names().len());
    let compared = class_names(program).len();
    let list = |numbers: &[f64], precision| {
        let values: Vec<String> = numbers.iter().map(|&number| literal(number, precision)).collect();
        wrapped(&values)
    };
    let library = match mathematics {
        Mathematics::Libm => " and -lm",
        Mathematics::Own => "",
    };
    let mut text = format!(
        "/* Compares {name}_predict with predictions of the model that it was exported from. Compile with {name}.c{library}. */\n\
         #include \"{name}.h\"\n\n#include <math.h> /* NAN and INFINITY alone */\n#include <stdio.h>\n#include <stdlib.h>\n\n"
    );
    match program.feature_count() {
        Some(count) => {
            let kind = number_type(program.network);
            let _ = writeln!(text, "static const {kind} rows[{rows}][{count}] = {{");
            for row in &golden.numbers {
                let _ = writeln!(text, "    {{{}}},", list(row, program.network));
            }
        }
        None => {
            let _ = writeln!(text, "static const {name}_row rows[{rows}] = {{");
            for (numbers, words) in golden.numbers.iter().zip(&golden.words) {
                let mut cells: Vec<String> = numbers
                    .iter()
                    .map(|&number| literal(number, Precision::Double))
                    .collect();
                cells.extend(
                    words
                        .iter()
                        .map(|word| word.as_deref().map_or("NULL".into(), string)),
                );
                let _ = writeln!(text, "    {{{}}},", wrapped(&cells));
            }
        }
    }
    let _ = writeln!(
        text,
        "}};\n\nstatic const double expected[{rows}][{outputs}] = {{"
    );
    for row in &golden.expected {
        let _ = writeln!(text, "    {{{}}},", list(row, Precision::Double));
    }
    text += "};\n\n";
    if compared > 0 {
        let _ = writeln!(
            text,
            "/* A class of -2 is decided by rounding. */\nstatic const int classes[{rows}][{compared}] = {{"
        );
        for row in &golden.classes {
            let row: Vec<String> = row.iter().map(i64::to_string).collect();
            let _ = writeln!(text, "    {{{}}},", row.join(", "));
        }
        text += "};\n\n";
    }
    let row = if program.feature_count().is_some() {
        "rows[row]"
    } else {
        "&rows[row]"
    };
    let call = match program.answers {
        Answers::Classes { .. } => format!("const int found[1] = {{{name}_predict({row}, numbers)}};"),
        Answers::Labels { .. } => {
            format!("int found[{compared}];\n        {name}_predict({row}, numbers, found);")
        }
        Answers::Numbers { .. } => format!("{name}_predict({row}, numbers);"),
    };
    let classes = match compared {
        0 => String::new(),
        _ => format!(
            "        for (int i = 0; i < {compared}; i++) {{\n            \
             differ += classes[row][i] != -2 && classes[row][i] != found[i];\n        }}\n"
        ),
    };
    text += DEVIATION;
    let call_of_row = format!("        double numbers[{outputs}];\n        {call}\n");
    match integers {
        None => {
            let _ = write!(
                text,
                "int main(void) {{
    double largest = 0.0;
    int differ = 0;
    for (int row = 0; row < {rows}; row++) {{
{call_of_row}        for (int i = 0; i < {outputs}; i++) {{
            const double size = expected[row][i] < 0.0 ? -expected[row][i] : expected[row][i];
            const double found = deviation(numbers[i], expected[row][i], size > 1.0 ? size : 1.0);
            largest = found > largest ? found : largest;
        }}
{classes}    }}
    printf(\"rows {rows}, largest deviation %e, classes that differ %d\\n\", largest, differ);
    return largest <= {:e} && differ == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}}
",
                tolerance(program, None)
            );
        }
        Some(integers) => {
            let largest_of = |output: usize| {
                let rows = golden
                    .expected
                    .iter()
                    .zip(&golden.is_usual)
                    .filter(|(_, is_usual)| **is_usual);
                rows.fold(1.0_f64, |largest, (row, _)| largest.max(row[output].abs()))
            };
            let largest: Vec<f64> = (0..outputs).map(largest_of).collect();
            let is_usual: Vec<String> = golden
                .is_usual
                .iter()
                .map(|&is| u8::from(is).to_string())
                .collect();
            let usual = golden.is_usual.iter().filter(|is| **is).count();
            let _ = write!(
                text,
                "/* Whether each row is of usual numbers; others are beyond the ranges of the integers. */
static const unsigned char is_usual[{rows}] = {{{}}};
/* The largest answers of usual rows. */
static const double answers[{outputs}] = {{{}}};

int main(void) {{
    double largest = 0.0, sum = 0.0, beyond = 0.0;
    int differ = 0;
    for (int row = 0; row < {rows}; row++) {{
{call_of_row}        for (int i = 0; i < {outputs}; i++) {{
            const double found = deviation(numbers[i], expected[row][i], answers[i]);
            if (is_usual[row]) {{
                largest = found > largest ? found : largest;
                sum += found;
            }} else {{
                beyond = found > beyond ? found : beyond;
            }}
        }}
        if (!is_usual[row]) {{
            continue;
        }}
{classes}    }}
    printf(\"rows {rows}, largest deviation %e, classes that differ %d\\n\", largest, differ);
    printf(\"mean deviation %e, beyond the ranges %e\\n\", sum / {}, beyond);
    return largest <= {:e} && differ == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}}
",
                wrapped(&is_usual),
                list(&largest, Precision::Double),
                literal((usual * outputs).max(1) as f64, Precision::Double),
                tolerance(program, Some(integers.quantization()))
            );
        }
    }
    text
}

const DEVIATION: &str = "static double deviation(double found, double expected, double scale) {
    const int is_missing = found != found, is_expected = expected != expected;
    if (is_missing || is_expected) {
        return is_missing && is_expected ? 0.0 : INFINITY;
    }
    return (found < expected ? expected - found : found - expected) / scale;
}

";
