//! Why a file cannot be read.

use crate::files::FileError;
use std::path::Path;

/// Damage, or another error of the file.
#[derive(Debug)]
pub(in crate::table) enum Fault {
    Damaged(&'static str),
    File(FileError),
}

impl From<&'static str> for Fault {
    fn from(damage: &'static str) -> Fault {
        Fault::Damaged(damage)
    }
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Fault {
        Fault::File(error)
    }
}

impl Fault {
    /// The error of the file at `path`.
    pub(in crate::table) fn of(self, path: &Path) -> FileError {
        match self {
            Fault::Damaged(damage) => FileError::damaged(path, "Parquet", damage),
            Fault::File(error) => error,
        }
    }
}
