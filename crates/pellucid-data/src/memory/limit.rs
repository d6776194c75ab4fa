//! How much of a table and of what is made of it lies in memory, and in which folder the rest.

use super::available_memory;
use crate::error::{DataError, Result};
use pellucid::allocation;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder of what does not lie in memory, where one is in use.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Keeps at most so many bytes of large arrays in memory, the half of what is there by default. Further ones lie in files without
/// names in a folder, by default the first of `/var/tmp`, the folder of temporary files and the current one that is on a disk.
/// The process needs a [`ReportingAllocator`](allocation::ReportingAllocator), and keeps the folder that it has. Nothing happens
/// without bytes and folder where the system is not Linux, or no folder is on a disk.
///
/// # Errors
/// [`DataError::MemoryLimit`] where what is asked for cannot be done.
pub fn limit_memory(bytes: Option<u64>, folder: Option<&Path>) -> Result<()> {
    let is_asked = bytes.is_some() || folder.is_some();
    let Some(limit) = bytes.or_else(|| Some(available_memory()? / 2)) else {
        return match is_asked {
            true => Err(refused(
                "the system does not say how much memory is free; say how much to use".into(),
            )),
            false => Ok(()),
        };
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut problems = Vec::new();
    for candidate in candidates(folder) {
        let tried = match is_in_memory(&candidate) && folder.is_none() {
            true => Err("it lies in memory itself".to_owned()),
            false => allocation::limit_memory(limit, &candidate).map_err(|error| error.to_string()),
        };
        match tried {
            Ok(()) => {
                FOLDER.get_or_init(|| candidate);
                return Ok(());
            }
            Err(problem) => problems.push(format!("{}: {problem}", candidate.display())),
        }
    }
    match is_asked {
        true => Err(refused(problems.join("; "))),
        false => Ok(()),
    }
}

/// Reads a table while large arrays may take half of their memory, so that there is some left for what is computed of the table.
pub(crate) fn leaving_memory<R>(read: impl FnOnce() -> R) -> R {
    let Some((folder, limit)) = FOLDER.get().zip(allocation::memory_limit()) else {
        return read();
    };
    // The folder is in use: it is not refused.
    let _ = allocation::limit_memory(limit / 2, folder);
    let done = read();
    let _ = allocation::limit_memory(limit, folder);
    done
}

fn refused(problem: String) -> DataError {
    DataError::MemoryLimit { problem }
}

/// The folders to try, in order.
fn candidates(folder: Option<&Path>) -> Vec<PathBuf> {
    match (folder, FOLDER.get()) {
        (Some(folder), _) => vec![folder.to_path_buf()],
        (None, Some(known)) => vec![known.clone()],
        (None, None) => vec!["/var/tmp".into(), std::env::temp_dir(), ".".into()],
    }
}

/// Whether the files of a folder take memory, and no disk.
fn is_in_memory(folder: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        /// The numbers of `tmpfs` and `ramfs`, as `statfs` gives them.
        const IN_MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];
        rustix::fs::statfs(folder).is_ok_and(|found| IN_MEMORY.contains(&(found.f_type as u64)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        false
    }
}

/// The bytes that the disk still has room for, where a folder is in use.
pub(super) fn free_in_folder() -> Option<u64> {
    let folder = FOLDER.get()?;
    #[cfg(target_os = "linux")]
    {
        let found = rustix::fs::statvfs(folder).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        None
    }
}

/// Where data lies that does not lie in memory: the bytes, and the folder. `None` where all of it is in memory.
///
/// ```
/// assert_eq!(pellucid_data::data_in_files(), None);
/// ```
pub fn data_in_files() -> Option<(u64, &'static Path)> {
    let bytes = allocation::bytes_in_files() as u64;
    FOLDER
        .get()
        .filter(|_| bytes > 0)
        .map(|folder| (bytes, folder.as_path()))
}
