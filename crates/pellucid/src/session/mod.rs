//! A whole training, from a recipe and its data to a record of what came of it.

pub mod experiment;
pub mod record;
