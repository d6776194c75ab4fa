//! The cache folder for downloaded data.

use super::download::DownloadError;
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
pub fn cache_folder() -> Result<PathBuf, DownloadError> {
    choose(|name| env::var_os(name), env::home_dir())
}

fn choose(
    variable: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
) -> Result<PathBuf, DownloadError> {
    let folder = |name| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let home = home.filter(|home| !home.as_os_str().is_empty());
    if let Some(named) = folder("PELLUCID_CACHE") {
        return Ok(named);
    }
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA").or_else(|| home.map(|home| home.join("AppData").join("Local")))
    } else {
        // The XDG Base Directory Specification ignores relative paths.
        folder("XDG_CACHE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| {
                let caches: &[&str] = if cfg!(target_os = "macos") {
                    &["Library", "Caches"]
                } else {
                    &[".cache"]
                };
                home.map(|home| caches.iter().fold(home, |path, name| path.join(name)))
            })
    };
    base.map(|base| base.join("pellucid"))
        .ok_or_else(|| DownloadError::CacheFolder {
            reason: "no home folder is known".into(),
        })
}

#[cfg(test)]
mod tests;
