//! The training loop, its observers, and what ends it.

pub mod early_stopping;
pub mod observe;
pub mod rate_finder;
pub mod trainer;
