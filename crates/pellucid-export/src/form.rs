//! The forms of an export, and the files of each.

use crate::error::{ExportError, Result};
use crate::golden::GoldenRows;
use crate::golden_text::{test_program, tolerance};
use crate::program::{Precision, Program, build};
use crate::quantization::Quantization;
use crate::source::elementary::Mathematics;
use crate::source::integers::IntegerNetwork;
use crate::source::module::Library;
use crate::source::sql::Dialect;
use crate::{onnx, source};
use pellucid_data::Table;
use pellucid_data::model_file::Model;
use std::str::FromStr;

/// What a model is exported to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Form {
    /// An ONNX graph.
    Onnx,
    /// A C99 header and source.
    C,
    /// A Python module that needs NumPy alone.
    Python,
    /// An ES module without dependencies.
    JavaScript,
    /// A Rust module without the standard library.
    Rust,
    /// A query for PostgreSQL and DuckDB, and one for SQLite.
    Sql,
    /// A module of PyTorch, with its state dict.
    PyTorch,
    /// A model of Keras, with its weights.
    Keras,
    /// A Python module that builds an estimator of scikit-learn.
    ScikitLearn,
}

/// What a form is called, and its files.
struct FormDescriptor {
    name: &'static str,
    summary: &'static str,
    /// The extension of the main file, and of the test program.
    extensions: [&'static str; 2],
    /// In which precision it has the error function.
    has_erf: fn(Precision) -> bool,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 9] = [
        Self::Onnx,
        Self::C,
        Self::Python,
        Self::JavaScript,
        Self::Rust,
        Self::Sql,
        Self::PyTorch,
        Self::Keras,
        Self::ScikitLearn,
    ];

    const fn descriptor(self) -> FormDescriptor {
        match self {
            Self::Onnx => FormDescriptor {
                name: "onnx",
                summary: "an ONNX graph, for ONNX Runtime and others",
                extensions: ["onnx", "py"],
                // ONNX Runtime has it in single precision only.
                has_erf: |precision| matches!(precision, Precision::Single),
            },
            Self::C => FormDescriptor {
                name: "c",
                summary: "a C99 header and source, without allocation",
                extensions: ["c", "c"],
                has_erf: |_| true,
            },
            Self::Python => FormDescriptor {
                name: "python",
                summary: "a Python module that needs NumPy alone",
                extensions: ["py", "py"],
                has_erf: |_| true,
            },
            Self::JavaScript => FormDescriptor {
                name: "js",
                summary: "an ES module without dependencies, for browsers and Node",
                extensions: ["mjs", "mjs"],
                has_erf: |_| true,
            },
            Self::Rust => FormDescriptor {
                name: "rust",
                summary: "a Rust module without the standard library",
                extensions: ["rs", "rs"],
                has_erf: |_| true,
            },
            Self::Sql => FormDescriptor {
                name: "sql",
                summary: "a query that scores a table, for PostgreSQL, DuckDB and SQLite",
                extensions: ["sql", "py"],
                has_erf: |_| false,
            },
            Self::PyTorch => FormDescriptor {
                name: "pytorch",
                summary: "a PyTorch module and its state dict",
                extensions: ["py", "py"],
                has_erf: |_| true,
            },
            Self::Keras => FormDescriptor {
                name: "keras",
                summary: "a Keras model and its weights",
                extensions: ["py", "py"],
                has_erf: |_| true,
            },
            Self::ScikitLearn => FormDescriptor {
                name: "sklearn",
                summary: "an estimator of scikit-learn, built by a Python module",
                extensions: ["py", "py"],
                has_erf: |_| true,
            },
        }
    }

    /// Its name in commands.
    pub const fn name(self) -> &'static str {
        self.descriptor().name
    }

    /// The extension of its main file.
    pub const fn extension(self) -> &'static str {
        self.descriptor().extensions[0]
    }

    /// What it is, in a few words.
    pub const fn summary(self) -> &'static str {
        self.descriptor().summary
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|form| form.name() == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|form| form.name()).collect();
            format!("it is none of {}", known.join(", "))
        })
    }
}

