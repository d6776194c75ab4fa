//! The training loop, its observers, and what ends it.

pub mod early_stopping;
pub mod rate_finder;
pub mod trainer;

pub use trainer::observe;
