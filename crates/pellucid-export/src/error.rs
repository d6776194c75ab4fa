//! The error of an export or an import.

use pellucid_data::{DataError, FileError};

/// Why a model is not exported, or a file not imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A form cannot express a part of the model.
    #[error("{form} cannot express {part}; {advice}")]
    Inexpressible {
        /// The form, such as `sql`.
        form: &'static str,
        /// The part of the model, by name.
        part: String,
        /// What to do instead.
        advice: String,
    },
    /// A name that the files and the functions of an export have is not valid.
    #[error("the name {name:?} {problem}; give the main file another name")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The program that runs an export is missing, or fails.
    #[error("{0}")]
    Verification(String),
    /// The answers of an export are not those of the model.
    #[error(
        "the export does not give the answers of the model: {found}; nothing was written. Please report this with the model"
    )]
    Deviates {
        /// The largest deviation, and its limit.
        found: String,
    },
    /// A file that is to be imported is not one, or is not a multilayer perceptron.
    #[error("{place}: {problem}")]
    NotImported {
        /// The file.
        place: String,
        /// What was found, and what was expected.
        problem: String,
    },
    /// A model or a table cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The engine refuses a network.
    #[error(transparent)]
    Engine(#[from] pellucid::Error),
}

/// The result of exports and imports.
pub type Result<T, E = ExportError> = std::result::Result<T, E>;
