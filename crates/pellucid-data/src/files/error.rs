//! Why a file cannot be read or written.
//!
//! The reason that the operating system gives is part of the message and not a `source`, so that a printed chain of
//! errors does not repeat it.

use std::io;
use std::path::{Path, PathBuf};

/// A file that cannot be read or written.
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

    /// A gzip stream is cut off or damaged.
    #[error("{}: the gzip stream is {damage}; copy or download the file again", path.display())]
    Gzip {
        /// The file.
        path: PathBuf,
        /// What is wrong, and after how many unpacked bytes.
        damage: String,
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
}
