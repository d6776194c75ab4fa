//! The network: architecture, parameters, initial values, and the forward and the backward pass.

pub mod dropout;
pub mod embedding;
pub mod init;
pub mod network;
pub mod pass;
