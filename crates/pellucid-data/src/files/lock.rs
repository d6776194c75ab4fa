//! A lock of a file that a process writes again and again, so that no two processes do.

use super::error::FileError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A locked file beside another, with the number of the process that holds it. It is removed when the lock ends; the
/// system unlocks that of a process that was killed.
#[derive(Debug)]
pub(crate) struct FileLock {
    path: PathBuf,
    /// `None` on file systems without locks.
    _file: Option<File>,
}

impl FileLock {
    /// Locks `locked`. `what` it is and the `flag` that names it are for the message to others.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be created.
    pub(crate) fn of(locked: &Path, what: &str, flag: &str) -> Result<Self, FileError> {
        let path = path_of(locked);
        let mut attempts = 0..100;
        let mut file = loop {
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path);
            let file = opened.map_err(|error| {
                let problem = format!("its lock {} cannot be created: {error}", path.display());
                FileError::contents(locked, problem)
            })?;
            match file.try_lock() {
                // Its holder may just have removed it, and another process locked a new one.
                Ok(()) if attempts.next().is_none() || is_named(&file, &path) => break file,
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(FileError::contents(locked, in_use(file, what, flag)));
                }
                Err(TryLockError::Error(_)) => return Ok(Self { path, _file: None }),
            }
        };
        let _ = file.set_len(0);
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self {
            path,
            _file: Some(file),
        })
    }
}

/// Removes the lock of a file where no process holds it: that of one which could not remove it.
pub(crate) fn remove_leftover_lock(locked: &Path) {
    let path = path_of(locked);
    let file = File::options().write(true).open(&path);
    if file.is_ok_and(|file| file.try_lock().is_ok() && is_named(&file, &path)) {
        let _ = std::fs::remove_file(&path);
    }
}

fn path_of(locked: &Path) -> PathBuf {
    let mut name = locked.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Who holds a lock, and what to do.
fn in_use(lock: File, what: &str, flag: &str) -> String {
    let mut holder = String::new();
    let _ = lock.take(100).read_to_string(&mut holder);
    let holder = match holder.trim().parse::<u32>() {
        Ok(process) => format!("process {process}"),
        Err(_) => "another process".to_owned(),
    };
    format!("{holder} is using {what}; wait until it ends, or give {flag} another file")
}

/// Whether an open file is the one of this name.
#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(opened), Ok(named)) => (opened.dev(), opened.ino()) == (named.dev(), named.ino()),
        (_, Err(error)) => error.kind() != std::io::ErrorKind::NotFound,
        (Err(_), Ok(_)) => true,
    }
}

/// Whether an open file is the one of this name: open files cannot be removed.
#[cfg(not(unix))]
fn is_named(_: &File, _: &Path) -> bool {
    true
}

impl Drop for FileLock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_was_removed_is_known_from_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lock");
        let file = File::create(&path).unwrap();
        assert!(is_named(&file, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_named(&file, &path));
        File::create(&path).unwrap();
        assert!(!is_named(&file, &path));
        let lock = || FileLock::of(&folder.path().join("a"), "this file", "--file");
        let held = lock().unwrap();
        let refused = lock().unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        let locked = folder.path().join("a");
        remove_leftover_lock(&locked);
        assert!(path.exists());
        drop(held);
        assert!(!path.exists());
        File::create(&path).unwrap();
        remove_leftover_lock(&locked);
        assert!(!path.exists());
    }
}
