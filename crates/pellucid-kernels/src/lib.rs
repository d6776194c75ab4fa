//! The arithmetic of Pellucid on slices: products of dense layers, elementwise functions with their derivatives, losses,
//! normalisation, update loops of optimizers, fused steps of narrow layers, and the thread pool.
//!
//! The crate knows slices and shapes; it knows no network, recipe or trainer. It holds all `unsafe` code of the
//! project, each block with its argument; the tests hold a naive twin of every kernel.
//!
//! Everything is generic over an instruction set ([`simd::Isa`]) and a precision ([`simd::scalar::Scalar`]). An
//! implementation of [`simd::PerPrecision`] compiles it, once for each precision and instruction set.
//!
//! The shape of the work selects the kernel, never the caller and never the number of threads, so the bits do not
//! depend on the threads.

#![allow(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod activation;
pub mod aligned;
pub mod allocation;
pub mod descriptor;
pub mod embedding;
pub mod exponential;
pub mod layer;
pub mod loss;
pub mod narrow;
pub mod normalisation;
pub mod optimizer_step;
pub mod simd;
pub mod thread_pool;

#[cfg(test)]
mod tests;

pub use simd::scalar;
