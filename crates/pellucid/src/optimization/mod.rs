//! The parts of a training step: optimizers, schedules, penalties, and what else changes gradients or parameters.

pub(crate) mod accumulation;
pub mod averaging;
pub(crate) mod clipping;
pub(crate) mod corruption;
pub mod lbfgs;
pub(crate) mod max_norm;
pub mod optimizer;
pub mod parameter_groups;
pub(crate) mod penalty;
pub mod schedule;
