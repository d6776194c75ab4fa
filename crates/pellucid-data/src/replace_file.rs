//! Replacing a file in one step.
//!
//! The new contents go to a temporary file beside the destination, which is renamed over it once it is complete and
//! on disk: whatever happens, the destination holds either its old or its new contents, never half of them.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{DataError, Result};

/// A path that is going to be written, found writable before the work whose result goes there.
///
/// Dropped without [`write`](OutputFile::write), it leaves everything as it was.
///
/// - A symbolic link stays one: the file to which it leads is replaced.
/// - An existing file's permissions are kept, and a file that may not be written is not replaced. A new file has those
///   that any new file has. Another name (hard link) of an existing file keeps the old contents.
/// - What is not an ordinary file, such as `/dev/stdout`, a pipe or a device, is written directly.
#[derive(Debug)]
pub struct OutputFile {
    /// As it was given, for messages.
    path: PathBuf,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Replace {
        temporary: NamedTempFile,
        destination: PathBuf,
    },
    Direct(File),
}

impl OutputFile {
    /// Finds out whether `path` can be written, and keeps a temporary file beside it ready.
    ///
    /// ```
    /// use pellucid_data::OutputFile;
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("model");
    /// let output = OutputFile::prepare(&path)?; // fails at once, not after an hour of training
    /// output.write(b"what the hour gave")?;
    /// assert_eq!(std::fs::read(&path)?, b"what the hour gave");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the folder is missing or may not be written, or `path` is a folder or a file that may not be written.
    pub fn prepare(path: impl AsRef<Path>) -> Result<OutputFile> {
        let path = path.as_ref();
        let route = prepare(path).map_err(|reason| DataError::Output {
            path: path.to_path_buf(),
            reason,
        })?;
        Ok(OutputFile {
            path: path.to_path_buf(),
            route,
        })
    }

    /// The standard output of the process, for results that are a file's.
    ///
    /// # Errors
    ///
    /// Where it is closed.
    pub fn standard_output() -> Result<OutputFile> {
        let path = PathBuf::from("standard output");
        #[cfg(unix)]
        let owned = {
            use std::os::fd::AsFd;
            io::stdout().as_fd().try_clone_to_owned()
        };
        #[cfg(windows)]
        let owned = {
            use std::os::windows::io::AsHandle;
            io::stdout().as_handle().try_clone_to_owned()
        };
        match owned {
            Ok(owned) => Ok(OutputFile {
                path,
                route: Route::Direct(File::from(owned)),
            }),
            Err(error) => Err(DataError::Output {
                path,
                reason: error.to_string(),
            }),
        }
    }

    /// The path as it was given to [`prepare`](OutputFile::prepare).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes `bytes`, waits until they are on disk, and puts them in the place of the destination.
    ///
    /// # Errors
    ///
    /// Where the disk is full or fails; the destination is then as it was before.
    pub fn write(self, bytes: &[u8]) -> Result<()> {
        let mut stream = self.into_stream();
        match stream.write_all(bytes) {
            Ok(()) => stream.commit(),
            Err(error) => Err(stream.error(&error)),
        }
    }

    /// A stream to what takes the place of the destination once it is [committed](OutputStream::commit).
    pub(crate) fn into_stream(self) -> OutputStream {
        let OutputFile { path, route } = self;
        if matches!(route, Route::Direct(_)) {
            // What this process has printed before, should it be to the same place, comes before.
            let _ = io::stdout().flush();
        }
        OutputStream { path, route }
    }
}

/// Contents that come bit by bit. Dropped before [`commit`](OutputStream::commit), it leaves the destination as it was.
#[derive(Debug)]
pub(crate) struct OutputStream {
    path: PathBuf,
    route: Route,
}

impl OutputStream {
    /// Waits until all is on disk, and puts it in the place of the destination.
    pub(crate) fn commit(self) -> Result<()> {
        let OutputStream { path, route } = self;
        match route {
            Route::Replace {
                temporary,
                destination,
            } => replace(temporary, &destination).map_err(|error| format!("{error}; {UNCHANGED}")),
            Route::Direct(mut file) => file.flush().map_err(|error| error.to_string()),
        }
        .map_err(|reason| DataError::Output { path, reason })
    }

    fn error(&self, error: &io::Error) -> DataError {
        let reason = match &self.route {
            Route::Replace { .. } => format!("{error}; {UNCHANGED}"),
            Route::Direct(_) => error.to_string(),
        };
        DataError::Output {
            path: self.path.clone(),
            reason,
        }
    }

    fn file(&mut self) -> &mut File {
        match &mut self.route {
            Route::Replace { temporary, .. } => temporary.as_file_mut(),
            Route::Direct(file) => file,
        }
    }
}

const UNCHANGED: &str = "what was there before is unchanged";

impl Write for OutputStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file().flush()
    }
}

