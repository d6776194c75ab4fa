//! What a network computes and how its training fares: traces, gradient checks, layer statistics, diagnosis, explanations.

pub mod diagnosis;
pub mod explanation;
pub mod gradient_check;
pub mod layer_statistics;
pub mod trace;
