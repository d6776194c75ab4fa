//! Replaces a file in one step.
//!
//! The new contents go to a temporary file in the folder of the destination, which is renamed over it once it is complete
//! and on disk. After any failure the destination holds either its old or its new contents, never a part of them.

use super::error::FileError;
#[cfg(unix)]
use super::named_pipe::NamedPipe;
#[cfg(unix)]
use super::unfinished::is_own;
use super::unfinished::remove_leftovers;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use temporary::Temporary;

mod temporary;
mod together;

pub use together::write_together;

/// A path that will be written, checked to be writable before the work whose result goes there.
///
/// The contents are written [at once](OutputFile::write), or piece by piece and then
/// [committed](OutputFile::commit). Dropped before, it leaves everything as it was.
///
/// - A symbolic link stays one: the file that it leads to is replaced. A link of another user in a folder that everyone may
///   write, such as `/tmp`, is not followed, as the kernel would not follow it.
/// - An existing file keeps its permissions and, where that may be set, its owner, and a file that may not be written is not
///   replaced. A new file has the permissions of any new file. Another name (hard link) of an existing file keeps the old
///   contents.
/// - A folder that is removed while the output is made is created again.
/// - What is not an ordinary file, such as `/dev/stdout`, a pipe or a device, is written directly. A named pipe waits for its
///   reader, until [`watch_interruptions`](super::watch_interruptions) ends it.
#[derive(Debug)]
pub struct OutputFile {
    path: PathBuf,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Replace {
        temporary: Temporary,
        destination: PathBuf,
    },
    Direct(File),
    #[cfg(unix)]
    Pipe(NamedPipe),
}

impl OutputFile {
    /// Checks whether `path` can be written, and creates a temporary file in its folder.
    ///
    /// ```
    /// use pellucid_data::OutputFile;
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("model");
    /// let output = OutputFile::prepare(&path)?; // fails now, not after an hour of training
    /// output.write(b"the trained model")?;
    /// assert_eq!(std::fs::read(&path)?, b"the trained model");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The folder is missing or may not be written, or `path` is a folder or a file that may not be written.
    pub fn prepare(path: impl AsRef<Path>) -> Result<OutputFile, FileError> {
        let path = path.as_ref();
        let route = prepare(path).map_err(|reason| FileError::from_write(path, reason))?;
        let path = path.to_path_buf();
        Ok(Self { path, route })
    }

    /// The standard output of the process.
    ///
    /// # Errors
    ///
    /// Standard output is closed.
    pub fn standard_output() -> Result<OutputFile, FileError> {
        let path = PathBuf::from("standard output");
        let file = shared(io::stdout()).map_err(|error| FileError::from_write(&path, error))?;
        let route = Route::Direct(file);
        Ok(Self { path, route })
    }

    /// The path as it was given to [`prepare`](OutputFile::prepare).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `bytes`, waits until they are on disk, and replaces the destination.
    ///
    /// # Errors
    ///
    /// The disk is full or fails; the destination is then as it was before.
    pub fn write(self, bytes: &[u8]) -> Result<(), FileError> {
        self.write_after(bytes, || ())
    }

    /// The same. `before` is called once the contents are on disk, and before the destination is replaced.
    pub(crate) fn write_after(mut self, bytes: &[u8], before: impl FnOnce()) -> Result<(), FileError> {
        match self.write_all(bytes) {
            Ok(()) => self.commit_after(before),
            Err(error) => Err(match self.route {
                Route::Replace { .. } => unchanged(&self.path, &error),
                _ => FileError::from_write(&self.path, error),
            }),
        }
    }

    /// Waits until all that was written to a temporary file is on disk.
    fn sync(&self) -> io::Result<()> {
        match &self.route {
            Route::Replace { temporary, .. } => temporary.file().sync_all(),
            _ => Ok(()),
        }
    }

    /// Waits until all that was written is on disk, and replaces the destination.
    ///
    /// # Errors
    ///
    /// As [`write`](OutputFile::write).
    pub fn commit(self) -> Result<(), FileError> {
        self.commit_after(|| ())
    }

