//! Errors as JavaScript throws them.

use std::fmt::Display;
use wasm_bindgen::{JsError, JsValue};

/// An error whose message is that of the engine.
#[derive(Debug)]
pub struct Thrown(String);

impl<E: Display> From<E> for Thrown {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl From<Thrown> for JsValue {
    fn from(error: Thrown) -> Self {
        JsError::new(&error.0).into()
    }
}