fn replace(temporary: NamedTempFile, destination: &Path) -> io::Result<()> {
    temporary.as_file().sync_all()?;
    temporary.persist(destination)?;
    // The new name is on disk only when its folder is. The contents are safe already, and not every file system
    // can do this: no reason to fail.
    if cfg!(unix) {
        let _ = File::open(folder_of(destination)).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

fn prepare(path: &Path) -> Result<Route, String> {
    if path.as_os_str().is_empty() {
        return Err("the path is empty; give the name of a file".to_owned());
    }
    let destination = match follow_links(path)? {
        Place::Named(destination) => destination,
        Place::Descriptor(descriptor) => return share_descriptor(&descriptor),
    };
    let existing = match fs::metadata(&destination) {
        Ok(metadata) if metadata.is_dir() => {
            return Err("it is a folder; give the name of a file".to_owned());
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
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => (),
        Ok(_) => return Err(format!("{} is a file, not a folder", folder.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!(
                "there is no folder {}; create it first",
                folder.display()
            ));
        }
        Err(error) => return Err(format!("{}: {error}", folder.display())),
    }
    if existing.is_some() {
        // Renaming asks nobody whether the file it replaces may be written.
        OpenOptions::new()
            .write(true)
            .open(&destination)
            .map_err(|error| format!("the file exists and may not be written: {error}"))?;
    }
    let temporary = temporary_beside(folder)
        .map_err(|error| format!("cannot create a file in its folder {}: {error}", folder.display()))?;
    if let Some(metadata) = existing {
        // Not every file system has permissions: no reason to fail.
        let _ = temporary.as_file().set_permissions(metadata.permissions());
    }
    Ok(Route::Replace {
        temporary,
        destination,
    })
}

fn temporary_beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // Not derived from the file's own name, which may be as long as a name can be.
    builder.prefix(".pellucid-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As for any new file: the system takes away what the user's mask says.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// As many links as Linux follows.
const MAXIMAL_LINKS: usize = 40;

/// Where a path leads.
enum Place {
    /// To a file with a name, which need not exist yet.
    Named(PathBuf),
    /// To an open file of a process. Behind `/dev/stdout` may lie an ordinary file, but whoever opened it would not
    /// notice that another took its name.
    Descriptor(PathBuf),
}

fn follow_links(path: &Path) -> Result<Place, String> {
    let mut path = path.to_path_buf();
    for _ in 0..MAXIMAL_LINKS {
        let folder = fs::canonicalize(folder_of(&path)).unwrap_or_default();
        if folder.starts_with("/proc") || folder.starts_with("/dev/fd") {
            return Ok(Place::Descriptor(
                folder.join(path.file_name().unwrap_or_default()),
            ));
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            // Not a link, or nothing there at all.
            Err(_) => return Ok(Place::Named(path)),
        }
    }
    Err("its symbolic links lead in a circle".to_owned())
}

/// Standard output and standard error are shared with this process, so that what else it writes there comes before or
/// after and not on top.
fn share_descriptor(descriptor: &Path) -> Result<Route, String> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let own = fs::canonicalize("/proc/self/fd").unwrap_or_else(|_| PathBuf::from("/dev/fd"));
        let shared = if *descriptor == own.join("1") {
            Some(io::stdout().as_fd().try_clone_to_owned())
        } else if *descriptor == own.join("2") {
            Some(io::stderr().as_fd().try_clone_to_owned())
        } else {
            None
        };
        if let Some(shared) = shared {
            return shared
                .map(|shared| Route::Direct(File::from(shared)))
                .map_err(|error| error.to_string());
        }
    }
    open_directly(descriptor)
}

fn open_directly(path: &Path) -> Result<Route, String> {
    // Appending, so that nothing is lost should an ordinary file lie behind it.
    OpenOptions::new()
        .append(true)
        .open(path)
        .map(Route::Direct)
        .map_err(|error| error.to_string())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != OsStr::new("") => folder,
        _ => Path::new("."),
    }
}

/// `Path` itself takes `results/` for `results`.
fn ends_with_separator(path: &Path) -> bool {
    path.as_os_str()
        .as_encoded_bytes()
        .last()
        .is_some_and(|&byte| std::path::is_separator(char::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn refusal(path: &Path) -> String {
        let error = OutputFile::prepare(path).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("cannot write to {}: ", path.display())),
            "{error}"
        );
        error
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        for contents in ["first", "second, longer", ""] {
            OutputFile::prepare(&path)
                .unwrap()
                .write(contents.as_bytes())
                .unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), contents);
            assert_eq!(names_in(folder.path()), ["model"]);
        }
    }

    #[test]
    fn until_it_is_written_the_old_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        fs::write(&path, "old").unwrap();
        let output = OutputFile::prepare(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names_in(folder.path()).len(), 2);
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names_in(folder.path()), ["model"]);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("absent");
        let error = refusal(&missing.join("model"));
        assert!(
            error.contains(&format!("there is no folder {}; create it", missing.display())),
            "{error}"
        );
    }

    #[test]
    fn folders_and_paths_through_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(refusal(folder.path()).contains("it is a folder"));
        assert!(refusal(&folder.path().join("new/")).contains("it names a folder"));
        refusal(&folder.path().join("file").join("model"));
        assert!(
            OutputFile::prepare("")
                .unwrap_err()
                .to_string()
                .contains("the path is empty")
        );
        refusal(Path::new(".."));
        refusal(Path::new("/"));
        assert_eq!(names_in(folder.path()), ["file"]);
    }

    #[test]
    fn a_name_as_long_as_names_can_be_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m".repeat(255));
        OutputFile::prepare(&path).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_name_without_a_folder_lies_in_the_working_folder() {
        assert_eq!(folder_of(Path::new("model")), Path::new("."));
        assert_eq!(folder_of(Path::new("a/model")), Path::new("a"));
    }

    #[cfg(unix)]
    mod unix {
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;

        fn mode(path: &Path) -> u32 {
            fs::metadata(path).unwrap().permissions().mode() & 0o777
        }

        #[test]
        fn a_new_file_has_the_permissions_of_any_new_file() {
            let folder = tempfile::tempdir().unwrap();
            let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
            OutputFile::prepare(&ours).unwrap().write(b"").unwrap();
            fs::write(&usual, "").unwrap();
            assert_eq!(mode(&ours), mode(&usual));
        }

        #[test]
        fn an_existing_file_keeps_its_permissions() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("model");
            fs::write(&path, "old").unwrap();
            for permissions in [0o600, 0o660, 0o755] {
                fs::set_permissions(&path, fs::Permissions::from_mode(permissions)).unwrap();
                OutputFile::prepare(&path).unwrap().write(b"new").unwrap();
                assert_eq!(mode(&path), permissions);
            }
        }

        #[test]
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        fn what_may_not_be_written_is_refused() {
            let folder = tempfile::tempdir().unwrap();
            let closed = folder.path().join("closed");
            let (inside, read_only) = (closed.join("model"), folder.path().join("model"));
            fs::create_dir(&closed).unwrap();
            fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
            fs::write(&read_only, "old").unwrap();
            fs::set_permissions(&read_only, fs::Permissions::from_mode(0o400)).unwrap();
            if File::create(closed.join("probe")).is_ok() {
                eprintln!("skipped: this user may write everywhere");
                return;
            }
            assert!(refusal(&inside).contains("cannot create a file in its folder"));
            assert!(refusal(&read_only).contains("may not be written"));
            assert_eq!(fs::read_to_string(&read_only).unwrap(), "old");
        }

        #[test]
        fn a_symbolic_link_stays_and_its_target_is_replaced() {
            let folder = tempfile::tempdir().unwrap();
            let elsewhere = folder.path().join("elsewhere");
            fs::create_dir(&elsewhere).unwrap();
            let (link, second, target) = (
                folder.path().join("link"),
                folder.path().join("second"),
                elsewhere.join("model"),
            );
            symlink("elsewhere/model", &link).unwrap();
            symlink(&link, &second).unwrap();
            // At first the link leads nowhere, then to what was written.
            for contents in ["first", "second"] {
                OutputFile::prepare(&second)
                    .unwrap()
                    .write(contents.as_bytes())
                    .unwrap();
                assert_eq!(fs::read_to_string(&target).unwrap(), contents);
                assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
                assert_eq!(names_in(&elsewhere), ["model"]);
            }
        }

        #[test]
        fn links_in_a_circle_are_refused() {
            let folder = tempfile::tempdir().unwrap();
            let (a, b) = (folder.path().join("a"), folder.path().join("b"));
            symlink(&a, &b).unwrap();
            symlink(&b, &a).unwrap();
            assert!(refusal(&a).contains("lead in a circle"));
        }

        #[test]
        fn devices_are_written_directly() {
            use std::os::unix::fs::FileTypeExt;
            OutputFile::prepare("/dev/null").unwrap().write(b"gone").unwrap();
            assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn a_file_behind_an_open_descriptor_is_appended_to() {
            use std::os::fd::AsRawFd;
            use std::os::unix::fs::MetadataExt;
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("redirected");
            fs::write(&path, "before, ").unwrap();
            let inode = fs::metadata(&path).unwrap().ino();
            let open = File::open(&path).unwrap();
            for (descriptors, text) in [("/dev/fd", "one, "), ("/proc/self/fd", "two")] {
                let through = format!("{descriptors}/{}", open.as_raw_fd());
                OutputFile::prepare(through)
                    .unwrap()
                    .write(text.as_bytes())
                    .unwrap();
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), "before, one, two");
            assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        }
    }
}
