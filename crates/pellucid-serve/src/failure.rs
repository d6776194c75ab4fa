//! Why a request is refused: a status and a message.

use pellucid_data::{DataError, FileError};

/// Why a request is refused.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The request makes no sense.
    Wrong,
    /// There is no such model.
    NotFound,
    /// The request is larger than a limit.
    TooLarge,
    /// The server has too much to do, or too little memory.
    Busy,
    /// The request did not arrive in time.
    TooSlow,
    /// The body is packed in a way that is not read.
    Packed,
    /// A defect of the server.
    Defect,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Wrong, message)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        let kind = match &error {
            DataError::Memory { .. } => FailureKind::Busy,
            error if error.is_of_memory() => FailureKind::Busy,
            _ => FailureKind::Wrong,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        DataError::from(error).into()
    }
}
