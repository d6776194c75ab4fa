//! The error of everything between a table and a model.
//!
//! The error types of files, tables, preparations and model files live beside what fails; this one holds any of them.
//! Every message stands alone: it names the place, what was found, what was expected and, if something can be done, what
//! to do.

use crate::files::{DownloadError, FileError, IdxError};
use crate::model_file::ModelFileError;
use crate::preparation::PreparationError;
use crate::table::TableError;

/// Any error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// An IDX file cannot be read.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Data cannot be downloaded.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// A table cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A table cannot become numbers, or rows cannot be split.
    #[error(transparent)]
    Preparation(PreparationError),
    /// A model file cannot be read or written.
    #[error(transparent)]
    Model(#[from] ModelFileError),
    /// The engine refuses a setting or the data.
    #[error(transparent)]
    Engine(#[from] pellucid::Error),
    /// A recipe cannot be read, or changed as asked.
    #[error(transparent)]
    Recipe(#[from] pellucid::recipe::RecipeError),
    /// A training ended in an error, such as that it diverged.
    #[error(transparent)]
    Training(#[from] Box<pellucid::Unfinished>),
}

impl DataError {
    /// The training that diverged, where that is the error.
    pub fn divergence(&self) -> Option<&pellucid::Unfinished> {
        match self {
            Self::Training(unfinished) if unfinished.error.is_divergence() => Some(unfinished),
            _ => None,
        }
    }
}

impl From<PreparationError> for DataError {
    fn from(error: PreparationError) -> Self {
        match error {
            PreparationError::Engine(error) => Self::Engine(error),
            error => Self::Preparation(error),
        }
    }
}

/// The error of a setting `key` that cannot be `found`.
pub(crate) fn setting(key: &str, found: impl Into<String>, expected: impl Into<String>) -> DataError {
    DataError::Engine(pellucid::Error::Setting {
        key: key.into(),
        found: found.into(),
        expected: expected.into(),
    })
}

/// The result of trainings and searches.
pub type Result<T, E = DataError> = std::result::Result<T, E>;
