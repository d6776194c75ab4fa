//! Tests of `pellucid serve`, by clients that share no code with it.

mod client;
mod limits;
mod models;
mod page;
mod predict;
mod protocol;
mod refusals;
mod reload;
mod server;