/// What is requested of an export.
#[derive(Debug, Clone, Copy)]
pub struct ExportRequest<'a> {
    /// The form.
    pub form: Form,
    /// What the files are called, and in source text functions and types begin with: letters, digits and underscores.
    pub name: &'a str,
    /// Rows of a table to compare the export with the model on, besides those that are made of the model's preparation.
    pub data: Option<&'a Table>,
    /// In C, layers in integers, whose steps follow from usual rows: those of `data`, and those that are made of the preparation.
    pub quantize: Option<Quantization>,
    /// In C, the mathematical functions in the source itself, for devices without `<math.h>`.
    pub without_libm: bool,
}

impl<'a> ExportRequest<'a> {
    /// An export with rows that are made of the model's preparation alone.
    pub fn new(form: Form, name: &'a str) -> Self {
        Self {
            form,
            name,
            data: None,
            quantize: None,
            without_libm: false,
        }
    }

    /// Whether the form can have what is requested, whatever the model is.
    ///
    /// # Errors
    /// The form has no layers in integers, or no mathematical functions of its own.
    pub fn check(&self) -> Result<()> {
        let refuse = |part: String, option: &str| {
            Err(ExportError::Inexpressible {
                form: self.form.name(),
                part,
                advice: format!("the form c can; leave {option} out for this one"),
            })
        };
        match self.quantize {
            _ if self.form == Form::C => Ok(()),
            Some(quantize) => refuse(format!("layers in {} integers", quantize.name()), "--quantize"),
            None if self.without_libm => refuse("mathematical functions of its own".into(), "--no-libm"),
            None => Ok(()),
        }
    }
}

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// An exported model.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    /// The form.
    pub form: Form,
    /// The files: the main one first, last the program that compares it with the model's own predictions.
    pub files: Vec<ExportedFile>,
    /// How many rows that program compares.
    pub rows: usize,
    /// The largest deviation that it accepts, relative to numbers above 1; in integers of usual rows, relative to the largest
    /// answer above 1.
    pub tolerance: f64,
    /// The integers of the layers.
    pub quantization: Option<Quantization>,
    /// Whether a source in C has its mathematical functions itself.
    pub without_libm: bool,
}

