//! Models that `pellucid train` wrote, behind HTTP.
//!
//! - [`Server`] listens, loads models and answers: by the [Open Inference Protocol][protocol] under `/v2`, and to people at
//!   `/predict` and on a page.
//! - [`Settings`] has its address, its workers, its token and what requests may take; [`ModelSource`] is where a model comes from.
//! - [`Control`] stops a server, or lets it load its models anew.
//! - [`Log`] takes its [`Event`]s.
//!
//! The answers are those of `pellucid predict`, to the bit: rows are prepared and predicted by the same functions. There is no TLS
//! here; a proxy before the server has it. Nothing here knows a terminal.
//!
//! [protocol]: https://github.com/kserve/open-inference-protocol

#![forbid(unsafe_code)]

mod answer;
mod error;
mod event;
mod failure;
mod http;
mod json;
mod metrics;
mod model;
mod openapi;
mod request;
mod server;
mod settings;
mod token;

pub use error::ServeError;
pub use event::{Event, Level, Log};
pub use model::ModelSource;
pub use server::{Control, Server};
pub use settings::{Limits, Settings, USUAL_PORT};
pub use token::Token;
