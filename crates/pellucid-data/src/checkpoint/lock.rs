//! A lock of a checkpoint, so that two processes do not write the same one.

use crate::error::{Result, problem};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A locked file beside a checkpoint, with the number of the process that holds it. It is removed when the lock ends; the
/// system unlocks that of a process that was killed.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// `None` on file systems without locks.
    _file: Option<File>,
}

impl Lock {
    /// Locks `checkpoint`.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be created.
    pub(super) fn of(checkpoint: &Path) -> Result<Self> {
        let mut name = checkpoint.as_os_str().to_owned();
        name.push(".lock");
        let path = PathBuf::from(name);
        let place = checkpoint.display().to_string();
        let mut attempts = 0..100;
        let mut file = loop {
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path);
            let file = opened.map_err(|error| {
                problem(
                    &place,
                    format!("its lock {} cannot be created: {error}", path.display()),
                )
            })?;
            match file.try_lock() {
                // Its holder may just have removed it, and another process locked a new one.
                Ok(()) if attempts.next().is_none() || is_named(&file, &path) => break file,
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(problem(place, in_use(file))),
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

/// Who holds a lock, and what to do.
fn in_use(lock: File) -> String {
    let mut holder = String::new();
    let _ = lock.take(100).read_to_string(&mut holder);
    let holder = match holder.trim().parse::<u32>() {
        Ok(process) => format!("process {process}"),
        Err(_) => "another process".to_owned(),
    };
    format!("{holder} is using this checkpoint; wait until it ends, or give --checkpoint another file")
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

impl Drop for Lock {
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
        let lock = Lock::of(&folder.path().join("a")).unwrap();
        let refused = Lock::of(&folder.path().join("a")).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        drop(lock);
        assert!(!path.exists());
    }
}
