//! The laws that hold the engine together, through its public face: whatever is computed in two ways comes out the
//! same, and the loop that trains changes nothing but what it says.

mod agreement;
mod averaging;
mod checking;
mod custom_loss;
mod divergence;
mod explaining;
mod finding_a_rate;
mod fixture;
mod fused_runs;
mod gradients;
mod layer_statistics;
mod noise_and_norms;
mod normalisation;
mod regularisation;
mod repeatability;
#[path = "../support/run.rs"]
mod run;
mod scheduling;
mod stopping;
mod top_down;
mod watching;
