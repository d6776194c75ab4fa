//! The error of everything between a table and a model.
//!
//! Every message stands alone: it names the place, what was found, what was expected and, if something can be done, what
//! to do.

use crate::files::FileError;
use pellucid::descriptor::SettingError;
use pellucid::recipe::shortened;

/// Any error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file cannot be read, written or downloaded, or does not hold what it should.
    #[error(transparent)]
    File(#[from] FileError),
    /// A table cannot become numbers, or rows cannot be split.
    #[error("{place}: {problem}")]
    Unusable {
        /// The table, and the column and row of the problem.
        place: String,
        /// What was found, what was expected, what to do.
        problem: String,
    },
    /// Numbers made of a table need more memory than there is.
    #[error(
        "{what} take {gigabytes:.2} GB, which is more than the available memory; use fewer rows, or fewer columns and words"
    )]
    Memory {
        /// What takes it, in the plural.
        what: String,
        /// How much it takes.
        gigabytes: f64,
    },
    /// Data cannot lie in files where it does not fit into memory.
    #[error("the memory cannot be limited: {problem}")]
    MemoryLimit {
        /// Why.
        problem: String,
    },
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

    /// Whether there is less memory than was needed.
    pub fn is_of_memory(&self) -> bool {
        match self {
            Self::Memory { .. } => true,
            Self::Engine(error) => is_of_memory(error),
            Self::Training(unfinished) => is_of_memory(&unfinished.error),
            _ => false,
        }
    }
}

/// Whether there is less memory than a training, or its data, need.
fn is_of_memory(error: &pellucid::Error) -> bool {
    use pellucid::Error::{Memory, TooMuchMemory};
    matches!(error, Memory { .. } | TooMuchMemory { .. })
}

/// The error of a table or of rows, with its place.
pub(crate) fn problem(place: impl Into<String>, problem: impl Into<String>) -> DataError {
    DataError::Unusable {
        place: place.into(),
        problem: problem.into(),
    }
}

/// The error of a setting `key` that cannot be `found`.
pub(crate) fn setting(key: &str, found: impl ToString, expected: impl Into<String>) -> DataError {
    const LONGEST: usize = 300;
    let (key, found) = (shortened(key, LONGEST), found.to_string());
    let found = shortened(&found, LONGEST).into_owned();
    DataError::Engine(SettingError::new(&*key, found, expected).into())
}

/// The result of trainings and searches.
pub type Result<T, E = DataError> = std::result::Result<T, E>;
