//! Trains networks: the training loop, its observers, and early stopping.

pub mod checkpoints;
pub mod continuing;
pub mod early_stopping;
pub mod epochs;
pub mod glance;
mod order;
pub(crate) mod saved_epochs;
pub mod trainer;

pub use trainer::observe;
