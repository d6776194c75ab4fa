//! The ONNX form of a model, and models in it.

mod proto;
mod read;
mod tensors;
mod tree;
mod write;

pub(crate) use read::{FEATURES_PROPERTY, OUTPUTS_PROPERTY, PREPARATION_PROPERTY, read};
pub(crate) use write::{value_name, write};
