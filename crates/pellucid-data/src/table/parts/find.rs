//! Finds the files of a table, and what the names of their folders say.

use crate::files::FileError;
use glob::MatchOptions;
use percent_encoding::percent_decode_str;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// A file of a table.
pub(super) struct Part {
    pub(super) path: PathBuf,
    /// The key and the value of each folder called `key=value` on the way; `None` for a missing value.
    pub(super) of_folders: Vec<(String, Option<String>)>,
    /// Its size and its time when it was found.
    found: (u64, Option<SystemTime>),
}

/// What Hive writes for a missing value.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

impl Part {
    pub(super) fn new(path: PathBuf) -> Result<Part, FileError> {
        let metadata = fs::metadata(&path).map_err(|reason| FileError::from_read(&path, reason))?;
        let found = (metadata.len(), metadata.modified().ok());
        let folders = path.parent().into_iter().flat_map(Path::components);
        let of_folders = folders.filter_map(|folder| match folder {
            Component::Normal(name) => key_and_value(name.to_str()?),
            _ => None,
        });
        let of_folders: Vec<_> = of_folders.collect();
        Ok(Part {
            path,
            of_folders,
            found,
        })
    }

    /// Its bytes when it was found.
    pub(super) fn bytes(&self) -> u64 {
        self.found.0
    }

    /// Refuses a file that was written to since it was found.
    pub(super) fn check_unchanged(&self) -> Result<(), FileError> {
        // One that is gone by now has been read.
        let Ok(metadata) = fs::metadata(&self.path) else {
            return Ok(());
        };
        let ((before, then), now) = (self.found, metadata.len());
        if (now, metadata.modified().ok()) == (before, then) {
            return Ok(());
        }
        let problem = format!(
            "the file changed while the table was read: it had {before} bytes, and now has {now}; run the command again when \
             it is complete"
        );
        Err(FileError::contents(&self.path, problem))
    }
}

/// The key and the value of a folder called `key=value`. Characters that paths cannot have are written as `%3A` there.
fn key_and_value(name: &str) -> Option<(String, Option<String>)> {
    let (key, value) = name.split_once('=')?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let value = (value != MISSING).then(|| decoded(value));
    (!key.is_empty()).then(|| (decoded(key), value))
}

/// All files of a folder and of those in it, in the order of their paths. Names that begin with `.` or `_` are left out: those
/// are notes of the programs that write such folders.
pub(super) fn files_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    add_files(folder, &mut Vec::new(), &mut files)?;
    files.sort();
    match files.is_empty() {
        true => Err(FileError::contents(
            folder,
            "it is a folder without a file of a table; files whose names begin with . or _ are left out",
        )),
        false => Ok(files),
    }
}

fn add_files(folder: &Path, above: &mut Vec<PathBuf>, files: &mut Vec<PathBuf>) -> Result<(), FileError> {
    let refused = |reason| FileError::from_read(folder, reason);
    let place = fs::canonicalize(folder).map_err(refused)?;
    if above.contains(&place) {
        let problem = "it is a link to a folder that holds it, so its files have no end; remove the link";
        return Err(FileError::contents(folder, problem));
    }
    above.push(place);
    for entry in fs::read_dir(folder).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if entry.file_name().to_string_lossy().starts_with(['.', '_']) {
            continue;
        }
        let path = entry.path();
        let metadata = fs::metadata(&path).map_err(|reason| FileError::from_read(&path, reason))?;
        if metadata.is_dir() {
            add_files(&path, above, files)?;
        } else if metadata.is_file() {
            files.push(path);
        } else {
            let problem = "it is neither a file nor a folder, and so no part of a table; remove it";
            return Err(FileError::contents(&path, problem));
        }
    }
    above.pop();
    Ok(())
}

/// Whether a path may be a pattern of names.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.contains(['*', '?', '[']))
}

/// All files that a pattern means, those of folders included, in the order of their paths.
pub(super) fn files_of_pattern(pattern: &Path) -> Result<Vec<PathBuf>, FileError> {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(&pattern.to_string_lossy(), options).map_err(|error| {
        let problem = format!(
            "there is no such file, and it is no pattern: {} at character {}; check the path",
            error.msg,
            error.pos + 1
        );
        FileError::contents(pattern, problem)
    })?;
    let mut files = Vec::new();
    for path in found {
        let path = path.map_err(|error| {
            let path = error.path().to_path_buf();
            FileError::from_read(&path, error.into())
        })?;
        match path.is_dir() {
            true => files.extend(files_in(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    // `**` finds a folder, and the files in it.
    files.dedup();
    match files.is_empty() {
        true => Err(FileError::contents(
            pattern,
            "no file matches the pattern; check it, and quote it, so that the shell leaves it alone",
        )),
        false => Ok(files),
    }
}
