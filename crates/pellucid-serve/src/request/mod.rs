//! What a request asks for: rows, and what is to be answered about them.

mod asked;
mod datatype;
mod rows;
mod tensors;
mod text;

pub(crate) use asked::Asked;
pub(crate) use rows::Rows;
pub(crate) use tensors::InferRequest;
pub(crate) use text::{Layout, read_text};