    fn commit_after(self, before: impl FnOnce()) -> Result<(), FileError> {
        let Self { path, route } = self;
        match route {
            Route::Replace {
                temporary,
                destination,
            } => replace(temporary, &destination, before).map_err(|error| unchanged(&path, &error)),
            Route::Direct(mut file) => file.flush().map_err(|error| FileError::from_write(&path, error)),
            #[cfg(unix)]
            Route::Pipe(_) => Ok(()),
        }
    }
}

fn unchanged(path: &Path, error: &io::Error) -> FileError {
    FileError::from_write(path, format!("{error}; what was there before is unchanged"))
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.route {
            Route::Replace { temporary, .. } => temporary.file().write(bytes),
            Route::Direct(file) => {
                // If both go to the same place, what this process has printed so far comes first.
                let _ = io::stdout().flush();
                file.write(bytes)
            }
            #[cfg(unix)]
            Route::Pipe(pipe) => pipe.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.route {
            Route::Replace { temporary, .. } => temporary.file().flush(),
            Route::Direct(file) => file.flush(),
            #[cfg(unix)]
            Route::Pipe(pipe) => pipe.flush(),
        }
    }
}

fn replace(temporary: Temporary, destination: &Path, before: impl FnOnce()) -> io::Result<()> {
    temporary.file().sync_all()?;
    before();
    replace_after_sync(temporary, destination)
}

fn replace_after_sync(temporary: Temporary, destination: &Path) -> io::Result<()> {
    if let Err((error, temporary)) = temporary.persist(destination) {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        let again = in_a_new_folder(&temporary, destination)?;
        again.persist(destination).map_err(|(error, _)| error)?;
    }
    // The new name is on disk only when its folder is. The contents are safe already, and some file systems cannot
    // do this, so a failure here is none of the write.
    if cfg!(unix) {
        let _ = File::open(folder_of(destination)).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// The contents of a temporary file whose folder was removed, in one in a folder of the same name. The open file still has them.
fn in_a_new_folder(removed: &Temporary, destination: &Path) -> io::Result<Temporary> {
    let folder = folder_of(destination);
    fs::create_dir_all(folder)?;
    let metadata = removed.file().metadata()?;
    let again = Temporary::in_folder(folder, Some(&metadata))?;
    let mut contents = removed.file();
    io::Seek::rewind(&mut contents)?;
    io::copy(&mut contents, &mut again.file())?;
    again.file().sync_all()?;
    Ok(again)
}

fn prepare(path: &Path) -> Result<Route, String> {
    if path.as_os_str().is_empty() {
        return Err("the path is empty; give the name of a file".to_owned());
    }
    let destination = match follow_links(path)? {
        Target::Named(destination) => destination,
        Target::Descriptor(descriptor) => return share_descriptor(&descriptor),
    };
    let existing = match fs::metadata(&destination) {
        Ok(metadata) if metadata.is_dir() => {
            return Err("it is a folder; give the name of a file".to_owned());
        }
        #[cfg(unix)]
        Ok(metadata) if std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type()) => {
            let pipe = NamedPipe::open(&destination);
            return pipe.map(Route::Pipe).map_err(|error| error.to_string());
        }
        Ok(metadata) if !metadata.is_file() => return open_directly(&destination),
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.to_string()),
    };
    if ends_with_separator(path) || destination.file_name().is_none() {
        return Err("it names a folder; give the name of a file".to_owned());
    }

    let folder = folder_of(&destination);
    let shown = folder.display();
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => (),
        Ok(_) => return Err(format!("{shown} is a file, not a folder")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("there is no folder {shown}; create it first"));
        }
        Err(error) => return Err(format!("{shown}: {error}")),
    }
    if existing.is_some() {
        // Renaming does not check whether the file it replaces may be written.
        OpenOptions::new()
            .write(true)
            .open(&destination)
            .map_err(|error| format!("the file exists and may not be written: {error}"))?;
    }
    remove_leftovers(folder);
    let temporary = Temporary::in_folder(folder, existing.as_ref())
        .map_err(|error| format!("cannot create a file in its folder {shown}: {error}"))?;
    if let Some(metadata) = existing {
        // Some file systems have no owners and no permissions, and only some users may set owners; a failure is ignored.
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let (owner, group) = (Some(metadata.uid()), Some(metadata.gid()));
            let file = temporary.file();
            let _ = std::os::unix::fs::fchown(file, owner, group)
                .or_else(|_| std::os::unix::fs::fchown(file, None, group));
        }
        let _ = temporary.file().set_permissions(metadata.permissions());
    }
    Ok(Route::Replace {
        temporary,
        destination,
    })
}

