//! The settings of a server.

use crate::token::Token;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

/// The settings of a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address to listen on; port 0 is one that is free.
    pub listen: SocketAddr,
    /// Threads that answer requests.
    pub workers: NonZeroUsize,
    /// The token that requests must bear; health checks and the page itself need none.
    pub token: Option<Token>,
    /// How often the files of the models are checked for changes; `None` reloads them only when [`Control::reload`](crate::Control::reload)
    /// asks for it.
    pub watch_every: Option<Duration>,
    /// Whether each request is an event of the log.
    pub logs_requests: bool,
    /// What a request may take.
    pub limits: Limits,
}

/// What requests may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body, and of what it unpacks to.
    pub body_bytes: usize,
    /// Rows of a request.
    pub rows: usize,
    /// Rows of a request that asks for contributions.
    pub explained_rows: usize,
    /// Bytes of the request line and the headers.
    pub header_bytes: usize,
    /// Requests that are answered at the same time; further ones get the status 503.
    pub requests: usize,
    /// Open connections; further ones wait.
    pub connections: usize,
    /// For the headers of a request, from the end of the one before.
    pub header_time: Duration,
    /// For the body of a request.
    pub body_time: Duration,
    /// For a client to take the next part of an answer.
    pub write_time: Duration,
    /// For requests under way when the server is asked to stop.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 << 20,
            rows: 100_000,
            explained_rows: 100,
            header_bytes: 16 << 10,
            requests: 256,
            connections: 1024,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(60),
            write_time: Duration::from_secs(30),
            stop_time: Duration::from_secs(30),
        }
    }
}

/// The port that is listened on where none is named.
pub const USUAL_PORT: u16 = 8080;

impl Default for Settings {
    /// Loopback only, without a token; as many workers as the machine has cores.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT)),
            workers: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            token: None,
            watch_every: Some(Duration::from_secs(1)),
            logs_requests: true,
            limits: Limits::default(),
        }
    }
}
