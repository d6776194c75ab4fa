//! The training loop, its observers, and what ends it.

pub mod early_stopping;
pub mod trainer;

pub use trainer::observe;
