//! The source of a table, opened and unpacked.

use super::archive::{is_archive, only_member};
use super::builtin::BUILTINS;
use super::error::{did_you_mean, empty};
use super::foreign::foreign_format;
use crate::files::{Budget, FileError, MaxExpansion, Unpacked};
use pellucid::descriptor::nearest;
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file, the standard input, or the contents of a file in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSource {
    /// A file.
    Path(PathBuf),
    /// The standard input.
    Stdin,
    /// The contents of a file in memory.
    Memory {
        /// What messages call it.
        name: String,
        /// The contents, of any format that is read.
        bytes: Arc<[u8]>,
    },
}

impl<P: AsRef<Path>> From<P> for TableSource {
    /// `-` is the standard input, everything else a path.
    fn from(path: P) -> Self {
        match path.as_ref() {
            path if path == Path::new("-") => TableSource::Stdin,
            path => TableSource::Path(path.to_path_buf()),
        }
    }
}

impl fmt::Display for TableSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableSource::Path(path) => path.display().fmt(formatter),
            TableSource::Stdin => formatter.write_str("standard input"),
            TableSource::Memory { name, .. } => formatter.write_str(name),
        }
    }
}

/// The number of bytes from which the format is recognised.
const PREFIX_BYTES: u64 = 64 * 1024;

/// An open source.
pub(super) struct OpenSource {
    /// Its name in messages.
    pub(super) path: PathBuf,
    /// The first bytes, unpacked.
    pub(super) prefix: Vec<u8>,
    /// The file itself, if it is an ordinary one and not packed.
    pub(super) seekable: Option<File>,
    /// What it has been unpacked to so far, and how far it may.
    pub(super) budget: Arc<Budget>,
    rest: Unpacked<Box<dyn Read + Send>>,
}

impl OpenSource {
    pub(super) fn open(source: &TableSource, limit: MaxExpansion) -> Result<OpenSource, FileError> {
        let path = PathBuf::from(source.to_string());
        let (mut seekable, mut length) = (None, None);
        let raw: Box<dyn Read + Send> = match source {
            TableSource::Stdin => Box::new(io::stdin()),
            TableSource::Memory { bytes, .. } => {
                length = Some(bytes.len() as u64);
                Box::new(Cursor::new(Arc::clone(bytes)))
            }
            TableSource::Path(_) => {
                let file = File::open(&path).map_err(|reason| not_opened(&path, reason))?;
                if let Ok(metadata) = file.metadata()
                    && metadata.is_file()
                {
                    length = Some(metadata.len());
                    seekable = file.try_clone().ok();
                }
                Box::new(file)
            }
        };
        let budget = Arc::new(Budget::new(&path, length.unwrap_or(0), limit));
        let mut rest = Unpacked::new(raw, &path, Some(Arc::clone(&budget)), length.is_none())?;
        let mut prefix = Vec::new();
        let read = (&mut rest).take(PREFIX_BYTES).read_to_end(&mut prefix);
        read.map_err(|error| FileError::from_read(&path, error))?;
        if prefix.is_empty() {
            return Err(empty(&path));
        }
        if let Some(problem) = foreign_format(&prefix) {
            return Err(FileError::contents(&path, problem));
        }
        let source = OpenSource {
            prefix,
            seekable: seekable.filter(|_| !rest.is_packed()),
            path,
            budget,
            rest,
        };
        match is_archive(&source.prefix) {
            true => source.into_member(),
            false => Ok(source),
        }
    }

    /// The only file of a zip archive; the archive itself if it is one of arrays.
    fn into_member(self) -> Result<OpenSource, FileError> {
        let (path, budget) = (self.path.clone(), Arc::clone(&self.budget));
        let bytes = self.into_bytes()?;
        let bytes = only_member(&bytes, &path, &budget)?.unwrap_or(bytes);
        if let Some(what) = foreign_format(&bytes) {
            return Err(FileError::contents(&path, format!("its only file is {what}")));
        }
        let rest: Box<dyn Read + Send> = Box::new(Cursor::new(bytes));
        let mut rest = Unpacked::new(rest, &path, Some(Arc::clone(&budget)), false)?;
        let mut prefix = Vec::new();
        let read = (&mut rest).take(PREFIX_BYTES).read_to_end(&mut prefix);
        read.map_err(|error| FileError::from_read(&path, error))?;
        if prefix.is_empty() {
            return Err(empty(&path));
        }
        Ok(OpenSource {
            path,
            prefix,
            seekable: None,
            budget,
            rest,
        })
    }

    /// The unpacked bytes from the beginning.
    pub(super) fn into_reader(self) -> Box<dyn Read + Send> {
        Box::new(Cursor::new(self.prefix).chain(self.rest))
    }

    /// All unpacked bytes.
    pub(super) fn into_bytes(self) -> Result<Vec<u8>, FileError> {
        let path = self.path.clone();
        let mut bytes = Vec::new();
        let read = self.into_reader().read_to_end(&mut bytes);
        read.map_err(|error| FileError::from_read(&path, error))?;
        Ok(bytes)
    }
}

/// The error of opening `path`, with the nearest built-in set if it is a bare name.
fn not_opened(path: &Path, reason: io::Error) -> FileError {
    let error = FileError::from_read(path, reason);
    let is_bare = path.extension().is_none() && path.components().count() == 1;
    let name = path.to_str().filter(|_| is_bare);
    match name.and_then(|name| nearest(name, BUILTINS.iter().map(|set| set.name))) {
        Some(nearest) if matches!(error, FileError::Missing { .. }) => {
            let problem = "there is no such file; check the path".to_owned();
            FileError::contents(path, problem + &did_you_mean(nearest))
        }
        _ => error,
    }
}
