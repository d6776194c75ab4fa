//! Why a model file cannot be read or written.

use crate::files::FileError;
use std::io;
use std::path::{Path, PathBuf};

/// A model file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFileError {
    /// The file itself cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),

    /// The file is no model that can be read, or the model cannot be saved.
    #[error("{}: {problem}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: ModelProblem,
    },
}

impl ModelFileError {
    pub(super) fn new(path: &Path, problem: ModelProblem) -> Self {
        let path = path.to_path_buf();
        Self::Model { path, problem }
    }
}

/// A failure before the path is known.
pub(super) enum Failure {
    Model(ModelProblem),
    Io(io::Error),
}

impl From<ModelProblem> for Failure {
    fn from(problem: ModelProblem) -> Self {
        Self::Model(problem)
    }
}

impl From<io::Error> for Failure {
    fn from(reason: io::Error) -> Self {
        Self::Io(reason)
    }
}

/// A problem of a model file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelProblem {
    /// There are no bytes.
    #[error("the file is empty; a model was expected")]
    Empty,
    /// It is a file of another kind.
    #[error("not a model: {found}; expected a safetensors file that pellucid wrote")]
    NotSafetensors {
        /// The kind it seems to be.
        found: String,
    },
    /// It ends too early.
    #[error("the file is cut off: its {part} takes {promised} bytes, {found} are there; copy it again")]
    CutOff {
        /// `header` or `tensors`.
        part: &'static str,
        /// Bytes that the part takes.
        promised: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// It goes on after the last tensor.
    #[error("the file goes on for {extra} bytes after its last tensor; it is damaged, copy it again")]
    TrailingBytes {
        /// How many.
        extra: u64,
    },
    /// The header cannot be read.
    #[error("the header cannot be read ({reason}); the file is damaged, copy it again")]
    DamagedHeader {
        /// What the reader said.
        reason: String,
    },
    /// Another program wrote it.
    #[error(
        "a safetensors file of {tensors} tensor(s){names} that pellucid did not write; only pellucid's own models \
         can be read, since tensors alone do not say how to compute with them"
    )]
    Foreign {
        /// How many tensors.
        tensors: usize,
        /// The first of their names, in parentheses after a space.
        names: String,
    },
    /// A later pellucid wrote it.
    #[error(
        "a model of format {found}, written by pellucid {writer}; this pellucid, {}, reads format {newest}; update it",
        env!("CARGO_PKG_VERSION")
    )]
    Newer {
        /// The format of the file.
        found: u64,
        /// The newest format that is read.
        newest: u64,
        /// The version that wrote it.
        writer: String,
    },
    /// The checksum does not match.
    #[error(
        "the checksum does not match: the file was changed after pellucid {writer} wrote it; copy it again, or train \
         the model again"
    )]
    Changed {
        /// The version that wrote it, as far as the file can be believed.
        writer: String,
    },
    /// A part of the metadata is missing or not valid.
    #[error("the metadata `{key}` {found}; pellucid {writer} wrote the file, this is {}; \
         write it again with its own version, or train the model again", env!("CARGO_PKG_VERSION"))]
    Metadata {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        found: String,
        /// The version that wrote it.
        writer: String,
    },
    /// The tensors are not those of the architecture.
    #[error("{tensor}: found {found}, but the architecture has {expected}; train the model again")]
    WrongTensor {
        /// Which.
        tensor: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A weight or bias is not finite.
    #[error("layer {layer} holds {value}; every weight and bias must be finite: train the model again")]
    NotFinite {
        /// The layer, counted from 1.
        layer: usize,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
    /// Parts of the model contradict each other.
    #[error("{0}; the parts of this model do not belong together: train it again")]
    Contradiction(String),
}
