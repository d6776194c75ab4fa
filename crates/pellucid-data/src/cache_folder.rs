//! Where downloaded data is kept.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::error::{DataError, Result};

/// The user's folder for downloaded data; it need not exist yet.
///
/// `PELLUCID_CACHE` names it. Otherwise it is `pellucid` in the system's place for such files: `XDG_CACHE_HOME` or
/// `~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`.
///
/// # Errors
///
/// Where none of the variables is set and the user has no home folder.
pub fn cache_folder() -> Result<PathBuf> {
    choose(|name| env::var_os(name), env::home_dir())
}

fn choose(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Result<PathBuf> {
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
        // The XDG Base Directory Specification has a relative path ignored.
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
        .ok_or(DataError::NoCacheFolder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)], home: Option<&str>) -> Result<PathBuf> {
        choose(
            |name| {
                variables
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| OsString::from(value))
            },
            home.map(PathBuf::from),
        )
    }

    #[test]
    fn the_variable_of_our_own_wins() {
        let folder = chosen(
            &[("PELLUCID_CACHE", "/a"), ("XDG_CACHE_HOME", "/b")],
            Some("/home/ada"),
        );
        assert_eq!(folder.unwrap(), PathBuf::from("/a"));
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn an_absolute_xdg_folder_comes_before_the_home_folder() {
        let home = Some("/home/ada");
        let of = |variables: &[(&str, &str)]| chosen(variables, home).unwrap();
        assert_eq!(of(&[("XDG_CACHE_HOME", "/b")]), PathBuf::from("/b/pellucid"));
        let usual = PathBuf::from("/home/ada/.cache/pellucid");
        assert_eq!(of(&[("XDG_CACHE_HOME", "relative")]), usual);
        assert_eq!(of(&[("XDG_CACHE_HOME", ""), ("PELLUCID_CACHE", "")]), usual);
        assert_eq!(of(&[]), usual);
    }

    #[test]
    fn without_a_home_the_message_says_what_to_set() {
        let error = chosen(&[], None).unwrap_err().to_string();
        assert!(
            error.contains("set PELLUCID_CACHE") && error.contains("--data"),
            "{error}"
        );
    }
}
