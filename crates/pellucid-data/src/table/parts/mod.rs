//! Several files that are one table: a folder, or a pattern of names.
//!
//! The files come in the order of their paths, and each has the columns of the first, in any order. A folder called
//! `key=value`, on the way to a file, adds a column `key` with that value in each row, as Hive, Spark and Arrow write them.

mod find;
mod joined_column;
mod memory;
mod notes;
mod rows;
mod schema;
mod whole;

use super::source::TableSource;
use crate::files::FileError;
use find::{Part, files_in, files_of_pattern, is_pattern};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of one table.
pub(super) struct Parts {
    /// The folder or the pattern.
    name: PathBuf,
    /// In the order of their paths; at least one.
    list: Vec<Part>,
}

impl Parts {
    /// The files of a folder or of a pattern; `None` for every other source.
    pub(super) fn of(source: &TableSource) -> Result<Option<Parts>, FileError> {
        let TableSource::Path(name) = source else {
            return Ok(None);
        };
        let Some(paths) = paths_of(name)? else {
            return Ok(None);
        };
        let list = paths
            .into_iter()
            .map(Part::new)
            .collect::<Result<Vec<_>, FileError>>()?;
        schema::check_keys(&list)?;
        Ok(Some(Parts {
            name: name.clone(),
            list,
        }))
    }

    /// The names of the columns that the names of folders add.
    fn keys(&self) -> Vec<String> {
        let first = self.list.iter().take(1);
        let names = first.flat_map(|part| part.of_folders.iter().map(|(key, _)| key.clone()));
        names.collect()
    }
}

/// The files of which a table consists, where `path` is a folder or a pattern: in the order in which they are read. `None` where
/// it is anything else.
///
/// # Errors
/// A folder cannot be listed; a pattern is wrong; no file is found.
///
/// ```
/// # use pellucid_data::table_files;
/// let folder = tempfile::tempdir()?;
/// for name in ["b.csv", "a.csv"] {
///     std::fs::write(folder.path().join(name), "x\n1\n")?;
/// }
/// let files = table_files(&folder.path().join("*.csv"))?;
/// assert_eq!(files, Some(vec![folder.path().join("a.csv"), folder.path().join("b.csv")]));
/// assert_eq!(table_files(&folder.path().join("a.csv"))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn table_files(path: &Path) -> Result<Option<Vec<PathBuf>>, FileError> {
    paths_of(path)
}

fn paths_of(path: &Path) -> Result<Option<Vec<PathBuf>>, FileError> {
    // What has this very name is meant by it, with whatever characters.
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => files_in(path).map(Some),
        Ok(_) => Ok(None),
        Err(_) if is_pattern(path) => files_of_pattern(path).map(Some),
        Err(_) => Ok(None),
    }
}
