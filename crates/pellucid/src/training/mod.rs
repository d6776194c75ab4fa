//! Trains networks: the training loop, its observers, and early stopping.

pub mod early_stopping;
pub mod epochs;
pub mod glance;
pub mod trainer;

pub use trainer::observe;
