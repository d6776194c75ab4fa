//! HTTP: connections, routes, and what is said to each request.

mod answers;
mod app;
mod body;
mod connections;
mod handled;
mod models;
mod pages;
mod responses;
mod router;
mod slow_writer;

pub(crate) use app::App;
pub(crate) use connections::{Stopping, accept};
