//! Rows with their predictions, and the programs that compare an export with them, as text.

use crate::golden::GoldenRows;
use crate::program::{Answers, Precision, Program};
use crate::quantization::Quantization;
use serde_json::{Value, json};

/// The largest deviation of an answer, relative to numbers above 1.
pub(crate) fn tolerance(program: &Program, quantize: Option<Quantization>) -> f64 {
    match (quantize, program.network) {
        (Some(quantize), _) => quantize.tolerance(),
        (None, Precision::Single) => 1e-4,
        (None, Precision::Double) => 1e-9,
    }
}

/// The classes of each column of classes, by name.
pub(crate) fn class_names(program: &Program) -> Vec<Vec<String>> {
    match &program.answers {
        Answers::Classes { classes, .. } => vec![classes.clone()],
        Answers::Labels { classes, .. } => classes.iter().map(|two| two.to_vec()).collect(),
        Answers::Numbers { .. } => Vec::new(),
    }
}

/// As JSON; NaN is null.
pub(crate) fn as_json(program: &Program, golden: &GoldenRows) -> Value {
    let number_columns: Vec<&String> = program
        .number_columns()
        .iter()
        .map(|column| &column.name)
        .collect();
    let word_columns: Vec<&String> = program.word_columns().iter().map(|column| &column.name).collect();
    json!({
        "features": program.feature_count().is_some(),
        "number_columns": number_columns,
        "word_columns": word_columns,
        "class_names": class_names(program),
        "numbers": golden.numbers,
        "words": golden.words,
        "expected": golden.expected,
        "classes": golden.classes,
    })
}

/// A test program of a template, in a language whose string literals may be those of JSON.
pub(crate) fn test_program(template: &str, file: &str, program: &Program, golden: &GoldenRows) -> String {
    let rows = as_json(program, golden).to_string();
    template
        .replace("@FILE@", file)
        .replace("@TOLERANCE@", &format!("{:e}", tolerance(program, None)))
        .replace("@GOLDEN@", &Value::String(rows).to_string())
}
