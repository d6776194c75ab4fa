//! Keeps what a file holds under another name, before the file is replaced.

use super::output::folder_of;
use super::unfinished::{PREFIX, SUFFIX};
use std::fs;
use std::io;
use std::path::Path;

/// Gives the contents of `file` the name `kept` too, in place of what had that name. Both names have whole contents at every
/// moment. On file systems without second names it is a copy.
///
/// # Errors
/// There is no such file, or the name cannot be given.
pub(crate) fn keep_as(file: &Path, kept: &Path) -> io::Result<()> {
    // A link to the file that a symbolic link leads to, not to the symbolic link.
    let file = fs::canonicalize(file)?;
    let named = tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .make_in(folder_of(kept), |beside| {
            fs::hard_link(&file, beside).or_else(|_| fs::copy(&file, beside).map(drop))
        })?;
    let beside = named.path().to_path_buf();
    named.persist(kept)?;
    // Where both are names of one file already, renaming leaves both.
    let _ = fs::remove_file(beside);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_have_what_the_file_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let text = |name: &str| fs::read_to_string(path(name)).unwrap();
        assert!(keep_as(&path("a"), &path("a.1")).is_err());
        fs::write(path("a"), "new").unwrap();
        fs::write(path("a.1"), "old").unwrap();
        keep_as(&path("a"), &path("a.1")).unwrap();
        assert_eq!((text("a"), text("a.1")), ("new".into(), "new".into()));
        // Replaced, as outputs are, the first does not change the second.
        fs::write(path("newer"), "newer").unwrap();
        fs::rename(path("newer"), path("a")).unwrap();
        assert_eq!((text("a"), text("a.1")), ("newer".into(), "new".into()));
        // A link to itself is what it was.
        keep_as(&path("a"), &path("a")).unwrap();
        assert_eq!(text("a"), "newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    #[cfg(unix)]
    fn what_a_symbolic_link_leads_to_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("target"), "state").unwrap();
        std::os::unix::fs::symlink("target", path("a")).unwrap();
        keep_as(&path("a"), &path("a.1")).unwrap();
        assert!(path("a").is_symlink() && !path("a.1").is_symlink());
        assert_eq!(fs::read_to_string(path("a.1")).unwrap(), "state");
    }
}
