//! The temporary files of outputs that are not finished: those of this process, and those that killed processes left.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// The beginning and the end of the name of a temporary file.
pub(super) const PREFIX: &str = ".pellucid-";
pub(super) const SUFFIX: &str = ".part";

/// A file that is younger may belong to a process that has created and not yet locked it.
const SAFE_AGE: Duration = Duration::from_secs(60);

/// The temporary files of this process, and the folders in which it has looked for leftovers.
static LISTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
static SEARCHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn of(paths: &Mutex<BTreeSet<PathBuf>>) -> MutexGuard<'_, BTreeSet<PathBuf>> {
    paths.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file that is listed as long as this lives.
#[derive(Debug)]
pub(super) struct Listed(PathBuf);

impl Listed {
    pub(super) fn new(path: &Path) -> Self {
        of(&LISTED).insert(path.to_path_buf());
        Self(path.to_path_buf())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        of(&LISTED).remove(&self.0);
    }
}

/// Removes the temporary files of outputs that are not finished, before the process ends at once. Where another part of the
/// process is held up while it lists one, they are left to the next run.
pub fn remove_unfinished_outputs() {
    let listed = (0..100).find_map(|_| match LISTED.try_lock() {
        Ok(listed) => Some(listed),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => {
            std::thread::sleep(Duration::from_millis(1));
            None
        }
    });
    for path in listed.iter().flat_map(|listed| listed.iter()) {
        let _ = fs::remove_file(path);
    }
}

/// Removes the temporary files that killed processes left in a folder, once a process: those with the name of one, older
/// than a minute, that no process has locked and that this user may write. A failure leaves them where they are.
pub(super) fn remove_leftovers(folder: &Path) {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    if !of(&SEARCHED).insert(folder.clone()) {
        return;
    }
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_named_so = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_named_so && is_left_over(&entry) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_left_over(entry: &fs::DirEntry) -> bool {
    // Of the entry itself: what a link leads to is none of ours.
    let Ok(metadata) = entry.metadata() else {
        return false;
    };
    let age = metadata
        .modified()
        .ok()
        .and_then(|modified| modified.elapsed().ok());
    if !metadata.is_file() || !is_own(&metadata) || age.is_none_or(|age| age < SAFE_AGE) {
        return false;
    }
    let file = File::options().write(true).open(entry.path());
    file.is_ok_and(|file| file.try_lock().is_ok())
}

/// Whether the file belongs to the user who runs this process.
#[cfg(unix)]
pub(super) fn is_own(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of what this process creates.
    let own = tempfile::tempfile().and_then(|file| file.metadata());
    own.is_ok_and(|own| own.uid() == metadata.uid())
}

#[cfg(not(unix))]
fn is_own(_: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::OutputFile;
    use std::time::SystemTime;

    fn aged(path: &Path, seconds: u64) {
        fs::write(path, "half").unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
            .unwrap();
    }

    #[test]
    fn what_killed_processes_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (left, young, other) = (
            path(".pellucid-aaa.part"),
            path(".pellucid-bbb.part"),
            path("c.part"),
        );
        let live = path(".pellucid-ccc.part");
        aged(&left, 100);
        aged(&young, 1);
        aged(&other, 100);
        aged(&live, 100);
        let held = File::options().write(true).open(&live).unwrap();
        held.try_lock().unwrap();
        let output = OutputFile::prepare(path("model")).unwrap();
        assert!(!left.exists(), "left by a killed process");
        assert!(young.exists() && other.exists() && live.exists());
        drop(output);
    }

    #[test]
    fn an_unfinished_output_is_listed_until_it_is_finished_or_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let listed = || {
            of(&LISTED)
                .iter()
                .filter(|path| path.starts_with(folder.path()))
                .count()
        };
        // Those without a name need not be removed.
        let named = || {
            let entries = fs::read_dir(folder.path()).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name());
            names
                .filter(|name| name.to_string_lossy().ends_with(SUFFIX))
                .count()
        };
        let outputs = ["a", "b"].map(|name| OutputFile::prepare(folder.path().join(name)).unwrap());
        assert_eq!(listed(), named());
        let [first, second] = outputs;
        first.write(b"whole").unwrap();
        assert_eq!(listed(), named());
        drop(second);
        assert_eq!((listed(), named()), (0, 0));
        let listed_alone = Listed::new(&folder.path().join("c"));
        assert_eq!(listed(), 1);
        drop(listed_alone);
        assert_eq!(listed(), 0);
    }
}
