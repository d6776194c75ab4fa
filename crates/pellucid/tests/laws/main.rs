//! The laws that hold the engine together, through its public face: whatever is computed in two ways comes out the
//! same, and the loop that trains changes nothing but what it says.

mod agreement;
mod divergence;
mod fixture;
mod gradients;
mod regularisation;
mod repeatability;
mod scheduling;
mod stopping;
mod top_down;
mod watching;
