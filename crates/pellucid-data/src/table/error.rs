//! Why a table cannot be read or written.

use crate::files::{FileError, IdxError};
use std::fmt;
use std::path::{Path, PathBuf};

/// A table that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),

    /// An IDX file cannot be read.
    #[error(transparent)]
    Idx(#[from] IdxError),

    /// There is neither a file nor a built-in set of this name.
    #[error(
        "{}: there is no such file; check the path{}", path.display(), did_you_mean(nearest.as_deref())
    )]
    Missing {
        /// The path as it was given.
        path: PathBuf,
        /// The built-in set with the nearest name.
        nearest: Option<String>,
    },

    /// There is no built-in set of this name.
    #[error("there is no built-in set {name:?}; there are {known}")]
    NoBuiltin {
        /// The name that was sought.
        name: String,
        /// The names that there are.
        known: String,
    },

    /// The contents are damaged, contradict each other, or are of a kind that is not read.
    #[error("{}: {problem}", path.display())]
    Contents {
        /// The file.
        path: PathBuf,
        /// The place, what was found, what was expected, what to do.
        problem: String,
    },

    /// A column that is needed is not in the table.
    #[error(
        "{}: there is no column {name:?}, which is needed{}; the table has {}",
        path.display(), did_you_mean(nearest.as_deref()), found.join(", ")
    )]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// The name that was sought.
        name: String,
        /// The names that are there.
        found: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },

    /// A cell cannot be used as a value of its column.
    #[error("{}: {place}, column {column:?}: {cell:?} is not {expected}; {advice}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// The line or row.
        place: CellPlace,
        /// The column's name.
        column: Box<str>,
        /// The cell's text.
        cell: Box<str>,
        /// What the column holds, such as `a number`.
        expected: &'static str,
        /// What to do.
        advice: &'static str,
    },
}

/// The position of a cell, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellPlace {
    /// The line of a text on which its row begins.
    Line(u64),
    /// The row of a binary format.
    Row(u64),
}

impl fmt::Display for CellPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CellPlace::Line(line) => write!(formatter, "line {line}"),
            CellPlace::Row(row) => write!(formatter, "row {row}"),
        }
    }
}

impl TableError {
    pub(super) fn contents(path: &Path, problem: impl Into<String>) -> Self {
        Self::Contents {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }

    /// A file of a binary format is cut off or damaged.
    pub(super) fn damaged(path: &Path, format: &str, reason: impl fmt::Display) -> Self {
        let problem = format!("not a complete {format} file ({reason}); write or copy it again");
        Self::contents(path, problem)
    }

    /// A column or array is of a type that is not read.
    pub(super) fn unsupported(path: &Path, name: &str, found: &str, expected: &str) -> Self {
        let problem = format!("{name:?} is {found}, which is not read; expected {expected}");
        Self::contents(path, problem)
    }

    pub(super) fn no_rows(path: &Path) -> Self {
        Self::contents(
            path,
            "the table names its columns but has no rows; at least one is needed",
        )
    }

    pub(super) fn empty(path: &Path) -> Self {
        Self::contents(path, "the file is empty; a table needs at least one row")
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest:?}?"))
}
