//! Why a server cannot start or go on.

use pellucid_data::DataError;
use std::io;
use std::net::SocketAddr;

/// Why a server cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", reason_of(reason))]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The reason that the operating system gives.
        reason: io::Error,
    },
    /// A model, or the table of its background rows, cannot be read.
    #[error(transparent)]
    Model(#[from] DataError),
    /// The description of a model, such as `iris@2=iris.safetensors`, makes no sense.
    #[error("{0}")]
    Source(String),
    /// The operating system gives no thread or no timer.
    #[error("cannot start the server: {0}")]
    Runtime(io::Error),
}

fn reason_of(reason: &io::Error) -> String {
    match reason.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there; stop it, or choose another port, or port 0 for one that is free"
                .into()
        }
        io::ErrorKind::PermissionDenied => {
            format!("{reason}; ports below 1024 need a permission: choose one above")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("{reason}; this machine has no such address: 127.0.0.1 is its own, 0.0.0.0 all of them")
        }
        _ => reason.to_string(),
    }
}
