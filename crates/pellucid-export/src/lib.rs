//! Trained models in the forms of other programs, and models that others trained.
//!
//! [`export`] writes a model, with the preparation of its table, as an ONNX graph or as source text; [`verify`] runs what it wrote
//! on rows with the model's own predictions. [`import`] reads an ONNX graph or a state dict that is a multilayer perceptron.
//!
//! Every form is written from one description of the prediction, `program`: raw columns, features, layers, answers.
//!
//! ```
//! use pellucid::{Activation, Architecture, Network, Recipe};
//! use pellucid_data::model_file::Model;
//! use pellucid_export::{ExportRequest, Form, export};
//! let architecture = Architecture::new(&[2, 1], &[Activation::Sigmoid], true)?;
//! let network = Network::new(architecture, vec![0.5f32, -1.5, 0.25])?;
//! let model = Model::new(network, Recipe::built_in("xor-sgd")?, None);
//! let exported = export(&model, &ExportRequest::new(Form::Onnx, "xor"))?;
//! assert_eq!(exported.files[0].name, "xor.onnx");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod calibration;
mod error;
mod form;
mod golden;
mod golden_text;
mod import;
mod layers;
mod onnx;
mod program;
mod quantization;
mod source;
mod verification;

pub use error::{ExportError, Result};
pub use form::{Export, ExportRequest, ExportedFile, Form, export};
pub use import::{ImportRequest, import, import_bytes};
pub use quantization::Quantization;
pub use verification::{Verification, verify};
