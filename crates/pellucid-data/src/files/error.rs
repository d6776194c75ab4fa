//! Why a file cannot be read, written or downloaded.
//!
//! The reason that the operating system gives is part of the message and not a `source`, so that a printed chain of
//! errors does not repeat it.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

/// A file that cannot be read, written or downloaded, or does not hold what it should.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no file under this path.
    #[error("{}: there is no such file; check the path", path.display())]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },

    /// The operating system refused to open or read a file.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason that the operating system gives.
        reason: io::Error,
    },

    /// The contents are damaged, contradict each other or other files, or are of a kind that is not read.
    #[error("{}: {problem}", path.display())]
    Contents {
        /// The file or folder.
        path: PathBuf,
        /// The place, what was found, what was expected, what to do.
        problem: String,
    },

    /// The file is not one of images with a file of labels beside it.
    #[error("{}: {problem}", path.display())]
    NotAPair {
        /// The file.
        path: PathBuf,
        /// What was found, what was expected.
        problem: String,
    },

    /// A file or folder cannot be created or written.
    #[error("cannot write to {}: {reason}", path.display())]
    Write {
        /// The path as it was given.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },

    /// The process that reads the output, such as `head`, has closed it.
    #[error("{}: broken pipe: the reader closed the output", path.display())]
    ReaderGone {
        /// The output.
        path: PathBuf,
        /// The error of the operating system, of the kind `BrokenPipe`.
        source: io::Error,
    },

    /// Data that is in no file: it cannot be downloaded or kept, or no built-in set has this name. The message says why
    /// and what to do.
    #[error("{0}")]
    Unavailable(String),
}

impl FileError {
    /// The error for a file that cannot be opened or read. An error of this type that a reader has wrapped in
    /// `reason` is returned itself.
    pub(crate) fn from_read(path: &Path, reason: io::Error) -> Self {
        let reason = match reason.downcast::<Self>() {
            Ok(wrapped) => return wrapped,
            Err(reason) => reason,
        };
        let path = path.to_path_buf();
        match reason.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::IsADirectory => {
                let reason = io::Error::other("it is a folder; give the name of a file");
                Self::Read { path, reason }
            }
            _ => Self::Read { path, reason },
        }
    }

    /// The error for a file or folder that cannot be written.
    pub(crate) fn from_write(path: &Path, reason: impl ToString) -> Self {
        Self::Write {
            path: path.to_path_buf(),
            reason: reason.to_string(),
        }
    }

    /// The error for a file or folder that does not hold what it should.
    pub(crate) fn contents(path: &Path, problem: impl Into<String>) -> Self {
        Self::Contents {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }

    /// The error for a file of a binary format that is cut off or damaged.
    pub(crate) fn damaged(path: &Path, format: &str, reason: impl Display) -> Self {
        let problem = format!("not a complete {format} file ({reason}); write or copy it again");
        Self::contents(path, problem)
    }
}
