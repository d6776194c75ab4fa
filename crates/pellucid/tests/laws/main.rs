//! Checks the laws of the engine through its public interface: results that can be computed in two ways are equal, and
//! observation does not change a training.

mod agreement;
mod averaging;
mod checking;
mod custom_loss;
mod data_driven;
mod divergence;
mod embeddings;
mod explaining;
mod fixture;
mod fused_runs;
mod gradients;
mod input_scales;
mod layer_statistics;
mod members;
mod noise_and_norms;
mod normalisation;
mod observers;
mod rate_finder;
mod regularisation;
mod repeatability;
mod resuming;
#[path = "../support/run.rs"]
mod run;
mod scheduling;
mod stopping;
mod top_down;
