//! Forms that are source text.

pub(crate) mod c;
pub(crate) mod elementary;
mod identifiers;
pub(crate) mod integers;
pub(crate) mod javascript;
mod lines;
mod loops;
pub(crate) mod module;
pub(crate) mod numpy;
pub(crate) mod rust;
pub(crate) mod scikit_learn;
pub(crate) mod sql;
mod state_dict;
