//! The cache folder for downloaded data.

use super::error::FileError;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The user's folder for downloaded data; it need not exist yet.
///
/// `PELLUCID_CACHE` names it. Otherwise it is `pellucid` in the system's place for such files: `XDG_CACHE_HOME` or
/// `~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`.
///
/// # Errors
///
/// None of the variables is set and the user has no home folder.
pub fn cache_folder() -> Result<PathBuf, FileError> {
    choose(|name| env::var_os(name), env::home_dir())
}

fn choose(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Result<PathBuf, FileError> {
    let folder = |name| {
        let value = variable(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    let in_home = |folders: &[&str]| {
        let home = home.as_ref().filter(|home| !home.as_os_str().is_empty());
        home.map(|home| home.join(folders.iter().collect::<PathBuf>()))
    };
    if let Some(named) = folder("PELLUCID_CACHE") {
        return Ok(named);
    }
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA").or_else(|| in_home(&["AppData", "Local"]))
    } else {
        // The XDG Base Directory Specification ignores relative paths.
        let named = folder("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        named.or_else(|| match cfg!(target_os = "macos") {
            true => in_home(&["Library", "Caches"]),
            false => in_home(&[".cache"]),
        })
    };
    base.map(|base| base.join("pellucid"))
        .ok_or_else(|| unusable("no home folder is known"))
}

/// The error for a cache folder that is not known or cannot be used.
pub(super) fn unusable(reason: impl std::fmt::Display) -> FileError {
    FileError::Unavailable(format!(
        "cannot keep downloaded data: {reason}; set PELLUCID_CACHE to a folder that can be written, or name the data \
         with --data"
    ))
}

#[cfg(test)]
mod tests;