/// Writes a model in another form, with a program that compares the form's answers with the model's own on rows of usual,
/// missing, unseen and extreme values.
///
/// # Errors
/// The form cannot express a part of the model; the name is not valid; a row of the table cannot be predicted.
pub fn export(model: &Model, request: &ExportRequest<'_>) -> Result<Export> {
    let ExportRequest {
        form,
        name,
        data,
        quantize,
        without_libm,
    } = *request;
    check_name(name)?;
    request.check()?;
    if quantize.is_some() && model.preparation.is_none() {
        return Err(ExportError::Inexpressible {
            form: form.name(),
            part: "layers in integers of a model that was trained on arrays, whose usual rows are not known"
                .into(),
            advice: "train on a table, or leave --quantize out".into(),
        });
    }
    let program = build(model, form.name(), form.descriptor().has_erf)?;
    let golden = GoldenRows::of(model, &program, data, quantize)?;
    let file = |name: String, bytes: Vec<u8>| ExportedFile { name, bytes };
    let main = format!("{name}.{}", form.extension());
    let test = format!("{name}_test.{}", form.descriptor().extensions[1]);
    let test_of = |template: &str| test_program(template, &main, &program, &golden).into_bytes();
    let library_files = |library| {
        let module = source::module::write(&program, model.preparation.as_ref(), name, library, form.name())?;
        Ok::<_, ExportError>(vec![
            file(main.clone(), module.source.into_bytes()),
            file(format!("{name}.safetensors"), module.parameters),
            file(test.clone(), test_of(PYTHON_TEST)),
        ])
    };
    let files = match form {
        Form::Onnx => {
            let test_text = test_of(include_str!("templates/onnx_test.py"));
            let graph = onnx::write(&program, name, properties(model, &program)?);
            vec![file(main, graph), file(test, test_text)]
        }
        Form::C => {
            let integers = golden.spans.as_ref().zip(quantize);
            let integers =
                integers.map(|(spans, quantize)| IntegerNetwork::new(&program, spans, quantize, form.name()));
            let integers = integers.transpose()?;
            let mathematics = if without_libm {
                Mathematics::Own
            } else {
                Mathematics::Libm
            };
            let written = source::c::write(&program, name, &golden, integers.as_ref(), mathematics);
            let header = file(format!("{name}.h"), written.header.into_bytes());
            vec![
                file(main, written.source.into_bytes()),
                header,
                file(test, written.test.into_bytes()),
            ]
        }
        Form::Python => {
            let test_text = test_of(PYTHON_TEST);
            vec![
                file(main, source::numpy::write(&program).into_bytes()),
                file(test, test_text),
            ]
        }
        Form::JavaScript => {
            let test_text = test_of(include_str!("templates/javascript_test.mjs"));
            vec![
                file(main, source::javascript::write(&program).into_bytes()),
                file(test, test_text),
            ]
        }
        Form::Rust => {
            let [module, test_text] = source::rust::write(&program, name, &golden);
            vec![
                file(main, module.into_bytes()),
                file(test, test_text.into_bytes()),
            ]
        }
        Form::Sql => {
            let query = |dialect| source::sql::write(&program, name, dialect).map(String::into_bytes);
            let test_text = test_of(include_str!("templates/sql_test.py"));
            let of_sqlite = file(format!("{name}_sqlite.sql"), query(Dialect::SQLite)?);
            vec![
                file(main, query(Dialect::Standard)?),
                of_sqlite,
                file(test, test_text),
            ]
        }
        Form::PyTorch => library_files(Library::PyTorch)?,
        Form::Keras => library_files(Library::Keras)?,
        Form::ScikitLearn => {
            let test_text = test_of(PYTHON_TEST);
            let module = source::scikit_learn::write(&program, form.name())?;
            vec![file(main, module.into_bytes()), file(test, test_text)]
        }
    };
    let (rows, tolerance) = (golden.len(), tolerance(&program, quantize));
    Ok(Export {
        form,
        files,
        rows,
        tolerance,
        quantization: quantize,
        without_libm,
    })
}

/// The test program of every form that is a Python module with a function `predict`.
const PYTHON_TEST: &str = include_str!("templates/numpy_test.py");

/// What an ONNX file says of the model beside the graph: what an import needs to know.
fn properties(model: &Model, program: &Program) -> Result<Vec<(String, String)>> {
    let mut properties = vec![("pellucid_version".to_owned(), model.version.clone())];
    if let Some(preparation) = &model.preparation {
        let names = program
            .number_columns()
            .iter()
            .map(|column| &column.name)
            .collect::<Vec<_>>();
        let preparation = serde_json::to_string(preparation).map_err(|error| ExportError::Inexpressible {
            form: Form::Onnx.name(),
            part: format!("the preparation ({error})"),
            advice: "train the model again".into(),
        })?;
        properties.extend([
            ("columns".to_owned(), serde_json::json!(names).to_string()),
            (onnx::PREPARATION_PROPERTY.to_owned(), preparation),
            (
                onnx::FEATURES_PROPERTY.to_owned(),
                onnx::value_name(program, program.features),
            ),
            (
                onnx::OUTPUTS_PROPERTY.to_owned(),
                onnx::value_name(program, program.outputs),
            ),
        ]);
    }
    Ok(properties)
}

/// Names of files and of functions are of ASCII letters, digits and underscores.
fn check_name(name: &str) -> Result<()> {
    let wrong = |problem| {
        Err(ExportError::Name {
            name: name.into(),
            problem,
        })
    };
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    match name.chars().next() {
        None => wrong("is empty"),
        Some(first) if first.is_ascii_digit() => wrong("begins with a digit"),
        Some(_) if !name.chars().all(is_part) => wrong("has other letters than a to z, A to Z, 0 to 9 and _"),
        Some(_) if name.len() > 100 => wrong("has more than 100 letters"),
        Some(_) => Ok(()),
    }
}