/// The number of links that Linux follows.
const MAXIMAL_LINKS: usize = 40;

/// What a path leads to.
enum Target {
    /// To a file with a name, which need not exist yet.
    Named(PathBuf),
    /// To an open file of a process. `/dev/stdout` may lead to an ordinary file, but the process that opened it would
    /// keep writing to the old file after another took its name.
    Descriptor(PathBuf),
}

fn follow_links(path: &Path) -> Result<Target, String> {
    let mut path = path.to_path_buf();
    for _ in 0..MAXIMAL_LINKS {
        let folder = fs::canonicalize(folder_of(&path)).unwrap_or_default();
        if folder.starts_with("/proc") || folder.starts_with("/dev/fd") {
            return Ok(Target::Descriptor(
                folder.join(path.file_name().unwrap_or_default()),
            ));
        }
        match fs::read_link(&path) {
            Ok(_) if is_foreign_link(&path) => {
                return Err(format!(
                    "{} is a link of another user in a folder that everyone may write, which could lead anywhere; give another \
                     path, or remove the link",
                    path.display()
                ));
            }
            Ok(target) => path = folder_of(&path).join(target),
            Err(error) if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) => {
                return Err(format!("its symbolic link cannot be followed: {error}"));
            }
            // Not a link, or nothing there at all.
            Err(_) => return Ok(Target::Named(path)),
        }
    }
    Err("its symbolic links lead in a circle".to_owned())
}

/// Whether the kernel would refuse to follow a link (`protected_symlinks`): it lies in a sticky folder that everyone may write,
/// and belongs neither to this user nor to the owner of the folder.
#[cfg(unix)]
fn is_foreign_link(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    const STICKY_AND_WRITABLE: u32 = 0o1002;
    let (Ok(folder), Ok(link)) = (fs::metadata(folder_of(path)), fs::symlink_metadata(path)) else {
        return false;
    };
    folder.mode() & STICKY_AND_WRITABLE == STICKY_AND_WRITABLE && link.uid() != folder.uid() && !is_own(&link)
}

#[cfg(not(unix))]
fn is_foreign_link(_: &Path) -> bool {
    false
}

/// Opens an open file of a process. Standard output and standard error are shared with this process, so that its other
/// output comes before or after and does not overwrite.
fn share_descriptor(descriptor: &Path) -> Result<Route, String> {
    #[cfg(unix)]
    {
        let own = fs::canonicalize("/proc/self/fd").unwrap_or_else(|_| PathBuf::from("/dev/fd"));
        for (name, file) in [("1", shared(io::stdout())), ("2", shared(io::stderr()))] {
            if *descriptor == own.join(name) {
                return file.map(Route::Direct).map_err(|error| error.to_string());
            }
        }
    }
    open_directly(descriptor)
}

/// Another handle of an open stream of this process.
#[cfg(unix)]
fn shared(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

/// Another handle of an open stream of this process.
#[cfg(windows)]
fn shared(stream: impl std::os::windows::io::AsHandle) -> io::Result<File> {
    stream.as_handle().try_clone_to_owned().map(File::from)
}

/// A page has no streams.
#[cfg(target_family = "wasm")]
fn shared(_: impl io::Write) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

fn open_directly(path: &Path) -> Result<Route, String> {
    // Appending, so that nothing is lost if it leads to an ordinary file.
    OpenOptions::new()
        .append(true)
        .open(path)
        .map(Route::Direct)
        .map_err(|error| error.to_string())
}

pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != OsStr::new("") => folder,
        _ => Path::new("."),
    }
}

/// `Path` itself does not distinguish `results/` from `results`.
fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| std::path::is_separator(char::from(byte)))
}

#[cfg(test)]
mod tests;
