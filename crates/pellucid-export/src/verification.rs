//! Runs an export on rows with the model's own predictions.

use crate::error::{ExportError, Result};
use crate::form::{Export, Form};
use crate::quantization::Quantization;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output};

/// How far the answers of an export are from the model's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verification {
    /// The rows that were compared.
    pub rows: usize,
    /// The largest deviation of a number, relative to numbers above 1.
    pub largest_deviation: f64,
    /// The classes that differ, where the probabilities are not as good as equal.
    pub differing_classes: usize,
    /// Of layers in integers, the mean deviation of usual rows.
    pub mean_deviation: Option<f64>,
    /// Of layers in integers, the largest deviation of rows with numbers beyond the ranges of the integers. It is not limited.
    pub deviation_beyond: Option<f64>,
}

/// Runs the test program of an export in a temporary folder, with the program that the form is for.
///
/// # Errors
/// That program is missing or fails; the answers deviate; the folder cannot be written.
pub fn verify(export: &Export) -> Result<Verification> {
    let temporary = tempfile::tempdir()
        .map_err(|error| ExportError::Verification(format!("no temporary folder can be made: {error}")))?;
    let folder = temporary.path();
    for file in &export.files {
        fs::write(folder.join(&file.name), &file.bytes).map_err(|error| {
            ExportError::Verification(format!("{}: {error}", folder.join(&file.name).display()))
        })?;
    }
    let test = export
        .files
        .last()
        .map(|file| file.name.as_str())
        .unwrap_or_default();
    let main = export
        .files
        .first()
        .map(|file| file.name.as_str())
        .unwrap_or_default();
    let tool = |variable, program, what| Tool {
        program: named(variable, program),
        what,
        variable,
    };
    let output = match export.form {
        Form::Onnx => tool("PYTHON", "python3", "Python with numpy and onnxruntime").run(&[test], folder),
        Form::Python => tool("PYTHON", "python3", "Python with numpy").run(&[test], folder),
        Form::PyTorch => {
            tool("PYTHON", "python3", "Python with torch, safetensors and numpy").run(&[test], folder)
        }
        Form::Keras => {
            let what = "Python with keras, one of its backends, safetensors and numpy";
            tool("PYTHON", "python3", what).run(&[test], folder)
        }
        Form::ScikitLearn => tool("PYTHON", "python3", "Python with scikit-learn").run(&[test], folder),
        Form::Sql => tool("PYTHON", "python3", "Python with its sqlite3 module").run(&[test], folder),
        Form::JavaScript => tool("NODE", "node", "Node.js").run(&[test], folder),
        Form::C => {
            let arguments = ["-std=c99", "-O2", "-o", PROGRAM, main, test, "-lm"];
            let used = arguments.len() - usize::from(export.without_libm);
            tool("CC", "cc", "a C compiler").run_and_start(&arguments[..used], folder)
        }
        Form::Rust => {
            let arguments = ["--edition=2021", "-O", "-o", PROGRAM, test];
            tool("RUSTC", "rustc", "the Rust compiler").run_and_start(&arguments, folder)
        }
    }?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(found) = read(&text) else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let last = complaint
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("no message");
        return Err(ExportError::Verification(format!(
            "the test program of the export failed: {last}"
        )));
    };
    let agrees = found.largest_deviation <= export.tolerance && found.differing_classes == 0;
    match (agrees && output.status.success(), export.quantization) {
        (true, _) => Ok(found),
        (false, Some(quantization)) => Err(ExportError::Verification(format!(
            "layers in {} integers are too coarse for this model: the largest deviation of usual rows is {:.1e} of the largest answer, \
             at most {:.0e} is accepted, and {} classes differ; nothing was written. Use {}",
            quantization.name(),
            found.largest_deviation,
            export.tolerance,
            found.differing_classes,
            match quantization {
                Quantization::Int8 => "--quantize int16",
                Quantization::Int16 => "floating-point layers",
            }
        ))),
        (false, None) => Err(ExportError::Deviates {
            found: format!(
                "the largest deviation of {} rows is {:e}, at most {:e} was expected, and {} classes differ",
                found.rows, found.largest_deviation, export.tolerance, found.differing_classes
            ),
        }),
    }
}

/// A program, or the one that an environment variable names.
fn named(variable: &str, program: &str) -> String {
    env::var(variable)
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| program.to_owned())
}

/// The compiled test program.
const PROGRAM: &str = "verification";

/// A program that runs or compiles an export.
struct Tool {
    program: String,
    /// What it is, in messages.
    what: &'static str,
    /// The environment variable that may name another.
    variable: &'static str,
}

impl Tool {
    fn run(&self, arguments: &[&str], folder: &Path) -> Result<Output> {
        let Self {
            program,
            what,
            variable,
        } = self;
        Command::new(program).args(arguments).current_dir(folder).output().map_err(|error| {
            let reason = match error.kind() {
                ErrorKind::NotFound => "it is not there".to_owned(),
                _ => error.to_string(),
            };
            ExportError::Verification(format!(
                "`{program}` cannot be run: {reason}; to verify the export, {what} is needed: install it, or name it in the \
                 environment variable {variable}"
            ))
        })
    }

    /// Compiles the test program, and runs it.
    fn run_and_start(&self, arguments: &[&str], folder: &Path) -> Result<Output> {
        let compiled = self.run(arguments, folder)?;
        if !compiled.status.success() {
            return Ok(compiled);
        }
        let program = folder.join(PROGRAM).display().to_string();
        Tool { program, ..*self }.run(&[], folder)
    }
}

/// The figures of the line that a test program prints.
fn read(text: &str) -> Option<Verification> {
    let line = text.lines().find(|line| line.starts_with("rows "))?;
    let figures = |line: &str| -> Vec<String> {
        let parts = line.split(", ");
        parts
            .map(|part| part.rsplit(' ').next().unwrap_or_default().to_owned())
            .collect()
    };
    let of_integers = text.lines().find(|line| line.starts_with("mean deviation "));
    let of_integers: Vec<f64> = of_integers
        .map(figures)
        .unwrap_or_default()
        .iter()
        .filter_map(|figure| figure.parse().ok())
        .collect();
    let mut figures = figures(line).into_iter();
    Some(Verification {
        rows: figures.next()?.parse().ok()?,
        largest_deviation: figures.next()?.parse().ok()?,
        differing_classes: figures.next()?.parse().ok()?,
        mean_deviation: of_integers.first().copied(),
        deviation_beyond: of_integers.get(1).copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_test_program_is_read() {
        let found = read("rows 12, largest deviation 3.5e-07, classes that differ 0\n").unwrap();
        assert_eq!(
            (found.rows, found.largest_deviation, found.differing_classes),
            (12, 3.5e-7, 0)
        );
        assert_eq!(
            read("rows 1, largest deviation inf, classes that differ 2")
                .unwrap()
                .largest_deviation,
            f64::INFINITY
        );
        assert_eq!(read("Traceback"), None);
    }
}
