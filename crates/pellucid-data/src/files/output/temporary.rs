//! The file that holds an output until it is complete.

use super::folder_of;
use crate::files::unfinished::{Listed, PREFIX, SUFFIX};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::{Builder, NamedTempFile};

/// A file in the folder of a destination. On Linux it has no name before it is complete, so that a process that is killed
/// leaves nothing; elsewhere, and on file systems that have no such files, it has the name of an unfinished output.
#[derive(Debug)]
pub(super) struct Temporary(Kind);

#[derive(Debug)]
enum Kind {
    #[cfg(target_os = "linux")]
    Unnamed(File),
    Named {
        file: NamedTempFile,
        _listed: Listed,
    },
}

impl Temporary {
    /// A new file that others may read no more than what it replaces, even before its permissions are set.
    pub(super) fn in_folder(folder: &Path, replaced: Option<&fs::Metadata>) -> io::Result<Self> {
        #[cfg(unix)]
        let mode = {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file: the system applies the user's mask.
            replaced.map_or(0o666, |replaced| replaced.permissions().mode() & 0o777)
        };
        #[cfg(not(unix))]
        let _ = replaced;
        #[cfg(target_os = "linux")]
        if let Some(file) = without_name(folder, mode) {
            lock(&file);
            return Ok(Self(Kind::Unnamed(file)));
        }
        let mut builder = named();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        let file = builder.tempfile_in(folder)?;
        lock(file.as_file());
        let _listed = Listed::new(file.path());
        Ok(Self(Kind::Named { file, _listed }))
    }

    pub(super) fn file(&self) -> &File {
        match &self.0 {
            #[cfg(target_os = "linux")]
            Kind::Unnamed(file) => file,
            Kind::Named { file, .. } => file.as_file(),
        }
    }

    /// Gives the file the name of the destination, in place of what has it.
    ///
    /// # Errors
    /// The system's error, and the file.
    pub(super) fn persist(self, destination: &Path) -> Result<(), (io::Error, Self)> {
        match self.0 {
            #[cfg(target_os = "linux")]
            Kind::Unnamed(file) => match rename_unnamed(&file, destination) {
                Ok(()) => Ok(()),
                Err(error) => Err((error, Self(Kind::Unnamed(file)))),
            },
            Kind::Named { file, _listed } => match file.persist(destination) {
                Ok(_) => Ok(()),
                Err(failure) => {
                    let file = failure.file;
                    Err((failure.error, Self(Kind::Named { file, _listed })))
                }
            },
        }
    }
}

/// Names of unfinished outputs: not derived from the destination's own name, which may be as long as a name can be.
fn named() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// Says that a process is writing the file. Some file systems have no locks.
fn lock(file: &File) {
    let _ = file.try_lock();
}

/// Where Linux shows the open files of this process.
#[cfg(target_os = "linux")]
const OPEN_FILES: &str = "/proc/self/fd";

/// A file without a name, where the system and the file system have such files and can name them later.
#[cfg(target_os = "linux")]
fn without_name(folder: &Path, mode: u32) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    if !Path::new(OPEN_FILES).exists() {
        return None;
    }
    let opened = File::options()
        .read(true)
        .write(true)
        .mode(mode)
        .custom_flags(libc::O_TMPFILE)
        .open(folder);
    opened.ok()
}

/// Names a file without a name. No call replaces a name by such a file, so it is given one of an unfinished output first.
#[cfg(target_os = "linux")]
fn rename_unnamed(file: &File, destination: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    use std::os::fd::AsRawFd;
    let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
    let linked = named().make_in(folder_of(destination), |path| {
        let listed = Listed::new(path);
        linkat(CWD, &open, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
        Ok(listed)
    })?;
    linked
        .persist(destination)
        .map(drop)
        .map_err(|failure| failure.error)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_has_no_name_before_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let temporary = Temporary::in_folder(folder.path(), None).unwrap();
        if !matches!(temporary.0, Kind::Unnamed(_)) {
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: this file system has no files without a name"
            );
            return;
        }
        temporary.file().write_all(b"whole").unwrap();
        assert_eq!(names(), 0);
        let destination = folder.path().join("model");
        temporary.persist(&destination).unwrap();
        assert_eq!((names(), fs::read(&destination).unwrap()), (1, b"whole".to_vec()));
        // In place of what is there.
        let temporary = Temporary::in_folder(folder.path(), None).unwrap();
        temporary.persist(&destination).unwrap();
        assert_eq!((names(), fs::read(&destination).unwrap()), (1, Vec::new()));
        // A destination that cannot be replaced: the file is given back with its contents, and no name is left.
        fs::create_dir(folder.path().join("sub")).unwrap();
        let temporary = Temporary::in_folder(folder.path(), None).unwrap();
        temporary.file().write_all(b"kept").unwrap();
        let (_, temporary) = temporary.persist(&folder.path().join("sub")).unwrap_err();
        assert_eq!(names(), 2);
        let mut contents = temporary.file();
        io::Seek::rewind(&mut contents).unwrap();
        assert_eq!(io::read_to_string(contents).unwrap(), "kept");
    }
}
