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
        let options = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = options.map_err(|error| {
            problem(
                &place,
                format!("its lock {} cannot be created: {error}", path.display()),
            )
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.take(100).read_to_string(&mut holder);
                let holder = match holder.trim().parse::<u32>() {
                    Ok(process) => format!("process {process}"),
                    Err(_) => "another process".to_owned(),
                };
                return Err(problem(
                    place,
                    format!(
                        "{holder} is using this checkpoint; wait until it ends, or give --checkpoint another file"
                    ),
                ));
            }
            Err(TryLockError::Error(_)) => return Ok(Self { path, _file: None }),
        }
        let _ = file.set_len(0);
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self {
            path,
            _file: Some(file),
        })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
